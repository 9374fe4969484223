"""The geocoder's reference: made of the layers in force, and kept in a file until they change."""

import hashlib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg
from psycopg.rows import TupleRow

from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.db.load import read_frame_by_copy
from gcrm.db.queries import queries
from gcrm.ingest.geocoding.folding.dictionary import Dictionary, dictionary
from gcrm.ingest.geocoding.match import MATCHER_VERSION
from gcrm.ingest.geocoding.reference import Reference

Connection = psycopg.Connection[TupleRow]


def prepare_reference() -> None:
    """Makes the reference anew where layers have changed, so that the first who looks for an address need not wait for it."""
    with connect(Role.READER) as connection:
        words = dictionary(settings().dictionaries)
        if not _file(connection, words).exists():
            _made(connection, words)


def load_reference(connection: Connection) -> Reference:
    """The reference as the layers in the database are now.

    Args:
        connection: a connection of the writer or the reader.
    """
    words = dictionary(settings().dictionaries)
    path = _file(connection, words)
    if path.exists():
        # A file that is broken, or that another process has just replaced, is as good as none.
        with suppress(duckdb.Error):
            return Reference.kept(path, words)
    return _made(connection, words)


def _file(connection: Connection, words: Dictionary) -> Path:
    """The file of the reference; another one for other layers, words, programs and formats."""
    parts = (queries("geocode").layers_in_force(connection), words.digest, MATCHER_VERSION, duckdb.__version__)
    return settings().reference / f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}.duckdb"


def _made(connection: Connection, words: Dictionary) -> Reference:
    path = _file(connection, words)
    statements = queries("geocode")
    names = ("reference_points", "reference_streets", "reference_areas")
    points, streets, areas = (read_frame_by_copy(connection, getattr(statements, name).sql) for name in names)
    reference = Reference(points, streets, areas, words)
    # Layers may have changed while they were read.
    if _file(connection, words) == path:
        # It is kept for speed alone: a full or a read-only disk does not stop the geocoder.
        with suppress(OSError, duckdb.Error):
            _keep(reference, path)
    return reference


def _keep(reference: Reference, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        reference.keep(made)
        made.replace(path)
    for other in path.parent.glob("*.duckdb"):
        if other != path:
            other.unlink(missing_ok=True)
