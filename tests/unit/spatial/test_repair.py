"""Polygons of files: what is repaired, what is refused, and what is said."""

import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.spatial.repair import repair

_SQUARE = shapely.box(0, 0, 1, 1)
_BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def _one(shape: BaseGeometry | None) -> tuple[BaseGeometry | None, str | None, str | None]:
    found = repair(pd.Series([shape], index=[7], dtype="object"))
    finding = (found.findings["problem"].loc[7], found.findings["outcome"].loc[7]) if len(found.findings) else (None, None)
    return (found.shapes.loc[7] if len(found.shapes) else None), *finding


@pytest.mark.parametrize("shape", [_SQUARE, shapely.MultiPolygon([_SQUARE, shapely.box(2, 2, 3, 3)]), shapely.box(0, 0, 3, 3) - _SQUARE])
def test_a_good_one_stays(shape: BaseGeometry) -> None:
    kept, problem, _ = _one(shape)
    assert problem is None
    assert kept is not None
    assert kept.geom_type == "MultiPolygon"
    assert kept.equals(shape)


def test_a_ring_that_crosses_itself_is_taken_apart() -> None:
    kept, problem, outcome = _one(_BOW_TIE)
    assert (problem, outcome) == ("Self-intersection at 1 1", "repaired")
    assert kept is not None
    assert kept.is_valid
    assert kept.area == pytest.approx(2)


def test_of_a_collection_the_polygons_are_kept() -> None:
    kept, problem, outcome = _one(shapely.GeometryCollection([_SQUARE, shapely.Point(5, 5)]))
    assert (problem, outcome) == ("holds lines or points beside its polygons", "repaired")
    assert kept is not None
    assert kept.equals(_SQUARE)


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        (None, "has no geometry"),
        (shapely.Polygon(), "is empty"),
        (shapely.Point(1, 1), "is a Point, no polygon"),
        (shapely.LineString([(0, 0), (1, 1)]), "is a LineString, no polygon"),
        (shapely.Polygon([(0, 0), (1, 1), (2, 2)]), "has no area ("),
        (shapely.box(3_400_000, 5_300_000, 3_400_100, 5_300_100), "lies outside of the degrees of EPSG:4326 (x 3400000 to 3400100, y 5300000 to 5300100)"),
        (shapely.Polygon([(0, 0), (float("inf"), 1), (2, 2)]), "lies outside of the degrees"),
        (shapely.GeometryCollection([shapely.Point(5, 5)]), "has no area"),
    ],
)
def test_what_has_no_area_on_the_globe_is_refused(shape: BaseGeometry | None, problem: str) -> None:
    kept, said, outcome = _one(shape)
    assert kept is None
    assert outcome == "refused"
    assert said is not None
    assert said.startswith(problem)


def test_each_has_its_own_finding() -> None:
    found = repair(pd.Series([_SQUARE, None, _BOW_TIE], index=[1, 2, 3], dtype="object"))
    assert found.shapes.index.tolist() == [1, 3]
    assert found.findings["outcome"].to_dict() == {2: "refused", 3: "repaired"}
