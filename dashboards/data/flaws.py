"""Data quality: its counts, and where and which the accounts with a flaw are."""

import time
from datetime import UTC, datetime
from functools import lru_cache

import h3
import pandas as pd

from dashboards.data.accounts import MOST_ACCOUNTS
from dashboards.data.cube import COMFORTABLE_CELLS
from dashboards.data.map_cells import Cells
from gcrm.access.scope import Scope
from gcrm.olap.answer import Explanation
from gcrm.olap.catalogue import Measure
from gcrm.pipeline import quality
from gcrm.spatial.cells import descendants, parent
from gcrm.units import COARSEST_LEVEL

_FINEST_OF_FLAWS = 9


def quality_of(scope: Scope) -> quality.Quality:
    """The counts of the data-quality page; made anew when what is counted has changed.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _quality(quality.version(scope), scope)


@lru_cache(maxsize=16)
def _quality(version: str, scope: Scope) -> quality.Quality:
    del version
    return quality.measure(scope)


def flawed_cells(flaw: quality.Flaw, source: str | None, scope: Scope) -> Cells:
    """The share of accounts that have a flaw by H3 cell (percent), at the finest level whose cells are few enough to be looked at one by one.

    Args:
        flaw: what is looked for.
        source: accounts of one system; None for all.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _flawed_cells(quality.version(scope), flaw, source, scope)


@lru_cache(maxsize=64)
def _flawed_cells(version: str, flaw: quality.Flaw, source: str | None, scope: Scope) -> Cells:
    begun = time.monotonic()
    level = min(_FINEST_OF_FLAWS, scope.finest_level)
    counts = quality.flawed_cells(flaw, source, level, scope)
    explanation = Explanation(version, datetime.now(UTC), {"gcrm.accounts": int(counts["accounts"].sum())}, (time.monotonic() - begun) * 1000, None)
    while len(counts) > COMFORTABLE_CELLS and level > COARSEST_LEVEL:
        level -= 1
        counts = counts.assign(cell=parent(counts["cell"].to_numpy(dtype="int64"), level)).groupby("cell", as_index=False).sum()
    frame = pd.DataFrame({
        "cell": [f"{cell:x}" for cell in counts["cell"]],
        "value": pd.Series(100 * counts["flawed"] / counts["accounts"], dtype=object),
        "accounts": counts["accounts"],
    })  # fmt: skip
    return Cells(Measure("flawed", f"Accounts {flaw.label}", "accounts", "", "%", additive=False), level, frame, None, 0, explanation)


def flawed_accounts(flaw: quality.Flaw, source: str | None, cell: str | None, scope: Scope) -> pd.DataFrame:
    """The first accounts that have a flaw; see `gcrm.pipeline.quality.flawed_accounts`.

    Args:
        flaw: what is looked for.
        source: accounts of one system; None for all.
        cell: H3 cell that they lie in, hexadecimal text; None for everywhere.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    span = descendants(h3.str_to_int(cell)) if cell is not None else None
    return quality.flawed_accounts(flaw, source, span, MOST_ACCOUNTS, scope)
