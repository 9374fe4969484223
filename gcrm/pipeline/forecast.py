"""Forecasts out of the database: what will be won in the next months, and how right the forecasts of the last ones were."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm import forecast as rules
from gcrm.crm.forecast import BYS, Accuracy, By, Deals, Hit, Line, month_after, totals
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.pipeline.opportunities import Choice

__all__ = ["BYS", "Accuracy", "By", "Hit", "Line", "Past", "forecast", "past_forecasts", "totals"]


@dataclass(frozen=True)
class Past:
    """Earlier forecasts: each made on the first day of its month for that month, as things were known on that day.

    Attributes:
        hits: one per month and currency.
        accuracy: by currency, over the months of which everything is known.
    """

    hits: list[Hit]
    accuracy: dict[str, Accuracy]


def today() -> date:
    """The day it is, in the time zone of the settings."""
    return datetime.now(ZoneInfo(settings().time_zone)).date()


def forecast(by: By, scope: Scope, *, choice: Choice | None = None, months: int = 3, on: date | None = None) -> list[Line]:
    """What will be won in this month and the ones after it.

    Args:
        by: who answers for it: rep, territory or region.
        scope: who is looking.
        choice: of which reps and territories; all if left out.
        months: how many, this one among them.
        on: the day that counts as today; today if left out.

    Returns:
        Lines as of `gcrm.crm.forecast.forecast`.
    """
    day = on or today()
    asked = {"today": day, "since": month_after(day, 0), "time_zone": settings().time_zone, **(choice or Choice()).parameters}
    with scoped(scope) as connection:
        deals = [Deals(*row) for row in queries("forecast").deals(connection, **asked)]
    return rules.forecast(deals, day, by, months)


def past_forecasts(scope: Scope, *, choice: Choice | None = None, months: int = 6, on: date | None = None) -> Past:
    """How right the forecasts of the last whole months were.

    Args:
        scope: who is looking.
        choice: of which reps and territories; all if left out.
        months: how many.
        on: the day that counts as today; today if left out.
    """
    day = on or today()
    first = [month_after(day, -back) for back in range(months, 0, -1)]
    asked = {"time_zone": settings().time_zone, **(choice or Choice()).parameters}
    said: dict[date, list[Deals]] = {}
    unknown: dict[tuple[date, str], int] = {}
    with scoped(scope) as connection:
        statements = queries("forecast")
        for month in first:
            said[month] = []
            for close, currency, commitment, count, amount, weighted in statements.known_at(connection, day=month, **asked):
                if commitment is not None:
                    said[month].append(Deals(close, currency, commitment, count, amount, Decimal(weighted)))
                elif close is not None and month_after(close, 0) == month:
                    unknown[month, currency] = unknown.get((month, currency), 0) + count
        won = [Deals(*row) for row in statements.deals(connection, today=day, since=first[0], **asked)]
    compared = rules.hits(said, [each for each in won if each.commitment is None], unknown)
    return Past(compared, rules.accuracy(compared))
