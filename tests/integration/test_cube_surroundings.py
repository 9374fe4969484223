"""The cube of the surroundings, out of layers: totals are kept at every level, nobody owns them, and customers are asked per household."""

from pathlib import Path

import h3
import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube
from gcrm.units import LEVELS
from tests.integration.command_line import well
from tests.integration.records import value

pytestmark = pytest.mark.usefixtures("database")

EVERYTHING = Scope.everything()
HOUSEHOLDS: dict[int, dict[str, float]] = {8: {"88a8100c01fffff": 10, "88a8100c03fffff": 0}, 7: {"87a8100c2ffffff": 1000.5}}
COARSE = [cell for told in HOUSEHOLDS.values() for cell in told]


def _asked(rows: str, measures: str, where: tuple[str, ...] = (), scope: Scope = EVERYTHING) -> dict[str, dict[str, float]]:
    query = CubeQuery.parse(rows, measures=measures, where=where)
    found = ask_cube(query, scope).table.to_pylist()
    return {
        f"{row['cell']:x}" if row.get("cell") else "": {name: float(row[name]) if row[name] is not None else float("nan") for name in query.measures}
        for row in found
    }


@pytest.fixture(scope="module")
def hexagons(real_data: Path, database: None, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Real hexagons with people and jobs, made-up coarser ones with households, in one of them three customers and a prospect; the cube of it all."""
    del database
    folder = tmp_path_factory.mktemp("files")
    file = real_data / "saopaulo" / "spo_hexgrid.csv"
    well("load", "residence", file, "--map", "population=population", "--map", "jobs=jobs")
    for level, told in HOUSEHOLDS.items():
        households = folder / f"level_{level}.csv"
        pd.DataFrame({"h3": told.keys(), "households": told.values()}).to_csv(households, index=False)
        well("load", "residence", households, "--map", "households=households")
    latitude, longitude = h3.cell_to_latlng(COARSE[0])
    accounts = folder / "accounts.csv"
    people = [(f"a{number}", "customer" if number else "prospect", longitude, latitude) for number in range(4)]
    pd.DataFrame(people, columns=["id", "status", "longitude", "latitude"]).assign(name=lambda each: "Customer " + each["id"]).to_csv(accounts, index=False)
    well("import", "accounts", accounts)
    well("cube", "build")
    return pd.read_csv(file)


def test_people_are_kept_at_every_level(hexagons: pd.DataFrame) -> None:
    column = next(name for name in hexagons if hexagons[name].astype(str).str.fullmatch("8[0-9a-f]{14}").all())
    truth = hexagons.set_index(column)
    for level in LEVELS:
        found = _asked(f"place:{level}", "population,jobs")
        for name in ("population", "jobs"):
            expected = truth[name].groupby(lambda cell, level=level: h3.cell_to_parent(cell, min(level, 9))).sum()
            own = pd.Series({cell: values[name] for cell, values in found.items()}).dropna()
            if level <= 9:
                assert own[own > 0].to_dict() == expected[expected > 0].to_dict()
            assert own.sum() == pytest.approx(truth[name].sum(), abs=1e-6)


def test_a_coarse_cell_is_spread_evenly_to_the_last_thousandth(hexagons: pd.DataFrame) -> None:
    del hexagons
    found = {cell: values["households"] for cell, values in _asked("place:10", "households").items()}
    for cell, told in zip(COARSE, (10, 0, 1000.5), strict=True):
        own = [found[child] for child in h3.cell_to_children(cell, 10)]
        assert sum(own) == pytest.approx(told, abs=1e-6)
        assert max(own) - min(own) <= len(own) / 1000
    assert _asked("place:7", "households")[COARSE[2]]["households"] == 1000.5


def test_customers_per_household(hexagons: pd.DataFrame) -> None:
    del hexagons
    there = _asked("place:8", "penetration,customers,accounts")[COARSE[0]]
    assert there == {"penetration": 0.3, "customers": 3, "accounts": 4}
    within = _asked("", "households,customers,penetration", (f"place={COARSE[0]}+0|{COARSE[2]}",))[""]
    assert within == {"households": 1010.5, "customers": 3, "penetration": pytest.approx(3 / 1010.5)}


def test_cells_lie_in_a_shape_with_their_centre(hexagons: pd.DataFrame) -> None:
    del hexagons
    latitude, longitude = h3.cell_to_latlng(COARSE[2])
    (found,) = _asked("", "households", (f"place=0..100000@{longitude},{latitude}",)).values()
    assert found == {"households": pytest.approx(1010.5)}


def test_nobody_owns_the_surroundings(hexagons: pd.DataFrame) -> None:
    del hexagons
    nothing = Scope(frozenset())
    assert _asked("", "households", scope=nothing)[""]["households"] == pytest.approx(1010.5)
    assert _asked("", "accounts", scope=nothing)[""]["accounts"] == 0


def test_every_proof_holds_and_the_finest_layer_counts(hexagons: pd.DataFrame, tmp_path: Path) -> None:
    del hexagons
    assert "surroundings: 51 of 51 proofs hold." in well("cube", "check")
    finer = tmp_path / "finer.csv"
    pd.DataFrame({"h3": h3.cell_to_children(COARSE[0], 10)[:1], "households": [7]}).to_csv(finer, index=False)
    well("load", "residence", finer, "--map", "households=households")
    well("cube", "build")
    assert value("SELECT count(*) - count(DISTINCT cell) FROM gcrm.cell_surroundings") == 0
    assert _asked("place:8", "households")[COARSE[0]]["households"] == pytest.approx(10 * 48 / 49 + 7, abs=0.05)
