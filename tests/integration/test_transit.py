"""A feed of public transport in the database."""

from pathlib import Path

import pytest

from gcrm.db.connection import Role, connect
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("database")


def test_the_feed_of_sao_paulo(real_data: Path) -> None:
    feed = real_data / "saopaulo" / "spo.zip"
    said = well("load", "gtfs", feed, "--attribution", "SPTrans")
    assert said.startswith("654 stops, 19 routes, 55,630 departures in the week from 2020-04-20; 111,577 edges between stops")
    # frequencies.txt: every 12 minutes from 4 to 5, every 6 from 5 to 6, in both directions
    assert rows("SELECT hour, trips FROM gcrm.transit_departures WHERE route_key = 'CPTM L07' AND weekday = 1 AND hour < 6 ORDER BY hour") == [(4, 10), (5, 20)]
    assert rows("SELECT mode, count(*) FROM gcrm.transit_routes WHERE geom IS NOT NULL GROUP BY mode ORDER BY mode") == [("bus", 6), ("metro", 6), ("rail", 7)]
    with connect(Role.READER) as reader:
        flows = reader.execute("SELECT sum(trips), min(hour), max(hour), count(DISTINCT weekday), min(counted) FROM gcrm.movement").fetchone()
    crossing = value("""
        SELECT sum(trips) FROM gcrm.transit_edges e
        JOIN gcrm.transit_stops a ON a.stop_key = from_stop JOIN gcrm.transit_stops b ON b.stop_key = to_stop
        WHERE gcrm.cell_parent(a.cell, 8) <> gcrm.cell_parent(b.cell, 8)""")
    assert flows == (crossing, 0, 23, 7, "vehicles")
    assert well("load", "gtfs", feed) == "This very file is loaded already.\n"
    assert "in the week from 2020-01-06" in well("load", "gtfs", feed, "--week", "2020-01-08")
    assert value("SELECT count(*) FROM gcrm.layer_versions WHERE layer = 'transit' AND retired_at IS NULL") == 1
    assert "No vehicle runs in that week" in gcrm("load", "gtfs", feed, "--week", "2026-01-08").err
