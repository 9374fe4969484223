"""Speeds of sensors: by hour and weekday, and on the roads around."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from gcrm.errors import LayerError
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.roads import network, store
from gcrm.spatial.roads.conditions import Conditions, empty
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode
from gcrm.spatial.roads.sensors import SensorSpeeds, held_out, ratios, readings

_START, _STEP = datetime(2026, 11, 23, 7), timedelta(minutes=30)  # noqa: DTZ001 - the place's own time, a Monday


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> network.Network:
    return store.publish(tmp_path_factory.mktemp("roads"), [helsinki()])[0]


def _raw(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="string").rename_axis("row_number").set_axis(range(1, len(next(iter(columns.values()))) + 1))


def test_an_hour_has_the_speed_that_takes_its_mean_time() -> None:
    found = readings(_raw(a=["30", "60", "50", "0"], b=["0", "", "20", "20"]), _START, _STEP, "km/h", "speeds.csv")
    told = found.speeds.round(6).set_index(["sensor_key", "hour"])[["speed_kmh", "readings"]]
    assert told.T.to_dict("list") == {("a", 7): [40, 2], ("a", 8): [50, 1], ("b", 8): [20, 2]}
    assert found.sensors["missing"].to_dict() == {"a": 1, "b": 2}
    assert (found.speeds["weekday"] == 1).all()


def test_miles_and_what_is_no_speed() -> None:
    assert readings(_raw(a=["10"]), _START, _STEP, "mph", "speeds.csv").speeds["speed_kmh"].iloc[0] == pytest.approx(16.09344)
    for raw, told in ((_raw(a=["-1"]), "row 1, column a: '-1'"), (_raw(a=["x"]), "'x' is no speed"), (_raw(a=["0"]), "no speed above 0")):
        with pytest.raises(LayerError, match=told):
            readings(raw, _START, _STEP, "km/h", "speeds.csv")


def test_sensors_beside_one_another_tell_of_each_other_and_one_alone_of_none() -> None:
    sensors = pd.DataFrame({"sensor_key": ["a", "b"], "longitude": [24.94, 24.941], "latitude": 60.17, "free_kmh": [50.0, 100.0]})
    ratio = np.full((2, 168), np.nan)
    ratio[:, :48] = 0.6
    ratio[0, :7] = 0.5
    error = held_out(sensors, ratio)
    assert error is not None
    assert error.by_sensor_kmh == pytest.approx([50 * 0.1 * 7 / 48, 100 * 0.1 * 7 / 48])
    assert error.told == 1
    assert held_out(sensors.iloc[:1], ratio[:1]) is None
    assert held_out(sensors.assign(longitude=[24.94, 25.94]), ratio) is None


def test_a_jam_slows_the_roads_of_its_class_around_in_its_hour(roads: network.Network) -> None:
    classes = roads.edges["classification"].to_numpy()
    drivable = roads.graphs[Mode.CAR].connected
    primary = int(np.flatnonzero((classes == 2) & (roads.edges["length_m"].to_numpy() > 50) & drivable)[0])
    place = roads.middles(np.array([primary]))
    sensors = place.assign(sensor_key="a", free_kmh=50.0)
    speeds = pd.DataFrame({"sensor_key": "a", "weekday": [2, 2], "hour": [8, 3], "speed_kmh": [20.0, 50.0]})
    jam = SensorSpeeds(sensors, ratios(sensors, speeds))
    conditions = Conditions(7, empty(), roads, (jam,))
    rush, night, unknown = (conditions.at(Moment.parse(at)) for at in ("Tue 08:30", "Tue 03:30", "Wed 08:30"))
    normal = roads.edges["speed_kmh"].to_numpy()
    assert rush.speeds[primary] == pytest.approx(0.4 * normal[primary], abs=1)
    assert night.speeds[primary] == pytest.approx(normal[primary], abs=1)
    assert set(classes[rush.measured]) == {2}
    assert not unknown.measured.any()
