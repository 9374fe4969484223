"""Exports: accounts of a region, and answers of the cube, as files that a spreadsheet opens and cannot execute."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import shapely
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.custom_fields import fields_of, held
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import ExportError
from gcrm.ingest.harmless import XLSX_MOST_ROWS, XLSX_OPTIONS, harmless
from gcrm.olap.answer import Answer
from gcrm.olap.catalogue import DIMENSIONS, PLACE_COLUMNS
from gcrm.olap.query import CubeQuery
from gcrm.pipeline import custom_values
from gcrm.pipeline.account import PEOPLE_AT_ACCOUNT
from gcrm.pipeline.areas import area_of_file
from gcrm.spatial.cell_shapes import hexagons
from gcrm.units import WGS84

_COUNTS = ("competitors_near", "passing_trips")
_CUSTOM_TYPES = {"number": "Float64", "yes/no": "boolean"}
_FORMATS = (".csv", ".xlsx", ".parquet", ".geojson")
_ASKED = tuple(part.name for part in fields(CubeQuery) if part.name != "as_of")  # that of the answer is told
_SPLITS = ',;\t"'
_ABOUT_WIDTH = 40


@dataclass(frozen=True)
class AccountFilter:
    """Which accounts: of these statuses, segments, territories (by name), in the polygons of a file, with custom fields (FIELD=VALUE); empty means all."""

    statuses: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    area: Path | None = None
    custom: tuple[str, ...] = ()


def export_accounts(target: Path, wanted: AccountFilter, scope: Scope) -> int:
    """Writes accounts with their surroundings and custom fields; without phones, mail addresses and what is personal.

    Args:
        target: .csv, .xlsx, .parquet or .geojson; written beside and renamed, so that it is whole or not there.
        wanted: which accounts.
        scope: who asks; only accounts of its territories are written, and people at their positions not where it shows figures by wider cells only.

    Returns:
        Accounts written.

    Raises:
        ExportError: the format is not known, or the target cannot be written.
        AreaError, ReadError, MappingError: the area cannot be used.
        FieldError: there is no such custom field, or its value does not fit.
    """
    _check(target)
    with scoped(scope) as connection:
        frame = read_frame(connection, queries("accounts").export.sql, filter_parameters(wanted))
        frame = frame.assign(**dict.fromkeys(frame.columns.intersection([*PEOPLE_AT_ACCOUNT]))) if scope.has_floor else frame
        layers = [dataset for _, dataset, *_ in queries("thematic").in_force(connection)]
    return _write(_with_custom(_with_themes(frame.astype(dict.fromkeys(_COUNTS, "Int64")), layers)), target)


def filter_parameters(wanted: AccountFilter) -> dict[str, Any]:
    """The parameters of the queries that take a filter of accounts: statuses, segments, territories, area as WKB, and custom as JSON.

    Raises:
        AreaError, ReadError, MappingError: the area cannot be used.
        FieldError: there is no such custom field, or its value does not fit.
    """
    area = shapely.to_wkb(area_of_file(wanted.area)) if wanted.area is not None else None
    return {
        "statuses": list(wanted.statuses), "segments": list(wanted.segments), "territories": list(wanted.territories), "area": area,
        "custom": Jsonb(custom_values.wanted("accounts", wanted.custom)),
    }  # fmt: skip


def _with_themes(frame: pd.DataFrame, layers: list[str]) -> pd.DataFrame:
    """With a column for each thematic layer instead of `themes`; empty where it tells nothing of an account."""
    told = [themes or {} for themes in frame["themes"]]
    columns = {f"thematic_{layer}": [each.get(layer) for each in told] for layer in layers}
    return frame.drop(columns="themes").join(pd.DataFrame(columns, index=frame.index))


def _with_custom(frame: pd.DataFrame) -> pd.DataFrame:
    """With a column for each custom field that is not personal instead of `custom`; empty where an account has none."""
    given = [held("accounts", custom) for custom in frame["custom"]]
    fields = [each for each in fields_of("accounts") if not each.personal]
    columns = pd.DataFrame({each.name: [values.get(each.name) for values in given] for each in fields}, index=frame.index, dtype="object")
    return frame.drop(columns="custom").join(columns.astype({each.name: _CUSTOM_TYPES[each.type] for each in fields if each.type in _CUSTOM_TYPES}))


def export_answer(query: CubeQuery, answer: Answer, target: Path) -> int:
    """Writes an answer of the cube, with what was asked, of which version; see `write_table`.

    Args:
        query: the question.
        answer: its answer.
        target: .csv, .xlsx or .parquet.

    Returns:
        Rows written.

    Raises:
        ExportError: the format is not one of these, or the target cannot be written.
    """
    return write_table(answer.table, target, _about(query, answer))


def export_outlines(query: CubeQuery, answer: Answer, outlines: gpd.GeoSeries, target: Path) -> int:
    """Writes an answer of the cube with the outline of each row, EPSG:4326.

    Args:
        query: the question.
        answer: its answer.
        outlines: on its rows.
        target: .geojson, or .parquet, which tells what was asked too.

    Returns:
        Rows written.

    Raises:
        ExportError: the format is not one of these, or the target cannot be written.
    """
    _check(target)
    if target.suffix.lower() not in (".geojson", ".parquet"):
        raise ExportError(f"{target.name}: outlines are written as .geojson or .parquet.")
    members = {axis.column: [DIMENSIONS[axis.dimension].member(raw) for raw in answer.table[axis.column].to_pylist()] for axis in query.axes}
    figures = {name: answer.table[name].cast(pa.float64()).to_pandas() for name in answer.table.column_names if name not in members}
    frame = gpd.GeoDataFrame({**members, **figures}, geometry=outlines)
    frame.attrs = _about(query, answer)
    return _write(frame, target)


def _about(query: CubeQuery, answer: Answer) -> dict[str, str]:
    """What was asked, and of which version of the cube."""
    told = answer.explanation
    asked = query.parameters()
    about = {name: text if isinstance(text := asked.get(name, ""), str) else " and ".join(text) for name in _ASKED}
    about |= {"currency": told.currency or "", "cube_version": told.version, "as_of": told.built_at.isoformat(timespec="seconds")}
    return about | ({"hidden": told.hidden} if told.hidden else {})


def write_table(table: pa.Table, target: Path, about: Mapping[str, str] | None = None) -> int:
    """Writes an answer of the cube, or the records behind one; cells as hexadecimal text.

    A Parquet file with cells is GeoParquet: their hexagons, EPSG:4326, stand in its column `geometry`; of several columns of cells those of the first.

    Args:
        table: as in `gcrm.olap.answer.Answer`.
        target: .csv, .xlsx or .parquet.
        about: names and texts that are written into the file: lines that begin with # above a CSV, the sheet `About` of a workbook,
            the metadata of Parquet, from which pandas takes them as `attrs`.

    Returns:
        Rows written.

    Raises:
        ExportError: the format is not known, or the target cannot be written.
    """
    _check(target)
    if target.suffix.lower() == ".geojson":
        raise ExportError(f"{target.name}: an answer of the cube has no points; write .csv, .xlsx or .parquet.")
    frame = table.to_pandas(integer_object_nulls=True)  # a cell beside a missing one stays whole
    places = [name for name in frame.columns if name in PLACE_COLUMNS]
    cells = {name: frame[name].astype("Int64") for name in places}
    for name in places:
        frame[name] = [f"{cell:x}" if pd.notna(cell) else None for cell in cells[name]]
    if places and target.suffix.lower() == ".parquet":
        frame = gpd.GeoDataFrame(frame, geometry=hexagons(cells[places[0]].dropna()).reindex(frame.index))
    frame.attrs = dict(about or {})
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
    with target.open("w", newline="", encoding="utf-8") as file:
        file.writelines(f"{_note(str(name), text)}\n" for name, text in frame.attrs.items())
        frame.map(harmless).to_csv(file, index=False)


def _note(name: str, text: str) -> str:
    """A line about the table, which stays one cell, and so text that begins with #, wherever a spreadsheet splits lines."""
    line = " ".join(f"# {name}: {text}".split())
    return '"' + line.replace('"', '""') + '"' if set(line) & set(_SPLITS) else line


def _write_xlsx(frame: pd.DataFrame, target: Path) -> None:
    if len(frame) > XLSX_MOST_ROWS:
        raise ExportError(f"{len(frame):,} rows do not fit into a sheet of {XLSX_MOST_ROWS:,}; write .csv or .parquet.")
    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs={"options": XLSX_OPTIONS}) as workbook:
        frame.to_excel(workbook, sheet_name="gcrm", index=False, freeze_panes=(1, 0))
        if frame.attrs:
            pd.DataFrame(frame.attrs.items()).to_excel(workbook, sheet_name="About", index=False, header=False)
            workbook.sheets["About"].set_column(0, 1, _ABOUT_WIDTH)


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
