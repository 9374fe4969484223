"""Which column of a file feeds which field of an object: guessed, given on the command line, or kept in a file."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from rapidfuzz import fuzz, process

from gcrm.errors import MappingError
from gcrm.frames import OBJECTS, Kind, ObjectType
from gcrm.ingest.field_source import PACKINGS, FieldSource, Split
from gcrm.ingest.options import ReadOptions

__all__ = ["GIVEN", "PACKINGS", "POSITION", "FieldSource", "FileMapping", "Join", "ObjectMapping", "Split", "dump", "load"]

POSITION = "position"
"""Pseudo-field of a mapping: one packed column that holds both longitude and latitude."""

GIVEN = "given: "
"""Before a field's name: the column of `FileMapping.apply` with its text as it stands in the file, where the mapping has replaced it."""

Repeats = Literal["refuse", "first"]


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


class ObjectMapping(BaseModel):
    """What one of several objects takes from the rows of a file.

    Attributes:
        fields: field of the object (or POSITION) to where its value comes from.
        repeats: what a second row with the same key is: `refuse` it, or take the `first` and pass over the others, as for
            the customer who stands in each of his orders' rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, FieldSource]
    repeats: Repeats = "refuse"


class FileMapping(BaseModel):
    """How the records of a file become the fields of an object, or of several.

    Attributes:
        source: name of the system the file comes from; keys are unique within it.
        read: how the file is read.
        join: other files, by the name under which their columns appear.
        country: ISO 3166-1 code that phones, postcodes and tax numbers are read in where neither record nor field has a country.
        fields: field of the object (or POSITION) to where its value comes from.
        repeats: see `ObjectMapping`.
        objects: instead of fields, object to what it takes from the same rows.
        assign: leads that are new, and whose territory is known, go to reps by the rules as they are stored.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field("files", min_length=1, max_length=100)
    read: ReadOptions = ReadOptions()
    join: dict[str, Join] = Field(default_factory=dict)
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    fields: dict[str, FieldSource] = Field(default_factory=dict)
    repeats: Repeats = "refuse"
    objects: dict[str, ObjectMapping] = Field(default_factory=dict)
    assign: bool = False

    _places: dict[str, str] = PrivateAttr(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileMapping) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if self.fields and self.objects:
            raise ValueError("give either fields (of one object) or objects (with fields each)")
        for name in self.objects:
            if name not in OBJECTS:
                raise ValueError(f"there is no object {name!r}{_suggestion(name, OBJECTS)}; there are {', '.join(OBJECTS)}")
        return self

    def for_object(self, name: str) -> "FileMapping":
        """The mapping of one object out of several: everything that concerns the file, and that object's fields.

        Raises:
            MappingError: the mapping does not have it.
        """
        if not self.objects:
            return self
        if name not in self.objects:
            raise MappingError(f"The mapping has no object {name!r}{_suggestion(name, self.objects)}; it has {', '.join(self.objects)}.")
        chosen = self.objects[name]
        single = self.model_copy(update={"fields": chosen.fields, "repeats": chosen.repeats, "objects": {}})
        before = f"objects.{name}."
        single._places = {place.removeprefix(before): line for place, line in self._places.items() if place.startswith(before)}  # noqa: SLF001 - of its own class
        return single

    def object_names(self) -> tuple[str, ...]:
        """The objects of a mapping of several, in the order in which references need them; none for a mapping of one."""
        return tuple(name for name in OBJECTS if name in self.objects)

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
                raise MappingError(f"{self._place(name)}{object_type.name} have no field {name!r}{_suggestion(name, known)}.")
        packing = self.fields[POSITION].format if POSITION in self.fields else None
        if packing is not None and packing not in PACKINGS:
            raise MappingError(
                f"{self._place(POSITION)}{packing!r} is no form of a position{_suggestion(packing, PACKINGS)}; write one of {', '.join(PACKINGS)}."
            )
        present = set(columns)
        for name, source in self.fields.items():
            for column in source.columns:
                if column not in present:
                    there = ", ".join(sorted(present))
                    found = f"{file_name} has no column {column!r} for {name}{_suggestion(column, present)}"
                    raise MappingError(f"{self._place(name)}{found}; its columns are {there}.")

    def check_complete(self, object_type: ObjectType, file_name: str) -> None:
        """Refuses a mapping that leaves a required field without a source.

        Raises:
            MappingError: names the field.
        """
        for field in object_type.unfed(self.fields):
            what = f"{field.name} ({field.text.rstrip('.')}), which {object_type.name} need"
            raise MappingError(f"{file_name}: no column feeds {what}; give it with --map {field.name}=COLUMN.")

    def apply(self, frame: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
        """The fields of the object, as text with "" for nothing, on the frame's index.

        A field that is not mapped, or is empty, takes its default. POSITION is left as it is, in a column of that name; the text of a
        field that the mapping replaces (codes, split) stands beside it in a column that begins with GIVEN.
        """
        fields = {}
        for field in object_type.fields:
            source = self.fields.get(field.name)
            values = source.resolve(frame) if source else pd.Series("", index=frame.index, dtype="string")
            fields[field.name] = values if field.default is None else values.where(values.str.strip() != "", field.default)
            if field.kind is Kind.CURRENCY and (source is None or not source.columns):
                fields[field.name] = values  # the default waits until the amounts have been looked at
            if source is not None and source.replaces:
                fields[GIVEN + field.name] = source.given(frame)
        if POSITION in self.fields:
            fields[POSITION] = self.fields[POSITION].resolve(frame)
        return pd.DataFrame(fields, index=frame.index)

    def _place(self, field: str) -> str:
        """File and line of a field in the mapping's own file, if it comes from one."""
        return self._places.get(f"fields.{field}", "")


def _suggestion(name: str, known: Iterable[str]) -> str:
    best = process.extractOne(name, sorted(known), scorer=fuzz.WRatio, score_cutoff=70)
    return f" (did you mean {best[0]!r}?)" if best else ""


def load(path: Path) -> FileMapping:
    """The mapping kept in a YAML file; every value in it is text, so that `on`, `NO` and `007` stay what they are.

    Raises:
        MappingError: the file is not there, is not YAML, or is no mapping; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = yaml.compose(text, Loader=yaml.BaseLoader)
        given = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text only
    except OSError as error:
        raise MappingError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise MappingError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from error
    lines = _lines(tree) if tree is not None else {}
    try:
        mapping = FileMapping.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise MappingError(_sentence(path.name, tuple(map(str, first["loc"])), first["type"], first["msg"], lines)) from error
    mapping._places = {".".join(place): f"{path.name}, line {line}: " for place, line in lines.items()}  # noqa: SLF001 - of its own module
    return mapping


def _lines(node: yaml.Node, place: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    """The line, from 1, of each key of a YAML document, by the path to it."""
    found: dict[tuple[str, ...], int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            found |= {inner: key.start_mark.line + 1} | _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            inner = (*place, str(number))
            found |= {inner: value.start_mark.line + 1} | _lines(value, inner)
    return found


def _sentence(file_name: str, place: tuple[str, ...], kind: str, message: str, lines: Mapping[tuple[str, ...], int]) -> str:
    """What is wrong with a mapping file, with its line and, for a key that nobody knows, the one that may be meant."""
    known = next((place[:size] for size in range(len(place), 0, -1) if place[:size] in lines), ())
    line = f", line {lines[known]}" if known else ""
    hint = ""
    if kind == "extra_forbidden":
        models: dict[str, type[BaseModel]] = {"join": Join, "read": ReadOptions, "objects": ObjectMapping}
        model = models.get(place[0], FileMapping) if len(place) > 1 else FileMapping
        if "fields" in place[:-1]:
            model = Split if place[-2] == "split" else FieldSource
        hint = _suggestion(place[-1], model.model_fields) + f"; known are {', '.join(model.model_fields)}"
        message = "is not known"
    said = message.removeprefix("Value error, ")
    return f"{file_name}{line}: {'.'.join(place) or 'the file'}: {said[:1].lower()}{said[1:]}{hint}."


def dump(mapping: FileMapping, path: Path) -> None:
    """Keeps a mapping in a YAML file that `load` reads back, whole or not at all.

    Raises:
        MappingError: the file cannot be written.
    """
    text = yaml.safe_dump(_short(mapping.model_dump(mode="json", exclude_defaults=True)), allow_unicode=True, sort_keys=False, width=140)
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(text)
        Path(file.name).replace(path)
    except OSError as error:
        raise MappingError(f"{path} cannot be written ({error.strerror}); check the folder.") from error


def _short(kept: Any) -> Any:  # noqa: ANN401 - whatever YAML has
    """A source that is only a column as that column's name."""
    if isinstance(kept, dict):
        short = {name: _short(value) for name, value in kept.items()}
        for name in ("fields",):
            if isinstance(short.get(name), dict):
                short[name] = {
                    field: source["column"] if isinstance(source, dict) and set(source) == {"column"} else source for field, source in short[name].items()
                }
        return short
    return [_short(each) for each in kept] if isinstance(kept, list) else kept
