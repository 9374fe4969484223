"""Maps of what is around: a layer by cell, and the flows between cells."""

import html
from dataclasses import dataclass

import h3.api.basic_int as h3
import pandas as pd
import pydeck as pdk

from dashboards import maps
from dashboards.data import LayerMeasure
from dashboards.maps import Classes
from dashboards.theme import CATEGORIES, Look, rgb

_WIDEST_ARC, _THINNEST_ARC = 9.0, 1.0
_THINNEST_STREET = 2.0
_PALER = 0.55
"""Of a cell that is modelled: it is not to look as sure as one that was measured."""
_OPACITY = {"measured": 1.0, "interpolated": 0.8, "modelled": _PALER}
_MANY = 1e5


@dataclass(frozen=True)
class Shown:
    """How the values of a measure are shown.

    Attributes:
        fills: the colour of each value, hexadecimal text.
        words: of each value, with its unit.
        lines: of the legend, the last at the top: colour, words, how many cells.
    """

    fills: list[str]
    words: list[str]
    lines: list[tuple[str, str, int]]


def number(value: float, measure: LayerMeasure) -> str:
    """A value of a measure, without its unit."""
    return f"{value:{measure.form}}"


def shown(values: pd.Series, measure: LayerMeasure, look: Look) -> Shown:
    """How values are shown: numbers in classes with about as many cells each, categories each in a colour of its own.

    Args:
        values: numbers, or texts where the measure has categories; without missing ones.
        measure: whose.
        look: the theme.
    """
    return _categories(values, look) if measure.categories else _numbers(values, measure, look)


def _numbers(values: pd.Series, measure: LayerMeasure, look: Look) -> Shown:
    numbers = values.astype(float)
    classes = maps.classify(numbers, look)
    spans = [_span(low, high, measure) for low, high in zip(classes.smallest, classes.largest, strict=True)]
    fills = [classes.colours[member] for member in classes.of(numbers)]
    words = [f"{number(value, measure)} {measure.unit}".strip() for value in numbers]
    return Shown(fills, words, list(zip(classes.colours, spans, classes.counts, strict=True)))


def _categories(values: pd.Series, look: Look) -> Shown:
    """The most frequent categories have colours, the others are grey."""
    counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    colours = dict(zip(counts.index, CATEGORIES, strict=False))
    lines = [(colour, str(name), int(counts[name])) for name, colour in colours.items()]
    if others := int(counts.iloc[len(colours) :].sum()):
        lines.append((look.none, f"{len(counts) - len(colours):,} others", others))
    return Shown([colours.get(value, look.none) for value in values], values.astype(str).tolist(), lines[::-1])


def measured_cells(frame: pd.DataFrame, shown: Shown, look: Look, opacity: float) -> list[pdk.Layer]:
    """The cells in the colours of their values, paler where a value was not measured.

    Args:
        frame: cell (H3 integer), value, quality.
        shown: how its values are.
        look: the theme.
        opacity: of measured cells, 0 to 1.
    """
    rows = [
        {"cell": h3.int_to_str(int(cell)), "fill": rgb(fill, round(255 * opacity * _OPACITY[quality])), "words": words, "quality": quality}
        for cell, quality, fill, words in zip(frame["cell"], frame["quality"], shown.fills, shown.words, strict=True)
    ]
    return [maps.hexagons(rows, look)]


def arcs(flows: pd.DataFrame, look: Look) -> list[pdk.Layer]:
    """Flows as arcs, from the pale end to the strong one; the wider the more trips.

    Args:
        flows: from `data.places.flows`.
        look: the theme.
    """
    most = max(int(flows["trips"].max()), 1) if len(flows) else 1
    rows = [
        {"origin": [fx, fy], "destination": [tx, ty], "width": _THINNEST_ARC + (_WIDEST_ARC - _THINNEST_ARC) * trips / most, "words": f"{trips:,} trips"}
        for trips, fx, fy, tx, ty in flows[["trips", "from_longitude", "from_latitude", "to_longitude", "to_latitude"]].itertuples(index=False, name=None)
    ]
    return [
        pdk.Layer("ArcLayer", rows, id="arcs", pickable=True, auto_highlight=True, get_source_position="origin",
                  get_target_position="destination", get_source_color=rgb(look.muted, 110), get_target_color=rgb(look.accent, 230), get_width="width",
                  get_height=0.5, get_tilt=25)
    ]  # fmt: skip


def streets(flows: pd.DataFrame, classes: Classes, look: Look) -> list[pdk.Layer]:
    """Streets in the colours of their trips, the strongest above the others and the widest.

    Args:
        flows: from `data.places.street_flows`.
        classes: of its trips.
        look: the theme.
    """
    rows = [
        {"line": line, "colour": rgb(classes.colours[member], 235), "width": _THINNEST_STREET + 1.5 * int(member), "words": f"{trips:,} trips",
         "kind": kind.replace("_", " ")}
        for line, trips, kind, member in zip(flows["line"], flows["trips"], flows["class"], classes.of(flows["trips"]), strict=True)
    ]  # fmt: skip
    return [
        pdk.Layer("PathLayer", rows[::-1], id="flows", pickable=True, auto_highlight=True,
                  highlight_color=rgb(look.outline, 160), get_path="line", get_color="colour", get_width="width",
                  width_units=pdk.types.String("pixels"), cap_rounded=True, joint_rounded=True)
    ]  # fmt: skip


def street_legend(classes: Classes) -> str:
    """The legend of trips on streets as HTML."""
    lines = [
        f'<li><i style="background:{colour}"></i><span>{low:,.0f} to {high:,.0f}</span><em>{count:,}</em></li>'
        for colour, low, high, count in zip(classes.colours, classes.smallest, classes.largest, classes.counts, strict=True)
    ]
    return f'<div class="legend"><header><b>Trips</b><em>pieces of street</em></header><ul>{"".join(reversed(lines))}</ul></div>'


def legend(frame: pd.DataFrame, measure: LayerMeasure, shown: Shown) -> str:
    """The legend as HTML: the measure with its unit, a line per class or category, and how many cells are of which quality."""
    lines = [
        f'<li><i style="background:{colour}"></i><span>{html.escape(words)}</span><em>{count:,}</em></li>' for colour, words, count in reversed(shown.lines)
    ]
    unit = f"<span>{html.escape(measure.unit)}</span>" if measure.unit and measure.unit.lower() != measure.label.lower() else ""
    counts = frame["quality"].value_counts()
    quality = " · ".join(f"{count:,} {name}" + (", paler" if name != "measured" and len(counts) > 1 else "") for name, count in counts.items())
    head = f"<header><b>{html.escape(measure.label)}</b>{unit}<em>cells</em></header>"
    return f'<div class="legend">{head}<ul>{"".join(lines)}</ul><small>{quality}</small></div>'


def flow_legend(flows: pd.DataFrame, look: Look) -> str:
    """The legend of arcs as HTML."""
    ends = f"{int(flows['trips'].min()):,} to {int(flows['trips'].max()):,}" if len(flows) else "none"
    return (
        f'<div class="legend"><header><b>Trips</b><span>between cells</span></header><ul><li><i style="background:{look.muted}"></i><span>from</span></li>'
        f'<li><i style="background:{look.accent}"></i><span>to</span></li></ul><small>{ends} trips an arc, the wider the more</small></div>'
    )


def _span(low: float, high: float, measure: LayerMeasure) -> str:
    first, last = (f"{end / 1000:,.0f} k" if abs(end) >= _MANY else number(end, measure) for end in (low, high))
    return first if first == last else f"{first} to {last}"
