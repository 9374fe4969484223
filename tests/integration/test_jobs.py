"""Jobs: a run over a file can be tried, stopped, resumed and taken back, also where it changed records."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gcrm.db.connection import Role, connect
from gcrm.errors import ImportJobError
from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from gcrm.ingest.source import Source, open_source
from gcrm.pipeline import jobs
from gcrm.pipeline.imports import create_job, dry_run, import_file, run_job
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import accounts_frame, import_shop, shop_file

pytestmark = pytest.mark.usefixtures("database")

_STATE = """
    SELECT a.source_key, a.kind, a.status, a.name, a.segment, p.source_key, a.street, a.house_number, a.postcode, a.city, a.country_code, a.phone, a.email,
        a.website, a.tax_number, a.position::text, a.cell, a.geocode_level, a.geocode_score, t.source_key, a.territory_given, a.raw::text
    FROM gcrm.accounts a
    LEFT JOIN gcrm.accounts p ON p.account_id = a.parent_account_id
    LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
    ORDER BY 1"""


@pytest.fixture(autouse=True)
def _no_records() -> Iterator[None]:
    empty()
    yield
    empty()


def _nothing(_: int) -> None:
    pass


def _changed(folder: Path, changes: dict[str, dict[str, str]], name: str = "accounts.csv") -> Path:
    frame = accounts_frame().set_index("Customer number", drop=False)
    for key, columns in changes.items():
        for column, text in columns.items():
            frame.loc[key, column] = text
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / name, sep=";", index=False)
    return folder / name


def _accounts(path: Path) -> Source:
    return open_source(path, OBJECTS["accounts"])


def _import(path: Path) -> int:
    job_id = create_job([_accounts(path)])
    run_job(job_id, _nothing)
    return job_id


CHANGES = {
    "c1": {"Company name": "Another Name", "Street": "Elsewhere 1"},
    "c2": {"Lng": "24.9500001234567", "Lat": "60.17"},
    "c3": {"Status": "customer"},
    "c5": {"Territory": "north"},
}


def test_a_dry_run_tells_what_an_import_would_do_and_stores_nothing(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    before = rows(_STATE), rows("SELECT * FROM gcrm.jobs ORDER BY job_id"), rows("SELECT * FROM gcrm.imports ORDER BY import_id")
    path = _changed(tmp_path, {"c3": {"Status": "customer"}, "c6": {"Status": "nonsense"}})
    found = dry_run([_accounts(path)], _nothing)
    assert found.reports["accounts"] == import_file(_accounts(path), _nothing)
    assert [(name, key, columns["status"]) for name, key, columns in found.changes] == [("accounts", "c3", ("prospect", "customer"))]
    assert [(name, number, column, text) for name, number, column, text, _ in found.refused] == [("accounts", 6, "Status", "nonsense")]
    jobs.undo(jobs.jobs(1)[0].job_id)
    assert rows(_STATE) == before[0]
    assert rows("SELECT * FROM gcrm.jobs WHERE job_id < %s ORDER BY job_id", jobs.jobs(1)[0].job_id) == before[1]


def test_undo_takes_back_created_and_changed_records_to_the_last_digit(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    before = rows(_STATE)
    job_id = _import(_changed(tmp_path, CHANGES))
    assert rows(_STATE) != before
    assert jobs.undo_conflicts(job_id) == []
    assert jobs.undo(job_id) == jobs.Undone(restored=len(CHANGES), removed=0, kept=0)
    assert rows(_STATE) == before
    with pytest.raises(ImportJobError, match="undone already"):
        jobs.undo(job_id)


def test_everything_can_be_undone_the_newest_first() -> None:
    import_shop()
    for each in jobs.jobs():
        assert jobs.undo(each.job_id).kept == 0
    assert not any(value(f"SELECT count(*) FROM gcrm.{name}") for name in OBJECTS)
    assert not value("SELECT count(*) FROM gcrm.changes")
    assert {each.state for each in jobs.jobs()} == {"undone"}
    import_shop()
    assert value("SELECT count(*) FROM gcrm.accounts") == 7


def test_an_undo_never_touches_what_somebody_changed_since(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    before = {row[0]: row for row in rows(_STATE)}
    job_id = _import(_changed(tmp_path, CHANGES))
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.accounts SET segment = 'by hand' WHERE source_key = 'c1'")
    mine = {row[0]: row for row in rows(_STATE)}["c1"]
    assert [(name, key) for name, _, key, _ in jobs.undo_conflicts(job_id)] == [("accounts", "c1")]
    with pytest.raises(ImportJobError, match="1 records"):
        jobs.undo(job_id)
    assert jobs.undo(job_id, leave_conflicts=True) == jobs.Undone(restored=len(CHANGES) - 1, removed=0, kept=1)
    after = {row[0]: row for row in rows(_STATE)}
    assert after == before | {"c1": mine}


def test_what_later_records_refer_to_stays() -> None:
    import_shop("territories", "products", "accounts", "orders")
    accounts_job = next(each.job_id for each in jobs.jobs() if each.objects == "accounts")
    reasons = {key: reason for name, _, key, reason in jobs.undo_conflicts(accounts_job) if name == "accounts"}
    ordering = {key for (key,) in rows("SELECT DISTINCT a.source_key FROM gcrm.orders JOIN gcrm.accounts a USING (account_id)")}
    assert {key for key, reason in reasons.items() if "orders" in reason} == ordering
    done = jobs.undo(accounts_job, leave_conflicts=True)
    assert done.removed == 7 - len(reasons)
    assert value("SELECT count(*) FROM gcrm.orders") == 6


def test_an_undone_update_can_be_followed_by_the_undo_of_what_came_before(tmp_path: Path) -> None:
    import_shop("territories")
    first = _import(_changed(tmp_path, {}))
    second = _import(_changed(tmp_path / "second", {"c1": {"Company name": "Another Name"}}, "accounts.csv"))
    assert jobs.undo_conflicts(first) != []
    jobs.undo(second)
    assert jobs.undo_conflicts(first) == []
    jobs.undo(first)
    assert value("SELECT count(*) FROM gcrm.accounts") == 0


def test_with_a_record_goes_its_history(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    _import(_changed(tmp_path, {"c6": {"Company name": "Another Name"}}))
    assert value("SELECT count(*) FROM gcrm.changes WHERE before ->> 'name' IS NOT NULL") == 1
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.accounts WHERE source_key = 'c6'")
    assert value("SELECT count(*) FROM gcrm.changes WHERE before ->> 'name' IS NOT NULL") == 0


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_cancelled_job_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
    import_shop("territories")
    monkeypatch.setattr(readers, "CHUNK_ROWS", 2)
    job_id = create_job([_accounts(shop_file("accounts"))])
    done: list[int] = []

    def count(more: int) -> None:
        done.append(more)
        if len(done) == chunks:
            jobs.cancel(job_id)

    with pytest.raises(ImportJobError, match="cancelled"):
        run_job(job_id, count)
    stopped = jobs.job(job_id)
    assert (stopped.state, stopped.rows_read, stopped.resumable) == ("cancelled", 2 * chunks, True)
    assert create_job([_accounts(shop_file("accounts"))]) == job_id
    report = run_job(job_id, _nothing)["accounts"]
    assert (report.read, report.created, report.unchanged) == (7, 7, 0)
    assert jobs.job(job_id).state == "finished"
    assert value("SELECT count(*) FROM gcrm.imports WHERE object = 'accounts'") == 1
    assert create_job([_accounts(shop_file("accounts"))]) != job_id


def test_a_repeated_key_is_found_behind_a_resumption(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import_shop("territories")
    frame = accounts_frame()
    path = tmp_path / "accounts.csv"
    frame.loc[[0, 1, 2, 3, 0]].to_csv(path, sep=";", index=False)
    monkeypatch.setattr(readers, "CHUNK_ROWS", 2)
    job_id = create_job([_accounts(path)])
    with pytest.raises(ImportJobError):
        run_job(job_id, lambda _: jobs.cancel(job_id))
    report = run_job(job_id, _nothing)["accounts"]
    assert (report.read, report.refused) == (5, 1)
    assert value("SELECT reason FROM gcrm.quarantine").startswith("stands in this file already, in row 1")


def test_a_file_that_changed_is_not_resumed(tmp_path: Path) -> None:
    import_shop("territories")
    path = _changed(tmp_path, {})
    job_id = create_job([_accounts(path)])
    path.write_text(path.read_text() + "\n")
    with pytest.raises(ImportJobError, match="no longer the file"):
        run_job(job_id, _nothing)


def test_a_field_that_the_file_does_not_give_keeps_what_it_has(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    before = {row[0]: row for row in rows(_STATE)}
    path = tmp_path / "phones.csv"
    path.write_text("customer number;company;phone\nc1;" + before["c1"][3] + ";+358 9 12345\n")
    assert import_file(_accounts(path), _nothing).updated == 1
    after = {row[0]: row for row in rows(_STATE)}
    changed = [(old, new) for old, new in zip(before["c1"], after["c1"], strict=True) if old != new]
    assert all("12345" in str(new) for _, new in changed)
    assert len(changed) in {1, 2}  # the number and, where it was cleaned, its raw form


def test_the_commands_show_stop_and_undo(tmp_path: Path) -> None:
    assert "No file has been imported" in well("jobs", "list")
    import_shop("territories", "accounts")
    well("import", "accounts", _changed(tmp_path, CHANGES))
    listed = well("jobs", "list")
    assert "accounts.csv" in listed
    assert "finished" in listed
    newest = str(jobs.jobs(1)[0].job_id)
    assert "without a conflict" in well("jobs", "conflicts", newest)
    assert f"{len(CHANGES)} restored, 0 removed" in well("jobs", "undo", newest)
    assert gcrm("jobs", "undo", newest).code == 1
    assert "not running" in gcrm("jobs", "cancel", newest).err
    assert "no job 999" in gcrm("jobs", "resume", "999").err
