"""Reports: leads and opportunities out of the database, activities, customers and margin out of the published cube, each as far as the reader may see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.forecast import month_after
from gcrm.crm.reports import ALL, REPORTS, By, FilterName, Ordered, Report, report_of, retention, with_stock_before, worked_out
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.olap import behaviour
from gcrm.olap.analysis import ask
from gcrm.olap.answer import Answer
from gcrm.olap.calendar import member, span
from gcrm.olap.catalogue import DIMENSIONS, Axis
from gcrm.olap.query import CubeQuery, Filter
from gcrm.pipeline.cubes import published
from gcrm.pipeline.exports import write_frame

__all__ = ["ALL", "REPORTS", "By", "Choice", "Report", "Result", "report", "write"]

_KINDS = {"call": "calls", "visit": "visits", "mail": "mails", "meeting": "meetings"}

type _Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Choice:
    """What a report is narrowed to; what is left empty narrows nothing.

    Attributes:
        since: first month, such as `2025-01`.
        until: last month.
        reps: names.
        territories: names.
        regions: names.
        currency: ISO 4217 code of the amounts; the first one that there is if empty.

    Raises:
        CubeError: a month is none.
        CrmError: the last month is before the first.
    """

    since: str = ""
    until: str = ""
    reps: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    currency: str = ""

    def __post_init__(self) -> None:
        first, last = (span("month", text)[0] if text else None for text in (self.since, self.until))
        if first is not None and last is not None and last < first:
            raise CrmError(f"The period ends in {self.until}, before it begins in {self.since}; give the earlier month first.")

    @property
    def narrowed(self) -> list[FilterName]:
        """What it is narrowed by, besides times."""
        given: dict[FilterName, tuple[str, ...]] = {"rep": self.reps, "territory": self.territories, "region": self.regions}
        return [name for name, members in given.items() if members]

    @property
    def first(self) -> date | None:
        """The first day of the period."""
        return span("month", self.since)[0] if self.since else None

    @property
    def before(self) -> date | None:
        """The day after the period."""
        return month_after(span("month", self.until)[0]) if self.until else None

    def holds(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return (self.first is None or self.first <= day) and (self.before is None or day < self.before)

    def parameters(self, by: By) -> dict[str, Any]:
        """As the statements take it."""
        return {
            "by": by, "since": self.first, "before": self.before, "time_zone": settings().time_zone,
            "reps": list(self.reps), "territories": list(self.territories), "regions": list(self.regions),
        }  # fmt: skip

    def filters(self, *, of_times: bool = True, of_reps: bool = False) -> tuple[Filter, ...]:
        """As the cube takes it.

        Args:
            of_times: with the period.
            of_reps: with the reps, whom not every cube knows.
        """
        named = {"rep": self.reps if of_reps else (), "territory": self.territories, "region": self.regions}
        kept = [Filter(name, members) for name, members in named.items() if members]
        if of_times and (self.since or self.until):
            kept.append(Filter("month", (f"{self.since or '0001-01'}..{self.until or '9999-12'}",)))
        return tuple(kept)


@dataclass(frozen=True)
class Result:
    """A report as it came out.

    Attributes:
        report: which one.
        by: what it is split by.
        choice: what it is narrowed to.
        rows: a column named as `by` (none where everything is together), that of `report.within`, then one per figure; missing where it is not known.
        currency: of its amounts; empty where it has none.
        currencies: those that it can be asked in.
        as_of: when the cube was built that it comes from; None where it comes from the records as they are.
        hidden: which figures are hidden from the reader, and why; empty where none is.
    """

    report: Report
    by: By
    choice: Choice
    rows: pd.DataFrame
    currency: str = ""
    currencies: tuple[str, ...] = ()
    as_of: datetime | None = None
    hidden: str = ""


@dataclass(frozen=True)
class _Read:
    """What a report is made of: rows with `member` and what `worked_out` takes, and what is told beside them."""

    rows: _Rows
    as_of: datetime | None = None
    hidden: str = ""


def report(name: str, by: By | None, choice: Choice, scope: Scope) -> Result:
    """A report.

    Args:
        name: one of `gcrm.crm.reports.REPORTS`.
        by: what it is split by; None for what it is split by at first.
        choice: what it is narrowed to.
        scope: who is looking.

    Raises:
        CrmError: there is no such report, or it cannot be split or narrowed so.
        CubeError: it needs the cube and none is published, or counts single accounts, which the scope does not show.
    """
    asked = report_of(name)
    split: By = by or asked.bys[0]
    asked.check(split, choice.narrowed)
    known = _currencies(asked, scope)
    currency = choice.currency or next(iter(known), "")
    if currency and currency not in known and known:
        raise CrmError(f"No amount is in {currency}; there are {', '.join(known)}.")
    read = _READERS[name](split, choice, currency, scope)
    rows = pd.DataFrame([worked_out(asked, row) for row in read.rows], columns=[*asked.keys, *(each.name for each in asked.figures)], dtype=object)
    shaped = rows.drop(columns="member") if split == ALL else rows.rename(columns={"member": split})
    return Result(asked, split, choice, shaped, currency, known, read.as_of, read.hidden)


def write(result: Result, target: Path) -> int:
    """Writes a report, with what was asked; a spreadsheet cannot execute it.

    Args:
        result: from `report`.
        target: .csv, .xlsx or .parquet.

    Returns:
        Rows written.

    Raises:
        ExportError: the format is not one of these, or the target cannot be written.
    """
    choice, frame = result.choice, result.rows.copy()
    told = {
        "report": result.report.label, "by": result.by, "from": choice.since, "to": choice.until, "reps": ", ".join(choice.reps),
        "territories": ", ".join(choice.territories), "regions": ", ".join(choice.regions), "currency": result.currency,
        "as_of": "" if result.as_of is None else result.as_of.isoformat(timespec="seconds"), "hidden": result.hidden,
    }  # fmt: skip
    frame.attrs = {name: text for name, text in told.items() if text}
    return write_frame(frame, target)


def _currencies(asked: Report, scope: Scope) -> tuple[str, ...]:
    """The currencies that a report can be asked in, in order; none where it has no money."""
    if not asked.of_money:
        return ()
    if asked.name == "margin":
        return tuple(published().currencies)
    with scoped(scope) as connection:
        return tuple(currency for (currency,) in queries("reports").currencies(connection))


def _leads(by: By, choice: Choice, _: str, scope: Scope) -> _Read:
    with scoped(scope) as connection:
        return _Read(_records(read_frame(connection, queries("reports").leads.sql, choice.parameters(by))))


def _closed(by: By, choice: Choice, currency: str, scope: Scope) -> _Read:
    with scoped(scope) as connection:
        return _Read(_records(read_frame(connection, queries("reports").closed.sql, {**choice.parameters(by), "currency": currency})))


def _won(by: By, choice: Choice, currency: str, scope: Scope) -> _Read:
    """Of what was closed, only members who won something."""
    return _Read([row for row in _closed(by, choice, currency, scope).rows if row["won"]])


def _stays(by: By, choice: Choice, _: str, scope: Scope) -> _Read:
    with scoped(scope) as connection:
        return _Read(_records(read_frame(connection, queries("reports").stays.sql, choice.parameters(by))))


def _activity(by: By, choice: Choice, currency: str, scope: Scope) -> _Read:
    axes, where, version = _axes(by), choice.filters(of_reps=True), published()
    every = ask(version, CubeQuery(axes, measures=("activities",), where=where), scope)
    of_kinds = ask(version, CubeQuery((*axes, Axis("activity")), measures=("activities",), where=where), scope)
    none = None if scope.hides else 0
    nothing = {"activities": none, **dict.fromkeys(_KINDS.values(), none), "won": 0, "won_amount": 0}
    rows = {row["member"]: nothing | row for row in _members(every, by)}
    for row in _members(of_kinds, by):
        if row["activity"] in _KINDS and row["member"] in rows:
            rows[row["member"]][_KINDS[row["activity"]]] = row["activities"]
    for row in _won(by, choice, currency, scope).rows:
        rows[row["member"]] = {**nothing, **rows.get(row["member"], {}), **row}
    return _Read([rows[name] for name in sorted(rows)], version.built_at, every.explanation.hidden)


def _retention(by: By, choice: Choice, _: str, scope: Scope) -> _Read:
    version = published()
    found = [Ordered(**row) for row in behaviour.cohorts(version, by, choice.filters(of_times=False), scope).to_pylist()]
    kept = retention(found, by, max((each.period for each in found), default=date.min))
    rows = [
        {"member": member(by, each.first), "after": each.after, "customers": each.customers, "ordered": each.ordered}
        for each in kept
        if choice.holds(each.first)
    ]
    return _Read(rows, version.built_at)


def _customers(by: By, choice: Choice, _: str, scope: Scope) -> _Read:
    where, version = choice.filters(of_times=False), published()
    stocks = ask(version, CubeQuery(_axes(by), measures=("base", "active", "dormant", "lost", "new", "won_back"), where=where), scope)
    churned = {row["period"]: row["churned"] for row in behaviour.churned(version, by, where, scope).to_pylist()}
    rows = with_stock_before([{**row, "churned": churned.get(row[by], 0)} for row in stocks.table.to_pylist()])
    return _Read([{**row, "member": member(by, row[by])} for row in rows if choice.holds(row[by])], version.built_at)


def _margin(by: By, choice: Choice, currency: str, scope: Scope) -> _Read:
    where, version = choice.filters() + ((Filter("currency", (currency,)),) if currency else ()), published()
    sums = ask(version, CubeQuery(_axes(by), measures=("revenue", "margin", "quantity"), where=where), scope)
    rows = [row for row in _members(sums, by) if row["revenue"] is not None]
    if scope.hides:  # what came back may be of few accounts where what was sold is not
        return _Read(rows, version.built_at, sums.explanation.hidden)
    returned = {row["member"]: row for row in behaviour.returns(version, None if by == ALL else by, where, scope).to_pylist()}
    for row in rows:
        back = returned.get(row["member"], {"returned": 0, "returned_quantity": 0})
        row |= {"returned": back["returned"], "returned_quantity": back["returned_quantity"], "sold": row["revenue"] + back["returned"]}
    return _Read(rows, version.built_at)


_READERS: Mapping[str, Callable[[By, Choice, str, Scope], _Read]] = {
    "leads": _leads, "win-rate": _closed, "cycle-time": _won, "stage-time": _stays, "activity": _activity, "retention": _retention,
    "customers": _customers, "margin": _margin,
}  # fmt: skip


def _records(frame: pd.DataFrame) -> _Rows:
    """The rows of a frame, with None for what is missing."""
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in frame.astype(object).to_dict("records")]


def _axes(by: By) -> tuple[Axis, ...]:
    return () if by == ALL else (Axis(by),)


def _members(answer: Answer, by: By) -> _Rows:
    """The rows of an answer of the cube, with the member of its first axis as text."""
    rows = answer.table.to_pylist()
    return [{**row, "member": "" if by == ALL else DIMENSIONS[by].member(row[by])} for row in rows]
