"""The history of a customer: what is planned, what happened, in one order of time; what to do about it stands above it."""

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import streamlit as st

from dashboards import activity_forms, data, session, texts
from dashboards.data import activity_lists
from dashboards.links import AccountView

_MOST, _MOST_PLANNED = 25, 20
_LABELS = {
    "activities": "Activities", "orders": "Orders", "opportunities": "Opportunities", "cases": "Cases", "campaigns": "Campaigns", "consents": "Consents",
    "changes": "Changes",
}  # fmt: skip
_CHANGED = {"accounts": "account", "contacts": "contact", "opportunities": "opportunity", "cases": "case"}


def draw(page: str, view: AccountView, account_id: int) -> None:
    """The history of an account, with what is planned above it.

    Args:
        page: name of the page, whose link says which part is shown.
        view: what the link says.
        account_id: of the account.
    """
    scope = session.scope()
    activity_forms.result()
    activity_forms.entry(account_id)
    planned = activity_lists.planned(activity_lists.Choice(), scope, _MOST_PLANNED, account_id=account_id)
    if len(planned):
        st.html('<div class="group">Planned</div>')
        for row in activity_lists.records(planned):
            activity_forms.item(row, datetime.now(UTC), with_account=False)
    st.html('<div class="group">History</div>')
    _filter(page, view)
    found = activity_lists.history(account_id, activity_lists.Events(view.shown), scope, _MOST + 1, after=view.event)
    if found.empty:
        beginning = "Nothing is known to have happened yet. Log a call or write a note above." if not view.shown else "There is none."
        st.caption("That was the beginning." if view.before else beginning)
    events = activity_lists.records(found.head(_MOST))
    if events:
        st.html(f'<div class="history">{"".join(_days(events))}</div>')
    if view.before or len(found) > _MOST:
        last = events[-1] if events else {}
        before = f"{last['at'].isoformat()}~{last['object']}~{last['record_id']}" if last else view.before
        with st.container(horizontal=True, gap="xsmall", key="history_pager"):
            _turn("Newest", ":material/first_page:", page, replace(view, before=""), disabled=not view.before)
            _turn("Older", ":material/chevron_right:", page, replace(view, before=before), disabled=len(found) <= _MOST)


def _turn(label: str, icon: str, page: str, view: AccountView, *, disabled: bool) -> None:
    st.button(label, icon=icon, type="tertiary", disabled=disabled, on_click=session.go, args=(page, view.parameters()))


def _filter(page: str, view: AccountView) -> None:
    st.session_state["history shown"] = list(view.shown)
    st.pills(
        "Show", list(_LABELS), selection_mode="multi", key="history shown", label_visibility="collapsed", format_func=_LABELS.__getitem__,
        on_change=lambda: session.go(page, replace(view, shown=tuple(st.session_state["history shown"]), before="").parameters()),
    )  # fmt: skip


def _days(events: list[dict[Any, Any]]) -> Iterator[str]:
    """The events as HTML, day by day."""
    zone = data.zone()
    for day, of_day in groupby(events, key=lambda event: event["at"].astimezone(zone).date()):
        yield f"<h4>{day:%a} {day.day} {day:%b %Y}</h4><ul>{''.join(_event(event) for event in of_day)}</ul>"


def _event(event: dict[Any, Any]) -> str:
    time = event["at"].astimezone(data.zone())
    kind = f"{_CHANGED.get(event['kind'], event['kind'])} changed" if event["object"] == "changes" else texts.event_name(event["object"], event["kind"])
    amount = f"<b>{event['amount']:,} {html.escape(event['currency'])}</b>" if event["amount"] is not None else ""
    told = ": ".join(
        html.escape(str(event[name]).replace("_", " ") if event["object"] == "changes" else str(event[name])) for name in ("title", "detail") if event[name]
    )
    below = " · ".join(html.escape(str(event[name])) for name in ("who", "channel", "department") if event[name])
    return (
        f'<li class="{event["object"]}"><time>{time:%H:%M}</time><div><i>{html.escape(kind)}</i> {told}'
        f"{f'<small>{below}</small>' if below else ''}</div>{amount}</li>"
    )
