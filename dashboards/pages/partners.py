"""The partners: resellers with a level, an area and a time; the leads that they have, and the accounts over which two of them may quarrel."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from dashboards import area_dialog, area_filter, intake_partners, parts, sales_parts, session, texts
from dashboards.data import lists, partners
from dashboards.data.lists import LEADS
from dashboards.data.partners import LEVELS, Terms
from dashboards.links import AccountView, ListView

PAGE = "partners"
_ABOUT = "Resellers, where they sell, and the leads that they were given. Hand a lead over on the page Leads."
_AREA = "area of the partner"
_NONE_SAID = "anywhere"


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    parts.heading("Partners", f"{parts.made_up_note(scope)}{_ABOUT}")
    sales_parts.result(PAGE)
    known = sales_parts.records(partners.partners(scope))
    candidates = partners.candidates(scope)
    if not known and not candidates:
        _nothing()
        return
    if sales_parts.can_write() and candidates:
        with st.popover("New partner", icon=":material/add:"):
            key = st.selectbox("Account", list(candidates), format_func=candidates.__getitem__, help="Accounts with the status partner.")
            _terms(f"new {key}", lambda terms, area: _agreed(key, candidates[key], terms, area), LEVELS[0], datetime.now(UTC).date(), None, "")
    for each in known:
        with st.container(border=True, key=f"partner-{each['partner_id']}"):
            _partner(each)
    _conflicts()


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown(
            "#### There are no partners yet\nGive an account the status partner, on the page Accounts or by an import; then agree here on its level and area."
        )
        st.page_link("pages/accounts.py", label="Accounts", icon=":material/list_alt:")


def _partner(each: dict[str, Any]) -> None:
    """A partner, and what can be done with it."""
    area = each["area_name"] or ""
    until = f" until {each['until']}" if each["until"] else ""
    st.markdown(f"**{texts.plain(each['name'])}** {texts.plain(each['level'])}, sells {texts.plain(area_filter.in_words(area)) if area else _NONE_SAID}")
    held = "" if each["holds"] else " It is no partner today."
    st.caption(f"Since {each['since']}{until}. {each['leads']:,} open leads, {each['won']:,} became accounts, {each['lost']:,} were rejected.{held}")
    with st.container(horizontal=True, gap="xsmall", key=f"of-partner-{each['partner_id']}"):
        st.link_button("Its account", session.address("account", AccountView(int(each["account_id"])).parameters()), icon=":material/contacts:")
        if each["leads"] + each["won"] + each["lost"]:
            _leads(each)
        if sales_parts.can_write():
            with st.popover("Other terms", icon=":material/edit:"):
                _terms(f"{each['partner_id']}", lambda terms, said: _agreed(int(each["account_id"]), each["name"], terms, said),
                       each["level"], each["since"], each["until"], area)  # fmt: skip
            if not each["leads"] + each["won"] + each["lost"]:
                st.button("Remove", icon=":material/delete:", type="tertiary", key=f"remove partner {each['partner_id']}",
                          on_click=sales_parts.attempt, args=(PAGE, lambda: _removed(each)))  # fmt: skip


def _leads(each: dict[str, Any]) -> None:
    with st.popover("Its leads", icon=":material/person_search:"):
        for lead in sales_parts.records(partners.leads_of(int(each["partner_id"]), session.scope())):
            link = session.address("leads", ListView(opened=int(lead["lead_id"])).parameters(LEADS))
            st.markdown(f"[{texts.plain(lead['name'])}]({link}) {lead['status']}, since {lead['handed_over_at']:%d %b %Y}")


def _terms(key: str, settle: Callable[[Terms, str], tuple[str, None]], level: str, since: date, until: date | None, area: str) -> None:
    """Level, time and area."""
    known = [*LEVELS, *([level] if level not in LEVELS else [])]
    chosen = st.selectbox("Level", known, index=known.index(level), key=f"level {key}", accept_new_options=True)
    first = st.date_input("Since", since, key=f"since {key}", format="YYYY-MM-DD", min_value=date(1990, 1, 1))
    last = st.date_input("Until", until, key=f"until {key}", format="YYYY-MM-DD", min_value=date(1990, 1, 1))
    field = f"{_AREA} {key}"
    st.session_state.setdefault(field, area)
    said = st.text_input("Area", key=field, placeholder="cell, WKT or trade-area:NAME; empty for anywhere")
    area_dialog.button(f"partner {key}", said, lambda drawn: st.session_state.__setitem__(f"{field} drawn", drawn), "Agree on it")
    drawn = st.session_state.pop(f"{field} drawn", None)
    if st.button("Agree", type="primary", key=f"agree {key}") or drawn is not None:
        sales_parts.attempt(PAGE, lambda: settle(Terms(chosen or level, first, last), lists.area_of_text(drawn or said)))
        st.session_state.pop(field, None)
        st.rerun()


def _agreed(account_id: int, name: str, terms: Terms, area: str) -> tuple[str, None]:
    intake_partners.agree(account_id, terms, area)
    return f"{name} is a {terms.level} partner{f' in {area_filter.in_words(area)}' if area else ''}.", None


def _removed(each: dict[str, Any]) -> tuple[str, Callable[[], str]]:
    intake_partners.remove(int(each["partner_id"]))

    def undo() -> str:
        intake_partners.agree(int(each["account_id"]), Terms(each["level"], each["since"], each["until"]), each["area_name"] or "")
        return f"{each['name']} is a partner again."

    return f"{each['name']} is no partner any more.", undo


def _conflicts() -> None:
    """Accounts that two partners claim."""
    found = partners.conflicts(session.scope())
    st.html('<div class="group">Conflicts</div><p class="hint">Accounts that partners of today claim by a lead that they have or by their area.</p>')
    if found.empty:
        st.caption("No two partners claim the same account.")
        return
    links = [session.address("account", AccountView(int(key)).parameters()) for key in found["account_id"]]
    st.dataframe(
        found.assign(link=links, why=["; ".join(each) for each in found["why"]]), hide_index=True, key="conflicts", column_order=["link", "name", "why"],
        column_config={"link": st.column_config.LinkColumn("", display_text="Open"), "name": "Account", "why": "Who claims it, and why"},
    )  # fmt: skip
    if len(found) < found["found"].iloc[0]:
        st.caption(f"The first {len(found):,} of {found['found'].iloc[0]:,}.")


parts.guarded(main)
