"""A file together with its mapping: raw records with the columns of joined files, chunk by chunk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from gcrm.custom_fields import object_type as object_type_of
from gcrm.errors import MappingError, ReadError
from gcrm.frames import ObjectType
from gcrm.ingest import readers
from gcrm.ingest.guess import guess, profiles, settle
from gcrm.ingest.mapping import FieldSource, FileMapping
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.profile import Profile
from gcrm.ingest.readers.detection import Detection

_KEYLESS = ("accounts", "contacts")
"""Objects that many a file lists without a key; theirs is then made of the record, so that the same record is found again."""

_SETTLING_CHUNKS = 4
"""Chunks from whose values the order of day and month and the decimal mark are settled; what they leave open is decided by each chunk for itself."""


@dataclass(frozen=True)
class Source:
    """A file to import: what it feeds, how it is mapped.

    `confidence` is that of each guessed field, 0 to 1; `sample` holds the first records as they stand in the file;
    `detection` says how the file is read.
    """

    path: Path
    object_type: ObjectType
    mapping: FileMapping
    confidence: dict[str, float]
    sample: pd.DataFrame

    @classmethod
    def again(cls, path: Path, object_type: ObjectType, mapping: FileMapping) -> "Source":
        """A file whose mapping was settled before; nothing of it is read.

        Args:
            path: the file.
            object_type: what it feeds.
            mapping: how it is mapped.
        """
        return cls(path, object_type, mapping, {}, pd.DataFrame())

    def assigning(self) -> "Source":
        """The same, with its leads given to reps by the rules as they are stored."""
        return replace(self, mapping=self.mapping.model_copy(update={"assign": True}))

    def check(self) -> None:
        """Refuses a file that leaves a required field without a source.

        Raises:
            MappingError: names the field.
        """
        self.mapping.check_complete(self.object_type, self.path.name)

    @property
    def detection(self) -> Detection:
        """How the file is read, and how sure that is.

        Raises:
            ReadError: it cannot be read.
        """
        return readers.detect(self.path, self.mapping.read)

    @property
    def reading(self) -> ReadOptions:
        """How the file is read; what was left out and is detected of a delimited text is in it.

        Raises:
            ReadError: it cannot be read.
        """
        return readers.settled(self.path, self.mapping.read)

    @property
    def unused(self) -> list[str]:
        """The columns that feed no field."""
        used = {column for origin in self.mapping.fields.values() for column in origin.columns} | set(readers.MARKS)
        return [column for column in self.sample.columns if column not in used]

    def chunks(self) -> Iterator[pd.DataFrame]:
        """The raw records with the columns of joined files: text, index `row_number`.

        Raises:
            ReadError: a file cannot be read.
        """
        tables = {name: _lookup(self.path.parent / join.file, join.read, next(iter(join.on.values()))) for name, join in self.mapping.join.items()}
        for chunk in readers.read(self.path, self.mapping.read):
            yield self._joined(chunk, tables)

    def _joined(self, chunk: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
        for name, join in self.mapping.join.items():
            column = next(iter(join.on))
            if column not in chunk:
                raise MappingError(f"{self.path.name} has no column {column!r} to join {join.file} on; its columns are {', '.join(map(str, chunk.columns))}.")
            found = tables[name].reindex(chunk[column].str.strip())
            for each in found.columns:
                chunk[f"{name}.{each}"] = found[each].fillna("").to_numpy()
        return chunk


def _lookup(path: Path, options: ReadOptions, key: str) -> pd.DataFrame:
    """A joined file, by its key; of several rows with one key the first."""
    chunks = list(readers.read(path, options))
    if not chunks:
        raise ReadError(f"{path.name} holds no record; what is joined to a file needs at least one.")
    table = pd.concat(chunks)
    if key not in table:
        raise MappingError(f"{path.name} has no column {key!r}; its columns are {', '.join(map(str, table.columns))}.")
    table = table[table[key].str.strip() != ""]
    return table.set_axis(table[key].str.strip(), axis="index").loc[lambda rows: ~rows.index.duplicated()]


def look_at(path: Path, read: ReadOptions) -> dict[str, Profile]:
    """What the values of each column of a file are like, judged by its first records.

    Args:
        path: the file.
        read: how it is read.

    Raises:
        ReadError: the file cannot be read, or holds no record.
    """
    return profiles(_first(readers.read(path, read), path))


def _first(chunks: Iterator[pd.DataFrame], path: Path) -> pd.DataFrame:
    first = next(chunks, None)
    if first is None or first.empty:
        raise ReadError(f"{path.name} holds no record; it needs at least one below its header.")
    return first


def open_source(
    path: Path,
    object_type: ObjectType,
    base: FileMapping | None = None,
    given: dict[str, str] | None = None,
    source: str | None = None,
    read: ReadOptions | None = None,
    seen: Mapping[str, Profile] | None = None,
) -> Source:
    """A file with the mapping it will be imported with; it names nothing that is not there, but `Source.check` may find it incomplete.

    Args:
        path: the file.
        object_type: what it feeds.
        base: a kept mapping; guessed from the headers if left out.
        given: field to column, on top of that.
        source: name of the system the file comes from, on top of that.
        read: how the file is read, on top of that.
        seen: what its columns are like, from `look_at`; looked at here if left out.

    Raises:
        ReadError: the file cannot be read, or holds no record.
        MappingError: the mapping does not fit.
    """
    mapping = base or FileMapping(fields={})
    if read is not None:
        mapping = mapping.model_copy(update={"read": read})
    chunks = Source(path, object_type, mapping, {}, pd.DataFrame()).chunks()
    first = _first(chunks, path)
    guessed: dict[str, tuple[FieldSource, float]] = {}
    if base is None:
        guessed = guess(object_type, first.columns, profiles(first) if seen is None else seen)
    likely = {name: origin for name, (origin, _) in guessed.items()}
    if base is None and object_type.name in _KEYLESS and not {object_type.key[0]} & {*likely, *(given or {})}:
        likely[object_type.key[0]] = FieldSource(made_of="record")
    fields = mapping.fields | likely | {name: FieldSource(column=column) for name, column in (given or {}).items()}
    mapping = mapping.model_copy(update={"fields": fields, **({"source": source} if source else {})})
    mapping.check(object_type, first.columns, path.name)
    mapping = settle(mapping, object_type, [first, *islice(chunks, _SETTLING_CHUNKS - 1)])
    confidence = {name: score for name, (_, score) in guessed.items() if name not in (given or {})}
    return Source(path, object_type, mapping, confidence, first.head(5))


def open_sources(
    path: Path,
    object_name: str | None,
    base: FileMapping | None = None,
    given: dict[str, str] | None = None,
    source: str | None = None,
    read: ReadOptions | None = None,
) -> list[Source]:
    """A file for each object that it feeds, in the order in which references need them; see `open_source`.

    Args:
        path: the file.
        object_name: the object; None for all that the kept mapping has.
        base: a kept mapping, of one object or of several.
        given: field to column, on top of that.
        source: name of the system the file comes from, on top of that.
        read: how the file is read, on top of that.

    Raises:
        ReadError: the file cannot be read, or holds no record.
        MappingError: the mapping does not fit, or has no objects where it should say them.
    """
    if object_name is not None:
        return [open_source(path, object_type_of(object_name), base.for_object(object_name) if base else None, given, source, read)]
    names = base.object_names() if base else ()
    if base is None or not names:
        raise MappingError(f"{path.name}: the mapping names no objects; give it a part `objects:` with the fields of each, or name the object.")
    return [open_source(path, object_type_of(name), base.for_object(name), given, source, read) for name in names]
