"""Minutes between places by the plain tools, on the roads alone: without the costs of turns, which makes the graph a third and their work less than ours."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.measure import Work
from benchmarks.roads import HOUR, SEED, network_of, points_on
from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.connection import ensure_ready
from gcrm.db.load import copy_frame
from gcrm.spatial.roads import network
from gcrm.spatial.roads.bulk import edge_costs
from gcrm.spatial.roads.conditions import Conditions
from gcrm.spatial.roads.protocol import Mode
from gcrm.spatial.roads.snapping import Snapper

_ROWS = 100
"""Origins that scipy answers together: their rows of numbers fit into memory."""


def has_pandana() -> bool:
    """Whether pandana is installed: its licence is the AGPL, so that it is no dependency."""
    return find_spec("pandana") is not None


def has_pgrouting() -> bool:
    """Whether the cluster has pgRouting."""
    with _superuser() as connection:
        return connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'pgrouting'").fetchone() == (1,)


def _superuser() -> psycopg.Connection[tuple[Any, ...]]:
    """To the cluster of this run, of which only its superuser may make an extension."""
    ensure_ready()
    return psycopg.connect(Cluster(settings().home).admin_url, autocommit=True)


def _roads(on: network.Network) -> pd.DataFrame:
    """Roads for cars between intersections, the fastest where there are several: tail, head, seconds."""
    usable = on.graphs[Mode.CAR].arcs.state >= 0
    seconds = edge_costs(on, Mode.CAR, Conditions.none(on).at(HOUR)).time
    roads = pd.DataFrame({"tail": on.edges["from_node"], "head": on.edges["to_node"], "seconds": seconds})[usable]
    return roads.groupby(["tail", "head"], as_index=False).agg({"seconds": "min"})


def _nodes(on: network.Network, count: int) -> list[NDArray[np.int64]]:
    """The intersections behind the places that ours begins and ends at."""
    snapped = (Snapper.of(on, Mode.CAR).snap(points_on(on, count, seed), 1_000) for seed in (SEED, SEED + 1))
    return [on.edges["to_node"].to_numpy()[on.positions(each.edge)].astype(np.int64) for each in snapped]


def times_scipy_roads(path: Path, count: int) -> Work:
    """Dijkstra of scipy.sparse.csgraph."""
    on = network_of(path)
    roads, (origins, destinations) = _roads(on), _nodes(on, count)
    graph = csr_array((roads["seconds"], (roads["tail"], roads["head"])), shape=(len(on.nodes),) * 2)
    return lambda: [dijkstra(graph, indices=origins[at : at + _ROWS])[:, destinations] for at in range(0, count, _ROWS)]


def times_pandana(path: Path, count: int) -> Work:
    """Contraction hierarchies of pandana, built before."""
    on = network_of(path)
    roads, (origins, destinations) = _roads(on), _nodes(on, count)
    made = import_module("pandana").Network(on.nodes["longitude"], on.nodes["latitude"], roads["tail"], roads["head"], roads[["seconds"]], twoway=False)
    return lambda: made.shortest_path_lengths(np.repeat(origins, count), np.tile(destinations, count))


def times_pgrouting(path: Path, count: int) -> Work:
    """Dijkstra of pgRouting, the roads in a table."""
    on = network_of(path)
    roads, (origins, destinations) = _roads(on), _nodes(on, count)
    connection = _superuser()
    connection.execute("CREATE EXTENSION IF NOT EXISTS pgrouting")
    connection.execute("CREATE TEMPORARY TABLE ways (id bigint, source bigint, target bigint, cost double precision)")
    ways = roads.rename(columns={"tail": "source", "head": "target", "seconds": "cost"})
    copy_frame(connection, "ways", ways.assign(id=np.arange(len(ways))))
    asked = "SELECT start_vid, end_vid, agg_cost FROM pgr_dijkstraCost('SELECT id, source, target, cost FROM ways', %s::bigint[], %s::bigint[], true)"
    starts, ends = (np.unique(each).tolist() for each in (origins, destinations))
    return lambda: connection.execute(asked, (starts, ends)).fetchall()
