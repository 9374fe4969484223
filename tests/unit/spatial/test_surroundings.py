"""What is around a point, in metres."""

from collections.abc import Sequence

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gcrm.spatial.cells import index_points, parent
from gcrm.spatial.near import covering, most_frequent_near, nearest
from gcrm.spatial.surroundings import PARTS, surroundings

_GEOD = pyproj.Geod(ellps="WGS84")


def _points(*places: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(*place) for place in places], index=range(100, 100 + len(places)), crs=4326)


def _frame(shapes: Sequence[shapely.Geometry], **columns: Sequence[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(shapes), crs=4326))


def _moved(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    longitude, latitude, _ = _GEOD.fwd(*place, azimuth, metres)
    return float(longitude), float(latitude)


# A point each: zone 32 at its edge, zone 33 beyond it, the south, the far north.
_PLACES = ((11.9999, 47.1), (12.0001, 47.1), (-70.5, -33.4), (25.7, 71.1))


@pytest.mark.parametrize("place", _PLACES)
def test_the_nearest_is_measured_in_metres_everywhere(place: tuple[float, float]) -> None:
    features = _frame([shapely.Point(_moved(place, azimuth, metres)) for azimuth, metres in ((10, 90), (100, 40), (280, 60))], name=["a", "b", "c"])
    found = nearest(_points(place), features, ["name"], 100)

    assert found["name"].tolist() == ["b"]
    assert found["distance_m"].tolist() == pytest.approx([40], rel=2e-3)


def test_points_on_both_sides_of_a_zone_s_edge_find_the_same_feature() -> None:
    features = _frame([shapely.Point(12.0, 47.1)], name=["edge"])
    found = nearest(_points(*_PLACES), features, ["name"], 50)

    assert found["name"].fillna("-").tolist() == ["edge", "edge", "-", "-"]
    assert found["distance_m"].iloc[0] == pytest.approx(found["distance_m"].iloc[1], abs=0.05)
    assert found.index.tolist() == [100, 101, 102, 103]


def test_a_degree_east_is_shorter_than_a_degree_north() -> None:
    north, east = (25.7, 71.1008), (25.7015, 71.1)  # farther in degrees, and nearer in metres
    found = nearest(_points((25.7, 71.1)), _frame([shapely.Point(north), shapely.Point(east)], name=["north", "east"]), ["name"], 200)
    assert found["name"].tolist() == ["east"]


def test_what_is_too_far_is_not_near_and_a_tie_goes_to_the_first() -> None:
    place = (9.5, 47.1)
    twins = [shapely.Point(_moved(place, 90, 30))] * 2
    assert nearest(_points(place), _frame(twins, name=["first", "second"]), ["name"], 31)["name"].tolist() == ["first"]
    found = nearest(_points(place), _frame(twins, name=["first", "second"]), ["name"], 29)
    assert found["name"].isna().all()
    assert found["distance_m"].isna().all()
    assert nearest(_points(place), _frame([], name=[]), ["name"], 29)["distance_m"].isna().all()


@given(st.lists(st.tuples(st.floats(0, 360), st.floats(1, 400)), min_size=1, max_size=12))
def test_the_nearest_is_the_nearest_on_the_ellipsoid(around: list[tuple[float, float]]) -> None:
    place = (9.52, 47.14)
    distances = [round(metres) for _, metres in around]
    found = nearest(
        _points(place),
        _frame(
            [shapely.Point(_moved(place, azimuth, metres)) for azimuth, metres in zip([turn for turn, _ in around], distances, strict=True)], metres=distances
        ),
        ["metres"],
        250,
    )

    if min(distances) < 249:
        assert found["metres"].iloc[0] == min(distances)
    elif min(distances) > 251:
        assert found["metres"].isna().all()


def test_a_point_inside_an_area_is_at_no_distance() -> None:
    assert nearest(_points((9.5, 47.1)), _frame([shapely.box(9.4, 47.0, 9.6, 47.2)], type=["flats"]), ["type"], 50)["distance_m"].tolist() == [0]


def test_the_first_area_that_covers_a_point_counts() -> None:
    areas = _frame([shapely.box(0, 0, 1, 1), shapely.box(0.5, 0, 2, 1), shapely.box(5, 5, 6, 6)], territory_id=[7, 8, 9])
    found = covering(_points((0.2, 0.5), (0.7, 0.5), (1.5, 0.5), (3, 3), (1, 1)), areas, "territory_id")

    assert found.tolist() == [7, 7, 8, pd.NA, 7]
    assert found.dtype == "Int64"
    assert covering(_points((0, 0)), areas[:0], "territory_id").isna().all()


def test_the_most_frequent_kind_within_a_radius() -> None:
    place = (12.0, 47.1)
    kinds = ["flats", "detached", "flats", "detached", "terraced", "detached"]
    homes = _frame([shapely.Point(_moved(place, 60.0 * number, 50.0 if number < 5 else 200.0)) for number in range(6)], residence_type=list(kinds))

    def of(radius: float) -> str:
        return str(most_frequent_near(_points(place), homes, "residence_type", radius).fillna("-").iloc[0])

    assert of(100) == "detached"  # two of each near by: the first by alphabet
    assert of(250) == "detached"
    assert of(30) == "-"
    assert most_frequent_near(_points(*_PLACES), homes, "residence_type", 100).fillna("-").tolist() == ["detached", "detached", "-", "-"]
    assert most_frequent_near(_points(place), homes[:0], "residence_type", 100).isna().all()


def _tables(place: tuple[float, float]) -> dict[str, pd.DataFrame]:
    def line(azimuth: float, metres: float) -> shapely.Geometry:
        middle = _moved(place, azimuth, metres)
        return shapely.LineString([_moved(middle, azimuth + 90, 300), _moved(middle, azimuth - 90, 300)])

    cell = index_points(pd.Series([place[0]]), pd.Series([place[1]])).iloc[0]
    census = {"population": 150.0, "households": 60.0, "dwellings": 80.0, "dwellings_flats_low": 10.0, "dwellings_flats_high": 30.0, "dwellings_vacant": 8.0}
    above = int(parent(np.array([cell], dtype=np.int64), 9)[0])
    return {
        "roads": _frame([line(0, 5), line(90, 20), line(180, 60)], name=["Pavement", "Dorfweg", None]).assign(
            **{"class": ["footway", "residential", "primary"]}
        ),
        "buildings": _frame(
            [shapely.Point(_moved(place, 0, 10)).buffer(0.00003), *(shapely.Point(_moved(place, 30.0 * number, 100)).buffer(0.00003) for number in range(3))],
            type=["yes", "apartments", "apartments", "house"],
            residence_type=[None, "flats", "flats", "detached"],
        ),
        "address_points": _frame(
            [shapely.Point(_moved(place, 45, 100)), shapely.Point(_moved(place, 45, 50))], postcode=["9490", None], city=["Vaduz", "Vaduz"]
        ),
        "districts": _frame([shapely.box(9, 47, 9.51, 48), shapely.box(9, 47, 9.505, 48)], name=["Canton", "Quarter"], admin_level=[8, 10]),
        "footfall": pd.DataFrame(
            {"footfall_per_hour": 12.5, "footfall_morning_per_hour": 20.0, "footfall_midday_per_hour": 15.0, "footfall_evening_per_hour": 12.0,
             "footfall_night_per_hour": np.nan}, index=[cell],
        ),
        "cell_buildings": pd.DataFrame({"footprint_share": 0.25, "use_mix": 0.5}, index=[cell]),
        "cell_residence": pd.DataFrame(
            {**census, "households_tenant": 45.0, "age_65_up": np.nan, "vacancy_share": np.nan, "quality": "interpolated"}, index=[above],
        ),
        "site_minutes": pd.DataFrame({"site_drive_key": "shop", "site_drive_minutes": 4.5, "site_walk_key": None, "site_walk_minutes": np.nan}, index=[100]),
        "road_flows": _frame([line(90, 20), line(0, 30)], trips=[12, 40]),
        "competitors": pd.DataFrame({"competitors_near": pd.array([2], dtype="Int64")}, index=[100]),
    }  # fmt: skip


def test_everything_around_an_account() -> None:
    here, beside, far = (9.52, 47.14), (9.5001, 47.14), (9.504, 40.0)
    points = _points(here, beside, far, here)
    cells = index_points(points.x, points.y)
    found = surroundings(points, cells, _tables(here), PARTS)

    area = h3.cell_area(h3.cell_to_parent(h3.latlng_to_cell(here[1], here[0], 10), 9))
    first = found.astype(object).where(found.notna(), None).iloc[0]
    assert first.drop(["road_distance_m", "building_distance_m"]).to_dict() == {
        "district": "9490 Vaduz",  # no area covers it: the nearest address that has both postcode and city
        "municipality": "Vaduz",
        "road_class": "residential",  # a pavement lies nearer, and says nothing
        "road_name": "Dorfweg",
        "building_type": "yes",
        "residence_type": "flats",  # of an untyped building what most of its neighbours are
        "built_share": 0.25,
        "use_mix": 0.5,
        "population_per_km2": pytest.approx(150 / area),  # of the census's own cell, which is coarser
        "households_per_km2": pytest.approx(60 / area),
        "flats_share": 0.5,
        "tenant_share": 0.75,
        "age_65_up_share": None,  # not known is not zero
        "vacancy_share": 0.1,
        "residence_quality": "interpolated",
        "footfall_per_hour": 12.5,
        "footfall_morning_per_hour": 20.0,
        "footfall_midday_per_hour": 15.0,
        "footfall_evening_per_hour": 12.0,
        "footfall_night_per_hour": None,
        "site_drive_key": "shop",
        "site_drive_minutes": 4.5,
        "site_walk_key": None,  # there is no way on foot
        "site_walk_minutes": None,
        "passing_trips": 12,  # of the nearest road that has any, not of the busiest
        "competitors_near": 2,
    }
    assert found["road_distance_m"].iloc[0] == pytest.approx(20, abs=0.5)
    assert found["district"].fillna("-").tolist() == ["9490 Vaduz", "Quarter", "-", "9490 Vaduz"]
    assert found["municipality"].fillna("-").tolist() == ["Vaduz", "Canton", "-", "Vaduz"]
    assert found.iloc[2].isna().all()
    assert found.iloc[3].equals(found.iloc[0].rename(103))


def test_where_nothing_is_loaded_nothing_is_around() -> None:
    empty = {name: table[:0] for name, table in _tables((9.52, 47.14)).items()}
    points = _points((9.52, 47.14))
    found = surroundings(points, index_points(points.x, points.y), empty, PARTS)
    assert found.isna().all(axis=None)
    assert np.array_equal(found.index, points.index)


def test_only_the_parts_that_are_asked_for_are_derived() -> None:
    place = (9.52, 47.14)
    points = _points(place)
    found = surroundings(points, index_points(points.x, points.y), {"footfall": _tables(place)["footfall"]}, ["footfall"])
    assert [*found.columns] == [*PARTS["footfall"].columns]
    assert surroundings(points, index_points(points.x, points.y), {}, []).shape == (1, 0)
