"""Zip archives from strangers: looked at by their directory before anything in them is unpacked."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO

from gcrm.errors import ReadError

MOST_BYTES = 1 << 30
"""An archive that unpacks to more is refused: small files can be made to unpack to terabytes."""

MOST_ENTRIES = 10_000
"""An archive with more files in it is refused."""

_ARCHIVES = (".zip", ".xlsx", ".ods", ".gz", ".7z", ".rar", ".bz2", ".xz", ".jar")
_HEAD_BYTES = 4096
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@contextmanager
def checked(path: Path, what: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive that is safe to read from.

    Args:
        path: the archive.
        what: what it should be, for the error.

    Raises:
        ReadError: it is broken, encrypted, unpacks too far, has too many entries, archives inside, or entries that
            overlap (the way of the bombs that repeat one part).
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path.name)
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise ReadError(f"{path.name} is not {what} that can be read ({error}); save it again.") from error


def _check(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    if len(members) > MOST_ENTRIES:
        raise ReadError(f"{name} holds {len(members):,} files, more than the {MOST_ENTRIES:,} allowed; save it as CSV.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_BYTES:
        raise ReadError(f"{name} unpacks to {unpacked:,} bytes, more than the {MOST_BYTES:,} allowed; save it as CSV.")
    for member in members:
        if member.flag_bits & 1:
            raise ReadError(f"{name} is encrypted; save it without a password.")
        if member.filename.lower().endswith(_ARCHIVES) and "embeddings/" not in member.filename:
            raise ReadError(f"{name} holds another archive, {member.filename!r}; unpack it first.")
        if member.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", member.filename):
            raise ReadError(f"{name} holds {member.filename!r}, which points outside of it; pack it anew.")
    starts = sorted((member.header_offset, member.compress_size) for member in members)
    if any(offset + size > following for (offset, size), (following, _) in pairwise(starts)):
        raise ReadError(f"{name} holds entries that overlap; save it as CSV.")


def open_part(archive: zipfile.ZipFile, part: str, name: str) -> IO[bytes]:
    """A part of an office document, from its beginning; one that defines entities is refused, as office programs do not write them.

    Args:
        archive: as from `checked`.
        part: name of the part.
        name: of the archive, for the error.

    Raises:
        ReadError: the part defines XML entities.
    """
    with archive.open(part) as stream:
        if _ENTITIES.search(stream.read(_HEAD_BYTES)):
            raise ReadError(f"{name} defines XML entities in {part}, which no office program does; save it again as XLSX or CSV.")
    return archive.open(part)
