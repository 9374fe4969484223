"""Published versions: whole or not there, and one pointer."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import duckdb
import numpy as np
import pytest

from gcrm.errors import CubeError
from gcrm.olap import cuboids, store, versions
from gcrm.olap.catalogue import FACTS
from gcrm.spatial.cells import parent
from gcrm.units import LEVELS
from tests.unit.olap.cube import made_up_facts, publish


def _publish(folder: Path, seed: int) -> tuple[versions.Version, bool]:
    return publish(folder, *made_up_facts(seed, accounts=8, lines=10), str(seed))


def _versions(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_nothing_is_published_at_first(tmp_path: Path) -> None:
    assert versions.current(tmp_path) is None
    assert versions.current(tmp_path / "not there") is None


def test_a_version_is_published_whole(tmp_path: Path) -> None:
    version, new = _publish(tmp_path, 1)

    assert new
    assert versions.current(tmp_path) == version
    assert _versions(tmp_path) == [version.name]
    assert {path.stem for path in version.folder.glob("*.parquet")} == {cuboid.name for cuboid in version.cuboids} | {f"{name}-facts" for name in FACTS}
    assert set(cuboids.declared()) < set(version.cuboids)
    assert set(version.rows) == {path.stem for path in version.folder.glob("*.parquet")}
    assert version.rows["sales-facts"] == 10
    assert version.rows["accounts-facts"] == 8
    assert version.currencies == ["EUR"]
    assert not list(version.folder.glob("*.csv"))
    for path in version.folder.glob("*.parquet"):
        assert duckdb.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall() == [(version.rows[path.stem],)]


def test_the_same_facts_make_no_new_version(tmp_path: Path) -> None:
    first, _ = _publish(tmp_path, 1)
    again, new = _publish(tmp_path, 1)

    assert (again, new) == (first, False)
    assert _versions(tmp_path) == [first.name]


def test_the_pointer_bears_the_time_of_its_facts(tmp_path: Path) -> None:
    for day in (1, 2):
        as_of = datetime(2025, 6, day, 12, tzinfo=UTC)
        _, new = publish(tmp_path, *made_up_facts(1, accounts=8, lines=10), "same", as_of)
        assert new == (day == 1)
        assert (tmp_path / "current").stat().st_mtime == as_of.timestamp()


def test_three_versions_are_kept_and_the_pointer_is_at_the_last(tmp_path: Path) -> None:
    names = [_publish(tmp_path, seed)[0].name for seed in range(5)]
    assert _versions(tmp_path) == names[2:]
    current = versions.current(tmp_path)
    assert current is not None
    assert current.name == names[-1]


def test_the_version_in_force_is_never_removed_even_where_the_clock_went_back(tmp_path: Path) -> None:
    for seed in range(3):
        version, _ = _publish(tmp_path, seed)
    for folder in [path for path in tmp_path.iterdir() if path.is_dir()]:
        folder.rename(tmp_path / f"2999{folder.name[4:]}")
    (tmp_path / "current").write_text(f"2999{version.name[4:]}")
    newest, _ = _publish(tmp_path, 3)
    assert versions.current(tmp_path) == newest


def test_what_killed_builders_left_is_removed(tmp_path: Path) -> None:
    first, _ = _publish(tmp_path, 1)
    (tmp_path / ".building-99999").mkdir()
    (tmp_path / ".building-99999" / "sales.csv").write_text("half")
    (tmp_path / ".current").write_text("half")
    half_removed = tmp_path / "20200101T000000.000000Z-abcdef01"
    half_removed.mkdir()
    (half_removed / "sales-facts.parquet").write_text("half")
    second, _ = _publish(tmp_path, 2)

    assert _versions(tmp_path) == [first.name, second.name]
    assert versions.current(tmp_path) == second
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} <= {"current", ".lock"}


def test_a_version_that_was_never_pointed_to_does_not_stay(tmp_path: Path) -> None:
    first, _ = _publish(tmp_path, 1)
    shutil.copytree(first.folder, tmp_path / "29990101T000000.000000Z-abcdef01")  # killed between the two renames
    assert versions.current(tmp_path) == first
    second, _ = _publish(tmp_path, 2)
    assert _versions(tmp_path) == [first.name, second.name]


def test_a_build_that_fails_leaves_the_last_good_version(tmp_path: Path) -> None:
    first, _ = _publish(tmp_path, 1)
    sales, accounts = made_up_facts(2, accounts=4, lines=4)
    sales[0]["revenue"] = "no number"
    with pytest.raises(duckdb.Error):
        publish(tmp_path, sales, accounts, "broken")
    assert versions.current(tmp_path) == first
    assert _versions(tmp_path) == [first.name]


def test_a_pointer_into_nothing_is_said_plainly(tmp_path: Path) -> None:
    version, _ = _publish(tmp_path, 1)
    (version.folder / "manifest.json").unlink()
    with pytest.raises(CubeError, match=rf"The cube {version.name} is damaged: .* is missing or cannot be read; build it again with `gcrm cube build`"):
        versions.current(tmp_path)


def test_a_damaged_version_is_built_again(tmp_path: Path) -> None:
    version, _ = _publish(tmp_path, 1)
    (version.folder / "manifest.json").unlink()
    again, new = _publish(tmp_path, 1)
    assert new
    assert versions.current(tmp_path) == again
    assert _versions(tmp_path) == [again.name]


def test_a_version_of_other_columns_is_said_plainly_and_built_again(tmp_path: Path) -> None:
    version, _ = _publish(tmp_path, 1)
    manifest = version.folder / "manifest.json"
    said = json.loads(manifest.read_text())
    said["columns"]["sales"].remove("district")
    manifest.write_text(json.dumps(said))
    with pytest.raises(
        CubeError, match="was built with other dimensions, by another version of gcrm or before custom fields were declared; build it again with"
    ):
        versions.current(tmp_path)
    again, new = _publish(tmp_path, 1)
    assert new
    assert versions.current(tmp_path) == again


def test_one_builder_at_a_time(tmp_path: Path) -> None:
    entered, order = Event(), []

    def second() -> None:
        entered.wait()
        with store.building(tmp_path):
            order.append("second")

    with ThreadPoolExecutor(1) as pool, store.building(tmp_path):
        waiting = pool.submit(second)
        entered.set()
        order.append("first")
        assert not waiting.done()
    assert order == ["first", "second"]


def test_the_manifest_says_what_is_in_it(tmp_path: Path) -> None:
    version, _ = _publish(tmp_path, 1)
    manifest = json.loads((version.folder / "manifest.json").read_text())
    assert manifest["sources"] == []
    assert version.name.endswith(manifest["digest"][:8])
    assert version.built_at.isoformat() == manifest["built_at"]
    assert version.name.startswith(f"{version.built_at:%Y%m%dT%H%M%S}")


@pytest.mark.parametrize("level", LEVELS[1:])
def test_a_coarser_cuboid_holds_the_parents_of_the_finer_one(tmp_path: Path, level: int) -> None:
    version, _ = _publish(tmp_path, 1)

    def parents(of: int) -> list[int]:
        rows = duckdb.execute("SELECT cell FROM read_parquet(?) WHERE cell IS NOT NULL", [str(version.folder / f"sales-h3_{of}-full.parquet")]).fetchall()
        return sorted(set(parent(np.array([row[0] for row in rows], dtype=np.int64), level).tolist()))

    assert parents(level) == parents(level + 1)
