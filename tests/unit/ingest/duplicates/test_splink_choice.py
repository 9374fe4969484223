"""Splink in place of the program's own model, under the same rule."""

import pandas as pd
import pytest

from benchmarks.duplicates import customers, precision_recall, true_pairs
from gcrm.errors import DuplicateError
from gcrm.ingest.duplicates import splink_choice
from gcrm.ingest.duplicates.splink_choice import find_with_splink
from tests.unit.ingest.duplicates.published import pairs_of


def test_it_finds_duplicates_and_leaves_families_alone() -> None:
    frame, about = customers(10_000, seed=3)
    precision, recall = precision_recall(pairs_of(find_with_splink(frame, least=0.9)), true_pairs(about))
    assert precision >= 0.95
    assert recall >= 0.9


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"name": ["x"]}), pd.DataFrame({"name": [None, None]})])
def test_nothing_to_learn_from(frame: pd.DataFrame) -> None:
    assert len(find_with_splink(frame).left) == 0


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splink_choice, "find_spec", lambda _name: None)
    with pytest.raises(DuplicateError, match="extra"):
        find_with_splink(pd.DataFrame({"name": ["x", "x"]}))
