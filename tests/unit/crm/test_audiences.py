"""The rules of audiences: read back as they are told, refused where they cannot hold, and the same accounts held out at each time."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.audiences import Criteria, Terms, is_held_out, rules
from gcrm.errors import AudienceError, ConsentError

_WORDS = st.lists(st.text("abc ,", min_size=1, max_size=5), max_size=3, unique=True).map(tuple)
_DAYS = st.none() | st.integers(1, 36_500)
_CRITERIA = st.builds(
    Criteria, area=st.text("abc", max_size=5), postcodes=_WORDS, statuses=_WORDS, segments=_WORDS, bought=_WORDS, not_bought=_WORDS,
    within_minutes=st.none() | st.integers(1, 600), bought_within_days=_DAYS, not_bought_for_days=_DAYS,
    value_at_least=st.none() | st.decimals(0, 1000, places=2), value_at_most=st.none() | st.decimals(1000, 2000, places=2),
)  # fmt: skip
_DAY = date(2026, 3, 1)


@given(_CRITERIA)
def test_what_is_told_is_read_back(criteria: Criteria) -> None:
    assert Criteria.read(criteria.told) == criteria


@given(_CRITERIA)
def test_there_is_a_rule_for_whatever_is_asked(criteria: Criteria) -> None:
    asked = criteria.told.keys() - {"purpose", "channel", "currency"}
    both = {"value_at_least", "value_at_most"} <= asked
    assert len(rules(criteria)) == len(asked) - both
    assert all(rule.label and "None" not in rule.label for rule in rules(criteria))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"colour": "red"}, "no criterion 'colour'"), ({"within_minutes": "soon"}, "Within minutes cannot be 'soon'"), ({"within_minutes": 0}, "give 1 to 600"),
        ({"value_at_least": "NaN"}, "give a number"), ({"value_at_least": -1}, "give 0 or more"),
        ({"value_at_least": 9, "value_at_most": 8}, "above the greatest"), ({"channel": "any"}, "no channel by which"),
    ],
)  # fmt: skip
def test_what_cannot_hold_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(AudienceError, match=told):
        Criteria.read(said)


def test_a_purpose_is_needed() -> None:
    with pytest.raises(ConsentError, match="purpose is empty"):
        Criteria(purpose=" ")


@given(st.text(max_size=9), st.integers(0, 10**12))
def test_a_larger_share_holds_out_whoever_a_smaller_one_does(seed: str, key: int) -> None:
    drawn = [is_held_out(seed, key, Decimal(share) / 10) for share in range(6)]
    assert drawn == sorted(drawn)
    assert not drawn[0]
    assert drawn == [is_held_out(seed, key, Decimal(share) / 10) for share in range(6)]


def test_the_share_that_is_held_out_is_what_was_asked() -> None:
    assert 0.19 < sum(is_held_out("audience 1", key, Decimal("0.2")) for key in range(20_000)) / 20_000 < 0.21


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (Terms(" ", Decimal(0), date(2026, 4, 1)), "needs a name"), (Terms("x" * 81, Decimal(0), date(2026, 4, 1)), "needs a name"),
        (Terms("a", Decimal("0.6"), date(2026, 4, 1)), "cannot be held out"), (Terms("a", Decimal(0), _DAY), "is past"),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused(terms: Terms, told: str) -> None:
    with pytest.raises(AudienceError, match=told):
        terms.check(_DAY)


def test_a_name_is_tidied() -> None:
    assert Terms(" Spring \n west ", Decimal("0.1"), date(2026, 4, 1)).check(_DAY).name == "Spring west"
