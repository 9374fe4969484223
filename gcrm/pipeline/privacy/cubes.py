"""Cubes and a person: no version that holds one of the person's accounts stays, nor a scenario."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from gcrm.config import settings
from gcrm.olap.engine import engine
from gcrm.olap.versions import LOCK, MANIFEST, POINTER
from gcrm.pipeline.cubes import build_cube


def cubes_holding(account_ids: Sequence[int]) -> list[Path]:
    """The folders of versions, published ones and of scenarios, whose facts name one of some accounts.

    Args:
        account_ids: of the accounts.
    """
    folders = sorted(path.parent for path in settings().cubes.rglob(MANIFEST))
    return [folder for folder in folders if account_ids and any(_names(file, account_ids) for file in sorted(folder.glob("*-facts*.parquet")))]


def forget_in_cubes(account_ids: Sequence[int]) -> list[Path]:
    """Builds the cube anew where a version holds one of the accounts, and removes every version and scenario that does.

    Args:
        account_ids: of accounts that are no longer in the database.

    Returns:
        The folders that were removed.
    """
    holding = cubes_holding(account_ids)
    if any(_is_in_force(folder) and folder.parent == settings().cubes for folder in holding):
        build_cube(lambda _: None, full=True)  # a refresh would go on from files that name the person
    for folder in holding:
        with FileLock(folder.parent / LOCK):
            if folder.is_dir():  # the build removes the oldest version itself
                shutil.rmtree(folder)
        if folder.parent != settings().cubes:  # a scenario has one version
            shutil.rmtree(folder.parent)
    return holding


def _is_in_force(folder: Path) -> bool:
    pointer = folder.parent / POINTER
    return pointer.is_file() and pointer.read_text(encoding="utf-8").strip() == folder.name


def _names(file: Path, account_ids: Sequence[int]) -> bool:
    """Whether the facts in a file are of one of the accounts; those of places are of none."""
    duck = engine()
    columns = {row[0] for row in duck.execute("SELECT name FROM parquet_schema(?)", [str(file)]).fetchall()}
    if "account_id" not in columns:
        return False
    found = duck.execute("SELECT EXISTS (SELECT 1 FROM read_parquet(?) WHERE list_contains(?::bigint[], account_id))", [str(file), list(account_ids)])
    return bool(found.fetchall()[0][0])
