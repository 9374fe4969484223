"""The page of cases: what has to be solved, by its deadline; one case with its notes and moves."""

import html
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from dashboards import activity_forms, case_parts, custom_fields, data, list_filters, lists, parts, sales_parts, session, texts
from dashboards.data import CASE_MOVES, PRIORITIES, UNSOLVED, activity_lists
from dashboards.data.lists import CASES
from dashboards.intake_service import WrittenCase, assign_case, comment_case, move_case, set_priority, undo_case
from dashboards.links import AccountView, ListView

PAGE = "cases"
_SHOWN = {"To be solved": UNSOLVED, "All": data.STATUSES}
_VERBS = {"open": "Work on it", "waiting": "Wait for the customer", "solved": "Solved", "closed": "Close"}


def main() -> None:
    """Draws the page."""
    view = session.asked(PAGE, _asked, _LIST.first)
    if view.opened is None:
        _listed(view)
        return
    case = data.cases.case(view.opened, session.scope())
    if case is None:
        st.warning("There is no such case, or you may not see it.", icon=":material/search_off:")
        _listed(replace(view, opened=None))
        return
    session.note_read(f"case {view.opened}")
    _one(view, case)


def _asked(said: dict[str, list[str]]) -> ListView:
    """What the link asks for; what is to be solved where it names no status."""
    view = ListView.from_parameters(CASES, said)
    return view if view.members("status") else replace(view, where=(("status", UNSOLVED), *view.where))


def _listed(view: ListView) -> None:
    parts.heading("Cases", f"{parts.made_up_note(session.scope())}Questions, complaints and faults; what has to be done first stands first.")
    activity_forms.result()
    sales_parts.result(PAGE)
    st.session_state["cases shown"] = next((label for label, statuses in _SHOWN.items() if statuses == view.members("status")), None)

    def show() -> None:
        list_filters.go(PAGE, CASES, view.filtered("status", _SHOWN.get(st.session_state["cases shown"], UNSOLVED)))

    st.segmented_control("Show", list(_SHOWN), key="cases shown", label_visibility="collapsed", on_change=show)
    lists.draw(_LIST, view)


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### No case waits\nOpen one on the page of an account, or hand in a file of cases:")
        st.page_link("pages/accounts.py", label="Choose an account", icon=":material/contacts:")
        st.code("gcrm import cases CASES.csv", language=None)


def _one(view: ListView, case: dict[str, Any]) -> None:
    at = case_parts.now()
    zone = data.zone()
    st.button("All cases", icon=":material/arrow_back:", type="tertiary", on_click=list_filters.go, args=(PAGE, CASES, replace(view, opened=None)))
    about = (case["kind"], case["priority"], case["product"], f"came {case['opened_at'].astimezone(zone):%d %b %Y, %H:%M}", case["channel"])
    parts.heading(case["subject"], ", ".join(filter(None, about)))
    activity_forms.result()
    answer_until, solve_until = (f"{case[name].astimezone(zone):%d %b, %H:%M}" for name in ("response_due_at", "solution_due_at"))
    answered = "None yet" if case["responded_at"] is None else f"{case['responded_at'].astimezone(zone):%d %b, %H:%M}"
    parts.figures([
        ("Status", case["status"].capitalize(), case["rep"] or "nobody works on it yet"),
        ("Deadline", case_parts.deadline(case, at).capitalize(), f"answer until {answer_until}, solve until {solve_until}"),
        ("First answer", answered, ""),
    ])  # fmt: skip
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _notes(case)
    with right:
        _customer(case)
        if session.may(session.Permission.WORK):
            _change(case)
        custom_fields.draw("cases", case["case_id"], data.values_of("cases", case["case_id"], session.scope()))


def _notes(case: dict[str, Any]) -> None:
    """What was said and done, and a field to say more; the moves that are allowed take the note with them."""
    case_id = case["case_id"]
    notes = data.cases.comments(case_id, session.scope())
    st.html('<div class="group">What was said and done</div>')
    rows = "".join(
        f"<li><time>{row['at'].astimezone(data.zone()):%d %b, %H:%M}</time><div><i>{html.escape(row['kind'])}</i> {html.escape(row['text'] or '')}"
        f"<small>{html.escape(row['who'] or '')}</small></div></li>"
        for row in activity_lists.records(notes)
    )
    st.html(f'<div class="history"><ul>{rows}</ul></div>' if rows else '<div class="hint">Nothing yet.</div>')
    if not session.may(session.Permission.WORK):
        return
    key = f"note on {case_id} {len(notes)}"
    st.text_area("Note", key=key, height=90, placeholder="What was said or done")

    def said() -> str:
        return str(st.session_state.get(key) or "")

    with st.container(horizontal=True, gap="small", key="case_moves"):
        _act("Add the note", ":material/edit_note:", lambda: comment_case(case_id, said()), "The note is written.")
        for to in CASE_MOVES[case["status"]]:
            label = "Open it again" if to == "open" and case["status"] in ("solved", "closed") else _VERBS[to]
            _act(label, ":material/arrow_forward:", partial(_move, case_id, to, said), f"The case is {to}.", primary=to == "solved")


def _move(case_id: int, to: str, said: Callable[[], str]) -> WrittenCase:
    return move_case(case_id, to, said())


def _act(label: str, icon: str, write: Callable[[], WrittenCase], said: str, *, primary: bool = False) -> None:
    def undoable() -> Callable[[], None]:
        written = write()
        return lambda: undo_case(written)

    st.button(label, icon=icon, key=f"do {label}", type="primary" if primary else "secondary", on_click=activity_forms.attempt, args=(undoable, said))


def _customer(case: dict[str, Any]) -> None:
    link = session.address("account", AccountView(case["account_id"]).parameters())
    below = " · ".join(html.escape(str(each)) for each in (case["address"], case["contact"], case["phone"]) if each)
    name = f'<a href="{html.escape(link)}" target="_self"><b>{html.escape(case["account"])}</b></a>'
    st.html(f'<div class="group">Customer</div><div class="todo">{name}<small>{below}</small></div>')


def _change(case: dict[str, Any]) -> None:
    case_id = case["case_id"]
    reps = dict(activity_lists.reps(session.scope())[["rep_id", "name"]].itertuples(index=False, name=None))
    rep_key, priority_key = f"rep of case {case_id} {case['rep_id']}", f"priority of case {case_id} {case['priority']}"

    def assign() -> None:
        rep = st.session_state[rep_key]
        if rep is not None:
            activity_forms.attempt(lambda: _undo(assign_case(case_id, rep)), f"{reps[rep]} works on it.")

    def prioritise() -> None:
        priority = st.session_state[priority_key]
        activity_forms.attempt(lambda: _undo(set_priority(case_id, priority)), f"The priority is {priority}, and the deadlines follow from it.")

    known = list(reps)
    st.selectbox("Rep", known, key=rep_key, format_func=reps.__getitem__, index=known.index(case["rep_id"]) if case["rep_id"] in known else None,
                 placeholder="nobody yet", on_change=assign)  # fmt: skip
    st.selectbox("Priority", PRIORITIES, key=priority_key, index=PRIORITIES.index(case["priority"]), format_func=str.capitalize, on_change=prioritise)
    st.caption(texts.plain("Another priority sets the deadlines anew, from the time it came."))


def _undo(written: WrittenCase) -> Callable[[], None]:
    return lambda: undo_case(written)


def _case(view: ListView, row: lists.Row) -> str:
    """The page of a case."""
    return session.address(PAGE, replace(view, opened=int(row["case_id"])).parameters(CASES))


_LIST = lists.Shown(
    PAGE, CASES, _case, _nothing, ListView((("status", UNSOLVED),)),
    {"Deadline": lambda row: case_parts.deadline(row, case_parts.now()), "Late": lambda row: "late" if case_parts.is_late(row, case_parts.now()) else ""},
)  # fmt: skip

parts.guarded(main)
