"""Maps of how far one gets: areas by minutes, the streets in them, what is closed and slowed."""

import geopandas as gpd
import pandas as pd
import pydeck as pdk
import shapely

from dashboards import maps
from dashboards.data import Origin, Route
from dashboards.theme import Look, rgb

CLOSED, SLOWED, ROUTE = "#d55e00", "#e69f00", "#cc79a7"
_ALPHA = 110


def layers(
    areas: gpd.GeoDataFrame, start: Origin, streets: pd.DataFrame, by_hand: pd.DataFrame, way: Route | None, look: Look, chosen: int | None = None
) -> list[pdk.Layer]:
    """The areas, the streets that can be clicked, what persons set on them, the way to the destination, and the place that it begins at.

    Args:
        areas: minutes and geometry, the widest first.
        start: where it begins.
        streets: from `data.reach.streets_in`; none for a map that only shows.
        by_hand: from `data.reach.set_by_hand`.
        way: to the destination; None for none.
        look: the theme.
        chosen: the street that was clicked.
    """
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape.simplify(0.00005)), "properties": {"fill": rgb(colour, _ALPHA)}}
        for shape, colour in zip(areas.geometry, reversed(_colours(areas, look)), strict=True)
    ]
    rows = [
        {"way": int(way), "words": f"{name or 'a street without a name'} ({road_class.replace('_', ' ')})", "path": path}
        for way, name, road_class, path in streets[["way_id", "name", "road_class", "path"]].itertuples(index=False, name=None)
    ]
    picked = [row for row in rows if row["way"] == chosen]
    marked = [
        {"path": path, "colour": rgb(CLOSED if kind == "closure" else SLOWED)}
        for kind, paths in by_hand[["kind", "paths"]].itertuples(index=False, name=None)
        for path in paths
    ]
    route = [{"path": shapely.get_coordinates(way.geometry).round(6).tolist()}] if way is not None else []
    return [
        pdk.Layer("GeoJsonLayer", {"type": "FeatureCollection", "features": features}, id="areas", pickable=False, stroked=True,
                  get_fill_color="properties.fill", get_line_color=rgb(look.outline, 90), line_width_min_pixels=1),
        pdk.Layer("PathLayer", rows, id="ways", pickable=True, get_id="way", auto_highlight=True, highlight_color=rgb(look.accent, 220),
                  get_path="path", get_color=rgb(look.roads[0], 140), width_min_pixels=4, width_max_pixels=8, get_width=6),
        pdk.Layer("PathLayer", picked, id="picked", pickable=False, get_path="path", get_color=rgb(look.outline), width_min_pixels=5, get_width=9),
        pdk.Layer("PathLayer", marked, id="by-hand", pickable=False, get_path="path", get_color="colour", width_min_pixels=5, get_width=9),
        pdk.Layer("PathLayer", route, id="route", pickable=False, get_path="path", get_color=rgb(ROUTE), width_min_pixels=4, get_width=8,
                  joint_rounded=True, cap_rounded=True),
        *maps.place_layers([(start.longitude, start.latitude)], look),
    ]  # fmt: skip


def legend(areas: gpd.GeoDataFrame, by_hand: pd.DataFrame, way: Route | None, look: Look) -> str:
    """The legend as HTML: the colours of the minutes, and of what else is on the map."""
    shades = zip(reversed(areas["minutes"].tolist()), _colours(areas, look), strict=True)
    lines = [(colour, 0.6, f"{minutes:g} min") for minutes, colour in shades]
    kinds = set(by_hand["kind"])
    lines += [(CLOSED, 1, "closed")] * ("closure" in kinds) + [(SLOWED, 1, "slowed")] * bool(kinds - {"closure"})
    lines += [(ROUTE, 1, f"{way.minutes:.1f} min there")] if way is not None else []
    shown = "".join(f'<li><i style="background:{colour};opacity:{opacity}"></i><span>{words}</span></li>' for colour, opacity, words in lines)
    return f'<div class="legend"><header><b>Within</b></header><ul>{shown}</ul></div>'


def _colours(areas: gpd.GeoDataFrame, look: Look) -> list[str]:
    """The colours of the areas, that of the smallest first: the nearer, the stronger."""
    return look.palette(max(len(areas), 2))[::-1][: len(areas)]
