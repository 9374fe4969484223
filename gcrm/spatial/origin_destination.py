"""Tables of origins and destinations as flows between cells."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import h3
import numpy as np
import pandas as pd

from gcrm.errors import LayerError
from gcrm.spatial.cells import level_of, parent, parents_of_points
from gcrm.spatial.small_counts import SMALLEST_COUNT, withheld
from gcrm.units import MOVEMENT_LEVEL

FIELDS = ("origin", "destination", "people", "mode", "weekday", "hour")
REST = "other"
"""The mode of the people that a table counts beside those of the modes it names."""

_RANGES = {"weekday": (1, 7), "hour": (0, 23)}


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are.

    Attributes:
        fields: the column of each of FIELDS; those that are left out are not in the table.
        modes: the column with the people of each mode, where a mode has a column of its own.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)


def movement(raw: pd.DataFrame, columns: Columns, zones: gpd.GeoSeries | None, file_name: str, smallest: float = SMALLEST_COUNT) -> pd.DataFrame:
    """People between cells.

    Rows do not overlap: where a table has columns for modes and one for all people, what is left beside the modes becomes the mode `other`, so that
    no figure is the sum of others and a withheld one cannot be told by subtraction.

    Args:
        raw: text, index `row_number`.
        columns: what its columns are.
        zones: areas by key, EPSG:4326, where origin and destination are such keys; else they are H3 cells of level 8 or finer, as hexadecimal text.
        file_name: named in errors.
        smallest: flows of fewer people are withheld.

    Returns:
        One row per origin_cell, destination_cell (int64, H3 level 8), weekday (ISO), hour, mode (the last three missing where the table does not tell): trips
        (people), quality (measured between cells; interpolated between zones, which stand in the cell of their middle), withheld. Flows of nobody are left out.

    Raises:
        LayerError: a column is missing, a key is unknown, or a number is out of range.
    """
    _need(raw, columns, file_name)
    ends = {f"{end}_cell": _cells(raw[columns.fields[end]], zones, file_name) for end in ("origin", "destination")}
    table = pd.DataFrame({**ends, **{name: _whole(raw, columns.fields.get(name), *limits, file_name) for name, limits in _RANGES.items()}})
    counted = _by_mode(raw, columns, file_name)
    rows = table.loc[counted.index].assign(mode=counted["mode"].to_numpy(), trips=counted["trips"].to_numpy())
    flows = rows.groupby(["origin_cell", "destination_cell", "weekday", "hour", "mode"], dropna=False, as_index=False).agg({"trips": "sum"})
    flows = flows[flows["trips"] > 0].reset_index(drop=True)
    return flows.assign(quality="measured" if zones is None else "interpolated", withheld=withheld(flows["trips"], smallest))


def _need(raw: pd.DataFrame, columns: Columns, file_name: str) -> None:
    fields = columns.fields
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise LayerError(f"There is no field {unknown[0]!r}; name the columns of {', '.join(FIELDS)} with --map.")
    if not {"origin", "destination"} <= set(fields) or not ("people" in fields or columns.modes) or ("mode" in fields and columns.modes):
        raise LayerError("Name the columns of origin, destination and people with --map; with --mode, of each mode, where a mode has a column of its own.")
    missing = [column for column in (*fields.values(), *columns.modes.values()) if column not in raw]
    if missing:
        raise LayerError(f"{file_name} has no column {missing[0]!r}; it has {', '.join(raw.columns)}.")


def _cells(texts: pd.Series, zones: gpd.GeoSeries | None, file_name: str) -> pd.Series:
    """The cell of each origin or destination."""
    keys = texts.str.strip()
    if zones is None:
        bad = ~keys.map(lambda key: h3.is_valid_cell(key) and level_of(h3.str_to_int(key)) >= MOVEMENT_LEVEL).astype(bool)
        _refuse(texts, bad, f"is no H3 cell of level {MOVEMENT_LEVEL} or finer; name the zones with --zones, where it is one", file_name)
        return pd.Series(parent(keys.map(h3.str_to_int).to_numpy(dtype=np.int64), MOVEMENT_LEVEL), index=texts.index)
    middles = zones.representative_point()
    cells = parents_of_points(middles.x, middles.y, MOVEMENT_LEVEL)
    _refuse(texts, ~keys.isin(cells.index), "is the key of no zone; look at --zones and --zone-key", file_name)
    return keys.map(cells).astype("int64")


def _by_mode(raw: pd.DataFrame, columns: Columns, file_name: str) -> pd.DataFrame:
    """People by mode: mode, trips; on the index of the table, a row of it as often as it tells of a mode."""
    people = _people(raw, columns.fields["people"], file_name) if "people" in columns.fields else None
    if not columns.modes:
        told = raw[columns.fields["mode"]].str.strip() if "mode" in columns.fields else pd.Series("", index=raw.index, dtype="string")
        return pd.DataFrame({"mode": told.where(told != ""), "trips": people}, index=raw.index)
    wide = pd.DataFrame({mode: _people(raw, column, file_name) for mode, column in columns.modes.items()}, index=raw.index)
    if people is not None:
        rest = (people - wide.sum(axis=1)).round(6)
        _refuse(raw[columns.fields["people"]], rest < 0, "is less than the sum of its modes", file_name)
        wide[REST] = wide.get(REST, 0) + rest
    long = wide.melt(var_name="mode", value_name="trips", ignore_index=False)
    return long.assign(mode=long["mode"].astype("string"))


def _people(raw: pd.DataFrame, column: str, file_name: str) -> pd.Series:
    counts = pd.to_numeric(raw[column], errors="coerce").astype("float64")
    _refuse(raw[column], ~counts.between(0, 1e9), "is no number of people", file_name)
    return counts


def _whole(raw: pd.DataFrame, column: str | None, low: int, high: int, file_name: str) -> pd.Series:
    """Whole numbers between two limits; missing where the table has none."""
    if column is None:
        return pd.Series(pd.NA, index=raw.index, dtype="Int16")
    numbers = pd.to_numeric(raw[column], errors="coerce").astype("float64")
    _refuse(raw[column], ~(numbers.between(low, high) & (numbers % 1 == 0)), f"is no whole number between {low} and {high}", file_name)
    return numbers.astype("Int16")


def _refuse(texts: pd.Series, bad: pd.Series, reason: str, file_name: str) -> None:
    if bad.any():
        at = int(bad.to_numpy().argmax())
        raise LayerError(f"{file_name}, row {bad.index[at]}, column {texts.name}: {texts.iloc[at]!r} {reason}.")
