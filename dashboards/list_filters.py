"""What a list is filtered by, at the left of its page: letters, members, and an area of the map."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboards import area_dialog, sales_parts, session, texts
from dashboards.data import lists
from dashboards.data.lists import Column, ListType
from dashboards.links import ListView

_FILES = ("geojson", "json", "gpkg", "csv", "zip")
_SHORT = 40
_AREA_HELP = "An H3 cell as the page Map names it, with +2 behind it also those up to two steps from it; or a polygon as GeoJSON or WKT."


def draw(page: str, of: ListType, view: ListView, members: Mapping[str, Mapping[str, str]]) -> None:
    """The controls that filter.

    Args:
        page: path of the page.
        of: which list.
        view: what is filtered by.
        members: of `lists.members`.
    """
    st.session_state[f"letters of {of.name}"] = view.text

    def find() -> None:
        go(page, of, replace(view, text=st.session_state[f"letters of {of.name}"].strip(), after=""))

    st.text_input("Name" if of.columns[0].name == "name" else "About", key=f"letters of {of.name}", placeholder="letters in it", on_change=find)
    for column in of.filters:
        _members(page, of, view, column, members[column.name])
    _area(page, of, view)


def go(page: str, of: ListType, view: ListView) -> None:
    """The page shows this from now on.

    Args:
        page: path of the page.
        of: which list.
        view: the state of the list.
    """
    session.go(page, view.parameters(of))


def area_in_words(area: str) -> str:
    """An area as people read it.

    Args:
        area: of a link.
    """
    if area.startswith(lists.TRADE_AREA):
        return area.removeprefix(lists.TRADE_AREA)
    return "a polygon" if "(" in area else f"cell {area[:_SHORT]}"


def _members(page: str, of: ListType, view: ListView, column: Column, known: Mapping[str, str]) -> None:
    key = f"{column.name} of {of.name}"
    names = {**known, str(lists.NOBODY): "None"} if column.kind == "key" else known
    st.session_state[key] = [each for each in view.members(column.name) if each in names]

    def choose() -> None:
        go(page, of, view.filtered(column.name, tuple(st.session_state[key])))

    st.multiselect(column.label, list(names), key=key, placeholder="All", format_func=names.__getitem__, on_change=choose)


def _area(page: str, of: ListType, view: ListView) -> None:
    """The area: as it is, as somebody writes it, by its name, or out of a file."""

    def lie_in(area: str) -> tuple[str, None]:
        go(page, of, replace(view, area=area, after=""))
        return (f"Only what lies in {area_in_words(area)} is listed.", None) if area else ("Everywhere is listed.", None)

    keys = {what: f"{what} of {of.name} {view.area[:_SHORT]}" for what in ("area", "trade area", "area file")}
    named = view.area.removeprefix(lists.TRADE_AREA) if view.area.startswith(lists.TRADE_AREA) else None
    st.session_state[keys["area"]] = "" if named else view.area
    st.text_input("Area", key=keys["area"], placeholder="cell, GeoJSON or WKT", help=_AREA_HELP, on_change=lambda: sales_parts.attempt(
        page, lambda: lie_in(lists.area_of_text(st.session_state[keys["area"]]))))  # fmt: skip
    if not session.scope().hides:
        area_dialog.button(of.name, view.area, lambda area: sales_parts.attempt(page, lambda: lie_in(lists.area_of_text(area))))
    areas = lists.trade_areas(session.scope())
    if areas:
        st.session_state[keys["trade area"]] = named if named in areas else None

        def choose() -> None:
            name = st.session_state[keys["trade area"]]
            sales_parts.attempt(page, lambda: lie_in(f"{lists.TRADE_AREA}{name}" if name else ""))

        st.selectbox("Trading area", areas, key=keys["trade area"], index=None, placeholder="Anywhere", on_change=choose)

    def load() -> None:
        given = st.session_state[keys["area file"]]
        if given is not None:
            sales_parts.attempt(page, lambda: lie_in(lists.area_of_content(given.name, given.getvalue())))

    with st.expander("Area out of a file"):
        st.file_uploader("A file with polygons", type=list(_FILES), key=keys["area file"], on_change=load, label_visibility="collapsed")
    if view.area:
        st.button("Everywhere", icon=":material/close:", key=f"everywhere of {of.name}", help=texts.plain(area_in_words(view.area)),
                  on_click=sales_parts.attempt, args=(page, lambda: lie_in("")))  # fmt: skip
