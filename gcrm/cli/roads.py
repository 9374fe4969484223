"""`gcrm roads`: routes, tables of minutes, isochrones and matching on the road network, under the conditions in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gcrm.pipeline.road_answers import Answered

app = typer.Typer(no_args_is_help=True, help="Roads: routes, tables of minutes, isochrones and matching on the network, under the conditions in force.")

_Mode = Annotated[str, typer.Option("--mode", help="car, bicycle or foot.")]
_At = Annotated[str | None, typer.Option("--at", help='When it begins, in the place\'s own time: "Tue 08:30" or "2026-11-25 08:00"; now if left out.')]


@app.command("route")
def route_(
    origin: Annotated[str, typer.Option("--from", help="longitude,latitude in degrees.")],
    destination: Annotated[str, typer.Option("--to", help="longitude,latitude in degrees.")],
    mode: _Mode = "car",
    at: _At = None,
    output: Annotated[Path | None, typer.Option("--output", help="GeoJSON file of the way.")] = None,
) -> None:
    """Find the fastest way between two points.

    Example: `gcrm roads route --from 24.9414,60.1713 --to 24.9522,60.1700 --mode foot --output way.geojson`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.road_answers import answer_route
    from gcrm.pipeline.roads import Asked

    asked = Asked.parse(mode, at)
    ensure_ready()
    _say(answer_route(origin, destination, asked, output))


@app.command("matrix")
def matrix_(
    origins: Annotated[Path, typer.Argument(help="File of origins: points, or columns site_key, longitude, latitude.")],
    destinations: Annotated[Path, typer.Argument(help="File of destinations.")],
    output: Annotated[Path, typer.Option("--output", help="What to write: .csv, .xlsx or .parquet.")],
    mode: _Mode = "car",
    at: _At = None,
    limit: Annotated[float | None, typer.Option(min=0, help="Minutes; pairs further from each other are left out.")] = None,
    metres: Annotated[bool, typer.Option("--metres", help="Also the length of the way, metres.")] = False,
) -> None:
    """Work out the minutes from each origin to each destination.

    Example: `gcrm roads matrix customers.csv shops.csv --output minutes.csv --at "Tue 08:30"`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.road_answers import answer_matrix
    from gcrm.pipeline.roads import Asked

    asked = Asked.parse(mode, at)
    ensure_ready()
    _say(answer_matrix(origins, destinations, asked, output, limit, metres=metres))


@app.command("isochrone")
def isochrone_(
    sites: Annotated[Path, typer.Argument(help="File of sites: points, or columns site_key, longitude, latitude.")],
    minutes: Annotated[list[float], typer.Option("--minutes", help="Minutes; as often as needed, at most four.")],
    output: Annotated[Path, typer.Option("--output", help="What to write: .geojson; with --level .csv, .xlsx or .parquet.")],
    mode: _Mode = "car",
    at: _At = None,
    level: Annotated[int | None, typer.Option(min=5, max=10, help="Cells of this H3 level with their minutes, in place of areas.")] = None,
) -> None:
    """Draw how far one gets from each site.

    Example: `gcrm roads isochrone shops.csv --minutes 5 --minutes 10 --output reach.geojson --at "Tue 08:30"`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.road_answers import answer_isochrones
    from gcrm.pipeline.roads import Asked

    asked = Asked.parse(mode, at)
    ensure_ready()
    _say(answer_isochrones(sites, minutes, asked, output, level))


@app.command("match")
def match_(
    positions: Annotated[Path, typer.Argument(help="Table of track_key, recorded_at, longitude, latitude.")],
    output: Annotated[Path, typer.Option("--output", help="What to write: .geojson for the ways; .csv, .xlsx or .parquet for the positions on the roads.")],
    mode: _Mode = "car",
    accuracy: Annotated[float, typer.Option(min=1, max=100, help="Standard deviation of the positions, metres.")] = 10,
) -> None:
    """Find the roads that recorded positions were on.

    Example: `gcrm roads match positions.csv --output ways.geojson`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.road_answers import answer_match

    ensure_ready()
    _say(answer_match(positions, mode, accuracy, output))


@app.command("conditions")
def conditions_() -> None:
    """List the conditions in force: closures, slow zones, speeds of sensors.

    Example: `gcrm roads conditions`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.roads import conditions_in_force

    ensure_ready()
    found = conditions_in_force()
    for each in found:
        what = "sensors" if each.layer == "speed_sensors" else "closures and slow zones"
        typer.echo(f"{each.version}: {each.dataset}, {each.count:,} {what}{', made up' if each.made_up else ''}.")
    if not found:
        typer.echo("No conditions are in force: roads are as the network has them.")


@app.command("lift")
def lift_(name: Annotated[str, typer.Argument(help="Name of the conditions, as `gcrm roads conditions` lists them.")]) -> None:
    """End conditions: what they closed is open again.

    Example: `gcrm roads lift roadworks`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.conditions import lift_conditions

    ensure_ready()
    lift_conditions(name)
    typer.echo(f"{name}: lifted.")


def _say(answered: "Answered") -> None:
    typer.echo(answered.found)
    typer.echo(answered.holds_for)
