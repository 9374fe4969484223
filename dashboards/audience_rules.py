"""The rules of an audience, at the left of its page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards import area_filter, sales_parts
from dashboards.data import lists
from dashboards.data.audiences import CHANNELS, Choices, Criteria
from gcrm.errors import GcrmError

_NUMBERS = {
    "within_minutes": ("Minutes by car from a site, at most", 5), "bought_within_days": ("Bought within days", 30),
    "not_bought_for_days": ("Bought nothing for days", 30), "value_at_least": ("Revenue of a year, at least", 100),
    "value_at_most": ("Revenue of a year, at most", 100),
}  # fmt: skip
_NAMES = {"sms": "SMS"}

type Change = Callable[[Criteria], None]


def draw(page: str, criteria: Criteria, known: Choices, change: Change) -> None:
    """The controls.

    Args:
        page: path of the page, for what cannot be done.
        criteria: as they are.
        known: what they can name.
        change: told the others when one of them was changed.
    """

    def attempt(**said: Any) -> None:  # noqa: ANN401 - each as its field of Criteria
        try:
            sales_parts.forget(page)
            change(replace(criteria, **said))
        except GcrmError as error:
            sales_parts.refuse(page, error)

    _what_for(criteria, attempt)
    _several("statuses", "Status", list(lists.ACCOUNTS.column("status").choices), criteria.statuses, attempt)
    _several("segments", "Segment", known.segments, criteria.segments, attempt)
    _several("territories", "Territory", known.territories, criteria.territories, attempt)
    _several("residence_types", "Residence type", known.residence_types, criteria.residence_types, attempt)
    _several("bought", "Bought", known.categories, criteria.bought, attempt)
    _several("not_bought", "Never bought", known.categories, criteria.not_bought, attempt)
    for name, (label, step) in _NUMBERS.items():
        _number(name, label, step, getattr(criteria, name), attempt)
    if len(known.currencies) > 1:
        _currency(criteria, known, attempt)
    _place(page, criteria, attempt)


def _what_for(criteria: Criteria, change: Callable[..., None]) -> None:
    """Purpose and channel: consent is asked for them."""
    st.session_state["audience purpose"], st.session_state["audience channel"] = criteria.purpose, criteria.channel
    st.text_input("Purpose", key="audience purpose", on_change=lambda: change(purpose=st.session_state["audience purpose"] or Criteria().purpose),
                  help="Only who consented to it may be contacted.")  # fmt: skip
    channels = [*CHANNELS, *([criteria.channel] if criteria.channel not in CHANNELS else [])]
    st.segmented_control("Channel", channels, key="audience channel", format_func=lambda name: _NAMES.get(name, name.capitalize()),
                         on_change=lambda: change(channel=st.session_state["audience channel"] or criteria.channel))  # fmt: skip


def _several(name: str, label: str, known: list[str], chosen: tuple[str, ...], change: Callable[..., None]) -> None:
    key = f"audience {name}"
    st.session_state[key] = list(chosen)
    st.multiselect(label, sorted({*known, *chosen}), key=key, placeholder="All" if name != "not_bought" else "Nothing",
                   on_change=lambda: change(**{name: tuple(st.session_state[key])}))  # fmt: skip


def _number(name: str, label: str, step: int, value: Any, change: Callable[..., None]) -> None:  # noqa: ANN401 - int or Decimal
    key = f"audience {name}"
    st.session_state[key] = int(value) if value is not None else None
    st.number_input(label, min_value=0, step=step, key=key, placeholder="Any",
                    on_change=lambda: change(**{name: type(value or 0)(st.session_state[key]) if st.session_state[key] else None}))  # fmt: skip


def _currency(criteria: Criteria, known: Choices, change: Callable[..., None]) -> None:
    st.session_state["audience currency"] = criteria.currency or None
    st.selectbox("Currency of the revenue", known.currencies, index=None, key="audience currency", placeholder="Which",
                 on_change=lambda: change(currency=st.session_state["audience currency"] or ""))  # fmt: skip


def _place(page: str, criteria: Criteria, change: Callable[..., None]) -> None:
    """Postcodes and the area."""
    st.session_state["audience postcodes"] = ", ".join(criteria.postcodes)

    def postcodes() -> None:
        change(postcodes=tuple(dict.fromkeys(filter(None, (part.strip() for part in st.session_state["audience postcodes"].split(","))))))

    def lie_in(area: str) -> tuple[str, None]:
        change(area=area)
        return (f"Only who lies in {area_filter.in_words(area)} is chosen.", None) if area else ("Whoever lies anywhere is chosen.", None)

    st.text_input("Postcodes", key="audience postcodes", placeholder="beginnings, with commas", on_change=postcodes)
    area_filter.draw(page, "audience", criteria.area, lie_in)
