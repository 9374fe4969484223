"""The activities: what is planned, done and cancelled, by rep, kind and area; page by page."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboards import case_parts, data, parts, session
from dashboards.data import KINDS, activity_lists
from dashboards.links import TABS, AccountView, ActivitiesView, after_of

PAGE = "activities"
_ROWS = 50
_LABELS = {"planned": "Planned", "done": "Done", "cancelled": "Cancelled"}


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, ActivitiesView.from_parameters, ActivitiesView())
    parts.heading(
        "Activities", f"{parts.made_up_note(scope)}Calls, visits, mails, meetings, notes and tasks with all customers. Click one to open its account."
    )
    _filter(view)
    choice = activity_lists.Choice((view.rep,) if view.rep is not None else (), (view.kind,) if view.kind else (), view.cell)
    after = after_of(view.after)
    if view.tab == "planned":
        found, at = activity_lists.planned(choice, scope, _ROWS + 1, after=after), "due_at"
    else:
        found, at = activity_lists.ended(choice, scope, _ROWS + 1, states=(view.tab,), after=after), "happened_at"
    if found.empty:
        _nothing(view)
        return
    _table(view, found.head(_ROWS), at)
    last = found.iloc[min(len(found), _ROWS) - 1]
    case_parts.pager(
        PAGE, replace(view, after="").parameters(), replace(view, after=f"{last[at].isoformat()}~{last['activity_id']}").parameters(),
        first=not view.after, more=len(found) > _ROWS,
    )  # fmt: skip


def _filter(view: ActivitiesView) -> None:
    def change(rep: int | None, cell: str, kind: str) -> None:
        session.go(PAGE, replace(view, rep=rep, cell=cell, kind=kind, after="").parameters())

    def show() -> None:
        session.go(PAGE, replace(view, tab=st.session_state["activities shown"] or view.tab, after="").parameters())

    with st.sidebar:
        case_parts.filters("activities", view, KINDS, change)
    st.session_state["activities shown"] = view.tab
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="activities_head"):
        st.segmented_control(
            "Show", TABS, key="activities shown", label_visibility="collapsed", format_func=_LABELS.__getitem__, on_change=show, width="content"
        )
        parts.link_button(PAGE, view.parameters())


def _table(view: ActivitiesView, found: pd.DataFrame, at: str) -> None:
    shown = found.assign(when=found[at].dt.tz_convert(data.zone()).dt.tz_localize(None))
    key = f"activities {view.tab} {view.after}"

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            st.session_state["open account"] = int(found["account_id"].iloc[rows[0]])

    last = "repeat_rule" if at == "due_at" else "outcome"
    st.dataframe(
        shown, hide_index=True, key=key, on_select=choose, selection_mode="single-row", placeholder="",
        column_order=["when", "kind", "account", "subject", *(name for name in (last, "rep", "contact", "channel", "department") if found[name].notna().any())],
        column_config={
            "when": st.column_config.DatetimeColumn("Due" if at == "due_at" else "When", format="YYYY-MM-DD HH:mm"), "kind": "Kind", "account": "Account",
            "subject": "About", "outcome": "What came of it", "repeat_rule": "Repeats", "rep": "Rep", "contact": "With",
            "channel": "Channel", "department": "Department",
        },
    )  # fmt: skip
    if account_id := st.session_state.pop("open account", None):
        session.go("account", AccountView(account_id).parameters())
        st.switch_page("pages/account.py")


def _nothing(view: ActivitiesView) -> None:
    if view.after:
        st.info("This is the end of the list.", icon=":material/last_page:")
    elif view != ActivitiesView(view.tab):
        st.info("None is like that; choose another rep, kind or area at the left.", icon=":material/search_off:")
    else:
        with st.container(border=True, key="what_to_do"):
            st.markdown(f"#### Nothing is {view.tab}\nLog a call or plan a visit on the page of an account, or hand in a file of activities:")
            st.code("gcrm import activities ACTIVITIES.csv", language=None)


parts.guarded(main)
