"""One chunk of a file: made ready without the database, then stored in one transaction."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import psycopg

from gcrm.custom_fields import CARRIERS, is_custom
from gcrm.db.load import copy_frame
from gcrm.db.queries import NamedQueries, queries
from gcrm.frames import ObjectType
from gcrm.ingest import readers
from gcrm.ingest.clean import clean
from gcrm.ingest.mapping import POSITION, FileMapping
from gcrm.pipeline.case_deadlines import with_deadlines
from gcrm.pipeline.custom_values import packed
from gcrm.pipeline.lead_assignment import assign_staged
from gcrm.pipeline.privacy.tombstones import REASON, erased
from gcrm.pipeline.report import ImportReport
from gcrm.spatial.cells import index_points

REPEATED = "(stands in this file already)"
"""Column that marks a record whose key its file has had before: the key and the row; a retry, which sees no other row, refuses it again."""

MARKS = (*readers.MARKS, REPEATED)
"""Columns that mark a record as refused from the start; missing where it is not."""

_IN_ROW = " in row "
_IN_CELLS = ("accounts", "leads")


@dataclass(frozen=True)
class Import:
    """One object of a job: what every one of its statements needs."""

    import_id: int
    source: str
    object_type: ObjectType
    file_name: str
    mapping: FileMapping

    @property
    def names(self) -> dict[str, Any]:
        """Its names in the journal."""
        return {"import_id": self.import_id, "source": self.source, "object": self.object_type.name, "file_name": self.file_name}

    @property
    def mapped(self) -> list[str]:
        """The fields that the file gives."""
        given = set(self.mapping.fields)
        return sorted((given | {"longitude", "latitude"} if POSITION in given else given) - {POSITION})


@dataclass(frozen=True)
class Chunk:
    """A chunk that is ready to be stored.

    `raw` are the records as they stand in the file; `staged` the clean ones as their stage takes them; `refused` and `warnings`
    have the index `row_number` and the columns field, value, reason; `refused_fields` are the fields of the refused ones as text.
    """

    raw: pd.DataFrame
    staged: pd.DataFrame
    refused: pd.DataFrame
    warnings: pd.DataFrame
    refused_fields: pd.DataFrame


def prepare(run: Import, raw: pd.DataFrame) -> Chunk:
    """Maps, cleans and checks the records of a chunk.

    Args:
        run: whose records they are.
        raw: records as they stand in the file, index `row_number`.
    """
    marked = pd.concat([_ragged(raw), _repeated(raw, run.object_type)])
    fields = run.mapping.apply(raw.drop(index=marked.index) if len(marked) else raw, run.object_type)
    cleaned = clean(fields, run.object_type, run.mapping)
    staged = _staged(cleaned.records, run.object_type).assign(raw=cleaned.raw)
    refused = pd.concat([marked, cleaned.problems])
    refused_fields = run.mapping.apply(raw.loc[refused.index.unique()], run.object_type) if len(refused) else fields.iloc[:0]
    return Chunk(raw, staged, refused, cleaned.warnings, refused_fields)


def keys_only(run: Import, raw: pd.DataFrame) -> Chunk:
    """What a chunk that is stored already has to say to those behind it: the keys of its records.

    Args:
        run: whose records they are.
        raw: records as they stand in the file.
    """
    chunk = prepare(run, raw)
    return Chunk(raw.iloc[:0], chunk.staged[["row_number", "source_key"]], chunk.refused.iloc[:0], chunk.warnings.iloc[:0], chunk.refused_fields.iloc[:0])


def remember_keys(connection: psycopg.Connection[Any], chunk: Chunk) -> dict[int, tuple[str, int]]:
    """Adds the keys of a chunk to those that this run has met.

    Returns:
        Row number to (key, the row that had it first), of the records whose key was met before.
    """
    journal = queries("imports")
    journal.clear_keys(connection)
    copy_frame(connection, "chunk_keys", chunk.staged[["source_key", "row_number"]])
    if journal.add_keys(connection) == len(chunk.staged):
        return {}
    return {number: (key, first) for number, key, first in journal.repeated_keys(connection)}


def store(connection: psycopg.Connection[Any], run: Import, chunk: Chunk) -> ImportReport:
    """Stores a chunk, in the connection's transaction.

    Args:
        connection: of the writer; its run has made `create_seen_keys`.
        run: whose records they are.
        chunk: from `prepare`.

    Returns:
        The counts.
    """
    queries("imports").set_import(connection, import_id=str(run.import_id))
    before = remember_keys(connection, chunk)
    raw, skipped = chunk.raw, 0
    if before and run.mapping.repeats == "first":
        skipped = len(before)
    elif before:
        marks = pd.Series({number: f"{key}{_IN_ROW}{first}" for number, (key, first) in before.items()}, dtype="string").reindex(raw.index)
        raw = raw.assign(**{REPEATED: marks.fillna(raw[REPEATED]) if REPEATED in raw else marks})
    repeated = _repeated(raw, run.object_type)
    staged = chunk.staged
    if before:
        staged = staged[~staged["row_number"].isin([*before])]
    of_erased = _of_erased(connection, run, staged, chunk.refused_fields)
    staged = staged[~staged.index.isin(of_erased.index)]
    statements = queries(f"import_{run.object_type.name}")
    statements.create_stage(connection)
    copy_frame(connection, f"staged_{run.object_type.name}", staged)
    _inherit(connection, statements, run)
    unresolved = _unresolved(connection, statements, run, staged)
    if run.mapping.assign and run.object_type.name == "leads":
        assign_staged(connection, run.source)
    created, updated = _merge(connection, statements, run, staged)
    refused = pd.concat([of_erased, chunk.refused, repeated, unresolved])
    refused = refused[~refused.index.duplicated()]
    _store_refused(connection, run, raw, refused, of_erased.index)
    stored = staged[~staged["row_number"].isin(refused.index)]
    warned = _store_warnings(connection, run, stored, chunk.warnings)
    return ImportReport(len(chunk.raw), created, updated, len(refused), warned, skipped)


def _ragged(raw: pd.DataFrame) -> pd.DataFrame:
    """Records that do not fit their table, such as those with more or fewer fields than the header."""
    found = []
    for column, reason in readers.MARKS.items():
        if column in raw:
            values = raw[column].dropna()
            found.append(pd.DataFrame({"field": column, "value": values, "reason": reason}))
    return pd.concat(found) if found else pd.DataFrame(columns=["field", "value", "reason"], index=raw.index[:0])


def _staged(records: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
    """Records as their stage takes them: `row_number` and `source_key` first, custom fields in one column, cells for given positions, deadlines of cases."""
    key = records[object_type.key[0]]
    for part in object_type.key[1:]:
        key = key + "/" + records[part]
    own_key_only = [object_type.key[0]] if len(object_type.key) == 1 else list(object_type.key[1:])
    custom = [name for name in object_type.field_names if is_custom(name)]
    staged = records.drop(columns=[*own_key_only, *custom])
    staged.insert(0, "source_key", key)
    staged.insert(0, "row_number", records.index)
    if object_type.name in CARRIERS:
        staged["custom"] = packed(records[custom])
    if object_type.name in _IN_CELLS:
        staged["cell"] = index_points(records["longitude"], records["latitude"])
    elif object_type.name == "cases":
        staged = with_deadlines(staged)
    return staged


def _repeated(raw: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
    """Records that are marked as repeated: by this run, or by the one that put them into quarantine."""
    if REPEATED not in raw:
        return pd.DataFrame(columns=["field", "value", "reason"], index=raw.index[:0])
    marks = raw[REPEATED].dropna().str.rpartition(_IN_ROW)
    return pd.DataFrame({"field": object_type.key[0], "value": marks[0], "reason": "stands in this file already, in row " + marks[2] + "; one record a key"})


def _inherit(connection: psycopg.Connection[Any], statements: NamedQueries, run: Import) -> None:
    """Fields that the file does not give keep what the record has; custom fields too that are not declared, or not any more."""
    inherit = getattr(statements, "inherit", None)
    if inherit:
        inherit(connection, source=run.source, mapped=run.mapped)


def _unresolved(connection: psycopg.Connection[Any], statements: NamedQueries, run: Import, staged: pd.DataFrame) -> pd.DataFrame:
    """Records that name a record which is not there; they leave the stage."""
    references = run.object_type.references
    if not any(staged[name].notna().any() for name in references):
        return pd.DataFrame(columns=["field", "value", "reason"])
    rows = list(statements.unresolved(connection, source=run.source))
    reasons = [f"is no key of {references[field]} from {run.source}; import those first, then `gcrm quarantine retry`" for _, field, _ in rows]
    index = pd.Index([number for number, _, _ in rows], dtype="int64", name="row_number")
    found = pd.DataFrame({"field": [field for _, field, _ in rows], "value": [value for _, _, value in rows], "reason": reasons}, index=index)
    if len(found):
        statements.refuse(connection, row_numbers=np.unique(index).tolist())
    return found


def _merge(connection: psycopg.Connection[Any], statements: NamedQueries, run: Import, staged: pd.DataFrame) -> tuple[int, int]:
    prepare_references, link = getattr(statements, "prepare", None), getattr(statements, "link", None)
    if prepare_references:
        prepare_references(connection)
    queries("imports").hash_joins(connection, wanted="off")
    created, updated = statements.merge(connection, source=run.source, import_id=run.import_id)
    if link and (created < len(staged) or staged["parent_key"].notna().any()):
        updated += link(connection, source=run.source, import_id=run.import_id)
    queries("imports").hash_joins(connection, wanted="on")
    return created, updated


def _of_erased(connection: psycopg.Connection[Any], run: Import, staged: pd.DataFrame, refused_fields: pd.DataFrame) -> pd.DataFrame:
    """Records of persons who were erased, or about them, whether they could be stored or not; of these nothing is kept."""
    queries("privacy").not_alone(connection)
    found = [erased(connection, run.object_type, run.source, records) for records in (staged, refused_fields)]
    index = found[0].union(found[1]).rename("row_number")
    return pd.DataFrame({"field": run.object_type.key[0], "value": pd.NA, "reason": REASON}, index=index)


def _store_refused(connection: psycopg.Connection[Any], run: Import, raw: pd.DataFrame, refused: pd.DataFrame, not_kept: pd.Index) -> None:
    """Puts refused records into quarantine; of some nothing but that they were refused."""
    journal = queries("imports")
    if not len(refused):
        return
    records = raw.loc[refused.index]
    records = records.mask(pd.Series(records.index.isin(not_kept), index=records.index), axis=0)
    texts = [json.dumps({name: value.replace("\0", "") for name, value in record.items() if not pd.isna(value)}) for record in records.to_dict("records")]
    columns = [_column_of(run.mapping, name) for name in refused["field"]]
    values = refused["value"].astype("string").str.replace("\0", "")
    journal.create_refused_stage(connection)
    rows = {"row_number": refused.index, "column_name": columns, "value": values, "reason": refused["reason"], "record": texts}
    copy_frame(connection, "staged_refused", pd.DataFrame(rows))
    journal.store_refused(connection, **run.names)


def _store_warnings(connection: psycopg.Connection[Any], run: Import, stored: pd.DataFrame, warnings: pd.DataFrame) -> int:
    """Puts the warnings of stored records in place of those that the records had; how many records have one."""
    journal = queries("imports")
    found = warnings[warnings.index.isin(stored["row_number"])]
    if not len(found) and not journal.has_warnings(connection, source=run.source, object=run.object_type.name):
        return 0
    journal.create_warnings_stage(connection)
    keys = stored.set_index("row_number")["source_key"]
    rows = pd.DataFrame({"source_key": keys.loc[found.index].to_numpy(), "field": found["field"].to_numpy(),
                         "value": found["value"].to_numpy(), "reason": found["reason"].to_numpy()})  # fmt: skip
    copy_frame(connection, "staged_warnings", rows.astype("string").drop_duplicates(["source_key", "field"]))
    copy_frame(connection, "staged_keys", stored[["source_key"]])
    journal.store_warnings(connection, import_id=run.import_id, source=run.source, object=run.object_type.name)
    return int(found.index.nunique())


def _column_of(mapping: FileMapping, name: str) -> str:
    """The column of the file that feeds a field; the field itself where none or several do."""
    source = mapping.fields.get(name)
    return source.column if source and source.column else name
