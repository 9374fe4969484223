"""Custom fields: what an organisation keeps of its records besides the fields of `gcrm.frames`, declared by itself in one settings file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gcrm import frames
from gcrm.config import settings
from gcrm.declared_file import Declared, DeclaredFile, meant
from gcrm.errors import FieldError
from gcrm.frames import CONSENTS, OBJECTS, Kind, ObjectType

PREFIX = "x_"
"""How their names begin, in files, exports and cubes alike, so that no field that gcrm gets later is called the same."""

CARRIERS = tuple(name for name in OBJECTS if name != CONSENTS.name)
"""The objects that have custom fields: all but consents, a ledger that is only added to."""

type FieldType = Literal["text", "number", "date", "yes/no", "choice"]
type Value = str | float | bool
"""What a custom field of a record holds: a text, a member or a day (ISO 8601) as text, a number, yes or no."""

_KINDS: Mapping[FieldType, Kind] = MappingProxyType({"text": Kind.TEXT, "number": Kind.NUMBER, "date": Kind.DATE, "yes/no": Kind.FLAG, "choice": Kind.CHOICE})
_WITH_MEMBERS = ("text", "yes/no", "choice")
"""The types that have members to group by."""
_LONGEST_NAME = 40
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

type Label = Annotated[str, Field(min_length=1, max_length=60)]


class FieldDeclaration(Declared):
    """A custom field, as `CustomField` has it."""

    label: Label
    type: FieldType
    description: str = ""
    members: list[Label] = Field([])
    personal: bool = False
    dimension: bool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type == "choice" and not self.members:
            raise ValueError("a choice needs members; write them as a list")
        if self.type != "choice" and self.members:
            raise ValueError(f"only a choice has members, and this is {self.type}; leave them out")
        if len({member.casefold() for member in self.members}) < len(self.members):
            raise ValueError("two members are the same word; take one away")
        if self.dimension and self.type not in _WITH_MEMBERS:
            raise ValueError(f"a {self.type} has no members to group by; leave dimension out, or make it a choice")
        if self.dimension and self.personal:
            raise ValueError("what is personal is no dimension, since cubes hold no persons; leave one of the two out")
        return self


type Fields = dict[str, FieldDeclaration]


class FieldsDeclaration(Declared):
    """The custom fields of each object, by name."""

    territories: Fields = Field({})
    reps: Fields = Field({})
    products: Fields = Field({})
    accounts: Fields = Field({})
    contacts: Fields = Field({})
    orders: Fields = Field({})
    activities: Fields = Field({})
    opportunities: Fields = Field({})
    cases: Fields = Field({})
    campaigns: Fields = Field({})
    campaign_members: Fields = Field({})
    leads: Fields = Field({})


@dataclass(frozen=True)
class CustomField:
    """A custom field.

    Attributes:
        name: in files, exports and cubes; it begins with PREFIX.
        label: what a page calls it.
        type: what it holds, and so how it is cleaned.
        description: what it means, in a sentence.
        members: of a choice its members, as they are written; of others none.
        personal: whether it tells something of a person: then it is neither exported with lists, nor searched, nor a dimension.
        dimension: whether the cubes of accounts have it as a dimension; of accounts only.
    """

    name: str
    label: str
    type: FieldType
    description: str = ""
    members: tuple[str, ...] = ()
    personal: bool = False
    dimension: bool = False

    def fits(self, value: Value) -> bool:
        """Whether a value is of the type, which may have been another when it was stored."""
        if self.type == "yes/no":
            return isinstance(value, bool)
        if self.type == "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        return isinstance(value, str) and (self.type != "date" or _DAY.fullmatch(value) is not None)

    @property
    def contract(self) -> frames.Field:
        """The field as imports clean and check it; its label and its name without PREFIX are headers that name it."""
        names = (self.label, self.name.removeprefix(PREFIX))
        return frames.Field(self.name, _KINDS[self.type], self.description or f"{self.label}.", names=names, codes=self.members)


type Declaration = Mapping[str, tuple[CustomField, ...]]
"""The custom fields of each object that has some, in the order of the file."""


def read_declaration(name: str, text: str) -> Declaration:
    """The custom fields that a settings file declares.

    Args:
        name: of the file, for errors.
        text: what stands in it.

    Raises:
        FieldError: it does not declare them; the line, what is wrong, what may be meant.
    """
    file = DeclaredFile(name, text, FieldError)
    declared = file.as_model(FieldsDeclaration, dict.fromkeys(CARRIERS, FieldDeclaration))
    found: dict[str, tuple[CustomField, ...]] = {}
    for carrier in CARRIERS:
        fields: Fields = getattr(declared, carrier)
        for field, each in fields.items():
            _check(file, carrier, field, each)
        if fields:
            found[carrier] = tuple(CustomField(field, **each.model_dump(exclude={"members"}), members=tuple(each.members)) for field, each in fields.items())
    return MappingProxyType(found)


def _check(file: DeclaredFile, carrier: str, name: str, field: FieldDeclaration) -> None:
    bare = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX):
        raise file.error(f"the name of a custom field begins with {PREFIX}, so that it is never that of another field; write {PREFIX}{name}", carrier, name)
    if not (bare.isascii() and bare.replace("_", "").isalnum() and bare == bare.lower() and len(name) <= _LONGEST_NAME):
        raise file.error(f"{name!r} is no name; write small letters, digits and _, at most {_LONGEST_NAME} of them", carrier, name)
    if field.dimension and carrier != "accounts":
        raise file.error(f"cubes have dimensions of accounts, and this is a field of {carrier}; leave dimension out", carrier, name, "dimension")


@cache
def declared() -> Declaration:
    """The custom fields of this process, read once: of the file that GCRM_FIELDS names, else of fields.yaml in the home; without a file there are none.

    Raises:
        FieldError: the file cannot be read, or is wrong.
    """
    path = settings().fields_file
    if settings().fields is None and not path.exists():
        return MappingProxyType({})
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FieldError(f"{path} cannot be read ({error}); GCRM_FIELDS names a YAML file of custom fields.") from error
    return read_declaration(path.name, text)


def fields_of(object_name: str) -> tuple[CustomField, ...]:
    """The custom fields of an object, in the order of the file.

    Args:
        object_name: one of `gcrm.frames.OBJECTS`.

    Raises:
        FieldError: the settings file is wrong.
    """
    return declared().get(object_name, ())


def field(object_name: str, name: str) -> CustomField:
    """One custom field.

    Raises:
        FieldError: the object has none of this name; which one may be meant.
    """
    known = {each.name: each for each in fields_of(object_name)}
    if name not in known:
        which = meant(name, known) if known else "; none is declared, see docs/how_to/custom_fields.md"
        raise FieldError(f"{object_name.capitalize()} have no custom field {name!r}{which}.")
    return known[name]


def object_type(object_name: str) -> ObjectType:
    """An object as files feed it: with its custom fields behind its own.

    Args:
        object_name: one of `gcrm.frames.OBJECTS`.

    Raises:
        FieldError: the settings file is wrong.
    """
    own = OBJECTS[object_name]
    return replace(own, fields=(*own.fields, *(each.contract for each in fields_of(object_name))))


def held(object_name: str, custom: Mapping[str, Value]) -> dict[str, Value]:
    """What a record has, by field, of the custom fields that are declared; what is of another type than it was declared with since is left out.

    Args:
        object_name: what the record is.
        custom: as the database keeps it.

    Raises:
        FieldError: the settings file is wrong.
    """
    return {each.name: custom[each.name] for each in fields_of(object_name) if each.name in custom and each.fits(custom[each.name])}


def is_custom(name: str) -> bool:
    """Whether a name is that of a custom field, of whatever object."""
    return name.startswith(PREFIX)


def shown(value: Value | None) -> str:
    """A value as it is read: yes and no in words, numbers with their thousands apart; empty for none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int | float) else value or ""
