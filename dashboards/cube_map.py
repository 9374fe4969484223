"""The answer as a map, or as small maps beside each other: one for each member of the columns."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboards import charts, cube_question, data, map_component, maps, parts, session, texts, theme
from dashboards.data import PLACE, Axis, Cells, Cube, CubeQuery, Scope

_MAP, _FOR_EACH = "map of the answer", "a map for each"
_SIZE = (520, 330, 120)
_PHONE_SIZE = (358, 300, 0)
_SMALL, _SMALL_ON_PHONE = (205, 185), (160, 150)


def draw(cube: Cube, query: CubeQuery, scope: Scope) -> None:
    """Draws the answer by place; a click looks into a cell.

    Args:
        cube: the published cube.
        query: the question.
        scope: who is looking.
    """
    look = theme.look()
    cells, changed = _cells(cube, query, scope)
    values = cells.frame["value"].dropna().astype(float)
    classes = maps.classify_change(values, look) if changed else maps.classify(values, look)
    window = maps.bounds(cells.frame["cell"].tolist())
    if window is None:
        st.info("Nothing that has a place is left by these filters.")
        return
    streets = data.basemap_version(scope)
    camera = maps.camera(window, *(_SIZE if not session.on_phone() else _PHONE_SIZE))
    deck = maps.deck([maps.cell_layer(cells, classes, look, 0.75)], camera, cells.measure.label)

    def choose(picked: map_component.Picked) -> None:
        cube_question.choose(query, {PLACE: picked.id})

    parts.map_frame(lambda: map_component.show(deck, key=_MAP, streets=streets, on_pick=choose), maps.legend(cells, classes, look))
    unplaced = f" {cells.unplaced_accounts:,} accounts without a position are not on the map." if cells.unplaced_accounts else ""
    st.caption(f"Cells of about {texts.width_of(cells.level)} across (H3 level {cells.level}). Click one to look into it.{unplaced}")


def _cells(cube: Cube, query: CubeQuery, scope: Scope) -> tuple[Cells, bool]:
    """What the map shows, and whether that is a change; where the table of a scenario shows a share, the map shows the difference, which has a middle."""
    beside = "difference" if cube_question.beside(query) == "ratio" else cube_question.beside(query)
    level, scenario = cube_question.level_of_map(cube, query), query.scenario if beside else ""
    found = data.cells(cube, query.measures[0], level, query.where, scope, scenario, cube_question.column_beside(query, beside))
    if beside:
        label = f"{found.measure.label}: {cube_question.BESIDE[beside].lower()}"
        found = replace(found, measure=replace(found.measure, label=label))
    return found, beside == "difference"


def choice(query: CubeQuery) -> None:
    """Lets the reader choose between one map and a map for each member of the columns, where there are some."""
    axis = cube_question.mapped_axis(query)
    if axis is None:
        return
    st.session_state[_FOR_EACH] = cube_question.map_for_each(query)
    st.toggle(
        f"A map for each {cube_question.label(axis.dimension).lower()}", key=_FOR_EACH,
        on_change=lambda: cube_question.show_maps(query, for_each=st.session_state[_FOR_EACH]),
    )  # fmt: skip


def draw_each(cube: Cube, query: CubeQuery, axis: Axis, scope: Scope) -> None:
    """Draws a small map for each member of an axis, all in the same classes; a click looks into a cell of a member.

    Args:
        cube: the published cube.
        query: the question.
        axis: one of its columns.
        scope: who is looking.
    """
    look = theme.look()
    several = data.cells_by_member(cube, query, axis.dimension, cube_question.level_of_map(cube, query), scope)
    if several.frame.empty:
        st.info("Nothing that has a place is left by these filters.")
        return
    cells = Cells(several.measure, several.level, several.frame, None, 0, several.explanation)
    classes = maps.classify(several.frame["value"].dropna().astype(float), look)
    rows = several.frame[["member", "cell"]].assign(fill=maps.colours(cells, classes, look), value=maps.in_words(cells))
    width, height = _SMALL_ON_PHONE if session.on_phone() else _SMALL
    with st.container(horizontal=True, gap="xsmall", key="small_maps"):
        for member in several.members:
            name = texts.member_name(axis.dimension, member)
            key = cube_question.key(f"map of {member}", query)
            small = charts.small_map(rows[rows["member"] == member], name, several.measure.label, look).properties(width=width, height=height)
            st.altair_chart(small, width=width, height=height, key=key, on_select=_choose_in(query, axis, member, key), selection_mode=charts.PICKED)
    st.html(maps.legend(cells, classes, look), width="stretch" if session.on_phone() else "content")
    label = cube_question.label(axis.dimension).lower()
    left_out = f" Not drawn: {several.left_out:,} {'earlier' if cube_question.is_time(axis) else 'smaller'} of {label}." if several.left_out else ""
    st.caption(f"Cells of about {texts.width_of(several.level)} across (H3 level {several.level}). Click one to look into it, in that {label}.{left_out}")


def _choose_in(query: CubeQuery, axis: Axis, member: str, key: str) -> Callable[[], None]:
    """What a click on the map of a member does."""

    def choose() -> None:
        picked = st.session_state[key].selection.get(charts.PICKED) or []
        if picked:
            cube_question.choose(query, {axis.dimension: member, PLACE: picked[0]["cell"]})

    return choose
