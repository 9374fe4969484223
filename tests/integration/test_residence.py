"""Censuses through the command: real grids in three forms, and a model from buildings."""

from pathlib import Path

import pandas as pd
import pytest

from gcrm.db.connection import Role, connect
from gcrm.spatial.extracts import helsinki
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("database")

_SUMS = "SELECT sum({measure}) FROM gcrm.{table} r JOIN gcrm.layer_versions v USING (layer_version_id) WHERE v.dataset = '{dataset}'"


def _sum(table: str, dataset: str, measure: str = "population") -> float:
    return float(str(value(_SUMS.format(measure=measure, table=table, dataset=dataset))))


def test_a_grid_of_squares_keeps_its_inhabitants_and_lives_in_buildings(real_data: Path) -> None:
    well("load", "osm", helsinki())
    grid = real_data / "helsinki" / "helsinki_population_grid_2020.gpkg"
    said = well("load", "residence", grid, "--map", "population=population", "--name", "helsinki grid", "--date", "2020-12-31")
    assert "71,724 population" in said
    assert _sum("cell_residence", "helsinki grid") == pytest.approx(71_724, abs=0.5)
    assert _sum("residence", "helsinki grid") == 71_724
    assert rows("SELECT DISTINCT level, quality FROM gcrm.cell_residence") == [(10, "interpolated")]
    assert well("load", "residence", grid, "--map", "population=population", "--name", "helsinki grid") == "This very file is loaded already.\n"


def test_the_buildings_tell_where_no_census_does() -> None:
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.cell_residence WHERE cell IN (SELECT cell FROM gcrm.cell_buildings WHERE flats > 0)")
    assert "cells modelled from buildings" in well("load", "residence", "--from-buildings")
    assert rows("SELECT DISTINCT quality FROM gcrm.cell_residence WHERE dwellings_flats_high > 0") == [("modelled",)]
    both = "SELECT count(*) FROM gcrm.cell_residence a JOIN gcrm.cell_residence b USING (cell) WHERE a.quality = 'modelled' AND b.quality <> 'modelled'"
    assert value(both) == 0


def test_hexagons_with_people_and_jobs(real_data: Path) -> None:
    file = real_data / "saopaulo" / "spo_hexgrid.csv"
    well("load", "residence", file, "--map", "population=population", "--map", "jobs=jobs")
    truth = pd.read_csv(file)
    for measure in ("population", "jobs"):
        assert _sum("cell_residence", "spo_hexgrid", measure) == truth[measure].sum()
    assert rows(
        "SELECT DISTINCT level, r.quality FROM gcrm.cell_residence r JOIN gcrm.layer_versions v USING (layer_version_id) WHERE dataset = 'spo_hexgrid'"
    ) == [(9, "measured")]


def test_files_of_one_grid_belong_together(real_data: Path, tmp_path: Path) -> None:
    """A part of the German census, each measure in a file of its own; -1 means that it is not known."""
    parts = {}
    for name in ("Einwohner", "HHGroesse_D", "ab65_A", "Leerstandsquote"):
        whole = pd.read_parquet(real_data / "germany_census" / f"continuous_{name}.parquet")
        part = whole[whole["x"].between(4_540_000, 4_560_000) & whole["y"].between(3_260_000, 3_280_000)]
        parts[name] = tmp_path / f"{name}.parquet"
        part.to_parquet(parts[name])
    maps = {"population": "Einwohner", "household_size": "HHGroesse_D", "age_65_up_share": "ab65_A", "vacancy_share": "Leerstandsquote"}
    options = [each for measure, column in maps.items() for each in ("--map", f"{measure}={column}")]
    well("load", "residence", *parts.values(), *options, "--missing", "-1", "--missing", "-9", "--crs", "3035", "--cell-size", "1000", "--name", "berlin")
    people = pd.read_parquet(parts["Einwohner"])["Einwohner"]
    assert _sum("cell_residence", "berlin") == pytest.approx(people[people >= 0].sum(), abs=0.5)
    assert _sum("cell_residence", "berlin", "households") == pytest.approx(_sum("residence", "berlin", "households"), abs=0.5)
    assert rows("SELECT DISTINCT level FROM gcrm.cell_residence r JOIN gcrm.layer_versions v USING (layer_version_id) WHERE dataset = 'berlin'") == [(8,)]


def test_what_is_wrong_is_one_line(real_data: Path) -> None:
    file = real_data / "saopaulo" / "spo_hexgrid.csv"
    assert "Name a file, and with --map MEASURE=COLUMN" in gcrm("load", "residence", file).err
    assert "has no column people for population" in gcrm("load", "residence", file, "--map", "population=people").err
