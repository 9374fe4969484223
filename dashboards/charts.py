"""Charts of answers: months as lines, everything else as bars, the largest first; a click chooses a member."""

from dataclasses import dataclass

import altair as alt
import pandas as pd

from dashboards import texts
from dashboards.data import DIMENSIONS
from dashboards.theme import Look

PICKED = "picked"
_MOST_BARS, _MOST_SERIES = 16, 10
_THICKEST, _ROOM = 30, 165


@dataclass(frozen=True)
class Chart:
    """A chart, the dimension whose members are chosen by a click, and what it leaves out, in words."""

    chart: alt.Chart | alt.LayerChart | alt.FacetChart
    dimension: str
    left_out: str


def draw(long: pd.DataFrame, dimension: str, series: str | None, title: str, look: Look, *, narrow: bool = False) -> Chart:
    """The chart of a measure.

    Args:
        long: a column per dimension with its members, and `value`; from `dashboards.tables.flat`.
        dimension: along the axis.
        series: in colours; None for one colour.
        title: of the values.
        look: the theme.
        narrow: for a phone, where the legend has room for two names in a line.
    """
    frame = long.dropna(subset=["value"]).assign(picked=long[dimension])
    left_out = []
    if series is not None:
        frame, missing = _largest(frame, series, _MOST_SERIES)
        left_out += [f"the {missing:,} smallest of {DIMENSIONS[series].lower()}"] if missing else []
        frame = frame.assign(series=[texts.member_name(series, member) for member in frame[series]])
    if dimension == "month":
        return Chart(_lines(frame, series, title, look, _legend(narrow=narrow)), dimension, texts.listed(left_out))
    frame, missing = _largest(frame, dimension, _MOST_BARS)
    left_out += [f"the {missing:,} smallest"] if missing else []
    frame = frame.assign(member=[texts.member_name(dimension, member) for member in frame[dimension]])
    return Chart(_bars(frame, series, title, look, _legend(narrow=narrow)), dimension, texts.listed(left_out))


def _largest(frame: pd.DataFrame, dimension: str, most: int) -> tuple[pd.DataFrame, int]:
    """The rows of the members with the largest values, and how many members that leaves out."""
    sizes = frame.groupby(dimension)["value"].sum().sort_values(ascending=False)
    return frame[frame[dimension].isin(sizes.index[:most])], max(len(sizes) - most, 0)


def _lines(frame: pd.DataFrame, series: str | None, title: str, look: Look, legend: alt.Legend) -> alt.LayerChart | alt.FacetChart:
    frame = frame.assign(month=pd.to_datetime(frame["picked"] + "-01"), name=[texts.month_name(month) for month in frame["picked"]])
    base = alt.Chart(frame).encode(
        x=alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, grid=False, tickCount=8)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s", tickCount=5)),
        tooltip=_tooltip("Month", series, title),
    )
    colour = alt.Color("series:N", title=None, legend=legend) if series is not None else alt.value(look.accent)
    picked = alt.selection_point(name=PICKED, fields=["picked"])
    lines = base.mark_line(strokeWidth=2).encode(color=colour)
    points = base.mark_circle(size=45, opacity=1).encode(color=colour).add_params(picked)
    return alt.layer(lines, points)


def _bars(frame: pd.DataFrame, series: str | None, title: str, look: Look, legend: alt.Legend) -> alt.Chart:
    order = frame.groupby("member")["value"].sum().sort_values(ascending=False).index.tolist()
    picked = alt.selection_point(name=PICKED, fields=["picked"])
    chart = (
        alt.Chart(frame.assign(name=frame["member"])).mark_bar(cornerRadiusEnd=2, cursor="pointer", size=min(_THICKEST, _ROOM / len(order))).add_params(picked)
    )
    encoded: alt.Chart = chart.encode(
        x=alt.X("value:Q", title=None, stack="zero", axis=alt.Axis(format="~s", tickCount=5)),
        y=alt.Y("member:N", title=None, sort=order, axis=alt.Axis(labelLimit=150, labelOverlap=False, grid=False, ticks=False, domain=False)),
        color=alt.Color("series:N", title=None, legend=legend) if series is not None else alt.value(look.accent),
        tooltip=_tooltip("Member", series, title),
    )
    return encoded


def _legend(*, narrow: bool) -> alt.Legend:
    return alt.Legend(orient="bottom", direction="horizontal", columns=2 if narrow else 4, labelLimit=120, symbolSize=60, rowPadding=2, padding=0, offset=12)


def _tooltip(label: str, series: str | None, title: str) -> list[alt.Tooltip]:
    shown = [alt.Tooltip("name:N", title=label), alt.Tooltip("value:Q", title=title, format=",.0f")]
    return [*shown, alt.Tooltip("series:N", title=DIMENSIONS[series])] if series is not None else shown
