"""The forecast: what will be won in this month and the next two, and how right earlier forecasts were."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import data, parts, session, texts, theme
from dashboards.data import sales
from dashboards.links import ForecastView

PAGE = "forecast"
_ABOUT = "What will be won in this month and the next two: what is open, weighted by its probability, and by what its rep stands for. Each currency by itself."
_BYS = {"rep": "Rep", "territory": "Territory", "region": "Region"}
_PARTS = {"won": "Won", "commit": "Commit", "best_case": "Best case", "pipeline": "Pipeline"}
_LATE = "no day to come"
_ROW_PIXELS, _MOST_ROWS_SEEN = 35, 16


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, ForecastView.from_parameters, ForecastView())
    parts.heading("Forecast", f"{parts.made_up_note(scope)}{_ABOUT}")
    lines = sales.forecast(view.by, scope)
    past = sales.past_forecasts(scope)
    currencies = sorted({line.currency for line in lines} | {hit.currency for hit in past.hits})
    if not currencies:
        _nothing(scope)
        return
    currency = view.currency if view.currency in currencies else currencies[0]
    _head(view, currencies, currency)
    mine = [line for line in lines if line.currency == currency]
    _figures(sales.totals(mine))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _table(mine, view.by)
    with right:
        _chart(sales.totals(mine), currency)
    _past([hit for hit in past.hits if hit.currency == currency], past, currency)


def _head(view: ForecastView, currencies: Sequence[str], currency: str) -> None:
    st.session_state["forecast by"], st.session_state["forecast currency"] = view.by, currency
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="forecast_head"):
        st.segmented_control(
            "By", list(_BYS), key="forecast by", label_visibility="collapsed", format_func=_BYS.__getitem__, width="content",
            on_change=lambda: session.go(PAGE, replace(view, by=st.session_state["forecast by"] or view.by).parameters()),
        )  # fmt: skip
        if len(currencies) > 1:
            st.selectbox("Currency", currencies, key="forecast currency", label_visibility="collapsed", width=120,
                         on_change=lambda: session.go(PAGE, replace(view, currency=st.session_state["forecast currency"]).parameters()))  # fmt: skip
        parts.link_button(PAGE, view.parameters())


def _nothing(scope: data.Scope) -> None:
    if data.overview(scope).accounts:
        with st.container(border=True, key="what_to_do"):
            st.markdown("#### There is nothing to forecast yet\nNothing is open, and nothing was won lately. Open opportunities, or hand in a file of them:")
            st.page_link("pages/leads.py", label="Leads", icon=":material/person_search:")
            parts.import_link()
    else:
        parts.what_to_do(data.overview(scope))


def _month(line: sales.Line) -> str:
    return _LATE if line.month is None else texts.month_name(line.month)


def _figures(totals: Sequence[sales.Line]) -> None:
    cards = []
    for line in totals:
        sums = line.sums
        if line.month is None:
            cards.append(("Late or without a day", texts.large(sums.weighted), f"{sums.deals:,} open, weighted; in no month, since nobody says when"))
        else:
            cards.append(
                (_month(line), texts.large(sums.expected), f"{texts.large(sums.won)} won, {texts.large(sums.weighted)} of {sums.deals:,} open, weighted")
            )
    parts.figures(cards)


def _table(lines: Sequence[sales.Line], by: str) -> None:
    st.html(f'<div class="group">By {by} <span class="hint">{lines[0].currency if lines else ""}</span></div>')
    if not lines:
        st.caption("Nothing is open in this currency.")
        return
    sums = (*_PARTS, "weighted", "expected", "deals")
    frame = pd.DataFrame([{"month": _month(line), by: line.member, **{name: round(getattr(line.sums, name)) for name in sums}} for line in lines])
    numbers = {name: st.column_config.NumberColumn(label, format="localized") for name, label in
               {**_PARTS, "weighted": "Weighted", "expected": "Won + weighted", "deals": "Open"}.items()}  # fmt: skip
    st.dataframe(frame, hide_index=True, key="forecast table", height=2 + _ROW_PIXELS * (1 + min(len(frame), _MOST_ROWS_SEEN)),
                 column_config={"month": "Month", by: _BYS[by], **numbers})  # fmt: skip


def _chart(totals: Sequence[sales.Line], currency: str) -> None:
    """What each month stands on: won, then the surest first."""
    look = theme.look()
    frame = pd.DataFrame([
        {"month": _month(line), "part": label, "order": order, "amount": float(getattr(line.sums, name))}
        for line in totals for order, (name, label) in enumerate(_PARTS.items())
    ], columns=["month", "part", "order", "amount"])  # fmt: skip
    months = list(dict.fromkeys(frame["month"]))
    chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("month:N", sort=months, title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("sum(amount):Q", title=f"Amount, {currency}", axis=alt.Axis(format="~s")),
            color=alt.Color("part:N", sort=list(_PARTS.values()), scale=alt.Scale(domain=list(_PARTS.values()), range=list(theme.CATEGORIES[:4])),
                            legend=alt.Legend(title=None, orient="top")),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("month:N", title="Month"), alt.Tooltip("part:N", title="Part"), alt.Tooltip("amount:Q", title=currency, format=",.0f")],
        )
        .properties(height=300)
        .configure_axis(labelColor=look.muted, titleColor=look.muted, gridColor=look.border)
    )  # fmt: skip
    st.html('<div class="group">By commitment <span class="hint">whole amounts</span></div>')
    st.altair_chart(chart, theme=None, key="forecast chart")


def _past(hits: Sequence[sales.Hit], past: sales.Past, currency: str) -> None:
    """What forecasts said on the first day of their month, beside what was won in it."""
    if not hits:
        return
    st.html('<div class="group">Earlier forecasts <span class="hint">as things were known on the first day of the month</span></div>')
    frame = pd.DataFrame([
        {"month": texts.month_name(hit.month), "weighted": round(hit.said.weighted), "commit": round(hit.said.commit), "won": round(hit.won),
         "off": None if hit.error is None or hit.unknown else float(hit.error * 100), "unknown": hit.unknown or None}
        for hit in hits
    ])  # fmt: skip
    st.dataframe(
        frame, hide_index=True, key="past forecasts",
        column_config={
            "month": "Month", "weighted": st.column_config.NumberColumn("Forecast, weighted", format="localized"),
            "commit": st.column_config.NumberColumn("Committed", format="localized"), "won": st.column_config.NumberColumn("Was won", format="localized"),
            "off": st.column_config.NumberColumn("Off by, %", format="%+.1f"),
            "unknown": st.column_config.NumberColumn("Stage not known", help="Open then, in a stage that nobody knows any more; not in the forecast."),
        },
    )  # fmt: skip
    found = past.accuracy.get(currency)
    if found is not None:
        st.caption(
            f"Over {found.months} months {_percent(found.wape)} off; {'too high' if found.bias > 0 else 'too low'} by {_percent(abs(found.bias))} on the whole."
        )
    elif any(hit.unknown for hit in hits):
        st.caption("How right they were cannot be said yet: what came from a file has no stages from before its import.")


def _percent(share: Decimal) -> str:
    return f"{100 * share:,.1f} %"


parts.guarded(main)
