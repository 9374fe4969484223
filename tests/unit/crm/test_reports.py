"""Reports: what is divided out of sums, cohorts and what a period began with, by hand; and that the docs say the same as the declaration."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gcrm.crm.reports import ALL, REPORTS, By, Kept, Ordered, divided, periods_between, report_of, retention, with_stock_before, worked_out
from gcrm.errors import CrmError

_DOCS = Path(__file__).parents[3] / "docs/how_to/reports.md"


def test_a_share_of_nothing_or_of_what_is_not_known_is_not_known() -> None:
    assert divided(1, 4) == 0.25
    assert divided(Decimal("-10.50"), Decimal(42)) == -0.25
    assert divided(0, 4) == 0.0
    assert [divided(1, 0), divided(None, 4), divided(4, None)] == [None, None, None]


def test_a_row_has_its_keys_then_every_figure_in_its_order() -> None:
    row = {"won": 3, "closed": 4, "lost": 1, "member": "Ada", "closed_amount": Decimal(400), "won_amount": Decimal(100), "days": 12.5}
    done = worked_out(report_of("win-rate"), row)
    assert list(done) == ["member", "closed", "won", "lost", "win_rate", "closed_amount", "won_amount", "amount_rate"]
    assert (done["win_rate"], done["amount_rate"]) == (0.75, 0.25)
    hidden = worked_out(report_of("margin"), {"member": "bikes", "revenue": Decimal(100), "margin": Decimal(20), "quantity": Decimal(2)})
    assert (hidden["margin_share"], hidden["returned"], hidden["return_share"]) == (0.2, None, None)


def test_cohorts_have_every_period_also_those_in_which_nobody_ordered() -> None:
    first, second, fourth = date(2025, 1, 1), date(2025, 4, 1), date(2025, 10, 1)
    counts = [Ordered(second, second, 2), Ordered(first, first, 10), Ordered(first, fourth, 4)]
    assert retention(counts, "quarter", fourth) == [
        Kept(first, 10, 0, 10), Kept(first, 10, 1, 0), Kept(first, 10, 2, 0), Kept(first, 10, 3, 4),
        Kept(second, 2, 0, 2), Kept(second, 2, 1, 0), Kept(second, 2, 2, 0),
    ]  # fmt: skip
    assert retention([], "month", first) == []


@pytest.mark.parametrize(("by", "between"), [("month", 14), ("quarter", 4), ("year", 1)])
def test_periods_are_counted_over_the_end_of_a_year(by: By, between: int) -> None:
    later = {"month": date(2026, 3, 1), "quarter": date(2026, 1, 1), "year": date(2026, 1, 1)}[by]
    assert periods_between(date(2025, 1, 1), later, by) == between


def test_a_period_begins_with_what_the_one_before_ended_with() -> None:
    ends = [{"active": 5, "dormant": 2, "lost": 0}, {"active": 4, "dormant": 2, "lost": 1}, {"active": 6, "dormant": 0, "lost": 1}]
    assert [(row["kept_before"], row["lost_before"]) for row in with_stock_before(ends)] == [(None, None), (7, 0), (6, 1)]
    assert with_stock_before([]) == []


def test_what_a_report_does_not_know_is_refused_with_what_there_is() -> None:
    with pytest.raises(CrmError, match=r"There is no report 'win-rat'; did you mean 'win-rate'"):
        report_of("win-rat")
    with pytest.raises(CrmError, match=r"margin is by category, .*; not by rep"):
        report_of("margin").check("rep", [])
    with pytest.raises(CrmError, match="margin knows no rep; it can be narrowed to territory and region"):
        report_of("margin").check("product", ["territory", "rep"])
    with pytest.raises(CrmError, match="not by all"):
        report_of("retention").check(ALL, [])
    report_of("margin").check(ALL, ["region"])


@pytest.mark.parametrize("name", REPORTS)
def test_what_figures_mean_is_said_in_the_docs(name: str) -> None:
    docs, report = _DOCS.read_text(encoding="utf-8"), REPORTS[name]
    assert f"## {report.label}: `{name}`\n" in docs
    for each in report.figures:
        assert f"| {each.label} (`{each.name}`) | {each.unit} | {each.definition} |" in docs
        assert set(each.divided) <= {other.name for other in report.figures if not other.divided}
