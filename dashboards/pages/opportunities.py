"""The list of opportunities: what the board shows by stage, as a list to filter, sort and change."""

import streamlit as st

from dashboards import lists, parts, sales_parts, session
from dashboards.data.lists import OPPORTUNITIES
from dashboards.links import AccountView, ListView

PAGE = "opportunities"
_ABOUT = "What may be sold, and what was won and lost. A loss needs a reason: say it on the board."


def main() -> None:
    """Draws the page."""
    view = session.asked(PAGE, lambda said: ListView.from_parameters(OPPORTUNITIES, said), ListView())
    parts.heading("Opportunities", f"{parts.made_up_note(session.scope())}{_ABOUT}")
    sales_parts.result(PAGE)
    lists.draw(_LIST, view)


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### There are no opportunities yet\nConvert a lead into one, or hand in a file of them:")
        st.page_link("pages/leads.py", label="Leads", icon=":material/person_search:")
        parts.import_link()


def _account(view: ListView, row: lists.Row) -> str:
    """The page of the account."""
    del view
    return session.address("account", AccountView(int(row["account_id"])).parameters())


_LIST = lists.Shown(PAGE, OPPORTUNITIES, _account, _nothing)

parts.guarded(main)
