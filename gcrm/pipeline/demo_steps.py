"""The steps of the demo, by the ordinary way of files, imports and layers."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import geopandas as gpd

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, transaction
from gcrm.db.queries import queries
from gcrm.demo.city import CitySurroundings
from gcrm.demo.generate import generate
from gcrm.errors import TradeAreaError
from gcrm.frames import OBJECTS
from gcrm.ingest.source import open_source
from gcrm.olap.cuboids import declared
from gcrm.pipeline.cubes import build_cube
from gcrm.pipeline.demo import TRADE_AREAS, Demo, has_trade_areas, is_imported
from gcrm.pipeline.enrichment import count_stale, enrich_accounts
from gcrm.pipeline.geocoding import count_open, geocode_accounts
from gcrm.pipeline.imports import import_file
from gcrm.pipeline.layers.footfall import load_footfall
from gcrm.pipeline.layers.osm import load_osm
from gcrm.pipeline.layers.sites import COMPETITORS, SITES, load_sites
from gcrm.pipeline.layers.tracks import load_tracks
from gcrm.pipeline.lead_assignment import assign_leads
from gcrm.pipeline.road_flows import match_tracks
from gcrm.pipeline.sites import Sites
from gcrm.pipeline.trade_areas.computed import compute_rings
from gcrm.progress import Report, progress

_COMPETITORS = ("supermarket", "convenience")
_COMPETITOR_MINUTES = 3.0
_RUSH_HOUR = "Tue 08:00"
_RADII_M = (300.0, 800.0)
_ACCURACY_M = 6.0
"""Along each axis; the horizontal error of the demo's positions has a root mean square of 8 m."""
_LAYERS = ("address_points", "roads", "buildings", "shops")


def make(demo: Demo, report: Report) -> None:
    """Runs every step; one that was done by an earlier run finds nothing to do.

    Args:
        demo: the company.
        report: told each step and its seconds.
    """
    made_up = f"{demo.dataset}-demo"
    with _step("city", report), progress(f"features of {demo.extract.name}", unit="features") as advance:
        load_osm(demo.extract, demo.dataset, advance)
    with _step("company", report):
        _generate(demo)
    with _step("import", report):
        _import(demo)
    with _step("footfall and movement", report), progress("footfall and positions") as advance:
        load_footfall(demo.files.footfall, made_up, advance, made_up=True)
        load_tracks(demo.files.tracks, made_up, advance, made_up=True)
    with _step("tracks onto roads", report):
        match_tracks(made_up, _ACCURACY_M)
    with _step("geocode", report), progress("addresses", total=count_open(), unit="accounts") as advance:
        geocode_accounts(advance)
    with _step("sites", report):
        _choose_sites(demo)
    with _step("enrich", report), progress("surroundings", total=count_stale(), unit="accounts") as advance:
        enrich_accounts(advance)
    with _step("leads to reps", report):
        assign_leads(Scope.everything(), actor="gcrm demo", through="command")
    with _step("cube", report), progress("cuboids", total=len(declared()), unit="cuboids") as advance:
        build_cube(advance)


@contextmanager
def _step(name: str, report: Report) -> Iterator[None]:
    started = time.perf_counter()
    yield
    report(name, time.perf_counter() - started)


def _choose_sites(demo: Demo) -> None:
    """Minutes are told to the company's shops, which have trading areas around them; food shops of the city compete with them, where it has some."""
    shops = Sites(demo.files.sites)
    if load_sites(SITES, shops, _RUSH_HOUR, made_up=True) is not None or not has_trade_areas():
        compute_rings(TRADE_AREAS, shops, _RADII_M, lambda _accounts: None)
    with suppress(TradeAreaError):
        load_sites(COMPETITORS, Sites(shops=_COMPETITORS), _RUSH_HOUR, within_minutes=_COMPETITOR_MINUTES)


def _generate(demo: Demo) -> None:
    if demo.files.are_written():
        return
    with transaction(Role.WRITER) as connection:
        layers = {name: gpd.read_postgis(getattr(queries("demo"), name).sql, connection, params={"dataset": demo.dataset}) for name in _LAYERS}
    surroundings = CitySurroundings(**{name: layer.rename_geometry("geometry") for name, layer in layers.items()})
    generate(surroundings, demo.files.planted.parent, scale=demo.scale, seed=demo.seed)


def _import(demo: Demo) -> None:
    """Imports the company's files in the order in which they refer to each other."""
    for name, object_type in OBJECTS.items():
        if is_imported(demo, name):
            continue
        path: Path = getattr(demo.files, name)
        with progress(name, unit="records") as advance:
            import_file(open_source(path, object_type, source=demo.source), advance)
