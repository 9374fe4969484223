"""The chart of a report: bars, counts on top of each other, lines along time, a point for each member, or a square for each combination."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from dashboards.data.reports import ALL, TIMES, Figure, Result
from dashboards.theme import CATEGORIES, Look

_MOST_BARS, _MOST_SQUARES, _BAR, _LABELS = 20, 48, 26, 130
_LEAST, _HEIGHT = 150, 330
_SHADES = 6
_AXES = {"share": "~%", "money": "~s"}
_EXACT = {"share": ".1%", "money": ",.2f", "days": ",.1f", "ratio": ",.2f"}


@dataclass(frozen=True)
class Drawn:
    """A chart, and what it leaves out, in words; empty where it shows all."""

    chart: alt.Chart
    left_out: str


def draw(result: Result, look: Look) -> Drawn | None:
    """The chart of a report; None where there is nothing to draw.

    Args:
        result: the report.
        look: the theme.
    """
    figures = {each.name: each for each in result.report.figures}
    names, way = _WAYS[result.report.name]
    split = result.by if result.by != ALL else result.report.within
    frame = result.rows.assign(**{each: pd.to_numeric(result.rows[each]) for each in figures}).dropna(subset=list(names), how="all")
    frame = frame[frame["after"] > 0] if result.report.within == "after" else frame  # in its first period all of a cohort ordered
    if frame.empty or not split:
        return None
    shown, left_out = _few(frame, split, names, result)
    chart = way(shown, split, [figures[each] for each in names], result, look)
    drawn = chart.configure_axis(labelColor=look.muted, titleColor=look.muted, gridColor=look.border, labelLimit=_LABELS).configure_legend(
        labelColor=look.text, titleColor=look.muted
    )
    return Drawn(drawn.configure_view(stroke=None), left_out)


def _few(frame: pd.DataFrame, split: str, names: Sequence[str], result: Result) -> tuple[pd.DataFrame, str]:
    """As many rows as can be told apart, and which ones that leaves out, in words: times whole, members with the largest figures first."""
    if result.report.within:
        members = frame[split].unique()
        kept = members[-_MOST_SQUARES:] if split in TIMES else members[:_MOST_SQUARES]
        left_out = len(members) - len(kept)
        return frame[frame[split].isin(kept)], f"the {left_out:,} {'earliest' if split in TIMES else 'last'}" if left_out else ""
    if split in TIMES:
        return frame, ""
    order = frame[list(names)].sum(axis=1).sort_values(ascending=False).index
    return frame.loc[order[:_MOST_BARS]], f"the {len(frame) - _MOST_BARS:,} smallest" if len(frame) > _MOST_BARS else ""


def _title(figure: Figure, result: Result) -> str:
    return f"{figure.label}, {result.currency}" if figure.unit == "money" else figure.label


def _axis(figure: Figure) -> alt.Axis:
    return alt.Axis(format=_AXES.get(figure.unit, ",.6~g"), tickCount=5)


def _tooltip(split: str, figures: Sequence[Figure], result: Result) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{split}:N", title=split.capitalize()), *(
        alt.Tooltip(f"{each.name}:Q", title=_title(each, result), format=_EXACT.get(each.unit, ",.0f")) for each in figures
    )]  # fmt: skip


def _bars(frame: pd.DataFrame, split: str, figures: Sequence[Figure], result: Result, look: Look) -> alt.Chart:
    """A bar for each member: upright along time, else lying, the largest first."""
    (figure,) = figures
    value, title = f"{figure.name}:Q", _title(figure, result)
    if split in TIMES:
        placed = alt.Chart(frame).mark_bar(color=look.accent, cornerRadiusEnd=2).encode(_along(split), alt.Y(value, title=title, axis=_axis(figure)))
    else:
        bars = alt.Chart(frame).mark_bar(color=look.accent, cornerRadiusEnd=2, size=_BAR * 0.6)
        placed = bars.encode(alt.Y(f"{split}:N", sort=None, title=None), alt.X(value, title=title, axis=_axis(figure)))
    every = [each for each in result.report.figures if not each.divided or each == figure]
    chart: alt.Chart = placed.encode(tooltip=_tooltip(split, every, result)).properties(height=_HEIGHT if split in TIMES else _height(len(frame)))
    return chart


def _stacked(frame: pd.DataFrame, split: str, figures: Sequence[Figure], result: Result, look: Look) -> alt.Chart:
    """What adds up, on top of each other: upright along time, else lying."""
    del result, look
    labels = {each.name: each.label for each in figures}
    long = frame.melt([split], list(labels), "name", "value")
    long = long.assign(figure=long["name"].map(labels), order=long["name"].map({name: at for at, name in enumerate(labels)}))
    colours = alt.Scale(domain=list(labels.values()), range=list(CATEGORIES[: len(labels)]))
    axis = alt.Axis(format=",.6~g", tickCount=5)
    chart: alt.Chart = (
        alt.Chart(long)
        .mark_bar()
        .encode(
            _along(split) if split in TIMES else alt.Y(f"{split}:N", sort=None, title=None),
            alt.Y("value:Q", title=None, axis=axis) if split in TIMES else alt.X("value:Q", title=None, axis=axis),
            color=alt.Color("figure:N", sort=list(labels.values()), scale=colours, legend=alt.Legend(title=None, orient="top")),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip(f"{split}:N", title=split.capitalize()),
                alt.Tooltip("figure:N", title="What"),
                alt.Tooltip("value:Q", title="Count", format=","),
            ],
        )
        .properties(height=_HEIGHT if split in TIMES else _height(len(frame)))
    )
    return chart


def _points(frame: pd.DataFrame, split: str, figures: Sequence[Figure], result: Result, look: Look) -> alt.Chart:
    """A point for each member: one figure against another."""
    across, up = figures
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_circle(size=110, color=look.accent, opacity=0.75)
        .encode(
            x=alt.X(f"{across.name}:Q", title=across.label, axis=_axis(across)),
            y=alt.Y(f"{up.name}:Q", title=up.label, axis=_axis(up)),
            tooltip=_tooltip(split, result.report.figures, result),
        )
        .properties(height=_HEIGHT)
    )
    return chart


def _squares(frame: pd.DataFrame, split: str, figures: Sequence[Figure], result: Result, look: Look) -> alt.Chart:
    """A square for each combination, the fuller its colour the larger the figure; bars where there is one way to split only."""
    (figure,), within = figures, result.report.within
    if split == within:
        return _bars(frame, split, figures, result, look)
    colours, legend = alt.Scale(range=look.palette(_SHADES)), alt.Legend(orient="bottom", format=_AXES.get(figure.unit, ",.6~g"))
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_rect(stroke=look.surface, strokeWidth=1)
        .encode(
            x=alt.X(f"{within}:O", sort=None, title=_WITHIN[within], axis=alt.Axis(labelAngle=0, orient="top")),
            y=alt.Y(f"{split}:N", sort=None, title=None),
            color=alt.Color(f"{figure.name}:Q", title=figure.label, scale=colours, legend=legend),
            tooltip=[*_tooltip(split, result.report.figures, result), alt.Tooltip(f"{within}:O", title=within.capitalize())],
        )
        .properties(height=_height(frame[split].nunique()) + 60)
    )
    return chart


def _along(split: str) -> alt.X:
    return alt.X(f"{split}:N", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))


def _height(rows: int) -> int:
    return max(rows * _BAR + 40, _LEAST)


_WITHIN = {"after": "Periods after the first", "stage": None}

type _Way = Callable[[pd.DataFrame, str, Sequence[Figure], Result, Look], alt.Chart]
_WAYS: Mapping[str, tuple[tuple[str, ...], _Way]] = {
    "leads": (("new", "working", "converted", "rejected"), _stacked), "win-rate": (("win_rate",), _bars), "cycle-time": (("days",), _bars),
    "stage-time": (("days",), _squares), "activity": (("activities", "won"), _points), "retention": (("retention",), _squares),
    "customers": (("active", "dormant", "lost"), _stacked), "margin": (("margin",), _bars),
}  # fmt: skip
"""Of each report the figures that are drawn, and how."""
