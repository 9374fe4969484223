"""The route of a map's cells: whose question it answers, and with what."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest

from dashboards import data, map_cells, maps, session
from dashboards.data import MEASURES, Cells, Cube, Explanation, Scope
from dashboards.map_cells import CellQuestion
from dashboards.theme import LIGHT, rgb
from gcrm.errors import AccessError

EVERYTHING = Scope.everything()
ASKED = CellQuestion("v1", "accounts", 9, ("segment=families",), dark=False)
EXPLANATION = Explanation("v1", datetime(2026, 1, 1, tzinfo=UTC), {}, 0.0, None)


def _cells(values: list[int | None]) -> Cells:
    frame = pd.DataFrame({
        "cell": ["891126d33a3ffff", "891126d33a7ffff", "891126d33abffff"][: len(values)],
        "value": pd.Series(values, dtype=object),
        "accounts": pd.Series([5, 7, pd.NA][: len(values)], dtype="Int64"),
    })  # fmt: skip
    return Cells(MEASURES["accounts"], 9, frame, None, 0, EXPLANATION)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The route with a cube that answers at once; tells what it was asked."""
    seen: dict[str, object] = {}

    def cells(cube: Cube, measure: str, level: int, where: tuple[data.Filter, ...], scope: Scope) -> Cells:
        seen.update(cube=cube.name, measure=measure, level=level, where=where, scope=scope)
        return _cells([3, 40, None])

    monkeypatch.setattr(data, "cells", cells)
    monkeypatch.setattr(data, "current_cube", lambda: Cube("v1", None))  # type: ignore[arg-type]
    monkeypatch.setattr(session, "scope_of", lambda _: EVERYTHING)
    map_cells._packed.cache_clear()
    return seen


def _fetched(address: str) -> pa.Table:
    _, _, question, file = address.split("/")
    return pa.ipc.open_stream(map_cells._answer(question, file.removesuffix(".arrow"), "token")).read_all()


def test_the_answer_is_that_of_the_question(answering: dict[str, object]) -> None:
    table = _fetched(map_cells.address(ASKED, EVERYTHING))
    assert answering == {"cube": "v1", "measure": "accounts", "level": 9, "where": (data.Filter("segment", ("families",)),), "scope": EVERYTHING}
    assert table.schema.field("cell").type == pa.uint64()
    assert [f"{cell:x}" for cell in table["cell"].to_pylist()] == ["891126d33a3ffff", "891126d33a7ffff", "891126d33abffff"]
    assert table["accounts"].to_pylist() == ["5", "7", "hidden"]


def test_an_address_of_another_scope_or_question_is_refused(answering: dict[str, object]) -> None:
    with pytest.raises(AccessError, match="another session"):
        _fetched(map_cells.address(ASKED, Scope(frozenset({1}))))
    forged = map_cells.address(CellQuestion("v1", "revenue", 9, (), dark=False), EVERYTHING).split("/")
    forged[-1] = map_cells.address(ASKED, EVERYTHING).split("/")[-1]
    with pytest.raises(AccessError, match="another session"):
        _fetched("/".join(forged))
    assert answering == {}


def test_cells_have_the_colours_of_the_legend_and_those_without_a_value_let_the_map_through() -> None:
    cells = _cells([3, 40, None])
    table = maps.cell_table(cells, LIGHT)
    low, high = maps.classify(pd.Series([3.0, 40.0]), LIGHT).colours
    fills = table["fill"].to_pylist()
    assert fills[:2] == [rgb(low), rgb(high)]
    assert fills[2][:3] == rgb(LIGHT.none)[:3]
    assert fills[2][3] < 128
    assert maps.cell_table(_cells([]), LIGHT).num_rows == 0
