"""The map explorer: a measure by H3 cell over the streets of the loaded extract; a click on a cell lists the accounts behind it."""

from dataclasses import replace

import h3
import streamlit as st

from dashboards import data, drawn_area, map_cells, map_component, maps, parts, session, texts, theme, views_menu, zoom_levels
from dashboards.data import LEVELS, MEASURES, PLACE, Accounts, Cells, Cube, Filter, quality
from dashboards.data.lists import ACCOUNTS
from dashboards.links import AccountView, Camera, ListView, MapView

PAGE = "map"
_CHART = "map of cells"
_CAMERA, _TIMES, _FOLLOWED = "camera of the map", "times the map was moved", "level that the zoom suits"
_SOUGHT, _FOUND = "go to", "what was found of go to"
_SIZE, _SIZE_ON_PHONE = (640, 650, 150), (358, 440, 0)
_CLOSE = (300, 300)
_NEAR_ZOOM = 16.0
_HIGHEST = 10


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    cube = parts.cube_or_what_to_do(scope, "Map")
    view = session.asked(PAGE, MapView.from_parameters, MapView())
    level = view.level or _followed(cube, view, scope)
    _controls(cube, view, level, scope)
    cells = data.cells(cube, view.measure, level, view.where, scope)
    measure = MEASURES[view.measure]
    title, tools = st.columns([4, 3], vertical_alignment="bottom")
    with title:
        money = f", in {cells.explanation.currency}" if measure.unit == "money" else ""
        parts.heading(measure.label, f"{parts.made_up_note(scope)}By hexagon of about {texts.width_of(cells.level)} across (H3 level {cells.level}){money}.")
    with tools:
        _tools(view)
    # One place for all that may stand above the map: where elements before it come and go, the browser would make the map anew.
    with st.container(key="above_the_map"):
        _above_the_map(view, level, cells)
    chart, panel = st.columns([3, 2], gap="medium")
    with chart:
        _map(cube, view, cells)
    with panel:
        if view.cell is None:
            _summary(cube, view, cells)
        else:
            _accounts(cube, view, view.cell)
    parts.explanation(cube, cells.explanation)


def _seek(view: MapView) -> None:
    """Takes the map to what was written; what is not found is said."""
    text = st.session_state[_SOUGHT].strip()
    if not text:
        return
    if h3.is_valid_cell(text):
        around = maps.bounds([text])
        if around is not None:
            _look_at(replace(view, cell=text), maps.camera(around, *_CLOSE))
        return
    found = data.reach.origin(text, session.scope())
    if found is None:
        st.session_state[_FOUND] = text
    else:
        _look_at(view, Camera(found.latitude, found.longitude, _NEAR_ZOOM))


def _followed(cube: Cube, view: MapView, scope: data.Scope) -> int:
    """The level that suits the zoom; before the map was moved the one that suits the data."""
    kept: tuple[str, int] | None = st.session_state.get(_FOLLOWED)
    if kept is not None and kept[0] == cube.name:
        return min(kept[1], scope.finest_level)
    if view.camera is not None:
        return zoom_levels.level_at(view.camera.zoom, view.camera.latitude, scope.finest_level)
    return min(data.comfortable_level(cube), scope.finest_level)


def _above_the_map(view: MapView, level: int, cells: Cells) -> None:
    """What is filtered by, and why the map may not be what was asked for."""
    parts.filter_bar(
        data.fitting(view.measure, view.where), lambda dimension, members: _go(view.filtered(dimension, members)), lambda: _go(replace(view, where=()))
    )
    if cells.level != level:
        st.info(f"At level {level} there are more than {data.MOST_CELLS:,} cells, too many to draw; level {cells.level} is shown. Filter, or look at a part.")
    if cells.frame["value"].isna().all() and data.comes_from_layers(view.measure):
        st.info("No layer tells of it yet. Load one with `gcrm load residence FILE`, or from the buildings with `--from-buildings`; then `gcrm cube build`.")


def _go(view: MapView) -> None:
    session.go(PAGE, view.parameters())


def _controls(cube: Cube, view: MapView, level: int, scope: data.Scope) -> None:
    """The sidebar: what is shown, how finely, of whom."""
    with st.sidebar:
        st.text_input(
            "Go to", key=_SOUGHT, placeholder="account, address, cell, or 24.94, 60.17", icon=":material/search:", on_change=_seek, args=(view,),
        )  # fmt: skip
        if missed := st.session_state.pop(_FOUND, ""):
            st.caption(f"Nothing is called or lies like “{texts.plain(missed)}”; write fewer words, or the beginnings of them.")
        st.session_state["measure"] = view.measure
        st.selectbox(
            "Measure", list(MEASURES), key="measure", format_func=lambda name: MEASURES[name].label,
            on_change=lambda: _go(replace(view, measure=st.session_state["measure"])),
        )  # fmt: skip
        st.session_state["level"] = level
        st.select_slider(
            "Width of the cells", sorted(LEVELS), key="level", format_func=texts.width_of, help="From H3 level 5 at the left to level 10 at the right.",
            on_change=lambda: _go(replace(view, level=st.session_state["level"])),
        )  # fmt: skip
        st.session_state["follow the zoom"] = view.level is None
        st.toggle(
            "Follow the zoom", key="follow the zoom", help="The cells become finer where you zoom in, and wider where you zoom out.",
            on_change=lambda: _go(replace(view, level=None if st.session_state["follow the zoom"] else level)),
        )  # fmt: skip
        st.html('<div class="group">Filters</div>')
        parts.filters(cube, view.measure, view.where, lambda dimension, members: _go(view.filtered(dimension, members)), scope)
        if "month" not in data.dimensions_of(view.measure):
            st.caption("Months are filters of what has a date, such as revenue.")
        with st.expander("Appearance"):
            st.session_state["opacity"] = view.opacity
            st.slider("Opacity of the cells", 0.1, 1.0, step=0.05, key="opacity", on_change=lambda: _go(replace(view, opacity=st.session_state["opacity"])))


def _tools(view: MapView) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", key="tools"):
        views_menu.menu(PAGE, view.parameters(), session.scope(), "Revenue of the north")
        st.button("Zoom to data", icon=":material/zoom_out_map:", on_click=_look_at, args=(view, None))
        parts.link_button(PAGE, view.parameters(), "How the map was moved by hand is not in it: it opens with all of the data, or the cell that was zoomed to.")


def _look_at(view: MapView, camera: Camera | None) -> None:
    """Takes the map to a camera, or to all of the data, also where it was sent there before."""
    st.session_state[_TIMES] = st.session_state.get(_TIMES, 0) + 1
    st.session_state.pop(_CAMERA, None)
    _go(replace(view, camera=camera))


def _map(cube: Cube, view: MapView, cells: Cells) -> None:
    look = theme.look()
    scope = session.scope()
    streets = data.basemap_version(scope)
    classes = maps.classify(cells.frame["value"].dropna().astype(float), look)
    question = map_cells.CellQuestion(cube.name, view.measure, cells.level, tuple(str(each) for each in view.where), look.dark)
    layers = [maps.served_cell_layer(map_cells.address(question, scope), look, view.opacity)]
    camera = view.camera or _camera_of(cube, cells)
    deck = maps.deck(layers, camera, cells.measure.label, times_asked=st.session_state.get(_TIMES, 0))
    selected = () if view.cell is None else (view.cell,)
    # Exact edges would tell more than whoever sees neighbourhoods only may know.
    tools = () if scope.has_floor else tuple(map_component.Tool)

    def follow(seen: map_component.Viewport) -> None:
        st.session_state[_FOLLOWED] = (cube.name, zoom_levels.level_at(seen.zoom, (seen.south + seen.north) / 2, scope.finest_level))

    parts.map_frame(
        lambda: map_component.show(
            deck, key=_CHART, streets=streets, selected=selected, tools=tools, drawn=drawn_area.drawn_of(view.where),
            on_pick=lambda picked: _choose(view, picked.id),
            on_move=follow if view.level is None else None, still=zoom_levels.stays_between(cells.level, camera.latitude, scope.finest_level),
            on_draw=lambda drawn: _go(view.filtered(PLACE, drawn_area.members_of(drawn))),
        ),
        maps.legend(cells, classes, look),
    )  # fmt: skip
    _notes(cells, streets)


def _camera_of(cube: Cube, cells: Cells) -> Camera:
    """The camera that showed all of the data when the page was opened; it stays when filters change, so that the map does not jump."""
    kept: tuple[str, Camera] | None = st.session_state.get(_CAMERA)
    if kept is not None and kept[0] == cube.name:
        return kept[1]
    around = maps.bounds(cells.frame["cell"].tolist())
    camera = maps.camera(around, *(_SIZE_ON_PHONE if session.on_phone() else _SIZE)) if around is not None else Camera(20, 0, 1)
    if around is not None:
        st.session_state[_CAMERA] = (cube.name, camera)
    return camera


def _choose(view: MapView, cell: str) -> None:
    """A cell was clicked: its accounts are listed; a second click closes the list."""
    _go(replace(view, cell=None if cell == view.cell else cell))


def _notes(cells: Cells, streets: str) -> None:
    """What the map does not show."""
    notes = []
    if cells.unplaced_accounts:
        notes.append(f"{cells.unplaced_accounts:,} accounts without a position are not on the map.")
    if not streets:
        notes.append("No streets are loaded; `gcrm load osm FILE` adds them.")
    if cells.frame.empty:
        notes.append("No account with a position is left by these filters.")
    if notes:
        st.caption(" ".join(notes))


def _summary(cube: Cube, view: MapView, cells: Cells) -> None:
    """What is on the map, and its highest cells: where no cell is chosen."""
    scope = session.scope()
    where = data.fitting(view.measure, data.in_one_currency(cube, view.measure, view.where))
    total = data.answer(cube, data.CubeQuery(measures=(view.measure,), where=where), scope)
    (value,) = total.table[view.measure].to_pylist()
    first, second = st.columns(2)
    first.metric(texts.title_of(cells.measure, cells.explanation.currency), texts.figure(value, cells.measure, scope.smallest_count))
    second.metric("Cells", f"{len(cells.frame):,}")
    st.html('<div class="group">Highest cells</div><p class="hint">Click a cell on the map, or a row here, to list the accounts behind it.</p>')
    highest = cells.frame.dropna(subset=["value"]).astype({"value": float}).nlargest(_HIGHEST, "value")
    largest = float(highest["value"].max()) if len(highest) else 1.0
    shown = highest.assign(name=[texts.short_cell(cell) for cell in highest["cell"]], value=highest["value"].round())

    def choose() -> None:
        rows = st.session_state["highest cells"].selection.rows
        if rows:
            _go(replace(view, cell=highest["cell"].iloc[rows[0]]))

    st.dataframe(
        shown, hide_index=True, column_order=["name", "value", *(["accounts"] if view.measure != "accounts" else [])], key="highest cells",
        on_select=choose, selection_mode="single-row",
        column_config={
            "name": st.column_config.TextColumn("Cell"),
            "value": st.column_config.ProgressColumn(cells.measure.label, format="localized", min_value=0, max_value=largest),
            "accounts": st.column_config.NumberColumn("Accounts", format="localized"),
        },
    )  # fmt: skip


def _accounts(cube: Cube, view: MapView, cell: str) -> None:
    """The chosen cell and the accounts in it."""
    scope = session.scope()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="cell_head"):
        st.html(f'<div class="group">Cell {texts.short_cell(cell)}</div>')
        around = maps.bounds([cell])
        if around is not None:
            st.button("Zoom to it", icon=":material/my_location:", type="tertiary", on_click=_look_at, args=(view, maps.camera(around, *_CLOSE)))
        st.button("Close", icon=":material/close:", type="tertiary", on_click=_go, args=(replace(view, cell=None),))
    where = (*data.in_one_currency(cube, view.measure, view.where), Filter(PLACE, (cell,)))
    figures = _figures(cube, view.measure, where, scope)
    columns = st.columns(len(figures))
    for column, (name, text) in zip(columns, figures.items(), strict=True):
        column.metric(name, text)
    if scope.hides:
        st.caption("Single accounts are not listed.")
        return
    listed = data.accounts_in(cube, cell, data.fitting(view.measure, view.where), scope)
    _account_table(listed)
    _account_notes(listed, figures["Accounts"])
    st.link_button("As a list to sort, filter and change", session.address("accounts", ListView(area=cell).parameters(ACCOUNTS)), icon=":material/list_alt:")


def _figures(cube: Cube, measure: str, where: tuple[Filter, ...], scope: data.Scope) -> dict[str, str]:
    """The accounts of a cell by the cube, and its measure where that is another."""
    figures = {}
    for name in dict.fromkeys(("accounts", measure)):
        answer = data.answer(cube, data.CubeQuery(measures=(name,), where=data.fitting(name, where)), scope)
        (value,) = answer.table[name].to_pylist()
        value = 0 if value is None and not scope.hides else value
        figures[texts.title_of(MEASURES[name], answer.explanation.currency)] = texts.figure(value, MEASURES[name], scope.smallest_count)
    return figures


def _account_table(listed: Accounts) -> None:
    if listed.frame.empty:
        st.caption("No account of these filters is in this cell.")
        return
    st.dataframe(
        listed.frame.assign(
            revenue=listed.frame["revenue"].astype(float), geocode_level=[quality.PLACEMENTS.get(level, "") for level in listed.frame["geocode_level"]],
            link=[session.address("account", AccountView(account).parameters()) for account in listed.frame["account_id"]],
        ),
        hide_index=True, height=430, key="accounts of the cell", placeholder="",
        column_order=["name", "revenue", "status", "segment", "orders", "address", "territory", "residence_type", "geocode_level", "link"],
        column_config={
            "name": st.column_config.TextColumn("Name", width=160),
            "revenue": st.column_config.NumberColumn(f"Revenue, {listed.currency}" if listed.currency else "Revenue", format="accounting", width=110),
            "status": st.column_config.TextColumn("Status", width=80),
            "segment": st.column_config.TextColumn("Segment"),
            "orders": st.column_config.NumberColumn("Orders", format="localized"),
            "address": st.column_config.TextColumn("Address", width=220),
            "territory": st.column_config.TextColumn("Territory"),
            "residence_type": st.column_config.TextColumn("Residence type"),
            "geocode_level": st.column_config.TextColumn("Placed", help=texts.PLACED_HELP),
            "link": st.column_config.LinkColumn("Surroundings", display_text="Open"),
        },
    )  # fmt: skip


def _account_notes(listed: Accounts, counted: str) -> None:
    notes = []
    if len(listed.frame) < listed.found:
        notes.append(f"The {len(listed.frame):,} of {listed.found:,} accounts with the highest revenue.")
    if f"{listed.found:,}" != counted:
        notes.append(
            f"The list is as of now and has {listed.found:,} accounts; the cube was built when there were {counted}. `gcrm cube build` brings it up to date."
        )
    if notes:
        st.caption(" ".join(notes))


parts.guarded(main)
