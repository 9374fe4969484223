"""The values of custom fields: packed as the database keeps them, checked as imports check them, read, changed and taken back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.custom_fields import CARRIERS, CustomField, Value, field, fields_of, held
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.declared_file import meant
from gcrm.errors import CrmError, FieldError
from gcrm.frames import ObjectType
from gcrm.ingest.clean import clean
from gcrm.ingest.mapping import FieldSource, FileMapping
from gcrm.pipeline.changes import Through, acting, last_change, undo_change


def packed(records: pd.DataFrame) -> pd.Series:
    """The values of custom fields, a JSON object for each record; what is missing is not in it.

    Args:
        records: clean values, a column for each field.

    Returns:
        Text, on the index of the records.
    """
    given, names = records.dropna(how="all"), list(map(str, records))
    texts = [json.dumps(_values(names, row), ensure_ascii=False) for row in zip(*(given[name] for name in names), strict=True)]
    return pd.Series(texts, index=given.index, dtype="string").reindex(records.index, fill_value="{}")


def _values(names: Sequence[str], row: Sequence[Any]) -> dict[str, Value]:
    """What a record has, by field."""
    return {name: _value(value) for name, value in zip(names, row, strict=True) if not pd.isna(value)}


def _value(clean_value: Any) -> Value:  # noqa: ANN401 - a text, a number, a day, or yes and no
    if isinstance(clean_value, pd.Timestamp):
        return clean_value.date().isoformat()
    if isinstance(clean_value, float) and clean_value.is_integer():
        return int(clean_value)
    return clean_value if isinstance(clean_value, str | float) else bool(clean_value)


def checked(fields: Sequence[CustomField], texts: Mapping[str, str]) -> dict[str, Value]:
    """Typed values out of what was typed, by the steps and the contract of an import.

    Args:
        fields: the custom fields that are meant.
        texts: by their names; empty for nothing.

    Returns:
        The values of those that have one.

    Raises:
        FieldError: one does not fit its field; says why.
    """
    if not fields:
        return {}
    object_type = ObjectType("custom fields", "one row per record", tuple(each.contract for each in fields), key=())
    mapping = FileMapping(fields={each.name: FieldSource(column=each.name) for each in fields})
    raw = pd.DataFrame([{each.name: texts.get(each.name, "") for each in fields}], index=pd.Index([1], name="row_number"), dtype="string")
    cleaned = clean(mapping.apply(raw, object_type), object_type, mapping)
    for problem in cleaned.problems.itertuples():
        label = next(each.label for each in fields if each.name == problem.field)
        raise FieldError(f"{label}: {problem.value!r} {problem.reason}; mend it and save again.")
    return _values([each.name for each in fields], cleaned.records.iloc[0].tolist())


def parse(object_name: str, pairs: Sequence[str]) -> dict[str, str]:
    """Fields and texts out of FIELD=VALUE; nothing behind the sign for no value.

    Args:
        object_name: whose fields.
        pairs: as they were written.

    Raises:
        FieldError: one is not written like that, or there is no such field.
    """
    texts = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise FieldError(f"{pair!r} is no FIELD=VALUE; write one such as x_level=Gold.")
        texts[field(object_name, name).name] = text
    return texts


def wanted(object_name: str, pairs: Sequence[str]) -> dict[str, Value]:
    """What records have to have to be among those that are asked for.

    Args:
        object_name: whose fields.
        pairs: FIELD=VALUE; all of them have to hold.

    Raises:
        FieldError: one is not written like that, is of no field or a personal one, or its value does not fit.
    """
    texts = parse(object_name, pairs)
    fields = [field(object_name, name) for name in texts]
    personal = next((each.name for each in fields if each.personal), None)
    if personal is not None:
        raise FieldError(f"{personal} is personal, and nobody is looked for by it; leave it out.")
    empty = next((name for name, text in texts.items() if not text.strip()), None)
    if empty is not None:
        raise FieldError(f"{empty} has no value to look for; write one such as {empty}=Gold.")
    return checked(fields, texts)


def alike(object_name: str, text: str) -> list[dict[str, Value]]:
    """What a record may have that somebody means by a text: each field that can have it as its whole value, but for personal ones.

    Args:
        object_name: whose fields.
        text: as it was typed.
    """
    found = []
    for each in fields_of(object_name):
        try:
            values = {} if each.personal else checked([each], {each.name: text})
        except FieldError:
            continue
        found += [values] if values else []
    return found


def values_of(object_name: str, record_id: int, scope: Scope) -> dict[str, Value]:
    """The values of the custom fields of a record, of those that are declared.

    Args:
        object_name: one of `CARRIERS`.
        record_id: its key.
        scope: who is looking.

    Raises:
        FieldError: such objects have no custom fields.
        CrmError: there is no such record, or the scope does not show it.
    """
    if object_name not in CARRIERS:
        raise FieldError(f"{object_name!r} are no objects with custom fields{meant(object_name, CARRIERS)}.")
    with scoped(scope) as connection:
        found: dict[str, Value] | None = queries("custom_fields").values_of(connection, object=object_name, record_id=record_id)
    if found is None:
        raise CrmError(f"There is no record {record_id} among the {object_name.replace('_', ' ')}, or you may not see it.")
    return held(object_name, found)


def change(object_name: str, record_id: int, texts: Mapping[str, str], scope: Scope, *, actor: str, through: Through) -> int | None:
    """Changes custom fields of a record; those that are left out stay.

    Args:
        object_name: one of `CARRIERS`.
        record_id: its key.
        texts: field to what was typed; empty for nothing.
        scope: who asks; it has to show the record.
        actor: who changes it.
        through: page or command.

    Returns:
        The change, for `undo`; None where nothing differs.

    Raises:
        FieldError: there is no such field, or a value does not fit it.
        CrmError: there is no such record, or the scope does not show it.
    """
    values_of(object_name, record_id, scope)
    values = checked([field(object_name, name) for name in texts], texts)
    with acting(actor, through) as connection:
        changed = queries("custom_fields").change(connection, object=object_name, record_id=record_id, replaced=list(texts), values=Jsonb(values))
        return last_change(connection, object_name, record_id) if changed else None


def undo(object_name: str, record_id: int, change_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back a change of custom fields.

    Args:
        object_name: one of `CARRIERS`.
        record_id: its key.
        change_id: from `change`.
        scope: who asks; it has to show the record.
        actor: who undoes it.
        through: page or command.

    Raises:
        FieldError: such objects have no custom fields.
        CrmError: there is no such record or change, or its custom fields were changed since.
    """
    values_of(object_name, record_id, scope)
    with acting(actor, through) as connection:
        if queries("changes").what(connection, change_id=change_id) != (object_name, record_id):
            raise CrmError(f"Change {change_id} is none of record {record_id} of the {object_name.replace('_', ' ')}; look at its history.")
        undo_change(connection, change_id)
