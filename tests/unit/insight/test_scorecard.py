"""A scorecard says what customers have more often, and its points add up to the score."""

import numpy as np
import pandas as pd
import pytest

from gcrm.insight.scorecard import learn


@pytest.fixture
def accounts() -> pd.DataFrame:
    """Customers are twice as often in towns, and colours say nothing."""
    random = np.random.default_rng(3)
    customer = random.random(4_000) < 0.4
    town = random.random(4_000) < np.where(customer, 0.8, 0.4)
    return pd.DataFrame({"place": np.where(town, "town", "country"), "colour": random.choice(["red", "blue"], 4_000), "customer": customer})


def test_points_are_the_logarithm_of_how_much_more_often(accounts: pd.DataFrame) -> None:
    card = learn(accounts, ["place", "colour"], accounts["customer"])
    assert card is not None
    assert card.points["place"]["town"] == pytest.approx(1, abs=0.15)  # twice as often is one bit
    assert card.points["place"]["country"] == pytest.approx(-np.log2(3), abs=0.2)
    assert card.points["colour"].abs().max() < 0.15
    assert card.customers + card.others == len(accounts)


def test_parts_add_up_to_the_score_and_what_was_never_seen_says_nothing(accounts: pd.DataFrame) -> None:
    card = learn(accounts, ["place", "colour"], accounts["customer"])
    assert card is not None
    asked = pd.DataFrame({"place": ["town", "sea", None], "colour": ["red", "red", None]})
    assert card.scores(asked).tolist() == card.parts(asked).sum(axis=1).tolist()
    assert card.parts(asked)["place"].tolist()[1:] == [0, 0]
    assert card.scores(asked).iloc[2] == 0


def test_what_few_have_says_little() -> None:
    accounts = pd.DataFrame({"place": ["rare"] * 2 + ["usual"] * 198, "customer": [True] * 100 + [False] * 100})
    card = learn(accounts, ["place"], accounts["customer"])
    assert card is not None
    assert 0 < card.points["place"]["rare"] < 0.3


def test_of_too_few_nothing_is_learned() -> None:
    accounts = pd.DataFrame({"place": ["town"] * 100, "customer": [True] * 90 + [False] * 10})
    assert learn(accounts, ["place"], accounts["customer"]) is None
