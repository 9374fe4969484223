"""The query log: what the cubes of a folder were asked, by shape. It holds no member of a filter and nothing of who asked.

SQLite adds each answer to the line of its shape, so that the log grows with the kinds of questions and not with their number, and its lock is held for
the one statement. What cannot be written is left out: an answer never waits for the log longer than _PATIENCE_S, and never fails by it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gcrm.errors import CubeError
from gcrm.olap.plan import QueryShape

LOG = "queries.sqlite"
MOST_SHAPES = 2000

_PATIENCE_S = 0.05
_TABLE = """
    CREATE TABLE IF NOT EXISTS asked (
        axes TEXT, measures TEXT, filtered TEXT, times INTEGER NOT NULL, milliseconds REAL NOT NULL, rows INTEGER NOT NULL, last_asked REAL NOT NULL,
        PRIMARY KEY (axes, measures, filtered)
    ) WITHOUT ROWID
"""
_ADD = """
    INSERT INTO asked VALUES (?, ?, ?, 1, ?, ?, julianday('now'))
    ON CONFLICT DO UPDATE SET
        times = times + 1, milliseconds = milliseconds + excluded.milliseconds, rows = rows + excluded.rows, last_asked = excluded.last_asked
"""
_FORGET = """
    DELETE FROM asked
    WHERE (axes, measures, filtered) IN (SELECT axes, measures, filtered FROM asked ORDER BY last_asked DESC, times DESC LIMIT -1 OFFSET ?)
"""
_ASKED = "SELECT axes, measures, filtered, times, milliseconds, rows FROM asked ORDER BY milliseconds DESC, axes, measures, filtered"


@dataclass(frozen=True)
class Asked:
    """Questions of one shape: how often, and what the answers took together."""

    shape: QueryShape
    times: int
    milliseconds: float
    rows_read: int


def note(folder: Path, shape: QueryShape, milliseconds: float, rows_read: int) -> None:
    """Adds an answer to the log; of more than MOST_SHAPES shapes those are forgotten that were not asked for longest.

    Args:
        folder: of the cubes.
        shape: of the question.
        milliseconds: that the answer took.
        rows_read: rows of the files that it was read from.
    """
    with suppress(sqlite3.Error), _opened(folder) as log:
        log.execute(_ADD, [*shape.texts, milliseconds, rows_read])
        ((shapes,),) = log.execute("SELECT count(*) FROM asked").fetchall()
        if shapes > MOST_SHAPES:
            log.execute(_FORGET, [MOST_SHAPES * 9 // 10])


def asked(folder: Path) -> list[Asked]:
    """What was asked, that which took longest altogether first; shapes of what is not declared any more are passed over.

    Args:
        folder: of the cubes.
    """
    rows: list[tuple[str, str, str, int, float, int]] = []
    with suppress(sqlite3.Error):
        if (folder / LOG).is_file():
            with _opened(folder) as log:
                rows = log.execute(
                    "SELECT axes, measures, filtered, times, milliseconds, rows FROM asked ORDER BY milliseconds DESC, axes, measures"
                ).fetchall()
    found = []
    for axes, measures, filtered, times, milliseconds, rows_read in rows:
        with suppress(CubeError):
            found.append(Asked(QueryShape.parse(axes, measures, filtered), times, milliseconds, rows_read))
    return found


def clear(folder: Path) -> None:
    """Forgets what was asked.

    Args:
        folder: of the cubes.

    Raises:
        CubeError: the log cannot be removed.
    """
    try:
        (folder / LOG).unlink(missing_ok=True)
    except OSError as error:
        raise CubeError(f"{folder / LOG} cannot be removed ({error}); see that you may write in its folder.") from error


@contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The log, in one transaction."""
    with closing(sqlite3.connect(folder / LOG, timeout=_PATIENCE_S)) as log, log:
        # A line of the log that is lost with the power is no loss, and an answer need not wait for the disk.
        log.execute("PRAGMA synchronous = OFF")
        log.execute(_TABLE)
        yield log
