"""The versions of the cube that are there to be read: the newest, those before it, and which of them was in force at a time."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from gcrm.errors import CubeError
from gcrm.olap.catalogue import FACTS
from gcrm.olap.content import Content
from gcrm.olap.cuboids import Cuboid, declared
from gcrm.olap.delta import is_there

POINTER = "current"
MANIFEST = "manifest.json"
CONTENTS = "contents.json"
LOCK = ".lock"

_BUILD_AGAIN = "build it again with `gcrm cube build`"


@dataclass(frozen=True)
class Version:
    """A published version: its name, its folder, and what its manifest says."""

    name: str
    folder: Path
    manifest: dict[str, Any] = field(hash=False)

    @property
    def built_at(self) -> datetime:
        """When it was built."""
        return datetime.fromisoformat(self.manifest["built_at"])

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each file, by its name without ending."""
        return dict(self.manifest["rows"])

    @cached_property
    def cuboids(self) -> tuple[Cuboid, ...]:
        """Its cuboids: those that every version has, and those that were chosen for it."""
        return (*declared(), *map(Cuboid.read, self.chosen))

    @property
    def chosen(self) -> list[dict[str, Any]]:
        """The cuboids that were chosen for it, as its manifest tells them, and why each was."""
        return list(self.manifest.get("chosen", []))

    @property
    def contents(self) -> dict[str, Content]:
        """The content of its facts, by their names."""
        said = json.loads((self.folder / CONTENTS).read_text(encoding="utf-8"))
        return {name: Content.read(text) for name, text in said.items()}

    @property
    def currencies(self) -> list[str]:
        """The currencies of the money in it."""
        return list(self.manifest["currencies"])

    @property
    def size_bytes(self) -> int:
        """Bytes of its files."""
        return sum(path.stat().st_size for path in self.folder.iterdir())


def current(folder: Path) -> Version | None:
    """The version that readers see; None before the first one is published.

    Args:
        folder: the folder of the cubes.

    Raises:
        CubeError: the pointer names a version that is not there or not whole, or one that was built of other columns than those of today.
    """
    pointer = folder / POINTER
    return _opened(folder, pointer.read_text(encoding="utf-8").strip()) if pointer.is_file() else None


def versions(folder: Path) -> list[Version]:
    """The versions that can be asked, the one in force first, then from the newest to the oldest.

    Args:
        folder: the folder of the cubes.
    """
    in_force = current(folder)
    if in_force is None:
        return []
    before = []
    for name in sorted((path.name for path in folder.glob("[0-9]*") if path.name != in_force.name), reverse=True):
        try:
            before.append(_opened(folder, name))
        except CubeError:  # built by another version of gcrm, or just being removed
            continue
    return [in_force, *before]


def as_of(folder: Path, moment: str) -> Version | None:
    """The version that is called so, or the newest one that was built by a time; of a day alone, by its end, in UTC.

    Args:
        folder: the folder of the cubes.
        moment: name of a version, or a time in ISO 8601, such as 2026-03-31 or 2026-03-31T18:00+02:00; the version in force if empty.

    Raises:
        CubeError: the text is neither, or nothing that old is kept.
    """
    if not moment:
        return current(folder)
    kept = versions(folder)
    if not kept:
        return None
    named = next((version for version in kept if version.name == moment), None)
    if named is not None:
        return named
    until = read_moment(moment)
    found = max((version for version in kept if version.built_at <= until), key=lambda version: version.built_at, default=None)
    if found is None:
        oldest = min(version.built_at for version in kept)
        raise CubeError(f"No cube of {moment} is kept; the oldest is of {oldest:%Y-%m-%d %H:%M} UTC. `gcrm cube versions` lists all.")
    return found


def read_moment(moment: str) -> datetime:
    """The time that a text means; of a day its last moment, in UTC where it says no zone.

    Raises:
        CubeError: it is no time, nor the name of a version that is there.
    """
    try:
        found = datetime.fromisoformat(moment)
        if len(moment) <= len("2026-03-31"):
            found = datetime.combine(found.date(), time()) + timedelta(days=1, microseconds=-1)
        return found.replace(tzinfo=found.tzinfo or UTC)
    except (ValueError, OverflowError) as error:
        raise CubeError(
            f"There is no version {moment!r} of the cube; write a time such as 2026-03-31, or a name of those that `gcrm cube versions` lists."
        ) from error


def remove_old(folder: Path, keep: int) -> list[str]:
    """Removes all but the newest versions; the one in force stays, and whoever reads another one that is removed is told so.

    Args:
        folder: the folder of the cubes.
        keep: so many stay.

    Returns:
        Names of the removed.
    """
    pointer = folder / POINTER
    if not pointer.is_file():
        return []
    with FileLock(folder / LOCK):
        return remove_all_but(folder, pointer.read_text(encoding="utf-8").strip(), keep)


def remove_all_but(folder: Path, in_force: str, keep: int) -> list[str]:
    """As `remove_old`, by one who holds the lock."""
    before = sorted(path.name for path in folder.glob("[0-9]*") if path.name != in_force)
    removed = before[: max(len(before) - keep + 1, 0)]
    for name in removed:
        shutil.rmtree(folder / name)
    return removed


def columns() -> dict[str, list[str]]:
    """The columns of the facts, as the cubes are declared today."""
    return {facts.name: list(facts.columns) for facts in FACTS.values()}


def _opened(folder: Path, name: str) -> Version:
    manifest = folder / name / MANIFEST
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CubeError(f"The cube {name} is damaged: {manifest} is missing or cannot be read; {_BUILD_AGAIN}.") from error
    if said.get("columns") != columns():
        raise CubeError(f"The cube {name} was built with other dimensions, by another version of gcrm or before custom fields were declared; {_BUILD_AGAIN}.")
    present = {path.name for path in (folder / name).glob("*.parquet")}
    missing = next((file for file in said["rows"] if not is_there(file, present)), None)
    if missing is not None:
        raise CubeError(f"The cube {name} is damaged: {missing}.parquet is missing; {_BUILD_AGAIN}.")
    return Version(name, folder / name, said)
