"""Custom fields as dimensions of the cubes of accounts."""

import csv
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from gcrm.custom_fields import CustomField
from gcrm.olap import store
from gcrm.olap.build_engine import build_database
from gcrm.olap.catalogue import DECLARED, FACTS
from gcrm.olap.custom_dimensions import with_custom_dimensions
from gcrm.olap.declaration import declarations

_FIELDS = (
    CustomField("x_level", "Loyalty level", "choice", members=("Gold",), dimension=True),
    CustomField("x_size", "Size", "number"),
)


def test_the_cubes_of_accounts_have_them() -> None:
    shared, cubes = with_custom_dimensions(*declarations(DECLARED), _FIELDS)
    assert shared.dimensions["x_level"].label == "Loyalty level"
    assert "x_size" not in shared.dimensions
    having = {cube.cube for cube in cubes if "x_level" in cube.dimensions}
    assert having == {"sales", "accounts", "activities", "pipeline", "campaigns", "cases"}
    for cube in cubes:
        named = [names[-1:] == ["x_level"] for names in (list(cube.columns), cube.dimensions, cube.facts_only)]
        assert named == [cube.cube in having] * 3


def test_without_custom_fields_nothing_differs() -> None:
    assert with_custom_dimensions(*declarations(DECLARED), ()) == declarations(DECLARED)


def test_facts_are_joined_with_the_members_of_their_accounts(tmp_path: Path) -> None:
    own = {"cell": "BIGINT", "account_id": "BIGINT"}
    facts = replace(FACTS["accounts"], columns=MappingProxyType({**own, "x_level": "VARCHAR", "x_vip": "VARCHAR"}))
    extract = tmp_path / "accounts.csv"
    extract.write_text("10,1\n10,2\n,3\n10,\n", encoding="utf-8")
    with (tmp_path / store.CUSTOM_MEMBERS).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(1, "x_level", 'Gold, "old"'), (1, "x_vip", "yes"), (3, "x_vip", "no"), (9, "x_level", "Gold")])
    with build_database() as database:
        found = database.execute(f"SELECT * FROM {store.extracted(facts, extract)} ORDER BY account_id NULLS LAST").fetchall()
    unknown = "(unknown)"
    assert found == [(10, 1, 'Gold, "old"', "yes"), (10, 2, unknown, unknown), (None, 3, unknown, "no"), (10, None, unknown, unknown)]
