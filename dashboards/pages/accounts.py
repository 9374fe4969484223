"""The list of accounts: filtered, also by an area of the map, sorted, changed in place or many at once, taken along."""

import streamlit as st

from dashboards import lists, parts, sales_parts, session
from dashboards.data.lists import ACCOUNTS
from dashboards.links import AccountView, ListView

PAGE = "accounts"
_ABOUT = "All customers and prospects. Click into a cell to change it; the boxes choose what is changed together."


def main() -> None:
    """Draws the page."""
    view = session.asked(PAGE, lambda said: ListView.from_parameters(ACCOUNTS, said), ListView())
    parts.heading("Accounts", f"{parts.made_up_note(session.scope())}{_ABOUT}")
    sales_parts.result(PAGE)
    lists.draw(_LIST, view)


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### There are no accounts yet\nHand in a file of them, or write one down:")
        parts.import_link()
        if session.may(session.Permission.WORK):
            st.page_link("pages/new_account.py", label="New account", icon=":material/add_business:")


def _account(view: ListView, row: lists.Row) -> str:
    """The page of the account."""
    del view
    return session.address("account", AccountView(int(row["account_id"])).parameters())


_LIST = lists.Shown(PAGE, ACCOUNTS, _account, _nothing)

parts.guarded(main)
