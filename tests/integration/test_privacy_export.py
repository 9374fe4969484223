"""Everything that is held on a person goes out to the person: every row with the marker, as JSON and as a page that runs nothing."""

import json
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.errors import PrivacyError
from gcrm.pipeline.persons import find_person
from gcrm.pipeline.privacy.export import export_person
from tests.integration.command_line import well
from tests.integration.marked_person import MARKER, add_rows, mark
from tests.integration.records import value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    """The shop; its person c7 has a row in every table, with the marker in every text, a contact who consented, and a record in quarantine."""
    del database
    import_shop()
    with connect(Role.OWNER) as connection:
        connection.execute(
            "INSERT INTO gcrm.layer_versions (layer, dataset, file_name, file_sha256, attribution, feature_count) VALUES ('tracks', 'phone', 'x', '', '', 1)"
        )
        person = int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = 'c7'"))
        connection.execute("SELECT gcrm.merge_accounts(%s, (SELECT account_id FROM gcrm.accounts WHERE source_key = 'c5'))", [person])
        contact = connection.execute(
            "INSERT INTO gcrm.contacts (source, source_key, account_id, given_name, family_name, email, made_up, import_id) "
            "VALUES ('files', 'p7', %s, 'Seitsemas', 'Person', 'p7@example.org', true, 1) RETURNING contact_id",
            [person],
        ).fetchone()
        assert contact is not None
        add_rows(connection, person, contact[0])
        mark(connection, [("accounts", person)])
        connection.execute("UPDATE gcrm.accounts SET segment = '<script>alert(1)</script>' WHERE account_id = %s", [person])
    well("consent", "give", "p7", "--purpose", "marketing")


def test_everything_is_in_it(tmp_path: Path) -> None:
    said = well("privacy", "export", "files/c7", "--output", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "person.json").read_text())
    assert said.startswith(f"{sum(map(len, told['records'].values())) + sum(len(told[name]) for name in told if isinstance(told[name], list)):,} records to ")
    assert told["person"]["source_key"] == "c7"
    expected = {
        "accounts",
        "contacts",
        "activities",
        "consents",
        "orders",
        "tracks",
        "contact_routes",
        "account_surroundings",
        "account_positions",
        "duplicates",
    }
    assert expected <= set(told["records"])
    assert told["records"]["accounts"][0]["geocode_reason"].startswith(MARKER)
    assert told["records"]["accounts"][0]["cell"].startswith("8a")  # H3, level 10
    assert told["records"]["tracks"][0]["geom"]["type"] == "LineString"
    assert {each["before"].get("segment") for each in told["history"]} & {f"{MARKER} 0"}
    assert any("Consent to marketing by mail was given" in each["reason"] for each in told["decisions"])
    assert any(each["file"].endswith("accounts.csv") for each in told["files"])


def test_the_page_says_the_same_and_runs_nothing(tmp_path: Path) -> None:
    well("privacy", "export", "files/c7", "--output", tmp_path)
    page = (tmp_path / "person.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http" not in page.replace("https://", "http://").split("<h1>")[0]
    assert "What the records were before" in page


def test_only_who_sees_everything_gives_it_out(tmp_path: Path) -> None:
    person = find_person("files/c7", Scope.everything())
    with pytest.raises(PrivacyError, match="all territories"):
        export_person(person, tmp_path, Scope(territories=frozenset({1})))
