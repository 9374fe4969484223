"""The activities: what is planned, done and cancelled, as a list to filter, sort and change."""

from dataclasses import replace

import streamlit as st

from dashboards import list_filters, lists, parts, sales_parts, session
from dashboards.data.lists import ACTIVITIES
from dashboards.links import AccountView, ListView

PAGE = "activities"
_ABOUT = "Calls, visits, mails, meetings, notes and tasks with all customers. Planned ones are put off and given to another rep here."
_STATES = {"planned": "Planned", "done": "Done", "cancelled": "Cancelled"}
_SOONEST, _NEWEST = "at", ""


def main() -> None:
    """Draws the page."""
    view = session.asked(PAGE, _asked, _LIST.first)
    parts.heading("Activities", f"{parts.made_up_note(session.scope())}{_ABOUT}")
    sales_parts.result(PAGE)
    _tabs(view)
    lists.draw(_LIST, view)


def _asked(said: dict[str, list[str]]) -> ListView:
    """What the link asks for; what is planned where it names no state."""
    view = ListView.from_parameters(ACTIVITIES, said)
    return view if view.members("state") else replace(view, where=(*_of("planned").where, *view.where), sort=view.sort or _SOONEST)


def _of(state: str) -> ListView:
    return ListView((("state", (state,)),), sort=_SOONEST if state == "planned" else _NEWEST)


def _tabs(view: ListView) -> None:
    """One of the states, the next ones or the newest ones first."""
    states = view.members("state")
    st.session_state["activities shown"] = states[0] if len(states) == 1 else None

    def show() -> None:
        state = st.session_state["activities shown"]
        if state:
            list_filters.go(PAGE, ACTIVITIES, replace(view.filtered("state", (state,)), sort=_of(state).sort))

    st.segmented_control("Show", list(_STATES), key="activities shown", label_visibility="collapsed", format_func=_STATES.__getitem__, on_change=show)


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### Nothing is planned\nLog a call or plan a visit on the page of an account, or hand in a file of activities:")
        st.page_link("pages/accounts.py", label="Choose an account", icon=":material/contacts:")
        st.code("gcrm import activities ACTIVITIES.csv", language=None)


def _account(view: ListView, row: lists.Row) -> str:
    """The page of the account."""
    del view
    return session.address("account", AccountView(int(row["account_id"])).parameters())


_LIST = lists.Shown(PAGE, ACTIVITIES, _account, _nothing, first=_of("planned"))

parts.guarded(main)
