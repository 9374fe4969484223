import numpy as np
import pytest

from gcrm.ingest.duplicates.records import Column
from gcrm.ingest.duplicates.words import Words

_MANY = [f"filler{number} thing{number}" for number in range(500)]


def _like(one: str, other: str, more: list[str] | None = None) -> tuple[float, float]:
    column = Column.of(np.array([one, other, *_MANY, *(more or [])], dtype=object))
    likeness = Words.of(column).likeness(column.codes[[0]], column.codes[[1]])
    return float(likeness.same[0]), float(likeness.conflict[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna miller", "miller anna"), ("anna miller", "anna mliler"), ("arts delicatessen", "arts deli"), ("j smith", "john smith"), ("mueller", "muller")],
)
def test_one_and_the_same(one: str, other: str) -> None:
    same, conflict = _like(one, other)
    assert same > 0.8
    assert conflict < 0.25


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna miller", "peter miller"), ("ritz cafe", "ritz buffet"), ("school 12", "school 13"), ("a", "b"), ("", "x")],
)
def test_each_has_something_of_its_own(one: str, other: str) -> None:
    same, conflict = _like(one or "z", other)
    assert conflict > 0.3
    assert same < 0.8


def test_the_one_only_says_more() -> None:
    same, conflict = _like("fenix", "fenix at the argyle")
    assert conflict == 0
    assert 0.2 < same < 0.8


def test_two_frequent_names_are_no_slip_of_each_other() -> None:
    families = [f"marian x{number}" for number in range(60)] + [f"marion y{number}" for number in range(50)]
    assert _like("marian weber", "marion weber", families)[1] > 0.25
    assert _like("marian weber", "marjan weber", families)[1] < 0.25


def test_rare_words_weigh_more() -> None:
    column = Column.of(np.array([f"household name{number}" for number in range(100)], dtype=object))
    words = Words.of(column)
    weight = dict(zip(words.words.tolist(), words.weight.tolist(), strict=True))
    assert weight["household"] < weight["name1"] / 4
    assert words.words[words.rarest()[0][0]] == "name0"
    assert words.common(5, 100) == {"household": 1.0}


def test_shares_of_a_larger_set_stand_in_for_those_of_a_few() -> None:
    column = Column.of(np.array(["hotel adler", "hotel krone"], dtype=object))
    words = Words.of(column, {"hotel": 0.2})
    weight = dict(zip(words.words.tolist(), words.weight.tolist(), strict=True))
    assert weight["hotel"] < 2
    assert weight["adler"] > 10


def test_words_beyond_the_eighth_and_repeated_ones_do_not_count() -> None:
    column = Column.of(np.array([" ".join(f"w{number}" for number in range(5000)), "a a a a a a a a a b"], dtype=object))
    table = Words.of(column).table
    assert table.shape == (2, 8)
    assert (table[1] >= 0).sum() == 1


def test_no_pairs() -> None:
    column = Column.of(np.array(["a"], dtype=object))
    nobody = np.zeros(0, dtype=np.int32)
    assert len(Words.of(column).likeness(nobody, nobody).same) == 0
