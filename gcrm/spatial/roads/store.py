"""Published road networks: a folder per version, never changed once it is there, and one pointer that moves by rename."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from gcrm.spatial.roads import network
from gcrm.spatial.roads.build import build

_POINTER, _MANIFEST, _KEPT_VERSIONS = "current", "manifest.json", 3
_FORMAT = 3
"""Changes where the files of a version do, so that the same extracts make a new one."""


def current(folder: Path) -> Path | None:
    """The folder of the version that readers see; None before the first one is published."""
    pointer = folder / _POINTER
    if not pointer.is_file():
        return None
    version = folder / pointer.read_text(encoding="utf-8").strip()
    return version if (version / _MANIFEST).is_file() else None


def publish(folder: Path, extracts: Sequence[Path]) -> tuple[network.Network, bool]:
    """Builds a network of extracts and moves the pointer to it.

    Args:
        folder: of the road networks.
        extracts: .osm.pbf files that do not overlap.

    Returns:
        The network that readers see now, and whether it is new: the same extracts make no new one.

    Raises:
        RoadsError: the extracts cannot be read, or hold no road.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        digest = _digest(extracts)
        before = current(folder)
        if before is not None and json.loads((before / _MANIFEST).read_text(encoding="utf-8"))["digest"] == digest:
            return network.load(before), False
        for orphan in folder.glob(".building-*"):
            shutil.rmtree(orphan)
        work = folder / f".building-{os.getpid()}"
        work.mkdir()
        try:
            build(extracts, work)
            built_at = datetime.now(UTC)
            name = f"{built_at:%Y%m%dT%H%M%S.%fZ}-{digest[:8]}"
            told = {"digest": digest, "built_at": built_at.isoformat(), "extracts": [path.name for path in extracts]}
            (work / _MANIFEST).write_text(json.dumps(told, indent=2), encoding="utf-8")
            work.rename(folder / name)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _move_pointer(folder, name)
        for old in sorted(version for version in folder.glob("[0-9]*") if version.name != name)[: 1 - _KEPT_VERSIONS]:
            shutil.rmtree(old)
        return network.load(folder / name), True


def _digest(extracts: Sequence[Path]) -> str:
    """Of what the extracts hold, in whatever order."""
    contents = []
    for path in extracts:
        with path.open("rb") as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256(" ".join([str(_FORMAT), *sorted(contents)]).encode()).hexdigest()


def _move_pointer(folder: Path, name: str) -> None:
    waiting = folder / f".{_POINTER}"
    waiting.write_text(name, encoding="utf-8")
    handle = os.open(waiting, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
    waiting.replace(folder / _POINTER)
