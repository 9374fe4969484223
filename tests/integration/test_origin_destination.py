"""The commuters of Bristol in the database."""

from pathlib import Path

import pandas as pd
import pytest

from gcrm.db.connection import Role, connect
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows

pytestmark = pytest.mark.usefixtures("database")

_COLUMNS = ("--map", "origin=o", "--map", "destination=d", "--map", "people=all")
_MODES = ("--mode", "bicycle=bicycle", "--mode", "foot=foot", "--mode", "car=car_driver", "--mode", "train=train")


def test_the_commuters_of_bristol(real_data: Path) -> None:
    file, zones = real_data / "bristol" / "bristol_od.csv", real_data / "bristol" / "bristol_zones.geojson"
    arguments = ("load", "origin-destination", file, "--zones", zones, "--zone-key", "geo_code", *_COLUMNS, *_MODES)
    said = well(*arguments)
    assert said.startswith("238,805 people in ")
    assert "withheld from readers" in said
    given = pd.read_csv(file)
    stored = dict(rows("SELECT mode, sum(trips) FROM gcrm.movement GROUP BY mode"))
    named = {"bicycle": given["bicycle"].sum(), "foot": given["foot"].sum(), "car": given["car_driver"].sum(), "train": given["train"].sum()}
    assert stored == named | {"other": given["all"].sum() - sum(named.values())}
    with connect(Role.READER) as reader:
        assert reader.execute("SELECT min(trips), min(counted), min(quality) FROM gcrm.movement").fetchone() == (10, "people", "interpolated")
    assert well(*arguments) == "This very file is loaded already.\n"
    assert "has no column 'key'" in gcrm("load", "origin-destination", file, "--zones", zones, *_COLUMNS).err
    assert "--map takes NAME=COLUMN" in gcrm("load", "origin-destination", file, "--map", "origin").err
