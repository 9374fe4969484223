"""The lines of an opportunity: which products, how many, at what price, and what that comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from gcrm.errors import CrmError

_CENT = Decimal("0.01")
_MOST_LINES = 200
_QUANTITY_BELOW, _MONEY_BELOW = Decimal(10) ** 9, Decimal(10) ** 12
_QUANTITY_DIGITS, _PRICE_DIGITS, _DISCOUNT_DIGITS = 3, 2, 4


@dataclass(frozen=True)
class Line:
    """One product that an opportunity is about.

    Attributes:
        product_id: its key.
        quantity: units of it.
        price: of one unit before the discount, in the currency of the opportunity.
        discount: share of the price that is let off, 0 to 1.
    """

    product_id: int
    quantity: Decimal
    price: Decimal
    discount: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        """What it comes to, rounded to cents; half a cent goes up, as in the database."""
        return (self.quantity * self.price * (1 - self.discount)).quantize(_CENT, ROUND_HALF_UP)


def total(lines: Sequence[Line]) -> Decimal:
    """What lines come to: the sum of their rounded amounts, so that it is the sum of what is shown.

    Args:
        lines: of one currency.
    """
    return sum((each.amount for each in lines), Decimal("0.00"))


def check(lines: Sequence[Line]) -> None:
    """Refuses lines that cannot be stored.

    Args:
        lines: of an opportunity, in order.

    Raises:
        CrmError: a quantity, a price or a discount is none, or there is too much; names the line.
    """
    if len(lines) > _MOST_LINES:
        raise CrmError(f"An opportunity has at most {_MOST_LINES} lines, and these are {len(lines):,}; sum some up.")
    for number, line in enumerate(lines, 1):
        if not _has_digits(line.quantity, _QUANTITY_DIGITS) or not 0 < line.quantity < _QUANTITY_BELOW:
            raise CrmError(f"Line {number}: a quantity of {line.quantity:,} is none; give one above 0, with at most {_QUANTITY_DIGITS} digits after the point.")
        if not _has_digits(line.price, _PRICE_DIGITS) or not 0 <= line.price < _MONEY_BELOW:
            raise CrmError(f"Line {number}: a price of {line.price:,} is none; give one of at least 0, with at most {_PRICE_DIGITS} digits after the point.")
        if not _has_digits(line.discount, _DISCOUNT_DIGITS) or not 0 <= line.discount <= 1:
            raise CrmError(f"Line {number}: a discount of {line.discount * 100:f} % is none; give one from 0 to 100, with at most two digits after the point.")
    if total(lines) >= _MONEY_BELOW:
        raise CrmError(f"Lines that come to {total(lines):,} cannot be stored; the amount of an opportunity has at most 12 digits before the point.")


def _has_digits(number: Decimal, most: int) -> bool:
    """Whether it is a number with at most so many digits after the point, but for zeros at the end."""
    exponent = number.normalize().as_tuple().exponent if number.is_finite() else None
    return isinstance(exponent, int) and -exponent <= most
