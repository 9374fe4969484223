"""Counters of people: readings become days that are measured, missing, doubtful or holidays, and days become a profile of the week."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from gcrm.errors import LayerError
from gcrm.spatial.footfall.stations import at_day

FIELDS = ("station", "counted_at", "people")
MEASURED, GAP, OUTAGE, HOLIDAY = "measured", "gap", "outage_suspected", "holiday"

_DAY = r"\d{4}-\d{2}-\d{2}"
_HOURS = 23
"""Hours of the shortest day: that on which clocks go forward."""
_WEEKS = 9
"""Days of one weekday that a day is compared with: four before it, itself, and four after it."""
_USUAL_AT_LEAST = 20.0
"""Where fewer people are usual on such a day, no outage is told from the count."""
_TOO_FEW, _TOO_MANY = 0.1, 10.0
_SAME_DAYS = 3


def readings(raw: pd.DataFrame, fields: Mapping[str, str], zone: str, file_name: str) -> pd.DataFrame:
    """The counts of a file, by day or by hour.

    Args:
        raw: text, index `row_number`, one row per station and time.
        fields: the column of each of FIELDS; counted_at is a day, or the beginning of an interval of at most an hour (ISO 8601; of the place where it names no
            zone).
        zone: IANA name of the place's own time zone.
        file_name: named in errors.

    Returns:
        station, day (datetime64), hour (Int16, 0 to 23; missing where the file counts days), people. An hour of which an interval is missing is left out; that
        which comes twice in autumn is the mean of the two.

    Raises:
        LayerError: a column is missing, a value cannot be read, or a station is counted twice at a time.
    """
    missing = [fields.get(name, name) for name in FIELDS if fields.get(name, name) not in raw]
    if missing:
        raise LayerError(f"{file_name} has no column {' and '.join(missing)}; name the columns of {', '.join(FIELDS)} with --map.")
    station, at, people = (raw[fields.get(name, name)].astype("string").str.strip() for name in FIELDS)
    _refuse(station, pd.DataFrame({"station": station, "at": at}).duplicated(), "is counted twice at that time; add up its parts first", file_name)
    counts = pd.to_numeric(people, errors="coerce").astype("float64")
    _refuse(people, ~counts.between(0, 1e9), "is no number of people", file_name)
    if at.str.fullmatch(_DAY).all():
        days = pd.to_datetime(at, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")
        _refuse(at, days.isna(), "is no day", file_name)
        return pd.DataFrame({"station": station, "day": days, "hour": pd.Series(pd.NA, index=raw.index, dtype="Int16"), "people": counts})
    return _hours(station, _local(at, zone, file_name), counts)


def _local(at: pd.Series, zone: str, file_name: str) -> pd.Series:
    """Times as the clock of the place shows them."""
    zoned = at.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True)
    told = pd.to_datetime(at[zoned], format="ISO8601", utc=True, errors="coerce").dt.tz_convert(zone).dt.tz_localize(None)
    own = pd.to_datetime(at[~zoned], format="ISO8601", errors="coerce")
    moments = pd.concat([told.astype("datetime64[s]"), own.astype("datetime64[s]")]).reindex(at.index)
    _refuse(at, moments.isna(), "is no time such as 2026-09-07T08:00", file_name)
    return moments


def _hours(station: pd.Series, moments: pd.Series, counts: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"station": station, "day": moments.dt.floor("D"), "hour": moments.dt.hour.astype("Int16"), "people": counts})
    hours = table.groupby(["station", "day", "hour"], as_index=False).agg(people=("people", "mean"), parts=("people", "size"))
    usual = int(hours["parts"].mode().iloc[0])
    hours["people"] *= usual
    return hours[hours["parts"] >= usual].drop(columns="parts").reset_index(drop=True)


def station_days(counted: pd.DataFrame, holidays: Mapping[dt.date, str], placed: pd.DataFrame) -> pd.DataFrame:
    """Every day of every station from its first to its last count, and what it is worth.

    A day is compared with the median of nine days of its weekday around it: less than a tenth or more than ten times of it, or the same count on three
    days running, is taken for a fault (a rule of thumb: a lockdown or a festival changes less).

    Args:
        counted: as from `readings`.
        holidays: name of each.
        placed: as from `gcrm.spatial.footfall.stations.placements`.

    Returns:
        station, day, people (missing where nothing was counted), state (measured, gap, outage_suspected, holiday), reason (missing where measured), stay (row
        number in `placed`; missing where the station had no place on that day).
    """
    by_day = counted.groupby(["station", "day"]).agg(people=("people", "sum"), hours=("hour", "count"))
    spans = counted.groupby("station")["day"].agg(["min", "max"])
    lengths = (spans["max"] - spans["min"]).dt.days.to_numpy() + 1
    first = spans.loc[spans.index.repeat(lengths), "min"]
    every = pd.DataFrame({"station": first.index.astype("string"), "day": first.to_numpy()})
    every["day"] += every.groupby("station").cumcount().to_numpy().astype("timedelta64[D]").astype("timedelta64[s]")
    days = every.merge(by_day.reset_index(), how="left", on=["station", "day"]).sort_values(["station", "day"], ignore_index=True)
    days["stay"] = at_day(days, placed)
    hourly = bool(counted["hour"].notna().any())
    names = days["day"].dt.date.map(holidays).astype("string")
    doubt = _doubts(days)
    short = days["hours"].lt(_HOURS) & hourly & days["people"].notna()
    lost = "only " + days["hours"].fillna(0).astype("int64").astype("string") + " hours were counted"
    nowhere = days["stay"].isna()
    choices = [
        (nowhere & days["people"].isna(), GAP, "the station was not there"),
        (nowhere, GAP, "the station has no position on that day"),
        (days["people"].isna(), GAP, "nothing was counted"),
        (short, GAP, lost),
        (doubt.notna(), OUTAGE, doubt),
        (names.notna(), HOLIDAY, names),
    ]
    state = pd.Series(MEASURED, index=days.index, dtype="string")
    reason = pd.Series(pd.NA, index=days.index, dtype="string")
    for found, kind, why in reversed(choices):
        state, reason = state.mask(found, kind), reason.mask(found, why)
    return days[["station", "day", "people", "stay"]].assign(state=state, reason=reason)


def _doubts(days: pd.DataFrame) -> pd.Series:
    """Why a count is doubtful; missing where it is not."""
    weekdays = [days["station"], days["day"].dt.day_of_week]
    usual = days["people"].groupby(weekdays).transform(lambda each: each.rolling(_WEEKS, center=True, min_periods=3).median())
    known = usual >= _USUAL_AT_LEAST
    run = days["people"].ne(days.groupby("station")["people"].shift()).cumsum()
    stuck = days["people"].gt(0) & days["people"].groupby(run).transform("size").ge(_SAME_DAYS)
    doubts = pd.Series(pd.NA, index=days.index, dtype="string")
    doubts = doubts.mask(stuck & known, "the same count on three days or more")
    doubts = doubts.mask(known & (days["people"] > _TOO_MANY * usual), "more than ten times the usual")
    return doubts.mask(known & (days["people"] < _TOO_FEW * usual), "less than a tenth of the usual")


def profile(counted: pd.DataFrame, days: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """The mean week of each cell with a counter, out of measured days alone.

    Args:
        counted: as from `readings`.
        days: as from `station_days`.
        placed: as from `gcrm.spatial.footfall.stations.placements`.

    Returns:
        One row per cell (int64, H3 level 10), weekday (ISO) and hour (missing where days were counted): people_per_hour (mean; of a day a twenty-fourth), days,
        first_day, last_day. A station that moved to another cell counts for each while it was there; the mean of several stations in a cell is that of
        their means.
    """
    good = days.loc[days["state"] == MEASURED, ["station", "day", "stay"]]
    rows = counted.merge(good, on=["station", "day"])
    rows["cell"] = placed["cell"].to_numpy()[rows["stay"].to_numpy(dtype=np.int64)]
    rows["weekday"] = rows["day"].dt.day_of_week.astype("int16") + 1
    rows["people"] /= np.where(rows["hour"].isna(), 24, 1)
    own = rows.groupby(["cell", "weekday", "hour", "station"], dropna=False, as_index=False).agg(
        people_per_hour=("people", "mean"), days=("day", "nunique"), first_day=("day", "min"), last_day=("day", "max")
    )
    together = {"people_per_hour": "mean", "days": "sum", "first_day": "min", "last_day": "max"}
    return own.groupby(["cell", "weekday", "hour"], dropna=False, as_index=False).agg(together)


def _refuse(texts: pd.Series, bad: pd.Series, reason: str, file_name: str) -> None:
    if bad.any():
        at = int(bad.to_numpy().argmax())
        raise LayerError(f"{file_name}, row {bad.index[at]}, column {texts.name}: {texts.iloc[at]!r} {reason}.")
