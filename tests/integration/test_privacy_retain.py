"""What is older than its rule goes; a dry run only counts."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gcrm.config import settings
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def ruled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets GCRM_RETENTION."""

    def set_rules(text: str) -> None:
        monkeypatch.setenv("GCRM_RETENTION", text)
        settings.cache_clear()

    yield set_rules
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(autouse=True)
def shop() -> None:
    """The shop; one of its two activities is of today, and everything else is old."""
    empty()
    import_shop()
    rows("UPDATE gcrm.activities SET happened_at = now() WHERE activity_id = 1 RETURNING 1")


def test_a_dry_run_counts_and_a_run_removes(ruled: Callable[[str], None]) -> None:
    ruled("activities=30, changes=1")
    assert well("privacy", "retain", "--dry-run") == "activities: 1 older than 30 days would go.\nchanges: 0 older than 1 days would go.\n"
    assert value("SELECT count(*) FROM gcrm.activities") == 2
    assert well("privacy", "retain") == "activities: 1 older than 30 days removed.\nchanges: 0 older than 1 days removed.\n"
    assert rows("SELECT activity_id FROM gcrm.activities") == [(1,)]


def test_persons_of_whom_nothing_was_heard_are_erased(ruled: Callable[[str], None]) -> None:
    ruled("accounts=365")
    rows("UPDATE gcrm.orders SET ordered_at = now() - interval '3 years' RETURNING 1")
    rows("UPDATE gcrm.opportunities SET opened_at = now() - interval '3 years', closed_at = now() - interval '2 years' RETURNING 1")
    rows("UPDATE gcrm.activities SET happened_at = now() - interval '3 years' RETURNING 1")
    assert "accounts: 0 of whom" in well("privacy", "retain", "--dry-run")  # the records themselves are new
    rows("UPDATE gcrm.accounts SET updated_at = now() - interval '2 years' RETURNING 1")
    assert well("privacy", "retain") == "accounts: 2 of whom nothing was heard for 365 days erased.\n"
    assert rows("SELECT source_key FROM gcrm.accounts WHERE kind <> 'company'") == []
    assert value("SELECT count(*) FROM gcrm.tombstones") > 0


def test_leads_that_became_nothing_go_with_the_persons(ruled: Callable[[str], None], tmp_path: Path) -> None:
    ruled("leads=365")
    file = tmp_path / "leads.csv"
    file.write_text("lead_key,company,received_at\nl1,Old Oy,2020-01-01\nl2,Changed Oy,2020-01-01\nl3,New Oy,2100-01-01\n")
    well("import", "leads", file)
    rows("UPDATE gcrm.leads SET updated_at = now() - interval '2 years' WHERE source_key IN ('l1', 'l3') RETURNING 1")
    assert well("privacy", "retain") == "leads: 1 of whom nothing was heard for 365 days erased.\n"
    assert {("l2",), ("l3",)} < set(rows("SELECT source_key FROM gcrm.leads"))


def test_without_rules_everything_stays(ruled: Callable[[str], None]) -> None:
    ruled("")
    assert "GCRM_RETENTION" in well("privacy", "retain")


@pytest.mark.parametrize("text", ["activities", "activities=0", "activities=long", "consents=10"])
def test_a_rule_that_cannot_be_read_is_said(ruled: Callable[[str], None], text: str) -> None:
    ruled(text)
    said = gcrm("privacy", "retain").err
    assert f"has the rule '{text}'" in said
