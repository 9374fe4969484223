"""The area that is drawn on a map, as a filter on places and back."""

import re
from collections.abc import Sequence

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from dashboards.data import PLACE, Filter
from dashboards.map_component import FeatureCollection, Tool

_POLYGON = re.compile(r"\s*(?:MULTI)?POLYGON\b", re.IGNORECASE)
_DECIMALS = 7
_ALONG_THE_HAND = 2e-5
"""Degrees by which a line that was drawn freehand may be off (two metres): a hand leaves more points than a link can hold."""


def members_of(drawn: FeatureCollection) -> tuple[str, ...]:
    """The shapes as members of the dimension place (WKT); none where nothing is drawn.

    Args:
        drawn: from the map.
    """
    return tuple(polygon.wkt for feature in drawn["features"] for polygon in _polygons(feature))


def _polygons(feature: FeatureCollection) -> Sequence[shapely.Polygon]:
    """A shape, mended where its outline crosses itself: then it is several."""
    drawn = shape(feature["geometry"])
    if feature["properties"].get("tool") == Tool.LASSO:
        drawn = drawn.simplify(_ALONG_THE_HAND)
    whole = drawn if drawn.is_valid else shapely.make_valid(drawn)
    return [part for part in getattr(whole, "geoms", [whole]) if isinstance(part, shapely.Polygon) and part.area > 0]


def area_of(drawn: FeatureCollection) -> str:
    """The shapes as one area (WKT, to the centimetre); empty where nothing is drawn.

    Args:
        drawn: from the map.
    """
    polygons = [shapely.from_wkt(member) for member in members_of(drawn)]
    # Normalised, so that the same area is the same text (and link) whichever way it was drawn.
    return str(shapely.to_wkt(shapely.union_all(polygons).normalize(), rounding_precision=_DECIMALS)) if polygons else ""


def drawn_in(area: str) -> FeatureCollection:
    """The polygons of an area, as the map draws them; none where it is a cell or a trading area.

    Args:
        area: of a link.
    """
    whole = shapely.from_wkt(area) if _POLYGON.match(area) else shapely.MultiPolygon()
    return _features([part for part in getattr(whole, "geoms", [whole]) if isinstance(part, shapely.Polygon)])


def drawn_of(where: Sequence[Filter]) -> FeatureCollection:
    """The polygons of filters on places, as the map draws them.

    Args:
        where: what is filtered by.
    """
    polygons = [shapely.from_wkt(member) for kept in where if kept.dimension == PLACE for member in kept.members if member.startswith("POLYGON")]
    return _features(polygons)


def _features(polygons: Sequence[BaseGeometry]) -> FeatureCollection:
    features = [{"type": "Feature", "geometry": mapping(polygon), "properties": {"tool": Tool.POLYGON.value}} for polygon in polygons]
    return {"type": "FeatureCollection", "features": features}
