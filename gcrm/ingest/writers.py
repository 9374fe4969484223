"""Refused records as a file of the format that they came in, each with why it was refused, to be mended and imported again."""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from gcrm.errors import ExportError
from gcrm.ingest.harmless import XLSX_MOST_ROWS, XLSX_OPTIONS, harmless
from gcrm.ingest.options import WHITESPACE, ReadOptions
from gcrm.ingest.readers.frames import MARKS
from gcrm.ingest.readers.mended import REASON_COLUMNS
from gcrm.ingest.readers.shapes import COLUMNS as SHAPE_COLUMNS
from gcrm.units import WGS84

_ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        **{each: each for each in (".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".asc", ".xlsx", ".parquet", ".geojson", ".json", ".gpkg", ".vcf")},
        **dict.fromkeys((".ods", ".xls", ".xlsm"), ".xlsx"),
        **dict.fromkeys((".geojsonl", ".geojsons", ".ndjson", ".jsonl"), ".geojson"),
        **dict.fromkeys((".shp", ".zip"), ".gpkg"),
        ".vcard": ".vcf",
    }
)
"""The ending of the file that is written for one that was read; ODS and XLS become XLSX, a Shapefile becomes a GeoPackage."""

_OTHER_FORMS: Mapping[str, str] = MappingProxyType(
    {
        ".ods": "an OpenDocument sheet is written as XLSX",
        ".xls": "an old workbook is written as XLSX",
        ".shp": "a Shapefile is written as a GeoPackage, which cuts no name and no text short",
        ".zip": "a Shapefile is written as a GeoPackage, which cuts no name and no text short",
        ".geojsonl": "features of a line each are written as a FeatureCollection",
    }
    | dict.fromkeys((".geojsons", ".ndjson", ".jsonl"), "features of a line each are written as a FeatureCollection")
)
"""What to say where a file goes back in another format than it came in."""

_UNSHAPED = "geometry as text"

_PART = "refused"
"""Name of the sheet, or of the layer, where the source's had none."""


def refused_name(file_name: str) -> str:
    """The name of the file that holds what was refused of another one.

    Args:
        file_name: of the file that was read.
    """
    path = Path(file_name)
    return f"{path.stem}.refused{_ENDINGS.get(path.suffix.lower(), '.csv')}"


def other_form(file_name: str) -> str | None:
    """What to say of the file of `refused_name` where it has another format than the one that was read; None where it has the same.

    Args:
        file_name: of the file that was read.
    """
    return _OTHER_FORMS.get(Path(file_name).suffix.lower())


def write_refused(records: pd.DataFrame, reasons: pd.DataFrame, target: Path, options: ReadOptions | None = None) -> int:
    """Writes refused records; written beside and renamed, so that the file is whole or not there.

    Args:
        records: the columns of the source as text, index `row_number`; marks of records that do not fit are left out.
        reasons: the same index, columns column, value, reason.
        target: its ending says the format, see `refused_name`.
        options: delimiter, line end and encoding of delimited text; names of the sheet and the layer.

    Returns:
        Records written.

    Raises:
        ExportError: the format is not written, or the target cannot be.
    """
    writer = _WRITERS.get(target.suffix.lower())
    if writer is None:
        raise ExportError(f"{target.name}: files that end in {target.suffix or 'nothing'} are not written; use {', '.join(_WRITERS)}.")
    source = records[[name for name in records.columns if name not in {*MARKS, *REASON_COLUMNS}]].astype("string").fillna("")
    why = pd.DataFrame(
        {"row": reasons.index.astype("string"), **{name: reasons[name].astype("string").fillna("").to_numpy() for name in ("column", "value", "reason")}}
    )
    frame = source.assign(**dict(zip(REASON_COLUMNS, (why[name].to_numpy() for name in why.columns), strict=True))).astype("string")
    waiting = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        writer(frame, waiting, options or ReadOptions())
        waiting.replace(target)
    except OSError as error:
        raise ExportError(f"{target} cannot be written ({error.strerror or error}); choose another place.") from error
    finally:
        waiting.unlink(missing_ok=True)
    return len(frame)


def _write_delimited(frame: pd.DataFrame, target: Path, options: ReadOptions) -> None:
    delimiter = options.delimiter or ("\t" if target.suffix.lower() in {".tsv", ".tab"} else ",")
    delimiter = "\t" if delimiter == WHITESPACE else delimiter
    safe = frame.map(harmless)
    rows = ([str(harmless(name)) for name in frame.columns], *safe.itertuples(index=False, name=None))
    with target.open("w", encoding=options.encoding or "utf-8", errors="backslashreplace", newline="") as file:
        if len(delimiter) == 1 and options.line_end is None:
            csv.writer(file, delimiter=delimiter).writerows(rows)
            return
        for row in rows:
            if options.line_end is not None:  # quotes have no meaning here: what would part a record is left out
                fields = [field.replace(options.line_end, " ").replace(delimiter, " ") for field in row]
            else:
                fields = [_quoted(field, delimiter) for field in row]
            file.write(delimiter.join(fields) + (options.line_end or "\r\n"))


def _quoted(field: str, delimiter: str) -> str:
    if any(mark in field for mark in (delimiter, '"', "\n", "\r")):
        return '"' + field.replace('"', '""') + '"'
    return field


def _write_xlsx(frame: pd.DataFrame, target: Path, options: ReadOptions) -> None:
    if len(frame) > XLSX_MOST_ROWS:
        raise ExportError(f"{len(frame):,} rows do not fit into a sheet of {XLSX_MOST_ROWS:,}; download them as .csv.")
    shortened = frame.map(lambda value: value[:32_767])  # as much as a cell holds
    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs={"options": XLSX_OPTIONS}) as workbook:
        shortened.to_excel(workbook, sheet_name=options.sheet or _PART, index=False, freeze_panes=(1, 0))


def _write_parquet(frame: pd.DataFrame, target: Path, _options: ReadOptions) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.cast(pa.schema([(name, pa.string()) for name in table.column_names])), target)


def _write_geojson(frame: pd.DataFrame, target: Path, _options: ReadOptions) -> None:
    _shaped(frame).to_file(target, driver="GeoJSON")


def _write_geopackage(frame: pd.DataFrame, target: Path, options: ReadOptions) -> None:
    _shaped(frame).to_file(target, driver="GPKG", layer=options.layer or _PART)


def _shaped(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The records with their geometry; one that cannot be written is kept as text in a column of its own."""
    texts = frame["geometry"] if "geometry" in frame else pd.Series("", index=frame.index, dtype="string")
    shapes = shapely.from_wkt(np.array([text or None for text in texts], dtype=object), on_invalid="ignore")
    finite = np.array([shape is not None and not shape.is_empty and bool(np.isfinite(shape.bounds).all()) for shape in shapes], dtype=bool)
    shapes[~finite] = None
    attributes = frame.drop(columns=[name for name in SHAPE_COLUMNS if name in frame and "geometry" in frame])
    if (lost := (texts != "").to_numpy() & ~finite).any():
        attributes.insert(0, _UNSHAPED, texts.where(lost, ""))
    return gpd.GeoDataFrame(attributes.astype(object), geometry=gpd.GeoSeries(shapes, index=frame.index, crs=WGS84))


def _write_vcards(frame: pd.DataFrame, target: Path, _options: ReadOptions) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        for record in frame.to_dict("records"):
            file.write(_card({str(name): str(value) for name, value in record.items()}))


def _card(record: Mapping[str, str]) -> str:
    """A vCard 3.0 (RFC 2426); one that could not be read is given back as it was, with the reason in it."""
    reasons = [f"X-{name.replace(' ', '-').upper()}:{_escaped(record.get(name, ''))}" for name in REASON_COLUMNS]
    if record.get("card"):
        lines = [line for line in record["card"].splitlines() if line.strip().upper().replace(" ", "") != "END:VCARD"]
        return "\r\n".join([*lines, *reasons, "END:VCARD"]) + "\r\n"

    def text(*names: str) -> str:
        return ";".join(_escaped(record.get(name, "")) for name in names)

    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{text('full name')}", f"N:{text('family name', 'given name')};;;"]
    lines += [f"{key}:{text(name)}" for key, name in _PLAIN_LINES if record.get(name)]
    if record.get("organisation") or record.get("department"):
        lines.append(f"ORG:{text('organisation', 'department')}")
    address = ("post box", "", "street", "city", "region", "postcode", "country")
    if any(record.get(name) for name in address):
        lines.append(f"ADR:{text(*address)}")
    lines += [f"{key}:{before}{_escaped(one)}{after}" for key, before, after, name, mark in _LISTED for one in record.get(name, "").split(mark) if one]
    if record.get("longitude") and record.get("latitude"):
        lines.append(f"GEO:{text('latitude', 'longitude')}")
    buffer = io.StringIO()
    for line in [*lines, *reasons, "END:VCARD"]:
        buffer.write(line + "\r\n")
    return buffer.getvalue()


_PLAIN_LINES = (
    ("UID", "uid"),
    ("NICKNAME", "nickname"),
    ("TITLE", "title"),
    ("TEL;TYPE=VOICE,PREF", "phone"),
    ("TEL;TYPE=CELL", "mobile"),
    ("TEL;TYPE=FAX", "fax"),
    ("EMAIL", "mail"),
    ("URL", "website"),
    ("BDAY", "birthday"),
    ("CATEGORIES", "categories"),
    ("NOTE", "note"),
)

_LISTED = (
    ("TEL;TYPE=VOICE", "", "", "other phones", ", "),
    ("EMAIL", "", "", "other mails", ", "),
    ("ADR", ";;", ";;;;", "other addresses", "; "),
)
"""Lines of which a column holds several: key, what stands before and after each, column, what parts them in it."""


def _escaped(text: str) -> str:
    for mark, written in (("\\", "\\\\"), (";", r"\;"), (",", r"\,"), ("\r\n", r"\n"), ("\n", r"\n"), ("\r", r"\n")):
        text = text.replace(mark, written)
    return text


_Writer = Callable[[pd.DataFrame, Path, ReadOptions], None]
_WRITERS: Mapping[str, _Writer] = MappingProxyType(
    {
        **dict.fromkeys((".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".asc"), _write_delimited),
        ".xlsx": _write_xlsx,
        ".parquet": _write_parquet,
        **dict.fromkeys((".geojson", ".json"), _write_geojson),
        ".gpkg": _write_geopackage,
        ".vcf": _write_vcards,
    }
)
