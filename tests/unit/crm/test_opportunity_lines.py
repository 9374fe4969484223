"""Lines of an opportunity come to what their parts say, to the cent; what cannot be stored is refused with its line."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.opportunity_lines import Line, check, total
from gcrm.errors import CrmError

_LINES = st.lists(st.builds(
    Line, st.integers(1, 9), st.decimals("0.001", "9999", places=3), st.decimals(0, "99999", places=2), st.decimals(0, 1, places=4)), max_size=8)  # fmt: skip


@given(_LINES)
def test_the_total_is_what_the_lines_come_to_each_rounded_to_cents(lines: list[Line]) -> None:
    check(lines)
    cents = [Fraction(each.quantity) * Fraction(each.price) * (1 - Fraction(each.discount)) * 100 for each in lines]
    assert total(lines) == Decimal(sum(int(exact + Fraction(1, 2)) for exact in cents)) / 100
    assert total(lines).as_tuple().exponent == -2
    assert total(lines) == sum((total([each]) for each in lines), Decimal(0))
    assert total(list(reversed(lines))) == total(lines)


def test_half_a_cent_goes_up() -> None:
    assert Line(1, Decimal("0.5"), Decimal("0.01")).amount == Decimal("0.01")
    assert Line(1, Decimal(10), Decimal("1299.00"), Decimal("0.05")).amount == Decimal("12340.50")
    assert total([]) == Decimal("0.00")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (Line(1, Decimal(0), Decimal(1)), "Line 2: a quantity of 0 is none"),
        (Line(1, Decimal(-1), Decimal(1)), "Line 2: a quantity of -1 is none"),
        (Line(1, Decimal("0.0001"), Decimal(1)), "at most 3 digits"),
        (Line(1, Decimal("NaN"), Decimal(1)), "a quantity of NaN"),
        (Line(1, Decimal("Infinity"), Decimal(1)), "a quantity of Infinity"),
        (Line(1, Decimal(1), Decimal("-0.01")), "Line 2: a price of -0.01 is none"),
        (Line(1, Decimal(1), Decimal("0.001")), "at most 2 digits"),
        (Line(1, Decimal(1), Decimal(1), Decimal("1.01")), "Line 2: a discount of 101.00 % is none"),
        (Line(1, Decimal(1), Decimal(1), Decimal("-0.1")), "from 0 to 100"),
        (Line(1, Decimal(1), Decimal(1), Decimal("0.00001")), "two digits"),
        (Line(1, Decimal(999_999_999), Decimal(999_999_999_999)), "cannot be stored"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_line(line: Line, sentence: str) -> None:
    with pytest.raises(CrmError, match=sentence):
        check([Line(1, Decimal(1), Decimal(1)), line])


def test_zeros_behind_the_point_are_no_digits_and_too_many_lines_are_refused() -> None:
    check([Line(1, Decimal("1.5000000"), Decimal("1E+3"), Decimal("1.000000"))])
    with pytest.raises(CrmError, match="at most 200 lines"):
        check([Line(1, Decimal(1), Decimal(1))] * 201)
