"""GeoJSON, GeoPackage and Shapefile as tables of text, by GDAL, a batch of features at a time."""

import json
import sqlite3
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from pyproj import CRS
from pyproj.exceptions import CRSError

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import archives
from gcrm.ingest.readers.arrow import text_column
from gcrm.ingest.readers.detection import Detection, Finding, Format
from gcrm.ingest.readers.encodings import detect_encoding, usable
from gcrm.ingest.readers.frames import MOST_COLUMNS
from gcrm.ingest.readers.shapes import name_of, with_geometry

_BATCH_FEATURES = 5_000
_HEAD_CHARACTERS = 1 << 20
_DBF_HEADER_BYTES = 32
_DBF_LANGUAGE = 29
_SAMPLE_BYTES = 1 << 20
_DEGREES = (-180.0, -90.0, 180.0, 90.0)
_ASSUMED = "It names no reference system; its coordinates are taken for degrees of EPSG:4326, which they fit."


@dataclass(frozen=True)
class _Layer:
    """A layer as GDAL opens it; `encoding` only where the file does not say it."""

    dataset: str
    name: str | None
    encoding: str | None = None


def read_geojson(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The features of a FeatureCollection, of a file of one feature, or of one feature a line.

    Raises:
        ReadError: it is not GeoJSON.
    """
    with _one_sentence(path, "GeoJSON", "it must be a FeatureCollection"):
        yield from _read(_Layer(_geojson_dataset(path), None), path, options)


def read_geopackage(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The features, or rows, of a layer of a GeoPackage.

    Raises:
        ReadError: it is none, or holds several layers and none of them is named.
    """
    with _one_sentence(path, "a GeoPackage", "write it again"):
        yield from _read(_Layer(str(path), _chosen(geopackage_layers(path), path, options)), path, options)


def read_shapefile(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The features of a Shapefile, beside its siblings or zipped with them.

    Raises:
        ReadError: a sibling is missing, or the archive holds several and none of them is named.
    """
    with _one_sentence(path, "a Shapefile", "write it again"):
        yield from _read(_shapefile(path, options), path, options)


def detect_geojson(path: Path, options: ReadOptions) -> Detection:
    """What a GeoJSON file says of itself."""
    with _one_sentence(path, "GeoJSON", "it must be a FeatureCollection"):
        crs, notes = _crs(_information(_Layer(_geojson_dataset(path), None)), path, options)
        return Detection(Format.GEOJSON, crs=name_of(crs) if crs else None, notes=notes)


def detect_geopackage(path: Path, options: ReadOptions) -> Detection:
    """The layers of a GeoPackage, and the reference system of the one that is read, if that is clear."""
    with _one_sentence(path, "a GeoPackage", "write it again"):
        layers = geopackage_layers(path)
        if options.layer is None and len(layers) > 1:
            return Detection(Format.GEOPACKAGE, layers=layers, notes=("It holds several layers; one of them has to be named.",))
        crs, notes = _crs(_information(_Layer(str(path), _chosen(layers, path, options))), path, options)
        return Detection(Format.GEOPACKAGE, layers=layers, crs=name_of(crs) if crs else None, notes=notes)


def detect_shapefile(path: Path, options: ReadOptions) -> Detection:
    """The reference system and the encoding of a Shapefile."""
    with _one_sentence(path, "a Shapefile", "write it again"):
        layers = tuple(_zipped_shapefiles(path)) if _is_zip(path) else (path.stem,)
        if options.layer is None and len(layers) > 1:
            return Detection(Format.SHAPEFILE, layers=layers, notes=("It holds several layers; one of them has to be named.",))
        layer = _shapefile(path, options)
        information = _information(layer)
        crs, notes = _crs(information, path, options)
        encoding = Finding(str(layer.encoding or information["encoding"]).lower(), 0.7 if layer.encoding and not options.encoding else 1.0)
        return Detection(Format.SHAPEFILE, encoding=encoding, layers=layers, crs=name_of(crs) if crs else None, notes=notes)


@contextmanager
def _one_sentence(path: Path, what: str, mend: str) -> Iterator[None]:
    """Errors of GDAL as one sentence; its driver prefixes and its warnings are of no use to the user."""
    try:
        yield
    except (ReadError, GeneratorExit):
        raise
    except Exception as error:  # pyogrio raises one class per driver, without a common base
        reason = " ".join(str(error).split()).replace(f"'GeoJSON:{path}'", "").replace(f"'{path}'", "").rstrip(".;: ")
        raise ReadError(f"{path.name} is not {what} that can be read ({reason}); {mend}.") from error


def _information(layer: _Layer) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        information: dict[str, Any] = pyogrio.read_info(layer.dataset, layer=layer.name, encoding=layer.encoding, force_total_bounds=False)
        return information


def _read(layer: _Layer, path: Path, options: ReadOptions) -> Iterator[pa.Table]:
    information = _information(layer)
    if len(information["fields"]) > MOST_COLUMNS:
        raise ReadError(f"{path.name} has {len(information['fields']):,} columns, more than the {MOST_COLUMNS:,} allowed; leave out those that are not needed.")
    crs, _ = _crs(information, path, options)
    settings = {"layer": layer.name, "encoding": layer.encoding, "batch_size": _BATCH_FEATURES, "use_pyarrow": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opened = pyogrio.raw.open_arrow(layer.dataset, **settings)
        meta, reader = opened.__enter__()
    try:
        shape = meta["geometry_name"] or "wkb_geometry"
        while (batch := _next(reader)) is not None:
            names = [name for name in batch.schema.names if name != shape]
            wkb = batch.column(shape) if shape in batch.schema.names else None
            yield with_geometry([text_column(batch.column(name)) for name in names], names, wkb, crs)
    finally:
        opened.__exit__(None, None, None)


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return next(iter(reader), None)


def _crs(information: dict[str, Any], path: Path, options: ReadOptions) -> tuple[CRS | None, tuple[str, ...]]:
    """The reference system that the user or the file names; degrees are assumed where the coordinates are such, and said so."""
    if information["geometry_type"] is None:
        return None, ()
    try:
        named = options.crs or information["crs"]
        if named:
            return CRS.from_user_input(named), ()
    except CRSError as error:
        raise ReadError(f"{path.name}: {options.crs or 'its own'!r} is no reference system; name one such as EPSG:3067 with --crs.") from error
    bounds = information.get("total_bounds")
    if bounds is not None and not (
        all(low <= value for low, value in zip(_DEGREES[:2], bounds[:2], strict=True))
        and all(value <= high for value, high in zip(bounds[2:], _DEGREES[2:], strict=True))
    ):
        raise ReadError(f"{path.name} names no reference system, and its coordinates are no degrees; name it with --crs, such as --crs EPSG:3067.")
    return CRS.from_epsg(4326), (_ASSUMED,)


def _geojson_dataset(path: Path) -> str:
    """The name by which GDAL opens it with this driver and no other: JSON can also be a pipeline that GDAL would run."""
    with path.open(encoding="utf-8-sig", errors="replace") as text:
        head = text.read(_HEAD_CHARACTERS).lstrip()
    first, _, rest = head.partition("\n")
    if head.startswith("\x1e"):
        return f"GeoJSONSeq:{path.absolute()}"
    try:
        lone = json.loads(first)
    except (ValueError, RecursionError):
        lone = None
    many = isinstance(lone, dict) and lone.get("type") == "Feature" and rest.strip()
    return f"{'GeoJSONSeq' if many else 'GeoJSON'}:{path.absolute()}"


def geopackage_layers(path: Path) -> tuple[str, ...]:
    """The layers of a GeoPackage: tables of features and of attributes (OGC 12-128r18, 1.1.3).

    Raises:
        ReadError: it is none.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            rows = connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY table_name").fetchall()
    except (sqlite3.Error, UnicodeError) as error:
        raise ReadError(f"{path.name} is not a GeoPackage that can be read ({error}); write it again.") from error
    if not rows:
        raise ReadError(f"{path.name} holds no layer; it needs at least one table of features.")
    return tuple(str(row[0]) for row in rows)


def _chosen(layers: tuple[str, ...], path: Path, options: ReadOptions) -> str:
    if options.layer is not None and options.layer not in layers:
        raise ReadError(f"{path.name} has no layer {options.layer!r}; it has {', '.join(layers)}.")
    if options.layer is None and len(layers) > 1:
        raise ReadError(f"{path.name} holds several layers ({', '.join(layers)}); name one with --layer.")
    return options.layer if options.layer is not None else layers[0]


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _zipped_shapefiles(path: Path) -> dict[str, str]:
    """The Shapefiles of an archive, by their names."""
    with archives.checked(path, "an archive of a Shapefile") as archive:
        members = archive.namelist()
    found = {Path(member).stem: member for member in members if member.lower().endswith(".shp") and "__MACOSX" not in member}
    for stem, member in found.items():
        _check_siblings({each.lower() for each in members}, member, f"{path.name}: {stem}.shp")
    return found


def _check_siblings(present: set[str], member: str, name: str) -> None:
    missing = [ending for ending in (".shx", ".dbf") if (member[:-4] + ending).lower() not in present]
    if missing:
        raise ReadError(f"{name} lacks its sibling {' and '.join(missing)}; put all the files of the Shapefile side by side.")


def _shapefile(path: Path, options: ReadOptions) -> _Layer:
    if options.encoding:
        usable(options.encoding, path.name)
    if _is_zip(path):
        found = _zipped_shapefiles(path)
        stem = _chosen(tuple(found), path, options)
        return _Layer(f"/vsizip/{{{path.absolute()}}}/{found[stem]}", None, options.encoding)
    siblings = {each.name.lower(): each for each in path.absolute().parent.iterdir() if each.stem.lower() == path.stem.lower()}
    _check_siblings(set(siblings), path.name, path.name)
    encoding = options.encoding
    if encoding is None and f"{path.stem}.cpg".lower() not in siblings:
        encoding = _dbf_encoding(siblings[f"{path.stem}.dbf".lower()])
    return _Layer(str(path.absolute()), None, encoding)


def _dbf_encoding(path: Path) -> str | None:
    """The encoding that the values of a dBase file are in, where neither it nor a .cpg says so."""
    with path.open("rb") as file:
        header = file.read(_DBF_HEADER_BYTES)
        if len(header) < _DBF_HEADER_BYTES or header[_DBF_LANGUAGE]:
            return None
        file.seek(int.from_bytes(header[8:10], "little"))
        sample = file.read(_SAMPLE_BYTES)
    words = [word for word in sample.replace(b"\0", b" ").split() if not word.isascii()]
    return detect_encoding(b"\n".join(words)).value if words else None
