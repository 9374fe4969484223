"""Bulk times are exact, agree with Valhalla's, and change with the conditions."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.stats import spearmanr

from gcrm.errors import RoadsError
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.roads import network, store, weights
from gcrm.spatial.roads.arcs import search_graph
from gcrm.spatial.roads.bulk import Bulk
from gcrm.spatial.roads.conditions import Conditions, Kind, Weekdays
from gcrm.spatial.roads.engines import NetworkRoads
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode, Points
from gcrm.spatial.roads.routing import COSTINGS
from gcrm.spatial.roads.samples import samples
from gcrm.spatial.roads.search import Search
from gcrm.spatial.roads.snapping import Snapper
from gcrm.units import WGS84

NIGHT, RUSH = Moment.parse("Tue 03:00"), Moment.parse("Tue 08:30")
CITY = shapely.box(24.8, 60.1, 25.1, 60.3)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> network.Network:
    return store.publish(tmp_path_factory.mktemp("roads"), [helsinki()])[0]


def _points(roads: network.Network, mode: Mode, count: int) -> Points:
    edges = np.random.default_rng(7).choice(np.flatnonzero(roads.graphs[mode].connected), count)
    middle: Points = shapely.get_coordinates(shapely.line_interpolate_point(roads.lines(edges), 0.3, normalized=True))
    return middle


def _condition(**given: object) -> gpd.GeoDataFrame:
    row: dict[str, object] = {"kind": Kind.CLOSURE, "value": None, "modes": [Mode.CAR], "weekdays": Weekdays.ALL, "from_hour": 0, "to_hour": 24}
    row |= {"valid_from": None, "valid_until": None, "way_id": None, "source": "test", "made_up": True, "geometry": CITY} | given
    return gpd.GeoDataFrame({name: [value] for name, value in row.items()}, crs=4326)


def _costs(asked: NetworkRoads, points: Points) -> NDArray[np.float64]:
    """The costs that ways by car minimise, in hundredths of a second."""
    snapped = asked.snap(points, Mode.CAR)
    return np.floor(asked._bulk(Mode.CAR, NIGHT).times(snapped, snapped) / (1 << 24))


@pytest.mark.parametrize("mode", list(Mode))
def test_equal_to_dijkstra_on_the_same_costs(roads: network.Network, mode: Mode) -> None:
    crossings = roads.nodes[["longitude", "latitude"]].to_numpy()[::400]
    points = Snapper.of(roads, mode).snap(np.concatenate([_points(roads, mode, 30), crossings]), 100)
    bulk = Bulk(roads, mode, Conditions.none(roads).at(NIGHT))
    arcs = roads.graphs[mode].arcs
    states, count = len(arcs.edge), len(points.edge)
    placed = bulk._placed(points)
    starts, ends = bulk._departures(placed, metres=False), bulk._arrivals(placed, metres=False)
    tails, heads = np.concatenate([arcs.tail, states + starts.point]), np.concatenate([arcs.head, starts.state])
    every = pd.DataFrame({"tail": tails, "head": heads, "weight": np.concatenate([bulk.arc_weights(), starts.weight])})
    least = every.groupby(["tail", "head"], as_index=False)["weight"].min()  # a matrix would add up what stands twice
    graph = csr_array((least["weight"], (least["tail"], least["head"])), shape=(states + count,) * 2)
    plain = dijkstra(graph, indices=np.arange(states, states + count))
    expected = np.full((count, count), np.inf)
    for point, state, weight in zip(ends.point, ends.state, ends.weight, strict=True):
        expected[:, point] = np.minimum(expected[:, point], plain[:, state] + weight)
    expected = bulk._on_same_edge(expected, placed, placed, metres=False)
    assert np.isfinite(expected).mean() > 0.5
    np.testing.assert_array_equal(bulk.times(points, points), expected)


@pytest.mark.parametrize("mode", list(Mode))
def test_agrees_with_valhalla(roads: network.Network, mode: Mode) -> None:
    points = _points(roads, mode, 24)
    asked = NetworkRoads(roads)
    minutes = asked.many_to_many(points[:12], points[12:], mode, NIGHT).minutes
    differences = []
    for row, column in np.argwhere(minutes > 1):
        route = asked.route(points[row], points[12 + column], mode, NIGHT)
        differences.append(abs(minutes[row, column] / route.minutes - 1))
    assert len(differences) > 50
    assert np.median(differences) < 0.02


@pytest.mark.parametrize(("mode", "share"), [(Mode.CAR, 0.96), (Mode.BICYCLE, 0.89), (Mode.FOOT, 0.99)])
def test_points_away_from_roads_begin_where_they_do_in_valhalla(roads: network.Network, mode: Mode, share: float) -> None:
    """What remains: Valhalla begins and ends on roads that one gets to but not away from, and forbids cars to turn between carriageways."""
    west, south, east, north = shapely.total_bounds(roads.shapes)
    random = np.random.default_rng(3)
    points = np.column_stack([random.uniform(west, east, 60), random.uniform(south, north, 60)])
    asked = NetworkRoads(roads)
    ours = asked.many_to_many(points[:20], points[20:], mode, NIGHT).minutes
    places = [{"lon": longitude, "lat": latitude, "search_filter": {"exclude_tunnel": True}} for longitude, latitude in points]
    request = {"sources": places[:20], "targets": places[20:], "costing": COSTINGS[mode]}
    answer = asked._router(NIGHT)._actor.matrix(request)["sources_to_targets"]
    theirs = np.array([[np.nan if pair["time"] is None else pair["time"] / 60 for pair in row] for row in answer])
    long = theirs > 2
    assert long.sum() > 400
    assert (np.abs(ours[long] / theirs[long] - 1) < 0.05).mean() >= share


def test_walks_to_the_station_are_as_published(roads: network.Network, real_data: Path) -> None:
    """The published walkers went on the network of the whole region, 70 m a minute; here ways end where the extract does."""
    grid = gpd.read_file(real_data / "helsinki" / "helsinki_region_travel_times_to_railway_station.gpkg")
    middles = grid.geometry.centroid.to_crs(WGS84)
    west, south, east, north = shapely.total_bounds(roads.shapes)
    inside = middles.x.between(west, east) & middles.y.between(south, north) & (grid["walk_t"] > 0)  # -1 is missing
    assert inside.sum() >= 25
    points = np.column_stack([middles.x, middles.y])
    station = points[(grid["from_id"] == grid["to_id"]).to_numpy()]
    times = NetworkRoads(roads).many_to_many(points[inside], station, Mode.FOOT, NIGHT, metres=True)
    assert times.metres is not None
    published = grid.loc[inside, ["walk_t", "walk_d"]].to_numpy()
    assert spearmanr(times.minutes[:, 0], published[:, 0]).statistic >= 0.94
    assert spearmanr(times.metres[:, 0], published[:, 1]).statistic >= 0.94
    assert np.median(np.abs(times.metres[:, 0] - published[:, 1])) < 100


def test_few_origins_and_few_destinations_take_the_same_time(roads: network.Network) -> None:
    points = _points(roads, Mode.FOOT, 20)
    asked = NetworkRoads(roads)
    wide = asked.many_to_many(points[:3], points, Mode.FOOT, NIGHT).minutes
    tall = asked.many_to_many(points, points, Mode.FOOT, NIGHT, metres=True)
    np.testing.assert_allclose(wide, tall.minutes[:3])
    assert tall.metres is not None
    walked = tall.minutes > 1
    assert (tall.metres[walked] / tall.minutes[walked] <= 85.01).all()  # 5.1 km/h, and what crossings take
    backwards = asked.many_to_many(points, points[:3], Mode.FOOT, NIGHT).minutes
    np.testing.assert_allclose(backwards, tall.minutes[:, :3])


def test_cells_are_reached_when_their_roads_are(roads: network.Network) -> None:
    points = _points(roads, Mode.FOOT, 2)
    found = NetworkRoads(roads).isochrone_cells(points, 10, Mode.FOOT, NIGHT).cells
    assert found["minutes"].between(0, 10).all()
    assert not found.duplicated(["origin", "cell"]).any()
    assert (found.groupby("origin")["minutes"].min() == 0).all()
    coarse = NetworkRoads(roads).isochrone_cells(points, 10, Mode.FOOT, NIGHT, level=8).cells
    assert 0 < len(coarse) < len(found)


def test_a_cell_is_reached_on_the_first_of_its_roads(roads: network.Network) -> None:
    """Beside every place on every road: the search itself looks only where roads come into a cell."""
    asked, every, graph = NetworkRoads(roads), samples(roads, Mode.CAR, 10), roads.graphs[Mode.CAR]
    points = _points(roads, Mode.CAR, 3)
    found = asked.isochrone_cells(points, 6, Mode.CAR, NIGHT).cells
    bulk = asked._bulk(Mode.CAR, NIGHT)
    starts = bulk._departures(bulk._placed(asked.snap(points, Mode.CAR)), metres=False)
    ((_, row, distances),) = Search(graph.hierarchy.along, bulk._by_time).distances(starts, np.ones(len(graph.arcs.edge), dtype=bool))
    until = weights.minutes(distances)[row[graph.arcs.state[every.edge]]] + (every.share * bulk._edges.time[every.edge] / 60)[:, None]
    for origin in range(3):
        reached = found[found["origin"] == origin].set_index("cell")["minutes"]
        first = pd.Series(until[:, origin]).groupby(every.cell).min()
        near = first[first <= 5.9]
        sooner = near - reached.reindex(near.index)
        assert len(near) > 50
        assert (sooner >= -0.001).all()
        # Sooner only where the origin's own road runs.
        assert (sooner > 0.001).sum() <= 5


def test_rush_hour_slows_both_engines(roads: network.Network) -> None:
    slow = _condition(kind=Kind.SPEED_FACTOR, value=0.5, weekdays=Weekdays.WORKDAYS, from_hour=7, to_hour=9)
    asked = NetworkRoads(roads, Conditions(1, slow, roads))
    points = _points(roads, Mode.CAR, 10)
    night, rush = (asked.many_to_many(points, points, Mode.CAR, moment) for moment in (NIGHT, RUSH))
    there = night.minutes > 1
    assert np.median(rush.minutes[there] / night.minutes[there]) > 1.5
    assert rush.basis.conditions == 1
    row, column = np.argwhere(there)[0]
    route = [asked.route(points[row], points[column], Mode.CAR, moment).minutes for moment in (NIGHT, RUSH)]
    assert route[1] > 1.5 * route[0]
    areas = [asked.isochrones(points[:1], [3], Mode.CAR, moment).areas.to_crs(3067).area.sum() for moment in (NIGHT, RUSH)]
    assert areas[1] < areas[0]


def test_a_closed_edge_is_on_no_way(roads: network.Network) -> None:
    points = _points(roads, Mode.CAR, 10)
    open_ = NetworkRoads(roads)
    minutes = open_.many_to_many(points, points, Mode.CAR, NIGHT).minutes
    row, column = np.argwhere(minutes == np.nanmax(minutes))[0]
    before = open_.route(points[row], points[column], Mode.CAR, NIGHT)
    middle = roads.positions(before.edges[len(before.edges) // 2][None])[0]
    way = int(roads.edges["way_id"].iloc[middle])
    closed = NetworkRoads(roads, Conditions(1, _condition(way_id=way, geometry=None), roads))
    after = closed.route(points[row], points[column], Mode.CAR, NIGHT)
    assert way not in set(closed.edges(after.edges)["way_id"])
    # What is least is the cost: the second best way may take less time.
    cheapest, second = (_costs(asked, points) for asked in (open_, closed))
    assert (second >= cheapest).all()
    assert second[row, column] > cheapest[row, column]


def test_what_is_far_from_any_road_has_no_way_and_no_area(roads: network.Network) -> None:
    far, near = np.array([[10.5, 50.5]]), _points(roads, Mode.CAR, 1)
    asked = NetworkRoads(roads)
    found = asked.isochrones(np.concatenate([far, near]), [5], Mode.CAR, NIGHT).areas
    assert found["origin"].tolist() == [1]
    assert np.isnan(asked.many_to_many(far, near, Mode.CAR, NIGHT).minutes).all()
    with pytest.raises(RoadsError, match="no way"):
        asked.route(far, near, Mode.CAR, NIGHT)


def test_edges_say_their_class_and_surface(roads: network.Network) -> None:
    found = NetworkRoads(roads).edges(roads.keys)
    assert set(network.CLASSES[2:7]) <= set(found["class"])
    assert {"paved_smooth", "compacted", "gravel"} <= set(found["surface"])
    assert found.crs == WGS84


def test_validity_of_conditions(roads: network.Network) -> None:
    closed = Conditions(1, _condition(valid_from=date(2024, 5, 1), valid_until=date(2024, 5, 7)), roads)
    assert closed.at(Moment.parse("2024-05-07 08:30")).closed(Mode.CAR).any()
    assert not closed.at(Moment.parse("2024-05-08 08:30")).closed(Mode.CAR).any()
    assert not closed.at(Moment.parse("2024-05-07 08:30")).closed(Mode.FOOT).any()


def test_via_restrictions_hold_for_those_who_came_that_way(roads: network.Network) -> None:
    turns = roads.graphs[Mode.CAR].arcs.turns
    step = {(a, b) for a, b in zip(turns.before.tolist(), turns.after.tolist(), strict=True)}
    chain = next((a, b, d) for a, b in sorted(step) for c, d in sorted(step) if b == c and d not in {a, b})
    allowed = roads.graphs[Mode.CAR].arcs.state >= 0
    arcs = search_graph(turns, allowed, 1, [(chain, 1)], vehicle=True)
    assert len(arcs.edge) == allowed.sum() + 1
    ways = {(int(a), int(b)) for a, b in zip(arcs.tail, arcs.head, strict=True)}
    first, second, third = (int(arcs.state[edge]) for edge in chain)
    extra = len(arcs.edge) - 1
    assert (first, second) not in ways
    assert (first, extra) in ways
    assert (extra, third) not in ways
    assert (second, third) in ways


def test_the_same_extract_makes_no_new_version(roads: network.Network) -> None:
    again, new = store.publish(roads.folder.parent, [helsinki()])
    assert not new
    assert again.name == roads.name


def test_no_roads_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"nothing")
    with pytest.raises(RoadsError, match=r"broken\.osm\.pbf"):
        store.publish(tmp_path / "roads", [broken])
    assert store.current(tmp_path / "roads") is None


@pytest.mark.parametrize("text", ["", "Xyz 08:30", "Tue 25:00", "08:30"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(RoadsError, match="Tue 08:30"):
        Moment.parse(text)
