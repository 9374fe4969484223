"""Reports: what each shows and by what, what every figure means, and the figures that are worked out of counts and sums.

A report is declared here once; the page, the command, its files and `docs/how_to/reports.md` follow from that. Shares are worked out of sums, never averaged;
medians are asked for what is shown. Amounts of two currencies are never added: a report with money is of one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from gcrm.declared_file import meant
from gcrm.errors import CrmError

type By = Literal["rep", "territory", "region", "origin", "month", "quarter", "year", "category", "product", "segment", "channel", "all"]
type FilterName = Literal["rep", "territory", "region"]
type Unit = Literal["count", "money", "share", "days", "ratio"]

ALL: By = "all"
"""Everybody together: one member, whose name is empty."""
TIMES = ("month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Figure:
    """A figure of a report.

    Attributes:
        name: its column.
        label: what people read.
        unit: count, money (of the report's currency), share (0 to 1), days (of 24 hours) or ratio.
        definition: what it means, as a sentence.
        divided: names of the two figures of which it is the first divided by the second; empty where it is counted, summed or a median.
    """

    name: str
    label: str
    unit: Unit
    definition: str
    divided: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True)
class Report:
    """A report.

    Attributes:
        name: what a command and a link call it.
        label: what people read.
        about: what it tells, as a sentence.
        period: what has to lie in the period that is chosen.
        bys: what it can be split by, the first one where nobody says.
        filters: what it can be narrowed to.
        figures: its columns, in order.
        within: a second column that each member is split by; empty where there is none.
        of_cube: whether it needs the published cube, and is as of its time.
    """

    name: str
    label: str
    about: str
    period: str
    bys: tuple[By, ...]
    filters: tuple[FilterName, ...]
    figures: tuple[Figure, ...]
    within: str = ""
    of_cube: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that say what a row is of: its member, and what this one is split by."""
        return ("member", self.within) if self.within else ("member",)

    @property
    def of_money(self) -> bool:
        """Whether there is money in it, which is of one currency."""
        return any(each.unit == "money" for each in self.figures)

    @property
    def has_total(self) -> bool:
        """Whether there is one row for everything together; what goes along times, or is split once more, has none."""
        return not self.within and not set(self.bys) <= set(TIMES)

    def check(self, by: By, filters: Iterable[FilterName]) -> None:
        """Refuses what it cannot be split or narrowed by.

        Args:
            by: what it shall be split by.
            filters: what it shall be narrowed to.

        Raises:
            CrmError: what, and what there is instead.
        """
        if by not in self.bys and not (by == ALL and self.has_total):
            raise CrmError(f"The report {self.name} is by {', '.join(self.bys)}; not by {by}.")
        for name in filters:
            if name not in self.filters:
                raise CrmError(f"The report {self.name} knows no {name}; it can be narrowed to {' and '.join(self.filters)}.")


_PEOPLE: tuple[FilterName, ...] = ("rep", "territory", "region")
_PLACES: tuple[FilterName, ...] = ("territory", "region")

_LEADS = Report(
    "leads", "Leads", "What became of the leads that came in.", "the day on which a lead came in",
    ("rep", "territory", "region", "origin", "month"), _PEOPLE,
    (
        Figure("leads", "Leads", "count", "Leads that came in."),
        Figure("new", "New", "count", "Of these, leads that nobody has begun with."),
        Figure("working", "Working", "count", "Of these, leads that a rep works on."),
        Figure("converted", "Converted", "count", "Of these, leads that became an account."),
        Figure("rejected", "Rejected", "count", "Of these, leads that were rejected."),
        Figure("decided", "Decided", "count", "Leads that were converted or rejected."),
        Figure("conversion", "Conversion", "share", "Converted leads divided by decided ones.", ("converted", "decided")),
        Figure("days", "Days to conversion", "days", "Median of the days from the day a lead came in to its conversion."),
    ),
)  # fmt: skip

_WIN_RATE = Report(
    "win-rate", "Win rate", "How many of the opportunities that were closed were won.", "the day on which an opportunity was won or lost",
    ("rep", "territory", "region", "month"), _PEOPLE,
    (
        Figure("closed", "Closed", "count", "Opportunities that were won or lost, in every currency."),
        Figure("won", "Won", "count", "Opportunities that were won."),
        Figure("lost", "Lost", "count", "Opportunities that were lost."),
        Figure("win_rate", "Win rate", "share", "Won opportunities divided by closed ones.", ("won", "closed")),
        Figure("closed_amount", "Amount closed", "money", "Sum of the amounts of closed opportunities in the currency shown."),
        Figure("won_amount", "Amount won", "money", "Sum of the amounts of won opportunities in the currency shown."),
        Figure("amount_rate", "Win rate by amount", "share", "Amount won divided by amount closed.", ("won_amount", "closed_amount")),
    ),
)  # fmt: skip

_CYCLE_TIME = Report(
    "cycle-time", "Cycle time", "How long it takes from the opening of an opportunity until it is won.", "the day on which an opportunity was won",
    ("rep", "territory", "region", "month"), _PEOPLE,
    (
        Figure("won", "Won", "count", "Opportunities that were won."),
        Figure("days", "Median days", "days", "Median of the days from the opening of won opportunities until they were won."),
        Figure("fast_days", "Fastest quarter", "days", "A quarter of the won opportunities took so many days or fewer."),
        Figure("slow_days", "Slowest quarter", "days", "A quarter of the won opportunities took so many days or more."),
    ),
)  # fmt: skip

_STAGE_TIME = Report(
    "stage-time", "Time in stage", "How long opportunities stay in each stage.", "the day on which an opportunity left a stage",
    (ALL, "rep", "territory", "region", "month"), _PEOPLE,
    (
        Figure("stays", "Stays", "count", "Times that an opportunity came into the stage and left it again; a file tells of no stage but the last one."),
        Figure("days", "Median days", "days", "Median of the days from coming into the stage to leaving it."),
        Figure("slow_days", "Slowest quarter", "days", "A quarter of the stays took so many days or more."),
    ),
    within="stage",
)  # fmt: skip

_ACTIVITY = Report(
    "activity", "Activity and results", "What was done, beside what was won.", "the day of an activity, and the day on which an opportunity was won",
    ("rep", "territory", "region", "month"), _PEOPLE,
    (
        Figure("activities", "Activities", "count", "Calls, visits, mails, meetings, notes and tasks that happened; from the cube."),
        Figure("calls", "Calls", "count", "Of these, calls."),
        Figure("visits", "Visits", "count", "Of these, visits."),
        Figure("mails", "Mails", "count", "Of these, mails."),
        Figure("meetings", "Meetings", "count", "Of these, meetings."),
        Figure("won", "Won", "count", "Opportunities that were won, in every currency."),
        Figure("won_amount", "Amount won", "money", "Sum of the amounts of won opportunities in the currency shown."),
        Figure("activities_each", "Activities per win", "ratio", "Activities divided by won opportunities.", ("activities", "won")),
    ),
    of_cube=True,
)  # fmt: skip

_RETENTION = Report(
    "retention", "Retention", "How many of those who first ordered in a period ordered again in each later one.", "the month in which a cohort begins",
    ("quarter", "month", "year"), _PLACES,
    (
        Figure("customers", "Customers", "count", "Accounts whose first order was in the period (the cohort)."),
        Figure("ordered", "Ordered again", "count", "Of these, accounts that ordered in the later period, also returns; the newest period is not over yet."),
        Figure("retention", "Retention", "share", "Accounts that ordered again divided by the cohort.", ("ordered", "customers")),
    ),
    within="after", of_cube=True,
)  # fmt: skip

_CUSTOMERS = Report(
    "customers", "Churn and win-back", "Who stays, who is lost, who comes back.", "the month in which a period begins",
    ("month", "quarter", "year"), _PLACES,
    (
        Figure("base", "Customer base", "count", "Accounts that ever ordered, at the end of the period."),
        Figure("active", "Active", "count", "Of these, accounts that ordered within 6 months."),
        Figure("dormant", "Dormant", "count", "Of these, accounts that ordered within 12 months, and not within 6."),
        Figure("lost", "Lost", "count", "Of these, accounts that did not order for 12 months or more."),
        Figure("new", "New", "count", "Accounts whose first order was in the period."),
        Figure("churned", "Churned", "count", "Accounts that were lost in the period: the twelfth month without an order was in it."),
        Figure("kept_before", "Not lost before", "count", "Accounts that were active or dormant at the end of the period before."),
        Figure("churn", "Churn", "share", "Churned accounts divided by those that were not lost before.", ("churned", "kept_before")),
        Figure("won_back", "Won back", "count", "Accounts that ordered again after 12 months or more without an order."),
        Figure("lost_before", "Lost before", "count", "Accounts that were lost at the end of the period before."),
        Figure("win_back", "Win-back", "share", "Accounts that were won back divided by those that were lost before.", ("won_back", "lost_before")),
    ),
    of_cube=True,
)  # fmt: skip

_MARGIN = Report(
    "margin", "Margin", "What is left of what was sold, returns taken off.", "the month of an order",
    ("category", "product", "segment", "territory", "region", "channel", "month", "quarter", "year"), _PLACES,
    (
        Figure("sold", "Sold", "money", "Revenue of order lines that are no returns."),
        Figure("returned", "Returned", "money", "Revenue of returns (order lines with a negative quantity), without its sign."),
        Figure("return_share", "Returns", "share", "Returned divided by sold.", ("returned", "sold")),
        Figure("revenue", "Revenue", "money", "Sold less returned."),
        Figure("margin", "Margin", "money", "Revenue less cost, of the order lines whose cost is known; a return takes its own off."),
        Figure("margin_share", "Margin share", "share", "Margin divided by revenue.", ("margin", "revenue")),
        Figure("quantity", "Units", "count", "Units sold less units returned."),
        Figure("returned_quantity", "Units returned", "count", "Units of returns, without their sign."),
    ),
    of_cube=True,
)  # fmt: skip

REPORTS: Mapping[str, Report] = MappingProxyType(
    {each.name: each for each in (_LEADS, _WIN_RATE, _CYCLE_TIME, _STAGE_TIME, _ACTIVITY, _RETENTION, _CUSTOMERS, _MARGIN)}
)
"""Every report by its name."""


def report_of(name: str) -> Report:
    """The report of a name.

    Raises:
        CrmError: there is none.
    """
    if name not in REPORTS:
        raise CrmError(f"There is no report {name!r}{meant(name, REPORTS)}.")
    return REPORTS[name]


def divided(part: Decimal | int | None, whole: Decimal | int | None) -> float | None:
    """A share or ratio; None where one of both is not known, or the whole is nothing.

    Args:
        part: a count or a sum.
        whole: the same.
    """
    return None if part is None or not whole else float(part / whole)


def worked_out(report: Report, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a report with the figures that are divided out of others.

    Args:
        report: whose row it is.
        row: its keys, and the figures that are counted, summed or medians; one that is missing is not known.

    Returns:
        The keys, then the figures in their order.
    """
    known = {name: row[name] for name in report.keys}
    for each in report.figures:
        known[each.name] = divided(*(row.get(name) for name in each.divided)) if each.divided else row.get(each.name)
    return known


@dataclass(frozen=True)
class Ordered:
    """How many of a cohort ordered in a period: the first days of the cohort's period and of that one, and the accounts."""

    first: date
    period: date
    accounts: int


@dataclass(frozen=True)
class Kept:
    """How many of a cohort ordered again: the first day of its period, its size, the number of periods since, the accounts that ordered in that one."""

    first: date
    customers: int
    after: int
    ordered: int


def retention(counts: Iterable[Ordered], by: By, last: date) -> list[Kept]:
    """The cohorts, with every period after their first one, those in which nobody ordered among them.

    Args:
        counts: one per cohort and period in which somebody ordered.
        by: month, quarter or year: the length of periods.
        last: first day of the newest period that is told of.

    Returns:
        By cohort and period; period 0 is the first one, in which all ordered.
    """
    found: dict[date, dict[int, int]] = {}
    for each in counts:
        found.setdefault(each.first, {})[periods_between(each.first, each.period, by)] = each.accounts
    return [
        Kept(first, ordered[0], after, ordered.get(after, 0))
        for first, ordered in sorted(found.items())
        for after in range(periods_between(first, last, by) + 1)
    ]  # fmt: skip


def periods_between(earlier: date, later: date, by: By) -> int:
    """How many months, quarters or years lie between two.

    Args:
        earlier: first day of one.
        later: first day of the other.
        by: month, quarter or year.
    """
    return ((later.year - earlier.year) * _MONTHS_A_YEAR + later.month - earlier.month) // _MONTHS[by]


def with_stock_before(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Customers by period with what the period began with: `kept_before` (active and dormant) and `lost_before`, those at the end of the period before.

    Args:
        rows: active, dormant and lost at the end of each period, without a gap, in order; of the first one nobody knows what it began with.
    """
    begun = []
    for row, before in zip(rows, [None, *rows], strict=False):
        kept = None if before is None else before["active"] + before["dormant"]
        begun.append({**row, "kept_before": kept, "lost_before": None if before is None else before["lost"]})
    return begun
