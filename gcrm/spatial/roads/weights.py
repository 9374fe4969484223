"""Weights: two sums in one number, so that a search that minimises the first carries the second along.

A weight is the cost in hundredths of a second times 2^24, plus the time in hundredths of a second (or the length in decimetres). Both are
whole numbers, and a float64 holds whole numbers up to 2^53 exactly: sums are exact for ways of up to 46 hours (1,677 km).
"""

import numpy as np
from numpy.typing import NDArray

_SHIFT = float(1 << 24)
_LARGEST = float((1 << 53) - 1)
HUNDREDTHS = 100
MINUTE = 60 * HUNDREDTHS
_DECIMETRES = 10


def packed(cost_s: NDArray[np.float64], carried: NDArray[np.float64]) -> NDArray[np.float64]:
    """One weight out of a cost in seconds and a whole number that is carried along."""
    return np.maximum(np.round(cost_s * HUNDREDTHS), 1) * _SHIFT + carried


def hundredths(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """A time to be carried along."""
    return np.round(time_s * HUNDREDTHS)


def decimetres(length_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """A length to be carried along."""
    return np.round(length_m * _DECIMETRES)


def minutes(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The time in weights, NaN where there is no way."""
    return _carried(weights) / MINUTE


def times(weights: NDArray[np.float64]) -> NDArray[np.int32]:
    """The time in weights, hundredths of a second; 46 hours, longer than any way, where there is none."""
    whole = np.minimum(weights, _LARGEST).astype(np.int64)
    return (whole & ((1 << 24) - 1)).astype(np.int32)


def metres(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The length in weights, NaN where there is no way."""
    return _carried(weights) / _DECIMETRES


def _carried(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = np.isfinite(weights)
    return np.where(finite, np.where(finite, weights, 0) % _SHIFT, np.nan)
