"""The page of the users: who may sign in, as what, and what of; who is signed in; who did what."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboards import intake, parts, session, texts
from dashboards.data.people import EVERYTHING, USER_ROLES, User, audit_lines, people, places_to_see
from gcrm.errors import GcrmError

_TABLE, _RESULT, _ROUND = "users", "what became of the user", "round of the user"
_ALL = "everybody"
_ACTIONS = ("sign in", "sign out", "sign-in refused", "read", "export", "change rights")
_FIRST = "Nobody has to sign in yet. The first user is an admin who sees all; from then on everybody has to, you too: keep the password at hand."


def main() -> None:
    """Draws the page."""
    parts.heading("Users", "Who may sign in, as what, and whose accounts each sees.")
    _result()
    known, table = people()
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = _users(known, table)
    with right:
        _form(chosen, first=not known)
    if known:
        _audit(list(known))


def _users(known: dict[str, User], table: pd.DataFrame) -> User | None:
    """The users; the one that was clicked."""
    if not known:
        st.info(_FIRST, icon=":material/person_add:")
        return None
    event = st.dataframe(
        table, hide_index=True, key=f"{_TABLE} {st.session_state.get(_ROUND, 0)}", on_select="rerun", selection_mode="single-row", placeholder="",
        column_config={
            "name": "User", "role": "Role", "territories": "Sees", "ways": "Signs in with", "sessions": st.column_config.NumberColumn("Sessions", format="%d"),
            "seen_at": st.column_config.DatetimeColumn("Seen", format="D MMM YYYY, HH:mm"),
        },
    )  # fmt: skip
    rows = event.selection.rows
    if not rows:
        st.caption("Click a user to change it.")
        return None
    return known[table["name"].iloc[rows[0]]]


def _form(chosen: User | None, *, first: bool) -> None:
    """A new user, or the one that was chosen."""
    key = f"user {st.session_state.get(_ROUND, 0)} {chosen.name if chosen else ''}"
    with st.form(key, border=True):
        st.html(f'<div class="group">{"Change " + chosen.name if chosen else "New user"}</div>')
        name = chosen.name if chosen else st.text_input("Name", placeholder="small letters, such as anna")
        roles = list(USER_ROLES)
        role = st.selectbox(
            "Role", roles, index=roles.index(chosen.role if chosen else "admin" if first else "rep"), format_func=lambda each: USER_ROLES[each].label
        )
        territories = st.multiselect(
            "Sees", list(dict.fromkeys([*places_to_see(session.scope()), *(chosen.territories if chosen else ())])),
            default=list(chosen.territories) if chosen else [EVERYTHING] if first else [], help="A region stands for all that is below it.",
        )  # fmt: skip
        mail = st.text_input("Mail address", value=chosen.mail if chosen else "", help="By which the organisation's own sign-in knows the person.")
        password = st.text_input(
            "Password", type="password", placeholder="as it is" if chosen and chosen.password else "12 characters or more", autocomplete="new-password"
        )
        if st.form_submit_button("Save" if chosen else "Add", type="primary"):
            _attempt(lambda: _keep(chosen, name.strip(), role, territories, mail.strip(), password))
    if chosen is not None:
        with st.container(horizontal=True, gap="small"):
            if st.button("Sign out everywhere", icon=":material/logout:"):
                _attempt(lambda: (f"{intake.end_sessions(chosen.name)} sessions of {chosen.name} ended.", None))
            if st.button("Remove", icon=":material/person_remove:"):
                _attempt(lambda: (f"{chosen.name} may not sign in any more.", intake.remove_user(chosen.name)))


def _keep(chosen: User | None, name: str, role: str, territories: list[str], mail: str, password: str) -> tuple[str, User | None]:
    if chosen is None:
        intake.add_user(name, role, territories, mail, password)
        return f"{name} may sign in as {USER_ROLES[role].label.lower()}.", None
    return f"{name} is {USER_ROLES[role].label.lower()} of {', '.join(territories)}.", intake.change_user(name, role, territories, mail, password)


def _attempt(do: Callable[[], tuple[str, User | None]]) -> None:
    """Does it, and says above the page what became of it; an error stays beside the form, which keeps what was typed."""
    try:
        st.session_state[_RESULT] = do()
    except GcrmError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _result() -> None:
    if _RESULT not in st.session_state:
        return
    text, before = st.session_state[_RESULT]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.success(texts.plain(text), icon=":material/check:")
        if before is not None and st.button("Undo", icon=":material/undo:"):
            _attempt(lambda: (f"{before.name} is as before.", intake.restore_user(before)))


def _audit(names: list[str]) -> None:
    """Who did what."""
    st.html('<div class="group">Audit</div>')
    with st.container(horizontal=True, gap="small"):
        who = st.selectbox("Who", [_ALL, *names], key="audit of")
        action = st.selectbox("What", ["everything", *_ACTIONS], key="audit action")
    lines = audit_lines(None if who == _ALL else who, None if action == "everything" else action)
    st.dataframe(
        lines, hide_index=True, key="audit", placeholder="",
        column_config={
            "happened_at": st.column_config.DatetimeColumn("When", format="D MMM YYYY, HH:mm:ss"), "user_name": "Who", "action": "Did",
            "subject": "With", "more": "More",
        },
    )  # fmt: skip


parts.guarded(main)
