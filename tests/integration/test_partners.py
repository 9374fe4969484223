"""Partners: terms, leads that are handed over and taken back, conflicts over an account; nothing of a foreign territory."""

from datetime import date, timedelta

import pytest

from gcrm.access.scope import Scope
from gcrm.crm.partners import Terms
from gcrm.errors import AreaError, CrmError
from gcrm.pipeline import partners
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")

EVERYTHING = Scope.everything()
_TERMS = Terms("gold", date(2020, 1, 1))
_WEST = "POLYGON ((24.90 60.1, 24.95 60.1, 24.95 60.3, 24.90 60.3, 24.90 60.1))"
_MIDDLE = "POLYGON ((24.93 60.1, 25.00 60.1, 25.00 60.3, 24.93 60.3, 24.93 60.1))"


@pytest.fixture
def shop(database: None) -> None:
    """Two accounts in two territories are resellers; two leads, of which the first has the mail address of a third account."""
    del database
    empty()
    import_shop("territories", "reps", "products", "accounts", "contacts", "leads")
    rows("UPDATE gcrm.accounts SET status = 'partner', territory_id = CASE source_key WHEN 'c1' THEN 1 ELSE 2 END WHERE source_key IN ('c1', 'c2') RETURNING 1")
    rows("UPDATE gcrm.accounts SET email = 'shared@example.org' WHERE source_key = 'c3' RETURNING 1")
    rows("UPDATE gcrm.leads SET status = 'new', converted_at = NULL, rejected_because = NULL RETURNING 1")


def _account(key: str) -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key))


def _leads() -> list[int]:
    return [lead for (lead,) in rows("SELECT lead_id FROM gcrm.leads ORDER BY 1")]


def _agree(key: str, area: str = "", terms: Terms = _TERMS) -> int:
    return partners.agree(_account(key), terms, EVERYTHING, area=area, actor="anna", through="page")


def test_an_account_becomes_a_partner_and_gets_other_terms() -> None:
    able = set(partners.candidates(EVERYTHING))
    assert able >= {_account("c1"), _account("c2")}
    key = _agree("c1", _WEST)
    assert _agree("c1", "", Terms("Silver ", date(2021, 1, 1), date(2022, 1, 1))) == key
    found = partners.partner(key, EVERYTHING)
    assert (found["level"], found["area_name"], found["holds"], found["until"]) == ("silver", None, False, date(2022, 1, 1))
    assert set(partners.candidates(EVERYTHING)) == able - {_account("c1")}
    partners.remove(key, EVERYTHING, actor="anna", through="page")
    assert partners.partners(EVERYTHING).empty


@pytest.mark.parametrize("area", ["891126d3303ffff", "891126d3303ffff+1", _WEST])
def test_an_area_is_what_was_said(area: str) -> None:
    _agree("c1", area)
    assert value("SELECT area_name FROM gcrm.partners") == area
    assert value("SELECT ST_Area(area::geography) > 1000 FROM gcrm.partners") is True


def test_an_area_that_is_none_is_refused() -> None:
    with pytest.raises(AreaError, match="distance"):
        _agree("c1", "0..500@24.9,60.1")


def test_a_lead_is_with_one_partner_at_a_time_and_comes_back() -> None:
    lead, *_ = _leads()
    first, second = _agree("c1", _WEST), _agree("c2")
    rows("UPDATE gcrm.leads SET position = ST_Point(24.92, 60.2, 4326), cell = 622236750694711295 WHERE lead_id = %s RETURNING 1", lead)
    offered = partners.for_lead(lead, EVERYTHING)
    assert (offered["partner_id"].tolist(), offered["near"].tolist()) == ([first, second], [True, False])
    for key in (first, second):
        partners.hand_over(lead, key, EVERYTHING, actor="anna", through="page")
    has = partners.of_lead(lead, EVERYTHING)
    assert has is not None
    assert (has[0], has[3]) == (second, "anna")
    assert rows("SELECT partner_id, taken_back_at IS NULL FROM gcrm.partner_leads ORDER BY 1") == [(first, False), (second, True)]
    assert partners.leads_of(second, EVERYTHING)["lead_id"].tolist() == [lead]
    with pytest.raises(CrmError, match="has or had leads"):
        partners.remove(first, EVERYTHING, actor="anna", through="page")
    partners.take_back(lead, EVERYTHING, actor="anna", through="page")
    assert partners.of_lead(lead, EVERYTHING) is None
    with pytest.raises(CrmError, match="No partner has lead"):
        partners.take_back(lead, EVERYTHING, actor="anna", through="page")


def test_what_cannot_be_handed_over_stays() -> None:
    lead, *_ = _leads()
    over = _agree("c1", "", Terms("gold", date(2020, 1, 1), date(2021, 1, 1)))
    with pytest.raises(CrmError, match="is no partner today"):
        partners.hand_over(lead, over, EVERYTHING, actor="anna", through="page")
    rows("UPDATE gcrm.leads SET status = 'rejected', rejected_because = 'none' WHERE lead_id = %s RETURNING 1", lead)
    with pytest.raises(CrmError, match="The lead is rejected"):
        partners.hand_over(lead, _agree("c2"), EVERYTHING, actor="anna", through="page")


def test_two_who_claim_an_account_are_shown_with_their_reasons() -> None:
    lead, *_ = _leads()
    first, second = _agree("c1", _WEST), _agree("c2", _MIDDLE)
    both = (
        "SELECT account_id FROM gcrm.accounts WHERE ST_Intersects(position, ST_GeomFromText(%s, 4326)) AND ST_Intersects(position, ST_GeomFromText(%s, 4326))"
    )
    expected = {account for (account,) in rows(both, _WEST, _MIDDLE)}
    assert set(partners.conflicts(EVERYTHING)["account_id"]) == expected
    assert expected

    rows("UPDATE gcrm.partners SET area = NULL, area_name = NULL RETURNING 1")
    assert partners.conflicts(EVERYTHING).empty
    rows("UPDATE gcrm.leads SET email = 'SHARED@example.org' WHERE lead_id = %s RETURNING 1", lead)
    other = value(
        "INSERT INTO gcrm.leads (source, source_key, company, currency, status, received_at, converted_at, converted_account_id, made_up, import_id)"
        " SELECT 'test', 'x', 'X', 'EUR', 'converted', now(), now(), account_id, true, import_id FROM gcrm.accounts WHERE source_key = 'c3' RETURNING lead_id"
    )
    partners.hand_over(lead, first, EVERYTHING, actor="anna", through="page")
    assert partners.conflicts(EVERYTHING).empty
    rows("INSERT INTO gcrm.partner_leads (partner_id, lead_id, handed_over_by) VALUES (%s, %s, 'anna') RETURNING 1", second, other)
    (row,) = partners.conflicts(EVERYTHING).to_dict("records")
    assert row["account_id"] == _account("c3")
    assert len(row["partners"]) == 2
    assert [each.split(": ")[1] for each in row["why"]] in (
        ["a lead has its mail address", "a lead became the account"], ["a lead became the account", "a lead has its mail address"],
    )  # fmt: skip
    rows("UPDATE gcrm.partners SET until = current_date WHERE partner_id = %s RETURNING 1", second)
    assert partners.conflicts(EVERYTHING).empty


def test_nothing_of_a_foreign_territory_is_shown_or_changed() -> None:
    mine = Scope(frozenset({1}))
    first, second = _agree("c1"), _agree("c2")
    lead, *_ = _leads()
    rows("UPDATE gcrm.leads SET territory_id = 2 RETURNING 1")
    assert partners.partners(mine)["partner_id"].tolist() == [first]
    for act in (
        lambda: partners.agree(_account("c2"), _TERMS, mine, area="", actor="anna", through="page"),
        lambda: partners.remove(second, mine, actor="anna", through="page"),
        lambda: partners.hand_over(lead, first, mine, actor="anna", through="page"),
        lambda: partners.take_back(lead, mine, actor="anna", through="page"),
    ):
        with pytest.raises(CrmError):
            act()


def test_the_commands() -> None:
    lead, *_ = _leads()
    until = f"{date.today() + timedelta(days=30)}"  # noqa: DTZ011 - a day
    assert "is partner" in well("partners", "agree", _account("c1"), "--level", "gold", "--area", _WEST, "--until", until, "--by", "anna")
    key = value("SELECT partner_id FROM gcrm.partners")
    assert "gold" in well("partners", "list")
    assert "is with partner" in well("partners", "hand-over", lead, key, "--by", "anna")
    assert "is with no partner" in well("partners", "take-back", lead, "--by", "anna")
    assert "No two partners" in well("partners", "conflicts")
    assert "has or had leads" in gcrm("partners", "remove", key, "--by", "anna").err
