"""What a list is filtered by, at the left of its page: letters, members, and an area of the map."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboards import area_filter, session
from dashboards.data import lists
from dashboards.data.lists import Column, ListType
from dashboards.links import ListView


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


def _members(page: str, of: ListType, view: ListView, column: Column, known: Mapping[str, str]) -> None:
    key = f"{column.name} of {of.name}"
    names = {**known, str(lists.NOBODY): "None"} if column.kind == "key" else known
    st.session_state[key] = [each for each in view.members(column.name) if each in names]

    def choose() -> None:
        go(page, of, view.filtered(column.name, tuple(st.session_state[key])))

    st.multiselect(column.label, list(names), key=key, placeholder="All", format_func=names.__getitem__, on_change=choose)


def _area(page: str, of: ListType, view: ListView) -> None:
    """The area."""

    def lie_in(area: str) -> tuple[str, None]:
        go(page, of, replace(view, area=area, after=""))
        return (f"Only what lies in {area_filter.in_words(area)} is listed.", None) if area else ("Everywhere is listed.", None)

    area_filter.draw(page, of.name, view.area, lie_in)
