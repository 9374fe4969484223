"""The people of an account: its contacts, and contacts of other accounts who have a role there."""

import html
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from dashboards import intake_contacts, sales_parts, session, texts
from dashboards.data import contact_roles
from dashboards.data.contact_roles import Role
from dashboards.links import AccountView

_CARD = "people"
_FIRST_DAY = date(1990, 1, 1)
_OFFERED = ("accountant", "adviser", "architect", "board member", "decision maker", "landlord", "purchaser", "user")

type _Row = Mapping[Any, Any]


def draw(account_id: int) -> None:
    """Draws the card.

    Args:
        account_id: of the account.
    """
    scope = session.scope()
    most = contact_roles.MOST_PEOPLE
    every = sales_parts.records(contact_roles.people(account_id, scope, most + 1))
    found = every[:most]
    more = " are shown, there are more" if len(every) > most else ""
    st.html(f'<div class="group">People <span class="hint">{f"{len(found):,}{more}" if found else ""}</span></div>')
    sales_parts.result(_CARD)
    others = sales_parts.records(contact_roles.elsewhere([each["contact_id"] for each in found if each["contact_role_id"] is None], scope))
    for each in found:
        if each["contact_role_id"] is None:
            st.html(_person(each, [other for other in others if other["contact_id"] == each["contact_id"]]))
        else:
            _with_role(each, account_id)
    if not found:
        st.caption("Nobody is known here yet. Contacts come with `gcrm import contacts`.")
    if sales_parts.can_write():
        _give(account_id)


def _person(row: _Row, elsewhere: Sequence[_Row]) -> str:
    """A person with the ways to reach them, and where else they have a role."""
    about = [row["role"], _since(row)]
    reach = [_link("tel", row["phone"]), _link("mailto", row["email"])]
    where = [("of ", row["own_account_id"], row["own_account"], "")] if row["own_account_id"] is not None else []
    where += [(f"{other['role']} of ", other["account_id"], other["account"], "" if other["holds"] else _since(other)) for other in elsewhere]
    lines = [" · ".join(html.escape(each) for each in about if each), " · ".join(filter(None, reach)), *(_at(*each) for each in where)]
    ended = "" if row["holds"] else ' class="ended"'
    return f'<div class="person"><b{ended}>{html.escape(row["name"])}</b>{"".join(f"<small>{line}</small>" for line in lines if line)}</div>'


def _at(before: str, account_id: int, account: str, when: str) -> str:
    address = html.escape(session.address("account", AccountView(int(account_id)).parameters()))
    return f'{html.escape(before)}<a href="{address}" target="_self">{html.escape(account)}</a>{html.escape(f" ({when})" if when else "")}'


def _link(kind: str, value: str | None) -> str:
    return f'<a href="{kind}:{html.escape(value)}">{html.escape(value)}</a>' if value else ""


def _since(row: _Row) -> str:
    """From when to when a role is; nothing of a contact's own."""
    if row["since"] is None:
        return ""
    return f"since {row['since']:%d %b %Y}" + (f", until {row['until']:%d %b %Y}" if row["until"] is not None else "")


def _with_role(row: _Row, account_id: int) -> None:
    """Somebody of another account, whose role here can be ended."""
    key = int(row["contact_role_id"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"role-{key}"):
        st.html(_person(row, []), width="stretch")
        if sales_parts.can_write() and row["holds"]:
            st.button(
                "End", icon=":material/event_busy:", type="tertiary", key=f"end role {key}", on_click=sales_parts.attempt,
                args=(_CARD, lambda: _ended(row, account_id)),
            )  # fmt: skip


def _ended(row: _Row, account_id: int) -> tuple[str, Callable[[], str]]:
    """Ends a role today; one that began today is taken away."""
    key, today = int(row["contact_role_id"]), datetime.now(UTC).date()
    if row["since"] < today:
        intake_contacts.end_role(key, today)
    else:
        intake_contacts.remove_role(key)

    def undo() -> str:
        if row["since"] < today:
            intake_contacts.end_role(key, row["until"])
        else:
            intake_contacts.give_role(int(row["contact_id"]), account_id, Role(row["role"], row["since"], row["until"]))
        return f"{row['name']} is {row['role']} again."

    return f"{row['name']} is {row['role']} no more.", undo


def _give(account_id: int) -> None:
    """Gives a contact of another account a role here."""
    form = f"{_CARD} {account_id} {st.session_state.get(_CARD, 0)}"
    with st.popover("Somebody of another account", icon=":material/person_add:", help="Such as the accountant of several shops"):
        text = st.text_input("Who", key=f"who {form}", placeholder="name, mail address, telephone number, or the account")
        if not text.strip():
            return
        found = [each for each in sales_parts.records(contact_roles.find_contacts(text, session.scope())) if each["account_id"] != account_id]
        if not found:
            st.caption(f"No contact of another account is like “{texts.plain(text)}”; write fewer words, or the beginnings of them.")
            return
        names = {int(each["contact_id"]): f"{each['name']}, {each['account']}" for each in found}
        contact = st.selectbox("Person", list(names), format_func=names.__getitem__, key=f"person {form}")
        role = st.selectbox("Role here", _OFFERED, index=None, key=f"role {form}", accept_new_options=True, placeholder="choose or write one")
        since = st.date_input("Since", key=f"since {form}", format="YYYY-MM-DD", min_value=_FIRST_DAY)
        st.button(
            "Write it down", type="primary", icon=":material/check:", key=f"give {form}", disabled=not role, on_click=sales_parts.attempt,
            args=(_CARD, lambda: _given(contact, names[contact], account_id, Role(role or "", since))),
        )  # fmt: skip


def _given(contact_id: int, name: str, account_id: int, role: Role) -> tuple[str, Callable[[], str]]:
    key = intake_contacts.give_role(contact_id, account_id, role)
    st.session_state[_CARD] = st.session_state.get(_CARD, 0) + 1

    def undo() -> str:
        intake_contacts.remove_role(key)
        return f"{name} is not {role.name} here."

    return f"{name} is {role.name} here.", undo
