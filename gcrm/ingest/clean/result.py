"""What a cleaning step gives."""

from typing import NamedTuple

import pandas as pd


class Cleaned(NamedTuple):
    """Clean values, with a missing value for nothing, and for each that could not be cleaned the reason (else missing)."""

    clean: pd.Series
    reasons: pd.Series


def reasons(bad: pd.Series, reason: str) -> pd.Series:
    """The reason where `bad` is true, missing elsewhere."""
    return pd.Series(reason, index=bad.index, dtype="string").where(bad)
