"""Files below GCRM_HOME that hold a person: what was handed in, spooled, printed by a job, written by the demo."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gcrm.config import settings

_OTHERS = ("postgres", "run", "cubes", "reference", "roads", "privacy")
"""Folders of the database, of the cubes (`cubes.py` looks at these), of places, and of the tombstones."""
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le")
_PARQUET = b"PAR1"
_BLOCK_BYTES = 1 << 22


def files_holding(terms: Iterable[str]) -> list[Path]:
    """The files that hold one of some texts, in capitals or not, also inside of workbooks and Parquet.

    Args:
        terms: mail addresses, telephone numbers, full names.
    """
    wanted = _bytes_of(terms)
    return [path for path in sorted(_files()) if _holds(path, wanted)] if wanted else []


def below_home(path: Path) -> bool:
    """Whether a file is one of those that gcrm keeps itself."""
    return path.is_relative_to(settings().home) and path.relative_to(settings().home).parts[0] not in _OTHERS


def _files() -> Iterator[Path]:
    home = settings().home
    for entry in home.iterdir() if home.is_dir() else ():
        if entry.name not in _OTHERS:
            yield from (path for path in (entry.rglob("*") if entry.is_dir() else (entry,)) if path.is_file() and not path.is_symlink())


def _bytes_of(terms: Iterable[str]) -> list[bytes]:
    found = set()
    for term in terms:
        for encoding in _ENCODINGS:
            try:
                found.add(term.lower().encode(encoding))
            except UnicodeEncodeError:  # a letter that the encoding does not have cannot stand in such a file
                continue
    return sorted(found)


def _holds(path: Path, wanted: list[bytes]) -> bool:
    try:
        return any(term in block for block in _blocks(path, max(map(len, wanted))) for term in wanted)
    except FileNotFoundError:  # it was just removed
        return False


def _blocks(path: Path, overlap: int) -> Iterator[bytes]:
    """What is in a file, in lower case, in blocks that overlap by so many bytes."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name).lower()
        return
    with path.open("rb") as file:
        beginning = file.read(len(_PARQUET))
        if beginning == _PARQUET:
            yield _parquet_text(path)
            return
        before = beginning
        while block := file.read(_BLOCK_BYTES):
            yield (before + block).lower()
            before = block[-overlap:]


def _parquet_text(path: Path) -> bytes:
    """Every text in a Parquet file, one behind the other."""
    table = pq.read_table(path)
    texts = (column.cast(pa.string()) for column in table.columns if pa.types.is_string(column.type) or pa.types.is_large_string(column.type))
    return "\n".join(value for column in texts for value in column.to_pylist() if value).lower().encode()
