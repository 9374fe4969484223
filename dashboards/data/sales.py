"""Leads, opportunities and forecasts, as a reader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.crm.opportunity_lines import Line as OpportunityLine
from gcrm.crm.opportunity_lines import check, total
from gcrm.crm.stages import COMMITMENTS, Pipeline, Stage
from gcrm.pipeline import opportunities
from gcrm.pipeline.forecast import BYS, By, Hit, Line, Past, forecast, past_forecasts, totals
from gcrm.pipeline.lead_conversion import likely_accounts
from gcrm.pipeline.leads import STATUSES, count_leads, lead
from gcrm.pipeline.opportunities import CLOSED_SHOWN_DAYS, Board, board, opportunity, way
from gcrm.pipeline.opportunities import Choice as OpportunityChoice
from gcrm.pipeline.opportunity_lines import lines_of, products

__all__ = [
    "BYS",
    "CLOSED_SHOWN_DAYS",
    "COMMITMENTS",
    "STATUSES",
    "Board",
    "By",
    "Hit",
    "Line",
    "OpportunityChoice",
    "Past",
    "Pipeline",
    "Staff",
    "Stage",
    "board",
    "comes_to",
    "count_leads",
    "forecast",
    "lead",
    "likely_accounts",
    "lines_of",
    "opportunity",
    "past_forecasts",
    "products",
    "staff",
    "totals",
    "way",
]  # fmt: skip


@dataclass(frozen=True)
class Staff:
    """The reps and the territories that a list is filtered by: key to name."""

    reps: dict[int, str]
    territories: dict[int, str]


def staff(scope: Scope) -> Staff:
    """The reps and the territories that the reader sees, in the order of their names.

    Args:
        scope: who is looking.
    """
    found: pd.DataFrame = opportunities.reps(scope)
    areas = found.dropna(subset=["territory_id"]).sort_values("territory")
    return Staff(
        {int(key): str(name) for key, name in found[["rep_id", "name"]].itertuples(index=False, name=None)},
        {int(key): str(name) for key, name in areas[["territory_id", "territory"]].itertuples(index=False, name=None)},
    )


def comes_to(lines: Sequence[OpportunityLine]) -> Decimal:
    """What lines of an opportunity that somebody types come to.

    Args:
        lines: all of them, in order.

    Raises:
        CrmError: one is out of range.
    """
    check(lines)
    return total(lines)
