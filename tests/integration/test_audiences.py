"""Audiences: the list equals the count, row by row what SQL says, and nobody leaves without consent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.crm.audiences import Criteria, Terms
from gcrm.errors import AudienceError
from gcrm.pipeline import audiences
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("town")

EVERYTHING = Scope.everything()
_IN_A_MONTH = datetime.now(UTC).date() + timedelta(days=30)


@pytest.fixture
def town(database: None) -> None:
    """Three hundred accounts of two territories, each third a customer with an order, each with a contact, of whom some consent to marketing by mail."""
    del database
    empty()
    rows("DELETE FROM gcrm.audiences RETURNING 1")
    import_shop("territories", "products")
    made = "true, (SELECT min(import_id) FROM gcrm.imports)"
    rows(
        "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, segment, street, postcode, city, country_code, position, cell, territory_id,"
        " made_up, import_id) SELECT 'town', 'k' || i, 'household', CASE WHEN i % 3 = 0 THEN 'customer' ELSE 'prospect' END, 'Household ' || i,"
        " 'segment ' || (i % 3 + i % 2), 'Katu', (100 + i % 4)::text, 'Helsinki', 'FI', ST_Point(24.9 + i / 10000.0, 60.17, 4326), 622236750694711295 + i,"
        f" (SELECT min(territory_id) + i % 2 FROM gcrm.territories), {made} FROM generate_series(1, 300) AS i RETURNING 1"
    )
    rows(
        "INSERT INTO gcrm.contacts (source, source_key, account_id, given_name, family_name, email, made_up, import_id)"
        " SELECT 'town', 'p' || source_key, account_id, 'Person', source_key, CASE WHEN account_id % 10 > 0 THEN source_key || '@example.org' END,"
        f" {made} FROM gcrm.accounts WHERE source = 'town' RETURNING 1"
    )
    rows(
        "INSERT INTO gcrm.consents (source, source_key, contact_id, purpose, channel, given, recorded_at, made_up)"
        " SELECT 'town', source_key, contact_id, 'marketing', 'mail', contact_id % 3 = 0, now() - interval '1 day', true"
        " FROM gcrm.contacts WHERE contact_id % 3 < 2 RETURNING 1"
    )
    rows(
        "INSERT INTO gcrm.orders (source, source_key, order_key, account_id, product_id, ordered_at, quantity, revenue, currency, made_up, import_id)"
        " SELECT 'town', source_key, source_key, account_id, (SELECT min(product_id) FROM gcrm.products), now() - (account_id % 100) * interval '1 day', 1,"
        f" account_id % 50, 'EUR', {made} FROM gcrm.accounts WHERE source = 'town' AND status = 'customer' RETURNING 1"
    )


_CONSENTING = (
    "JOIN gcrm.contacts c USING (account_id) WHERE c.email IS NOT NULL AND (SELECT given FROM gcrm.consents s WHERE s.contact_id = c.contact_id"
    " ORDER BY recorded_at DESC LIMIT 1)"
)
_CASES = {
    "nothing asked": (Criteria(), "true"),
    "status and segment": (
        Criteria(statuses=("prospect",), segments=("segment 1", "segment 2")),
        "a.status = 'prospect' AND a.segment IN ('segment 1', 'segment 2')",
    ),
    "postcodes": (Criteria(postcodes=("101", "102")), "a.postcode IN ('101', '102')"),
    "recency": (
        Criteria(bought_within_days=40, not_bought_for_days=10),
        (
            "EXISTS (SELECT FROM gcrm.orders o WHERE o.account_id = a.account_id"
            " AND o.ordered_at BETWEEN now() - interval '40 days' AND now() - interval '10 days')"
        ),
    ),
    "value": (
        Criteria(value_at_least=Decimal(10), value_at_most=Decimal(20)),
        "(SELECT sum(revenue) FROM gcrm.orders o WHERE o.account_id = a.account_id) BETWEEN 10 AND 20",
    ),
    "polygon": (
        Criteria(area="POLYGON ((24.9 60.1, 24.91 60.1, 24.91 60.2, 24.9 60.2, 24.9 60.1))"),
        "ST_X(a.position) BETWEEN 24.9 AND 24.91",
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_whom_it_chooses_is_what_sql_says(name: str) -> None:
    criteria, condition = _CASES[name]
    chosen = audiences.preview(criteria, EVERYTHING)
    expected = {key for (key,) in rows(f"SELECT c.contact_id FROM gcrm.accounts a {_CONSENTING} AND ({condition})")}
    assert set(chosen.contacts["contact_id"]) == expected
    assert expected
    assert chosen.accounts == value("SELECT count(*) FROM gcrm.accounts")
    assert chosen.accounts - chosen.falls["falls"].sum() == chosen.falls["left"].iloc[-1] == len(chosen.account_ids)
    assert chosen.cells["accounts"].sum() == len(chosen.account_ids)


def test_a_category_that_was_bought_or_never_was() -> None:
    category = value("SELECT category FROM gcrm.products ORDER BY product_id LIMIT 1")
    bought = audiences.preview(Criteria(bought=(category,)), EVERYTHING)
    never = audiences.preview(Criteria(not_bought=(category,)), EVERYTHING)
    assert set(bought.contacts["status"]) == {"customer"}
    assert set(never.contacts["status"]) == {"prospect"}


def test_points_say_why_somebody_stands_above_another() -> None:
    chosen = audiences.preview(Criteria(statuses=("prospect",)), EVERYTHING)
    assert chosen.contacts["score"].is_monotonic_decreasing
    assert (chosen.points.sum(axis=1) - chosen.contacts["score"]).abs().max() < 0.001
    assert len(set(chosen.points["segment"])) > 1


def test_a_list_is_kept_refreshed_and_leaves_with_those_who_still_consent(tmp_path: Path) -> None:
    key, contacts = audiences.save(Criteria(statuses=("prospect",)), Terms("Spring", Decimal("0.2"), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    kept = audiences.audience(key, EVERYTHING)
    assert (kept.contacts, kept.came, kept.went) == (contacts, 0, 0)
    assert 0 < kept.held_out_contacts < contacts / 2

    written = audiences.export_audience(key, tmp_path / "list.csv", EVERYTHING)
    assert (written.contacts, written.held_out) == (contacts - kept.held_out_contacts, kept.held_out_contacts)
    names = pd.read_csv(tmp_path / "list.csv")["source_key"].tolist()
    assert len(names) == written.contacts
    assert "phone" not in pd.read_csv(tmp_path / "list.csv")

    well("consent", "withdraw", f"town/{names[0]}", "--purpose", "marketing", "--source", "call")
    again = audiences.export_audience(key, tmp_path / "again.csv", EVERYTHING)
    assert again.contacts == written.contacts - 1
    assert again.left_out == {"consent was withdrawn": 1}

    rows("UPDATE gcrm.accounts SET status = 'lost' WHERE account_id IN (SELECT account_id FROM gcrm.contacts WHERE source_key = %s) RETURNING 1", names[1])
    came, went = audiences.refresh(key, EVERYTHING, actor="anna", through="page")
    assert (came, went) == (0, 2)
    told = audiences.audience(key, EVERYTHING)
    assert (told.contacts, told.came, told.went) == (contacts - 2, 0, 2)
    rows("UPDATE gcrm.accounts SET status = 'prospect' WHERE status = 'lost' RETURNING 1")
    assert audiences.refresh(key, EVERYTHING, actor="anna", through="page") == (1, 0)
    assert audiences.audience(key, EVERYTHING).held_out_contacts == kept.held_out_contacts


def test_a_merge_keeps_the_contacts_of_both_in_the_list_and_its_undo_parts_them() -> None:
    key, contacts = audiences.save(Criteria(), Terms("All", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    (first, second) = (account for (account,) in rows("SELECT account_id FROM gcrm.audience_members WHERE audience_id = %s ORDER BY 1 LIMIT 2", key))
    merge = value("SELECT gcrm.merge_accounts(%s, %s)", first, second)
    assert audiences.audience(key, EVERYTHING).contacts == contacts
    assert value("SELECT count(*) FROM gcrm.audience_members WHERE account_id = %s", first) == 2
    rows("SELECT gcrm.undo_merge(%s)", merge)
    assert value("SELECT count(*) FROM gcrm.audience_members WHERE account_id = %s", second) == 1


def test_a_list_that_is_removed_comes_back_as_it_was_for_a_day() -> None:
    key, _ = audiences.save(Criteria(), Terms("All", Decimal("0.2"), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    before = audiences.audience(key, EVERYTHING)
    audiences.remove(key, EVERYTHING, actor="anna", through="page")
    assert audiences.audiences(EVERYTHING) == []
    with pytest.raises(AudienceError, match="There is no audience"):
        audiences.refresh(key, EVERYTHING, actor="anna", through="page")
    audiences.restore(key, EVERYTHING, actor="anna", through="page")
    assert audiences.audience(key, EVERYTHING) == before

    audiences.remove(key, EVERYTHING, actor="anna", through="page")
    other, _ = audiences.save(Criteria(), Terms("All", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    with pytest.raises(AudienceError, match="cannot be brought back"):
        audiences.restore(key, EVERYTHING, actor="anna", through="page")
    rows("UPDATE gcrm.audiences SET removed_at = now() - interval '2 days' WHERE audience_id = %s RETURNING 1", key)
    audiences.remove(other, EVERYTHING, actor="anna", through="page")
    assert value("SELECT count(*) FROM gcrm.audience_members WHERE audience_id = %s", key) == 0


def test_it_becomes_a_campaign_once() -> None:
    key, contacts = audiences.save(Criteria(), Terms("All", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    campaign, addressed = audiences.to_campaign(key, EVERYTHING, actor="anna", through="page", cost=Decimal("12.50"))
    assert addressed == contacts
    assert rows("SELECT name, channel, cost FROM gcrm.campaigns WHERE campaign_id = %s", campaign) == [("All", "mail", Decimal("12.50"))]
    assert value("SELECT count(*) FROM gcrm.campaign_members WHERE campaign_id = %s AND response = 'none'", campaign) == contacts
    with pytest.raises(AudienceError, match="became a campaign already"):
        audiences.to_campaign(key, EVERYTHING, actor="anna", through="page")
    audiences.remove(key, EVERYTHING, actor="anna", through="page")
    assert value("SELECT count(*) FROM gcrm.campaign_members WHERE campaign_id = %s", campaign) == contacts


def test_nobody_of_a_foreign_territory_is_chosen_written_or_touched(tmp_path: Path) -> None:
    first, second = (key for (key,) in rows("SELECT DISTINCT territory_id FROM gcrm.accounts WHERE source = 'town' ORDER BY 1"))
    mine, theirs = Scope(frozenset({first})), Scope(frozenset({second}))
    key, contacts = audiences.save(Criteria(), Terms("All", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    own = audiences.preview(Criteria(), mine)
    assert set(own.contacts["territory"]) == {value("SELECT name FROM gcrm.territories WHERE territory_id = %s", first)}
    assert audiences.audience(key, mine).contacts + audiences.audience(key, theirs).contacts == contacts
    assert audiences.export_audience(key, tmp_path / "mine.csv", mine).contacts == len(own.contacts)
    for act in (audiences.remove, audiences.to_campaign, audiences.restore):
        with pytest.raises(AudienceError, match="territories that you do not see"):
            act(key, mine, actor="anna", through="page")
    rows("UPDATE gcrm.accounts SET status = 'lost' WHERE source = 'town' RETURNING 1")
    rows('UPDATE gcrm.audiences SET criteria = \'{"statuses": ["prospect"]}\' RETURNING 1')
    assert audiences.refresh(key, mine, actor="anna", through="page") == (0, len(own.contacts))
    assert audiences.audience(key, theirs).contacts == contacts - len(own.contacts)


def test_what_is_expired_or_hidden_does_not_leave(tmp_path: Path) -> None:
    key, _ = audiences.save(Criteria(), Terms("All", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    with pytest.raises(AudienceError, match="are hidden from you"):
        audiences.preview(Criteria(), Scope(territories=None, smallest_count=5))
    rows("UPDATE gcrm.audiences SET expires_on = current_date RETURNING 1")
    with pytest.raises(AudienceError, match="expired"):
        audiences.export_audience(key, tmp_path / "late.csv", EVERYTHING)
    assert not (tmp_path / "late.csv").exists()


def test_labels_are_for_post(tmp_path: Path) -> None:
    rows(
        "INSERT INTO gcrm.consents (source, source_key, contact_id, purpose, channel, given, recorded_at, made_up)"
        " SELECT 'post', source_key, contact_id, 'marketing', 'post', true, now(), true FROM gcrm.contacts WHERE source = 'town' RETURNING 1"
    )
    rows("UPDATE gcrm.accounts SET name = 'A & <b>' WHERE source_key = 'k1' RETURNING 1")
    key, contacts = audiences.save(Criteria(channel="post"), Terms("Letters", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    assert audiences.export_audience(key, tmp_path / "labels.html", EVERYTHING).contacts == contacts
    page = (tmp_path / "labels.html").read_text()
    assert page.count('class="label"') == contacts
    assert "A &amp; &lt;b&gt;\nPerson k1\nKatu" in page
    mail, _ = audiences.save(Criteria(), Terms("Mail", Decimal(0), _IN_A_MONTH), EVERYTHING, actor="anna", through="page")
    with pytest.raises(AudienceError, match="Labels are for post"):
        audiences.export_audience(mail, tmp_path / "no.html", EVERYTHING)


def test_the_commands(tmp_path: Path) -> None:
    assert "fall" in well("audiences", "preview", "statuses=prospect,lost", "bought_within_days=5")
    assert "Audience" in well("audiences", "save", "Spring", "statuses=prospect", "--hold-out", "0.1", "--by", "anna")
    key = value("SELECT audience_id FROM gcrm.audiences WHERE name = 'Spring'")
    assert "Spring" in well("audiences", "list")
    assert "0 contacts came, 0 went" in well("audiences", "refresh", key, "--by", "anna")
    assert "contacts to" in well("audiences", "export", key, tmp_path / "list.xlsx")
    assert value("SELECT count(*) FROM gcrm.audit WHERE action = 'export' AND subject = 'list.xlsx'") == 1
    assert "Campaign" in well("audiences", "campaign", key, "--cost", "10", "--by", "anna")
    assert "is removed" in well("audiences", "remove", key, "--by", "anna")
    assert "no rule" in gcrm("audiences", "preview", "prospects").err
    assert "another name" in (well("audiences", "save", "Twice", "--by", "anna") and gcrm("audiences", "save", "Twice", "--by", "anna").err)
    assert "take one of them away" in gcrm("audiences", "save", "Nobody", "segments=none", "--by", "anna").err
