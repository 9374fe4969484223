"""Reports, as a reader sees them."""

from dataclasses import dataclass
from datetime import datetime

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.forecast import month_after
from gcrm.crm.reports import ALL, REPORTS, TIMES, By, Figure, Report, report_of
from gcrm.pipeline import opportunities
from gcrm.pipeline.reports import Choice, Result, report, write

__all__ = ["ALL", "REPORTS", "TIMES", "By", "Choice", "Figure", "Names", "Report", "Result", "last_months", "names", "report", "report_of", "write"]

_MONTHS = 120


@dataclass(frozen=True)
class Names:
    """What a report can be narrowed to: the names of the reps, territories and regions that the reader sees, in order."""

    rep: list[str]
    territory: list[str]
    region: list[str]


def names(scope: Scope) -> Names:
    """What a report can be narrowed to.

    Args:
        scope: who is looking.
    """
    found = opportunities.reps(scope)
    return Names(*(sorted(set(found[column].dropna())) for column in ("name", "territory", "region")))


def last_months() -> list[str]:
    """The months of the last ten years, such as `2025-03`, the newest first."""
    today = datetime.now(settings().zone).date()
    return [f"{month_after(today, -back):%Y-%m}" for back in range(_MONTHS)]
