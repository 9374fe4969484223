"""The surroundings page: what the layers tell of each cell and how well it is known, the flows between cells, and a card of any place."""

import hashlib
from dataclasses import replace

import h3
import pandas as pd
import streamlit as st

from dashboards import basemap, data, layer_maps, maps, parts, place_card, session, texts, theme
from dashboards.data import CELL_LAYERS, LEVELS
from dashboards.links import FLOWS, Camera, SurroundingsView

PAGE = "surroundings"
_CHART, _CAMERA = "map of surroundings", "camera of surroundings"
_SIZE, _SIZE_ON_PHONE = (640, 650, 150), (358, 440, 0)
_OPACITY = 0.75
_MOST_NAMES = 200
_ALL_DAY, _ALL_WEEK = "All day", "Every day"
_LOAD = """\
# buildings, streets, addresses
gcrm load osm EXTRACT.osm.pbf
# who lives where: a census, or a model from the buildings
gcrm load residence GRID.gpkg --map population=COLUMN
gcrm load residence --from-buildings
# people in the street by hour, and routes of movement
gcrm load footfall COUNTERS.csv
gcrm load tracks POSITIONS.csv"""


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
    view = session.asked(PAGE, SurroundingsView.from_parameters, SurroundingsView())
    _controls(view)
    label = "Movement" if view.layer == FLOWS else CELL_LAYERS[view.layer].label
    parts.heading(label, f"{parts.made_up_note(scope)}{_caption(view)}")
    chart, panel = st.columns([3, 2], gap="medium")
    with chart:
        _map(view, scope)
    with panel:
        if view.cell is None:
            _sources(view, versions)
        else:
            _card(view, view.cell, scope)


def _go(view: SurroundingsView) -> None:
    session.go(PAGE, view.parameters())


def _caption(view: SurroundingsView) -> str:
    when = f"{place_card.WEEKDAYS[view.weekday - 1] if view.weekday else 'Mean of the week'}, {f'{view.hour}:00' if view.hour is not None else 'all day'}. "
    if view.layer == FLOWS:
        return f"The strongest flows between cells, {f'trips that begin at {view.hour}:00' if view.hour is not None else 'all day'}."
    layer = CELL_LAYERS[view.layer]
    return f"{when if layer.by_hour else ''}By hexagon of about {texts.width_of(view.level)} across (H3 level {view.level})."


def _controls(view: SurroundingsView) -> None:
    """The sidebar: which layer, which of its measures, how finely, when."""
    with st.sidebar:
        names = [*CELL_LAYERS, FLOWS]
        st.session_state["layer"] = view.layer
        st.radio(
            "Layer", names, key="layer", format_func=lambda name: "Movement" if name == FLOWS else CELL_LAYERS[name].label,
            on_change=lambda: _go(view.of(st.session_state["layer"])),
        )  # fmt: skip
        if view.layer != FLOWS:
            measures = CELL_LAYERS[view.layer].measures
            if len(measures) > 1:
                st.session_state["layer measure"] = view.measure
                st.selectbox(
                    "Measure", list(measures), key="layer measure", format_func=lambda name: measures[name].label,
                    on_change=lambda: _go(replace(view, measure=st.session_state["layer measure"])),
                )  # fmt: skip
            st.session_state["layer level"] = view.level
            st.select_slider(
                "Width of the cells", sorted(LEVELS), key="layer level", format_func=texts.width_of,
                on_change=lambda: _go(replace(view, level=st.session_state["layer level"], cell=None)),
            )  # fmt: skip
        if view.layer == FLOWS or CELL_LAYERS[view.layer].by_hour:
            _when(view)


def _when(view: SurroundingsView) -> None:
    if view.layer != FLOWS:
        st.session_state["weekday"] = view.weekday
        st.selectbox(
            "Weekday", [None, *range(1, 8)], key="weekday", format_func=lambda day: _ALL_WEEK if day is None else place_card.WEEKDAYS[day - 1],
            on_change=lambda: _go(replace(view, weekday=st.session_state["weekday"])),
        )  # fmt: skip
    st.session_state["hour"] = -1 if view.hour is None else view.hour
    st.select_slider(
        "Hour", list(range(-1, 24)), key="hour", format_func=lambda hour: _ALL_DAY if hour < 0 else f"{hour}:00",
        on_change=lambda: _go(replace(view, hour=None if st.session_state["hour"] < 0 else st.session_state["hour"])),
    )  # fmt: skip


def _map(view: SurroundingsView, scope: data.Scope) -> None:
    look = theme.look()
    if view.layer == FLOWS:
        flows = data.places.flows(scope, hour=view.hour)
        ends = pd.concat([flows[[f"{end}_latitude", f"{end}_longitude"]].set_axis(["latitude", "longitude"], axis=1) for end in ("from", "to")])
        cells = [h3.latlng_to_cell(*row, 8) for row in ends.drop_duplicates().itertuples(index=False)]
        drawn, legend, tooltip = layer_maps.arcs(flows, look), layer_maps.flow_legend(flows, look), "<div><b>{words}</b></div>"
        note = "" if len(flows) else "No movement is known at this hour; `gcrm load tracks FILE` adds routes."
    else:
        measure = CELL_LAYERS[view.layer].measures[view.measure]
        frame = data.places.layer_cells(view.layer, view.measure, view.level, scope, weekday=view.weekday, hour=view.hour)
        cells = [h3.int_to_str(cell) for cell in frame["cell"].tolist()]
        classes = maps.classify(frame["value"], look)
        layer_id = hashlib.sha256(repr((replace(view, cell=None), len(frame), float(frame["value"].sum()))).encode()).hexdigest()[:12]
        drawn = layer_maps.hexagons(frame, measure, classes, look, _OPACITY, layer_id, None if view.cell is None else h3.str_to_int(view.cell))
        legend = layer_maps.legend(frame, measure, classes)
        tooltip = f"<div><span>{measure.label}</span><b>{{words}}</b></div><small>{{quality}}</small>"
        note = "" if len(frame) else _nothing(view)
    around = maps.bounds(cells)
    camera = _camera(around)
    streets = data.basemap_version(scope)
    layers = []
    if streets and around is not None:
        window = basemap.around(around)
        names = data.names_on_map(streets, window, _MOST_NAMES, scope)
        layers = [*maps.basemap_layers(streets, window, look), *drawn, maps.label_layer(names, camera, look)]
    deck = maps.deck(layers or drawn, camera, "", look, tooltip_html=tooltip)
    parts.map_with_legend(deck, legend, _CHART, lambda: _choose(view))
    if note:
        st.caption(note)


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


def _choose(view: SurroundingsView) -> None:
    """A cell was clicked: its card is shown; a second click closes it."""
    objects = st.session_state[_CHART].selection.objects
    clicked = [each["cell"] for group in objects.values() for each in group if "cell" in each]
    if clicked:
        _go(replace(view, cell=None if clicked[0] == view.cell else clicked[0]))


def _card(view: SurroundingsView, cell: str, scope: data.Scope) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="cell_head"):
        st.html('<div class="group">This place</div>')
        st.button("Close", icon=":material/close:", type="tertiary", on_click=_go, args=(replace(view, cell=None),))
    place_card.draw(data.places.place(h3.str_to_int(cell), scope), cell, view.weekday, view.hour, theme.look())


def _sources(view: SurroundingsView, versions: pd.DataFrame) -> None:
    """Which layers are in force, and where they come from."""
    hint = "Click a cell to see all that is known of it." if view.layer != FLOWS else "The wider an arc, the more trips; the strong end is where they go."
    st.html(f'<div class="group">Layers in force</div><p class="hint">{hint}</p>')
    shown = versions.assign(
        layer=versions["layer"].str.replace("_", " ").str.capitalize(), made_up=versions["made_up"].map({True: "made up", False: ""}),
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
