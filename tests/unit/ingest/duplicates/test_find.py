"""What is found, what is left alone, and what is thrown at it."""

import json
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.duplicates import customers, precision_recall, true_pairs
from gcrm.ingest.duplicates.find import Known, compare_with_first, find
from gcrm.ingest.duplicates.score import DOUBTFUL, Model, first_guess
from tests.unit.ingest.duplicates.published import pairs_of


@pytest.fixture(scope="module")
def crowd() -> pd.DataFrame:
    """Customers to be among."""
    return customers(4_000)[0]


def _among(crowd: pd.DataFrame, *records: Mapping[str, str | None]) -> Callable[[], tuple[pd.DataFrame, int]]:
    return lambda: (pd.concat([crowd, pd.DataFrame(list(records))], ignore_index=True), len(crowd))


_HERE = {"street": "Ringstrasse", "house_number": "1", "postcode": "20095", "city": "Hamburg"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Trattoria Bella", "phone": "040 7654321"}, {"name": "Restaurant Katsu", "phone": "040 7654321"}),
        ({"name": "Anna Quandt", "phone": "040 7654321"}, {"name": "Peter Quandt", "phone": "040 7654321"}),
        ({"name": "Ritz Grill", "phone": "040 7654321"}, {"name": "Ritz Buffet", "phone": "040 7654321"}),
        ({"name": "School 12", "phone": "040 7654321"}, {"name": "School 13", "phone": "040 7654321"}),
        ({"name": None, "phone": "040 7654321"}, {"name": None, "phone": "+49 40 7654321"}),
        ({"name": "Restaurant", "phone": "040 7654321"}, {"name": None, "phone": "040 7654321"}),
    ],
)
def test_a_shared_place_and_telephone_never_make_one(crowd: pd.DataFrame, one: dict[str, str | None], other: dict[str, str | None]) -> None:
    frame, at = _among(crowd, {**_HERE, **one}, {**_HERE, **other})()
    assert (at, at + 1) not in pairs_of(find(frame))


@pytest.mark.parametrize(
    "other",
    [
        {"name": "KASTU RESTAURANT GmbH", "phone": "+49 40 7654321"},
        {"name": "Katsu", "phone": "040/7654321", "street": "Ringstr."},
        {"name": "Restaurant Katsu", "phone": None},
        {"name": "Restaurant Kastu", "street": None, "house_number": None, "postcode": None},
    ],
)
def test_who_is_one_is_found(crowd: pd.DataFrame, other: dict[str, str | None]) -> None:
    first = {**_HERE, "name": "Restaurant Katsu", "phone": "040 7654321"}
    frame, at = _among(crowd, first, {**first, **other})()
    assert (at, at + 1) in pairs_of(find(frame))


def test_different_tax_numbers_are_a_doubt_that_no_agreement_outweighs(crowd: pd.DataFrame) -> None:
    same = {**_HERE, "name": "Katsu Hamburg", "phone": "040 7654321", "email": "post@katsu.example"}
    frame, at = _among(crowd, {**same, "tax_number": "DE111222333"}, {**same, "tax_number": "DE987654321"}, {**same, "tax_number": None})()
    found = find(frame)
    score = {(a, b): p for a, b, p in zip(found.left.tolist(), found.right.tolist(), found.probability.tolist(), strict=True)}
    assert score[at, at + 1] <= DOUBTFUL
    assert score[at, at + 2] > 0.99


def test_twins_are_a_doubt(crowd: pd.DataFrame) -> None:
    same = {**_HERE, "birth_date": "1990-05-06", "phone": "040 7654321"}
    frame, at = _among(crowd, {**same, "name": "Anna Quandt"}, {**same, "name": "Clara Quandt"})()
    found = find(frame)
    assert all(p <= DOUBTFUL for a, b, p in zip(found.left.tolist(), found.right.tolist(), found.probability.tolist(), strict=True) if (a, b) == (at, at + 1))


def test_made_up_customers_with_slips() -> None:
    frame, about = customers(20_000, seed=5)
    precision, recall = precision_recall(pairs_of(find(frame)), true_pairs(about))
    assert precision >= 0.98  # few records tell little of which given names there are; a million reach 0.99, see docs
    assert recall >= 0.97


def test_the_order_of_the_records_makes_no_difference() -> None:
    frame, _ = customers(3_000, seed=6)
    order = np.random.default_rng(1).permutation(len(frame))
    one = pairs_of(find(frame))
    other = {tuple(sorted((int(order[a]), int(order[b])))) for a, b in pairs_of(find(frame.iloc[order].reset_index(drop=True)))}
    assert len(one ^ other) <= 0.02 * len(one)


def test_the_probability_is_right_as_often_as_it_says() -> None:
    frame, about = customers(60_000, seed=8)
    found, truth = find(frame, least=0.01), true_pairs(about)
    right = np.array([pair in truth for pair in zip(found.left.tolist(), found.right.tolist(), strict=True)])
    sure = found.probability >= 0.99
    assert right[sure].mean() >= 0.985
    assert right[found.probability < 0.1].mean() < 0.3 if (found.probability < 0.1).any() else True


@pytest.mark.parametrize(
    "language", [["Ресторан Пушкин", "Ресторан Пушкинъ"], ["Εστιατόριο Άλφα", "ΕΣΤΙΑΤΟΡΙΟ ΑΛΦΑ"], ["東京寿司", "東京寿司"], ["삼성전자(주)", "삼성전자"]]
)
def test_any_script(crowd: pd.DataFrame, language: list[str]) -> None:
    frame, at = _among(crowd, *({**_HERE, "name": name, "phone": "040 7654321"} for name in language))()
    assert (at, at + 1) in pairs_of(find(frame))


_TEXT = st.one_of(
    st.none(), st.text(max_size=40), st.sampled_from(["", "x", "0", "\0", "nan", "a" * 500, "\ud7ff", "\U0001d518\U0001d52b", "12", "@", "+", "-1"])
)


_COLUMNS = ["name", "street", "house_number", "postcode", "city", "phone", "email", "tax_number", "website"]


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(_COLUMNS, _TEXT)), max_size=12))
def test_whatever_stands_in_the_fields(records: list[dict[str, str | None]]) -> None:
    found = find(pd.DataFrame(records, columns=_COLUMNS), least=0)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    assert (found.left < found.right).all()
    assert len(found.groups()) == len(records)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"name": []}),
        pd.DataFrame({"name": [np.nan, None, pd.NA, ""]}),
        pd.DataFrame({"phone": ["1234567"] * 3}),
        pd.DataFrame({"name": ["A" * 3_000_000, "A" * 3_000_000]}),
        pd.DataFrame({"name": [1, 2.5, True], "postcode": [1, 2, 3]}),
        pd.DataFrame({"cell": pd.array([1, None, -1], dtype="Int64")}),
        pd.DataFrame({"name": ["a b"] * 2}, index=[7, 7]),
    ],
)
def test_hostile_frames(frame: pd.DataFrame) -> None:
    assert len(find(frame).left) <= 1


def test_a_name_that_everybody_has_proves_nothing() -> None:
    found = find(pd.DataFrame({"name": ["Unknown"] * 50_000}))
    assert len(found.left) == 0


def test_a_model_is_kept_as_json() -> None:
    frame, _ = customers(3_000)
    known = find(frame).known
    kept = json.loads(json.dumps({**known.model.as_dict(), "words": known.words}))
    again = Known(Model.from_dict(kept), kept["words"])
    one, other = find(frame, known=known), find(frame, known=again)
    assert pairs_of(one) == pairs_of(other)


def test_a_new_record_is_compared_with_a_few_as_with_all() -> None:
    frame = pd.DataFrame(
        {
            "name": ["Jon Smiht", "John Smith", "Jane Smith", "Restaurant"],
            "phone": ["040 7654321", "040 7654321", "040 7654321", "040 7654321"],
            "postcode": ["1", "1", "1", "1"],
        }
    )
    probability, levels = compare_with_first(frame, Known(first_guess(), {"smith": 0.01}))
    assert probability[0] > 0.9
    assert probability[1:].tolist() == [0, 0]
    assert len(levels["name"]) == 3


def test_only_pairs_with_some_of_the_records() -> None:
    frame, _ = customers(3_000)
    every = find(frame)
    only = np.zeros(len(frame), dtype=bool)
    only[:1500] = True
    some = find(frame, only=only, known=every.known)
    assert pairs_of(some) == {(a, b) for a, b in pairs_of(every) if a < 1500 or b < 1500}


@pytest.mark.parametrize("others", [0, 1, 3, 6])
def test_the_two_of_a_small_file_are_found(others: int) -> None:
    twin = {"name": "Corner Shop", "phone": "+358409999999"}
    different = [{"name": name, "phone": f"+35840{number}"} for number, name in enumerate(("Kiosk Nord", "Lake Hotel", "Old Bakery", "Pump", "Rug", "Sea"))]
    found = find(pd.DataFrame([twin, twin, *different[:others]], dtype="string"))
    assert list(zip(found.left, found.right, strict=True)) == [(0, 1)]
