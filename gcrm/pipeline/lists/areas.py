"""The area that a list is filtered by: H3 cells, a polygon, or a trading area."""

import tempfile
from pathlib import Path
from typing import Any

import h3
import shapely

from gcrm.access.scope import Scope
from gcrm.errors import AreaError
from gcrm.pipeline.areas import area_of_file, as_member, trade_area
from gcrm.spatial.cells import descendants
from gcrm.spatial.shapes import Band, Polygon, Ring, parse

TRADE_AREA = "trade-area:"
"""Before the name of a trading area."""
LONGEST = 8_000
"""Characters of an area at most: it stands in links."""


def located(area: str, scope: Scope) -> dict[str, Any]:
    """An area as the statements of sql/queries/lists.sql take it: low, high, lows, highs (finest cells), area (WKB, EPSG:4326); all None for none.

    Args:
        area: an H3 cell such as `861126d37ffffff`, with `+2` also those up to two steps from it; the WKT of polygons; or `trade-area:` and a name.
        scope: who is looking.

    Raises:
        AreaError: it is none of these, there is no such trading area, or the scope hides what few accounts have.
        CubeError: a cell or a polygon is not valid.
    """
    nowhere: dict[str, Any] = dict.fromkeys(("low", "high", "lows", "highs", "area"))
    if not area:
        return nowhere
    if scope.hides:
        raise AreaError(f"Areas may hold fewer than {scope.smallest_count} accounts, so lists are not filtered by them here; filter by territory.")
    if area.startswith(TRADE_AREA):
        return {**nowhere, "area": shapely.to_wkb(trade_area(area.removeprefix(TRADE_AREA), scope))}
    match parse(area):
        case Polygon(wkt):
            return {**nowhere, "area": shapely.to_wkb(shapely.from_wkt(wkt))}
        case Band():
            raise AreaError(f"{area!r} is a distance, by which lists are not filtered; name a cell with its neighbours, such as 891126d3303ffff+2.")
        case Ring() as ring:
            spans = sorted(descendants(h3.str_to_int(cell)) for cell in ring.cells)
            return {**nowhere, "low": spans[0][0], "high": spans[-1][1], "lows": [low for low, _ in spans], "highs": [high for _, high in spans]}
        case cell:
            low, high = descendants(h3.str_to_int(str(cell)))
            return {**nowhere, "low": low, "high": high}


def area_of_text(text: str) -> str:
    """An area that somebody wrote down, as `located` takes it.

    Args:
        text: as of `located`, or the GeoJSON of polygons.

    Raises:
        AreaError: it is none, or has too many points for a link.
        CubeError: a cell or a polygon is not valid.
    """
    said = text.strip()
    if said.startswith("{"):
        with tempfile.TemporaryDirectory(prefix="gcrm-area-") as folder:
            path = Path(folder) / "area.geojson"
            path.write_text(said, encoding="utf-8")
            return area_of(path)
    if said and not said.startswith(TRADE_AREA):
        parse(said if said[:1].isalpha() and "(" in said else said.lower())
    return _short(said if "(" in said or said.startswith(TRADE_AREA) else said.lower())


def area_of(path: Path) -> str:
    """The polygons of a file as an area.

    Args:
        path: any file that `gcrm.pipeline.areas.area_of_file` reads.

    Raises:
        ReadError, MappingError, AreaError: it has no polygon that can be used, or too many points for a link.
    """
    return _short(as_member(area_of_file(path)))


def _short(area: str) -> str:
    if len(area) > LONGEST:
        raise AreaError("The area has too many points for a link; simplify it, or load it with `gcrm load trade-areas FILE` and choose it by its name.")
    return area
