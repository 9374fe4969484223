"""What is agreed with partners, and which leads are handed over."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.partners import Terms, may_be_handed_over
from gcrm.errors import CrmError

_DAY = date(2026, 3, 1)


@given(st.integers(0, 900), st.integers(1, 900), st.integers(-10, 2_000))
def test_a_partner_is_one_from_the_first_day_to_the_day_before_the_end(start: int, length: int, asked: int) -> None:
    since = _DAY + timedelta(days=start)
    terms = Terms("gold", since, since + timedelta(days=length))
    day = _DAY + timedelta(days=asked)
    assert terms.holds(day) == (0 <= (day - since).days < length)
    assert Terms("gold", since).holds(day) == (day >= since)


@pytest.mark.parametrize(
    ("terms", "told"), [(Terms(" ", _DAY), "has a level"), (Terms("x" * 41, _DAY), "has a level"), (Terms("gold", _DAY, _DAY), "cannot end")]
)
def test_terms_that_cannot_be_are_refused(terms: Terms, told: str) -> None:
    with pytest.raises(CrmError, match=told):
        terms.check()


def test_a_level_is_tidied() -> None:
    assert Terms("  Gold \n Plus ", _DAY).check().level == "gold plus"


def test_only_a_lead_of_which_nothing_became_is_handed_over() -> None:
    for status in ("new", "working"):
        may_be_handed_over(status)
    for status in ("converted", "rejected"):
        with pytest.raises(CrmError, match=f"The lead is {status}"):
            may_be_handed_over(status)
