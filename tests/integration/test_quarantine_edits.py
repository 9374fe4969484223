"""Refused records are looked at by reason, edited, tried again in part, put aside, downloaded; nothing gets lost on the way."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.queries import queries
from gcrm.errors import QuarantineError
from gcrm.ingest import readers
from gcrm.ingest.readers.mended import REASON_COLUMNS
from gcrm.pipeline import jobs, quarantine, quarantine_files, quarantine_retry
from gcrm.pipeline.duplicates import merge_accounts
from gcrm.pipeline.quarantine import Selection
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database", "clean")

EVERYTHING = Scope.everything()
BAD = """ID;Company;Status;Lat;Lng
a1;Good;customer;60.17;24.94
a2;Asleep;sleeping;;
a3;Asleep too;sleeping;;
a4;Far;customer;97;24.94
a5;;customer;;
a1;Again;customer;;
a6;Short
"""


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


@pytest.fixture
def bad(clean: None, tmp_path: Path) -> Path:
    del clean
    path = tmp_path / "bad.csv"
    path.write_text(BAD)
    well("import", "accounts", path)
    return path


def waiting(**names: Any) -> pd.DataFrame:  # noqa: ANN401 - of a selection
    return quarantine.records(Selection(**names), EVERYTHING, most=100)


def key_of(row: int, *, discarded: bool = False) -> int:
    frame = waiting(discarded=discarded)
    return int(frame.loc[frame["row_number"] == row, "quarantine_id"].iloc[0])


def retried(*row_numbers: int) -> quarantine_retry.Retried:
    return quarantine_retry.retry(Selection(ids=tuple(key_of(row) for row in row_numbers)), EVERYTHING, lambda _: None)


def rows_waiting() -> list[int]:
    return [int(number) for number in waiting()["row_number"]]


@pytest.mark.usefixtures("bad")
def test_files_and_reasons_are_counted() -> None:
    (file,) = quarantine.files(EVERYTHING)
    assert (file.object, file.source, file.file_name, file.records) == ("accounts", "files", "bad.csv", 6)
    assert file.columns == ["ID", "Status", "Company", "Lng", "Lat"]
    frame = quarantine.reasons(Selection("accounts", "files", "bad.csv"), EVERYTHING)
    assert frame["records"].tolist() == [2, 1, 1, 1, 1]
    first = frame.iloc[0]
    assert (first["column_name"], first["example"]) == ("Status", "sleeping")
    selection = Selection("accounts", "files", "bad.csv", "Status", first["rule"])
    assert quarantine.count(selection, EVERYTHING) == 2
    assert quarantine.records(selection, EVERYTHING, most=100)["row_number"].tolist() == [2, 3]


def test_reasons_that_name_a_row_are_one_reason(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("id,name\n" + "".join(f"k{number},N\n" for number in (1, 2, 3, 1, 2, 3)))
    well("import", "accounts", path)
    frame = quarantine.reasons(Selection(), EVERYTHING)
    assert frame["records"].tolist() == [3]
    assert quarantine.count(Selection(rule=frame["rule"].iloc[0]), EVERYTHING) == 3


@pytest.mark.usefixtures("bad")
def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    pages = [quarantine.records(Selection(), EVERYTHING, most=2, skipped=skipped)["row_number"].tolist() for skipped in (0, 2, 4, 6)]
    assert pages == [[2, 3], [4, 5], [6, 7], []]


@pytest.mark.usefixtures("bad")
def test_a_retry_of_some_leaves_the_others() -> None:
    quarantine.edit(key_of(2), {"Status": "customer"}, EVERYTHING)
    done = retried(2, 3)
    assert (done.report.read, done.accepted, done.report.refused) == (2, 1, 1)
    assert [(name, number, column, text) for name, number, column, text, _ in done.again] == [("bad.csv", 3, "Status", "sleeping")]
    assert rows_waiting() == [3, 4, 5, 6, 7]
    assert rows("SELECT source_key, name, status FROM gcrm.accounts ORDER BY 1") == [("a1", "Good", "customer"), ("a2", "Asleep", "customer")]
    with scoped(EVERYTHING) as reader:
        assert queries("overview").quarantined(reader) == 5


@pytest.mark.usefixtures("bad")
def test_an_undone_retry_gives_its_records_back_as_they_were_edited() -> None:
    quarantine.edit(key_of(2), {"Status": "customer"}, EVERYTHING)
    done = retried(2, 3)
    for job_id in done.jobs:
        jobs.undo(job_id)
    assert rows_waiting() == [2, 3, 4, 5, 6, 7]
    assert rows("SELECT source_key FROM gcrm.accounts") == [("a1",)]
    again = waiting(ids=(key_of(2),))
    assert again["record"].iloc[0]["Status"] == "customer"
    assert value("SELECT original ->> 'Status' FROM gcrm.quarantine WHERE row_number = 2") == "sleeping"
    assert retried(2).accepted == 1


@pytest.mark.usefixtures("bad")
def test_an_erased_record_is_gone_from_what_a_retry_took() -> None:
    quarantine.edit(key_of(2), {"Status": "customer", "Company": "Good"}, EVERYTHING)
    quarantine.edit(key_of(3), {"Status": "customer"}, EVERYTHING)
    retried(2, 3)
    assert value("SELECT count(*) FROM gcrm.mended") == 2
    one, other = (value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key) for key in ("a1", "a2"))
    merge_accounts(one, other)
    assert value("SELECT count(*) FROM gcrm.mended") == 2
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.accounts")
    assert value("SELECT count(*) FROM gcrm.mended") == 0


@pytest.mark.usefixtures("bad")
def test_an_edit_keeps_what_stood_in_the_file_and_settles_ragged_rows() -> None:
    quarantine.edit(key_of(7), {"Status": "prospect"}, EVERYTHING)
    quarantine.edit(key_of(7), {"Company": "Long"}, EVERYTHING)
    assert readers.MISSING in value("SELECT original FROM gcrm.quarantine WHERE row_number = 7")
    assert value("SELECT original ->> 'Company' FROM gcrm.quarantine WHERE row_number = 7") == "Short"
    assert retried(7).accepted == 1
    assert rows("SELECT name, status FROM gcrm.accounts WHERE source_key = 'a6'") == [("Long", "prospect")]


@pytest.mark.usefixtures("bad")
def test_a_repeated_key_is_settled_by_another_key_only() -> None:
    quarantine.edit(key_of(6), {"Company": "Other"}, EVERYTHING)
    assert retried(6).accepted == 0
    assert rows("SELECT name FROM gcrm.accounts WHERE source_key = 'a1'") == [("Good",)]
    quarantine.edit(key_of(6), {"ID": "a9"}, EVERYTHING)
    assert retried(6).accepted == 1
    assert rows("SELECT source_key, name FROM gcrm.accounts ORDER BY 1") == [("a1", "Good"), ("a9", "Other")]


@pytest.mark.usefixtures("bad")
def test_what_is_discarded_waits_aside_until_it_is_restored() -> None:
    keys = quarantine.discard(Selection(column="Status"), EVERYTHING)
    assert len(keys) == 2
    assert rows_waiting() == [4, 5, 6, 7]
    assert quarantine.discarded_count(EVERYTHING) == 2
    assert quarantine_retry.retry(Selection(), EVERYTHING, lambda _: None).report.read == 4
    assert waiting(discarded=True)["row_number"].tolist() == [2, 3]
    assert quarantine.restore(Selection(ids=keys), EVERYTHING) == 2
    assert rows_waiting() == [2, 3, 4, 5, 6, 7]


def test_a_discarded_record_stays_aside_while_its_file_says_the_same(bad: Path) -> None:
    quarantine.discard(Selection(column="Status"), EVERYTHING)
    bad.write_text(BAD.replace("Asleep too;sleeping", "Asleep too;dreaming") + "a7;New;customer;;\n")
    well("import", "accounts", bad)
    assert waiting(discarded=True)["row_number"].tolist() == [2]
    assert rows_waiting() == [3, 4, 5, 6, 7]


def test_a_mended_file_forgets_edits_discards_and_what_was_mended(bad: Path) -> None:
    quarantine.edit(key_of(2), {"Status": "customer"}, EVERYTHING)
    retried(2)
    quarantine.edit(key_of(4), {"Lat": "60"}, EVERYTHING)
    quarantine.discard(Selection(ids=(key_of(5),)), EVERYTHING)
    bad.write_text("ID;Company;Status\na2;Asleep;customer\n")
    well("import", "accounts", bad)
    assert value("SELECT count(*) FROM gcrm.quarantine") == 0


@pytest.mark.usefixtures("bad")
def test_errors_of_edits_say_what_is_there() -> None:
    with pytest.raises(QuarantineError, match="has no column 'Colour'; it has Company, ID, Lat, Lng, Status"):
        quarantine.edit(key_of(2), {"Colour": "red"}, EVERYTHING)
    key = key_of(2)
    quarantine.discard(Selection(ids=(key,)), EVERYTHING)
    for gone in (key, 987_654):
        with pytest.raises(QuarantineError, match="does not wait any more"):
            quarantine.edit(gone, {"Status": "customer"}, EVERYTHING)


@pytest.mark.usefixtures("bad")
def test_who_sees_some_territories_only_sees_no_refused_record(tmp_path: Path) -> None:
    scope, selection = Scope(territories=frozenset({1})), Selection()
    for read in (
        lambda: quarantine.files(scope),
        lambda: quarantine.reasons(selection, scope),
        lambda: quarantine.records(selection, scope, most=1),
        lambda: quarantine.count(selection, scope),
        lambda: quarantine.edit(key_of(2), {}, scope),
        lambda: quarantine_retry.retry(selection, scope, lambda _: None),
        lambda: quarantine.discard(selection, scope),
        lambda: quarantine.restore(selection, scope),
        lambda: quarantine_files.download(selection, tmp_path, scope),
    ):
        with pytest.raises(QuarantineError, match="belong to no territory"):
            read()


def test_a_download_names_the_reasons_and_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "evil.csv"
    path.write_text('ID;Company;Status\na1;"=HYPERLINK(""http://x"")";sleeping\na2;@SUM(A1);sleeping\na3;-12.5;sleeping\n')
    well("import", "accounts", path, "--map", "status=Status")
    (written,) = quarantine_files.download(Selection(), tmp_path, EVERYTHING)
    assert (written.path.name, written.records, written.note) == ("evil.refused.csv", 3, None)
    frame = pd.read_csv(written.path, sep=";", dtype="string")
    assert frame.columns.tolist() == ["ID", "Status", "Company", *REASON_COLUMNS]
    assert frame["Company"].tolist() == ['\'=HYPERLINK("http://x")', "'@SUM(A1)", "-12.5"]
    assert frame["refused row"].tolist() == ["1", "2", "3"]
    assert frame["refused because"].str.startswith("must be one of").all()


def test_files_of_one_name_are_downloaded_apart(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("id,name\n,x\n")
    well("import", "accounts", path)
    path.write_text("id,account\nc,ghost\n")
    well("import", "contacts", path)
    names = {each.path.name for each in quarantine_files.download(Selection(), tmp_path, EVERYTHING)}
    assert len(names) == 2
    assert quarantine_files.download(Selection("orders"), tmp_path, EVERYTHING) == []


def test_more_records_than_a_chunk_are_tried_chunk_by_chunk(bad: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del bad
    monkeypatch.setattr(readers, "CHUNK_ROWS", 2)
    for row in (2, 3):
        quarantine.edit(key_of(row), {"Status": "customer"}, EVERYTHING)
    done = quarantine_retry.retry(Selection(), EVERYTHING, lambda _: None)
    assert (done.report.read, done.accepted) == (6, 2)
    assert rows_waiting() == [4, 5, 6, 7]
    assert quarantine_retry.retry(Selection(), EVERYTHING, lambda _: None).accepted == 0


@pytest.mark.usefixtures("bad")
def test_the_commands_edit_discard_restore_and_download(tmp_path: Path) -> None:
    key = key_of(2)
    assert str(key) in well("quarantine", "show").split()
    well("quarantine", "edit", key, "Status=customer")
    assert well("quarantine", "discard", "--file", "bad.csv", "--key", key_of(4)).startswith("1 put aside")
    assert well("quarantine", "retry") == "5 tried: 1 accepted, 4 refused again.\n"
    assert well("quarantine", "restore") == "1 wait again.\n"
    assert well("quarantine", "download", tmp_path).strip() == str(tmp_path / "bad.refused.csv")
    assert well("quarantine", "download", tmp_path, "orders") == "Nothing of this is in quarantine.\n"
    wrong = gcrm("quarantine", "edit", key_of(4), "Status")
    assert (wrong.code, "'Status' is no COLUMN=VALUE" in wrong.err) == (1, True)
