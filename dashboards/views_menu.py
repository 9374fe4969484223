"""Saved views of a page: saved under a name, opened, overwritten, renamed, deleted, and brought back."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboards import data, intake_views, session, texts
from dashboards.data import SavedView, Scope
from gcrm.errors import GcrmError

_CHOSEN, _OPENED, _NAME, _RESULT = "view to open", "opened view", "name of the view", "what became of the view"


def menu(page: str, parameters: session.Parameters, scope: Scope, example: str) -> None:
    """The menu of views.

    Args:
        page: path of the page.
        parameters: of the link to what is shown.
        scope: who is looking.
        example: of a name.
    """
    views = {view.name: view for view in data.saved_views(scope, page)}
    opened = views.get(st.session_state.get(_OPENED, ""))
    with st.popover("Views", icon=":material/bookmark:"):
        _choice(views, opened)
        _form(page, parameters, opened, example)
        if opened is not None:
            with st.container(horizontal=True, gap="xsmall", key="opened_view"):
                st.button("Overwrite", help="The view shows from now on what you see", on_click=_do, args=(lambda: _overwrite(opened, parameters),))
                st.button("Delete", icon=":material/delete:", on_click=_do, args=(lambda: _delete(opened),))
        _result()


def _choice(views: Mapping[str, SavedView], opened: SavedView | None) -> None:
    st.session_state[_CHOSEN] = opened.name if opened is not None else None

    def open_view() -> None:
        chosen = st.session_state[_CHOSEN]
        st.session_state[_OPENED] = chosen or ""
        st.session_state.pop(_RESULT, None)
        if chosen:
            session.go(views[chosen].page, views[chosen].parameters)

    st.selectbox("Open a view", list(views), key=_CHOSEN, placeholder="Choose" if views else "None is saved yet", disabled=not views, on_change=open_view)


def _form(page: str, parameters: session.Parameters, opened: SavedView | None, example: str) -> None:
    with st.form("view", border=False, clear_on_submit=True):
        st.text_input("Name of the view", key=_NAME, max_chars=intake_views.LONGEST_NAME, placeholder=f"Such as: {example}")
        with st.container(horizontal=True, gap="xsmall"):
            st.form_submit_button("Save as new", icon=":material/bookmark_add:", on_click=_do, args=(lambda: _save(page, parameters),))
            if opened is not None:
                st.form_submit_button("Rename", on_click=_do, args=(lambda: _rename(opened),))


def _do(action: Callable[[], tuple[str, SavedView | None]]) -> None:
    """Does something, and keeps what is to be said about it."""
    try:
        st.session_state[_RESULT] = ("done", *action())
    except GcrmError as error:
        st.session_state[_RESULT] = ("failed", str(error), None)


def _save(page: str, parameters: session.Parameters) -> tuple[str, None]:
    name = st.session_state[_OPENED] = intake_views.save_view(st.session_state[_NAME], page, parameters)
    return f"“{name}” is saved.", None


def _overwrite(view: SavedView, parameters: session.Parameters) -> tuple[str, None]:
    intake_views.overwrite_view(view.name, view.page, parameters)
    return f"“{view.name}” shows this from now on.", None


def _rename(view: SavedView) -> tuple[str, None]:
    name = st.session_state[_OPENED] = intake_views.rename_view(view.name, st.session_state[_NAME])
    return f"“{view.name}” is called “{name}” from now on.", None


def _delete(view: SavedView) -> tuple[str, SavedView]:
    deleted = intake_views.delete_view(view.name)
    st.session_state[_OPENED] = ""
    return f"“{view.name}” is deleted.", deleted


def _restore(view: SavedView) -> tuple[str, None]:
    intake_views.restore_view(view)
    st.session_state[_OPENED] = view.name
    return f"“{view.name}” is back.", None


def _result() -> None:
    how, text, deleted = st.session_state.get(_RESULT, ("", "", None))
    if how:
        (st.error if how == "failed" else st.success)(texts.plain(text))
    if deleted is not None:
        st.button("Undo", icon=":material/undo:", on_click=_do, args=(lambda: _restore(deleted),))
