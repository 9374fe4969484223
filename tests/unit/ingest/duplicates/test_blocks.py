import numpy as np
import pandas as pd
import pytest

from gcrm.ingest.duplicates.blocks import Candidates, candidates, skeleton
from gcrm.ingest.duplicates.compare import Comparison
from gcrm.ingest.duplicates.normalise import normalise


def _candidates(frame: pd.DataFrame, **options: int) -> Candidates:
    return candidates(Comparison.of(normalise(frame)), **options)


def _pairs(found: Candidates) -> set[tuple[int, int]]:
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True))


@pytest.mark.parametrize(
    "columns",
    [
        {"phone": ["+49 30 1234567", "030 1234567", "030 7654321"]},
        {"email": ["a@x.example", "A@x.example", "b@x.example"]},
        {"tax_number": ["DE 123", "de123", "DE 124"]},
        {"name": ["Anna Miller", "MILLER, ANNA", "Peter Smith"]},
        {"name": ["Anna Miller", "Ana Miler", "Peter Smith"]},
        {"street": ["Weg 1", "weg 1", "Weg 2"], "postcode": ["1", "1", "1"]},
        {"birth_date": ["1970-01-02", "1970-01-02", "1970-01-03"]},
        {"cell": [622054503267303423, 622054503267303423, 622203769609814015]},
    ],
)
def test_what_shares_a_key_is_looked_at(columns: dict[str, list[object]]) -> None:
    found = _candidates(pd.DataFrame(columns))
    assert (0, 1) in _pairs(found)
    assert (found.left < found.right).all()
    assert len(_pairs(found)) == len(found)


def test_a_record_that_stands_a_hundred_thousand_times_makes_as_many_pairs_not_billions() -> None:
    found = _candidates(pd.DataFrame({"name": ["Anna Miller"] * 100_000, "phone": ["030 1234567"] * 100_000}))
    assert len(found) == 99_999
    assert set(found.left.tolist()) == {0}
    assert found.skipped == []


def test_one_value_that_everybody_has_makes_no_block_and_is_told() -> None:
    count = 20_000
    frame = pd.DataFrame({"phone": ["030 1234567"] * count, "email": [f"{n}@x.example" for n in range(count)]})
    found = _candidates(frame)
    assert len(found) < 100 * count
    assert [(each.kind, each.blocks, each.largest) for each in found.skipped] == [("phone", 1, count)]


def test_a_block_that_is_too_large_is_split_by_name() -> None:
    count = 3_000
    names = [f"{'bcdfghjklm'[n % 10]}{'aeiou'[n // 10 % 5]}{'npqrstvwxz'[n // 50 % 10]}{n}" for n in range(count)]
    frame = pd.DataFrame({"name": [*names, names[7] + "x"], "street": ["Tower 1"] * (count + 1), "postcode": ["1"] * (count + 1)})
    assert (7, count) in _pairs(_candidates(frame))


def test_no_kind_of_key_makes_more_pairs_than_it_may() -> None:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"phone": random.integers(10**6, 10**6 + 50, size=30_000).astype(str), "name": random.integers(10**9, size=30_000).astype(str)})
    assert len(_candidates(frame, largest=100_000)) < 5 * 400_000


@pytest.mark.parametrize(
    "frame", [pd.DataFrame({"name": []}), pd.DataFrame({"name": [None, None]}), pd.DataFrame({"name": ["a"]}), pd.DataFrame(index=range(3))]
)
def test_nothing_to_look_at(frame: pd.DataFrame) -> None:
    found = _candidates(frame)
    assert len(found) <= 2  # copies of nothing are copies


def test_how_a_word_sounds() -> None:
    assert skeleton("miller") == skeleton("miler") == skeleton("mieler") == "mlr"
    assert skeleton("anna") == "an"
    assert skeleton("4711") == "4711"
    assert skeleton("") == ""
