"""Accounts with all layers around them: `gcrm enrich` whole, and again after a hundredth of the accounts has moved.

`python -m benchmarks.surroundings [--accounts 1000000]`

The layers are those of the demo city (streets, buildings, footfall, tracks, sites, competitors), who lives there as modelled from the buildings, recorded
trips on the roads, rings and Thiessen polygons around the sites. The accounts stand around its addresses, around few of them many, no two at one place.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
import psutil
import shapely
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.__main__ import own_home
from benchmarks.measure import Figure, peak_mib
from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect
from gcrm.db.load import copy_frame, read_frame
from gcrm.pipeline.demo import Demo, run
from gcrm.pipeline.enrichment import enrich_accounts
from gcrm.pipeline.layers.residence import model_residence
from gcrm.pipeline.road_flows import match_tracks
from gcrm.pipeline.sites import Sites
from gcrm.pipeline.trade_areas.computed import compute_rings, compute_thiessen
from gcrm.spatial.cells import index_points
from gcrm.spatial.extracts import helsinki
from gcrm.units import WGS84

_SEED = 11
_DEMO_SEED = 20240501
_SCALE = 0.1
"""Of the demo company; its layers are the same at any."""
_SCATTER_DEGREES = 0.0003
"""Standard deviation around an address: some 30 metres north, half of it east."""
_RADII_M = (250.0, 500.0)
_FLOOR_AREA_M2, _DWELLING_M2 = 45.0, 80.0
_LEAST_PER_S, _MOST_SHARE = 5_000, 0.05


@dataclass
class Spent:
    """What a piece of work took, seconds: by the clock, of this process, and of PostgreSQL."""

    wall: float = 0.0
    own_cpu: float = 0.0
    database_cpu: float = 0.0

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.own_cpu:.1f} s of CPU here, {self.database_cpu:.1f} s in PostgreSQL)"


@contextmanager
def spent() -> Iterator[Spent]:
    """Measures what is done within."""
    found, wall, own, database = Spent(), time.perf_counter(), time.process_time(), _database_cpu_s()
    yield found
    found.wall, found.own_cpu, found.database_cpu = time.perf_counter() - wall, time.process_time() - own, _database_cpu_s() - database


def _database_cpu_s() -> float:
    """Seconds that the cluster of this home has computed, those of connections that are closed included."""
    postmaster = psutil.Process(int((Cluster(settings().home).data / "postmaster.pid").read_text(encoding="ascii").split()[0]))
    seconds = sum(postmaster.cpu_times()[:4])  # the last two are those of children that have ended
    for child in postmaster.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended just now
            seconds += sum(child.cpu_times()[:2])
    return float(seconds)


def lay_layers() -> None:
    """Puts the demo city and the layers that it does not have into this home."""
    run(None, _SCALE, _DEMO_SEED, lambda _name, _seconds: None)
    match_tracks(None)
    model_residence(_FLOOR_AREA_M2, _DWELLING_M2)
    sites = Sites(Demo(helsinki(), _SCALE, _DEMO_SEED).files.sites)
    compute_rings("rings", sites, _RADII_M, lambda _more: None)
    compute_thiessen("thiessen", sites, None, lambda _more: None)
    enrich_accounts(lambda _more: None)


def places(addresses: NDArray[np.float64], count: int, seed: int) -> NDArray[np.float64]:
    """Places around addresses, around few of them many; shape (count, 2), degrees.

    Args:
        addresses: longitude and latitude, degrees, shape (n, 2).
        count: how many places.
        seed: the same seed makes the same places.
    """
    random = np.random.default_rng([_SEED, seed])
    weights = random.pareto(1.2, len(addresses)) + 0.05
    return addresses[random.choice(len(addresses), count, p=weights / weights.sum())] + random.normal(0, _SCATTER_DEGREES, (count, 2))


def _stage(points: NDArray[np.float64], keys: NDArray[np.int64]) -> pd.DataFrame:
    cells = index_points(pd.Series(points[:, 0]), pd.Series(points[:, 1]))
    return pd.DataFrame({"key": keys, "position": shapely.to_wkb(shapely.set_srid(shapely.points(points), WGS84), hex=True, include_srid=True), "cell": cells})


_CREATE_STAGE = "CREATE TEMPORARY TABLE placed (key bigint PRIMARY KEY, position geometry(Point, 4326), cell bigint) ON COMMIT DROP"


def _addresses() -> NDArray[np.float64]:
    with connect(Role.WRITER) as connection:
        return read_frame(connection, "SELECT ST_X(geom) AS x, ST_Y(geom) AS y FROM gcrm.address_points ORDER BY 1, 2").to_numpy(dtype=np.float64)


def fill(count: int) -> None:
    """Adds accounts that have positions.

    Args:
        count: how many.
    """
    staged = _stage(places(_addresses(), count, 0), np.arange(count))
    with connect(Role.WRITER) as connection:
        connection.execute(_CREATE_STAGE)
        copy_frame(connection, "placed", staged)
        connection.execute(
            "WITH journal AS (INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping)"
            " VALUES ('bench', 'accounts', 'a', 'x', '{}') RETURNING import_id)"
            " INSERT INTO gcrm.accounts (source, source_key, kind, status, name, position, cell, geocode_level, geocode_score, geocoded_at, made_up, import_id)"
            " SELECT 'bench', 'b' || key, 'company', 'customer', 'b' || key, position, cell, 'given', 1, now(), true, import_id FROM placed, journal"
        )
    _analyze()


def move(count: int, every: int) -> None:
    """Moves one of so many of the accounts that `fill` added.

    Args:
        count: accounts in all.
        every: the first moves, and then each of this number.
    """
    moved = np.arange(0, count, every)
    staged = _stage(places(_addresses(), len(moved), 1), moved)
    with connect(Role.WRITER) as connection:
        connection.execute(_CREATE_STAGE)
        copy_frame(connection, "placed", staged)
        connection.execute(
            "UPDATE gcrm.accounts a SET position = p.position, cell = p.cell FROM placed p WHERE a.source = 'bench' AND a.source_key = 'b' || p.key"
        )
    _analyze()


def _analyze() -> None:
    with connect(Role.OWNER) as connection:
        connection.execute("ANALYZE gcrm.accounts")


def enriched() -> tuple[int, Spent]:
    """Accounts whose surroundings were derived, and what that took."""
    with spent() as found:
        count = enrich_accounts(lambda _more: None)
    return count, found


def main() -> None:
    """Fills a home, enriches it twice, prints what that took."""
    parser = argparse.ArgumentParser(description="Surroundings at the size of a country's customers.")
    parser.add_argument("--accounts", type=int, default=1_000_000)
    count = parser.parse_args().accounts
    with own_home():
        lay_layers()
        fill(count)
        all_of_them, whole = enriched()
        move(count, 100)
        some, again = enriched()
        peak = peak_mib()
    size = f"{count:,} accounts"
    speed = Figure("enrich, accounts a second", size, all_of_them / whole.wall, "/s", _LEAST_PER_S, above=True)
    share = Figure("enrich after 1 % moved, share of the whole time", size, again.wall / whole.wall, "", _MOST_SHARE, above=False)
    console = Console()
    console.print(f"{all_of_them:,} accounts: {whole}; {some:,} that moved: {again}; peak {peak:,.0f} MiB")
    for figure in (speed, share):
        console.print(f"{figure.name}: {figure.value:,.3f}{figure.unit} (bar {figure.bar:g}): {'holds' if figure.holds else 'DOES NOT HOLD'}")


if __name__ == "__main__":
    main()
