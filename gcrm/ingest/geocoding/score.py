"""The score of an answer: how likely it is right, from the evidence for it, by weights fitted to held-out extracts (benchmarks/calibrate.py)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CALIBRATION = Path(__file__).parent / "calibration.json"

FAMILIES = ("rooftop", "street", "area")
"""Each has weights of its own: an address of the reference, a place along a street of it, a postcode or place."""

_STATES = {
    "how": ("folded", "no type", "other type", "near", "part"),
    "postcode_state": ("same", "near", "other"),
    "place_state": ("same", "near", "other"),
    "number_state": ("part", "between", "beside", "unread", "none"),
}
_AGREES = ("same", "near")
_CLEAR_MARGIN = 0.3
NO_MARGIN = 0.01
"""Below this, two sites are equally good."""


@dataclass(frozen=True)
class Calibration:
    """Weights and thresholds.

    Attributes:
        weights: of each family, by name of the feature; `intercept` among them.
        accept: of each family, the score from which an answer is taken without a person.
        claim: of each family, the score below which its level is not claimed; the next coarser one is tried.
    """

    weights: Mapping[str, Mapping[str, float]]
    accept: Mapping[str, float]
    claim: Mapping[str, float]

    def scores(self, family: str, evidence: pd.DataFrame) -> NDArray[np.float64]:
        """How likely each answer is right, 0 to 1.

        Args:
            family: rooftop, street or area.
            evidence: as `features` takes it.
        """
        weights = self.weights[family]
        table = features(evidence)
        vector = np.array([weights.get(name, 0.0) for name in table.columns])
        scores: NDArray[np.float64] = 1 / (1 + np.exp(-(table.to_numpy(dtype=np.float64) @ vector + weights["intercept"])))
        return np.where(undecided(family, table), scores / 2, scores)


@cache
def calibration(path: Path = CALIBRATION) -> Calibration:
    """The fitted weights and thresholds.

    Args:
        path: what `python -m benchmarks.calibrate` wrote.
    """
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Calibration(stored["weights"], stored["accept"], stored["claim"])


def undecided(family: str, table: pd.DataFrame) -> pd.Series:
    """Answers whose score is halved, whatever the weights say: two sites are equally good, or another postcode and place are named than its own.

    Args:
        family: rooftop, street or area.
        table: as `features` gives it.
    """
    if family == "area":
        return pd.Series(data=False, index=table.index)
    elsewhere = table["nothing agrees"] > 0
    return elsewhere | (table["no margin"] > 0) if family == "rooftop" else elsewhere


def features(evidence: pd.DataFrame) -> pd.DataFrame:
    """What the score is computed from.

    Args:
        evidence: how, similarity, edits, postcode_state, place_state, number_state, rank, area, margin (as `evaluate` gives them); for areas only
            postcode_state, place_state, rank.

    Returns:
        One column per feature, float.
    """
    found: dict[str, object] = {}
    for column, states in _STATES.items():
        values = evidence[column] if column in evidence else pd.Series("", index=evidence.index)
        for state in states:
            found[f"{column} {state}"] = (values == state).astype("float64")
    agrees = evidence["postcode_state"].isin(_AGREES) | evidence["place_state"].isin(_AGREES)
    contradicts = (evidence["postcode_state"] == "other") | (evidence["place_state"] == "other")
    found["nothing agrees"] = (~agrees & contradicts).astype("float64")
    found["nothing to compare"] = (~agrees & ~contradicts).astype("float64")
    dissimilar = 1 - _column(evidence, "similarity", 1.0)
    weak = 1 - _column(evidence, "area", 1.0)
    margin = _column(evidence, "margin", 1.0)
    found["dissimilarity"] = dissimilar
    found["edits"] = _column(evidence, "edits", 0.0)
    found["weak area"] = weak
    found["dissimilar in a weak area"] = dissimilar * weak
    found["margin"] = np.minimum(margin, _CLEAR_MARGIN) / _CLEAR_MARGIN
    found["no margin"] = (margin < NO_MARGIN).astype("float64")
    otherwise = (evidence["rank"] > 0).astype("float64")
    found["another reading"] = otherwise
    found["dissimilar in another reading"] = dissimilar * otherwise
    found["weak area in another reading"] = weak * otherwise
    return pd.DataFrame(found, index=evidence.index)


def _column(evidence: pd.DataFrame, name: str, default: float) -> pd.Series:
    return evidence[name].astype("float64") if name in evidence else pd.Series(default, index=evidence.index)
