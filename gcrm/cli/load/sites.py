"""`gcrm load sites` and `gcrm load competitors`: where minutes by road are told to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gcrm.cli.load.options import MadeUp
from gcrm.errors import TradeAreaError

if TYPE_CHECKING:
    from gcrm.pipeline.sites import Sites

_File = Annotated[Path | None, typer.Argument(help="File of sites: points, or columns site_key, name, longitude, latitude.")]
_Statuses = Annotated[list[str] | None, typer.Option("--status", help="No file: accounts of this status; as often as needed.")]
_Segments = Annotated[list[str] | None, typer.Option("--segment", help="No file: accounts of this segment; as often as needed.")]
_At = Annotated[str, typer.Option("--at", help='When one travels, in the place\'s own time: "Tue 08:30" or "2026-11-25 08:00".')]


def sites(file: _File = None, status: _Statuses = None, segment: _Segments = None, at: _At = "Tue 08:00", made_up: MadeUp = False) -> None:
    """Choose the sites of your own that `gcrm enrich` tells each account's minutes to, by car and on foot; they take the place of those chosen before.

    Example: `gcrm load sites --status partner --at "Tue 17:30"`
    """
    from gcrm.pipeline.layers.sites import SITES, load_sites

    wanted = _wanted(file, status, segment, None)
    _told(load_sites(SITES, wanted, at, made_up=made_up))


def competitors(
    file: _File = None,
    status: _Statuses = None,
    segment: _Segments = None,
    shop: Annotated[list[str] | None, typer.Option("--shop", help="No file: shops of this type in the loaded extracts; as often as needed.")] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0.5, max=120, help="Those that are reached by car within so many minutes count.")] = 10,
    at: _At = "Tue 08:00",
    made_up: MadeUp = False,
) -> None:
    """Choose the competitors that `gcrm enrich` counts around each account; they take the place of those chosen before.

    Example: `gcrm load competitors --shop supermarket --minutes 5`
    """
    from gcrm.pipeline.layers.sites import COMPETITORS, load_sites

    wanted = _wanted(file, status, segment, shop)
    _told(load_sites(COMPETITORS, wanted, at, within_minutes=minutes, made_up=made_up))


def _wanted(file: Path | None, statuses: list[str] | None, segments: list[str] | None, shops: list[str] | None) -> "Sites":
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.sites import Sites

    if sum(map(bool, (file, statuses or segments, shops))) != 1:
        raise TradeAreaError("Name the places in one way: a file, or accounts with --status and --segment, or (competitors only) shops with --shop.")
    ensure_ready()
    return Sites(file, tuple(statuses or ()), tuple(segments or ()), tuple(shops or ()))


def _told(count: int | None) -> None:
    typer.echo("These very places are chosen already." if count is None else f"{count:,} places; `gcrm enrich` works out the minutes.")
