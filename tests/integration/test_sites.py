"""Minutes by road from accounts to sites, and the competitors around them: as the network answers, and anew when something that they depend on changes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.errors import RoadsError
from gcrm.pipeline.reach import close_street, free_street, slow_street
from gcrm.pipeline.roads import roads
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value
from tests.integration.shop import accounts_frame, import_shop

_SITES = {"west": (24.9327, 60.1660), "east": (24.9530, 60.1745)}
_STATE = "SELECT account_id, site_drive_key, site_drive_minutes, site_walk_key, site_walk_minutes FROM gcrm.account_surroundings ORDER BY 1"
_DERIVED = "SELECT source_key, enriched_at FROM gcrm.account_surroundings JOIN gcrm.accounts USING (account_id)"

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    """The shop in Helsinki with its streets; its accounts are placed, and two sites are chosen."""
    del database
    import_shop()
    well("load", "osm", helsinki())
    well("geocode")
    well("enrich")


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """A file of two sites."""
    file = tmp_path / "sites.csv"
    pd.DataFrame([(key, *place) for key, place in _SITES.items()], columns=["site_key", "longitude", "latitude"]).to_csv(file, index=False)
    return file


def _changed(*command: object) -> set[str]:
    """The accounts that a command derives the surroundings of."""
    before = dict(rows(_DERIVED))
    well(*command)
    return {key for key, moment in rows(_DERIVED) if before.get(key) != moment}


def _asked(mode: Mode, moment: str = "Tue 08:00") -> pd.DataFrame:
    """Minutes from each account to each site, asked of the network one account at a time."""
    places = rows("SELECT account_id, ST_X(position), ST_Y(position) FROM gcrm.accounts WHERE position IS NOT NULL ORDER BY 1")
    network, there = roads(), np.array(list(_SITES.values()))
    minutes = [network.one_to_many(np.array(place), there, mode, Moment.parse(moment)).minutes[0] for _, *place in places]
    return pd.DataFrame(minutes, index=[account for account, *_ in places], columns=list(_SITES))


def _agrees() -> None:
    """What is stored is what the network says."""
    stored = pd.DataFrame(rows(_STATE), columns=["account_id", "drive_key", "drive", "walk_key", "walk"]).set_index("account_id")
    for mode, name in ((Mode.CAR, "drive"), (Mode.FOOT, "walk")):
        asked = _asked(mode)
        assert stored[name].to_numpy(dtype=float) == pytest.approx(asked.min(axis=1).to_numpy(), rel=1e-5, nan_ok=True)
        known = asked.dropna(how="all")
        assert stored.loc[known.index, f"{name}_key"].tolist() == known.idxmin(axis=1).tolist()
        assert stored.loc[asked.index.difference(known.index), f"{name}_key"].isna().all()


def _busiest_street() -> int:
    """The OSM way that most accounts take to the site in the east."""
    network = roads()
    taken: dict[int, int] = {}
    for place in rows("SELECT ST_X(position), ST_Y(position) FROM gcrm.accounts WHERE position IS NOT NULL"):
        if not np.isfinite(network.one_to_many(np.array(place), np.array([_SITES["east"]]), Mode.CAR, Moment.parse("Tue 08:00")).minutes).all():
            continue
        way = network.route(np.array(place), np.array(_SITES["east"]), Mode.CAR, Moment.parse("Tue 08:00"))
        for street in set(network.edges(way.edges[2:-2])["way_id"]):
            taken[int(street)] = taken.get(int(street), 0) + 1
    return max(taken, key=lambda street: taken[street])


def test_minutes_are_those_of_the_network(sites: Path) -> None:
    assert well("load", "sites", sites).startswith("2 places")
    assert well("load", "sites", sites) == "These very places are chosen already.\n"
    assert len(_changed("enrich")) == 6
    assert value("SELECT count(*) FROM gcrm.account_surroundings WHERE site_drive_minutes > 0 AND site_walk_minutes > 0")
    _agrees()
    assert _changed("enrich") == set()


def test_a_closed_street_changes_them_and_they_come_back(sites: Path) -> None:
    well("load", "sites", sites)
    well("enrich")
    before = rows(_STATE)
    street = _busiest_street()
    with connect(Role.WRITER) as connection:  # what a part says that is not derived anew stays, whatever it is
        connection.execute("UPDATE gcrm.account_surroundings SET road_name = 'left alone'")
    close_street(street, Scope.everything())
    assert len(_changed("enrich")) == 6
    closed = rows(_STATE)
    assert closed != before
    assert all(late is None or late >= soon - 1e-4 for (_, _, soon, *_), (_, _, late, *_) in zip(before, closed, strict=True) if soon is not None)
    _agrees()
    conditions = value("SELECT max(layer_version_id) FROM gcrm.layer_versions WHERE layer = 'road_conditions' AND retired_at IS NULL")
    assert value("SELECT bool_and(%s = ANY(layer_version_ids)) FROM gcrm.account_surroundings", conditions)
    free_street(street, Scope.everything())
    well("enrich")
    assert rows(_STATE) == before
    assert rows("SELECT DISTINCT road_name FROM gcrm.account_surroundings") == [("left alone",)]


@pytest.mark.parametrize("scope", [Scope(frozenset()), Scope(frozenset({1}))])
def test_who_sees_some_territories_only_sets_nothing(scope: Scope) -> None:
    street, in_force = _busiest_street(), "SELECT layer_version_id FROM gcrm.layer_versions WHERE layer = 'road_conditions' ORDER BY 1"
    before = rows(in_force)
    with pytest.raises(RoadsError, match="by those who see every account"):
        close_street(street, scope)
    with pytest.raises(RoadsError, match="by those who see every account"):
        slow_street(street, 0.5, scope)
    with pytest.raises(RoadsError, match="by those who see every account"):
        free_street(street, scope)
    assert rows(in_force) == before


def test_the_hour_decides_whether_a_slow_zone_counts(sites: Path, tmp_path: Path) -> None:
    zone = tmp_path / "rush.geojson"
    zone.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"kind": "speed_factor", "value": 0.3, "from_hour": 7, "to_hour": 9},'
        ' "geometry": {"type": "Polygon", "coordinates": [[[24.92, 60.15], [24.97, 60.15], [24.97, 60.19], [24.92, 60.19], [24.92, 60.15]]]}}]}'
    )
    well("load", "conditions", zone)
    minutes = {}
    for at in ("Tue 08:00", "Tue 03:00"):
        well("load", "sites", sites, "--at", at)
        well("enrich")
        assert value("SELECT parameters ->> 'at' FROM gcrm.layer_versions WHERE layer = 'sites' AND retired_at IS NULL") == at
        minutes[at] = value("SELECT sum(site_drive_minutes) FROM gcrm.account_surroundings")
    well("roads", "lift", "rush")
    assert float(str(minutes["Tue 08:00"])) > 2 * float(str(minutes["Tue 03:00"]))


def test_minutes_are_derived_anew_when_a_condition_ends_or_begins(sites: Path, tmp_path: Path) -> None:
    zone = tmp_path / "works.geojson"
    told = {"kind": "speed_factor", "value": 0.3, "valid_until": f"{datetime.now(UTC):%Y-%m-%d}"}
    corners = [[24.92, 60.15], [24.97, 60.15], [24.97, 60.19], [24.92, 60.19], [24.92, 60.15]]
    feature = {"type": "Feature", "properties": told, "geometry": {"type": "Polygon", "coordinates": [corners]}}
    zone.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    well("load", "sites", sites)
    well("enrich")
    before = rows(_STATE)
    well("load", "conditions", zone)
    well("enrich")
    assert rows(_STATE) != before
    assert _changed("enrich") == set()
    with connect(Role.WRITER) as connection:  # so it is a day later
        connection.execute("UPDATE gcrm.road_conditions SET valid_until = valid_until - 1")
        connection.execute("UPDATE gcrm.account_surroundings SET road_name = 'left alone'")
    assert len(_changed("enrich")) == 6
    assert rows(_STATE) == before
    assert rows("SELECT DISTINCT road_name FROM gcrm.account_surroundings") == [("left alone",)]
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.road_conditions SET valid_until = valid_until + 1, from_hour = 2, to_hour = 4")
    assert _changed("enrich") == set()  # it holds today, but at another hour than the sites ask for
    well("roads", "lift", "works")
    well("enrich")


def test_a_site_that_is_an_account_moves_with_it(tmp_path: Path) -> None:
    well("load", "sites", "--status", "customer")
    well("enrich")
    assert (
        value("SELECT count(*) FROM gcrm.account_surroundings s JOIN gcrm.accounts USING (account_id) WHERE status = 'customer' AND site_walk_minutes > 0.01")
        == 0
    )
    key = value("SELECT layer_version_id FROM gcrm.layer_versions WHERE layer = 'sites' AND retired_at IS NULL")
    assert _changed("enrich") == set()
    file = tmp_path / "accounts.csv"
    accounts_frame().assign(Lng=lambda frame: frame["Lng"].mask(frame["Customer number"] == "c2", "24.9400")).to_csv(file, sep=";", index=False)
    well("import", "accounts", file)
    well("enrich")
    assert value("SELECT layer_version_id FROM gcrm.layer_versions WHERE layer = 'sites' AND retired_at IS NULL") != key
    assert rows("SELECT ST_X(s.position) FROM gcrm.sites s JOIN gcrm.accounts USING (account_id) WHERE source_key = 'c2'") == [(24.94,)]


def test_competitors_are_those_within_the_minutes() -> None:
    well("load", "competitors", "--shop", "supermarket", "--shop", "convenience", "--minutes", "2")
    well("enrich")
    there = np.array(rows("SELECT DISTINCT ON (osm_id) ST_X(geom), ST_Y(geom) FROM gcrm.shops WHERE type IN ('supermarket', 'convenience')"))
    network = roads()
    counts = []
    for place in rows("SELECT ST_X(position), ST_Y(position) FROM gcrm.accounts JOIN gcrm.account_surroundings USING (account_id) ORDER BY account_id"):
        minutes = network.one_to_many(np.array(place), there, Mode.CAR, Moment.parse("Tue 08:00")).minutes
        known = network.snap(np.array([place]), Mode.CAR).edge[0] >= 0
        counts.append(int((minutes <= 2).sum()) if known else None)
    assert [count for (count,) in rows("SELECT competitors_near FROM gcrm.account_surroundings ORDER BY account_id")] == counts
    assert len(set(counts)) > 1


def test_openings_of_competitors_come_from_a_file(real_data: Path) -> None:
    assert well("load", "competitors", real_data / "us" / "1962_2006_walmart_store_openings.csv").startswith("2,992 places")
    well("enrich")
    assert rows("SELECT DISTINCT competitors_near FROM gcrm.account_surroundings WHERE site_drive_minutes IS NOT NULL") == [(0,)]


def test_what_cannot_be_chosen_is_said() -> None:
    for wrong in (("sites",), ("sites", "sites.csv", "--status", "customer"), ("competitors", "--status", "competitor", "--shop", "bakery")):
        assert "Name the places in one way" in gcrm("load", *wrong).err
    assert "No loaded extract has a shop of the type volcano" in gcrm("load", "competitors", "--shop", "volcano").err
    assert "is no moment" in gcrm("load", "sites", "--status", "customer", "--at", "noon").err


def test_trading_areas_are_assigned_to_whom_they_changed_for(tmp_path: Path) -> None:
    well("trade-areas", "rings", "--name", "near", "--radius", "500", "--status", "customer")
    well("enrich")
    # What is not assigned anew stays, whatever it is.
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.account_trade_areas SET probability = 0.5")
    assert _changed("enrich") == set()
    assert value("SELECT bool_and(probability = 0.5) FROM gcrm.account_trade_areas")
    file = tmp_path / "accounts.csv"
    accounts_frame().assign(Lng=lambda frame: frame["Lng"].mask(frame["Customer number"] == "c2", "24.9450")).to_csv(file, sep=";", index=False)
    well("import", "accounts", file)
    well("enrich")
    left = rows("SELECT DISTINCT source_key FROM gcrm.account_trade_areas JOIN gcrm.accounts USING (account_id) WHERE probability IS NULL")
    assert left == [("c2",)]
    assert value("SELECT count(*) FROM gcrm.account_trade_areas") == value(
        "SELECT count(*) FROM gcrm.accounts a JOIN gcrm.trade_areas t ON ST_Covers(t.geom, a.position)"
    )
