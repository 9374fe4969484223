"""Parts of the pages that show cases and lists: a case in a few lines, its deadline, the pages of a list."""

import html
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import data, session
from dashboards.data import activity_lists
from dashboards.data.lists import CASES
from dashboards.links import ListView

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def pager(page: str, first_page: session.Parameters, next_page: session.Parameters, *, first: bool, more: bool) -> None:
    """The buttons that turn the pages of a list.

    Args:
        page: name of the page.
        first_page: link to the first one.
        next_page: link to the next one.
        first: whether this is the first one.
        more: whether there is a next one.
    """
    if first and not more:
        return
    with st.container(horizontal=True, gap="xsmall", key="pager"):
        st.button("First", icon=":material/first_page:", type="tertiary", disabled=first, on_click=session.go, args=(page, first_page))
        st.button("Next", icon=":material/chevron_right:", type="tertiary", disabled=not more, on_click=session.go, args=(page, next_page))


def short_list(cases: pd.DataFrame, at: datetime) -> None:
    """Cases in two lines each, with the way to them.

    Args:
        cases: of `data.cases.cases`.
        at: the moment that deadlines are told from.
    """
    if cases.empty:
        st.caption("None.")
        return
    st.html(f'<div class="history"><ul>{"".join(_line(row, at) for row in activity_lists.records(cases))}</ul></div>')


def _line(row: Mapping[Any, Any], at: datetime) -> str:
    link = html.escape(session.address("cases", ListView(opened=row["case_id"]).parameters(CASES)))
    about = " · ".join(html.escape(str(each)) for each in (row["account"], row["product"], row["status"]) if each)
    return (
        f'<li><div><i>{row["kind"]}</i> <a href="{link}" target="_self">{html.escape(row["subject"])}</a><small>{about}</small></div>'
        f'<span class="deadline {"late" if is_late(row, at) else ""}">{html.escape(deadline(row, at))}</span></li>'
    )


def is_late(row: Mapping[Any, Any], at: datetime) -> bool:
    """Whether a case is or was late.

    Args:
        row: of `data.cases.cases`.
        at: the moment that is asked about.
    """
    return data.cases.standing(dict(row)).breached(at)


def deadline(row: Mapping[Any, Any], at: datetime) -> str:
    """The deadline that counts now, in words.

    Args:
        row: of `data.cases.cases`.
        at: the moment that it is told from.
    """
    due = data.cases.standing(dict(row)).next_deadline
    if due is None:
        return "was late" if is_late(row, at) else "was met"
    what = "solve" if row["responded_at"] is not None else "answer"
    away = abs(due - at)
    told = f"{away / _DAY:,.0f} d" if away >= 2 * _DAY else f"{away / _HOUR:,.0f} h" if away >= _HOUR else f"{away.seconds // 60} min"
    return f"{what} in {told}" if due >= at else f"{what}: {told} late"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
