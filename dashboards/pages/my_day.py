"""My day: what a rep has to do, the visits on a map, new leads near them, cases near their deadline; done, put off or cancelled right here, with an undo."""

import html
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import activity_forms, case_parts, data, intake_service, maps, parts, session, street_map, texts, theme
from dashboards.data import activity_lists
from dashboards.data.lists import ACTIVITIES, LEADS
from dashboards.links import DayView, ListView

PAGE = "my-day"
_CHART, _LINK = "map of the day", "calendar link of the day"
_MOST, _MOST_CASES, _MOST_LEADS = 40, 8, 6
_NEAR = timedelta(hours=48)


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, DayView.from_parameters, DayView())
    reps = activity_lists.reps(scope)
    if reps.empty:
        parts.heading("My day", "What is to be done today, on a map and in order.")
        _nothing()
        return
    known = [int(each) for each in reps["rep_id"]]
    wanted: int | None = view.rep if view.rep is not None else st.session_state.get("my rep")
    rep = wanted if wanted is not None and wanted in known else known[0]
    st.session_state["my rep"] = rep
    today = datetime.now(data.zone()).date()
    day = view.day or today
    at = datetime.now(UTC) if day == today else datetime.combine(day, time(), data.zone())
    _choose(view, reps, rep, day)
    planned = activity_lists.planned(activity_lists.Choice((rep,)), scope, _MOST, until=datetime.combine(day + timedelta(days=1), time(), data.zone()))
    late = planned["due_at"] < at
    due = data.cases.cases(activity_lists.Choice((rep,)), scope, _MOST_CASES, until=at + _NEAR)
    parts.heading(f"{day:%A} {day.day} {day:%B}", f"{parts.made_up_note(scope)}{dict(zip(known, reps['name'], strict=True))[rep]}")
    activity_forms.result()
    parts.figures([
        ("To do", f"{int((~late).sum()):,}", "that day"),
        ("Overdue", f"{int(late.sum()):,}{'+' if len(planned) == _MOST else ''}", "from before"),
        ("Visits", f"{int((planned['kind'] == 'visit').sum()):,}", "on the map"),
        ("Cases", f"{len(due):,}{'+' if len(due) == _MOST_CASES else ''}", "late, or due within 48 hours"),
    ])  # fmt: skip
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _list("To do", planned[~late], at)
        _list("Overdue", planned[late], at)
        if planned.empty:
            with st.container(border=True, key="what_to_do"):
                st.markdown("#### Nothing is due\nPlan a call or a visit on the page of an account, or look at another day.")
                st.page_link("pages/account.py", label="Choose an account", icon=":material/contacts:")
    with right, st.container(key="my_day_right"):
        visits = _visits(planned)
        _map(visits)
        _leads(rep, visits)
        st.html('<div class="group">Cases near their deadline</div>')
        case_parts.short_list(due, at)
        shown = ListView((("state", ("planned",)), ("rep", (str(rep),))), sort="at").parameters(ACTIVITIES)
        st.link_button("All that is planned", session.address("activities", shown), icon=":material/event_note:")


def _choose(view: DayView, reps: pd.DataFrame, rep: int, day: object) -> None:
    names = dict(reps[["rep_id", "name"]].itertuples(index=False, name=None))
    with st.sidebar:
        st.session_state["rep of the day"], st.session_state["day"] = rep, day

        def choose() -> None:
            chosen = st.session_state["day"]
            today = datetime.now(data.zone()).date()
            session.go(PAGE, replace(view, rep=st.session_state["rep of the day"], day=None if chosen in (None, today) else chosen).parameters())

        st.selectbox("Rep", list(names), key="rep of the day", format_func=names.__getitem__, on_change=choose)
        st.date_input("Day", key="day", format="YYYY-MM-DD", on_change=choose)
        if session.may(session.Permission.WORK):
            _calendar(rep, names[rep])


def _calendar(rep: int, name: str) -> None:
    """The secret link by which a calendar program reads what the rep has planned: made, shown once, revoked."""

    def make() -> None:
        st.session_state[_LINK] = (rep, session.address(intake_service.make_calendar_link(rep), {}))

    def end() -> None:
        st.session_state.pop(_LINK, None)
        intake_service.end_calendar_link(rep)

    with st.popover("In my calendar", icon=":material/calendar_add_on:"):
        found = data.calendar_links.link(rep, session.name())
        of, address = st.session_state.get(_LINK, (None, ""))
        if found is not None and of == rep:
            st.code(address, language=None, wrap_lines=True)
            st.caption("Subscribe to it in your calendar program. Copy it now, it is not shown again: whoever has it reads this without signing in.")
        elif found is not None:
            read = f"read last {activity_forms.day_and_time(found.read_at)}" if found.read_at is not None else "not read yet"
            st.caption(f"You have a link, made {activity_forms.day_and_time(found.made_at)}, {read}.")
        else:
            st.caption(texts.plain(f"A secret link shows a calendar program what {name} has planned with accounts that you see."))
        with st.container(horizontal=True, gap="small"):
            st.button("Make a link" if found is None else "Make another", icon=":material/link:", help="A link made before stops working", on_click=make)
            if found is not None:
                st.button("Revoke", icon=":material/link_off:", on_click=end)


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### There are no reps yet\nThe day is that of a rep. Hand in a file of your reps, then one of what they have planned:")
        st.code("gcrm import reps REPS.csv\ngcrm import activities ACTIVITIES.csv", language=None)


def _list(title: str, planned: pd.DataFrame, at: datetime) -> None:
    if planned.empty:
        return
    st.html(f'<div class="group">{title}</div>')
    for row in activity_lists.records(planned):
        activity_forms.item(row, at, with_account=True)


def _visits(planned: pd.DataFrame) -> pd.DataFrame:
    """The visits whose place is known, in the order of their times."""
    return planned[(planned["kind"] == "visit") & planned["longitude"].notna()].reset_index(drop=True)


def _leads(rep: int, visits: pd.DataFrame) -> None:
    """New leads that can be looked in on, on the way."""
    if visits.empty:
        return
    places = list(zip(visits["longitude"], visits["latitude"], strict=True))
    found = activity_lists.records(activity_lists.leads_near(rep, places, session.scope(), _MOST_LEADS))
    if found:
        st.html(f'<div class="group">New leads near these visits</div><div class="history"><ul>{"".join(map(_lead, found))}</ul></div>')


def _lead(row: dict[Any, Any]) -> str:
    link = html.escape(session.address("leads", ListView(opened=row["lead_id"]).parameters(LEADS)))
    about = " · ".join(html.escape(str(each)) for each in (row["interest"], row["address"]) if each)
    rating = f"<i>{html.escape(row['rating'])}</i> " if row["rating"] else ""
    near = f'<span class="deadline">{row["metres"]:,.0f} m from {row["number"]}</span>'
    return f'<li><div>{rating}<a href="{link}" target="_self">{html.escape(row["name"])}</a><small>{about}</small></div>{near}</li>'


def _map(visits: pd.DataFrame) -> None:
    """The visits of the day, numbered."""
    if visits.empty:
        st.caption("No visit with a known place is due.")
        return
    points = pd.DataFrame({"number": range(1, len(visits) + 1), "name": visits["account"], "longitude": visits["longitude"], "latitude": visits["latitude"]})
    camera = street_map.around(list(zip(points["longitude"], points["latitude"], strict=True)))
    st.html(f'<div class="group">Visits <span class="hint">{html.escape("numbered in the order of their times")}</span></div>')
    street_map.draw(maps.point_layers(points, theme.look()), camera, key=_CHART, card="<div><span>{number}</span><b>{name}</b></div>")


parts.guarded(main)
