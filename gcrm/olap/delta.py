"""Files of a version: each is plain Parquet, or a file of an earlier version and beside it what differs.

Of a file NAME.parquet that differs there are three: NAME.base.parquet, which is the file of the earlier version under another name (a hard link),
NAME.removed.parquet with the positions in it of the rows that hold no more (`position`, from 0), and NAME.added.parquet with the rows that came.
Under its own name there is nothing then, so that nobody takes the base for the whole.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

import duckdb

BASE, REMOVED, ADDED = "base", "removed", "added"


def part(file: Path, name: str) -> Path:
    """One of the three files of a file that differs.

    Args:
        file: NAME.parquet in the folder of a version.
        name: BASE, REMOVED or ADDED.
    """
    return file.with_suffix(f".{name}.parquet")


def is_changed(file: Path) -> bool:
    """Whether a file differs from one of an earlier version, and so lies there in three parts."""
    return part(file, BASE).is_file()


def base(file: Path) -> Path:
    """The plain file that a file is, or that it differs from."""
    return part(file, BASE) if is_changed(file) else file


def source(file: Path) -> str:
    """What stands behind FROM to read the rows of a file, whether it is plain or not; filters reach the files below.

    Args:
        file: NAME.parquet in the folder of a version.
    """
    if not is_changed(file):
        return f"read_parquet({quoted(file)})"
    removed, added = (f"read_parquet({quoted(part(file, name))})" for name in (REMOVED, ADDED))
    kept = f"{positioned(part(file, BASE))} AS base ANTI JOIN {removed} AS removed ON base.file_row_number = removed.position"
    return f"(SELECT * EXCLUDE (file_row_number) FROM {kept} UNION ALL SELECT * FROM {added})"  # noqa: S608 - the names of files


def positioned(file: Path) -> str:
    """What stands behind FROM to read a plain file with the position of each row, `file_row_number`."""
    return f"read_parquet({quoted(file)}, file_row_number = true)"


def quoted(file: Path) -> str:
    """A file's name as a text of SQL."""
    return "'" + str(file).replace("'", "''") + "'"


def row_count(database: duckdb.DuckDBPyConnection, file: Path) -> int:
    """Rows of a file, as the metadata of its parts tells them."""
    signs = {part(file, BASE): 1, part(file, REMOVED): -1, part(file, ADDED): 1} if is_changed(file) else {file: 1}
    return sum(sign * _count(database, path) for path, sign in signs.items())


def is_there(name: str, present: Collection[str]) -> bool:
    """Whether a file is among the names of a folder, with all its parts.

    Args:
        name: without ending.
        present: names with endings.
    """
    return f"{name}.parquet" in present or all(f"{name}.{each}.parquet" in present for each in (BASE, REMOVED, ADDED))


def take_over(file: Path, target: Path) -> None:
    """Makes a file of an earlier version, plain or in parts, one of another version.

    Args:
        file: NAME.parquet in the folder of the earlier version.
        target: the same in the folder of the other.
    """
    if is_changed(file):
        for name in (BASE, REMOVED, ADDED):
            link(part(file, name), part(target, name))
    else:
        link(file, target)


def link(file: Path, target: Path) -> None:
    """A second name for a file that never changes; a copy where the file system knows no hard links."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def _count(database: duckdb.DuckDBPyConnection, file: Path) -> int:
    rows: list[tuple[int]] = database.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchall()
    return rows[0][0]
