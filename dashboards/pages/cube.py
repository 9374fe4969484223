"""The cube page: one question as chart, map and table; what is chosen in one of them filters all three."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import h3
import streamlit as st

from dashboards import basemap, charts, data, maps, parts, session, tables, texts, theme
from dashboards.data import DIMENSIONS, FACTS, LEVELS, MEASURES, PLACE, UNKNOWN, Axis, Cube, CubeQuery, Filter, Scope

PAGE = "cube"
_MAP = "map of the answer"
_FIRST = CubeQuery((Axis("territory"),), (Axis("segment"),), ("revenue",))
_MAP_SIZE = (520, 330, 120)
_CHART_HEIGHT = 330


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    cube = parts.cube_or_what_to_do(scope, "Cube")
    query = session.asked(PAGE, lambda parameters: CubeQuery.from_parameters(dict(parameters)) if parameters else _FIRST, _FIRST)
    query = data.answerable(cube, replace(query, measures=query.measures[:1]))
    measure = MEASURES[query.measures[0]]
    _controls(cube, query, scope)
    answer = data.answer(cube, query, scope)
    title = texts.title_of(measure, answer.explanation.currency)
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    with left:
        axes = texts.listed(_axis_name(axis) for axis in query.axes)
        parts.heading(title, f"{parts.made_up_note(scope)}By {axes}." if axes else f"{parts.made_up_note(scope)}In all.")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", key="tools"):
        _break_down(cube, query)
        parts.link_button(PAGE, query.parameters())
    _path(query)
    parts.filter_bar(query.where, lambda dimension, members: _go(_filtered(query, dimension, members)), lambda: _go(replace(query, where=())))
    chart, area = st.columns(2, gap="medium")
    with chart:
        _chart(cube, query, title, scope)
    with area:
        _map(cube, query, scope)
    _table(cube, query, title, scope)
    parts.explanation(cube, answer.explanation)


def _go(query: CubeQuery) -> None:
    session.go(PAGE, query.parameters())


def _filtered(query: CubeQuery, dimension: str, members: tuple[str, ...]) -> CubeQuery:
    return query.slice(Filter(dimension, members)) if members else query.without(dimension)


def _axis_name(axis: Axis) -> str:
    return f"H3 cell of level {axis.level}" if axis.level is not None else DIMENSIONS[axis.dimension].lower()


def _controls(cube: Cube, query: CubeQuery, scope: Scope) -> None:
    """The sidebar: what is asked."""
    measure = query.measures[0]
    with st.sidebar:
        st.session_state["cube measure"] = measure
        st.selectbox(
            "Measure", list(MEASURES), key="cube measure", format_func=lambda name: MEASURES[name].label,
            on_change=lambda: _go(data.for_measure(query, st.session_state["cube measure"])),
        )  # fmt: skip
        _axes(cube, query, "rows", query.rows, query.columns)
        _axes(cube, query, "columns", query.columns, query.rows)
        if query.level is not None:
            _level(query, query.level)
        with st.expander("Filters"):
            parts.filters(cube, measure, query.where, lambda dimension, members: _go(_filtered(query, dimension, members)), scope)


def _break_down(cube: Cube, query: CubeQuery) -> None:
    """Drill down by one more dimension, and up again."""
    taken = {axis.dimension for axis in query.axes}
    left = [name for name in (PLACE, *FACTS[MEASURES[query.measures[0]].facts].dimensions) if name not in taken]
    st.session_state["break down"] = None

    def choose() -> None:
        name = st.session_state["break down"]
        _go(replace(query, rows=(*query.rows, Axis(name, data.comfortable_level(cube)) if name == PLACE else Axis(name))))

    with st.popover("Break down", icon=":material/account_tree:"):
        st.pills("Further by", left, key="break down", format_func=DIMENSIONS.__getitem__, on_change=choose)
        if query.rows:
            last = DIMENSIONS[query.rows[-1].dimension].lower()
            st.button(f"Up: without {last}", icon=":material/arrow_upward:", on_click=lambda: _go(replace(query, rows=query.rows[:-1])))


def _axes(cube: Cube, query: CubeQuery, side: str, chosen: Sequence[Axis], others: Sequence[Axis]) -> None:
    """The dimensions of the rows, or of the columns; one more of them is a drill-down."""
    key = f"cube {side}"
    known = [PLACE, *FACTS[MEASURES[query.measures[0]].facts].dimensions]
    st.session_state[key] = [axis.dimension for axis in chosen]

    def choose() -> None:
        level = query.level or data.comfortable_level(cube)
        axes = tuple(Axis(name, level) if name == PLACE else Axis(name) for name in st.session_state[key])
        _go(replace(query, rows=axes) if side == "rows" else replace(query, columns=axes))

    st.multiselect(
        side.capitalize(), [name for name in known if name not in {axis.dimension for axis in others}], key=key, format_func=DIMENSIONS.__getitem__,
        placeholder="None", on_change=choose,
    )  # fmt: skip


def _level(query: CubeQuery, level: int) -> None:
    """Drill down and up the levels of places."""
    st.html(f'<div class="group">H3 level {level}, about {texts.width_of(level)} across</div>')
    with st.container(horizontal=True, gap="xsmall", key="levels"):
        st.button(
            "Finer", icon=":material/zoom_in:", disabled=level == max(LEVELS), on_click=lambda: _go(query.at_level(level + 1)), help="Drill down one level"
        )
        st.button("Coarser", icon=":material/zoom_out:", disabled=level == min(LEVELS), on_click=lambda: _go(query.at_level(level - 1)), help="Up one level")


def _path(query: CubeQuery) -> None:
    """The way down to the place that is looked into; each step leads back up."""
    cell = next((kept.members[0] for kept in query.where if kept.dimension == PLACE and len(kept.members) == 1 and kept.members[0] != UNKNOWN), None)
    if cell is None:
        return
    own = data.level_of_cell(cell)
    steps = [h3.cell_to_parent(cell, level) for level in range(min(LEVELS), own)]
    with st.container(horizontal=True, gap=None, vertical_alignment="center", key="path"):
        st.button("Everywhere", type="tertiary", key="path everywhere", icon=":material/public:", on_click=lambda: _go(query.without(PLACE)))
        for step in steps:
            st.button(
                f"/ level {data.level_of_cell(step)}",
                type="tertiary",
                key=f"path {step}",
                help=f"Cell {step}",
                on_click=lambda into=step: _go(_into(query, into)),
            )
        st.html(f'<span class="here">/ {texts.cell_name(cell)}</span>')


def _into(query: CubeQuery, cell: str) -> CubeQuery:
    """The question inside a cell: where places are asked for, at the next finer level."""
    inside = query.slice(Filter(PLACE, (cell,)))
    own = data.level_of_cell(cell)
    return inside.at_level(min(own + 1, max(LEVELS))) if inside.level is not None else inside


def _choose(query: CubeQuery, members: dict[str, str]) -> None:
    """Members were chosen: all is filtered by them."""
    for dimension, member in members.items():
        query = _into(query, member) if dimension == PLACE and member != UNKNOWN else query.slice(Filter(dimension, (member,)))
    _go(query)


def _key(name: str, query: CubeQuery) -> str:
    """A key that changes with the question, so that a new answer starts without a selection."""
    return f"{name} {hashlib.sha256(repr(query).encode()).hexdigest()[:12]}"


def _chart(cube: Cube, query: CubeQuery, title: str, scope: Scope) -> None:
    measure = MEASURES[query.measures[0]]
    if not query.axes:
        (value,) = data.answer(cube, query, scope).table[measure.name].to_pylist()
        st.metric(title, texts.amount(value, measure))
        st.caption("Choose rows or columns to split it.")
        return
    along = next((axis for axis in query.axes if axis.dimension == "month"), query.axes[0])
    others = [axis for axis in (*query.columns, *query.rows) if axis != along and axis.dimension != PLACE]
    # Bars lie on each other, which only what adds up may do.
    series = others[0] if others and (measure.additive or along.dimension == "month") else None
    # Asked with just the axes that are drawn, since a measure that does not add up cannot be brought together from more of them.
    drawn = replace(query, rows=(along,), columns=(series,) if series else ())
    long = tables.flat(data.answer(cube, drawn, scope), drawn.axes, measure.name)
    if long.empty:
        st.info("Nothing is left by these filters.")
        return
    chart = charts.draw(long, along.dimension, series.dimension if series else None, title, theme.look(), narrow=session.on_phone())
    key = _key("chart", query)

    def choose() -> None:
        picked = st.session_state[key].selection.get(charts.PICKED) or []
        if picked:
            _choose(query, {chart.dimension: picked[0]["picked"]})

    st.altair_chart(chart.chart, height=_CHART_HEIGHT, key=key, on_select=choose, selection_mode=charts.PICKED)
    click = f"Click a {'month' if along.dimension == 'month' else 'bar'} to look into it."
    st.caption(f"{click} Not drawn: {chart.left_out}." if chart.left_out else click)


def _map(cube: Cube, query: CubeQuery, scope: Scope) -> None:
    """The answer by place: of the question's level where it asks for places, else of one that suits."""
    look = theme.look()
    inside = [data.level_of_cell(member) for kept in query.where if kept.dimension == PLACE for member in kept.members if member != UNKNOWN]
    level = query.level or min(max([data.comfortable_level(cube), *(own + 1 for own in inside)]), max(LEVELS))
    cells = data.cells(cube, query.measures[0], level, query.where, scope)
    classes = maps.classify(cells.frame["value"].dropna().astype(float), look)
    window = maps.bounds(cells.frame["cell"].tolist())
    if window is None:
        st.info("Nothing that has a place is left by these filters.")
        return
    streets = data.basemap_version(scope)
    layers = maps.basemap_layers(streets, basemap.around(window), look) if streets else []
    layers += maps.cell_layers(cells, classes, look, 0.75, _key("cells", query))
    camera = maps.camera(window, *(_MAP_SIZE if not session.on_phone() else (358, 300, 0)))

    def choose() -> None:
        objects = st.session_state[_MAP].selection.objects
        clicked = [each["cell"] for group in objects.values() for each in group]
        if clicked:
            _choose(query, {PLACE: clicked[0]})

    parts.map_with_legend(maps.deck(layers, camera, cells.measure.label, look), maps.legend(cells, classes, look), _MAP, choose)
    unplaced = f" {cells.unplaced_accounts:,} accounts without a position are not on the map." if cells.unplaced_accounts else ""
    st.caption(f"Cells of about {texts.width_of(cells.level)} across (H3 level {cells.level}). Click one to look into it.{unplaced}")


def _table(cube: Cube, query: CubeQuery, title: str, scope: Scope) -> None:
    measure = MEASURES[query.measures[0]]
    pivot = tables.pivot(cube, query, scope)
    key = _key("table", query)

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        if rows and rows[0] > 0:
            _choose(query, pivot.members[rows[0] - 1])

    numbers = [column for column in pivot.frame.columns if column not in pivot.names]
    st.dataframe(
        pivot.frame, hide_index=True, key=key, on_select=choose, selection_mode="single-row", placeholder="",
        column_config={name: st.column_config.NumberColumn(name, format="accounting" if measure.unit == "money" else "localized") for name in numbers},
    )  # fmt: skip
    notes = [f"{title}. Choose a row to look into it."] if pivot.members else [f"{title}."]
    if not measure.additive and query.axes:
        notes.append(f"{measure.label} are counted once in each total, so totals can be less than the sum.")
    if pivot.columns_left_out:
        notes.append(f"{pivot.columns_left_out:,} further columns are left out; filter, or put them into the rows.")
    st.caption(" ".join(notes))


parts.guarded(main)
