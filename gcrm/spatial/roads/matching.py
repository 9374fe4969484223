"""Matching: positions of trips onto the roads they were most likely on, by Valhalla (meili)."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Mode

_DEVIATIONS, _LEAST_SEARCHED_M, _MOST_SEARCHED_M = 3, 20.0, 100.0
"""Roads are looked for within three standard deviations of a position, or these bounds: twice as far takes four times as long where ways lie close."""
_ATTRIBUTES = (
    # Valhalla tells where on an edge a way begins and ends only beside its length.
    "edge.id", "edge.length", "edge.source_percent_along", "edge.target_percent_along", "matched.point", "matched.type", "matched.edge_index",
    "matched.distance_along_edge", "matched.distance_from_trace_point", "matched.begin_route_discontinuity",
)  # fmt: skip
_NOWHERE = 1 << 62
Ask = Callable[[Iterable[dict[str, Any]]], Iterator[dict[str, Any] | None]]
"""Answers requests in their order; None where no road is near any of the positions, or no way leads from one to the next."""
_POINT_TYPES = {"row": "int64", "number": "int64", "share": "float64", "longitude": "float64", "latitude": "float64", "distance_m": "float64", "broken": "bool"}
_EDGE_TYPES = {"edge": "int64", "from_share": "float64", "to_share": "float64"}
_GAP = 1.0
"""Between the ways before and behind a break, in the unit of travel time of the axis in `_timed`."""


def match(ask: Ask, network: Network, costing: str, positions: pd.DataFrame, mode: Mode, accuracy_m: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Positions and edges as in `gcrm.spatial.roads.protocol.Matched`.

    Args:
        ask: Valhalla on the network.
        network: whose edges they are.
        costing: Valhalla's name of the mode.
        positions: see `Roads.match`.
        mode: of travel.
        accuracy_m: see `Roads.match`.
    """
    seconds = _seconds(positions["recorded_at"])
    points, edges = _answers(ask, _request(costing, accuracy_m), positions, seconds)
    at = network.positions(edges["edge"].to_numpy())
    edges["way_id"], metres = network.edges["way_id"].to_numpy()[at], network.edges["length_m"].to_numpy()[at].astype(np.float64)
    edges["length_m"] = (edges["to_share"] - edges["from_share"]) * metres
    # Who walks or rides a bicycle is about as fast on every edge.
    spent = metres / network.edges["speed_kmh"].to_numpy()[at].clip(1) if mode is Mode.CAR else metres
    return _placed(positions.index, points, edges), _timed(edges, points, spent, seconds)


def _request(costing: str, accuracy_m: float) -> dict[str, Any]:
    searched = float(np.clip(_DEVIATIONS * accuracy_m, _LEAST_SEARCHED_M, _MOST_SEARCHED_M))
    options = {"gps_accuracy": accuracy_m, "search_radius": searched}
    return {"costing": costing, "shape_match": "map_snap", "trace_options": options, "filters": {"action": "include", "attributes": _ATTRIBUTES}}


def _seconds(recorded_at: pd.Series) -> NDArray[np.float64]:
    """Seconds since 1970 in UTC; NaN where the time is missing."""
    since: pd.Series = (recorded_at - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return since.to_numpy(dtype=np.float64)


def _answers(ask: Ask, request: dict[str, Any], positions: pd.DataFrame, seconds: NDArray[np.float64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What Valhalla says, trip by trip, one below the other: matched positions (row, number of their edge) and edges (trip, broken)."""
    longitude, latitude = positions["longitude"].to_numpy(dtype=np.float64), positions["latitude"].to_numpy(dtype=np.float64)
    points: list[tuple[object, ...]] = []
    edges: list[tuple[object, ...]] = []
    trips = positions.groupby("trip", sort=False).indices
    shapes = ([_position(*each) for each in zip(longitude[rows], latitude[rows], seconds[rows], strict=True)] for rows in trips.values())
    for (trip, rows), answer in zip(trips.items(), ask({**request, "shape": shape} for shape in shapes), strict=True):
        if answer is None:
            continue
        first, count = len(edges), len(answer["edges"])
        for row, point in zip(rows, answer["matched_points"], strict=True):
            number = point.get("edge_index", _NOWHERE)
            if number < count:
                told = (point["distance_along_edge"], point["lon"], point["lat"], point["distance_from_trace_point"])
                points.append((row, first + number, *told, point.get("begin_route_discontinuity", False)))
        edges += [(trip, edge["id"], edge.get("source_percent_along", 0.0), edge.get("target_percent_along", 1.0)) for edge in answer["edges"]]
    return (
        pd.DataFrame(points, columns=list(_POINT_TYPES)).astype(_POINT_TYPES),
        pd.DataFrame(edges, columns=["trip", *_EDGE_TYPES]).astype(_EDGE_TYPES),
    )


def _position(longitude: float, latitude: float, seconds: float) -> dict[str, float]:
    return {"lon": longitude, "lat": latitude} | ({} if np.isnan(seconds) else {"time": seconds})


def _placed(index: pd.Index, points: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    on = edges.iloc[points["number"]]
    found = points[["longitude", "latitude", "distance_m"]].assign(edge=on["edge"].to_numpy(), way_id=on["way_id"].to_numpy())
    placed = found.set_index(index[points["row"]]).reindex(index).astype({"edge": "Int64", "way_id": "Int64"})
    return placed[["edge", "way_id", "longitude", "latitude", "distance_m"]]


def _timed(edges: pd.DataFrame, points: pd.DataFrame, spent: NDArray[np.float64], seconds: NDArray[np.float64]) -> pd.DataFrame:
    """The edges with sequence, entered_at and left_at.

    All ways lie behind one another on one axis, with a gap at each break; on it the times between positions follow by interpolation.
    """
    first = edges["trip"].ne(edges["trip"].shift()).to_numpy()
    breaks = np.zeros(len(edges), dtype=np.int64)
    breaks[points.loc[points["broken"], "number"]] = 1
    broken = np.concatenate([[0], breaks[:-1]])[: len(edges)] * ~first
    run = np.cumsum(first | (broken > 0)) - 1
    shares = (edges["to_share"] - edges["from_share"]).to_numpy()
    ends = np.cumsum(shares * spent) + run * _GAP
    begins = ends - shares * spent
    number = points["number"].to_numpy()
    at = begins[number] + (points["share"].to_numpy() - edges["from_share"].to_numpy()[number]) * spent[number]
    at, clock = np.maximum.accumulate(at) if len(at) else at, seconds[points["row"].to_numpy()]
    bounds = pd.Series(at).groupby(run[number]).agg(["min", "max"]).reindex(np.arange(run.max(initial=-1) + 1)).to_numpy()[run]
    order = np.arange(len(edges)) + np.cumsum(broken)
    sequence = order - np.maximum.accumulate(np.where(first, order, 0)) if len(order) else order
    entered, left = (_clock(np.clip(place, bounds[:, 0], bounds[:, 1]), at, clock) for place in (begins, ends))
    columns = ["trip", "sequence", "edge", "way_id", "from_share", "to_share", "length_m", "entered_at", "left_at"]
    return edges.assign(sequence=sequence, entered_at=entered, left_at=left)[columns]


def _clock(places: NDArray[np.float64], at: NDArray[np.float64], clock: NDArray[np.float64]) -> pd.DatetimeIndex:
    times = np.interp(places, at, clock) if len(at) else places
    return pd.to_datetime(np.round(times * 1000), unit="ms", utc=True)
