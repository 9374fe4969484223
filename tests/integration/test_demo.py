"""The demo again: nothing to do where all is there, and the rest where a run was cut off between two stages."""

from typing import Any

import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.olap import versions
from gcrm.olap.query import CubeQuery
from gcrm.pipeline import demo_steps
from gcrm.pipeline.cubes import ask_cube
from gcrm.pipeline.demo import run
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("made")

_TABLES = ("accounts", "account_surroundings", "orders", "footfall", "tracks", "imports", "layer_versions")
_SCALE, _SEED = 0.02, 1


def _run(seed: int = _SEED) -> list[str]:
    """The steps that a run took."""
    steps: list[str] = []
    run(None, _SCALE, seed, lambda name, _: steps.append(name))
    return steps


@pytest.fixture(scope="module")
def made(database: None) -> None:
    del database
    assert _run()[-1] == "cube"


def _state() -> dict[str, Any]:
    found = {name: value(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM gcrm.{name} t") for name in _TABLES}
    return found | {"cubes": sorted(str(path) for path in settings().cubes.rglob("*"))}


def _counted(measure: str) -> object:
    return ask_cube(CubeQuery.parse(measures=measure), Scope.everything()).table.to_pylist()[0][measure]


def test_a_second_run_does_nothing() -> None:
    before = _state()
    assert _run() == []
    assert _state() == before


@pytest.mark.parametrize(("stage", "seed"), [("geocode_accounts", 2), ("enrich_accounts", 3), ("build_cube", 4)])
def test_a_run_that_was_cut_off_beside_an_older_cube_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch, stage: str, seed: int) -> None:
    older = versions.current(settings().cubes)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo_steps, stage, cut_off)
        with pytest.raises(KeyboardInterrupt):
            _run(seed)
    assert versions.current(settings().cubes) == older
    _run(seed)

    assert versions.current(settings().cubes) != older
    assert _counted("revenue") == value("SELECT sum(revenue) FROM gcrm.orders")
    assert rows("SELECT count(*) FROM gcrm.accounts a LEFT JOIN gcrm.account_surroundings s USING (account_id) WHERE a.position IS NOT NULL AND s IS NULL") == [
        (0,)
    ]
    assert _run(seed) == []


def test_what_was_changed_beside_the_demo_comes_into_the_cube() -> None:
    _run()
    rows("UPDATE gcrm.layer_versions SET loaded_at = now() WHERE layer = 'shops' RETURNING 1")
    assert _run()[-1] == "cube"
    assert _run() == []


def test_a_cube_that_was_removed_is_built_again() -> None:
    (settings().cubes / "current").unlink()
    assert _run()[-1] == "cube"
