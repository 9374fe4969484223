"""Exports: accounts of a region, and answers of the cube, as files that a spreadsheet opens and cannot execute."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import ExportError
from gcrm.ingest.harmless import XLSX_MOST_ROWS, XLSX_OPTIONS, harmless
from gcrm.units import WGS84

_FORMATS = (".csv", ".xlsx", ".parquet", ".geojson")


@dataclass(frozen=True)
class AccountFilter:
    """Which accounts: of these statuses, segments, territories (by name), inside the polygons of a GeoJSON file; empty means all."""

    statuses: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    area: Path | None = None


def export_accounts(target: Path, wanted: AccountFilter, scope: Scope) -> int:
    """Writes accounts with their surroundings; without phones and mail addresses.

    Args:
        target: .csv, .xlsx, .parquet or .geojson; written beside and renamed, so that it is whole or not there.
        wanted: which accounts.
        scope: who asks; only accounts of its territories are written.

    Returns:
        Accounts written.

    Raises:
        ExportError: the format is not known, or the area or the target cannot be used.
    """
    _check(target)
    area = _area(wanted.area) if wanted.area is not None else None
    parameters = {"statuses": list(wanted.statuses), "segments": list(wanted.segments), "territories": list(wanted.territories), "area": area}
    with scoped(scope) as connection:
        frame = read_frame(connection, queries("accounts").export.sql, parameters)
    return _write(frame, target)


def write_table(table: pa.Table, target: Path) -> int:
    """Writes an answer of the cube; cells as hexadecimal text.

    Args:
        table: as in `gcrm.olap.answer.Answer`.
        target: .csv, .xlsx or .parquet.

    Returns:
        Rows written.

    Raises:
        ExportError: the format is not known, or the target cannot be written.
    """
    _check(target)
    if target.suffix.lower() == ".geojson":
        raise ExportError(f"{target.name}: an answer of the cube has no points; write .csv, .xlsx or .parquet.")
    frame = table.to_pandas(integer_object_nulls=True)  # a cell beside a missing one stays whole
    if "cell" in frame:
        frame["cell"] = [f"{int(cell):x}" if pd.notna(cell) else None for cell in frame["cell"]]
    return _write(frame, target)


def write_frame(frame: pd.DataFrame, target: Path) -> int:
    """Writes a table, or features.

    Args:
        frame: of any columns; a GeoDataFrame in EPSG:4326 as .geojson only.
        target: .csv, .xlsx or .parquet, or else .geojson; written beside and renamed, so that it is whole or not there.

    Returns:
        Rows written.

    Raises:
        ExportError: the format is not one of these, or the target cannot be written.
    """
    _check(target)
    drawn = isinstance(frame, gpd.GeoDataFrame)
    if drawn != (target.suffix.lower() == ".geojson"):
        raise ExportError(f"{target.name}: {'lines and areas are written as .geojson' if drawn else 'a table is written as .csv, .xlsx or .parquet'}.")
    return _write(frame, target)


def _check(target: Path) -> None:
    if target.suffix.lower() not in _FORMATS:
        raise ExportError(f"{target.name}: files that end in {target.suffix or 'nothing'} are not written; use {', '.join(_FORMATS)}.")
    if not target.parent.is_dir():
        raise ExportError(f"The folder {target.parent} is not there; make it first.")


def _area(path: Path) -> bytes:
    """The union of the polygons of a GeoJSON file, as WKB in EPSG:4326."""
    try:
        features = gpd.read_file(path)
    except Exception as error:  # pyogrio raises one class per driver, without a common base
        raise ExportError(f"{path} is not a file of areas that can be read ({error}); it must be GeoJSON.") from error
    if not isinstance(features, gpd.GeoDataFrame) or features.empty:
        raise ExportError(f"{path.name} holds no area; it must hold at least one polygon.")
    shapes = features.to_crs(WGS84).geometry if features.crs else features.geometry
    polygons = shapes[shapes.geom_type.isin(["Polygon", "MultiPolygon"])]
    if polygons.empty:
        raise ExportError(f"{path.name} holds no polygon; accounts can only be inside of one.")
    return bytes(shapely.to_wkb(shapely.union_all(polygons.make_valid().to_numpy())))


def _write(frame: pd.DataFrame, target: Path) -> int:
    waiting = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        _WRITERS[target.suffix.lower()](frame, waiting)
        waiting.replace(target)
    except OSError as error:
        raise ExportError(f"{target} cannot be written ({error.strerror}); choose another place.") from error
    finally:
        waiting.unlink(missing_ok=True)
    return len(frame)


def _write_csv(frame: pd.DataFrame, target: Path) -> None:
    frame.map(harmless).to_csv(target, index=False)


def _write_xlsx(frame: pd.DataFrame, target: Path) -> None:
    if len(frame) > XLSX_MOST_ROWS:
        raise ExportError(f"{len(frame):,} rows do not fit into a sheet of {XLSX_MOST_ROWS:,}; write .csv or .parquet.")
    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs={"options": XLSX_OPTIONS}) as workbook:
        frame.to_excel(workbook, sheet_name="gcrm", index=False, freeze_panes=(1, 0))


def _write_parquet(frame: pd.DataFrame, target: Path) -> None:
    frame.to_parquet(target, index=False)


def _write_geojson(frame: pd.DataFrame, target: Path) -> None:
    if isinstance(frame, gpd.GeoDataFrame):
        frame.to_file(target, driver="GeoJSON")
        return
    points = gpd.points_from_xy(frame["longitude"].astype("Float64"), frame["latitude"].astype("Float64"))
    places = gpd.GeoDataFrame(frame.drop(columns=["longitude", "latitude"]), geometry=points, crs=WGS84)
    places.to_file(target, driver="GeoJSON")


_WRITERS = {".csv": _write_csv, ".xlsx": _write_xlsx, ".parquet": _write_parquet, ".geojson": _write_geojson}
