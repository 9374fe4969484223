"""Maps of what is around: a layer by cell, and the flows between cells."""

import html

import h3.api.basic_int as h3
import pandas as pd
import pydeck as pdk

from dashboards.data import LayerMeasure
from dashboards.maps import Classes
from dashboards.theme import Look, rgb

_WIDEST_ARC, _THINNEST_ARC = 9.0, 1.0
_PALER = 0.55
"""Of a cell that is modelled: it is not to look as sure as one that was measured."""
_OPACITY = {"measured": 1.0, "interpolated": 0.8, "modelled": _PALER}
_MANY = 1e5


def number(value: float, measure: LayerMeasure) -> str:
    """A value of a measure, without its unit."""
    return f"{value:.0f}" if "year" in measure.name else f"{value:,.{measure.decimals}f}"


def hexagons(frame: pd.DataFrame, measure: LayerMeasure, classes: Classes, look: Look, opacity: float, layer_id: str, chosen: int | None) -> list[pdk.Layer]:
    """The cells in the colours of their classes, paler where a value was not measured, and an outline around the chosen one.

    Args:
        frame: cell (H3 integer), value, quality.
        measure: what is shown.
        classes: of the values.
        look: the theme.
        opacity: of measured cells, 0 to 1.
        layer_id: a text that changes with the data, since Streamlit keeps a selection by position.
        chosen: the chosen cell.
    """
    members = classes.of(frame["value"])
    rows = [
        {"cell": h3.int_to_str(int(cell)), "fill": rgb(classes.colours[member], round(255 * opacity * _OPACITY[quality])),
         "words": html.escape(f"{number(value, measure)} {measure.unit}".strip()), "quality": quality}
        for cell, value, quality, member in zip(frame["cell"], frame["value"], frame["quality"], members, strict=True)
    ]  # fmt: skip
    layers = [
        pdk.Layer("H3HexagonLayer", rows, id=layer_id, pickable=True, auto_highlight=True, highlight_color=rgb(look.outline, 60), get_hexagon="cell",
                  get_fill_color="fill", stroked=True, get_line_color=rgb(look.paper, 130), line_width_min_pixels=0.5, line_width_max_pixels=1,
                  extruded=False, filled=True),
    ]  # fmt: skip
    if chosen is not None:
        layers.append(
            pdk.Layer("H3HexagonLayer", [{"cell": h3.int_to_str(chosen)}], id=f"chosen-{chosen}", pickable=False, get_hexagon="cell", filled=False,
                      stroked=True, extruded=False, get_line_color=rgb(look.outline), line_width_min_pixels=3, line_width_max_pixels=3)
        )  # fmt: skip
    return layers


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
        pdk.Layer("ArcLayer", rows, id=f"arcs-{look.dark}-{len(rows)}-{most}", pickable=True, auto_highlight=True, get_source_position="origin",
                  get_target_position="destination", get_source_color=rgb(look.muted, 110), get_target_color=rgb(look.accent, 230), get_width="width",
                  get_height=0.5, get_tilt=25)
    ]  # fmt: skip


def legend(frame: pd.DataFrame, measure: LayerMeasure, classes: Classes) -> str:
    """The legend as HTML: the measure with its unit, a line per class, and how many cells are of which quality."""
    lines = [
        f'<li><i style="background:{colour}"></i><span>{_span(low, high, measure)}</span><em>{count:,}</em></li>'
        for colour, low, high, count in zip(classes.colours, classes.smallest, classes.largest, classes.counts, strict=True)
    ]
    unit = f"<span>{html.escape(measure.unit)}</span>" if measure.unit and measure.unit.lower() != measure.label.lower() else ""
    counts = frame["quality"].value_counts()
    quality = " · ".join(f"{count:,} {name}" + (", paler" if name != "measured" and len(counts) > 1 else "") for name, count in counts.items())
    head = f"<header><b>{html.escape(measure.label)}</b>{unit}<em>cells</em></header>"
    return f'<div class="legend">{head}<ul>{"".join(reversed(lines))}</ul><small>{quality}</small></div>'


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
