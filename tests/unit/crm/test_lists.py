"""What somebody types into a list is read as its column says, or refused with a sentence."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.lists import ACCOUNTS, ACTIVITIES, LISTS, NOBODY, OPPORTUNITIES, Column, Sort, Value
from gcrm.errors import CrmError

columns = st.sampled_from([column for of in LISTS.values() for column in of.columns])


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (ACCOUNTS.column("name"), "  Velo Oy ", "Velo Oy"), (ACCOUNTS.column("segment"), " ", None), (ACCOUNTS.column("territory"), "3", 3),
        (OPPORTUNITIES.column("amount"), "1290.50", Decimal("1290.50")), (OPPORTUNITIES.column("probability"), "0.4", 0.4),
        (OPPORTUNITIES.column("expected_close_on"), "2026-03-01", date(2026, 3, 1)),
        (ACTIVITIES.column("due_at"), "2026-03-01T09:00+02:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_value_is_read(column: Column, text: str, value: Value) -> None:
    assert column.value(text) == value


@pytest.mark.parametrize(
    ("column", "text", "sentence"),
    [
        (ACCOUNTS.column("name"), "", "Name cannot be empty"), (ACCOUNTS.column("status"), "loss", "Status cannot be 'loss'; did you mean 'lost'"),
        (ACCOUNTS.column("territory"), "0", "the key of one"), (ACCOUNTS.column("territory"), str(2**31), "the key of one"),
        (OPPORTUNITIES.column("amount"), "NaN", "a number such as"), (OPPORTUNITIES.column("probability"), "much", "from 0 to 1"),
        (OPPORTUNITIES.column("expected_close_on"), "soon", "a day such as"), (ACTIVITIES.column("due_at"), "2026-03-01T09:00", "a time with its zone"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused_with_a_form(column: Column, text: str, sentence: str) -> None:
    with pytest.raises(CrmError, match=sentence):
        column.value(text)


@given(columns, st.text())
def test_any_text_is_a_value_or_refused(column: Column, text: str) -> None:
    try:
        value = column.value(text)
    except CrmError:
        return
    assert value is None or column.value(str(value)) == value


def test_nobody_is_a_member_and_no_value() -> None:
    assert ACCOUNTS.filter("territory").member("0") == NOBODY
    assert ACCOUNTS.filter("segment").member("0") == "0"


@given(st.sampled_from(["name", "-name"]))
def test_a_sort_is_its_text(text: str) -> None:
    assert str(Sort.parse(text)) == text
