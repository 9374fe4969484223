"""Recorded routes on the roads: matched, counted by edge, mode and hour, shown where enough people pass, and forgotten."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.pipeline.places import street_flows
from gcrm.pipeline.roads import roads
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode, Route
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module")
def driven(database: None) -> Route:
    del database
    well("load", "osm", helsinki())
    return roads().route(np.array([24.9375, 60.1655]), np.array([24.9505, 60.1765]), Mode.CAR, Moment.parse("Tue 03:00"))


@pytest.fixture
def commute(driven: Route, tmp_path: Path) -> Path:
    """Twelve who drive the same way at nine o'clock, and one who stops half-way."""
    seconds = np.arange(0, driven.minutes * 60, 5)
    share = np.repeat(seconds[None] / (driven.minutes * 60), 13, axis=0)
    share[12] /= 2
    at = shapely.get_coordinates(shapely.line_interpolate_point(driven.geometry, share.ravel(), normalized=True))
    at += np.random.default_rng(3).normal(0, 5, at.shape) / 111_320
    times = pd.Timestamp("2026-09-07T06:00:00Z") + pd.to_timedelta(np.tile(seconds, 13), unit="s")
    table = pd.DataFrame({"track_key": np.repeat([f"k{key}" for key in range(13)], len(seconds)), "recorded_at": times.strftime("%Y-%m-%dT%H:%M:%SZ")})
    path = tmp_path / "drives.csv"
    table.assign(longitude=at[:, 0], latitude=at[:, 1], mode="car").to_csv(path, index=False)
    return path


def test_drives_are_counted_on_the_roads_they_took(commute: Path, driven: Route) -> None:
    well("load", "tracks", commute)
    said = well("tracks", "match", "--name", "drives")
    assert said.startswith("drives: 13 of 13 trips on ")
    assert well("tracks", "match") == "All tracks that are kept are matched to this road network already.\n"
    taken = driven.edges[2:-2].tolist()
    with connect(Role.READER) as reader:
        shown = reader.execute("SELECT edge, hour, trips, tracks, speed_kmh FROM gcrm.road_flows").fetchall()
        seen = {edge for (edge,) in reader.execute("SELECT edge FROM gcrm.road_flow_edges").fetchall()}
    assert {hour for _, hour, *_ in shown} == {9}
    on_way = [flow for flow in shown if flow[0] in taken]
    assert len(on_way) >= 0.95 * len(taken)
    assert {trips for _, _, trips, *_ in shown} <= {10, 11, 12, 13}
    assert 5 < np.median([speed for *_, speed in on_way]) < 60
    assert seen == {flow[0] for flow in shown}
    # A page shows both directions of a street as one.
    streets = street_flows(Scope.everything(), hour=9)
    assert len(streets) == len(seen)
    assert streets["trips"].tolist() == sorted((trips for _, _, trips, *_ in shown), reverse=True)
    assert street_flows(Scope.everything(), hour=3).empty
    # Where one alone lost the way is known to the writer only.
    assert value("SELECT count(*) FROM gcrm.road_flows WHERE withheld AND tracks < 10") == value("SELECT count(*) FROM gcrm.road_flows WHERE withheld") > 0
    assert rows("SELECT count(DISTINCT layer) FROM gcrm.layer_versions WHERE layer_version_id = ANY (SELECT unnest(derived_with) FROM gcrm.layer_versions"
                " WHERE layer = 'road_flows' AND retired_at IS NULL)") == [(2,)]  # fmt: skip


def test_a_network_that_is_built_anew_is_matched_anew_and_what_is_forgotten_leaves_what_was_shown(commute: Path) -> None:
    well("load", "tracks", commute)
    well("tracks", "match")
    shown = value("SELECT count(*) FROM gcrm.road_flows WHERE NOT withheld")
    assert "13 of 13 trips" in well("tracks", "match", "--accuracy", "15")
    well("tracks", "match", "--accuracy", "10")
    assert well("tracks", "forget", "--name", "drives") == "Forgotten: drives.\n"
    assert rows("SELECT count(*), bool_or(withheld) FROM gcrm.road_flows") == [(shown, False)]
    assert value("SELECT count(*) FROM gcrm.road_flow_edges WHERE withheld") == 0
    assert well("tracks", "match") == "All tracks that are kept are matched to this road network already.\n"
    assert "There are no tracks named 'drives'" in gcrm("tracks", "match", "--name", "drives").err


def test_an_account_knows_who_passes_by(commute: Path, driven: Route, tmp_path: Path) -> None:
    empty()
    middle = shapely.line_interpolate_point(driven.geometry, 0.25, normalized=True)
    shops = tmp_path / "shops.csv"
    shops.write_text(f"account_key,name,longitude,latitude\na,Beside,{middle.x},{middle.y}\nb,Away,{middle.x},{middle.y + 0.2}\n")
    well("import", "accounts", shops, "--source", "passing")
    told = "SELECT a.name, s.passing_trips FROM gcrm.account_surroundings s JOIN gcrm.accounts a USING (account_id) ORDER BY 1"
    well("enrich")
    before = dict(rows(told))
    well("load", "tracks", commute, "--name", "passing")
    well("tracks", "match", "--name", "passing")
    well("enrich")
    after = dict(rows(told))
    assert before["Away"] is after["Away"] is None
    assert 10 <= after["Beside"] - (before["Beside"] or 0) <= 13
