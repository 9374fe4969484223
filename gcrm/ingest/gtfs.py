"""Timetables in GTFS (https://gtfs.org/documentation/schedule/reference): the tables of a feed as text."""

from pathlib import Path
from types import MappingProxyType
from zipfile import BadZipFile, ZipFile

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc

from gcrm.errors import ReadError

TABLES = MappingProxyType({
    "stops": ("stop_id", "stop_lat", "stop_lon"),
    "routes": ("route_id", "route_type"),
    "trips": ("trip_id", "route_id", "service_id"),
    "stop_times": ("trip_id", "stop_id", "stop_sequence", "departure_time", "arrival_time"),
    "calendar": ("service_id", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "start_date", "end_date"),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
    "shapes": ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"),
})  # fmt: skip
"""The tables that are read, and the columns that each needs."""

_REQUIRED = ("stops", "routes", "trips", "stop_times")


def read_gtfs(path: Path) -> dict[str, pd.DataFrame]:
    """The tables of a feed.

    Args:
        path: zip archive; its files may lie in one folder of it.

    Returns:
        For each of TABLES a frame of text, index `row_number` from 1, "" for nothing; a table that may be left out is empty where it is.

    Raises:
        ReadError: it is no zip archive, a table or column that is needed is missing, or it tells on no day when it holds.
    """
    try:
        with ZipFile(path) as archive:
            places = {Path(name).name: name for name in archive.namelist()}
            feed = {table: _read(archive, places.get(f"{table}.txt"), table, path.name) for table in TABLES}
    except (BadZipFile, OSError) as error:
        raise ReadError(f"{path.name} is no zip archive that can be read ({error}); get the feed again.") from error
    if feed["calendar"].empty and feed["calendar_dates"].empty:
        raise ReadError(f"{path.name} holds neither calendar.txt nor calendar_dates.txt with a row; it needs one of them.")
    return feed


def _read(archive: ZipFile, place: str | None, table: str, file_name: str) -> pd.DataFrame:
    needed = TABLES[table]
    if place is None:
        if table in _REQUIRED:
            raise ReadError(f"{file_name} holds no {table}.txt; a GTFS feed needs it.")
        return pd.DataFrame(columns=list(needed), dtype="string")
    content = archive.read(place).removeprefix(b"\xef\xbb\xbf")
    names = [name.strip().strip('"') for name in content.split(b"\n", 1)[0].decode(errors="replace").strip().split(",")]
    missing = [column for column in needed if column not in names]
    if missing:
        raise ReadError(f"{file_name}, {table}.txt has no column {' and '.join(missing)}; a GTFS feed needs it.")
    try:
        rows = pc.read_csv(
            pa.BufferReader(content),
            read_options=pc.ReadOptions(column_names=names, skip_rows=1),
            parse_options=pc.ParseOptions(newlines_in_values=True),
            convert_options=pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        raise ReadError(f"{file_name}, {table}.txt cannot be read ({' '.join(str(error).split())}); write it again.") from error
    frame: pd.DataFrame = rows.to_pandas(types_mapper={pa.string(): pd.StringDtype()}.get)
    for column in frame:
        frame[column] = frame[column].str.strip()
    return frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="row_number"))
