"""An erased person is nowhere: in no table, no file of gcrm's own, no cube, no dump; and no import brings the person back."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import psycopg
import pytest
from psycopg.types.json import Jsonb

from gcrm.config import settings
from gcrm.db import connection as database_connection
from gcrm.db.cluster import Cluster
from gcrm.db.configuration import DATABASE
from gcrm.db.connection import Role, connect
from gcrm.ingest.geocoding.match import address_keys, clean_fields
from gcrm.olap.versions import versions
from tests.integration.command_line import gcrm, well
from tests.integration.marked_person import MAIL, MARKER, NAME, add_rows, hits, mark, references
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database")

_PHONE = "+358401234567"

_OF_NO_PERSON = {
    "schema_migrations": "what the program did",
    "privacy_keys": "a random number", "suppressions": "hashes", "tombstones": "hashes", "erasures": "what was erased, by number",
    "stages": "names of stages", "loss_reasons": "names of reasons", "campaigns": "what was sent to many", "audiences": "rules",
    "regions": "names of regions", "territories": "areas", "products": "what is sold", "geocode_references": "layers",
    "reps": "staff, who are not customers: a rep is taken out of the source that feeds reps",
    "duplicate_runs": "probabilities, and words that many names share",
    "import_chunks": "counts",
    "layer_versions": "files of places; their names are scrubbed", "imports": "names of files are scrubbed", "jobs": "messages and names of files are scrubbed",
    "saved_views": "texts in links are scrubbed", "audit": "what somebody did; scrubbed", "sessions": "staff, by the names under which they sign in",
    "calendar_links": "staff, as above",
    "change_sets": "staff, and names of fields", "fact_changes": "keys of records", "extractions": "checksums",
    "changes": "goes with its records", "warnings": "goes with its records", "mended": "searched", "quarantine": "searched",
    "geocode_answers": "goes by the addresses", "search_terms": "goes by the addresses",
}  # fmt: skip
"""Tables that no reference leads to from a person, each with what is in it and how erasure treats it. Say it here of a new one; one of places needs no line."""


@pytest.fixture
def home_files(home: Path) -> Iterator[Path]:
    """GCRM_HOME, whose files are those of this test alone."""
    _clear(home)
    yield home
    _clear(home)


def _clear(home: Path) -> None:
    for name in ("incoming", "logs", "spool", "cubes", "privacy"):
        shutil.rmtree(home / name, ignore_errors=True)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Two companies, a person as an account with a twin, a contact of the same name at a company; what they said, bought, and did."""
    empty()
    rows("DELETE FROM gcrm.geocode_answers RETURNING 1")
    with connect(Role.OWNER) as connection:
        connection.execute("TRUNCATE gcrm.tombstones, gcrm.erasures, gcrm.suppressions, gcrm.saved_views")
    files = {
        "accounts": "account_id,name,kind,status,street,house_number,postcode,city,country,phone,email,lat,lng\n"
        f"z1,{NAME},person,customer,{MARKER.capitalize()}katu,7,00100,Helsinki,FI,{_PHONE},{MAIL},60.17,24.94\n"
        f"z2,{NAME},person,customer,,,,,FI,,old.{MARKER}@example.org,60.17,24.94\n"
        "k1,Velo Oy,company,customer,Kaivokatu,1,00100,Helsinki,FI,+358401111111,velo@example.org,60.171,24.943\n"
        "k2,Pyora Oy,company,prospect,Kaivokatu,2,00100,Helsinki,FI,,,60.171,24.944\n",
        "contacts": "contact_id,account,given_name,family_name,phone,email\n"
        f"p1,z1,Aino,{MARKER.capitalize()},,second.{MARKER}@example.org\np2,k1,Eino,Example,+358401111111,eino@example.org\n",
        "orders": "order_id,customer,date,amount,currency\no1,z1,2025-01-02,10,EUR\no2,k1,2025-01-02,20,EUR\n",
        "activities": f"activity_id,account,kind,date,subject\na1,z1,call,2025-01-03,{MARKER}\n",
        "consents": "consent_id,contact,purpose,channel,given,recorded_at\nc1,p1,marketing,mail,yes,2025-01-01\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
        well("import", name, tmp_path / f"{name}.csv")
    return tmp_path


def _id(table: str, key: str) -> int:
    return int(value(f"SELECT {table[:-1]}_id FROM gcrm.{table} WHERE source_key = %s", key))


def _dump() -> str:
    cluster = Cluster(settings().home)
    program = str(cluster.programs.folder / "pg_dump")
    return subprocess.run([program, "--dbname", cluster.admin_url], capture_output=True, text=True, check=True).stdout


def _files(home: Path) -> list[str]:
    """Files of gcrm's own that hold the marker; those of the database are looked at through the dump."""
    paths = [path for path in home.rglob("*") if path.is_file() and path.relative_to(home).parts[0] not in {"postgres", "run"}]
    return [str(path) for path in paths if MARKER.encode() in path.read_bytes().lower()]


def test_every_table_is_reached_or_named() -> None:
    """A table of a new migration has to be one of a person by a reference, one of a layer of places, or be named above."""
    with connect(Role.OWNER) as connection:
        reached = {"accounts", "contacts"} | {table for table, _, _ in references(connection)}
        every = connection.execute(
            "SELECT relname, EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname IN ('layer_version_id', 'trade_area_id')) "
            "FROM pg_class c WHERE relnamespace = 'gcrm'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
    assert [table for table, of_places in every if table not in reached and not of_places and table not in _OF_NO_PERSON] == []


def test_nothing_is_left_of_a_person(people: Path, home_files: Path) -> None:
    _plant(people, home_files)
    plan = well("privacy", "erase", "files/z1", "--dry-run")
    assert "would be erased" in plan
    with connect(Role.OWNER) as connection:
        before = hits(connection, MARKER)
    assert {"accounts", "account_merges", "changes", "quarantine", "warnings", "geocode_answers", "jobs", "saved_views", "tracks"} <= set(before)
    assert MARKER in _dump().lower()
    assert len(_files(home_files)) >= 4
    assert len(versions(settings().cubes)) == 2

    said = well("privacy", "erase", "files/z1", "--compact")

    assert [line for line in said.splitlines()[1:] if not line.startswith("  file removed")] == [
        line for line in plan.splitlines()[1:] if not line.startswith("  file removed")
    ]
    assert f"may hold the person: {people / 'accounts.csv'}" in said
    with connect(Role.OWNER) as connection:
        assert hits(connection, MARKER, _PHONE[1:]) == []
    assert MARKER not in _dump().lower()
    assert _files(home_files) == []
    assert rows("SELECT source_key FROM gcrm.accounts ORDER BY 1") == [("k1",), ("k2",)]
    assert rows("SELECT order_key FROM gcrm.orders") == [("o2",)]
    (current,) = versions(settings().cubes)
    assert current.rows["accounts-facts"] == 2
    assert rows("SELECT account_ids, finished_at IS NULL FROM gcrm.erasures") == [([], False)]
    assert "Nobody has the key" in gcrm("privacy", "erase", "files/z1").err


def _plant(people: Path, home: Path) -> None:
    """The marker in every column that takes it, in the tables that name no record, and in files."""
    survivor, merged = _id("accounts", "z1"), _id("accounts", "z2")
    rows("SELECT gcrm.merge_accounts(%s, %s)", survivor, merged)
    well("cube", "build")
    with connect(Role.OWNER) as connection:
        version = connection.execute(
            "INSERT INTO gcrm.layer_versions (layer, dataset, file_name, file_sha256, attribution, feature_count) "
            f"VALUES ('tracks', 'phone', 'Tracks of {NAME}.gpx', '', '', 1) RETURNING layer_version_id"
        ).fetchone()
        assert version is not None
        add_rows(connection, survivor, _id("contacts", "p1"))
        marked = mark(connection, [("accounts", survivor)])
        assert {
            "account_positions.address",
            "activities.outcome",
            "consents.wording",
            "geocode_corrections.address_key",
            "orders.raw",
            "tracks.track_key",
        } <= marked
        connection.execute("UPDATE gcrm.accounts SET segment = 'other' WHERE account_id = %s", [survivor])
        connection.execute("UPDATE gcrm.activities SET outcome = 'other', subject = 'other' WHERE account_id = %s", [survivor])
        account = connection.execute("SELECT street, house_number, postcode, city, country_code FROM gcrm.accounts WHERE account_id = %s", [survivor])
        fields = pd.DataFrame(account.fetchall(), columns=["street", "house_number", "postcode", "city", "country_code"])
        connection.execute(
            "INSERT INTO gcrm.geocode_answers (provider, address_key, level, label, expires_at) VALUES ('pelias', %s, 'rooftop', %s, now() + interval '1 day')",
            [address_keys(clean_fields(fields)).iloc[0], f"{MARKER} 7"],
        )
        connection.execute(
            "INSERT INTO gcrm.warnings (object, source, source_key, field, value, reason, import_id) VALUES ('accounts', 'files', 'z1', 'phone', %s, '', 1)",
            [MARKER],
        )
        connection.execute("UPDATE gcrm.jobs SET message = %s WHERE job_id = 1", [f"broke off at {NAME}"])
        connection.execute("INSERT INTO gcrm.saved_views (name, page, parameters) VALUES ('mine', 'account', %s)", [Jsonb({"text": MAIL})])
    refused = people / "more.csv"
    refused.write_text(f"account_id,name,lat,lng,email\nz1,{MARKER},999,999,\nz9,{MARKER},999,999,{MAIL.upper()}\n")
    well("import", "accounts", refused)
    assert value("SELECT count(*) FROM gcrm.quarantine") == 2
    well("cube", "build")
    (home / "incoming" / "token").mkdir(parents=True)
    (home / "incoming" / "token" / "upload.csv").write_text(f"a,b\n1,{MAIL}\n")
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = MAIL  # type: ignore[index] # a new workbook has a sheet
    workbook.save(home / "incoming" / "token" / "upload.xlsx")
    (home / "logs").mkdir(exist_ok=True)
    (home / "logs" / "job-1.log").write_text(f"gcrm: {NAME} broke off\n")
    (home / "spool" / "abandoned").mkdir(parents=True)
    (home / "spool" / "abandoned" / "standard-input").write_text(f"{MAIL}\n", encoding="utf-16")


def test_a_contact_leaves_a_company_and_the_company_stays(people: Path) -> None:
    """Helmi shares the number of the company with Eino; her name stands in a text about the company, in its history and in its merges."""
    _add_helmi(people)
    with connect(Role.OWNER) as connection:  # tables as a later migration may add them
        connection.execute(
            "CREATE TABLE gcrm.visits (visit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint NOT NULL REFERENCES gcrm.accounts,"
            " contact_id bigint REFERENCES gcrm.contacts, note text);"
            "CREATE TABLE gcrm.badges (badge_id int PRIMARY KEY, account_id bigint REFERENCES gcrm.accounts, contact_id bigint REFERENCES gcrm.contacts,"
            " text text, CHECK (contact_id IS NOT NULL));"
            "CREATE TABLE gcrm.badge_prints (badge_id int NOT NULL REFERENCES gcrm.badges, printed text);"
        )
        company, helmi = _id("accounts", "k1"), _id("contacts", "p3")
        connection.execute("INSERT INTO gcrm.visits (account_id, contact_id, note) VALUES (%s, %s, %s)", [company, helmi, f"Helmi {MARKER} was there"])
        connection.execute("INSERT INTO gcrm.badges VALUES (1, %s, %s, %s)", [company, helmi, MARKER])
        connection.execute("INSERT INTO gcrm.badge_prints VALUES (1, %s)", [MARKER])
        connection.execute("UPDATE gcrm.activities SET subject = 'bikes' WHERE source_key = 'a3'")

    try:
        said = well("privacy", "erase", f"helmi.{MARKER}@example.org")
        with connect(Role.OWNER) as connection:
            assert [table for table in hits(connection, f"helmi.?{MARKER}", f"helmi {MARKER}") if table != "quarantine"] == []
            assert connection.execute("SELECT account_id, contact_id, note FROM gcrm.visits").fetchall() == [(company, None, "[erased] was there")]
            assert connection.execute("SELECT count(*) FROM gcrm.badges").fetchall() == [(0,)]
    finally:
        with connect(Role.OWNER) as connection:
            connection.execute("DROP TABLE gcrm.visits, gcrm.badge_prints, gcrm.badges")
    assert "visits: 1 no longer mention the person" in said
    assert rows("SELECT outcome FROM gcrm.activities WHERE source_key = 'a3'") == [("[erased] and Eino agreed",)]
    assert rows("SELECT before ->> 'subject' FROM gcrm.changes WHERE object = 'activities'") == [("spoke with [erased] about bikes",)]
    assert rows("SELECT source_key, phone FROM gcrm.contacts ORDER BY 1") == [("p1", None), ("p2", "+358401111111")]
    assert value("SELECT phone FROM gcrm.accounts WHERE source_key = 'k1'") == "+358401111111"


def _add_helmi(people: Path) -> None:
    files = {
        "contacts": f"contact_id,account,given_name,family_name,phone,email\np3,k1,Helmi,{MARKER.capitalize()},+358401111111,helmi.{MARKER}@example.org\n",
        "activities": "activity_id,account,kind,date,subject,outcome\n"
        f'a3,k1,call,2025-01-03,spoke with Helmi {MARKER.upper()} about bikes,"{MARKER.capitalize()}, Helmi and Eino agreed"\n',
        "consents": "consent_id,contact,purpose,channel,given,recorded_at\nc3,p3,marketing,mail,yes,2025-01-01\n",
    }
    for name, text in files.items():
        (people / f"helmi_{name}.csv").write_text(text)
        well("import", name, people / f"helmi_{name}.csv")


def test_no_import_brings_an_erased_person_back(people: Path) -> None:
    well("privacy", "erase", MAIL)
    for name in ("accounts", "contacts", "orders", "activities", "consents"):
        well("import", name, people / f"{name}.csv")
    again = people / "again.csv"
    again.write_text(
        "account_id,name,kind,status,phone,email,lat,lng\n"
        f"n1,{NAME},person,prospect,,{MAIL.upper()},60.1,24.9\n"  # under another key
        f"n2,{NAME},household,prospect,{_PHONE},,60.1,24.9\n"
        f"z1,{NAME},person,prospect,,,999,999\n"  # that could not be stored anyway
        "n3,Another Person,person,prospect,,another@example.org,60.1,24.9\n"
    )
    said = well("import", "accounts", again)
    with connect(Role.OWNER) as connection:
        assert {"accounts"} <= set(hits(connection, MARKER)) <= {"accounts", "account_words", "search_terms", "changes"}  # z2, whom nobody merged or erased
        assert connection.execute("SELECT source_key FROM gcrm.accounts WHERE name = %s", [NAME]).fetchall() == [("z2",)]
    assert value("SELECT count(*) FROM gcrm.accounts WHERE source_key = 'n3'") == 1
    refused = rows("SELECT object, file_name, row_number, record, value, reason FROM gcrm.quarantine ORDER BY object, file_name, row_number")
    assert [(name, file, number) for name, file, number, *_ in refused] == [
        ("accounts", "accounts.csv", 1), ("accounts", "again.csv", 1), ("accounts", "again.csv", 2), ("accounts", "again.csv", 3),
        ("activities", "activities.csv", 1), ("consents", "consents.csv", 1), ("contacts", "contacts.csv", 1), ("orders", "orders.csv", 1),
    ]  # fmt: skip
    assert {(str(record), text) for *_, record, text, _ in refused} == {("{}", None)}
    assert all("was erased" in reason for *_, reason in refused)
    assert "3 refused" in said or "refused 3" in said or " 3 " in said
    tried = well("quarantine", "retry")
    assert value("SELECT count(*) FROM gcrm.quarantine") == len(refused), tried


def test_a_lead_is_a_person_too(people: Path, home_files: Path) -> None:
    """It is told, erased and kept away like a contact; one that became a contact goes with that."""
    leads = people / "leads.csv"
    leads.write_text(
        "lead_key,company,given_name,family_name,email,phone,city\n"
        f"l1,Velo Oy,Helmi,{MARKER.capitalize()},helmi.{MARKER}@example.org,+358409999999,Helsinki\n"
        f"l2,Velo Oy,Aino,{MARKER.capitalize()},{MAIL},,Helsinki\n"
    )
    well("import", "leads", leads)
    became = "UPDATE gcrm.leads SET status = 'converted', converted_at = now(), converted_contact_id = %s WHERE source_key = 'l2' RETURNING 1"
    rows(became, _id("contacts", "p1"))
    well("privacy", "erase", "files/z1")
    assert rows("SELECT source_key FROM gcrm.leads") == [("l1",)]
    with connect(Role.OWNER) as connection:
        marked = mark(connection, [("leads", _id("leads", "l1"))])
    assert {"leads.street", "leads.raw", "leads.interest"} <= marked
    told = people / "told"
    well("privacy", "export", f"helmi.{MARKER}@example.org", "--output", told)
    assert f"{MARKER} 0" in (told / "person.html").read_text()

    well("privacy", "erase", "files/l1")

    with connect(Role.OWNER) as connection:
        assert hits(connection, f"helmi.{MARKER}", "358409999999") == []
    assert _files(home_files) == []
    leads.write_text(f"lead_key,company,email\nl1,Velo Oy,other@example.org\nl8,Velo Oy,HELMI.{MARKER}@example.org\nl9,Velo Oy,third@example.org\n")
    well("import", "leads", leads)
    assert rows("SELECT source_key FROM gcrm.leads") == [("l9",)]


def test_versions_that_the_build_itself_removes_are_gone_too(people: Path, home_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert people.is_dir()
    monkeypatch.setenv("GCRM_CUBE_VERSIONS", "1")
    settings.cache_clear()
    well("cube", "build")
    before = versions(settings().cubes)
    well("privacy", "erase", "files/z1")
    monkeypatch.undo()
    settings.cache_clear()
    assert {version.name for version in versions(settings().cubes)}.isdisjoint(version.name for version in before)
    assert _files(home_files) == []


def test_an_erasure_that_broke_off_is_ended(people: Path, home_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert people.is_dir()
    well("cube", "build")

    def killed(_: object) -> list[Path]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gcrm.pipeline.privacy.erase.forget_in_cubes", killed)
        assert gcrm("privacy", "erase", "files/z1").code == 130
    assert rows("SELECT finished_at IS NULL, cardinality(account_ids) FROM gcrm.erasures") == [(True, 1)]
    held = versions(settings().cubes)
    assert "Nobody has the key" in gcrm("privacy", "erase", "files/z1").err
    assert rows("SELECT finished_at IS NULL, account_ids FROM gcrm.erasures") == [(False, [])]
    assert {each.name for each in held}.isdisjoint(each.name for each in versions(settings().cubes))
    assert (home_files / "privacy" / "erasures.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("older", [False, True])
def test_a_restored_backup_is_erased_again(people: Path, home_files: Path, older: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Older: the backup is from before the key of the hashes was made, so that the restored database has another one."""
    assert people.is_dir()
    assert home_files.is_dir()
    backup = _dump()
    well("privacy", "erase", MAIL)
    _restore(backup)
    if older:
        with connect(Role.OWNER) as connection:
            connection.execute("UPDATE gcrm.privacy_keys SET key = sha256('other')")
    assert value("SELECT count(*) FROM gcrm.accounts WHERE source_key = 'z1'") == 1
    assert well("privacy", "replay") == "1 persons erased again.\n"
    assert value("SELECT count(*) FROM gcrm.accounts WHERE source_key = 'z1'") == 0
    assert well("privacy", "replay") == "0 persons erased again.\n"
    well("import", "accounts", people / "accounts.csv")
    assert value("SELECT count(*) FROM gcrm.accounts WHERE source_key = 'z1'") == 0


def test_a_key_of_another_database_is_refused(people: Path, home_files: Path) -> None:
    well("privacy", "erase", MAIL)
    (home_files / "privacy" / "key").write_text("00" * 32)
    assert "of another database" in gcrm("privacy", "replay").err
    assert people.is_dir()


def _restore(backup: str) -> None:
    """Puts a dump in the place of the database."""
    cluster = Cluster(settings().home)
    database_connection.close_all()
    with psycopg.connect(cluster.admin_url, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)".encode())
    cluster.create_database(template="template0")
    program = str(cluster.programs.folder / "psql")
    subprocess.run([program, "--dbname", cluster.admin_url, "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], input=backup, text=True, check=True, capture_output=True)
