"""Maps: classes of values, the view of an area, and the layers that pydeck draws. No map asks another host for anything."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import pydeck as pdk
import shapely

from dashboards.data import Cells, Window
from dashboards.links import Camera
from dashboards.texts import amount, large, nothing, unit_of
from dashboards.theme import Look, rgb

_TILE = 512
_MOST_ZOOM = 17.5
_MARGIN = 0.9
_MANY = 1e6
_OPAQUE = 255
# deck.gl takes the opacity of a layer to the power of 1 / 2.2.
_GAMMA = 2.2


@dataclass(frozen=True)
class Classes:
    """Classes of a measure: the largest value of each, the colour of each, and how many cells are in it."""

    largest: tuple[float, ...]
    smallest: tuple[float, ...]
    colours: tuple[str, ...]
    counts: tuple[int, ...]

    def of(self, values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The class of each value, from 0."""
        return np.searchsorted(np.asarray(self.largest), values.to_numpy(dtype=np.float64), side="left").astype(np.int64)


def classify(values: pd.Series, look: Look, most: int = 6) -> Classes:
    """Classes with as equal numbers of cells as ties allow (quantiles).

    Args:
        values: numbers, without missing ones.
        look: the theme; gives the colours.
        most: classes; fewer where there are fewer different values.
    """
    numbers = np.sort(values.to_numpy(dtype=np.float64))
    largest = _ends(numbers, most)
    return _classes(numbers, largest, look.palette(len(largest)))


def classify_change(values: pd.Series, look: Look, most: int = 3) -> Classes:
    """Classes of what went down, of what stayed and of what went up, each side with as equal numbers of cells as ties allow (quantiles).

    Args:
        values: differences, without missing ones.
        look: the theme; gives the colours.
        most: classes of each side.
    """
    numbers = np.sort(values.to_numpy(dtype=np.float64))
    down, up = _ends(numbers[numbers < 0], most), _ends(numbers[numbers > 0], most)
    stayed = numbers[numbers == 0][:1]
    return _classes(numbers, np.concatenate([down, stayed, up]), look.diverging(len(down), len(up), middle=len(stayed) > 0))


type _Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]


def _ends(numbers: _Numbers, most: int) -> _Numbers:
    """The largest number of each of so many classes with as equal counts as ties allow; sorted numbers."""
    return np.unique(numbers[np.ceil(np.linspace(0, len(numbers), most + 1)[1:]).astype(int) - 1]) if len(numbers) else numbers


def _classes(numbers: _Numbers, largest: _Numbers, colours: list[str]) -> Classes:
    """The classes of sorted numbers that end with these."""
    member = np.searchsorted(largest, numbers, side="left")
    counts = np.bincount(member, minlength=len(largest))
    smallest = numbers[np.searchsorted(member, np.arange(len(largest)))]
    return Classes(tuple(largest), tuple(smallest), tuple(colours), tuple(int(count) for count in counts))


def bounds(cells: Sequence[str]) -> Window | None:
    """The smallest window around cells; None around none.

    Args:
        cells: H3 cells, hexadecimal text.
    """
    if not len(cells):
        return None
    corners = np.array([corner for cell in cells for corner in h3.cell_to_boundary(cell)])
    return Window(corners[:, 1].min(), corners[:, 0].min(), corners[:, 1].max(), corners[:, 0].max())


def window_of(drawn: Mapping[str, Any]) -> Window | None:
    """The smallest window around what is drawn; None around nothing.

    Args:
        drawn: GeoJSON, a collection of features.
    """
    shapes = [shapely.geometry.shape(each["geometry"]) for each in drawn["features"]]
    return Window(*shapely.union_all(shapes).bounds) if shapes else None


def camera(window: Window, width: int, height: int, covered: int = 0) -> Camera:
    """The camera that shows a window on a map (Web Mercator).

    Args:
        window: what is to be seen.
        width: of the map, pixels.
        height: of the map, pixels.
        covered: pixels at the left that the legend covers: the window is moved out from under it as far as there is room.
    """
    top, bottom = _mercator(window.north), _mercator(window.south)
    across = max(window.east - window.west, 1e-6) / 360
    zoom = math.log2(_MARGIN * min(width / _TILE / across, height / _TILE / max(top - bottom, 1e-9)))
    zoom = min(max(zoom, 0.0), _MOST_ZOOM)
    world = _TILE * 2**zoom
    moved = max(min(covered, width - across * world), 0) / 2 / world * 360
    middle = math.degrees(2 * math.atan(math.exp(math.pi * (top + bottom))) - math.pi / 2)
    return Camera(middle, (window.west + window.east) / 2 - moved, zoom)


def _mercator(latitude: float) -> float:
    """The height of a latitude on the map, -0.5 to 0.5 of the world's width."""
    return math.log(math.tan(math.pi / 4 + math.radians(min(max(latitude, -85.0), 85.0)) / 2)) / (2 * math.pi)


def cell_layer(cells: Cells, classes: Classes, look: Look, opacity: float) -> pdk.Layer:
    """The cells in the colours of their classes, to choose from; the id of each is the cell, hexadecimal text.

    Args:
        cells: what to draw.
        classes: of its values.
        look: the theme.
        opacity: 0 to 1.
    """
    return hexagons(_rows(cells, classes, look, round(opacity * 255)), look)


def cell_table(cells: Cells, look: Look) -> pa.Table:
    """The cells as the map's own component takes them: cell (uint64), fill (red, green, blue, alpha), and the words of the card: value, accounts.

    Args:
        cells: what to draw.
        look: the theme.
    """
    classes = classify(cells.frame["value"].dropna().astype(float), look)
    rows = _rows(cells, classes, look, _OPAQUE)
    return pa.table({
        "cell": pa.array([h3.str_to_int(str(row["cell"])) for row in rows], pa.uint64()),
        "fill": pa.array([row["fill"] for row in rows], pa.list_(pa.uint8(), 4)),
        "value": pa.array([row["value"] for row in rows], pa.string()),
        "accounts": pa.array([row["accounts"] for row in rows], pa.string()),
    })  # fmt: skip


def served_cell_layer(address: str, look: Look, opacity: float) -> pdk.Layer:
    """The cells behind an address, to choose from; the id of each is the cell, hexadecimal text.

    Args:
        address: of a table as of `cell_table`.
        look: the theme.
        opacity: 0 to 1.
    """
    return hexagons(address, look, opacity=opacity**_GAMMA)


def hexagons(rows: str | Sequence[Mapping[str, object]], look: Look, opacity: float = 1.0) -> pdk.Layer:
    """H3 cells to choose from.

    Args:
        rows: cell (hexadecimal text), fill (its colour), and what the card says; or the address of them.
        look: the theme.
        opacity: of the layer, as deck.gl takes it.
    """
    return pdk.Layer(
        "H3HexagonLayer", rows, id="cells", pickable=True, auto_highlight=True, highlight_color=rgb(look.outline, 60), get_id="cell", get_hexagon="cell",
        get_fill_color="fill", stroked=True, get_line_color=rgb(look.paper, 130), line_width_min_pixels=0.5, line_width_max_pixels=1, extruded=False,
        opacity=opacity,
    )  # fmt: skip


def _rows(cells: Cells, classes: Classes, look: Look, alpha: int) -> list[dict[str, object]]:
    """A row per cell: the cell, its colour, and the words of its tooltip."""
    fills = [rgb(look.none, round(alpha * 0.35)), *(rgb(colour, alpha) for colour in classes.colours)]
    return [
        {"cell": cell, "fill": fills[number + 1], "value": text, "accounts": "hidden" if pd.isna(count) else f"{count:,}"}
        for cell, number, text, count in zip(cells.frame["cell"], _classes_of(cells, classes), in_words(cells), cells.frame["accounts"], strict=True)
    ]


def _classes_of(cells: Cells, classes: Classes) -> list[int]:
    """The class of each cell, from 0; -1 where it has no value."""
    known = cells.frame["value"].notna().to_numpy()
    numbers = np.full(len(known), -1)
    numbers[known] = classes.of(cells.frame.loc[known, "value"].astype(float))
    return [int(number) for number in numbers]


def colours(cells: Cells, classes: Classes, look: Look) -> list[str]:
    """The colour of each cell, hexadecimal text; that of nothing, which the map shows through, where it has no value."""
    fills = [f"{look.none}59", *classes.colours]
    return [fills[number + 1] for number in _classes_of(cells, classes)]


def in_words(cells: Cells) -> list[str]:
    """The value of each cell with its unit."""
    unit = unit_of(cells.measure, cells.explanation.currency)
    none = nothing(cells.measure, cells.explanation.smallest_count)
    return [none if pd.isna(value) else f"{amount(value, cells.measure)} {unit}".strip() for value in cells.frame["value"]]


def point_layers(points: pd.DataFrame, look: Look, chosen: int | None = None, marked: Sequence[tuple[float, float]] = ()) -> list[pdk.Layer]:
    """Numbered points to choose from, whose ids are their numbers, and rings around places.

    Args:
        points: number, name, longitude, latitude (degrees, EPSG:4326).
        look: the theme.
        chosen: the number of the one that is chosen.
        marked: longitude and latitude of places that get a ring.
    """
    rows = [
        {"number": number, "text": str(number), "name": name, "place": [longitude, latitude],
         "fill": rgb(look.accent if number == chosen else look.muted), "radius": 15 if number == chosen else 12}
        for number, name, longitude, latitude in points[["number", "name", "longitude", "latitude"]].itertuples(index=False, name=None)
    ]  # fmt: skip
    rows.sort(key=lambda row: row["number"] == chosen)  # the chosen one above the others
    rings = [{"place": list(place)} for place in marked]
    return [
        pdk.Layer("ScatterplotLayer", rings, id="rings", pickable=False, get_position="place", filled=False, stroked=True, get_radius=20,
                  radius_units=pdk.types.String("pixels"), get_line_color=rgb(look.outline), line_width_min_pixels=3, line_width_max_pixels=3),
        pdk.Layer("ScatterplotLayer", rows, id="points", pickable=True, get_id="number", get_position="place", get_fill_color="fill", get_radius="radius",
                  radius_units=pdk.types.String("pixels"), stroked=True, get_line_color=rgb(look.surface), line_width_min_pixels=2, line_width_max_pixels=2),
        pdk.Layer("TextLayer", rows, id="numbers", pickable=False, get_text="text", get_position="place", get_size=14,
                  get_color=rgb(look.surface), font_weight=700, font_family=pdk.types.String("sans-serif")),
    ]  # fmt: skip


def place_layers(places: Sequence[tuple[float, float]], look: Look) -> list[pdk.Layer]:
    """A dot at each place, in the accent colour.

    Args:
        places: longitude and latitude, degrees in EPSG:4326.
        look: the theme.
    """
    rows = [{"place": list(place)} for place in places]
    return [
        pdk.Layer("ScatterplotLayer", rows, id="places", pickable=False, get_position="place", get_fill_color=rgb(look.accent), stroked=True,
                  get_line_color=rgb(look.surface), radius_min_pixels=8, get_radius=10, line_width_min_pixels=3)
    ]  # fmt: skip


def deck(layers: Sequence[pdk.Layer], looks_at: Camera, measure_label: str = "", *, times_asked: int = 0, card: str | None = None) -> pdk.Deck:
    """The map. It moves to `looks_at` when that changes, and is left where the reader moved it to otherwise.

    Args:
        layers: from bottom to top.
        looks_at: the camera.
        measure_label: the name of the measure, for the card of a cell.
        times_asked: how often the reader asked to be taken there: a map moves only to a camera that is new, so that a repeated one has to differ.
        card: HTML of a card other than that of a cell, {names} stand for values; empty for none.
    """
    nudge = times_asked * 1e-9
    if card is None:
        accounts = "<div><span>Accounts</span><b>{accounts}</b></div>" if measure_label != "Accounts" else ""
        card = f"<div><span>{html.escape(measure_label)}</span><b>{{value}}</b></div>{accounts}<small>{{cell}}</small>"
    return pdk.Deck(
        layers=list(layers), map_provider=None, tooltip={"html": card},
        initial_view_state=pdk.ViewState(latitude=looks_at.latitude + nudge, longitude=looks_at.longitude + nudge, zoom=looks_at.zoom + nudge),
    )  # fmt: skip


def legend(cells: Cells, classes: Classes, look: Look) -> str:
    """The legend as HTML: the measure with its unit, a line per class with its range and its count of cells."""
    unit = unit_of(cells.measure, cells.explanation.currency)
    lines = [
        f'<li><i style="background:{colour}"></i><span>{_span(low, high, cells)}</span><em>{count:,}</em></li>'
        for colour, low, high, count in zip(classes.colours, classes.smallest, classes.largest, classes.counts, strict=True)
    ]
    missing = int(cells.frame["value"].isna().sum())
    if missing:
        none = nothing(cells.measure, cells.explanation.smallest_count)
        lines.insert(0, f'<li><i style="background:{look.none};opacity:.4"></i><span>{none}</span><em>{missing:,}</em></li>')
    shown = "" if unit in ("", cells.measure.label.lower()) else f"<span>{html.escape(unit)}</span>"
    head = f"<header><b>{html.escape(cells.measure.label)}</b>{shown}<em>cells</em></header>"
    return f'<div class="legend">{head}<ul>{"".join(reversed(lines))}</ul></div>'


def _span(low: float, high: float, cells: Cells) -> str:
    first, last = (amount(end, cells.measure) if abs(end) < _MANY else large(end) for end in (low, high))
    return first if first == last else f"{first} to {last}"
