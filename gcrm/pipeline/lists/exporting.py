"""Lists as files that a spreadsheet opens and cannot execute."""

from pathlib import Path

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.lists import ListType, Sort
from gcrm.errors import ExportError
from gcrm.pipeline.exports import write_frame
from gcrm.pipeline.lists.reading import Wanted, every


def export_list(of: ListType, wanted: Wanted, sort: Sort, target: Path, scope: Scope) -> int:
    """Writes all records of a list, in its order; times by the clock of GCRM_TIME_ZONE. It holds no phones and mail addresses: they leave only with consent.

    Args:
        of: which list.
        wanted: which records.
        sort: by which column.
        target: .csv, .xlsx or .parquet; written beside and renamed, so that it is whole or not there.
        scope: who asks; only what it shows is written.

    Returns:
        Records written.

    Raises:
        ExportError: the format is not one of these, the target cannot be written, or the scope hides what few accounts have.
        CrmError, AreaError, CubeError: the filters are none.
    """
    if scope.hides:
        raise ExportError("Where what few accounts have is hidden, lists of single records are not taken along; export an answer of the cube.")
    found = every(of, wanted, sort, scope)
    columns = {column.name: found[column.name] for column in of.columns if column.exported}
    for column in of.columns:
        if column.kind == "time" and column.exported:
            columns[column.name] = pd.to_datetime(found[column.name], utc=True).dt.tz_convert(settings().zone).dt.tz_localize(None)
    return write_frame(pd.DataFrame({of.key: found[of.key], **columns}), target)
