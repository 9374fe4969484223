"""Forecasts of what will be won: by month, currency and whoever answers for it, weighted and by commitment; and how right earlier ones were.

Weighted is the sum of amount times probability over what is open: the expected value of what will be won. By commitment, each open amount counts whole, under
what its rep (or its stage) stands for: commit, best case or pipeline. Amounts of two currencies are never added.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from gcrm.crm.stages import Commitment

type By = Literal["rep", "territory", "region"]
BYS: tuple[By, ...] = ("rep", "territory", "region")

UNKNOWN = "(unknown)"
"""Whoever answers for what nobody is named for."""
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Deals:
    """Opportunities that are alike in all that a forecast looks at.

    Attributes:
        day: of open ones the day on which they are expected to close, of won ones the day on which they were won; None where nobody said.
        currency: ISO 4217 code of the amounts.
        commitment: what they count as; None for those that are won.
        count: how many they are.
        amount: their sum.
        weighted: the sum of amount times probability; of won ones the amount.
        rep: name of the rep.
        territory: name of the territory of the account.
        region: name of its region.
    """

    day: date | None
    currency: str
    commitment: Commitment | None
    count: int
    amount: Decimal
    weighted: Decimal
    rep: str = UNKNOWN
    territory: str = UNKNOWN
    region: str = UNKNOWN


@dataclass(frozen=True)
class Sums:
    """Amounts of one currency. `deals` counts what is open; `expected` is what is won and what is open, weighted."""

    won: Decimal = Decimal(0)
    commit: Decimal = Decimal(0)
    best_case: Decimal = Decimal(0)
    pipeline: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    deals: int = 0

    @property
    def expected(self) -> Decimal:
        """What is won, and what is open, weighted."""
        return self.won + self.weighted

    def plus(self, other: "Sums") -> "Sums":
        """The sums of both."""
        return Sums(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Sums)})

    def in_cents(self) -> "Sums":
        """The same with what is weighted rounded to cents."""
        return replace(self, weighted=self.weighted.quantize(_CENT))


@dataclass(frozen=True)
class Line:
    """One line of a forecast: the first day of a month (None for what is open without a day to come), who, which currency, how much."""

    month: date | None
    member: str
    currency: str
    sums: Sums


def month_after(day: date, months: int = 1) -> date:
    """The first day of the month that is so many months after that of a day."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def forecast(deals: Iterable[Deals], today: date, by: By, months: int = 3) -> list[Line]:
    """What will be won in this month and those after it.

    What is open and should have closed before today, or has no day, is in no month: nobody knows when it will close. It has lines of its own, without a month.

    Args:
        deals: what is open, and what was won since the first day of this month.
        today: the day on which it is made.
        by: who answers for it.
        months: how many, this one among them.

    Returns:
        Lines by month, member and currency in that order, those without a month last; only where there is something.
    """
    first, end = month_after(today, 0), month_after(today, months)
    sums: dict[tuple[date | None, str, str], Sums] = defaultdict(Sums)
    for each in deals:
        late = each.commitment is not None and (each.day is None or each.day < today)
        if each.day is not None and not late and not first <= each.day < end:
            continue
        key = (None if late or each.day is None else month_after(each.day, 0), str(getattr(each, by)), each.currency)
        sums[key] = sums[key].plus(_sums_of(each))
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] is None, item[0][0] or first, item[0][1] == UNKNOWN, item[0][1:]))
    return [Line(month, member, currency, total.in_cents()) for (month, member, currency), total in ordered]


def totals(lines: Iterable[Line]) -> list[Line]:
    """The sums of a forecast over everybody, by month and currency; the member is empty.

    Args:
        lines: from `forecast`.
    """
    sums: dict[tuple[date | None, str], Sums] = defaultdict(Sums)
    for line in lines:
        sums[line.month, line.currency] = sums[line.month, line.currency].plus(line.sums)
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] is None, item[0][0] or date.max, item[0][1]))
    return [Line(month, "", currency, total) for (month, currency), total in ordered]


@dataclass(frozen=True)
class Hit:
    """How right a forecast was for one month and currency.

    Attributes:
        month: first day of the month that was forecast.
        currency: ISO 4217 code.
        said: what the forecast said on that day.
        won: what was won in that month.
        unknown: opportunities that were open then and whose stage on that day nobody knows any more (count); they are not in `said`.
    """

    month: date
    currency: str
    said: Sums
    won: Decimal
    unknown: int

    @property
    def error(self) -> Decimal | None:
        """By what share of what was won the weighted forecast was too high (or, negative, too low); None where nothing was won."""
        return (self.said.weighted - self.won) / self.won if self.won else None


def hits(said: Mapping[date, Sequence[Deals]], won: Iterable[Deals], unknown: Mapping[tuple[date, str], int]) -> list[Hit]:
    """Compares forecasts of months with what was won in them.

    Args:
        said: first day of a month to what was open on it, as it was known on it.
        won: what was won in these months.
        unknown: month and currency to the count of open opportunities whose stage is not known any more.

    Returns:
        One per month and currency in which something was said or won.
    """
    told: dict[tuple[date, str], Sums] = defaultdict(Sums)
    for month, deals in said.items():
        for each in deals:
            if each.day is not None and month <= each.day < month_after(month):
                told[month, each.currency] = told[month, each.currency].plus(_sums_of(each))
    got: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for each in won:
        if each.day is not None and month_after(each.day, 0) in said:
            got[month_after(each.day, 0), each.currency] += each.amount
    keys = sorted({*told, *got, *(key for key in unknown if key[0] in said)})
    return [Hit(month, currency, told[month, currency].in_cents(), got[month, currency], unknown.get((month, currency), 0)) for month, currency in keys]


@dataclass(frozen=True)
class Accuracy:
    """How right forecasts of a currency were over several months.

    Attributes:
        months: how many months are compared: those of which every stage is known.
        wape: weighted absolute percentage error: the sum of the differences without their sign, divided by what was won; 0.2 is 20 % off.
        bias: the sum of the differences, divided by what was won; above 0 where forecasts were too high.
    """

    months: int
    wape: Decimal
    bias: Decimal


def accuracy(compared: Iterable[Hit]) -> dict[str, Accuracy]:
    """Accuracy of weighted forecasts by currency; months with stages that nobody knows any more are left out, and so is a currency in which nothing was won.

    Args:
        compared: from `hits`.
    """
    of_currency: dict[str, list[Hit]] = defaultdict(list)
    for hit in compared:
        if not hit.unknown:
            of_currency[hit.currency].append(hit)
    done = {}
    for currency, every in of_currency.items():
        won = sum((hit.won for hit in every), Decimal(0))
        if won:
            off = [hit.said.weighted - hit.won for hit in every]
            done[currency] = Accuracy(len(every), sum(map(abs, off), Decimal(0)) / won, sum(off, Decimal(0)) / won)
    return done


def _sums_of(deals: Deals) -> Sums:
    if deals.commitment is None:
        return Sums(won=deals.amount)
    return Sums(**{deals.commitment: deals.amount}, weighted=deals.weighted, deals=deals.count)
