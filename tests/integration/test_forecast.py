"""Forecasts of the shop's opportunities, and what earlier ones said, out of the history."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gcrm.access.scope import Scope
from gcrm.crm.forecast import Sums
from gcrm.db.connection import Role, connect
from gcrm.pipeline import opportunities
from gcrm.pipeline.forecast import forecast, past_forecasts, totals
from gcrm.pipeline.opportunities import Choice
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("database", "pipeline")

ALL = Scope.everything()
TODAY = date(2025, 6, 10)
_FILE = """\
deal_id,account,rep,title,stage,value,currency,opened_at,close_date,closed_at,stage_since
f1,c2,r1,One,negotiation,1000,EUR,2025-01-05,2025-06-30,,2025-05-01
f2,c2,r1,Two,proposal,500,USD,2025-01-05,2025-07-15,,2025-05-01
f3,c4,r2,Late,proposal,300,EUR,2025-01-05,2025-06-09,,2025-05-01
f4,c4,r2,Won,won,700,EUR,2025-01-05,2025-06-01,2025-06-02T10:00Z,
f5,c4,r2,Far,new,900,EUR,2025-01-05,2026-01-01,,2025-05-01
"""


@pytest.fixture(scope="module")
def pipeline(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shop's accounts in their territories, and five opportunities."""
    del database
    empty()
    import_shop("territories", "reps", "accounts")
    lies = "UPDATE gcrm.accounts a SET territory_id = t.territory_id FROM gcrm.territories t WHERE t.source_key = %s AND a.source_key = %s"
    with connect(Role.WRITER) as connection:
        for account, territory in (("c2", "north"), ("c4", "south")):
            connection.execute(lies, [territory, account])
    file = tmp_path_factory.mktemp("pipeline") / "opportunities.csv"
    file.write_text(_FILE)
    well("import", "opportunities", file)
    yield
    empty()


def test_the_next_months_by_territory_with_each_currency_by_itself() -> None:
    lines = forecast("territory", ALL, on=TODAY)
    june, july = date(2025, 6, 1), date(2025, 7, 1)
    assert [(line.month, line.member, line.currency, line.sums) for line in lines] == [
        (june, "North", "EUR", Sums(commit=Decimal("1000.00"), weighted=Decimal("750.00"), deals=1)),
        (june, "South", "EUR", Sums(won=Decimal("700.00"), weighted=Decimal("0.00"))),
        (july, "North", "USD", Sums(best_case=Decimal("500.00"), weighted=Decimal("250.00"), deals=1)),
        (None, "South", "EUR", Sums(best_case=Decimal("300.00"), weighted=Decimal("150.00"), deals=1)),
    ]
    assert next((line.month, line.currency, line.sums.expected) for line in totals(lines)) == (june, "EUR", Decimal("1450.00"))
    assert {line.member for line in forecast("rep", ALL, on=TODAY)} == {"Rep One", "Rep Two"}
    assert max(line.month or june for line in forecast("region", ALL, on=TODAY, months=8)) == date(2026, 1, 1)


def test_it_keeps_to_what_is_chosen_and_to_the_scope() -> None:
    north, rep = value("SELECT territory_id FROM gcrm.territories WHERE source_key = 'north'"), value("SELECT rep_id FROM gcrm.reps WHERE source_key = 'r2'")
    assert {line.member for line in forecast("territory", Scope(frozenset({north})), on=TODAY)} == {"North"}
    assert {line.member for line in forecast("territory", ALL, choice=Choice(reps=(rep,)), on=TODAY)} == {"South"}
    assert {line.member for line in forecast("territory", ALL, choice=Choice(territories=(north,)), on=TODAY)} == {"North"}


def test_what_a_rep_says_counts_before_the_stage() -> None:
    key = value("SELECT opportunity_id FROM gcrm.opportunities WHERE source_key = 'f2'")
    terms = opportunities.terms_of(key, ALL, probability=0.9, commitment="commit")
    change = opportunities.edit(key, terms, ALL, actor="ada", through="page")
    sums = {line.currency: line.sums for line in totals(forecast("rep", ALL, on=TODAY)) if line.month == date(2025, 7, 1)}
    assert sums["USD"] == Sums(commit=Decimal("500.00"), weighted=Decimal("450.00"), deals=1)
    assert change is not None
    opportunities.undo(key, change, ALL, actor="ada", through="page")


def test_earlier_forecasts_are_as_things_were_known_then() -> None:
    key = value("SELECT opportunity_id FROM gcrm.opportunities WHERE source_key = 'f1'")
    opportunities.move(key, "won", ALL, actor="ada", through="page", at=datetime(2025, 6, 20, tzinfo=UTC))
    found = past_forecasts(ALL, months=2, on=date(2025, 7, 5))
    may, june = date(2025, 5, 1), date(2025, 6, 1)
    assert {(hit.month, hit.currency): (hit.said.weighted, hit.won, hit.unknown) for hit in found.hits} == {
        # On 1 June: One at 1000 * 0.75, and Late at 300 * 0.5. How far Won was on that day nobody knows.
        (june, "EUR"): (Decimal("900.00"), Decimal("1700.00"), 1),
    }
    assert found.accuracy == {}
    with connect(Role.WRITER) as connection:
        connection.execute("INSERT INTO gcrm.stage_changes (opportunity_id, stage, changed_at) SELECT opportunity_id, 'negotiation', opened_at"
                           " FROM gcrm.opportunities WHERE source_key = 'f4'")  # fmt: skip
    found = past_forecasts(ALL, months=2, on=date(2025, 7, 5))
    assert [(hit.said.weighted, hit.unknown) for hit in found.hits if hit.month == june] == [(Decimal("1425.00"), 0)]
    assert (found.accuracy["EUR"].months, found.accuracy["EUR"].wape) == (1, Decimal(275) / 1700)
    assert all(hit.month != may or hit.won == 0 for hit in found.hits)


def test_a_later_change_of_the_amount_does_not_change_what_was_said() -> None:
    key = value("SELECT opportunity_id FROM gcrm.opportunities WHERE source_key = 'f3'")
    opportunities.edit(key, opportunities.terms_of(key, ALL, amount=Decimal(30_000)), ALL, actor="ada", through="page")
    opportunities.edit(key, opportunities.terms_of(key, ALL, amount=Decimal(60_000)), ALL, actor="ada", through="page")
    assert [hit.said.weighted for hit in past_forecasts(ALL, months=1, on=date(2025, 7, 5)).hits] == [Decimal("1425.00")]
    north = Scope(frozenset({value("SELECT territory_id FROM gcrm.territories WHERE source_key = 'north'")}))
    assert [hit.said.weighted for hit in past_forecasts(north, months=1, on=date(2025, 7, 5)).hits] == [Decimal("750.00")]


def test_the_command_line_shows_both() -> None:
    assert "no day to come" in well("forecast", "--by", "territory")
    assert "won" in well("forecast", "--past")
    done = gcrm("forecast", "--by", "luck")
    assert (done.code, "by rep, territory, region" in done.err) == (1, True)
    assert rows("SELECT 1 FROM gcrm.opportunities LIMIT 1")
