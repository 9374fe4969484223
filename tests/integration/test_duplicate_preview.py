"""A dry run and the report of a run tell which accounts look like others; what they tell is what a search then does."""

from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.frames import ACCOUNTS
from gcrm.ingest.source import Source, open_source
from gcrm.pipeline import duplicate_preview
from gcrm.pipeline.duplicate_preview import Preview, preview_of_job
from gcrm.pipeline.duplicates import find_duplicates, queue, separate
from gcrm.pipeline.imports import create_job, dry_run, run_job
from tests.integration.command_line import well
from tests.integration.records import empty, value

pytestmark = pytest.mark.usefixtures("database", "clean")

HEADER = "id,name,street,house_number,postcode,city,country,phone\n"
BEFORE = HEADER + (
    "b1,Bakery Miller,Main Street,1,1010,Vienna,AT,+43 1 5123456\n"
    "b2,Garage Huber,Side Street,9,1020,Vienna,AT,+43 1 5999999\n"
    "b3,Florist Rose,Garden Lane,4,1030,Vienna,AT,+43 1 5777777\n"
)
FILE = HEADER + (
    "n1,Bakery Miller,Main Street,1,1010,Vienna,AT,01 5123456\n"
    "n2,Joinery Oak,Forest Road,12,1040,Vienna,AT,01 5333333\n"
    "n3,Joinery Oak,Forest Road,12,1040,Vienna,AT,01 5333333\n"
    "n4,Opticians Clear,Hill Street,3,1050,Vienna,AT,01 5444444\n"
)


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


@pytest.fixture
def source(clean: None, tmp_path: Path) -> Source:
    """A file with one account that is in the database already, and one that it holds twice."""
    del clean
    (tmp_path / "before.csv").write_text(BEFORE)
    well("import", "accounts", tmp_path / "before.csv", "--source", "old")
    (tmp_path / "new.csv").write_text(FILE)
    return open_source(tmp_path / "new.csv", ACCOUNTS, source="new")


def _tried(source: Source) -> Preview:
    found = dry_run([source], lambda _: None).duplicates
    assert found is not None
    return found


def _counts(found: Preview) -> tuple[int, ...]:
    return found.accounts, found.compared, found.within_file, found.in_database, found.merged, found.queued


def test_a_dry_run_tells_twins_within_the_file_and_in_the_database(source: Source) -> None:
    found = _tried(source)
    assert _counts(found) == (4, 4, 2, 1, 0, 2)
    assert {(pair.left["source_key"], pair.right["source_key"], pair.within_file) for pair in found.pairs} == {("b1", "n1", False), ("n2", "n3", True)}
    assert value("SELECT count(*) FROM gcrm.accounts") == 3
    assert value("SELECT count(*) FROM gcrm.duplicates") == 0


def test_the_report_of_the_run_tells_the_same_and_the_search_does_it(source: Source) -> None:
    tried = _tried(source)
    job_id = create_job([source])
    run_job(job_id, lambda _: None)
    assert preview_of_job(job_id) == tried
    assert find_duplicates(lambda _: None).created == tried.queued


def test_what_would_be_merged_without_a_person_is_told_apart(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "duplicates_automatic", 0.99)
    tried = _tried(source)
    run_job(create_job([source]), lambda _: None)
    done = find_duplicates(lambda _: None)
    assert (tried.merged, tried.queued) == (done.merged, done.created - done.merged)
    assert tried.merged > 0


def test_pairs_that_somebody_told_apart_are_not_told_of(source: Source) -> None:
    job_id = create_job([source])
    run_job(job_id, lambda _: None)
    find_duplicates(lambda _: None)
    for pair in queue(Scope.everything())[0]:
        separate(pair.duplicate_id)
    found = preview_of_job(job_id)
    assert found is not None
    assert _counts(found) == (4, 4, 0, 0, 0, 0)


def test_of_a_large_file_the_first_accounts_are_compared_and_that_is_said(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicate_preview, "MOST_IN_WHOLE", 6)
    monkeypatch.setattr(duplicate_preview, "MOST_OF_FILE", 3)
    found = _tried(source)
    assert _counts(found) == (4, 3, 2, 1, 0, 2)
    assert "of the first 3 of 4" in str(found)


def test_the_command_shows_both(source: Source) -> None:
    said = well("import", "accounts", source.path, "--source", "new", "--dry-run")
    assert "2 accounts look like another of the file, 1 like one that was there before: 0 to be merged without a person, 2 pairs for the queue." in said
    assert "Bakery Miller (old b1)" in said
    assert "2 pairs for the queue" in well("import", "accounts", source.path, "--source", "new")
    assert "look" not in well("import", "accounts", source.path, "--source", "new")


def test_a_source_that_promises_holds_nobody_twice(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "duplicates_unique", "old, new")
    assert _counts(_tried(source)) == (4, 4, 0, 1, 0, 1)
    run_job(create_job([source]), lambda _: None)
    assert find_duplicates(lambda _: None).found == 1
