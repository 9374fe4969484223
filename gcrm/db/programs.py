"""Finds PostgreSQL's server programs on this machine."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gcrm.errors import ClusterError

OLDEST_MAJOR = 15
"""Oldest major version of PostgreSQL that the program runs on."""

HOW_TO_INSTALL = (
    "install them with `apt install postgresql postgresql-postgis` (Debian, Ubuntu), "
    "`dnf install postgresql-server postgis` (Fedora) or `brew install postgresql@17 postgis` (macOS)"
)

_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
_NEEDED = ("initdb", "pg_ctl", "postgres")


@dataclass(frozen=True, slots=True)
class Programs:
    """The server programs of one installed version.

    Attributes:
        folder: where initdb, pg_ctl, postgres and psql are.
        major: major version, for example 15.
        version: full version, for example 15.18.
        has_postgis: True where PostGIS is installed for this version.
    """

    folder: Path
    major: int
    version: str
    has_postgis: bool


def _folders() -> Iterator[Path]:
    for pattern in _FOLDERS:
        yield from Path("/").glob(pattern)
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent


def _has_postgis(folder: Path, major: int) -> bool:
    # Packagers put the extensions in different places; pg_config knows, but is not always there.
    shares = [
        folder.parent / "share",
        folder.parent / "share/postgresql",
        folder.parent / f"share/postgresql@{major}",
        folder.parents[2] / f"share/postgresql@{major}",
        Path("/usr/share/pgsql"),
        Path(f"/usr/share/postgresql/{major}"),
    ]
    pg_config = folder / "pg_config"
    if pg_config.is_file():
        told = subprocess.run([pg_config, "--sharedir"], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            shares = [Path(told.stdout.strip())]
    return any((share / "extension/postgis.control").is_file() for share in shares)


def _programs(folder: Path) -> Programs | None:
    if not all(os.access(folder / name, os.X_OK) for name in _NEEDED):
        return None
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\) ((\d+)[\w.]*)", told.stdout)
    if not found:
        return None
    major = int(found[2])
    return Programs(folder, major, found[1], _has_postgis(folder, major))


def installed() -> list[Programs]:
    """Every version of the server programs that is installed, newest first."""
    found = {folder.resolve(): _programs(folder) for folder in _folders()}
    return sorted((each for each in found.values() if each), key=lambda each: each.major, reverse=True)


def choose(made_by: int | None, data: Path, found: Sequence[Programs] | None = None) -> Programs:
    """The server programs to run a cluster with.

    Args:
        made_by: major version that made the data folder; None for a new one, which gets the newest.
        data: the data folder, for the message.
        found: what there is to choose from, newest first; None for all that is installed.

    Returns:
        Programs of that major version, with PostGIS.

    Raises:
        ClusterError: PostgreSQL or PostGIS is missing or too old, or another major version made the data folder.
    """
    found = installed() if found is None else found
    usable = [each for each in found if each.major >= OLDEST_MAJOR and each.has_postgis]
    fitting = [each for each in usable if made_by in {None, each.major}]
    if fitting:
        return fitting[0]
    there = ", ".join(f"{each.version}{'' if each.has_postgis else ' without PostGIS'}" for each in found) or "none"
    if made_by is None or not found:
        raise ClusterError(f"PostgreSQL {OLDEST_MAJOR} or newer with PostGIS is needed, and installed is {there}; {HOW_TO_INSTALL}.")
    mend = "move that folder away and run `gcrm db start` to begin with an empty one"
    if made_by >= OLDEST_MAJOR:
        mend = f"install PostgreSQL {made_by} with PostGIS to go on using it, or {mend}"
    raise ClusterError(f"The cluster in {data} was made by PostgreSQL {made_by}, and installed is {there} ({OLDEST_MAJOR} or newer is needed); {mend}.")
