"""Figures of few accounts, as pages show them: as hidden, and never as nothing."""

import pandas as pd
import pytest

from dashboards import data, maps, tables, texts
from dashboards.data import MEASURES, Filter
from dashboards.theme import LIGHT
from gcrm.access.scope import Scope
from tests.unit.olap.cube import publish
from tests.unit.olap.skewed import skewed_facts

SALES, ACCOUNTS = skewed_facts(11, accounts=600, lines=2000, territories=2)
SCOPE = Scope(None, smallest_count=10)


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> data.Cube:
    version, _ = publish(tmp_path_factory.mktemp("cubes"), SALES, ACCOUNTS, "hidden")
    return data.Cube(version.name, version)


def test_a_map_says_of_hidden_cells_that_they_are(cube: data.Cube) -> None:
    cells = data.cells(cube, "revenue", 8, (Filter("segment", ("d",)),), SCOPE)
    hidden = cells.frame["value"].isna()
    assert hidden.any()
    words = pd.Series(maps.in_words(cells))
    assert (words[hidden] == "hidden (fewer than 10)").all()
    classes = maps.classify(cells.frame["value"].dropna().astype(float), LIGHT)
    assert "hidden (fewer than 10)" in maps.legend(cells, classes, LIGHT)
    few = cells.frame["accounts"].isna()
    assert few.any()
    assert cells.frame["accounts"][~few].ge(10).all()


def test_a_table_has_no_value_where_it_is_hidden(cube: data.Cube) -> None:
    pivot = tables.pivot(cube, data.CubeQuery.parse("segment", "status", "accounts"), SCOPE)
    numbers = pivot.frame.drop(columns=pivot.names)
    assert numbers.isna().any(axis=None)
    assert numbers.melt()["value"].dropna().ge(10).all()


def test_a_figure_is_hidden_only_from_who_has_a_smallest_count() -> None:
    measure = MEASURES["accounts"]
    assert texts.figure(None, measure, 10) == texts.hidden(10) == "hidden (fewer than 10)"
    assert texts.figure(None, measure, 0) == "-"
    assert texts.figure(12, measure, 10) == "12"
    assert texts.nothing(measure, 0) == "none"
