"""The ledger of consents: what imports and people write into it decides who may be contacted; the suppression list outlives the record."""

from datetime import UTC, datetime

import psycopg
import pytest

from gcrm.access.scope import Scope
from gcrm.crm.consent import Why
from gcrm.db.connection import Role, connect, scoped
from gcrm.errors import ConsentError
from gcrm.pipeline.consent import may_contact, may_contact_each, record
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    """The shop's contacts p1 (marketing by mail given, then withdrawn), p2 (nothing said), p3 (marketing by phone given)."""
    del database
    import_shop("territories", "accounts", "contacts", "consents")


def _contact(key: str) -> int:
    return int(value("SELECT contact_id FROM gcrm.contacts WHERE source_key = %s", key))


def test_what_an_import_brought_decides() -> None:
    everything = Scope.everything()
    assert may_contact(_contact("p1"), "marketing", "mail", datetime(2025, 1, 15, tzinfo=UTC), everything).allowed
    withdrawn = may_contact(_contact("p1"), "Marketing", "E-Mail", _NOW, everything)
    assert (withdrawn.allowed, withdrawn.reason) == (False, "Consent to marketing by mail was withdrawn on 2025-02-01 12:00 UTC (files).")
    assert may_contact(_contact("p3"), "marketing", "phone", _NOW, everything).allowed
    assert may_contact(_contact("p3"), "marketing", "mail", _NOW, everything).why is Why.NOT_SAID
    keys = [_contact(key) for key in ("p1", "p2", "p3")]
    assert [each.allowed for each in may_contact_each(keys, "marketing", "phone", _NOW, everything).values()] == [False, False, True]


def test_who_is_outside_the_scope_is_nobody() -> None:
    nowhere = Scope(territories=frozenset({-1}))
    assert may_contact_each([_contact("p3")], "marketing", "phone", _NOW, nowhere) == {}
    with pytest.raises(ConsentError, match="you may not see it"):
        may_contact(_contact("p3"), "marketing", "phone", _NOW, nowhere)


def test_statements_by_hand_are_appended() -> None:
    assert gcrm("consent", "may", "p2", "--purpose", "survey", "--channel", "phone").code == 1
    well("consent", "give", "p2", "--purpose", "Survey", "--at", "2025-03-01", "--source", "web form", "--wording", "Ask me.")
    assert well("consent", "may", "p2", "--purpose", "survey", "--channel", "phone") == (
        "Yes. Consent to survey by phone was given on 2025-03-01 00:00 UTC (web form).\n"
    )
    well("consent", "withdraw", "p2", "--purpose", "survey", "--channel", "phone", "--source", "call")
    said = gcrm("consent", "may", "p2", "--purpose", "survey", "--channel", "phone")
    assert (said.code, said.out.startswith("No. Consent to survey by phone was withdrawn on ")) == (1, True)
    shown = well("consent", "show", "p2")
    assert "Ask me." in shown
    assert "May be contacted: Consent to survey by mail was given" in shown
    assert rows("SELECT given FROM gcrm.consents WHERE purpose = 'survey' ORDER BY consent_id") == [(True,), (False,)]


def test_the_ledger_cannot_be_changed() -> None:
    for command in ("UPDATE gcrm.consents SET given = true", "DELETE FROM gcrm.consents", "DELETE FROM gcrm.suppressions"):
        with connect(Role.WRITER) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(command.encode())


def test_a_statement_of_nobody_is_refused() -> None:
    with pytest.raises(ConsentError, match="no contact 0"):
        record(0, "marketing", "mail", given=True)
    assert "Nobody has the key or mail address 'nobody'" in gcrm("consent", "give", "nobody", "--purpose", "marketing").err


def test_a_mail_address_of_two_has_to_be_told_apart() -> None:
    rows("UPDATE gcrm.contacts SET email = 'ines@example.org' WHERE source_key = 'p2' RETURNING 1")
    said = gcrm("consent", "show", "INES@example.org").err
    assert "of 2: files/p2 (contacts), files/p3 (contacts)" in said
    rows("UPDATE gcrm.contacts SET email = NULL WHERE source_key = 'p2' RETURNING 1")


def test_the_suppressed_are_never_contacted_however_the_number_is_written() -> None:
    rows("UPDATE gcrm.contacts SET phone = '+358401234567 ext. 12' WHERE source_key = 'p3' RETURNING 1")
    assert well("consent", "suppress", "040 123 4567", "--country", "FI") == "The telephone number is on the suppression list now.\n"
    assert well("consent", "suppress", "+358 40 1234567") == "The telephone number was on the suppression list already.\n"
    assert may_contact(_contact("p3"), "marketing", "phone", _NOW, Scope.everything()).why is Why.SUPPRESSED
    assert "neither a mail address nor a telephone number" in gcrm("consent", "suppress", "Ines").err


def test_the_suppression_list_outlives_the_record_and_names_nobody() -> None:
    well("consent", "suppress", "Eino@Example.org", "--reason", "objected")
    rows("UPDATE gcrm.contacts SET email = 'eino@example.org' WHERE source_key = 'p2' RETURNING 1")
    everything = Scope.everything()
    assert may_contact(_contact("p2"), "survey", "mail", _NOW, everything).why is Why.SUPPRESSED
    assert "eino" not in str(rows("SELECT * FROM gcrm.suppressions"))


@pytest.mark.parametrize("table", ["privacy_keys", "suppressions"])
def test_readers_see_neither_the_key_nor_the_list(table: str) -> None:
    with scoped(Scope.everything()) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"SELECT * FROM gcrm.{table}".encode())
