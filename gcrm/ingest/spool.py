"""A place of files: a file, a folder, standard input, or a table of a database; what is no file becomes one first.

A file that was spooled has a checksum and can be read twice, which an import that is checked, resumed or repeated needs.
It lies in the user's data folder and leaves with the run; what a killed run left behind leaves with the next one.
"""

import hashlib
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, quote_plus
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gcrm.config import settings
from gcrm.errors import ReadError
from gcrm.ingest import readers
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers.frames import unique_names
from gcrm.ingest.readers.kinds import ENDINGS, format_of
from gcrm.ingest.readers.values import cell_text

STANDARD_INPUT = "-"

FILE_COLUMN = "file"
"""Column that names the file of a record, where several files are read as one."""

_BLOCK_BYTES = 1 << 20
_BATCH_ROWS = 5_000
_LOCK = "in use"


@contextmanager
def local_files(place: str, options: ReadOptions, *, together: bool = False) -> Iterator[list[Path]]:
    """The files that a place names, as long as they are needed.

    Args:
        place: a file; a folder, for the files in it whose endings are read; `-` for standard input; or the SQLAlchemy
            address of a database, which ends in `/table` unless the options name a table or a query.
        options: table and query of a database; how the files of a folder are read.
        together: whether the files of a folder are read as one, with the name of each record's file in FILE_COLUMN.

    Yields:
        At least one path.

    Raises:
        ReadError: the place holds nothing that is read, or a database cannot be.
    """
    if place == STANDARD_INPUT:
        with _folder() as folder:
            yield [_spooled_input(sys.stdin.buffer, folder)]
    elif "://" in place:
        with _folder() as folder:
            yield [_spooled_table(place, folder, options)]
    elif Path(place).is_dir():
        files = _files_in(Path(place))
        if not together:
            yield files
            return
        with _folder() as folder:
            yield [_spooled_files(files, folder / f"{Path(place).resolve().name}.parquet", options)]
    else:
        yield [Path(place)]


def _files_in(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file())
    except OSError as error:
        raise ReadError(f"{folder} cannot be read ({error.strerror}); check who may read it.") from error
    if not found:
        raise ReadError(f"{folder} holds no file that is read; give it files that end in {', '.join(ENDINGS)}.")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of this run alone; those of runs that were killed are removed on the way."""
    parent = settings().home / "spool"
    folder = parent / uuid4().hex
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for abandoned in parent.iterdir():
            _remove_unless_used(abandoned)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise ReadError(f"{parent} cannot be written ({error.strerror}); set GCRM_HOME to a folder that can.") from error
    with FileLock(folder / _LOCK):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_unless_used(folder: Path) -> None:
    lock = folder / _LOCK
    if not lock.exists():
        return  # just being made
    try:
        with FileLock(lock, timeout=0):
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        pass


def _spooled_input(stream: BinaryIO, folder: Path) -> Path:
    """Standard input as a file that is named by its content, so that the same input is known again."""
    path = folder / "standard-input"
    digest = hashlib.sha256()
    try:
        with path.open("wb") as file:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
                file.write(block)
    except OSError as error:
        raise ReadError(f"Standard input cannot be kept in {folder.parent} ({error.strerror}); make room there, or give a file.") from error
    named = path.rename(folder / f"standard-input-{digest.hexdigest()[:12]}.csv")
    if named.stat().st_size == 0:
        raise ReadError("Standard input is empty; it needs at least a header line.")
    ending = next(ending for ending, kind in ENDINGS.items() if kind is format_of(named))
    return named.rename(named.with_suffix(ending))


def _spooled_files(files: list[Path], target: Path, options: ReadOptions) -> Path:
    """The records of several files in one, which have to have the same columns."""

    def frames() -> Iterator[pd.DataFrame]:
        columns: list[str] | None = None
        for path in files:
            for frame in readers.read(path, options):
                present = [name for name in frame.columns if name not in readers.MARKS]
                if columns is not None and present != columns:
                    raise ReadError(f"{path.name} has other columns than {files[0].name} ({', '.join(present)}); import the files one by one.")
                columns = present
                yield frame.reindex(columns=[*present, *readers.MARKS]).assign(**{FILE_COLUMN: path.name})

    return _written(frames(), target)


def _written(frames: Iterator[pd.DataFrame], target: Path) -> Path:
    """Frames of text as Parquet."""
    writer = None
    try:
        for frame in frames:
            table = pa.Table.from_pandas(frame.astype("string"), preserve_index=False)
            table = table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
            writer = writer or pq.ParquetWriter(target, table.schema)
            writer.write_table(table)
    except OSError as error:
        raise ReadError(f"{target.name} cannot be kept in {target.parent.parent} ({error.strerror or error}); make room there.") from error
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise ReadError(f"{target.stem} holds no record; it needs at least one.")
    return target


def _spooled_table(address: str, folder: Path, options: ReadOptions) -> Path:
    url, table = _address(address, options)
    what = table or "query"
    shown = f"{url.database or url.host}, {what}"
    try:
        engine = _engine(url)
        only_reading = {"postgresql_readonly": True} if url.get_backend_name() == "postgresql" else {}
        with engine.connect().execution_options(stream_results=True, yield_per=_BATCH_ROWS, **only_reading) as connection:
            result = connection.execute(_statement(table, options))
            columns = unique_names([str(name) for name in result.keys()])  # noqa: SIM118 - a result is no mapping
            frames = (_text_frame(rows, columns) for rows in result.partitions(_BATCH_ROWS))
            return _written(frames, folder / f"{_file_name(url, what, options)}.parquet")
    except (SQLAlchemyError, ImportError, sqlite3.Error) as error:
        raise ReadError(f"{shown} cannot be read ({_without_password(error, url)}); check the address, the table and the rights.") from error
    except (UnicodeError, ValueError, OverflowError) as error:
        raise ReadError(f"{shown} holds a value that cannot be read ({_without_password(error, url)}); leave it out with --query.") from error


def _text_frame(rows: object, columns: list[str]) -> pd.DataFrame:
    records = [[cell_text(value) for value in row] for row in rows]  # type: ignore[attr-defined]
    return pd.DataFrame(records, columns=columns, dtype="string")


def _address(address: str, options: ReadOptions) -> tuple[sa.URL, str | None]:
    """The address of the database, and the table that it ends in or that the options name."""
    try:
        url = sa.make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ReadError("The address of the database cannot be read; write it as postgresql+psycopg://user@host/database/table.") from error
    if options.query is not None:
        return url, None
    if options.table is not None:
        return url, options.table
    database, slash, table = (url.database or "").rpartition("/")
    if not slash or not table or not database or (url.get_backend_name() == "sqlite" and Path(url.database or "").is_file()):
        raise ReadError("The address of the database names no table; end it in /table, or give --table or --query.")
    return url.set(database=database), table


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=sa.NullPool, hide_parameters=True)
    path = Path(url.database or "")
    if not path.is_file():
        raise ReadError(f"{path} is not a file; check the path.")
    return sa.create_engine("sqlite://", poolclass=sa.NullPool, creator=lambda: sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


def _statement(table: str | None, options: ReadOptions) -> sa.Executable:
    if table is None:
        return sa.text((options.query or "").replace(":", r"\:"))
    schema, _, name = table.rpartition(".")
    return sa.select(sa.text("*")).select_from(sa.table(name, schema=schema or None))


def _file_name(url: sa.URL, what: str, options: ReadOptions) -> str:
    database = Path(url.database or "database").stem
    suffix = f"-{hashlib.sha256(options.query.encode()).hexdigest()[:12]}" if options.query is not None else ""
    return "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in f"{database}.{what}{suffix}")


def _without_password(error: Exception, url: sa.URL) -> str:
    """The first line of an error, without the password of the address in any way of writing it."""
    text = str(getattr(error, "orig", None) or error).strip().splitlines()
    line = text[0] if text else type(error).__name__
    password = str(url.password) if url.password is not None else ""
    for form in filter(None, {password, quote(password, safe=""), quote_plus(password)}):
        line = line.replace(form, "***")
    return line
