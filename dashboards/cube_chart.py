"""The answer as a chart: drawn on the page, and as a picture to take along."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from dashboards import charts, cube_question, data, session, tables, texts, theme
from dashboards.data import MEASURES, PLACE, Axis, Cube, CubeQuery, Scope

_HEIGHT = 330


def draw(cube: Cube, query: CubeQuery, title: str, scope: Scope) -> None:
    """Draws the chart of a question; a click looks into a member.

    Args:
        cube: the published cube.
        query: the question.
        title: of the values.
        scope: who is looking.
    """
    measure = MEASURES[query.measures[0]]
    if not query.axes:
        (value,) = data.answer(cube, query, scope).table[measure.name].to_pylist()
        st.metric(title, texts.figure(value, measure, scope.smallest_count))
        st.caption("Choose rows or columns to split it.")
        return
    chart = _chart(cube, query, title, scope, theme.look(), narrow=session.on_phone())
    if chart is None:
        st.info("Nothing is left by these filters.")
        return
    key = cube_question.key("chart", query)

    def choose() -> None:
        picked = st.session_state[key].selection.get(charts.PICKED) or []
        if picked:
            cube_question.choose(query, {chart.dimension: picked[0]["picked"]})

    st.altair_chart(chart.chart, height=_HEIGHT, key=key, on_select=choose, selection_mode=charts.PICKED)
    along = _along(query)
    click = f"Click a {cube_question.label(along.dimension).lower() if cube_question.is_time(along) else 'bar'} to look into it."
    st.caption(f"{click} Not drawn: {chart.left_out}." if chart.left_out else click)


def write(cube: Cube, query: CubeQuery, lines: Sequence[str], scope: Scope, target: Path) -> Path | None:
    """Writes the chart of a question as PNG; None where there is nothing to draw.

    Args:
        cube: the published cube.
        query: the question.
        lines: the title, then what stands below it in the picture.
        scope: who is looking.
        target: the file.
    """
    title, *below = lines
    chart = _chart(cube, query, title, scope, theme.LIGHT) if query.axes else None
    if chart is None:
        return None
    charts.write_png(chart, [title, *below, *([f"Not drawn: {chart.left_out}."] if chart.left_out else [])], target)
    return target


def _along(query: CubeQuery) -> Axis:
    return next((axis for axis in query.axes if cube_question.is_time(axis)), query.axes[0])


def _chart(cube: Cube, query: CubeQuery, title: str, scope: Scope, look: theme.Look, *, narrow: bool = False) -> charts.Chart | None:
    """The chart of a question with axes; None where nothing is left by its filters."""
    measure, along = MEASURES[query.measures[0]], _along(query)
    others = [axis for axis in (*query.columns, *query.rows) if axis != along and axis.dimension != PLACE]
    # Bars lie on each other, which only what adds up may do.
    series = others[0] if others and (measure.additive or cube_question.is_time(along)) else None
    # Asked with just the axes that are drawn, since a measure that does not add up cannot be brought together from more of them.
    drawn = replace(query, rows=(along,), columns=(series,) if series else (), derived=())
    long = tables.flat(data.answer(cube, drawn, scope), drawn.axes, measure.name)
    if long.empty:
        return None
    return charts.draw(long, along.dimension, series.dimension if series else None, title, measure.unit, look, narrow=narrow)
