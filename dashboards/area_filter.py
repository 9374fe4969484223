"""The area that a list or an audience is filtered by: as somebody writes it, draws it, calls it by its name, or has it in a file."""

from collections.abc import Callable

import streamlit as st

from dashboards import area_dialog, sales_parts, session, texts
from dashboards.data import lists

_FILES = ("geojson", "json", "gpkg", "csv", "zip")
_SHORT = 40
_HELP = "An H3 cell as the page Map names it, with +2 behind it also those up to two steps from it; or a polygon as GeoJSON or WKT."

type Apply = Callable[[str], tuple[str, None]]
"""Filters by an area, as `lists.area_of_text` gives it, empty for everywhere; what is said then."""


def draw(page: str, of: str, area: str, apply: Apply) -> None:
    """The controls.

    Args:
        page: path of the page, which tells what was done.
        of: names what is filtered, for the keys.
        area: what is filtered by, of a link.
        apply: filters by another one.
    """

    def attempt(read: Callable[[], str]) -> None:
        sales_parts.attempt(page, lambda: apply(read()))

    keys = {what: f"{what} of {of} {area[:_SHORT]}" for what in ("area", "trade area", "area file")}
    named = area.removeprefix(lists.TRADE_AREA) if area.startswith(lists.TRADE_AREA) else None
    st.session_state[keys["area"]] = "" if named else area
    st.text_input("Area", key=keys["area"], placeholder="cell, GeoJSON or WKT", help=_HELP,
                  on_change=lambda: attempt(lambda: lists.area_of_text(st.session_state[keys["area"]])))  # fmt: skip
    if not session.scope().hides:
        area_dialog.button(of, area, lambda drawn: attempt(lambda: lists.area_of_text(drawn)))
    areas = lists.trade_areas(session.scope())
    if areas:
        st.session_state[keys["trade area"]] = named if named in areas else None

        def choose() -> None:
            name = st.session_state[keys["trade area"]]
            attempt(lambda: f"{lists.TRADE_AREA}{name}" if name else "")

        st.selectbox("Trading area", areas, key=keys["trade area"], index=None, placeholder="Anywhere", on_change=choose)

    def load() -> None:
        given = st.session_state[keys["area file"]]
        if given is not None:
            attempt(lambda: lists.area_of_content(given.name, given.getvalue()))

    with st.expander("Area out of a file"):
        st.file_uploader("A file with polygons", type=list(_FILES), key=keys["area file"], on_change=load, label_visibility="collapsed")
    if area:
        st.button("Everywhere", icon=":material/close:", key=f"everywhere of {of}", help=texts.plain(in_words(area)), on_click=attempt, args=(lambda: "",))


def in_words(area: str) -> str:
    """An area as people read it.

    Args:
        area: of a link.
    """
    if area.startswith(lists.TRADE_AREA):
        return area.removeprefix(lists.TRADE_AREA)
    return "a polygon" if "(" in area else f"cell {area[:_SHORT]}"
