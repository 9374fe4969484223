"""A page with nothing but the map, which says what the map told it; its link says what it shows."""

import json
from dataclasses import asdict

import h3
import pydeck as pdk
import streamlit as st

from dashboards import map_component, theme
from dashboards.map_component import Tool

CENTRE = "8a1126d331b7fff"
LATITUDE, LONGITUDE = h3.cell_to_latlng(CENTRE)
ZOOM = 15.0
HEIGHT = 500
TEXT = pdk.types.String


def cells() -> list[pdk.Layer]:
    """Hexagons: of an Arrow stream, of rows of the page, of rows behind an address, or of an address that does not answer."""
    kind, amount = asked("data", "arrow"), asked("amount", "7")
    rows = f"/test/cells.{kind}?amount={amount}&order={st.session_state.get('order', 'forward')}"
    return [
        pdk.Layer("H3HexagonLayer", rows, id="cells", pickable=True, auto_highlight=True, get_id="cell", get_hexagon="cell", get_fill_color="fill",
                  stroked=False, extruded=False)
    ]  # fmt: skip


def every_kind() -> list[pdk.Layer]:
    """A layer of each kind that pages use, side by side from west to east, each in a colour of its own."""
    step = 0.0012

    def at(number: int, dx: float = 0.0, dy: float = 0.0) -> list[float]:
        return [LONGITUDE + (number - 3.5) * step * 2 + dx * step, LATITUDE + dy * step]

    square = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[at(0, dx, dy) for dx, dy in square]]}}
    return [
        pdk.Layer("GeoJsonLayer", {"type": "FeatureCollection", "features": [shape]}, id="geojson", get_fill_color=[230, 0, 0], stroked=False),
        pdk.Layer("ScatterplotLayer", [{"p": at(1)}], id="scatter", get_position="p", get_fill_color=[0, 160, 0], get_radius=40),
        pdk.Layer("PolygonLayer", [{"p": [at(2, dx, dy) for dx, dy in square]}], id="polygon", get_polygon="p", get_fill_color=[0, 0, 230], stroked=False),
        pdk.Layer("LineLayer", [{"a": at(3, -0.5), "b": at(3, 0.5)}], id="line", get_source_position="a", get_target_position="b", get_color=[230, 160, 0],
                  get_width=9),
        pdk.Layer("PathLayer", [{"p": [at(4, -0.5, -0.5), at(4, 0, 0.5), at(4, 0.5, -0.5)]}], id="path", get_path="p", get_color=[160, 0, 160],
                  width_min_pixels=9),
        pdk.Layer("ArcLayer", [{"a": at(5, -0.5), "b": at(5, 0.5)}], id="arc", get_source_position="a", get_target_position="b",
                  get_source_color=[0, 160, 160], get_target_color=[0, 160, 160], get_width=9),
        pdk.Layer("TextLayer", [{"p": at(6), "t": "X"}], id="text", get_position="p", get_text="t", get_size=60, get_color=[90, 50, 10],
                  font_family=TEXT("sans-serif"), font_weight=700),
        pdk.Layer("H3HexagonLayer", [{"cell": h3.latlng_to_cell(at(7)[1], at(7)[0], 11)}], id="hexagon", get_hexagon="cell", get_fill_color=[120, 120, 0],
                  extruded=False, stroked=False),
    ]  # fmt: skip


def asked(name: str, otherwise: str) -> str:
    return st.query_params.get(name, otherwise)


st.set_page_config(layout="wide")
st.html(theme.styles())
with st.container(horizontal=True):
    st.button("Again")
    if st.button("Other order"):
        st.session_state["order"] = "backward"
    if st.button("Go east"):
        st.session_state["east"] = st.session_state.get("east", 0.0) + 0.005
deck = pdk.Deck(
    layers=every_kind() if asked("show", "cells") == "kinds" else cells(), map_provider=None, tooltip={"html": "<b>{name}</b> <small>{cell}</small>"},
    initial_view_state=pdk.ViewState(latitude=LATITUDE, longitude=LONGITUDE + st.session_state.get("east", 0.0), zoom=ZOOM),
)  # fmt: skip
last = st.session_state.get("last")
state = map_component.show(
    deck, key="the map", height=HEIGHT, tools=tuple(Tool), selected=() if last is None else (last,),
    on_pick=lambda picked: st.session_state.update(last=picked.id), on_draw=lambda _: None, on_move=lambda _: None,
)  # fmt: skip
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
told = asdict(state) | {"last": last, "runs": st.session_state["runs"]}
st.html(f"<pre id='state'>{json.dumps(told)}</pre>")
