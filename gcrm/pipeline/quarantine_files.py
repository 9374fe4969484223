"""Refused records as files: in the format they came in, with why each was refused, to be mended and imported again."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.ingest.mapping import FileMapping
from gcrm.ingest.writers import other_form, refused_name, write_refused
from gcrm.pipeline.chunks import MARKS
from gcrm.pipeline.quarantine import RefusedFile, Selection, files, ordered_columns, refused_rows

__all__ = ["Written", "download", "other_form"]


@dataclass(frozen=True)
class Written:
    """A file of refused records.

    Attributes:
        path: of the file.
        records: how many it holds.
        note: what to say where its format is not that of the file they came in; None where it is.
    """

    path: Path
    records: int
    note: str | None


def download(selection: Selection, folder: Path, scope: Scope) -> list[Written]:
    """Writes refused records as files, one for each file they came in; an import of such a file leaves the reasons out again.

    Delimited text has the delimiter and the encoding of its file; columns of joined files are left out, since the next import joins them again.

    Args:
        selection: which ones.
        folder: where the files go; what has their names there is replaced.
        scope: who asks.

    Returns:
        The files; none where nothing is selected.

    Raises:
        QuarantineError: the scope is not everything.
        ExportError: a file cannot be written, or has more records than its format holds.
    """
    written: list[Written] = []
    for file in files(scope, discarded=selection.discarded):
        own = selection.within(file)
        rows = list(refused_rows(own)) if own is not None else []
        if not rows:
            continue
        index = pd.Index([number for number, *_ in rows], name="row_number")
        texts = pd.DataFrame([record for _, record, *_ in rows], index=index, dtype="string")
        why = pd.DataFrame([row[2:] for row in rows], index=index, columns=["column", "value", "reason"], dtype="string")
        mapping = file.read_with
        target = folder / _free_name(file, {each.path.name for each in written})
        columns = ordered_columns(_own_columns(texts.columns, mapping), file.columns)
        write_refused(texts[columns], why, target, mapping.read)
        written.append(Written(target, len(rows), other_form(file.file_name)))
    return written


def _own_columns(columns: Iterable[str], mapping: FileMapping) -> list[str]:
    """The columns of the file itself: no mark of a record that does not fit, none of a joined file."""
    joined = tuple(f"{name}." for name in mapping.join)
    return [column for column in columns if column not in MARKS and not column.startswith(joined)]


def _free_name(file: RefusedFile, taken: Iterable[str]) -> str:
    """A name that says where the records come from; with object and source where two files have the same name."""
    name = refused_name(file.file_name)
    if name not in taken:
        return name
    path = Path(file.file_name)
    return refused_name(f"{path.stem}.{file.object}.{file.source.replace('/', '_')}{path.suffix}")
