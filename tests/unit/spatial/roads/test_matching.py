"""Positions are matched to the roads they were on: the published trace of Andorra, and made-up noise on known routes."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from gcrm.errors import RoadsError
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.roads import store
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode, Route

_NIGHT = Moment.parse("Tue 03:00")
_METRES_PER_DEGREE = 111_320.0


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> NetworkRoads:
    return NetworkRoads(store.publish(tmp_path_factory.mktemp("roads"), [helsinki()])[0])


def _driven(roads: NetworkRoads) -> Route:
    return roads.route(np.array([24.9375, 60.1655]), np.array([24.9505, 60.1765]), Mode.CAR, _NIGHT)


def _recorded(route: Route, trip: str, noise_m: float) -> pd.DataFrame:
    """Positions of every five seconds along a route, with noise."""
    seconds = np.arange(0, route.minutes * 60, 5)
    along = shapely.get_coordinates(shapely.line_interpolate_point(route.geometry, seconds / (route.minutes * 60), normalized=True))
    noise = np.random.default_rng(5).normal(0, noise_m, along.shape) / _METRES_PER_DEGREE
    noise[:, 0] /= np.cos(np.radians(along[:, 1]))
    times = pd.Timestamp("2026-11-24 08:00", tz="UTC") + pd.to_timedelta(seconds, unit="s")
    return pd.DataFrame({"trip": trip, "recorded_at": times, "longitude": (along + noise)[:, 0], "latitude": (along + noise)[:, 1]})


def test_a_noisy_drive_is_matched_to_its_route(roads: NetworkRoads) -> None:
    route = _driven(roads)
    found = roads.match(_recorded(route, "a", 10), Mode.CAR)
    length = roads.edges(route.edges).set_index("edge")["length_m"]
    right = found.edges["edge"].isin(route.edges)
    assert found.edges.loc[right, "length_m"].sum() / found.edges["length_m"].sum() > 0.95
    assert length[length.index.isin(found.edges["edge"])].sum() / length.sum() > 0.95
    assert found.positions["edge"].notna().all()
    assert found.positions["distance_m"].median() < 15
    assert found.basis.conditions == 0


def test_times_at_edges_lie_between_those_of_the_positions(roads: NetworkRoads) -> None:
    recorded = _recorded(_driven(roads), "a", 0)
    edges = roads.match(recorded, Mode.CAR).edges
    assert edges["entered_at"].iloc[0] == recorded["recorded_at"].iloc[0]
    # Valhalla tells shares of edges in thousandths.
    assert recorded["recorded_at"].iloc[-1] - edges["left_at"].iloc[-1] < pd.Timedelta(seconds=1)
    assert (edges["left_at"] >= edges["entered_at"]).all()
    assert (edges["entered_at"].iloc[1:].to_numpy() == edges["left_at"].iloc[:-1].to_numpy()).all()
    assert edges["sequence"].tolist() == list(range(len(edges)))


def test_a_trip_that_breaks_off_leaves_out_a_number(roads: NetworkRoads) -> None:
    recorded = _recorded(_driven(roads), "a", 0)
    third = len(recorded) // 3
    later = recorded.iloc[2 * third :].assign(recorded_at=lambda rows: rows["recorded_at"] + pd.Timedelta(hours=1))
    # Between the two parts lies a position in the sea, and an hour.
    lost = recorded.iloc[[third]].assign(latitude=60.0)
    edges = roads.match(pd.concat([recorded.iloc[:third], lost, later], ignore_index=True), Mode.CAR).edges
    steps = edges["sequence"].diff().iloc[1:]
    assert sorted(steps.unique()) == [1, 2]
    behind = int(np.flatnonzero(steps.to_numpy() == 2)[0])
    assert edges["left_at"].iloc[behind] <= recorded["recorded_at"].iloc[third - 1]
    assert edges["entered_at"].iloc[behind + 1] >= later["recorded_at"].iloc[0]


def test_trips_are_matched_each_for_itself(roads: NetworkRoads) -> None:
    one, other = _recorded(_driven(roads), "a", 0), _recorded(_driven(roads), "b", 0)
    other["recorded_at"] += pd.Timedelta(days=1)
    far = one.assign(trip="far", latitude=0.0)
    together = pd.concat([one, far, other], ignore_index=True).set_index(np.arange(3 * len(one)) + 100)
    found = roads.match(together, Mode.CAR)
    a, b = (found.edges[found.edges["trip"] == trip].reset_index(drop=True) for trip in "ab")
    assert set(found.edges["trip"]) == {"a", "b"}
    assert (b["entered_at"] - a["entered_at"] == pd.Timedelta(days=1)).all()
    pd.testing.assert_frame_equal(a.drop(columns=["trip", "entered_at", "left_at"]), b.drop(columns=["trip", "entered_at", "left_at"]))
    assert found.positions.index.equals(together.index)
    assert found.positions.loc[together["trip"] == "far", "edge"].isna().all()


def test_nothing_and_what_is_no_position(roads: NetworkRoads) -> None:
    recorded = _recorded(_driven(roads), "a", 0)
    assert roads.match(recorded.iloc[:0], Mode.CAR).edges.empty
    with pytest.raises(RoadsError, match="recorded_at"):
        roads.match(recorded.drop(columns="recorded_at"), Mode.CAR)
    with pytest.raises(RoadsError, match="drop those"):
        roads.match(recorded.assign(longitude=np.nan), Mode.CAR)


def test_the_published_trace_of_andorra_goes_the_way_it_went(real_data: Path, tmp_path: Path) -> None:
    network, _ = store.publish(tmp_path / "roads", [real_data / "osm" / "andorra.osm.pbf"])
    points = gpd.read_file(real_data / "osm" / "andorra_for_map_matching.gpx", layer="track_points").geometry
    trace = pd.DataFrame({"trip": "andorra", "recorded_at": pd.NaT, "longitude": points.x, "latitude": points.y})
    trace["recorded_at"] = pd.to_datetime(trace["recorded_at"], utc=True)
    found = NetworkRoads(network).match(trace, Mode.CAR)
    assert found.positions["edge"].notna().all()
    assert found.positions["distance_m"].max() < 20
    # The main road down the valley, as far as the trace itself is long.
    assert found.edges["way_id"].tolist() == [177526454, 23857247]
    longitude, latitude = points.x.to_numpy(), points.y.to_numpy()
    walked = Geod(ellps="WGS84").line_length(longitude, latitude)
    assert found.edges["length_m"].sum() == pytest.approx(walked, rel=0.05)
    assert found.edges["entered_at"].isna().all()
