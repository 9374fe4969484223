"""The page of reports: leads, win rate, times, activity, retention, churn and margin; each as a chart and a table, narrowed, and as a file."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboards import cube_downloads, data, downloads, parts, report_charts, session, texts, theme
from dashboards.data import reports
from dashboards.data.reports import ALL, Figure, Result
from dashboards.links import ReportsView
from gcrm.errors import GcrmError

PAGE = "reports"
_FORMATS: Mapping[str, str] = {"count": "localized", "money": "accounting", "share": "percent", "days": "%.1f", "ratio": "%.2f"}
_LISTS = {"rep": ("reps", "All reps"), "territory": ("territories", "All territories"), "region": ("regions", "All regions")}
_ROW_PIXELS, _MOST_ROWS_SEEN = 35, 14
_FILES = {"CSV": ".csv", "Excel": ".xlsx"}
_CARDS = 5
_DAYS = {"days", "ratio"}


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, ReportsView.from_parameters, ReportsView())
    parts.heading("Reports", f"{parts.made_up_note(scope)}{view.report.about}")
    if not data.overview(scope).accounts:
        parts.what_to_do(data.overview(scope))
        return
    _which(view)
    if view.report.of_cube and data.current_cube() is None:
        parts.what_to_do(data.overview(scope))
        return
    try:
        result = reports.report(view.name, view.by, view.choice, scope)
    except GcrmError as error:
        _head(view, None, scope)
        st.info(texts.plain(str(error)), icon=":material/info:")
        return
    _head(view, result, scope)
    if result.rows.empty:
        _nothing(view)
    else:
        _cards(view, result, scope)
        _body(result)
    _definitions(result)


def _go(view: ReportsView) -> None:
    session.go(PAGE, view.parameters())


def _hold(key: str, value: object) -> None:
    """Lets a widget show what the link says; where it does already, nothing is written, which would undo a click that came while the page was drawn."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _which(view: ReportsView) -> None:
    _hold("report", view.name)
    st.pills(
        "Report", list(reports.REPORTS), key="report", label_visibility="collapsed", format_func=lambda name: reports.REPORTS[name].label,
        on_change=lambda: _go(view.to(st.session_state["report"] or view.name)),
    )  # fmt: skip


def _head(view: ReportsView, result: Result | None, scope: data.Scope) -> None:
    """What the report is split by and narrowed to, its link and its files."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="reports_head"):
        _hold("report by", view.split)
        st.selectbox(
            "By", list(dict.fromkeys((*view.report.bys, view.split))), key="report by", width=130,
            format_func=lambda by: "All together" if by == ALL else by.capitalize(), on_change=lambda: _go(replace(view, by=st.session_state["report by"])),
        )  # fmt: skip
        _months(view)
        known = reports.names(scope)
        for name in view.report.filters:
            _members(view, name, getattr(known, name))
        if result is not None and len(result.currencies) > 1:
            _hold("report currency", result.currency)
            st.selectbox("Currency", result.currencies, key="report currency", width=100,
                         on_change=lambda: _narrow(view, currency=st.session_state["report currency"]))  # fmt: skip
        parts.link_button(PAGE, view.parameters())
        if result is not None and not result.rows.empty and session.may(session.Permission.EXPORT):
            asked = urlencode(view.parameters(), doseq=True)
            with st.popover("Download", icon=":material/download:"):
                files: dict[str, downloads.Write] = {name: partial(_written, view, scope, ending) for name, ending in _FILES.items()}
                cube_downloads.offer(f"report files {asked}", files, f"report {view.name}, {asked}")


def _narrow(view: ReportsView, **chosen: Any) -> None:  # noqa: ANN401 - each as its field of Choice
    _go(replace(view, choice=replace(view.choice, **chosen)))


def _months(view: ReportsView) -> None:
    """The first and the last month of the period; what would end it before it begins moves the other end along."""
    since, until = view.choice.since, view.choice.until
    months = sorted({*reports.last_months(), *filter(None, (since, until))}, reverse=True)

    def choose(end: str) -> None:
        chosen = {"since": since, "until": until, end: st.session_state[f"report {end}"] or ""}
        if chosen["since"] and chosen["until"] and chosen["until"] < chosen["since"]:
            chosen |= dict.fromkeys(("since", "until"), chosen[end])
        _narrow(view, **chosen)

    for end, label, open_end in (("since", "From", "the beginning"), ("until", "To", "today")):
        _hold(f"report {end}", getattr(view.choice, end) or None)
        st.selectbox(label, months, index=None, key=f"report {end}", placeholder=open_end, width=130, format_func=texts.month_name, on_change=choose,
                     args=(end,), help=f"Counts: {view.report.period}." if end == "since" else None)  # fmt: skip


def _members(view: ReportsView, name: str, known: list[str]) -> None:
    field, everybody = _LISTS[name]
    chosen = list(getattr(view.choice, field))
    if len(known) > 1 or chosen:
        _hold(f"report {field}", chosen)
        st.multiselect(name.capitalize(), [*dict.fromkeys([*known, *chosen])], key=f"report {field}", placeholder=everybody, width=165,
                       on_change=lambda: _narrow(view, **{field: tuple(st.session_state[f"report {field}"])}))  # fmt: skip


def _nothing(view: ReportsView) -> None:
    """What to do where the report is empty."""
    with st.container(border=True, key="what_to_do"):
        if view.parameters().keys() - {"report", "by"}:
            st.markdown("#### Nothing is left by these filters\nTake some away, or choose a longer period.")
            st.button("Show all", on_click=lambda: _go(ReportsView(view.name, view.by)))
        elif view.name == "stage-time":
            st.markdown("#### No opportunity has left a stage yet\nMove some on the board; from then on this report tells how long they stay.")
            st.page_link("pages/pipeline.py", label="Pipeline", icon=":material/view_kanban:")
        else:
            what = {"leads": "leads", "win-rate": "opportunities", "cycle-time": "opportunities"}.get(view.name, "orders")
            st.markdown(f"#### There is nothing to report yet\nHand in a file of your {what}.")
            parts.import_link()


def _shown(value: Any, figure: Figure, currency: str) -> str:  # noqa: ANN401 - a count, an amount, a share
    """A figure in words; a dash where it is not known."""
    if pd.isna(value):
        return "-"
    if figure.unit == "share":
        return f"{100 * float(value):,.1f} %"
    if figure.unit in _DAYS:
        return f"{float(value):,.1f}"
    return f"{texts.large(value)} {currency}" if figure.unit == "money" else texts.large(value)


def _cards(view: ReportsView, result: Result, scope: data.Scope) -> None:
    """The figures of everything together, or of the newest period."""
    if result.report.within:
        return
    whole = reports.report(view.name, ALL, view.choice, scope).rows if result.report.has_total else result.rows.tail(1)
    if whole.empty:
        return
    row = whole.iloc[0]
    of = "in all" if result.report.has_total else str(row[result.by])
    parts.figures([(each.label, _shown(row[each.name], each, result.currency), of) for each in _telling(result)])


def _telling(result: Result) -> list[Figure]:
    """The figures that stand above the table: those that are divided out of others, then those others, then the first ones."""
    figures = result.report.figures
    parts_of = {name for each in figures for name in each.divided}
    return sorted(figures, key=lambda each: (not each.divided, each.name not in parts_of))[:_CARDS]


def _body(result: Result) -> None:
    drawn = report_charts.draw(result, theme.look())
    if drawn is None:
        _table(result)
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.altair_chart(drawn.chart, theme=None, key="report chart")
        if drawn.left_out:
            st.caption(f"Not drawn: {drawn.left_out}.")
    with right:
        _table(result)


def _table(result: Result) -> None:
    """The table: numbers as numbers, so that a click on a head sorts them."""
    figures = {each.name: each for each in result.report.figures}
    frame = result.rows.assign(**{name: pd.to_numeric(result.rows[name]) for name in figures})
    if result.report.name == "retention":
        frame, columns = _across(frame, result.by)
    else:
        columns = {name: _column(each, result.currency) for name, each in figures.items()}
    heads = {name: st.column_config.Column(name.capitalize(), pinned=True) for name in (result.by, result.report.within) if name in frame}
    st.dataframe(
        frame, hide_index=True, key="report table", height=2 + _ROW_PIXELS * (1 + min(len(frame), _MOST_ROWS_SEEN)), column_config={**heads, **columns},
        placeholder="",
    )  # fmt: skip
    told = [f"As of {result.as_of:%d %b %Y, %H:%M} UTC, when the cube was built." if result.as_of is not None else "", result.hidden]
    if any(told):
        st.caption(" ".join(filter(None, told)))


def _column(figure: Figure, currency: str) -> Any:  # noqa: ANN401 - Streamlit's configuration of a column
    label = f"{figure.label}, {currency}" if figure.unit == "money" else figure.label
    return st.column_config.NumberColumn(label, format=_FORMATS[figure.unit], help=figure.definition)


def _across(frame: pd.DataFrame, by: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Cohorts down the side, the periods after the first one across the top."""
    wide = frame[frame["after"] > 0].pivot_table(index=by, columns="after", values="retention", sort=False).add_prefix("+")
    sizes = frame.groupby(by, sort=False)["customers"].first()
    columns = {"customers": st.column_config.NumberColumn("Customers", format="localized")}
    columns |= {str(name): st.column_config.NumberColumn(str(name), format="percent", help=f"Ordered again {str(name)[1:]} {by}s later.") for name in wide}
    return sizes.to_frame().join(wide).reset_index(), columns


def _definitions(result: Result) -> None:
    with st.expander("What the figures mean", icon=":material/help:"):
        st.markdown(f"The period counts {result.report.period}. Territories and regions are those of today.")
        st.markdown("\n".join(f"- **{each.label}**: {each.definition}" for each in result.report.figures))


def _written(view: ReportsView, scope: data.Scope, ending: str, folder: Path) -> downloads.Written:
    """The file of a report, asked again when it is fetched."""
    target = folder / f"{view.name}{ending}"
    result = reports.report(view.name, view.by, view.choice, scope)
    return downloads.Written(target, reports.write(result, target))


parts.guarded(main)
