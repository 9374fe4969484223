"""Which column of a file feeds which field of an object: guessed, given on the command line, or kept in a file."""

import re
from collections.abc import Iterable
from pathlib import Path
from string import Formatter
from typing import Literal, Self

import pandas as pd
import yaml
from anyascii import anyascii
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from rapidfuzz import fuzz, process

from gcrm.errors import MappingError
from gcrm.frames import ObjectType
from gcrm.ingest.options import ReadOptions

POSITION = "position"
"""Pseudo-field of a mapping: one packed column that holds both longitude and latitude."""

PACKINGS = ("wkt", "sql_server_geography")
"""The forms of a packed position."""

_CLOSE_ENOUGH = 93.0
"""Percent; "county" and "country" are 92 percent alike."""


class FieldSource(BaseModel):
    """Where a field's value comes from: a column, a template over columns, a fixed value, or the first of several of these.

    Attributes:
        column: name of a column; of a joined file as `file.column`.
        template: text with columns in braces, such as "{street} {number}"; where a column is empty so is the result.
        value: a fixed value.
        first_of: other sources, such as [home.street, shop.street]; of each record the first one that is not empty counts.
        codes: replaces values by others; what is not listed stays.
        format: for POSITION one of PACKINGS, for times a strptime format.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    template: str | None = None
    value: str | None = None
    first_of: tuple["FieldSource", ...] | None = Field(None, min_length=1)
    codes: dict[str, str] = Field(default_factory=dict)
    format: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.column, self.template, self.value, self.first_of)) != 1:
            raise ValueError("name exactly one of column, template, value and first_of")
        if self.template is not None and not all(self.columns or ("",)):
            raise ValueError("a template names its columns in braces, such as {street} {number}")
        return self

    def __str__(self) -> str:
        if self.first_of is not None:
            return ", else ".join(map(str, self.first_of))
        return self.column or self.template or f"always {self.value!r}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that this source needs."""
        if self.first_of is not None:
            return tuple(name for source in self.first_of for name in source.columns)
        if self.template is not None:
            return tuple(name for _, name, _, _ in Formatter().parse(self.template) if name is not None)
        return (self.column,) if self.column is not None else ()

    def resolve(self, frame: pd.DataFrame) -> pd.Series:
        """The values, as text with "" for nothing, on the frame's index."""
        if self.first_of is not None:
            values = self._first(frame)
        elif self.template is not None:
            values = self._filled(frame)
        elif self.column is not None:
            values = frame[self.column]
        else:
            values = pd.Series(self.value, index=frame.index, dtype="string")
        if not self.codes:
            return values
        stripped = values.str.strip()
        return stripped.map(self.codes).astype("string").fillna(stripped)

    def _first(self, frame: pd.DataFrame) -> pd.Series:
        values = pd.Series("", index=frame.index, dtype="string")
        for source in self.first_of or ():
            values = values.where(values.str.strip() != "", source.resolve(frame))
        return values

    def _filled(self, frame: pd.DataFrame) -> pd.Series:
        values = pd.Series("", index=frame.index, dtype="string")
        complete = pd.Series(data=True, index=frame.index)
        for literal, name, _, _ in Formatter().parse(self.template or ""):
            values += literal
            if name is not None:
                part = frame[name].str.strip()
                complete &= part != ""
                values += part
        return values.where(complete, "")


class Join(BaseModel):
    """Another file whose columns are added to each record.

    Attributes:
        file: its name, beside the main file.
        read: how it is read.
        on: column of the record (main file, or an earlier join as `file.column`) to the column of this file that equals it.
            Where several of its rows match, the first one counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    read: ReadOptions = ReadOptions()
    on: dict[str, str] = Field(min_length=1, max_length=1)


class FileMapping(BaseModel):
    """How the records of a file become the fields of an object.

    Attributes:
        source: name of the system the file comes from; keys are unique within it.
        read: how the file is read.
        join: other files, by the name under which their columns appear.
        fields: field of the object (or POSITION) to where its value comes from.
        repeats: what becomes of a record whose key the file has had before: it is refused, or, with "first", passed over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field("files", min_length=1, max_length=100)
    read: ReadOptions = ReadOptions()
    join: dict[str, Join] = Field(default_factory=dict)
    fields: dict[str, FieldSource]
    repeats: Literal["refuse", "first"] = "refuse"

    def check(self, object_type: ObjectType, columns: Iterable[str], file_name: str) -> None:
        """Refuses a mapping that does not fit the object or the file.

        Args:
            object_type: what the file feeds.
            columns: the columns of the file, those of joined files included.
            file_name: named in the error.

        Raises:
            MappingError: an unknown field or packing, or a column that the file does not have.
        """
        known = {*object_type.field_names, POSITION} if "longitude" in object_type.field_names else set(object_type.field_names)
        for name in self.fields:
            if name not in known:
                raise MappingError(f"{object_type.name} have no field {name!r}{_suggestion(name, known)}.")
        packing = self.fields[POSITION].format if POSITION in self.fields else None
        if packing is not None and packing not in PACKINGS:
            raise MappingError(f"{packing!r} is no form of a position; write {' or '.join(PACKINGS)}.")
        present = set(columns)
        for name, source in self.fields.items():
            for column in source.columns:
                if column not in present:
                    columns_there = ", ".join(sorted(present))
                    raise MappingError(f"{file_name} has no column {column!r} for {name}{_suggestion(column, present)}; its columns are {columns_there}.")

    def check_complete(self, object_type: ObjectType, file_name: str) -> None:
        """Refuses a mapping that leaves a required field without a source.

        Raises:
            MappingError: names the field.
        """
        for field in object_type.fields:
            if field.required and field.default is None and field.name not in self.fields:
                what = f"{field.name} ({field.text.rstrip('.')}), which {object_type.name} need"
                raise MappingError(f"{file_name}: no column feeds {what}; give it with --map {field.name}=COLUMN.")

    def apply(self, frame: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
        """The fields of the object, as text with "" for nothing, on the frame's index.

        A field that is not mapped, or is empty, takes its default. POSITION is left as it is, in a column of that name.
        """
        fields = {}
        for field in object_type.fields:
            source = self.fields.get(field.name)
            values = source.resolve(frame) if source else pd.Series("", index=frame.index, dtype="string")
            fields[field.name] = values if field.default is None else values.where(values.str.strip() != "", field.default)
        if POSITION in self.fields:
            fields[POSITION] = self.fields[POSITION].resolve(frame)
        return pd.DataFrame(fields, index=frame.index)


def _suggestion(name: str, known: Iterable[str]) -> str:
    best = process.extractOne(name, sorted(known), scorer=fuzz.WRatio, score_cutoff=70)
    return f" (did you mean {best[0]!r}?)" if best else ""


def load(path: Path) -> FileMapping:
    """The mapping kept in a YAML file; every value in it is text, so that `on`, `NO` and `007` stay what they are.

    Raises:
        MappingError: the file is not there, is not YAML, or is no mapping.
    """
    try:
        return FileMapping.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506 - makes text only
    except OSError as error:
        raise MappingError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise MappingError(f"{path.name}: {place}: {first['msg'].lower()}.") from error


def _plain(header: str) -> str:
    return re.sub(r"[^a-z0-9]", "", anyascii(header).lower())


def guess(object_type: ObjectType, columns: Iterable[str]) -> dict[str, tuple[FieldSource, float]]:
    """The likely column of each field, by its header.

    A header that equals the field's name or one of its other names counts 1; else the similarity of the two
    (Levenshtein, 0 to 1), where it is at least 0.93; neither blanks nor signs count. Each column is used once, the surest first.

    Args:
        object_type: what the file feeds.
        columns: the headers of the file.

    Returns:
        Field to (source, confidence 0 to 1).
    """
    candidates = []
    for column in columns:
        header = _plain(column)
        for order, field in enumerate(object_type.fields):
            for rank, name in enumerate((field.name, *field.names)):
                score = fuzz.ratio(header, _plain(name))
                if score >= _CLOSE_ENOUGH:
                    candidates.append((-score, rank, order, field.name, column))
    found: dict[str, tuple[FieldSource, float]] = {}
    used: set[str] = set()
    for negative, _, _, name, column in sorted(candidates):
        if name not in found and column not in used:
            found[name] = (FieldSource(column=column), -negative / 100)
            used.add(column)
    return found
