"""The cube of footfall: of one layer a cell and weekday, without what is withheld, people added up over hours and weekdays."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import h3
import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.olap.catalogue import UNKNOWN
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube
from tests.integration.command_line import well

pytestmark = pytest.mark.usefixtures("database")

BUSY, QUIET, AGES = sorted(h3.grid_disk(h3.latlng_to_cell(47.37, 8.54, 10), 1))[:3]


def _asked(rows: str, where: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask_cube(CubeQuery.parse(rows, measures="people_passing", where=where), Scope.everything()).table.to_pylist()
    return found


def _load(path: Path, lines: list[tuple[Any, ...]], *columns: str) -> None:
    pd.DataFrame(lines, columns=columns).to_csv(path, index=False)
    well("load", "footfall", path)


def test_hours_add_up_to_days_and_weeks(tmp_path: Path) -> None:
    columns = ("cell", "weekday", "hour", "people_per_hour")
    counts = [(cell, weekday, hour, 10 * weekday + hour + 0.5) for cell in (BUSY, QUIET) for weekday in (1, 6) for hour in (8, 9)]
    _load(tmp_path / "first.csv", counts, *columns)
    _load(tmp_path / "second.csv", [(BUSY, 1, 8, 1000)], *columns)  # newer: this Monday is of this layer alone
    ages = [(AGES, 1, 8, age, people) for age, people in (("0-17", 40), ("18-64", 80))] + [(AGES, 1, 9, "0-17", 3), (AGES, 1, 9, "18-64", 50)]
    _load(tmp_path / "ages.csv", ages, "cell", "weekday", "hour", "age_group", "people_per_hour")
    well("cube", "build")
    busy = {(row["weekday"], row["hour"]): row["people_passing"] for row in _asked("weekday,hour", (f"place={BUSY}",))}
    assert busy == {("1", "08"): Decimal(1000), ("6", "08"): Decimal("68.5"), ("6", "09"): Decimal("69.5")}
    assert [row["people_passing"] for row in _asked("weekday", (f"place={QUIET}",))] == [Decimal(38), Decimal(138)]
    # Of the hour of which an age group is withheld there is no total.
    assert [(row["hour"], row["people_passing"]) for row in _asked("hour", (f"place={AGES}",))] == [("08", Decimal(120))]
    (whole,) = _asked("")
    assert whole["people_passing"] == sum(row["people_passing"] for row in _asked("place:10,weekday,hour,quality")) == Decimal(1000 + 138 + 38 + 138 + 120)
    assert "footfall: 12 of 12 proofs hold." in well("cube", "check")


def test_whole_days_have_no_hour_and_a_model_says_so(real_data: Path) -> None:
    counts, stations = (real_data / "zurich" / name for name in ("StationDailyTimeSeries-Foot.csv", "taz.view_eco_standorte.csv"))
    columns = {"station": "abkuerzung", "name": "bezeichnung", "geometry": "geometry", "valid_from": "von", "valid_to": "bis"}
    maps = [each for field, column in columns.items() for each in ("--station-map", f"{field}={column}")]
    maps += ["--map", "counted_at=date", "--map", "people=count", "--model", "500"]
    well("load", "footfall", counts, "--stations", stations, *maps, "--crs", "2056", "--holidays", "CH-ZH", "--name", "zurich")
    well("cube", "build")
    parts = {row["quality"]: row["people_passing"] for row in _asked("quality", (f"hour={UNKNOWN}",))}
    assert parts.keys() == {"measured", "modelled"}
    assert parts["modelled"] > parts["measured"] > 100_000
