"""`gcrm trade-areas`: computed trading areas, and what lies in them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.progress import progress

if TYPE_CHECKING:
    import pandas as pd

    from gcrm.pipeline.trade_areas.computed import Sites

app = typer.Typer(no_args_is_help=True, help="Trading areas: rings, isochrones, Thiessen polygons, areas of customers, Huff's model; what lies in them.")

_File = Annotated[Path | None, typer.Option("--sites", help="File of sites: points, or columns name, longitude, latitude, attraction.")]
_Statuses = Annotated[list[str] | None, typer.Option("--status", help="Accounts of this status are the sites, where no file is given; as often as needed.")]
_Segments = Annotated[list[str] | None, typer.Option("--segment", help="Accounts of this segment; as often as needed.")]
_Name = Annotated[str, typer.Option("--name", help="Name of the set; it replaces the one of that name.")]
_At = Annotated[str | None, typer.Option("--at", help='When one travels, in the place\'s own time: "Tue 08:30" or "2026-11-25 08:00"; now if left out.')]
_Boundary = Annotated[Path | None, typer.Option("--boundary", help="File of polygons that the areas are kept within.")]


def _around(file: Path | None, statuses: list[str] | None, segments: list[str] | None) -> "Sites":
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import TradeAreaError
    from gcrm.pipeline.trade_areas.computed import Sites

    if file is None and not statuses and not segments:
        raise TradeAreaError("Name the sites: a file with --sites, or accounts with --status and --segment.")
    ensure_ready()
    return Sites(file, tuple(statuses or ()), tuple(segments or ()))


@app.command("rings")
def rings_(
    radius: Annotated[list[float], typer.Option("--radius", help="Metres; as often as needed.")],
    sites: _File = None,
    status: _Statuses = None,
    segment: _Segments = None,
    name: _Name = "rings",
) -> None:
    """Make rings of some metres around sites.

    Example: `gcrm trade-areas rings --sites shops.csv --radius 1000 --radius 3000`
    """
    from gcrm.pipeline.trade_areas.computed import compute_rings

    wanted = _around(sites, status, segment)
    with progress("accounts", unit="accounts") as advance:
        typer.echo(f"{compute_rings(name, wanted, radius, advance):,} areas.")


@app.command("isochrones")
def isochrones_(
    minutes: Annotated[list[float], typer.Option("--minutes", help="Minutes; as often as needed, at most four.")],
    sites: _File = None,
    status: _Statuses = None,
    segment: _Segments = None,
    mode: Annotated[str, typer.Option("--mode", help="car, bicycle or foot.")] = "car",
    at: _At = None,
    name: _Name = "isochrones",
) -> None:
    """Draw how far one gets from sites by road, at an hour, under the road conditions in force.

    Example: `gcrm trade-areas isochrones --sites shops.csv --minutes 5 --minutes 10 --at "Tue 08:30" --name "rush hour"`
    """
    from gcrm.pipeline.roads import Asked
    from gcrm.pipeline.trade_areas.computed import compute_isochrones

    asked = Asked.parse(mode, at)
    wanted = _around(sites, status, segment)
    with progress("accounts", unit="accounts") as advance:
        count = compute_isochrones(name, wanted, minutes, asked, advance)
    typer.echo(f"{count:,} areas, by {asked.mode}, {asked.moment}.")


@app.command("thiessen")
def thiessen_(sites: _File = None, status: _Statuses = None, segment: _Segments = None, boundary: _Boundary = None, name: _Name = "thiessen") -> None:
    """Give each place to the nearest site.

    Example: `gcrm trade-areas thiessen --sites shops.csv --boundary city.geojson`
    """
    from gcrm.pipeline.trade_areas.computed import compute_thiessen

    wanted = _around(sites, status, segment)
    with progress("accounts", unit="accounts") as advance:
        typer.echo(f"{compute_thiessen(name, wanted, boundary, advance):,} areas.")


@app.command("customers")
def customers_(
    share: Annotated[list[float], typer.Option("--share", help="Share of customers or revenue that the area holds, 0 to 1; as often as needed.")],
    sites: _File = None,
    status: _Statuses = None,
    segment: _Segments = None,
    shape: Annotated[str, typer.Option(help="density, convex or concave.")] = "density",
    revenue_months: Annotated[int | None, typer.Option(min=1, help="Customers weigh what they ordered in so many months.")] = None,
    by_parent: Annotated[bool, typer.Option("--by-parent", help="A customer belongs to the site that is its parent account, not to the nearest.")] = False,
    bandwidth: Annotated[float | None, typer.Option(help="Of the kernel density, metres; by Scott's rule if left out.")] = None,
    name: _Name = "customers",
) -> None:
    """Make the smallest area around each site that holds a share of its customers or of their revenue.

    Example: `gcrm trade-areas customers --sites shops.csv --share 0.6 --share 0.8`
    """
    from gcrm.errors import TradeAreaError
    from gcrm.pipeline.trade_areas.computed import Held, Shape, compute_customers

    if shape not in list(Shape):
        raise TradeAreaError(f"There is no shape {shape!r}; there are {', '.join(Shape)}.")
    wanted = _around(sites, status, segment)
    held = Held(tuple(share), Shape(shape), revenue_months, by_parent, bandwidth)
    with progress("accounts", unit="accounts") as advance:
        typer.echo(f"{compute_customers(name, wanted, held, advance):,} areas.")


@app.command("huff")
def huff_(
    sites: _File = None,
    status: _Statuses = None,
    segment: _Segments = None,
    boundary: _Boundary = None,
    decay: Annotated[float, typer.Option(help="Exponent of the way.")] = 2.0,
    attraction: Annotated[float, typer.Option(help="Exponent of the attraction.")] = 1.0,
    exponential: Annotated[bool, typer.Option("--exponential", help="The utility falls with exp(-decay * way), not with a power.")] = False,
    least: Annotated[float | None, typer.Option(help="Shortest way that counts: 100 metres, or 1 minute with --mode, if left out.")] = None,
    reach: Annotated[float, typer.Option(help="Cells within so many metres of a site are worked out, where no boundary is given.")] = 10_000.0,
    level: Annotated[int, typer.Option(min=5, max=10, help="H3 level of the cells.")] = 9,
    threshold: Annotated[list[float] | None, typer.Option("--threshold", help="Also the area of at least this probability; as often as needed.")] = None,
    mode: Annotated[str | None, typer.Option("--mode", help="Ways are minutes by road: car, bicycle or foot. Metres as the crow flies if left out.")] = None,
    at: _At = None,
    name: _Name = "huff",
) -> None:
    """Work out how probable each site is in each cell, and the area of each site by that (Huff 1963).

    Example: `gcrm trade-areas huff --sites shops.csv --decay 2 --threshold 0.5`
    """
    from gcrm.pipeline.roads import Asked
    from gcrm.pipeline.trade_areas.computed import Decay, Huff, Market, compute_huff

    by_road = Asked.parse(mode, at) if mode else None
    wanted = _around(sites, status, segment)
    shortest = (1.0 if by_road else 100.0) if least is None else least
    model = Huff(attraction, decay, Decay.EXPONENTIAL if exponential else Decay.POWER, shortest)
    with progress("accounts", unit="accounts") as advance:
        count = compute_huff(name, wanted, Market(level, reach, boundary, by_road), model, threshold or (), advance)
    way = f"minutes by {by_road.mode}, {by_road.moment}" if by_road else "metres as the crow flies; no road network is used"
    typer.echo(f"{count:,} areas. Ways are {way}.")


@app.command("assign")
def assign_() -> None:
    """Bring up to date which areas every account and cell lies in, after imports.

    Example: `gcrm trade-areas assign`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.trade_areas.members import assign_all

    ensure_ready()
    with progress("accounts", unit="accounts") as advance:
        counts = assign_all(advance)
    typer.echo("\n".join(f"{dataset}: {count:,} accounts lie in an area." for dataset, count in counts.items()) or "There are no areas yet.")


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Option("--name", help="One set; all if left out.")] = None,
    spend: Annotated[str | None, typer.Option(help="What a household spends in a year; with it the market potential is shown.")] = None,
) -> None:
    """Show each area with its customers, prospects, population, households, penetration and market potential.

    Example: `gcrm trade-areas list --name rings --spend 1200`
    """
    from decimal import Decimal, InvalidOperation

    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import TradeAreaError
    from gcrm.pipeline.trade_areas.figures import area_figures

    try:
        amount = Decimal(spend) if spend is not None else None
    except InvalidOperation as error:
        raise TradeAreaError(f"{spend!r} is no amount; write one such as 1200.50.") from error
    ensure_ready()
    _show(area_figures(Scope.everything(), name, amount).drop(columns=["trade_area_id", "site_key", "private_customers"]))


@app.command("overlaps")
def overlaps_(name: Annotated[str, typer.Argument(help="Name of the set.")]) -> None:
    """Show which areas of a set overlap, and by which share.

    Example: `gcrm trade-areas overlaps rings`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.trade_areas.figures import area_overlaps

    ensure_ready()
    _show(area_overlaps(Scope.everything(), name).drop(columns=["trade_area_id", "other_id"]))


@app.command("report")
def report_(name: Annotated[str, typer.Argument(help="Name of the set.")]) -> None:
    """Show which features of the file of a set were repaired or refused, and why.

    Example: `gcrm trade-areas report dealers`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.trade_areas.figures import area_findings

    ensure_ready()
    _show(area_findings(Scope.everything(), name))


def _show(frame: "pd.DataFrame") -> None:
    """Prints a frame; what is missing stays empty."""
    import pandas as pd

    table = Table(*(escape(str(column)) for column in frame.columns), box=None, header_style="bold")
    for row in frame.itertuples(index=False):
        table.add_row(*("" if pd.isna(each) else f"{each:,.4g}" if isinstance(each, float) else escape(str(each)) for each in row))
    Console().print(table)
