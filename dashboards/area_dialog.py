"""An area that is drawn on a map, for a list that is filtered by it."""

from collections.abc import Callable

import streamlit as st

from dashboards import data, drawn_area, map_component, maps, session
from dashboards.data import lists
from dashboards.links import Camera

_DRAWN, _CAMERA = "area to draw", "camera of the area to draw"
_SIZE, _SIZE_ON_PHONE = (660, 420), (330, 420)
_HEIGHT = 420
_HOW = "Choose a tool on the map: corner by corner, freehand, a rectangle, a circle."


def button(of: str, area: str, apply: Callable[[str], None], words: str = "Filter by it") -> None:
    """The button that opens the map to draw on.

    Args:
        of: names what is filtered, for the key.
        area: the area that is filtered by, of a link; its polygons are shown and can be changed.
        apply: told the area that was drawn, as `lists.area_of_text` takes it.
        words: on the button that takes it.
    """
    if st.button("Draw it on the map", icon=":material/draw:", key=f"draw area of {of}"):
        drawn = drawn_area.drawn_in(area)
        window = maps.window_of(drawn) or lists.extent(session.scope())
        size = _SIZE_ON_PHONE if session.on_phone() else _SIZE
        # The map moves whenever the camera changes: so it is that of the opening for as long as somebody draws.
        st.session_state[_CAMERA] = maps.camera(window, *size) if window is not None else Camera(20, 0, 1)
        st.session_state[_DRAWN] = drawn
        _open(apply, words)


@st.dialog("Draw an area", width="large")
def _open(apply: Callable[[str], None], words: str) -> None:
    """The map with its tools, and what takes the area."""

    def keep(drawn: map_component.FeatureCollection) -> None:
        st.session_state[_DRAWN] = drawn

    map_component.show(
        maps.deck([], st.session_state[_CAMERA], card=""), key="map to draw on", streets=data.basemap_version(session.scope()),
        height=_HEIGHT, tools=tuple(map_component.Tool), drawn=st.session_state[_DRAWN], on_draw=keep,
    )  # fmt: skip
    area = drawn_area.area_of(st.session_state[_DRAWN])
    st.caption("Change it, draw more, or take it." if area else _HOW)
    if st.button(words, type="primary", disabled=not area, icon=":material/check:"):
        apply(area)
        st.rerun()
