"""Huff's model: how probable it is that a customer from a place goes to each of the sites.

The probability is the site's share in the sum of utilities: attraction ** exponent * decay(way) (Huff 1963, A Probabilistic Analysis of Shopping
Center Trade Areas, doi:10.2307/3144521). Parameters are given; to fit them to what customers do means to make other `Huff` values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from gcrm.errors import TradeAreaError
from gcrm.spatial.cell_shapes import outline
from gcrm.spatial.trade_areas.frame import Area, frame_of


class Decay(StrEnum):
    """How the utility falls with the way: way ** -decay, or exp(-decay * way)."""

    POWER = "power"
    EXPONENTIAL = "exponential"


@dataclass(frozen=True)
class Huff:
    """The parameters of the model.

    Attributes:
        attraction: exponent of the attraction (no unit).
        decay: exponent of the way, or, where it falls exponentially, per unit of the way.
        function: how the utility falls.
        least: the shortest way that counts, in its unit: customers at the door would have no other choice.
        most: the longest way that anybody takes, in its unit; None for any.

    Raises:
        TradeAreaError: a number does not fit.
    """

    attraction: float = 1.0
    decay: float = 2.0
    function: Decay = Decay.POWER
    least: float = 0.0
    most: float | None = None

    def __post_init__(self) -> None:
        if self.decay <= 0 or self.attraction < 0 or self.least < 0 or (self.most is not None and self.most <= self.least):
            raise TradeAreaError("The parameters do not fit: decay must be above 0, attraction and least 0 or above, most above least.")


def probabilities(attraction: NDArray[np.float64], ways: NDArray[np.float64], huff: Huff) -> NDArray[np.float64]:
    """How probable each site is from each place.

    Args:
        attraction: shape (sites,), above 0.
        ways: shape (places, sites): minutes or metres; NaN where there is no way.
        huff: the parameters.

    Returns:
        Shape (places, sites); the rows sum to 1, or are NaN where no site can be reached.

    Raises:
        TradeAreaError: an attraction is not above 0, or a way is 0 where the utility falls by a power.
    """
    if not (attraction > 0).all():
        raise TradeAreaError("Each site needs an attraction above 0; give it in the column attraction, or leave the column out.")
    way = np.maximum(ways, huff.least)
    if huff.function is Decay.POWER and (way == 0).any():
        raise TradeAreaError("A way is 0, where the model has no value; give the shortest way that counts.")
    fall = -huff.decay * (np.log(way) if huff.function is Decay.POWER else way)
    utility = huff.attraction * np.log(attraction) + fall
    reached = np.isfinite(ways) & (ways <= (np.inf if huff.most is None else huff.most))
    logs = np.where(reached, utility, -np.inf)
    highest = logs.max(axis=1, keepdims=True, initial=-np.inf)
    shares = np.exp(logs - np.where(np.isfinite(highest), highest, 0))  # the highest is 1: nothing overflows, whatever the exponents
    total = shares.sum(axis=1, keepdims=True)
    return np.divide(shares, total, out=np.full_like(shares, np.nan), where=total > 0)


def huff_areas(sites: gpd.GeoDataFrame, cells: NDArray[np.int64], probability: NDArray[np.float64], thresholds: Sequence[float] = ()) -> gpd.GeoDataFrame:
    """The cells where a site is the most probable of all, and those where its probability reaches a threshold, as areas.

    Args:
        sites: as in `gcrm.spatial.trade_areas`.
        cells: H3 cells of one level, shape (cells,).
        probability: shape (cells, sites), from `probabilities`.
        thresholds: above 0, at most 1.

    Returns:
        Areas: one per site that is the most probable somewhere, without a band; one per site and threshold that it reaches somewhere, band is the threshold.

    Raises:
        TradeAreaError: a threshold does not fit, or no site is reached from any cell.
    """
    if not all(0 < threshold <= 1 for threshold in thresholds):
        raise TradeAreaError(f"The thresholds {', '.join(f'{each:g}' for each in thresholds)} do not fit; give probabilities above 0 and up to 1.")
    known = ~np.isnan(probability).any(axis=1)
    first = np.where(known, np.argmax(np.nan_to_num(probability), axis=1), -1)
    areas = []
    for place, key in enumerate(sites["site_key"]):
        chosen = [(None, None, first == place), *((each, "probability", known & (probability[:, place] >= each)) for each in sorted(thresholds))]
        areas += [Area(key, band, unit, {}, outline(cells[here])) for band, unit, here in chosen if here.any()]
    return frame_of(areas)
