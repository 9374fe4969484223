"""The page of leads: who may become a customer; given to reps by the rules, worked on, rejected, converted, each with an undo."""

import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards import custom_fields, data, intake, intake_partners, intake_sales, list_filters, lists, parts, sales_parts, session, texts
from dashboards.comparison import evidence, percent, side_by_side
from dashboards.data import duplicates, partners, sales
from dashboards.data.lists import LEADS, NOBODY
from dashboards.intake import OBJECTS
from dashboards.links import AccountView, ListView
from gcrm.errors import GcrmError

PAGE = "leads"
_ROUND = "new lead round"
_ABOUT = "Who may become a customer. Rules give each to a rep of the territory that it lies in, and say why; open one to work on it."
_STATUSES = {"": "All", "new": "New", "working": "In work", "converted": "Converted", "rejected": "Rejected"}
_CLOSES_IN_DAYS = 30
_ROWS = (("company",), ("given_name", "family_name", "role"), ("email", "phone"), ("street", "house_number"), ("postcode", "city", "country_code"),
         ("interest",), ("amount", "currency", "rating", "origin"))  # fmt: skip
_SHOWN = (("Person", "person"), ("Mail address", "email"), ("Phone", "phone"), ("Address", "address"), ("Wants", "interest"), ("May be worth", "worth"),
          ("Came", "came"), ("From", "origin"), ("Rating", "rating"), ("Territory", "territory"), ("Rep", "rep"), ("Why", "why"))  # fmt: skip


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, lambda said: ListView.from_parameters(LEADS, said), ListView())
    parts.heading("Leads", f"{parts.made_up_note(scope)}{_ABOUT}")
    sales_parts.result(PAGE)
    counts = sales.count_leads(scope).set_index("status")
    if counts.empty:
        _nothing(scope)
        return
    waiting = int(counts["unassigned"].reindex(["new", "working"]).fillna(0).sum())
    _head(view, {str(status): int(number) for status, number in counts["leads"].items()}, waiting, scope)
    if view.opened is not None:
        _lead(view, view.opened, scope)
    lists.draw(_LIST, view)


def _go(view: ListView) -> None:
    list_filters.go(PAGE, LEADS, view)


def _nothing(scope: data.Scope) -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### There are no leads yet\nHand in a file of them, or write one down:")
        parts.import_link()
        if data.overview(scope).accounts == 0:
            st.caption("Import territories and reps first: then each lead is given to a rep of the territory that it lies in.")
    if sales_parts.can_write():
        _form()


def _head(view: ListView, counts: Mapping[str, int], waiting: int, scope: data.Scope) -> None:
    """How many there are by status, and what can be done with all."""
    statuses, unassigned = view.members("status"), view.members("rep") == (str(NOBODY),)
    st.session_state["lead status"] = statuses[0] if len(statuses) == 1 else "" if not statuses else None

    def show() -> None:
        status = st.session_state["lead status"]
        _go(replace(view.filtered("status", (status,) if status else ()), opened=None))

    st.segmented_control(
        "Status", list(_STATUSES), key="lead status", label_visibility="collapsed", on_change=show,
        format_func=lambda status: f"{_STATUSES[status]} ({counts.get(status, 0) if status else sum(counts.values()):,})",
    )  # fmt: skip
    if not waiting and not sales_parts.can_write():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="leads_head"):
        if waiting:
            st.toggle(f"Without a rep ({waiting:,})", unassigned, key=f"unassigned {unassigned}", on_change=_go,
                      args=(view.filtered("rep", () if unassigned else (str(NOBODY),)),))  # fmt: skip
        if waiting and sales_parts.can_write() and scope.sees_everything:
            st.button("Assign by the rules", type="primary", icon=":material/assignment_ind:", on_click=sales_parts.attempt, args=(PAGE, _assign))
        if sales_parts.can_write():
            with st.popover("New lead", icon=":material/add:", width="content"):
                _form()


def _assign() -> tuple[str, sales_parts.Undo | None]:
    done = intake_sales.assign_leads()
    left = f" {done.left:,} wait: each says why." if done.left else ""
    if not done.assigned:
        return f"No lead could be given to a rep.{left}", None
    return f"{done.assigned:,} leads were given to reps.{left}", lambda: f"{intake_sales.take_back_assignment(done.at):,} leads wait again."


def _lead(view: ListView, lead_id: int, scope: data.Scope) -> None:
    """The open lead: what is known, and what can be done with it."""
    try:
        lead = sales.lead(lead_id, scope)
    except GcrmError as error:
        st.warning(texts.plain(str(error)), icon=":material/search_off:")
        return
    session.note_read(f"lead {lead_id}")
    with st.container(border=True, key="lead"):
        left, right = st.columns([1, 1], gap="large")
        with left:
            _known(lead)
            custom_fields.draw("leads", lead_id, data.values_of("leads", lead_id, scope))
        with right:
            if lead["status"] == "converted":
                _converted(lead)
            elif sales_parts.can_write():
                _work(lead, scope)
                if lead["status"] != "rejected":
                    _convert(lead, scope)
        st.button("Close", icon=":material/close:", type="tertiary", on_click=_go, args=(replace(view, opened=None),))


def _known(lead: Mapping[str, Any]) -> None:
    said = {
        **lead, "person": " ".join(filter(None, (lead["person"], f"({lead['role']})" if lead["role"] else None))),
        "worth": None if lead["amount"] is None else sales_parts.money(lead["amount"], lead["currency"]), "came": f"{lead['received_at']:%d %b %Y}",
    }  # fmt: skip
    rows = "".join(f"<tr><th>{label}</th><td>{html.escape(str(said[name]))}</td></tr>" for label, name in _SHOWN if said[name])
    st.html(f'<div class="account"><b>{html.escape(lead["name"])}</b><p>{_STATUSES[lead["status"]]}</p></div><table class="pair"><tbody>{rows}</tbody></table>')


def _converted(lead: Mapping[str, Any]) -> None:
    st.html('<div class="group">It is an account now</div>')
    if lead["converted_account_id"] is not None:
        link = session.address("account", AccountView(int(lead["converted_account_id"])).parameters())
        st.link_button("Open the account", link, icon=":material/contacts:")
    if lead["converted_opportunity_id"] is not None:
        st.page_link("pages/pipeline.py", label="Its opportunity is on the board", icon=":material/view_kanban:")


def _work(lead: Mapping[str, Any], scope: data.Scope) -> None:
    """Begin, give to another rep, reject."""
    key, name = int(lead["lead_id"]), lead["name"]
    reps = {rep: called for rep, called in sales.staff(scope).reps.items() if rep != lead["rep_id"]}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="lead_work"):
        if lead["status"] == "new":
            st.button("Begin", icon=":material/play_arrow:", on_click=sales_parts.attempt, args=(PAGE, lambda: _status(key, "working", f"{name} is in work.")))
        elif lead["status"] == "rejected":
            st.button("Take up again", icon=":material/replay:", on_click=sales_parts.attempt, args=(PAGE, lambda: _status(key, "new", f"{name} waits again.")))
        chosen = f"rep for {key} {lead['rep_id']}"
        st.selectbox(
            "Give to", list(reps), index=None, key=chosen, placeholder="Give to another rep", label_visibility="collapsed", width=220,
            format_func=reps.__getitem__, on_change=lambda: sales_parts.attempt(PAGE, lambda: _give(key, name, st.session_state[chosen], reps)),
        )  # fmt: skip
    if lead["status"] != "rejected":
        _hand_over(key, name, scope)
        reason = f"why not {key}"
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="lead_reject"):
            st.text_input("Why it is rejected", key=reason, placeholder="why it is none", label_visibility="collapsed", width=220)
            st.button("Reject", icon=":material/block:", on_click=lambda: sales_parts.attempt(
                PAGE, lambda: _status(key, "rejected", f"{name} is rejected.", st.session_state[reason])))  # fmt: skip


def _hand_over(lead_id: int, name: str, scope: data.Scope) -> None:
    """To a partner, or back from the one that has it."""
    has = partners.of_lead(lead_id, scope)
    if has is not None:
        partner_id, called, at, by = has
        st.caption(f"With the partner {texts.plain(called)} since {at:%d %b %Y}, by {texts.plain(by)}.")
        st.button("Take back from the partner", icon=":material/undo:", key=f"back {lead_id}", on_click=sales_parts.attempt,
                  args=(PAGE, lambda: _taken_back(lead_id, name, partner_id)))  # fmt: skip
        return
    able = {int(each["partner_id"]): each for each in sales_parts.records(partners.for_lead(lead_id, scope))}
    if able:
        key = f"partner for {lead_id}"
        st.selectbox(
            "Hand over to", list(able), index=None, key=key, placeholder="Hand over to a partner", label_visibility="collapsed", width=300,
            format_func=lambda each: f"{able[each]['name']}, {able[each]['level']}{', it lies in the area' if able[each]['near'] else ''}",
            on_change=lambda: sales_parts.attempt(PAGE, lambda: _handed_over(lead_id, name, st.session_state[key], able)),
        )  # fmt: skip


def _handed_over(lead_id: int, name: str, partner_id: int | None, able: Mapping[int, Mapping[str, Any]]) -> tuple[str, sales_parts.Undo | None]:
    if partner_id is None:
        return f"{name} stays here.", None
    intake_partners.hand_over(lead_id, partner_id)

    def undo() -> str:
        intake_partners.take_back(lead_id)
        return f"{name} is with no partner."

    return f"{name} is with {able[partner_id]['name']}.", undo


def _taken_back(lead_id: int, name: str, partner_id: int) -> tuple[str, sales_parts.Undo]:
    intake_partners.take_back(lead_id)

    def undo() -> str:
        intake_partners.hand_over(lead_id, partner_id)
        return f"{name} is with the partner again."

    return f"{name} is taken back from the partner.", undo


def _status(lead_id: int, to: intake_sales.Status, said: str, reason: str | None = None) -> tuple[str, sales_parts.Undo | None]:
    change = intake_sales.set_lead_status(lead_id, to, reason)
    return said, None if change is None else lambda: _undo(lead_id, change)


def _give(lead_id: int, name: str, rep: int | None, reps: Mapping[int, str]) -> tuple[str, sales_parts.Undo | None]:
    if rep is None:
        return f"{name} stays where it is.", None
    change = intake_sales.give_lead(lead_id, rep)
    return f"{name} was given to {reps[rep]}.", None if change is None else lambda: _undo(lead_id, change)


def _undo(lead_id: int, change: int) -> str:
    intake_sales.undo_lead(lead_id, change)
    return "It is as it was before."


def _convert(lead: Mapping[str, Any], scope: data.Scope) -> None:
    """The way to an account, a contact and an opportunity; where there is an account that looks like it, it is shown first."""
    key = int(lead["lead_id"])
    st.html('<div class="group">Convert <span class="hint">into an account, a contact and an opportunity</span></div>')
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="lead_convert"):
        st.text_input(f"Amount, {lead['currency']}", "" if lead["amount"] is None else f"{lead['amount']}", key=f"amount {key}", width=140)
        st.date_input("Closes on", date.today() + timedelta(days=_CLOSES_IN_DAYS), key=f"closes {key}", format="YYYY-MM-DD", width=150)  # noqa: DTZ011 - a day in a form
    likely = sales.likely_accounts(key, scope)
    if likely:
        how_many = "an account that is" if len(likely) == 1 else f"{len(likely)} accounts that are"
        st.warning(f"It looks like {how_many} there already: compare below.", icon=":material/join_inner:")
    st.button(
        "Convert into a new account" if likely else "Convert", type="secondary" if likely else "primary", icon=":material/person_add:", key=f"convert {key}",
        on_click=sales_parts.attempt, args=(PAGE, lambda: _do_convert(lead, None)),
    )  # fmt: skip
    for each in likely:
        _likely(lead, each)


def _likely(lead: Mapping[str, Any], each: duplicates.Possible) -> None:
    with st.container(border=True, key=f"likely {each.account_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(f'<div class="group">{percent(each.score)} probable that they are one</div>', width="content")
            st.button("It is this account", type="primary", icon=":material/link:", key=f"is {each.account_id}", on_click=sales_parts.attempt,
                      args=(PAGE, lambda: _do_convert(lead, each.account_id)))  # fmt: skip
        st.html(evidence(each.why))
        st.html(side_by_side(lead, each.record, ("This lead", "The account")))


def _do_convert(lead: Mapping[str, Any], account_id: int | None) -> tuple[str, sales_parts.Undo]:
    key, name = int(lead["lead_id"]), lead["name"]
    amount = st.session_state[f"amount {key}"].strip()
    sale = intake_sales.Sale(amount=texts.decimal_of(amount) if amount else None, expected_close_on=st.session_state[f"closes {key}"])
    done = intake_sales.convert_lead(key, account_id, sale)
    return f"{name} is converted; its opportunity is on the board.", lambda: _take_back(done.job_id, name)


def _take_back(job_id: int, name: str) -> str:
    undone = intake.undo(job_id)
    return f"{name} is a lead again." if not undone.kept else f"{name} stays converted: what it became was changed since, or is in use."


def _form() -> None:
    """What is known of a new lead."""
    known = OBJECTS["leads"]
    form = st.session_state.get(_ROUND, 0)
    typed: dict[str, str] = {}
    with st.form(f"new lead {form}", border=False):
        for row in _ROWS:
            for column, name in zip(st.columns(len(row)), row, strict=True):
                label = name.replace("_", " ").removesuffix(" code").capitalize()
                with column:
                    codes = known.field(name).codes
                    given = st.selectbox(label, codes, index=None, format_func=str.capitalize) if codes else st.text_input(label)
                    typed[name] = given or ""
        saved = st.form_submit_button("Save", type="primary", icon=":material/save:")
    if saved:
        sales_parts.attempt(PAGE, lambda: _store(typed))
        st.session_state[_ROUND] = form if sales_parts.failed(PAGE) else form + 1
        st.rerun()


def _store(typed: Mapping[str, str]) -> tuple[str, sales_parts.Undo]:
    key, job_id = intake_sales.create_lead(typed)
    lead = sales.lead(key, session.scope()) if session.scope().sees_everything else None
    said = f"The lead is stored{f', {lead["assigned_because"]}' if lead is not None else ''}."
    return said, lambda: "It is taken back." if not intake.undo(job_id).kept else "It stays: it was changed since."


def _address(view: ListView, row: lists.Row) -> str:
    """The page with a lead opened."""
    return session.address(PAGE, replace(view, opened=int(row["lead_id"])).parameters(LEADS))


_LIST = lists.Shown(PAGE, LEADS, _address, lambda: _nothing(session.scope()))

parts.guarded(main)
