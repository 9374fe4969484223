"""A timetable as stops, routes, departures by hour, and vehicles from stop to stop by hour."""

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gcrm.errors import LayerError
from gcrm.spatial.cells import index_points, parents_of_points
from gcrm.spatial.transit.services import service_days, week_of
from gcrm.units import MOVEMENT_LEVEL, WGS84

_CLOCK = r"(\d{1,3}):(\d{2}):(\d{2})"
_DAY_S = 86_400
_CHUNK_LEGS = 4_000_000
_MODES = {0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "tram", 6: "cable car", 7: "funicular", 11: "bus", 12: "monorail"}
_EXTENDED = {1: "rail", 2: "bus", 4: "metro", 7: "bus", 8: "bus", 9: "tram", 10: "ferry", 12: "ferry", 13: "cable car", 14: "funicular"}
"""By route_type, and by the hundreds of an extended one (https://gtfs.org/documentation/schedule/reference/#routestxt)."""


@dataclass(frozen=True)
class Timetable:
    """One week of public transport.

    Attributes:
        week: its Monday.
        stops: stop_key, name, cell (int64, H3 level 10), geometry (EPSG:4326), of the stops that are served.
        routes: route_key, name, mode, geometry (EPSG:4326; missing where the feed has no shapes), of all routes.
        departures: route_key, weekday (ISO), hour, trips (vehicles that set out).
        edges: from_stop, to_stop, mode, weekday, hour of leaving, trips (vehicles), minutes (mean).
        left_out: calls at a stop without a position, or without a usable time at the ends of a trip (count).
    """

    week: dt.date
    stops: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    departures: pd.DataFrame
    edges: pd.DataFrame
    left_out: int


def timetable(feed: dict[str, pd.DataFrame], file_name: str, week: dt.date | None = None) -> Timetable:
    """What a feed says of one week.

    A trip with frequencies runs once per headway, from the start of each of its windows on and before the end. Times past midnight belong to the next day.
    Times that are left out between two calls are spread evenly over the calls.

    Args:
        feed: as from `gcrm.ingest.gtfs.read_gtfs`.
        file_name: named in errors.
        week: a day of the week; the busiest week of the feed, of several the last, if left out.

    Raises:
        LayerError: a value cannot be read, or nothing runs in that week.
    """
    placed = _stops(feed["stops"], file_name)
    routes = _routes(feed, file_name)
    calls, left_out = _calls(feed["stop_times"], placed.index, file_name)
    trips = feed["trips"].drop_duplicates("trip_id").set_index("trip_id")
    trips["mode"] = trips["route_id"].map(routes.set_index("route_key")["mode"]).fillna("other")
    runs = _runs(calls, feed["frequencies"], file_name)
    vehicles = runs.groupby(trips["service_id"].reindex(runs["trip_id"]).to_numpy()).size()
    monday, services = week_of(service_days(feed, file_name), vehicles, week)
    first = calls.groupby("trip_id", sort=False)["leave_s"].first()
    departures = _by_hour(_counted(runs.assign(at=runs["shift_s"] + first.reindex(runs["trip_id"]).to_numpy()), trips, ["route_id"]), services, ["route_id"])
    edges = _by_hour(_legs(calls, runs, trips), services, ["from_stop", "to_stop", "mode"])
    served = pd.unique(pd.concat([edges["from_stop"], edges["to_stop"]]))
    return Timetable(
        monday,
        placed.loc[placed.index.isin(served)].reset_index(),
        routes,
        departures[["route_id", "weekday", "hour", "trips"]].rename(columns={"route_id": "route_key"}),
        edges.assign(minutes=edges["seconds"] / edges["trips"] / 60).drop(columns="seconds"),
        left_out,
    )


def movement(table: Timetable) -> pd.DataFrame:
    """Vehicles between cells: those of the edges whose two stops are in different cells.

    Args:
        table: as from `timetable`.

    Returns:
        One row per origin_cell, destination_cell (int64, H3 level 8), weekday, hour and mode: trips (count).
    """
    points = table.stops.geometry
    cells = parents_of_points(points.x, points.y, MOVEMENT_LEVEL).set_axis(table.stops["stop_key"])
    flows = table.edges.assign(origin_cell=table.edges["from_stop"].map(cells), destination_cell=table.edges["to_stop"].map(cells))
    flows = flows[flows["origin_cell"] != flows["destination_cell"]].astype({"origin_cell": "int64", "destination_cell": "int64"})
    return flows.groupby(["origin_cell", "destination_cell", "weekday", "hour", "mode"], as_index=False).agg({"trips": "sum"})


def _stops(stops: pd.DataFrame, file_name: str) -> gpd.GeoDataFrame:
    """Stops with a position, by stop_key."""
    longitude, latitude = (_numbers(stops, column, "stops", file_name, optional=True) for column in ("stop_lon", "stop_lat"))
    good = longitude.between(-180, 180) & latitude.between(-90, 90)
    name = _texts(stops, "stop_name")
    frame = pd.DataFrame({"stop_key": stops["stop_id"], "name": name, "cell": index_points(longitude, latitude)})[good]
    points = gpd.points_from_xy(longitude[good], latitude[good], crs=WGS84)
    placed = gpd.GeoDataFrame(frame.astype({"cell": "int64"}), geometry=points)
    return placed.drop_duplicates("stop_key").set_index("stop_key")


def _routes(feed: dict[str, pd.DataFrame], file_name: str) -> gpd.GeoDataFrame:
    routes = feed["routes"].drop_duplicates("route_id")
    kinds = _numbers(routes, "route_type", "routes", file_name).astype("int64")
    modes = kinds.map(_MODES).fillna((kinds // 100).map(_EXTENDED)).fillna("other")
    short, long = (_texts(routes, column) for column in ("route_short_name", "route_long_name"))
    name = (short.fillna("") + " " + long.fillna("").where(long != short, "")).str.strip()
    frame = pd.DataFrame({"route_key": routes["route_id"], "name": name.where(name != ""), "mode": modes}).reset_index(drop=True)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(_shapes(feed, file_name).reindex(frame["route_key"]).to_numpy(), crs=WGS84))


def _shapes(feed: dict[str, pd.DataFrame], file_name: str) -> pd.Series:
    """The shapes of each route as one multi-line, by route_id."""
    points = feed["shapes"]
    if points.empty or "shape_id" not in feed["trips"]:
        return pd.Series(dtype="object")
    longitude, latitude, sequence = (_numbers(points, column, "shapes", file_name) for column in ("shape_pt_lon", "shape_pt_lat", "shape_pt_sequence"))
    codes, keys = pd.factorize(points["shape_id"])
    long = np.bincount(codes, minlength=len(keys)) > 1  # a line has two points
    order = np.lexsort((sequence.to_numpy(), codes))
    order = order[long[codes[order]]]
    of, line = np.unique(codes[order], return_inverse=True)
    lines = pd.Series(shapely.linestrings(np.column_stack([longitude, latitude])[order], indices=line), index=keys[of])
    used = feed["trips"][["route_id", "shape_id"]].drop_duplicates()
    used = used.assign(line=used["shape_id"].map(lines)).dropna(subset="line")
    return used.groupby("route_id")["line"].agg(lambda parts: shapely.multilinestrings(list(parts)))


def _calls(stop_times: pd.DataFrame, placed: pd.Index, file_name: str) -> tuple[pd.DataFrame, int]:
    """Calls in order: trip_id, stop_id, arrive_s, leave_s (seconds since the service day began); and how many are left out."""
    arrive, leave = (_seconds(stop_times, column, "stop_times", file_name) for column in ("arrival_time", "departure_time"))
    sequence = _numbers(stop_times, "stop_sequence", "stop_times", file_name)
    calls = pd.DataFrame({
        "trip_id": stop_times["trip_id"],
        "stop_id": stop_times["stop_id"],
        "sequence": sequence,
        "arrive_s": arrive.fillna(leave),
        "leave_s": leave.fillna(arrive),
    }).sort_values(["trip_id", "sequence"], kind="stable", ignore_index=True)  # fmt: skip
    for column in ("arrive_s", "leave_s"):
        if calls[column].isna().any():
            calls[column] = calls.groupby("trip_id")[column].transform(lambda each: each.interpolate(limit_area="inside"))
    good = calls["stop_id"].isin(placed) & calls["leave_s"].notna()
    return calls[good].drop(columns="sequence").reset_index(drop=True), int((~good).sum())


def _runs(calls: pd.DataFrame, frequencies: pd.DataFrame, file_name: str) -> pd.DataFrame:
    """Each vehicle that sets out: trip_id, shift_s (seconds that its calls are later than in stop_times)."""
    first: pd.Series = calls.groupby("trip_id", sort=False)["leave_s"].first()
    begin, end = (_seconds(frequencies, column, "frequencies", file_name) for column in ("start_time", "end_time"))
    headway = _numbers(frequencies, "headway_secs", "frequencies", file_name)
    if (headway <= 0).any():
        raise LayerError(f"{file_name}, frequencies.txt, row {(headway <= 0).idxmax()}, column headway_secs: it must be above 0; mend it and load it again.")
    known = frequencies["trip_id"].isin(first.index) & begin.notna() & end.notna()
    begin, headway = begin[known], headway[known]
    count = np.ceil(((end[known] - begin).clip(lower=0) / headway).to_numpy()).astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    trip = frequencies["trip_id"][known].iloc[row]
    shift = begin.to_numpy()[row] + nth * headway.to_numpy()[row] - trip.map(first).to_numpy()
    often = pd.DataFrame({"trip_id": trip.to_numpy(), "shift_s": shift})
    once = pd.DataFrame({"trip_id": first.index[~first.index.isin(frequencies["trip_id"])], "shift_s": 0.0})
    return pd.concat([once, often], ignore_index=True).astype({"trip_id": "string"})


def _legs(calls: pd.DataFrame, runs: pd.DataFrame, trips: pd.DataFrame) -> pd.DataFrame:
    """Legs of all vehicles, counted; a slice of the vehicles after the other, so that memory is bounded."""
    following = calls.shift(-1)
    legs = calls.assign(from_stop=calls["stop_id"], to_stop=following["stop_id"], seconds=(following["arrive_s"] - calls["leave_s"]).clip(lower=0))
    legs = legs.loc[calls["trip_id"] == following["trip_id"], ["trip_id", "from_stop", "to_stop", "leave_s", "seconds"]]
    size = legs.groupby("trip_id").size().reindex(runs["trip_id"]).fillna(0).cumsum().to_numpy()
    keys, parts = ["from_stop", "to_stop", "mode"], []
    for _, some in runs.groupby((size // _CHUNK_LEGS).astype("int64")):
        each = legs.merge(some, on="trip_id")
        parts.append(_counted(each.assign(at=each["leave_s"] + each["shift_s"]), trips, keys))
    together = pd.concat(parts)
    return together.groupby([*keys, "service_id", "later", "hour"], as_index=False)[["trips", "seconds"]].sum()


def _counted(each: pd.DataFrame, trips: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Events by keys, service_id, later (days after the service day) and hour: trips (count), and seconds (sum, where there are any)."""
    of = trips.reindex(each["trip_id"])
    at = each["at"].to_numpy()
    table = each.assign(
        **{name: of[name].to_numpy() for name in ("route_id", "mode", "service_id")}, later=(at // _DAY_S).astype(int), hour=(at % _DAY_S // 3600).astype(int)
    )
    measured = {"trips": ("trip_id", "size")} | ({"seconds": ("seconds", "sum")} if "seconds" in table else {})
    return table.groupby([*keys, "service_id", "later", "hour"], as_index=False).agg(**measured)


def _by_hour(counted: pd.DataFrame, services: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Counts of services as counts of the days of the week; the night of a Sunday ends on the Monday of the same week, as in any week like it."""
    each = counted.merge(services, on="service_id")
    each["weekday"] = (each["weekday"] - 1 + each["later"]) % 7 + 1
    measures = [name for name in ("trips", "seconds") if name in each]
    return each.groupby([*keys, "weekday", "hour"], as_index=False)[measures].sum()


def _texts(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table:
        return pd.Series(pd.NA, index=table.index, dtype="string")
    return table[column].where(table[column] != "")


def _numbers(table: pd.DataFrame, column: str, name: str, file_name: str, *, optional: bool = False) -> pd.Series:
    found = pd.to_numeric(table[column], errors="coerce").astype("float64")
    _refuse(table[column], found.isna() & (table[column].ne("") | (not optional)), "is no number", f"{file_name}, {name}.txt")
    return found


def _seconds(table: pd.DataFrame, column: str, name: str, file_name: str) -> pd.Series:
    """Seconds since the service day began (noon minus 12 hours); missing where no time is told."""
    parts = table[column].str.extract(_CLOCK).astype("Float64")
    seconds = (3600 * parts[0] + 60 * parts[1] + parts[2]).astype("float64")
    _refuse(table[column], seconds.isna() & table[column].ne(""), "is no time such as 07:30:00", f"{file_name}, {name}.txt")
    return seconds


def _refuse(texts: pd.Series, bad: pd.Series, reason: str, where: str) -> None:
    if bad.any():
        row = bad.index[int(bad.to_numpy().argmax())]
        raise LayerError(f"{where}, row {row}, column {texts.name}: {texts[row]!r} {reason}; mend it and load it again.")
