"""What is done with activities, on every page that shows them: log, plan, done, postpone, cancel, check in; each with an undo."""

import html
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import streamlit as st

from dashboards import data, intake_service, session, texts
from dashboards.data import CASE_KINDS, PRIORITIES, Urgency, activity_lists
from dashboards.intake_service import Details, NewCase, Plan, Written, WrittenCase
from dashboards.links import AccountView
from gcrm.errors import GcrmError

_RESULT = "result of the daily work"
_ENTRY = "what to write"
_ROUND = "round of the daily forms"
_NEW = {"call": "Log a call", "visit": "Log a visit", "note": "Add a note", "plan": "Plan a task", "case": "Open a case"}
_ICONS = {"call": "call", "visit": "storefront", "mail": "mail", "meeting": "groups", "note": "edit_note", "task": "task_alt"}
_REPEATS: Mapping[str, str] = {
    "": "Never", "FREQ=DAILY": "Every day", "FREQ=WEEKLY": "Every week", "FREQ=WEEKLY;INTERVAL=2": "Every second week", "FREQ=MONTHLY": "Every month",
    "FREQ=MONTHLY;INTERVAL=3": "Every quarter", "FREQ=YEARLY": "Every year",
}  # fmt: skip
_REMINDERS: Mapping[int | None, str] = {None: "None", 15: "15 minutes before", 60: "An hour before", 1440: "A day before"}
_FIRST_HOUR = time(9)

type _Undo = Callable[[], None]


def say(kind: str, text: str, undo: _Undo | None = None) -> None:
    """Keeps what was done, for `result`.

    Args:
        kind: success or warning.
        text: what is said; as it is.
        undo: takes it back; None where that cannot be.
    """
    st.session_state[_RESULT] = (kind, texts.plain(text), undo)


def tried(act: Callable[[], _Undo | None], said: str) -> bool:
    """Does something, and keeps what is to be said of it.

    Args:
        act: does it, and gives its undo.
        said: of what was done.

    Returns:
        Whether it could be done.
    """
    try:
        say("success", said, act())
    except GcrmError as error:
        say("warning", str(error))
        return False
    return True


def attempt(act: Callable[[], _Undo | None], said: str) -> None:
    """Does something, and keeps what is to be said of it; see `tried`."""
    tried(act, said)


def result() -> None:
    """What the last click did, with its undo."""
    kept = st.session_state.get(_RESULT)
    if kept is None:
        return
    kind, text, undo = kept
    with st.container(horizontal=True, vertical_alignment="center", key="daily_result"):
        {"success": st.success, "warning": st.warning}[kind](text, icon=":material/check_circle:" if kind == "success" else ":material/rule:")
        if undo is not None:
            st.button("Undo", icon=":material/undo:", key="undo daily", on_click=attempt, args=(_taken_back(undo), "It is taken back."))
        st.button("Close", icon=":material/close:", type="tertiary", key="close daily", on_click=lambda: st.session_state.pop(_RESULT, None))


def _taken_back(undo: _Undo) -> Callable[[], None]:
    return undo


def entry(account_id: int) -> None:
    """What can be written of an account, and the form of what was chosen.

    Args:
        account_id: of the account.
    """
    if not session.may(session.Permission.WORK):
        return
    chosen = st.segmented_control("Write", list(_NEW), key=_ENTRY, label_visibility="collapsed", format_func=_NEW.__getitem__)
    if chosen is None:
        return
    form = st.session_state.get(_ROUND, 0)
    with st.form(f"daily {chosen} {form}", border=True):
        {"plan": _plan, "case": _case}.get(chosen, _log)(account_id, chosen, form)


def _log(account_id: int, kind: str, form: int) -> None:
    keys = {name: f"{name} of {kind} {form}" for name in ("about", "outcome", "channel", "department", "contact", "opportunity")}
    st.text_area("Note", key=keys["about"], height=90) if kind == "note" else st.text_input("What it was about", key=keys["about"])
    if kind != "note":
        st.text_input("What came of it", key=keys["outcome"])
    _partners(account_id, keys)
    left, right = st.columns(2)
    left.text_input("Department", key=keys["department"], value=st.session_state.get("my department", ""), placeholder="such as sales or service")
    right.text_input("Channel", key=keys["channel"], value={"call": "phone"}.get(kind, ""), placeholder="such as phone, shop or web")

    def save() -> None:
        typed: dict[str, Any] = {name: st.session_state.get(key) or "" for name, key in keys.items()}
        details = Details(
            account_id, kind, typed["about"], contact_id=typed["contact"] or None, opportunity_id=typed["opportunity"] or None, channel=typed["channel"],
            department=typed["department"],
        )  # fmt: skip
        st.session_state["my department"] = typed["department"]
        if tried(lambda: _undo_of(intake_service.log_activity(details, typed["outcome"])), f"The {kind} is written down."):
            _close(form)

    st.form_submit_button("Save", type="primary", icon=":material/check:", on_click=save)


def _plan(account_id: int, _: str, form: int) -> None:
    names = ("kind", "about", "day", "time", "minutes", "reminder", "repeat", "rep", "contact", "opportunity")
    keys = {name: f"{name} of plan {form}" for name in names}
    left, right = st.columns(2)
    left.selectbox("What", ["task", "call", "visit", "meeting", "mail"], key=keys["kind"], format_func=str.capitalize)
    right.text_input("About", key=keys["about"])
    left, middle, right = st.columns(3)
    left.date_input("Day", value=_tomorrow(), key=keys["day"], format="YYYY-MM-DD")
    middle.time_input("Time", value=_FIRST_HOUR, key=keys["time"], step=900)
    right.number_input("Minutes", min_value=5, max_value=10_080, value=30, step=5, key=keys["minutes"])
    left, middle, right = st.columns(3)
    left.selectbox("Repeats", list(_REPEATS), key=keys["repeat"], format_func=_REPEATS.__getitem__)
    middle.selectbox("Reminder", list(_REMINDERS), key=keys["reminder"], format_func=_REMINDERS.__getitem__)
    names_of = dict(activity_lists.reps(session.scope())[["rep_id", "name"]].itertuples(index=False, name=None))
    right.selectbox("Rep", list(names_of), key=keys["rep"], format_func=names_of.__getitem__, index=_usual_rep(list(names_of)), placeholder="nobody")
    _partners(account_id, keys)

    def save() -> None:
        typed: dict[str, Any] = {name: st.session_state.get(key) for name, key in keys.items()}
        details = Details(account_id, typed["kind"], typed["about"], typed["rep"], typed["contact"], typed["opportunity"], duration_minutes=typed["minutes"])
        due = datetime.combine(typed["day"], typed["time"], data.zone())
        when = Plan(due, typed["reminder"], typed["repeat"])
        if tried(lambda: _undo_of(intake_service.plan_activity(details, when)), f"The {typed['kind']} is planned for {day_and_time(due)}."):
            _close(form)

    st.form_submit_button("Plan", type="primary", icon=":material/event:", on_click=save)


def _case(account_id: int, _: str, form: int) -> None:
    keys = {name: f"{name} of case {form}" for name in ("kind", "priority", "about", "product", "channel", "contact", "opportunity")}
    left, right = st.columns(2)
    left.selectbox("Kind", CASE_KINDS, key=keys["kind"], format_func=str.capitalize, index=CASE_KINDS.index("complaint"))
    right.selectbox("Priority", PRIORITIES, key=keys["priority"], format_func=str.capitalize, index=PRIORITIES.index("normal"))
    st.text_input("About", key=keys["about"])
    products = dict(data.cases.products(session.scope())[["product_id", "name"]].itertuples(index=False, name=None))
    left, right = st.columns(2)
    left.selectbox("Product", list(products), key=keys["product"], format_func=products.__getitem__, index=None, placeholder="none")
    right.text_input("Channel", key=keys["channel"], value="phone", placeholder="such as phone, shop or web")
    _partners(account_id, keys)

    def save() -> None:
        typed = {name: st.session_state.get(key) for name, key in keys.items()}
        case = NewCase(
            account_id, str(typed["kind"]), str(typed["about"]), str(typed["priority"]), contact_id=typed["contact"], product_id=typed["product"],
            channel=str(typed["channel"]),
        )  # fmt: skip
        if tried(lambda: _undo_of_case(intake_service.open_case(case)), f"The {case.kind} is opened; it stands on the page Cases."):
            _close(form)

    st.form_submit_button("Open the case", type="primary", icon=":material/support_agent:", on_click=save)


def _partners(account_id: int, keys: Mapping[str, str]) -> None:
    """Whom it is with and what it is about, where the account has any."""
    found = activity_lists.partners_of(account_id, session.scope())
    for what, label in (("contact", "With"), ("opportunity", "Opportunity")):
        names = dict(found.loc[found["what"] == what, ["key", "name"]].itertuples(index=False, name=None))
        if names:
            st.selectbox(
                label, list(names), key=keys[what], format_func=names.__getitem__, index=None, placeholder="nobody named" if what == "contact" else "none"
            )


def item(row: Mapping[Any, Any], at: datetime, *, with_account: bool) -> None:
    """Something planned, with what can be done about it.

    Args:
        row: of `activity_lists.planned`, None for what is missing.
        at: the moment from which it is overdue or due today.
        with_account: whether the account is named.
    """
    activity_id, due = row["activity_id"], row["due_at"]
    urgency = Plan(due).urgency(at, data.zone())
    repeats = _REPEATS.get(row["repeat_rule"], row["repeat_rule"]) if row["repeat_rule"] else ""
    about = [day_and_time(due), repeats, *([] if with_account else [row["rep"]]), row["contact"], row["phone"]]
    name = html.escape(row["subject"] or ("" if with_account else row["kind"].capitalize()))
    if with_account:
        link = html.escape(session.address("account", AccountView(row["account_id"]).parameters()))
        name = f'<a href="{link}" target="_self">{html.escape(row["account"])}</a> {name}'
        about.append(row["address"])
    told = " · ".join(html.escape(str(each)) for each in about if each)
    arrived = f"<small>{html.escape(_arrival(row['check_in_distance_m']))}</small>" if row["checked_in_at"] is not None else ""
    mark = "" if urgency is Urgency.LATER else urgency
    with st.container(border=True, key=f"activity-{activity_id}", gap="small"):
        st.html(f'<div class="todo {mark}"><i>{row["kind"]}</i><b>{name}</b><small>{told}</small>{arrived}</div>')
        if session.may(session.Permission.WORK):
            _actions(activity_id, row["kind"], due)


def _actions(activity_id: int, kind: str, due: datetime) -> None:
    outcome = f"outcome of {activity_id}"

    def written(write: Callable[[], Written], said: str) -> None:
        attempt(lambda: _undo_of(write()), said)

    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("What came of it", key=outcome, label_visibility="collapsed", placeholder="What came of it", width=170)
        st.button(
            "Done", icon=":material/check:", key=f"done {activity_id}", on_click=written,
            args=(lambda: intake_service.complete_activity(activity_id, st.session_state.get(outcome, "")), f"The {kind} is done."),
        )  # fmt: skip
        with st.popover("Later", icon=":material/event_upcoming:"):
            for label, to in (("Tomorrow", _on(_tomorrow(), due)), ("In a week", _on(_tomorrow() + timedelta(days=6), due))):
                st.button(
                    f"{label}, {day_and_time(to)}", key=f"{label} {activity_id}", on_click=written,
                    args=(lambda to=to: intake_service.postpone_activity(activity_id, to), f"The {kind} is put off to {day_and_time(to)}."),
                )  # fmt: skip
        if kind == "visit":
            _check_in(activity_id, written)
        st.button(
            "Cancel", icon=":material/close:", type="tertiary", key=f"cancel {activity_id}", on_click=written,
            args=(lambda: intake_service.cancel_activity(activity_id, st.session_state.get(outcome, "")), f"The {kind} is cancelled."),
        )  # fmt: skip


def _check_in(activity_id: int, written: Callable[[Callable[[], Written], str], None]) -> None:
    """Where the rep is, as the phone's map shows it."""
    key = f"point of {activity_id}"
    with st.popover("Check in", icon=":material/my_location:"):
        st.text_input(
            "Longitude, latitude", key=key, placeholder="such as 24.9384, 60.1699", help="Where you are, in decimal degrees (WGS 84), the longitude first."
        )

        def check_in() -> None:
            try:
                longitude, latitude = (float(part) for part in st.session_state[key].replace(",", " ").split())
            except ValueError:
                say("warning", "A point is two numbers, longitude and latitude in degrees, such as 24.9384, 60.1699.")
                return
            written(lambda: intake_service.check_in(activity_id, longitude, latitude), "You are checked in.")

        st.button("Check in", type="primary", key=f"check in {activity_id}", on_click=check_in)


def _arrival(distance_m: float | None) -> str:
    if distance_m is None:
        return "checked in"
    return f"checked in {distance_m:,.0f} m away" + (", which is far" if intake_service.is_far(distance_m) else "")


def day_and_time(at: datetime) -> str:
    """A time as `Mon 4 May, 09:00`, by the clock of the working day."""
    local = at.astimezone(data.zone())
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _undo_of(written: Written) -> _Undo:
    return lambda: intake_service.undo_activity(written)


def _undo_of_case(written: WrittenCase) -> _Undo:
    return lambda: intake_service.undo_case(written)


def _close(form: int) -> None:
    """Leaves the form, and makes the next one empty."""
    st.session_state[_ROUND] = form + 1
    st.session_state[_ENTRY] = None


def _tomorrow() -> date:
    return datetime.now(data.zone()).date() + timedelta(days=1)


def _on(day: date, due: datetime) -> datetime:
    """Another day, at the same time by the clock."""
    return datetime.combine(day, due.astimezone(data.zone()).time(), data.zone())


def _usual_rep(reps: list[int]) -> int | None:
    """The rep whose day was looked at last."""
    rep = st.session_state.get("my rep")
    return reps.index(rep) if rep in reps else None
