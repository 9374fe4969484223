"""A scorecard: how much more often accounts like this one are customers, as a sum of points that each say why.

Weights of evidence (Good 1950, Probability and the Weighing of Evidence; as scorecards use them: Siddiqi 2006, Credit Risk Scorecards, 6): of each value
of each feature the logarithm of how much more often it is found among customers than among the others. The sum is an order, and no probability: features
say the same twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_PRIOR = 20.0
"""So many accounts as all of them are add to each value, so that what few have says little."""
_BITS = float(np.log(2))
_LEAST_OF_EACH = 20


@dataclass(frozen=True)
class Scorecard:
    """Points by feature and value.

    Attributes:
        points: feature to its values (text) and what each says, in bits: each point doubles the odds of being a customer.
        customers, others: how many accounts it was learned from.
    """

    points: Mapping[str, pd.Series]
    customers: int
    others: int

    def parts(self, accounts: pd.DataFrame) -> pd.DataFrame:
        """What each feature says of accounts, in bits; 0 where a value was never seen or is missing.

        Args:
            accounts: the features, as text.
        """
        return pd.DataFrame({name: accounts[name].map(points).fillna(0.0).astype(float) for name, points in self.points.items()}, index=accounts.index)

    def scores(self, accounts: pd.DataFrame) -> pd.Series:
        """The sum of `parts`, in bits."""
        return self.parts(accounts).sum(axis=1)


def learn(accounts: pd.DataFrame, features: Sequence[str], is_customer: pd.Series) -> Scorecard | None:
    """A scorecard from accounts.

    Args:
        accounts: the features, as text; missing ones say nothing.
        features: which columns.
        is_customer: whether each is a customer.

    Returns:
        None where there are fewer than 20 customers or 20 others: then nothing can be said.
    """
    wanted = is_customer.to_numpy(dtype=bool)
    customers, others = int(wanted.sum()), int((~wanted).sum())
    if min(customers, others) < _LEAST_OF_EACH:
        return None
    share = customers / (customers + others)
    points = {}
    for name in features:
        counts = (
            pd.DataFrame({"value": accounts[name].to_numpy(), "customer": wanted}).dropna().groupby("value", observed=True)["customer"].agg(["sum", "count"])
        )
        of_customers = (counts["sum"] + _PRIOR * share) / customers
        of_others = (counts["count"] - counts["sum"] + _PRIOR * (1 - share)) / others
        points[name] = pd.Series(np.log(of_customers / of_others) / _BITS, index=counts.index)
    return Scorecard(points, customers, others)
