"""An account that a person types in goes the way of an imported one: cleaned, checked, placed, undone."""

import pytest

from gcrm.access.scope import Scope
from gcrm.errors import EntryError
from gcrm.pipeline import jobs
from gcrm.pipeline.duplicates import possible_duplicates_of
from gcrm.pipeline.entry import FIELDS, SOURCE, check, create
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database", "clean")

BAKERY = {
    "name": "  Bakery   Miller ", "street": "Dorfstrasse", "house_number": "1", "postcode": "9001", "city": "Oberau", "country_code": "Austria",
    "phone": "01 5123456",
}  # fmt: skip


@pytest.fixture(scope="module")
def reference(database: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One street of a made village."""
    del database
    path = tmp_path_factory.mktemp("village") / "au.csv"
    path.write_text("LON,LAT,NUMBER,STREET,CITY,POSTCODE\n9.5,47.1,1,Dorfstrasse,Oberau,9001\n9.502,47.101,7,Dorfstrasse,Oberau,9001\n")
    well("load", "addresses", path, "--attribution", "made up")


@pytest.fixture
def clean(reference: None) -> None:
    del reference
    empty()


def test_it_is_cleaned_by_the_steps_of_an_import_and_nothing_is_stored() -> None:
    checked = check({**BAKERY, "email": "nobody"})
    assert not checked.refused
    assert {name: checked.record[name] for name in ("name", "country_code", "phone", "email", "segment", "kind", "status")} == {
        "name": "Bakery Miller", "country_code": "AT", "phone": "+4315123456", "email": "nobody", "segment": None, "kind": "company", "status": "customer",
    }  # fmt: skip
    assert list(checked.warnings) == ["email"]
    assert value("SELECT count(*) FROM gcrm.accounts") == value("SELECT count(*) FROM gcrm.jobs") == 0


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({}, "name"),
        ({"name": "A", "status": "sleeping"}, "status"),
        ({"name": "A", "latitude": "97", "longitude": "1"}, "latitude"),
        ({"name": "x" * 1001}, "name"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_leaves_nothing(texts: dict[str, str], field: str) -> None:
    assert list(check(texts).refused) == [field]
    with pytest.raises(EntryError, match=rf"(?i)^{field} .*mend it and save again"):
        create(texts, actor="ada", through="page")
    assert value("SELECT count(*) FROM gcrm.jobs") == value("SELECT count(*) FROM gcrm.quarantine") == 0


def test_it_is_stored_as_an_import_stores_it_and_placed_at_once() -> None:
    created = create({**BAKERY, "email": "nobody"}, actor="ada", through="page")
    found = rows("SELECT account_id, source, name, phone, raw ->> 'phone', geocode_level, ST_X(position), ST_Y(position) FROM gcrm.accounts")
    assert found == [(created.account_id, SOURCE, "Bakery Miller", "+4315123456", "01 5123456", "rooftop", 9.5, 47.1)]
    assert rows("SELECT object, field, value FROM gcrm.warnings") == [("accounts", "email", "nobody")]
    job = jobs.job(created.job_id)
    assert (job.kind, job.objects, job.shown_state, job.rows_created, job.resumable) == ("entry", "accounts", "finished", 1, False)


def test_a_given_position_stays() -> None:
    create({**BAKERY, "longitude": "9° 33' E", "latitude": "47.2"}, actor="ada", through="page")
    assert rows("SELECT geocode_level, ST_X(position), ST_Y(position) FROM gcrm.accounts") == [("given", 9.55, 47.2)]


def test_an_address_that_nobody_knows_waits_for_a_person() -> None:
    create({**BAKERY, "street": "Elsewhere Road", "postcode": "1234", "city": "Nowhere"}, actor="ada", through="page")
    assert rows("SELECT geocode_level FROM gcrm.accounts") == [("none",)]
    assert value("SELECT count(*) FROM gcrm.geocode_reviews WHERE status = 'open'") == 1


def test_two_of_the_same_are_two_and_the_first_looks_like_the_second() -> None:
    first = create(BAKERY, actor="ada", through="page")
    likely = possible_duplicates_of(check(BAKERY).record, Scope.everything())
    assert [each.account_id for each in likely] == [first.account_id]
    assert likely[0].score > 0.9
    create(BAKERY, actor="ada", through="page")
    assert value("SELECT count(*) FROM gcrm.accounts") == 2


def test_it_is_undone_like_a_job() -> None:
    kept, undone = create(BAKERY, actor="ada", through="page"), create({**BAKERY, "name": "Another"}, actor="ada", through="page")
    assert jobs.undo(undone.job_id).removed == 1
    assert rows("SELECT account_id FROM gcrm.accounts") == [(kept.account_id,)]
    assert jobs.job(undone.job_id).state == "undone"


def test_hostile_text_is_text() -> None:
    texts = dict.fromkeys(FIELDS, "") | {"name": "Robert'); DROP TABLE gcrm.accounts;--\0", "street": "<script>alert(1)</script>", "segment": "=1+1"}
    create(texts, actor="ada", through="page")
    assert rows("SELECT name, street, segment FROM gcrm.accounts") == [("Robert'); DROP TABLE gcrm.accounts;--", "<script>alert(1)</script>", "=1+1")]


def test_it_is_a_job_without_a_file_and_no_import_of_one() -> None:
    created = create(BAKERY, actor="ada", through="page")
    assert gcrm("jobs", "resume", created.job_id).err == f"gcrm: Job {created.job_id} (entry) has no file to go on with; begin it anew.\n"
    assert value("SELECT count(*) FROM gcrm.imports") == 1
    assert value("SELECT count(*) FROM gcrm.import_counts") == 0
