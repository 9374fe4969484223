"""Numbers with a unit, such as "12 km" or "3.5 ha", in the unit that the mapping declares."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from gcrm.errors import MappingError


class _Unit(NamedTuple):
    dimension: str
    factor: float


def _units(dimension: str, factors: Mapping[str, float]) -> dict[str, _Unit]:
    return {name: _Unit(dimension, factor) for names, factor in factors.items() for name in names.split()}


UNITS: Mapping[str, _Unit] = MappingProxyType(
    _units(
        "length",
        {
            "mm": 0.001,
            "cm": 0.01,
            "m metre metres meter meters": 1,
            "km": 1000,
            "in inch inches": 0.0254,
            "ft foot feet": 0.3048,
            "yd": 0.9144,
            "mi mile miles": 1609.344,
        },
    )
    | _units(
        "area",
        {
            "cm2": 0.0001,
            "m2 qm sqm": 1,
            "a": 100,
            "ha": 10_000,
            "km2 qkm sqkm": 1_000_000,
            "sqft ft2": 0.09290304,
            "acre acres ac": 4046.8564224,
            "sqmi mi2": 2_589_988.110336,
        },
    )
    | _units("mass", {"mg": 1e-6, "g gr": 0.001, "kg": 1, "t to ton tonne tonnes": 1000, "oz": 0.028349523125, "lb lbs": 0.45359237})
    | _units("volume", {"ml": 0.001, "cl": 0.01, "dl": 0.1, "l ltr liter litre": 1, "hl": 100, "m3 cbm": 1000})
    | _units("time", {"s sec": 1, "min": 60, "h hr hrs std": 3600, "d day days": 86_400})
    | _units("count", {"pcs pc pce piece pieces stk stück st unit units ea each kpl pz pza uds ud szt ks db 개 個": 1, "dz doz dozen": 12, "k tsd": 1000})
    | _units("share", {"%": 0.01, "percent": 0.01, "‰": 0.001})
)
"""Units by the names they have in files, in lower case, with the factor to the unit of their dimension (SI; the international yard and pound of 1959)."""

_WITH_UNIT = r"^(.*[\d.,])\s*([^\d\s.,()+'\u2212-][^\s()]*)$"
_RAISED = str.maketrans({"²": "2", "³": "3"})


def _name(unit: str) -> str:
    return unit.strip().rstrip(".").lower().translate(_RAISED)


def check_unit(unit: str) -> None:
    """Refuses a unit that nobody here knows.

    Raises:
        MappingError: names it and those there are.
    """
    if _name(unit) not in UNITS:
        raise MappingError(f"{unit!r} is no unit that is known; write one of {', '.join(UNITS)}.")


def split_unit(values: pd.Series, unit: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Numbers and what they are to be multiplied by to stand in the unit.

    Args:
        values: tidy text, such as "12 km"; a value without a unit stands in `unit`.
        unit: the unit wanted.

    Returns:
        The text of the numbers, the factors, and where a unit is unknown or of another dimension.

    Raises:
        MappingError: the unit wanted is unknown.
    """
    check_unit(unit)
    target = UNITS[_name(unit)]
    parts = values.str.extract(re.compile(_WITH_UNIT))
    names = parts[1].map(_name, na_action="ignore")
    factors = {name: UNITS[name].factor / target.factor for name in names.dropna().unique() if name in UNITS and UNITS[name].dimension == target.dimension}
    has_unit = names.notna()
    factor = names.map(factors).astype("Float64").where(has_unit, 1.0)
    return values.where(~has_unit, parts[0]).astype("string"), factor, has_unit & factor.isna()
