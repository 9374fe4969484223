"""Profiles as they are given: people per hour by cell, weekday and hour, and by age group where the source tells it (as mobile networks do)."""

import h3
import pandas as pd

from gcrm.errors import LayerError
from gcrm.spatial.cells import index_points, level_of
from gcrm.spatial.small_counts import SMALLEST_COUNT, complemented, withheld
from gcrm.units import FINEST_LEVEL

_PARTS = ((6, "night"), (10, "morning"), (16, "midday"), (22, "evening"))
"""Parts of the day by the hour before which they end, as `gcrm enrich` tells their means."""

_RANGES = {"weekday": (1, 7), "hour": (0, 23), "people_per_hour": (0, 1e7)}


def footfall(raw: pd.DataFrame, file_name: str, smallest: float | None = None) -> pd.DataFrame:
    """Counts by cell, weekday and hour.

    Args:
        raw: text, index `row_number`, columns weekday (ISO, Monday is 1), hour (0 to 23, the place's own time),
            people_per_hour, either cell (H3 level 10, as hexadecimal text) or longitude and latitude (EPSG:4326), and age_group
            where people are told apart by age.
        file_name: named in errors.
        smallest: figures of fewer people (10 where people are told apart by age, else none, if left out) are withheld, and what would
            give them away by subtraction from the sum over ages, a part of the day or a cell.

    Returns:
        One row per cell, weekday, hour and age group: cell (int64, H3 level 10), weekday, hour, age_group (missing where not told), people_per_hour,
        withheld; several counts of one cell and hour are averaged.

    Raises:
        LayerError: a column is missing, a value is out of range, or some rows tell an age and others none.
    """
    missing = sorted({*_RANGES, *(["cell"] if "cell" in raw else ["longitude", "latitude"])} - set(raw.columns))
    if missing:
        needs = "weekday, hour, people_per_hour and cell, or longitude and latitude in place of cell"
        raise LayerError(f"{file_name} has no column {' and '.join(missing)}; footfall needs {needs}.")
    counts = pd.DataFrame(index=raw.index)
    for column, (low, high) in _RANGES.items():
        counts[column] = _numbers(raw[column])
        _refuse(raw[column], ~counts[column].between(low, high), f"is not between {low} and {high:g}", file_name)
    for column in ("weekday", "hour"):
        _refuse(raw[column], counts[column] % 1 != 0, "is no whole number", file_name)
    counts["cell"] = _cells(raw, file_name)
    counts = counts.astype({"weekday": "int16", "hour": "int16"})
    counts["age_group"] = _ages(raw, file_name)
    keys = ["cell", "weekday", "hour", "age_group"]
    means = counts.groupby(keys, sort=True, dropna=False)["people_per_hour"].mean().reset_index()
    people = means["people_per_hour"]
    if smallest is None:
        smallest = SMALLEST_COUNT if means["age_group"].notna().any() else 0
    hidden = withheld(people, smallest)
    for known in ([means[key] for key in keys[:3]], [means["cell"], means["hour"].map(_part_of_day)], [means["cell"]]):
        hidden = complemented(hidden, people, known, smallest)
    return means.assign(withheld=hidden)


def _part_of_day(hour: int) -> str:
    return next((part for end, part in _PARTS if hour < end), "night")


def _ages(raw: pd.DataFrame, file_name: str) -> pd.Series:
    if "age_group" not in raw:
        return pd.Series(pd.NA, index=raw.index, dtype="string")
    ages = raw["age_group"].astype("string").str.strip()
    _refuse(
        raw["age_group"],
        ages.eq("") if ages.ne("").any() else ages.isna(),
        "is no age group, while other rows tell one: leave out the rows of all ages together",
        file_name,
    )
    return ages.where(ages != "")


def _cells(raw: pd.DataFrame, file_name: str) -> pd.Series:
    if "cell" in raw:
        valid = raw["cell"].map(h3.is_valid_cell)
        _refuse(raw["cell"], ~valid, "is not an H3 cell", file_name)
        cells = raw["cell"].map(h3.str_to_int).astype("int64")
        _refuse(raw["cell"], cells.map(level_of) != FINEST_LEVEL, f"is not of H3 level {FINEST_LEVEL}", file_name)
        return cells
    axes = {}
    for axis, limit in (("longitude", 180), ("latitude", 90)):
        axes[axis] = _numbers(raw[axis])
        _refuse(raw[axis], ~axes[axis].between(-limit, limit), f"is not between -{limit} and {limit}", file_name)
    return index_points(axes["longitude"], axes["latitude"]).astype("int64")


def _numbers(values: pd.Series) -> pd.Series:
    """The numbers of some texts as float64; NaN, which lies between no limits, where one is none."""
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _refuse(values: pd.Series, bad: pd.Series, reason: str, file_name: str) -> None:
    if bad.any():
        first = int(bad.to_numpy().argmax())
        raise LayerError(f"{file_name}, row {bad.index[first]}, column {values.name}: {values.iloc[first]!r} {reason}; mend it and load the file again.")
