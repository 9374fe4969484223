"""The cube page: one question as chart, map and table; what is chosen in one of them filters all three."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import h3
import streamlit as st

from dashboards import cube_chart, cube_downloads, cube_map, cube_records, cube_versions, data, parts, session, tables, texts, views_menu
from dashboards.cube_question import (
    BESIDE,
    PAGE,
    beside,
    by_axes,
    choose,
    filtered,
    go,
    into_cell,
    key,
    label,
    map_for_each,
    mapped_axis,
    new_axis,
    parameters,
    show_beside,
)
from dashboards.data import DIMENSIONS, LEVELS, MEASURES, PLACE, Axis, Cube, CubeQuery, Measure, Scope

_FIRST = CubeQuery((Axis("territory"),), (Axis("segment"),), ("revenue",))
_PLAIN = "The measure"
_FORMATS: dict[str, Literal["accounting", "percent", "localized"]] = {"money": "accounting", "share": "percent"}


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    newest = parts.cube_or_what_to_do(scope, "Cube")
    cube, query = session.asked(PAGE, lambda parameters: cube_versions.asked(newest, dict(parameters), _FIRST, scope), (newest, _FIRST))
    query = data.answerable(cube, _shown(query))
    measure = MEASURES[query.measures[0]]
    _controls(cube, query, scope)
    answer = data.answer(cube, query, scope)
    title = texts.title_of(measure, answer.explanation.currency)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        parts.heading(title, f"{parts.made_up_note(scope)}{by_axes(query)}")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", key="cube_tools"):
        _break_down(cube, query)
        cube_downloads.menu(cube, query, title, scope)
        views_menu.menu(PAGE, parameters(query), scope, "Revenue by quarter")
        parts.link_button(PAGE, parameters(query))
    cube_versions.bar(cube, newest, query)
    _path(query)
    parts.filter_bar(query.where, lambda dimension, members: go(filtered(query, dimension, members)), lambda: go(replace(query, where=())))
    cube_map.choice(query)
    each = mapped_axis(query) if map_for_each(query) else None
    if each is not None:
        cube_chart.draw(cube, query, title, scope)
        cube_map.draw_each(cube, query, each, scope)
    else:
        chart, area = st.columns(2, gap="medium")
        with chart:
            cube_chart.draw(cube, query, title, scope)
        with area:
            cube_map.draw(cube, query, scope)
    _table(cube, query, title, scope)
    parts.explanation(cube, answer.explanation)
    cube_records.section(query, scope)


def _shown(query: CubeQuery) -> CubeQuery:
    """The part of a question that the page shows: its first measure, and what is derived of that first."""
    derived = tuple(each for each in query.derived if each.measure == query.measures[0])
    return replace(query, measures=query.measures[:1], derived=derived[:1], having=(), top=None, order="", versus=(), around=None)


def _controls(cube: Cube, query: CubeQuery, scope: Scope) -> None:
    """The sidebar: what is asked."""
    measure = query.measures[0]
    with st.sidebar:
        st.session_state["cube measure"] = measure
        st.selectbox(
            "Measure", list(MEASURES), key="cube measure", format_func=lambda name: MEASURES[name].label,
            on_change=lambda: go(data.for_measure(query, st.session_state["cube measure"])),
        )  # fmt: skip
        _show_as(query)
        _axes(cube, query, "rows", query.rows, query.columns)
        _axes(cube, query, "columns", query.columns, query.rows)
        for axis in query.axes:
            if axis.level is not None:
                _level(query, axis, axis.level)
        cube_versions.choice(query)
        with st.expander("Filters"):
            parts.filters(cube, measure, query.where, lambda dimension, members: go(filtered(query, dimension, members)), scope)


def _show_as(query: CubeQuery) -> None:
    """What the table shows of the measure."""
    ways = {texts.derived_name(text): text for text in data.ways_to_show(query)}
    compared = {words: what for what, words in BESIDE.items()} if query.scenario else {}
    chosen = texts.derived_name(str(query.derived[0])) if query.derived else BESIDE.get(beside(query), _PLAIN)
    st.session_state["show as"] = chosen if chosen in ways or chosen in compared else _PLAIN

    def change() -> None:
        words = st.session_state["show as"]
        if words in ways:
            go(replace(query, derived=data.Derived.parse(ways[words])))
        else:
            show_beside(query, compared.get(words, ""))

    st.selectbox("Table shows", [_PLAIN, *compared, *ways], key="show as", on_change=change)


def _break_down(cube: Cube, query: CubeQuery) -> None:
    """Drill down by one more dimension, and up again."""
    taken = {axis.dimension for axis in query.axes}
    left = [name for name in (PLACE, *data.dimensions_of(query.measures[0])) if name not in taken]
    st.session_state["break down"] = None

    def change() -> None:
        name = st.session_state["break down"]
        go(query.shaped((*query.rows, new_axis(cube, query, name)), query.columns))

    with st.popover("Break down", icon=":material/account_tree:"):
        st.pills("Further by", left, key="break down", format_func=label, on_change=change)
        if query.rows:
            last = DIMENSIONS[query.rows[-1].dimension].label.lower()
            st.button(f"Up: without {last}", icon=":material/arrow_upward:", on_click=lambda: go(query.shaped(query.rows[:-1], query.columns)))
        for axis in query.axes:
            _along_hierarchy(query, axis.dimension)


def _along_hierarchy(query: CubeQuery, dimension: str) -> None:
    """Down and up the levels of a dimension that has some."""
    for into, words, icon in ((query.finer(dimension), "Down", "arrow_downward"), (query.coarser(dimension), "Up", "arrow_upward")):
        if into is not None:
            said = f"{words}: {label(into).lower()} instead of {label(dimension).lower()}"
            st.button(said, icon=f":material/{icon}:", on_click=lambda into=into: go(query.drilled(dimension, into)))


def _axes(cube: Cube, query: CubeQuery, side: str, chosen: Sequence[Axis], others: Sequence[Axis]) -> None:
    """The dimensions of the rows, or of the columns; one more of them is a drill-down."""
    state = f"cube {side}"
    known = [PLACE, *data.dimensions_of(query.measures[0])]
    st.session_state[state] = [axis.dimension for axis in chosen]

    def change() -> None:
        axes = tuple(new_axis(cube, query, name) for name in st.session_state[state])
        go(query.shaped(axes, query.columns) if side == "rows" else query.shaped(query.rows, axes))

    st.multiselect(
        side.capitalize(), [name for name in known if name not in {axis.dimension for axis in others}], key=state, format_func=label,
        placeholder="None", on_change=change,
    )  # fmt: skip


def _level(query: CubeQuery, axis: Axis, level: int) -> None:
    """Drill down and up the levels of places."""
    name = axis.dimension

    def button(words: str, icon: str, into: int, end: int, said: str) -> None:
        st.button(words, icon=icon, key=f"{words} {name}", disabled=level == end, on_click=lambda: go(query.at_level(into, name)), help=said)

    st.html(f'<div class="group">{label(name)}: H3 level {level}, about {texts.width_of(level)} across</div>')
    with st.container(horizontal=True, gap="xsmall", key=f"levels of {name}"):
        button("Finer", ":material/zoom_in:", level + 1, query.finest_level, "Drill down one level")
        button("Coarser", ":material/zoom_out:", level - 1, min(LEVELS), "Up one level")


def _path(query: CubeQuery) -> None:
    """The way down to the place that is looked into; each step leads back up."""
    places = [kept.members for kept in query.where if kept.dimension == PLACE]
    cell = next((members[0] for members in places if len(members) == 1 and h3.is_valid_cell(members[0])), None)
    if cell is None:
        return
    own = data.level_of_cell(cell)
    steps = [h3.cell_to_parent(cell, level) for level in range(min(LEVELS), own)]
    with st.container(horizontal=True, gap=None, vertical_alignment="center", key="path"):
        st.button("Everywhere", type="tertiary", key="path everywhere", icon=":material/public:", on_click=lambda: go(query.without(PLACE)))
        for step in steps:
            st.button(
                f"/ level {data.level_of_cell(step)}",
                type="tertiary",
                key=f"path {step}",
                help=f"Cell {step}",
                on_click=lambda into=step: go(into_cell(query, into)),
            )
        st.html(f'<span class="here">/ {texts.cell_name(cell)}</span>')


def _format(query: CubeQuery) -> Literal["accounting", "percent", "localized"]:
    """How the numbers of the table are written."""
    how = query.derived[0].how if query.derived else beside(query)
    if how in ("share", "change", "ratio"):
        return "percent"
    return "localized" if how in ("rank", "area", "perimeter") else _FORMATS.get(MEASURES[query.measures[0]].unit, "localized")


def _not_summed(measure: Measure) -> str:
    """Why a total is not the sum of what is above it."""
    if measure.needs:
        return f"{measure.label} is worked out anew in each total."
    if measure.stock:
        return f"{measure.label}: the last month of each time, and not the sum of its months."
    return f"{measure.label} are counted once in each total, so totals can be less than the sum."


def _table(cube: Cube, query: CubeQuery, title: str, scope: Scope) -> None:
    measure = MEASURES[query.measures[0]]
    pivot = tables.pivot(cube, query, scope, beside(query))
    state = key("table", query)

    def look_into() -> None:
        rows = st.session_state[state].selection.rows
        if rows and rows[0] > 0:
            choose(query, pivot.members[rows[0] - 1])

    numbers = [column for column in pivot.frame.columns if column not in pivot.names]
    st.dataframe(
        pivot.frame, hide_index=True, key=state, on_select=look_into, selection_mode="single-row",
        placeholder=texts.hidden(scope.smallest_count) if scope.hides else "",
        column_config={name: st.column_config.NumberColumn(name, format=_format(query)) for name in numbers},
    )  # fmt: skip
    shown = texts.derived_name(str(query.derived[0])) if query.derived else BESIDE.get(beside(query))
    title = f"{shown}: {title}" if shown else title
    notes = [f"{title}. Choose a row to look into it."] if pivot.members else [f"{title}."]
    if not measure.additive and query.axes and not query.derived:
        notes.append(_not_summed(measure))
    if pivot.columns_left_out:
        notes.append(f"{pivot.columns_left_out:,} further columns are left out; filter, or put them into the rows.")
    st.caption(" ".join(notes))


parts.guarded(main)
