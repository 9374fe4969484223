"""The surroundings page: what the layers tell of each cell and how well it is known, the flows between cells, and a card of any place."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace

import h3
import pandas as pd
import pydeck as pdk
import streamlit as st

from dashboards import data, layer_maps, maps, parts, place_card, session, street_map, texts, theme
from dashboards.data import LEVELS, MOVEMENT_LEVEL, THEMATIC, CellLayer
from dashboards.links import FLOW_MEASURES, FLOWS, ON_STREETS, Camera, SurroundingsView

PAGE = "surroundings"
_CHART, _CAMERA = "map of surroundings", "camera of surroundings"
_SIZE, _SIZE_ON_PHONE = (640, 650, 150), (358, 440, 0)
_OPACITY = 0.75
_ALL_DAY, _ALL_WEEK = "All day", "Every day"
_HINTS = {
    (FLOWS, ""): "The wider an arc, the more trips; the strong end is where they go.",
    (FLOWS, ON_STREETS): "The stronger a street, the more trips pass it, both directions together. What fewer than 10 people stand for is not shown.",
}
_LOAD = """\
# buildings, streets, addresses
gcrm load osm EXTRACT.osm.pbf
# who lives where: a census, or a model from the buildings
gcrm load residence GRID.gpkg --map population=COLUMN
gcrm load residence --from-buildings
# people in the street by hour, and routes of movement
gcrm load footfall COUNTERS.csv
gcrm load tracks POSITIONS.csv
# any number or category of areas
gcrm load thematic AREAS.gpkg --value COLUMN"""


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    versions = data.places.layers_in_force(scope)
    if versions.empty:
        parts.heading("Surroundings")
        with st.container(border=True, key="what_to_do"):
            st.markdown("#### No layer is loaded yet\nLoad what is around your customers, in any order; then reload this page:")
            st.code(_LOAD, language=None)
        return
    layers = data.places.cell_layers(scope)
    view = _allowed(_there(session.asked(PAGE, SurroundingsView.from_parameters, SurroundingsView()), layers), scope)
    _controls(view, layers, scope)
    layer = layers.get(view.layer)
    parts.heading(_heading(view, layer), f"{parts.made_up_note(scope)}{_caption(view, layer)}")
    chart, panel = st.columns([3, 2], gap="medium")
    with chart:
        _map(view, layer, scope)
    with panel:
        if view.cell is None:
            _sources(view, versions)
        else:
            _card(view, view.cell, scope)


def _there(view: SurroundingsView, layers: Mapping[str, CellLayer]) -> SurroundingsView:
    """What is asked for, or the first that is there: a layer of one's own may be gone, or be told of wider cells only."""
    if view.layer == THEMATIC and THEMATIC not in layers:
        st.warning("There is no layer of your own any more; `gcrm load thematic FILE --value COLUMN` loads one.", icon=":material/link_off:")
        return SurroundingsView()
    if view.layer != THEMATIC:
        return view
    themes = layers[THEMATIC].measures
    if view.measure and view.measure not in themes:
        st.warning(f"There is no layer of your own named {texts.plain(view.measure)}; {texts.plain(next(iter(themes)))} is shown.", icon=":material/link_off:")
    measure = themes.get(view.measure) or next(iter(themes.values()))
    return replace(view, measure=measure.name, level=min(view.level, measure.finest))


def _allowed(view: SurroundingsView, scope: data.Scope) -> SurroundingsView:
    """What is asked for, no finer than the reader's role is shown it; streets are finer than any cell."""
    if view.layer == FLOWS and view.measure == ON_STREETS and scope.has_floor:
        st.warning("Your role is shown movement between cells only.", icon=":material/lock:")
        view = replace(view, measure="")
    return replace(view, level=min(view.level, scope.finest_level))


def _go(view: SurroundingsView) -> None:
    session.go(PAGE, view.parameters())


def _heading(view: SurroundingsView, layer: CellLayer | None) -> str:
    if layer is None:
        return "Movement"
    return texts.plain(view.measure) if view.layer == THEMATIC else layer.label


def _caption(view: SurroundingsView, layer: CellLayer | None) -> str:
    when = f"{place_card.WEEKDAYS[view.weekday - 1] if view.weekday else 'Mean of the week'}, {f'{view.hour}:00' if view.hour is not None else 'all day'}. "
    if layer is None and view.measure == ON_STREETS:
        return f"The streets that most trips pass, {f'at {view.hour}:00' if view.hour is not None else 'all day'}."
    if layer is None:
        return f"The strongest flows between cells, {f'trips that begin at {view.hour}:00' if view.hour is not None else 'all day'}."
    return f"{when if layer.by_hour else ''}By hexagon of about {texts.width_of(view.level)} across (H3 level {view.level})."


def _controls(view: SurroundingsView, layers: Mapping[str, CellLayer], scope: data.Scope) -> None:
    """The sidebar: which layer, which of its measures, how finely, when."""
    with st.sidebar:
        names = [*layers, FLOWS]
        st.session_state["layer"] = view.layer
        st.radio(
            "Layer", names, key="layer", format_func=lambda name: "Movement" if name == FLOWS else layers[name].label,
            on_change=lambda: _go(view.of(st.session_state["layer"])),
        )  # fmt: skip
        if view.layer == FLOWS and not scope.has_floor:
            st.session_state["flows on"] = view.measure
            st.segmented_control(
                "Shown", FLOW_MEASURES, key="flows on", required=True, format_func=lambda on: "On streets" if on else "Between cells",
                on_change=lambda: _go(replace(view, measure=st.session_state["flows on"])),
            )  # fmt: skip
        elif view.layer != FLOWS:
            measures = layers[view.layer].measures
            if len(measures) > 1:
                st.session_state["layer measure"] = view.measure
                st.selectbox(
                    "Measure", list(measures), key="layer measure", format_func=lambda name: measures[name].label,
                    on_change=lambda: _go(replace(view, measure=st.session_state["layer measure"])),
                )  # fmt: skip
            st.session_state["layer level"] = view.level
            finest = min(measures[view.measure].finest, scope.finest_level)
            st.select_slider(
                "Width of the cells", [each for each in sorted(LEVELS) if each <= finest], key="layer level", format_func=texts.width_of,
                on_change=lambda: _go(replace(view, level=st.session_state["layer level"], cell=None)),
            )  # fmt: skip
        if view.layer == FLOWS or layers[view.layer].by_hour:
            _when(view)


def _when(view: SurroundingsView) -> None:
    if view.layer != FLOWS:
        st.session_state["weekday"] = view.weekday or 0
        st.selectbox(
            "Weekday", list(range(8)), key="weekday", format_func=lambda day: place_card.WEEKDAYS[day - 1] if day else _ALL_WEEK,
            on_change=lambda: _go(replace(view, weekday=st.session_state["weekday"] or None)),
        )  # fmt: skip
    st.session_state["hour"] = -1 if view.hour is None else view.hour
    st.select_slider(
        "Hour", list(range(-1, 24)), key="hour", format_func=lambda hour: _ALL_DAY if hour < 0 else f"{hour}:00",
        on_change=lambda: _go(replace(view, hour=None if st.session_state["hour"] < 0 else st.session_state["hour"])),
    )  # fmt: skip


def _map(view: SurroundingsView, layer: CellLayer | None, scope: data.Scope) -> None:
    look = theme.look()
    if layer is None:
        drawn = (_streets if view.measure == ON_STREETS else _flows)(view, look, scope)
    else:
        drawn = _cells(view, layer.measures[view.measure], look, scope)
    camera = _camera(maps.bounds(drawn.cells))
    selected = () if view.cell is None else (view.cell,)
    street_map.draw(
        drawn.layers, camera, key=_CHART, card=drawn.card, legend=drawn.legend, selected=selected, on_pick=lambda cell: _choose(view, cell)
    )  # fmt: skip
    if drawn.note:
        st.caption(drawn.note)


@dataclass(frozen=True)
class _Drawn:
    """What lies above the streets: layers, the cells (hexadecimal text) that are to be seen, legend and card (HTML), and what is to be said below."""

    layers: list[pdk.Layer]
    cells: list[str]
    legend: str
    card: str
    note: str


def _flows(view: SurroundingsView, look: theme.Look, scope: data.Scope) -> _Drawn:
    flows = data.places.flows(scope, hour=view.hour)
    ends = pd.concat([flows[[f"{end}_latitude", f"{end}_longitude"]].set_axis(["latitude", "longitude"], axis=1) for end in ("from", "to")])
    cells = [h3.latlng_to_cell(*row, MOVEMENT_LEVEL) for row in ends.drop_duplicates().itertuples(index=False)]
    note = "" if len(flows) else "No movement is known at this hour; `gcrm load tracks FILE` adds routes."
    return _Drawn(layer_maps.arcs(flows, look), cells, layer_maps.flow_legend(flows, look), "<div><b>{words}</b></div>", note)


def _streets(view: SurroundingsView, look: theme.Look, scope: data.Scope) -> _Drawn:
    streets = data.places.street_flows(scope, hour=view.hour)
    classes = maps.classify(streets["trips"], look)
    cells = sorted({h3.latlng_to_cell(latitude, longitude, max(LEVELS)) for line in streets["line"] for longitude, latitude in line[:1]})
    note = "" if len(streets) else "No trip on streets is known at this hour; `gcrm tracks match` matches the routes that are loaded to the streets."
    card = "<div><b>{words}</b></div><small>{kind}</small>"
    return _Drawn(layer_maps.streets(streets, classes, look), cells, layer_maps.street_legend(classes), card, note)


def _cells(view: SurroundingsView, measure: data.LayerMeasure, look: theme.Look, scope: data.Scope) -> _Drawn:
    frame = data.places.layer_cells(view.layer, view.measure, view.level, scope, weekday=view.weekday, hour=view.hour)
    shown = layer_maps.shown(frame["value"], measure, look)
    card = f"<div><span>{html.escape(measure.label)}</span><b>{{words}}</b></div><small>{{quality}}</small>"
    layers = layer_maps.measured_cells(frame, shown, look, _OPACITY)
    cells = [h3.int_to_str(cell) for cell in frame["cell"].tolist()]
    return _Drawn(layers, cells, layer_maps.legend(frame, measure, shown), card, "" if len(frame) else _nothing(view))


def _nothing(view: SurroundingsView) -> str:
    if view.layer == "residence":
        return "Nothing is known of this measure in cells as small as these; choose wider ones, another measure, or load a census: `gcrm load residence FILE`."
    return "Nothing is known of this measure here; choose another measure or hour, or load more: see `gcrm load --help`."


def _camera(around: data.Window | None) -> Camera:
    """The camera that showed all of the data when the page was opened; it stays when measure or hour change."""
    kept: Camera | None = st.session_state.get(_CAMERA)
    if kept is not None:
        return kept
    if around is None:
        return Camera(20, 0, 1)
    camera = maps.camera(around, *(_SIZE_ON_PHONE if session.on_phone() else _SIZE))
    st.session_state[_CAMERA] = camera
    return camera


def _choose(view: SurroundingsView, cell: str) -> None:
    """A cell was clicked: its card is shown; a second click closes it."""
    _go(replace(view, cell=None if cell == view.cell else cell))


def _card(view: SurroundingsView, cell: str, scope: data.Scope) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="cell_head"):
        st.html('<div class="group">This place</div>')
        st.button("Close", icon=":material/close:", type="tertiary", on_click=_go, args=(replace(view, cell=None),))
    place_card.draw(data.places.place(h3.str_to_int(cell), scope), cell, view.weekday, view.hour, theme.look())


def _sources(view: SurroundingsView, versions: pd.DataFrame) -> None:
    """Which layers are in force, and where they come from."""
    hint = _HINTS.get((view.layer, view.measure), "Click a cell to see all that is known of it.")
    st.html(f'<div class="group">Layers in force</div><p class="hint">{hint}</p>')
    shown = versions.assign(
        layer=versions["layer"].map(texts.layer_label), made_up=versions["made_up"].map({True: "made up", False: ""}),
        file_name=versions["file_name"].where(versions["file_name"] != "", "worked out"),
    )  # fmt: skip
    st.dataframe(
        shown, hide_index=True, key="layers in force", placeholder="",
        column_order=["layer", "dataset", "source_date", "made_up", "feature_count", "file_name", "attribution", "loaded_at"],
        column_config={
            "layer": st.column_config.TextColumn("Layer", width=105),
            "dataset": st.column_config.TextColumn("Dataset", width=115),
            "source_date": st.column_config.DateColumn("As of", format="DD MMM YYYY", width=95),
            "feature_count": st.column_config.NumberColumn("Features", format="localized"),
            "made_up": st.column_config.TextColumn("", width=70),
            "file_name": st.column_config.TextColumn("From"),
            "attribution": st.column_config.TextColumn("Attribution"),
            "loaded_at": st.column_config.DatetimeColumn("Loaded", format="DD MMM YYYY, HH:mm"),
        },
    )  # fmt: skip


parts.guarded(main)
