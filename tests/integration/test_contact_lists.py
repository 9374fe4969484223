"""No list of contacts leaves without consent, and none with more than its channel needs."""

from pathlib import Path

import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.pipeline.contact_lists import export_contacts
from gcrm.pipeline.exports import AccountFilter
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    """p1 withdrew mail, p2 and p3 consent to marketing by any channel, p3 also did by phone before; p2 has no mail address."""
    del database
    import_shop("territories", "accounts", "contacts", "consents")
    for person in ("p2", "p3"):
        well("consent", "give", person, "--purpose", "marketing", "--at", "2025-04-01")


def _list(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="string")


def test_only_who_may_be_contacted_is_written_and_the_rest_is_counted(tmp_path: Path) -> None:
    said = well("export", "contacts", tmp_path / "list.csv", "--purpose", "marketing", "--channel", "mail")
    assert said.splitlines() == [
        f"1 contacts to {tmp_path / 'list.csv'}.", "1 left out: consent was withdrawn.", "1 left out: no mail address.",
    ]  # fmt: skip
    written = _list(tmp_path / "list.csv")
    assert written["source_key"].tolist() == ["p3"]
    assert written["email"].tolist() == ["ines@example.org"]
    assert not {"phone", "street", "contact_id"} & set(written)


def test_a_list_for_letters_holds_addresses_only(tmp_path: Path) -> None:
    well("export", "contacts", tmp_path / "letters.csv", "--purpose", "marketing", "--channel", "post")
    written = _list(tmp_path / "letters.csv")
    assert set(written["source_key"]) == {"p2", "p3"}
    assert "street" in written
    assert not {"phone", "email"} & set(written)


def test_nothing_leaves_for_another_purpose(tmp_path: Path) -> None:
    said = well("export", "contacts", tmp_path / "none.csv", "--purpose", "survey", "--channel", "mail")
    assert said.splitlines()[1:] == ["3 left out: no consent is known."]


def test_a_list_is_filtered_as_accounts_are_and_keeps_to_the_scope(tmp_path: Path) -> None:
    well("export", "contacts", tmp_path / "prospects.csv", "--purpose", "marketing", "--channel", "post", "--status", "prospect")
    assert _list(tmp_path / "prospects.csv")["source_key"].tolist() == ["p3"]
    written = export_contacts(tmp_path / "nobody.csv", AccountFilter(), "marketing", "post", Scope(territories=frozenset({-1})))
    assert (written.contacts, written.left_out) == (0, {})


def test_the_suppressed_are_left_out(tmp_path: Path) -> None:
    well("consent", "suppress", "INES@example.org")
    said = well("export", "contacts", tmp_path / "suppressed.csv", "--purpose", "marketing", "--channel", "post")
    assert "1 left out: on the suppression list." in said


def test_text_that_a_spreadsheet_could_run_is_harmless(tmp_path: Path) -> None:
    rows("UPDATE gcrm.contacts SET role = '=1+1' WHERE source_key = 'p2' RETURNING 1")
    well("export", "contacts", tmp_path / "harmless.csv", "--purpose", "marketing", "--channel", "post")
    assert _list(tmp_path / "harmless.csv")["role"].tolist() == ["'=1+1"]


def test_a_list_needs_a_purpose_and_one_channel(tmp_path: Path) -> None:
    assert gcrm("export", "contacts", tmp_path / "a.csv", "--channel", "mail").code == 2
    assert "`any` is no channel" in gcrm("export", "contacts", tmp_path / "a.csv", "--purpose", "marketing", "--channel", "any").err
    assert not (tmp_path / "a.csv").exists()
