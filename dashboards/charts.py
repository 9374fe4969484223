"""Charts of answers: months as lines, everything else as bars, the largest first; a click chooses a member."""

import json
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import altair as alt
import h3
import pandas as pd

from dashboards import texts
from dashboards.data import DIMENSIONS
from dashboards.theme import CATEGORIES, LIGHT, Look

PICKED = "picked"
_IN_ORDER = ("weekday", "hour")
"""Dimensions whose members stand in their own order, and not the largest first."""

_TIMES = {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y"}
_MOST_BARS, _MOST_SERIES, _MOST_MARKS, _HOURS = 16, 10, 12, 25
_THICKEST, _ROOM = 30, 165
_WIDEST = 140


@dataclass(frozen=True)
class Chart:
    """A chart, the dimension whose members are chosen by a click, and what it leaves out, in words."""

    chart: alt.Chart | alt.LayerChart | alt.FacetChart
    dimension: str
    left_out: str


@dataclass(frozen=True)
class _Values:
    """The values of a chart: their title, their unit, and the formats of d3 that follow from it."""

    title: str
    unit: str

    @property
    def axis(self) -> str:
        return "~%" if self.unit == "share" else "~s"

    @property
    def exact(self) -> str:
        return {"share": ".1%", "ratio": ",.2f"}.get(self.unit, ",.0f")


def draw(long: pd.DataFrame, dimension: str, series: str | None, title: str, unit: str, look: Look, *, narrow: bool = False) -> Chart:
    """The chart of a measure.

    Args:
        long: a column per dimension with its members, and `value`; from `dashboards.tables.flat`.
        dimension: along the axis.
        series: in colours; None for one colour.
        title: of the values.
        unit: of the measure.
        look: the theme.
        narrow: for a phone, where the legend has room for two names in a line.
    """
    frame = long.dropna(subset=["value"]).assign(picked=long[dimension])
    left_out = []
    if series is not None:
        frame, missing = _largest(frame, series, _MOST_SERIES)
        left_out += [f"the {missing:,} smallest of {DIMENSIONS[series].label.lower()}"] if missing else []
        frame = frame.assign(series=[texts.member_name(series, member) for member in frame[series]])
    if DIMENSIONS[dimension].kind == "time":
        return Chart(_lines(frame, dimension, series, _Values(title, unit), look, _legend(narrow=narrow)), dimension, texts.listed(left_out))
    frame, missing = _largest(frame, dimension, _MOST_BARS if dimension not in _IN_ORDER else _HOURS)
    left_out += [f"the {missing:,} smallest"] if missing else []
    frame = frame.assign(member=[texts.member_name(dimension, member) for member in frame[dimension]])
    frame = frame.sort_values("picked") if dimension in _IN_ORDER else frame
    return Chart(_bars(frame, dimension, series, _Values(title, unit), look, _legend(narrow=narrow)), dimension, texts.listed(left_out))


def small_map(cells: pd.DataFrame, title: str, label: str, look: Look) -> alt.Chart:
    """A small map without streets, one of several beside each other; a click picks a cell.

    Args:
        cells: cell (hexadecimal text), fill (its colour), value (in words).
        title: what it shows.
        label: of the values.
        look: the theme.
    """
    outlines = [h3.cell_to_boundary(cell) for cell in cells["cell"]]
    # As wide as it is on the ground at this latitude: near enough for an area that is seen at once.
    narrowed = math.cos(math.radians(outlines[0][0][0]))
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [_ring(outline, narrowed)]}, "cell": cell, "fill": fill, "value": value}
        for outline, (cell, fill, value) in zip(outlines, cells[["cell", "fill", "value"]].itertuples(index=False, name=None), strict=True)
    ]
    picked = alt.selection_point(name=PICKED, fields=["cell"])
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=features), title=alt.Title(title, fontSize=13, color=look.text, anchor="start"))
        .mark_geoshape(stroke=look.paper, strokeWidth=0.4, cursor="pointer")
        .encode(fill=alt.Fill("fill:N", scale=None), tooltip=[alt.Tooltip("value:N", title=label), alt.Tooltip("cell:N", title="Cell")])
        .project(type="identity", reflectY=True)
        .add_params(picked)
    )
    return chart


def _ring(outline: Sequence[tuple[float, float]], narrowed: float) -> list[list[float]]:
    return [[round(longitude * narrowed, 6), round(latitude, 6)] for latitude, longitude in (*outline, outline[0])]


def write_png(chart: Chart, lines: Sequence[str], target: Path) -> None:
    """Writes a chart as a picture of twice 900 x 420 pixels, besides title, axes and legend.

    Args:
        chart: from `draw`, with the colours of paper.
        lines: the title, then what stands below it.
        target: .png.
    """
    picture = chart.chart.copy()
    # Values that stand in the picture's own description, since Altair refuses a frame of more than 5,000 rows.
    picture.data = alt.InlineData(values=json.loads(cast("pd.DataFrame", picture.data).to_json(orient="records", date_format="iso")))
    below = [part for line in lines[1:] for part in textwrap.wrap(line, _WIDEST)]
    title = alt.Title(lines[0], subtitle=below, anchor="start", offset=14)
    picture.properties(width=900, height=420, title=title).configure(background=LIGHT.surface).configure_range(category=list(CATEGORIES)).save(
        str(target), format="png", scale_factor=2
    )


def _largest(frame: pd.DataFrame, dimension: str, most: int) -> tuple[pd.DataFrame, int]:
    """The rows of the members with the largest values, and how many members that leaves out."""
    sizes = frame.groupby(dimension)["value"].sum().sort_values(ascending=False)
    return frame[frame[dimension].isin(sizes.index[:most])], max(len(sizes) - most, 0)


def _lines(frame: pd.DataFrame, dimension: str, series: str | None, values: "_Values", look: Look, legend: alt.Legend) -> alt.LayerChart | alt.FacetChart:
    begins = pd.to_datetime([texts.first_day(dimension, member) for member in frame["picked"]])
    frame = frame.assign(begins=begins, name=[texts.member_name(dimension, member) for member in frame["picked"]])
    base = alt.Chart(frame).encode(
        x=alt.X("begins:T", title=None, axis=_time_axis(dimension, begins)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format=values.axis, tickCount=5)),
        tooltip=_tooltip(DIMENSIONS[dimension].label, series, values),
    )
    colour = alt.Color("series:N", title=None, legend=legend) if series is not None else alt.value(look.accent)
    picked = alt.selection_point(name=PICKED, fields=["picked"])
    lines = base.mark_line(strokeWidth=2).encode(color=colour)
    points = base.mark_circle(size=45, opacity=1).encode(color=colour).add_params(picked)
    return alt.layer(lines, points)


def _time_axis(dimension: str, begins: pd.DatetimeIndex) -> alt.Axis:
    """Few times have a mark each, and no other marks between them; quarters are written as such."""
    once = begins.unique().sort_values()
    marks = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in once] if len(once) <= _MOST_MARKS else alt.Undefined
    written = "'Q' + quarter(datum.value) + ' ' + year(datum.value)" if dimension == "quarter" else alt.Undefined
    return alt.Axis(values=marks, format=_TIMES.get(dimension, "%d %b %Y"), labelOverlap=True, grid=False, tickCount=8, labelExpr=written)


def _bars(frame: pd.DataFrame, dimension: str, series: str | None, values: "_Values", look: Look, legend: alt.Legend) -> alt.Chart:
    sizes = frame.groupby("member", sort=False)["value"].sum()
    order = (sizes if dimension in _IN_ORDER else sizes.sort_values(ascending=False)).index.tolist()
    picked = alt.selection_point(name=PICKED, fields=["picked"])
    chart = (
        alt.Chart(frame.assign(name=frame["member"])).mark_bar(cornerRadiusEnd=2, cursor="pointer", size=min(_THICKEST, _ROOM / len(order))).add_params(picked)
    )
    encoded: alt.Chart = chart.encode(
        x=alt.X("value:Q", title=None, stack="zero", axis=alt.Axis(format=values.axis, tickCount=5)),
        y=alt.Y("member:N", title=None, sort=order, axis=alt.Axis(labelLimit=150, labelOverlap=dimension in _IN_ORDER, grid=False, ticks=False, domain=False)),
        color=alt.Color("series:N", title=None, legend=legend) if series is not None else alt.value(look.accent),
        tooltip=_tooltip("Member", series, values),
    )
    return encoded


def _legend(*, narrow: bool) -> alt.Legend:
    return alt.Legend(orient="bottom", direction="horizontal", columns=2 if narrow else 4, labelLimit=120, symbolSize=60, rowPadding=2, padding=0, offset=12)


def _tooltip(label: str, series: str | None, values: "_Values") -> list[alt.Tooltip]:
    shown = [alt.Tooltip("name:N", title=label), alt.Tooltip("value:Q", title=values.title, format=values.exact)]
    return [*shown, alt.Tooltip("series:N", title=DIMENSIONS[series].label)] if series is not None else shown
