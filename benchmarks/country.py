"""A country made of real extracts: the geocoder at a million addresses, with the writing into PostGIS.

`python -m benchmarks.country EXTRACT.osm.pbf [--addresses 1000000] [--queries 1000000]`

Each copy of the extract is a county of its own: the letters of its street and place names are exchanged (vowels for vowels, consonants for consonants, by a
key of the copy's own; types such as "strasse" stay), its postcodes are new, and it lies elsewhere. The queries are messy addresses (benchmarks/messy.py).
"""

import argparse
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from psycopg.rows import TupleRow
from rich.console import Console

from benchmarks.__main__ import own_home
from benchmarks.measure import peak_mib
from benchmarks.messy import messy
from gcrm.db.connection import Role, connect, ensure_ready
from gcrm.db.load import copy_frame
from gcrm.pipeline.geocode_reference import prepare_reference
from gcrm.pipeline.geocoding import geocode_accounts
from gcrm.spatial import osm

_SEED = 3
_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnpqrstvwxyz"
_TYPES = ("strasse", "gasse", "weg", "platz", "ring")
_COUNTY_DEGREES = 0.6
_COUNTIES_IN_A_ROW = 20


def counties(points: pd.DataFrame, count: int) -> list[pd.DataFrame]:
    """Copies of the addresses of an extract, each with names, postcodes and a place of its own.

    Args:
        points: street, house_number, postcode, city, country_code, longitude, latitude.
        count: addresses to make in all.
    """
    made = []
    for number in range(-(-count // len(points))):
        random = np.random.default_rng([_SEED, number])
        own = points.iloc[: count - number * len(points)].copy()
        key = _key(random)
        for column in ("street", "city"):
            names = {name: _renamed(name, key) for name in own[column].dropna().unique()}
            own[column] = own[column].map(names)
        codes = {code: f"{10_000 + number * 40 + at}" for at, code in enumerate(sorted(own["postcode"].dropna().unique()))}
        own["postcode"] = own["postcode"].map(codes)
        own["longitude"] += number % _COUNTIES_IN_A_ROW * _COUNTY_DEGREES
        own["latitude"] += number // _COUNTIES_IN_A_ROW * _COUNTY_DEGREES
        made.append(own)
    return made


def _key(random: np.random.Generator) -> dict[int, str]:
    letters: dict[int, str] = {}
    for group in (_VOWELS, _CONSONANTS):
        shuffled = random.permutation(list(group))
        letters |= dict(zip(map(ord, group), shuffled, strict=True)) | dict(zip(map(ord, group.upper()), (each.upper() for each in shuffled), strict=True))
    return letters


def _renamed(name: str, key: dict[int, str]) -> str:
    kept = next((each for each in _TYPES if name.lower().endswith(each)), "")
    cut = len(name) - len(kept)
    return name[:cut].translate(key) + name[cut:]


def fill(parts: list[pd.DataFrame], queries: int) -> None:
    """Puts the addresses and the accounts into the database of this home.

    Args:
        parts: as `counties` gives them.
        queries: accounts to make in all.
    """
    strangers = [_renamed(name, _key(np.random.default_rng(_SEED))) for name in parts[0]["street"].unique()]
    with connect(Role.WRITER) as connection:
        version = connection.execute(
            "INSERT INTO gcrm.layer_versions (layer, dataset, file_name, file_sha256, attribution, feature_count)"
            " VALUES ('address_points', 'country', 'made.csv', 'x', %s, %s) RETURNING layer_version_id", [osm.ATTRIBUTION, sum(map(len, parts))],
        ).fetchone()  # fmt: skip
        journal = connection.execute(
            "INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping) VALUES ('bench', 'accounts', 'a', 'x', '{}') RETURNING import_id"
        ).fetchone()
        first = 0
        for number, part in enumerate(parts):
            copy_frame(connection, "address_points", _points(part, version))
            share = queries // len(parts) + (number < queries % len(parts))
            asked = messy(part, share, _SEED + number, strangers)[["street", "house_number", "postcode", "city"]]
            keys = [f"q{first + at}" for at in range(len(asked))]
            connection.execute("CREATE TEMPORARY TABLE asked (street text, house_number text, postcode text, city text, key text) ON COMMIT DROP")
            copy_frame(connection, "asked", asked.assign(key=keys))
            connection.execute(
                "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, street, house_number, postcode, city, made_up, import_id)"
                " SELECT 'bench', key, 'company', 'customer', key, street, house_number, postcode, city, true, %s FROM asked", [_one(journal)],
            )  # fmt: skip
            connection.execute("DROP TABLE asked")
            first += len(asked)
    with connect(Role.OWNER) as connection:
        connection.execute("ANALYZE gcrm.accounts")


def _one(row: TupleRow | None) -> int:
    return 0 if row is None else int(row[0])


def _points(part: pd.DataFrame, version: TupleRow | None) -> pd.DataFrame:
    geometry = gpd.GeoSeries(gpd.points_from_xy(part["longitude"], part["latitude"]), index=part.index, crs=4326)
    return part[["street", "house_number", "postcode", "city", "country_code"]].assign(geom=geometry.to_wkb(hex=True), layer_version_id=_one(version))


def main() -> None:
    """Makes the country, geocodes it, prints rows a second."""
    parser = argparse.ArgumentParser(description="The geocoder at the size of a country.")
    parser.add_argument("extract", type=Path, help="an OSM extract with addresses")
    parser.add_argument("--addresses", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000_000)
    asked = parser.parse_args()
    found = osm.read_extract(asked.extract).address_points
    points = pd.DataFrame(found.drop(columns="geometry")).assign(longitude=found.geometry.x, latitude=found.geometry.y)
    with own_home():
        ensure_ready()
        fill(counties(points, asked.addresses), asked.queries)
        started = time.perf_counter()
        prepare_reference()
        made = time.perf_counter() - started
        started = time.perf_counter()
        levels = geocode_accounts(lambda _more: None)
        seconds = time.perf_counter() - started
    peak = peak_mib()
    Console().print(f"{asked.addresses:,} addresses: the reference is made in {made:.1f} s")
    Console().print(
        f"{asked.queries:,} queries: {seconds:.1f} s, {asked.queries / seconds:,.0f} rows/s ({asked.queries / (seconds + made):,.0f} with the making of the"
        f" reference), {peak:,.0f} MiB; {levels}"
    )


if __name__ == "__main__":
    main()
