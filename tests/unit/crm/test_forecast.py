"""Forecasts add up, keep currencies apart, and say how right they were."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.forecast import BYS, By, Deals, Hit, Sums, accuracy, forecast, hits, month_after, totals
from gcrm.crm.stages import COMMITMENTS

TODAY = date(2026, 11, 27)
MONEY = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
PEOPLE = st.sampled_from(["Ada", "Ben", "(unknown)"])


@st.composite
def deals(draw: st.DrawFn) -> Deals:
    amount, tenths = draw(MONEY), draw(st.integers(0, 10))
    commitment = draw(st.sampled_from([None, *COMMITMENTS]))
    day = draw(st.dates(date(2026, 9, 1), date(2027, 4, 30)) if commitment is None else st.none() | st.dates(date(2026, 9, 1), date(2027, 4, 30)))
    weighted = amount if commitment is None else amount * tenths / 10
    return Deals(day, draw(st.sampled_from(["EUR", "USD"])), commitment, draw(st.integers(1, 5)), amount, weighted, draw(PEOPLE), draw(PEOPLE), draw(PEOPLE))


@given(st.lists(deals(), max_size=30), st.sampled_from(BYS))
def test_every_way_to_split_it_adds_up_to_the_same_by_currency(given_deals: list[Deals], by: By) -> None:
    lines = forecast(given_deals, TODAY, by)
    for currency in ("EUR", "USD"):
        inside = [each for each in given_deals if each.currency == currency and _counts(each)]
        mine = [line.sums for line in lines if line.currency == currency]
        assert sum(each.won for each in mine) == sum(each.amount for each in inside if each.commitment is None)
        assert sum(each.commit + each.best_case + each.pipeline for each in mine) == sum(each.amount for each in inside if each.commitment is not None)
        exact = sum((each.weighted for each in inside if each.commitment is not None), Decimal(0))
        assert abs(sum((each.weighted for each in mine), Decimal(0)) - exact) <= len(mine) * Decimal("0.005")
    assert {(line.month, line.currency) for line in totals(lines)} == {(line.month, line.currency) for line in lines}


def _counts(each: Deals) -> bool:
    if each.commitment is None:
        return each.day is not None and date(2026, 11, 1) <= each.day < date(2027, 2, 1)
    return each.day is None or each.day < date(2027, 2, 1)


def test_what_should_have_closed_by_now_is_in_no_month() -> None:
    late = Deals(date(2026, 11, 26), "EUR", "commit", 1, Decimal(100), Decimal(75))
    due, never = Deals(TODAY, "EUR", "commit", 1, Decimal(10), Decimal("7.5")), Deals(None, "EUR", "pipeline", 1, Decimal(5), Decimal(1))
    won = Deals(date(2026, 11, 2), "EUR", None, 1, Decimal(1000), Decimal(1000))
    lines = forecast([late, due, never, won], TODAY, "rep")
    assert [(line.month, line.sums) for line in lines] == [
        (date(2026, 11, 1), Sums(won=Decimal(1000), commit=Decimal(10), weighted=Decimal("7.50"), deals=1)),
        (None, Sums(commit=Decimal(100), pipeline=Decimal(5), weighted=Decimal("76.00"), deals=2)),
    ]
    assert lines[0].sums.expected == Decimal("1007.50")


def test_months_follow_each_other_over_the_end_of_a_year() -> None:
    assert [month_after(TODAY, each) for each in (-11, 0, 1, 2)] == [date(2025, 12, 1), date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


def test_forecasts_are_compared_with_what_was_won() -> None:
    october, september = date(2026, 10, 1), date(2026, 9, 1)
    said = {
        october: [Deals(october, "EUR", "commit", 1, Decimal(100), Decimal(80)), Deals(date(2026, 12, 1), "EUR", "commit", 1, Decimal(50), Decimal(40))],
        september: [Deals(date(2026, 9, 30), "EUR", "pipeline", 1, Decimal(60), Decimal(30))],
    }
    won = [Deals(date(2026, 10, 31), "EUR", None, 1, Decimal(100), Decimal(100)), Deals(date(2026, 9, 2), "EUR", None, 1, Decimal(20), Decimal(20)),
           Deals(date(2026, 8, 2), "EUR", None, 1, Decimal(999), Decimal(999))]  # fmt: skip
    compared = hits(said, won, {})
    assert [(hit.month, hit.said.weighted, hit.won, hit.error) for hit in compared] == [
        (september, Decimal(30), Decimal(20), Decimal("0.5")), (october, Decimal(80), Decimal(100), Decimal("-0.2")),
    ]  # fmt: skip
    found = accuracy(compared)["EUR"]
    assert (found.months, found.wape, found.bias) == (2, Decimal(30) / 120, Decimal(-10) / 120)


def test_months_of_which_not_all_is_known_say_nothing_about_accuracy() -> None:
    month = date(2026, 10, 1)
    compared = hits({month: []}, [Deals(month, "EUR", None, 1, Decimal(5), Decimal(5))], {(month, "EUR"): 3, (date(2020, 1, 1), "EUR"): 2})
    assert compared == [Hit(month, "EUR", Sums(weighted=Decimal("0.00")), Decimal(5), 3)]
    assert accuracy(compared) == {}
    nothing_won = hits({month: [Deals(month, "USD", "commit", 1, Decimal(5), Decimal(4))]}, [], {})
    assert nothing_won[0].error is None
    assert accuracy(nothing_won) == {}
