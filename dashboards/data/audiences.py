"""Audiences, as a reader sees them."""

from datetime import UTC, datetime

import pandas as pd

from dashboards.data.map_cells import Cells
from gcrm.access.scope import Scope
from gcrm.crm.audiences import Criteria, Terms
from gcrm.olap.answer import Explanation
from gcrm.olap.catalogue import MEASURES
from gcrm.pipeline.audiences import FEATURES, Audience, Choices, Preview, audience, audiences, choices, export_audience, left_out_in_words, preview
from gcrm.spatial.cells import parent
from gcrm.units import COARSEST_LEVEL

__all__ = [
    "CHANNELS",
    "FEATURES",
    "Audience",
    "Choices",
    "Criteria",
    "Preview",
    "Terms",
    "audience",
    "audiences",
    "cells_of",
    "choices",
    "export_audience",
    "left_out_in_words",
    "preview",
]

CHANNELS = ("mail", "phone", "post", "sms")
_MOST_CELLS = 3_000


def cells_of(chosen: Preview, scope: Scope) -> Cells:
    """Where the accounts of a choice are, by H3 cell as the map shows them.

    Args:
        chosen: from `preview`.
        scope: who is looking; cells are no finer than it allows.
    """
    level = scope.finest_level
    counts = _counts(chosen, level)
    while len(counts) > _MOST_CELLS and level > COARSEST_LEVEL:
        level -= 1
        counts = _counts(chosen, level)
    frame = pd.DataFrame({"cell": [f"{cell:x}" for cell in counts.index], "value": [int(count) for count in counts], "accounts": counts.to_numpy()})
    told = Explanation("", datetime.now(UTC), {}, 0, None)
    return Cells(MEASURES["accounts"], level, frame, None, len(chosen.account_ids) - int(counts.sum()), told)


def _counts(chosen: Preview, level: int) -> pd.Series:
    cells = parent(chosen.cells["cell"].to_numpy(dtype="int64"), level)
    return chosen.cells["accounts"].astype(int).groupby(cells).sum()
