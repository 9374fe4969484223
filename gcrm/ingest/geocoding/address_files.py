"""Files of addresses that are no OSM extracts: OpenAddresses-style CSV and GeoJSON, GeoNames-style postcodes, any CSV of postcodes with coordinates."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from gcrm.errors import LayerError
from gcrm.ingest import readers

_GEONAMES_COLUMNS = 12
_GEONAMES = {0: "country_code", 1: "postcode", 2: "city", 9: "latitude", 10: "longitude"}
"""Columns of a GeoNames postal code file (download.geonames.org/export/zip/readme.txt)."""

_NAMES = {
    "longitude": ("lon", "lng", "long", "longitude", "x"),
    "latitude": ("lat", "latitude", "y"),
    "house_number": ("number", "house_number", "housenumber", "addr:housenumber", "hausnummer", "numero"),
    "street": ("street", "street_name", "addr:street", "strasse", "rue", "road"),
    "city": ("city", "addr:city", "place", "place_name", "town", "locality", "ort"),
    "postcode": ("postcode", "zip", "zipcode", "zip_code", "postal_code", "addr:postcode", "code", "plz", "cp"),
    "country_code": ("country", "country_code", "addr:country"),
}
_FIELDS = ("street", "house_number", "postcode", "city", "country_code", "longitude", "latitude")
_POINT_FILES = (".geojson", ".json", ".gpkg", ".shp")
_FIELD_LIMIT = 1 << 20


def read_address_file(path: Path, country: str | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Addresses, and postcodes or places, of a file.

    Args:
        path: GeoJSON (one collection, or a feature per line) or another file of points; text of GeoNames' twelve columns; CSV with columns such as
            LON, LAT, NUMBER, STREET, CITY, POSTCODE, or code, city, lat, lon.
        country: ISO 3166-1 alpha-2 code where the file says none.

    Returns:
        Addresses (street, house_number, postcode, city, country_code, longitude, latitude in EPSG:4326), and areas (the same without street and
        house_number); rows without coordinates on the globe are left out.

    Raises:
        LayerError: it cannot be read, or has no such columns.
    """
    if not path.is_file():
        raise LayerError(f"{path} is not a file; check the path.")
    parts = [_clean(part, country) for part in _parts(path)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_FIELDS))
    address = found["street"].notna() & found["house_number"].notna()
    areas = found[~address & (found["postcode"].notna() | found["city"].notna())].drop(columns=["street", "house_number"])
    if not len(areas) and not address.any():
        raise LayerError(f"{path.name} holds no address or postcode with coordinates; it needs columns such as LON, LAT, NUMBER, STREET, CITY, POSTCODE.")
    return found[address].reset_index(drop=True), areas.reset_index(drop=True)


def _parts(path: Path) -> Iterator[pd.DataFrame]:
    if path.suffix.lower() in _POINT_FILES:
        yield _named(path, _features(path))
    elif _is_geonames(path):
        yield pd.read_csv(
            path,
            sep="\t",
            header=None,
            usecols=list(_GEONAMES),
            dtype="str",
            quoting=csv.QUOTE_NONE,
            keep_default_na=False,
            encoding="utf-8",
            encoding_errors="replace",
        ).rename(columns=_GEONAMES)
    else:
        for chunk in readers.read(path):
            yield _named(path, chunk)


def _is_geonames(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(1 << 16).decode("utf-8", errors="replace").rstrip("\r\n").split("\t")
    if len(first) < _GEONAMES_COLUMNS - 1:
        return False
    try:
        return abs(float(first[9])) <= 90 and abs(float(first[10])) <= 180  # noqa: PLR2004 - the globe
    except (ValueError, IndexError):
        return False


def _features(path: Path) -> pd.DataFrame:
    """Points with their properties; a GeoJSON file may hold one feature per line, as OpenAddresses writes it."""
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline(_FIELD_LIMIT).strip()
    if first.startswith("{") and first.endswith("}") and '"Feature"' in first and '"FeatureCollection"' not in first:
        return _lines(path)
    try:
        frame = pyogrio.read_dataframe(path)
    except (DataSourceError, ValueError, OSError) as error:
        raise LayerError(f"{path.name} cannot be read ({str(error).splitlines()[0]}); it must be GeoJSON or another file of points.") from error
    if frame.crs is not None and not frame.crs.equals(4326):
        frame = frame.to_crs(4326)
    point = frame.geometry.representative_point() if len(frame) else frame.geometry
    return pd.DataFrame(frame.drop(columns="geometry")).assign(lon=point.x, lat=point.y)


def _lines(path: Path) -> pd.DataFrame:
    rows: list[Mapping[str, Any]] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                feature = json.loads(line)
                longitude, latitude = feature["geometry"]["coordinates"][:2]
                rows.append({**feature["properties"], "lon": longitude, "lat": latitude})
            except (ValueError, KeyError, TypeError) as error:
                raise LayerError(f"{path.name}, line {number}, is no feature with a point; mend or remove the line.") from error
    return pd.DataFrame(rows)


def _named(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that are meant, by their names."""
    found = {}
    by_name = {str(name).strip().lower(): name for name in reversed(frame.columns)}
    for field, names in _NAMES.items():
        column = next((by_name[name] for name in names if name in by_name), None)
        if column is not None:
            found[field] = frame[column]
    if "longitude" not in found or "latitude" not in found or not {"street", "postcode", "city"} & set(found):
        raise LayerError(
            f"{path.name} has the columns {', '.join(map(str, frame.columns[:12]))}; it needs LON and LAT, and STREET with NUMBER, POSTCODE or CITY."
        )
    return pd.DataFrame(found)


def _clean(frame: pd.DataFrame, country: str | None) -> pd.DataFrame:
    whole = frame.reindex(columns=_FIELDS)
    for field in _FIELDS[:5]:
        text = whole[field].astype("string").str.replace(r"[\x00-\x1f]+", " ", regex=True).str.strip()
        whole[field] = text.mask(text == "")
    code = whole["country_code"].str.upper()
    whole["country_code"] = code.where(code.str.fullmatch("[A-Z]{2}").fillna(value=False)).fillna(country.upper() if country else pd.NA)
    for field in ("longitude", "latitude"):
        whole[field] = pd.to_numeric(whole[field], errors="coerce")
    return whole[whole["longitude"].between(-180, 180) & whole["latitude"].between(-90, 90)]
