"""Versions of the cube: the one in force, those before it, and which of them was in force at a time."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import versions
from gcrm.olap.analysis import ask
from gcrm.olap.query import CubeQuery
from tests.unit.olap.cube import made_up_facts, publish

_DAYS = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 5)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions, built on three days, of 10, 20 and 30 order lines."""
    folder = tmp_path_factory.mktemp("cubes")
    for at, day in enumerate(_DAYS):
        version, _ = publish(folder, *made_up_facts(at, accounts=8, lines=10 * (at + 1)), str(at))
        manifest = version.folder / versions.MANIFEST
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"built_at": day.isoformat()}))
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of them of the test's own."""
    return shutil.copytree(built, tmp_path / "cubes")


def _lines(version: versions.Version | None) -> int:
    assert version is not None
    return version.rows["sales-facts"]


def test_the_newest_comes_first(folder: Path) -> None:
    assert [_lines(version) for version in versions.versions(folder)] == [30, 20, 10]
    assert versions.versions(folder / "none") == []


@pytest.mark.parametrize(
    ("moment", "lines"),
    [
        ("", 30), ("2026-03-01", 10), ("2026-03-01T12:00", 10), ("2026-03-02T11:59:59+00:00", 10), ("2026-03-02T14:00+02:00", 20), ("2026-03-04", 20),
        ("2026-03-05", 30), ("2100-01-01", 30),
    ],
)  # fmt: skip
def test_a_time_means_the_newest_that_was_built_by_then(folder: Path, moment: str, lines: int) -> None:
    assert _lines(versions.as_of(folder, moment)) == lines


def test_a_version_is_found_by_its_name(folder: Path) -> None:
    for version in versions.versions(folder):
        assert versions.as_of(folder, version.name) == version


@pytest.mark.parametrize(
    ("moment", "says"), [("2026-02-28", "the oldest is of 2026-03-01 12:00 UTC"), ("yesterday", "no version 'yesterday'"), ("9999-12-31", "")]
)
def test_what_is_not_kept_is_told(folder: Path, moment: str, says: str) -> None:
    if not says:
        assert _lines(versions.as_of(folder, moment)) == 30
        return
    with pytest.raises(CubeError, match=says):
        versions.as_of(folder, moment)


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    assert versions.as_of(tmp_path, "2026-03-01") is None
    assert versions.remove_old(tmp_path, 1) == []


def test_a_question_goes_to_the_version_that_it_names(folder: Path) -> None:
    query = CubeQuery.parse(measures="revenue,quantity", as_of="2026-03-02")
    assert CubeQuery.from_parameters(query.parameters()) == query
    assert query.drilled("year", "month").as_of == query.as_of
    answers = [ask(version, query, Scope.everything()).table.to_pylist() for version in versions.versions(folder)]
    assert answers[0] != answers[1] != answers[2]


def test_old_ones_are_removed_and_the_one_in_force_never(folder: Path) -> None:
    names = [version.name for version in versions.versions(folder)]
    (folder / versions.POINTER).write_text(names[-1])  # the clock went back since
    assert versions.remove_old(folder, 2) == [names[1]]
    assert [version.name for version in versions.versions(folder)] == [names[-1], names[0]]
    assert versions.remove_old(folder, 1) == [names[0]]
    assert versions.remove_old(folder, 1) == []
    assert _lines(versions.current(folder)) == 10


def test_a_file_that_is_missing_is_told_and_mended_by_the_next_build(folder: Path) -> None:
    version = versions.current(folder)
    assert version is not None
    (version.folder / "sales-h3_8-full.parquet").unlink()
    with pytest.raises(CubeError, match=r"sales-h3_8-full\.parquet is missing; build it again"):
        versions.current(folder)
    again, new = publish(folder, *made_up_facts(2, accounts=8, lines=30), "2")
    assert new
    assert versions.current(folder) == again


def test_versions_of_another_program_are_passed_over(folder: Path) -> None:
    oldest = versions.versions(folder)[-1]
    manifest = oldest.folder / versions.MANIFEST
    manifest.write_text(json.dumps(oldest.manifest | {"columns": {}}))
    assert [_lines(version) for version in versions.versions(folder)] == [30, 20]
    with pytest.raises(CubeError, match="the oldest is of 2026-03-02"):
        versions.as_of(folder, (_DAYS[0] + timedelta(hours=1)).isoformat())
