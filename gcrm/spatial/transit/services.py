"""Which services of a timetable run on which days."""

import datetime as dt

import numpy as np
import pandas as pd

from gcrm.errors import LayerError

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ADDED, _REMOVED = "1", "2"


def service_days(feed: dict[str, pd.DataFrame], file_name: str) -> pd.DataFrame:
    """The days on which each service runs.

    Args:
        feed: as from `gcrm.ingest.gtfs.read_gtfs`.
        file_name: named in errors.

    Returns:
        One row per service_id and day (datetime64), each once.

    Raises:
        LayerError: a date cannot be read.
    """
    calendar, exceptions = feed["calendar"], feed["calendar_dates"]
    first, last = (_dates(calendar[column], "calendar", file_name) for column in ("start_date", "end_date"))
    runs = (calendar[list(_WEEKDAYS)] == "1").to_numpy(dtype=bool)
    length = ((last - first).dt.days + 1).clip(lower=0).to_numpy()
    row = np.repeat(np.arange(len(calendar)), length)
    since = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    day = first.to_numpy()[row] + since.astype("timedelta64[D]")
    on = runs[row, pd.DatetimeIndex(day).day_of_week]
    regular = pd.DataFrame({"service_id": calendar["service_id"].to_numpy()[row[on]], "day": day[on]})
    changed = pd.DataFrame({"service_id": exceptions["service_id"], "day": _dates(exceptions["date"], "calendar_dates", file_name)})
    kind = exceptions["exception_type"]
    kept = regular.merge(changed[kind == _REMOVED], how="left", on=["service_id", "day"], indicator=True)
    kept = kept.loc[kept["_merge"] == "left_only", ["service_id", "day"]]
    return pd.concat([kept, changed[kind == _ADDED]], ignore_index=True).drop_duplicates(ignore_index=True)


def week_of(days: pd.DataFrame, vehicles: pd.Series, wanted: dt.date | None) -> tuple[dt.date, pd.DataFrame]:
    """One week of a timetable: the busiest one, of several the last; or the one that is asked for.

    Args:
        days: as from `service_days`.
        vehicles: that run on a day of each service, by service_id (count).
        wanted: a day of the week that is asked for.

    Returns:
        Its Monday; and service_id, weekday (ISO) of the services that run in it.

    Raises:
        LayerError: nothing runs in that week.
    """
    monday = days["day"] - pd.to_timedelta(days["day"].dt.day_of_week, unit="D")
    busy = days["service_id"].map(vehicles).fillna(0).groupby(monday).sum()
    busy = busy[busy > 0]
    asked = pd.Timestamp(wanted) - pd.Timedelta(days=wanted.weekday()) if wanted is not None else None
    if busy.empty or (asked is not None and asked not in busy.index):
        span = f"from {days['day'].min():%Y-%m-%d} to {days['day'].max():%Y-%m-%d}" if len(days) else "on no day"
        raise LayerError(f"No vehicle runs in that week; the timetable holds {span}: name a day of it with --week.")
    chosen = asked if asked is not None else busy[busy == busy.max()].index[-1]
    week = days[monday == chosen]
    return chosen.date(), pd.DataFrame({"service_id": week["service_id"], "weekday": week["day"].dt.day_of_week + 1}).reset_index(drop=True)


def _dates(texts: pd.Series, table: str, file_name: str) -> pd.Series:
    dates = pd.to_datetime(texts, format="%Y%m%d", errors="coerce").astype("datetime64[s]")
    if dates.isna().any():
        row = dates.index[int(dates.isna().to_numpy().argmax())]
        raise LayerError(f"{file_name}, {table}.txt, row {row}, column {texts.name}: {texts[row]!r} is no date such as 20260907; mend it and load it again.")
    return dates
