"""A list of records as every page shows it: filtered, sorted, page by page; changed in its cells or many at once; saved as a view, taken along as a file."""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dashboards import area_filter, case_parts, cube_downloads, data, downloads, list_changes, list_filters, list_table, parts, session, views_menu
from dashboards.data import lists
from dashboards.data.lists import After
from dashboards.links import ListView
from dashboards.list_table import Row, Shown

__all__ = ["ROWS", "Row", "Shown", "draw"]

ROWS = 50
"""Records of a page."""


def draw(shown: Shown, view: ListView) -> None:
    """The list.

    Args:
        shown: which list, and how the page shows it.
        view: what is shown of it.
    """
    of, scope = shown.of, session.scope()
    total = lists.count(of, view.wanted, scope)
    if not total and replace(view, opened=None) == shown.first:
        shown.nothing()
        return
    members = lists.members(of, scope)
    with st.sidebar:
        list_filters.draw(shown.page, of, view, members)
    found = lists.page(of, view.wanted, view.sorted(of), scope, ROWS, After.parse(view.after) if view.after else None)
    head = st.container(horizontal=True, vertical_alignment="center", gap="small", key="list_head")
    chosen = list_table.draw(shown, view, found.frame, members)
    with head:
        _head(shown, view, total, chosen, members)
    first, following = (replace(view, after=after).parameters(of) for after in ("", str(found.after or "")))
    case_parts.pager(shown.page, first, following, first=not view.after, more=found.after is not None)


def _head(shown: Shown, view: ListView, total: int, chosen: list[int], members: Mapping[str, Mapping[str, str]]) -> None:
    """How many there are, and what is done with all of them."""
    page, of = shown.page, shown.of
    more = "over " if total > lists.MOST_COUNTED else ""
    where = f" in {area_filter.in_words(view.area)}" if view.area else ""
    number = f"<b>{more}{min(total, lists.MOST_COUNTED):,}</b> {of.one if total == 1 else of.name}"
    st.html(f'<span class="here">{number}{html.escape(where)}</span>', width="content")
    _sort(shown, view)
    if session.may(session.Permission.WORK):
        list_changes.many(page, of, view.wanted, total, chosen, members)
    said = replace(view, after="", opened=None)
    views_menu.menu(page, said.parameters(of), session.scope(), f"{of.name.capitalize()} in the centre")
    if session.may(session.Permission.EXPORT) and not session.scope().hides:
        _download(shown, said)
    parts.link_button(page, view.parameters(of))


def _sort(shown: Shown, view: ListView) -> None:
    """By what it is sorted, and which way round."""
    of, sort = shown.of, view.sorted(shown.of)
    key = f"sort of {of.name}"
    st.session_state[key] = sort.column

    def go(column: str, *, descending: bool) -> None:
        list_filters.go(shown.page, of, replace(view, sort=str(lists.Sort(column, descending)), after=""))

    st.selectbox(
        "Sort by", [column.name for column in of.columns if column.shown], key=key, label_visibility="collapsed", width=170,
        format_func=lambda name: f"By {of.column(name).label.lower()}", on_change=lambda: go(st.session_state[key] or sort.column, descending=sort.descending),
    )  # fmt: skip
    arrow = ":material/arrow_downward:" if sort.descending else ":material/arrow_upward:"
    st.button("", icon=arrow, type="tertiary", key=f"turn {of.name}", help="The other way round",
              on_click=lambda: go(sort.column, descending=not sort.descending))  # fmt: skip


def _download(shown: Shown, said: ListView) -> None:
    """The list as a file."""
    asked = urlencode(said.parameters(shown.of), doseq=True)
    files: dict[str, downloads.Write] = {label: partial(_file, shown, said, session.scope(), ending) for label, ending in (("CSV", ".csv"), ("Excel", ".xlsx"))}
    with st.popover("Download", icon=":material/download:"):
        key = hashlib.sha256(asked.encode()).hexdigest()[:12]
        cube_downloads.offer(f"download {shown.of.name} {key}", files, f"{shown.of.name}?{asked}")
        st.caption("All records of the list, without phones and mail addresses: these leave with consent only.")


def _file(shown: Shown, said: ListView, scope: data.Scope, ending: str, folder: Path) -> downloads.Written:
    target = folder / f"{shown.of.name}{ending}"
    return downloads.Written(target, lists.export_list(shown.of, said.wanted, said.sorted(shown.of), target, scope))
