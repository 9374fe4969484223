"""The card of custom fields: what a record has in those that the organisation declared, and the form that changes it, with an undo."""

from collections.abc import Mapping
from datetime import date

import streamlit as st

from dashboards import intake_service, sales_parts, session, texts
from dashboards.place_card import section
from gcrm.custom_fields import CustomField, Value, fields_of, held, shown
from gcrm.errors import GcrmError

_TITLE = "Fields of your own"


def draw(object_name: str, record_id: int, custom: Mapping[str, Value], title: str = _TITLE) -> None:
    """The card; nothing where no custom field is declared.

    Args:
        object_name: what the record is, such as accounts.
        record_id: its key.
        custom: what it has, as the database keeps it.
        title: of the card, where a page has more than one.
    """
    fields, values, card = fields_of(object_name), held(object_name, custom), f"custom fields of {object_name}"
    if not fields:
        return
    _values(fields, values, title)
    sales_parts.result(card)
    if session.may(session.Permission.WORK):
        with st.expander("Change them", icon=":material/edit:"):
            _form(card, object_name, record_id, fields, values)


def in_dialog(page: str, object_name: str, record_id: int, custom: Mapping[str, Value]) -> None:
    """The fields of a record in a dialog, which closes when they are saved; to be read by those who do not work with customers.

    Args:
        page: that tells what was done then, with an undo.
        object_name: what the record is, such as opportunities; some field of it is declared.
        record_id: its key.
        custom: what it has, as the database keeps it.
    """
    fields, values = fields_of(object_name), held(object_name, custom)
    if session.may(session.Permission.WORK):
        _form(page, object_name, record_id, fields, values)
    else:
        _values(fields, values, _TITLE)


def _values(fields: tuple[CustomField, ...], values: Mapping[str, Value], title: str) -> None:
    section(title, [(each.label, shown(values[each.name])) for each in fields if each.name in values], {})


def _form(told: str, object_name: str, record_id: int, fields: tuple[CustomField, ...], values: Mapping[str, Value]) -> None:
    # Controls keep what was typed into them; other values, as after an undo, have other controls.
    form = f"{object_name} {record_id} {sorted(values.items())}"
    with st.form(f"custom fields of {form}", border=False):
        typed = {each.name: control(each, values.get(each.name), f"{each.name} of {form}") for each in fields}
        saved = st.form_submit_button("Save", type="primary", icon=":material/save:")
    if saved:
        try:
            done = _save(object_name, record_id, typed)
        except GcrmError as error:
            st.warning(texts.plain(str(error)), icon=":material/rule:")
            return
        sales_parts.attempt(told, lambda: done)
        st.rerun()


def control(field: CustomField, value: Value | None, key: str) -> str:
    """The control of a field; what stands in it, as text.

    Args:
        field: one that is declared.
        value: what stands in it at first; None for nothing.
        key: of the control, under which the session keeps what stands in it; `as_text` reads that.
    """
    hint = field.description or None
    if field.type in ("choice", "yes/no"):
        members, chosen = field.members or ("yes", "no"), shown(value)
        return st.selectbox(field.label, members, members.index(chosen) if chosen in members else None, key=key, placeholder="Not known", help=hint) or ""
    if field.type == "date":
        known = date.fromisoformat(str(value)) if value else None
        # Left to itself the control takes ten years around today, and nobody's birthday.
        day = st.date_input(field.label, known, date.min, date.max, key=key, format="YYYY-MM-DD", help=hint)
        return as_text(day)
    return st.text_input(field.label, "" if value is None else str(value), key=key, help=hint)


def as_text(kept: object) -> str:
    """What stands in a control, as an import reads it; empty for nothing.

    Args:
        kept: what the session keeps of it.
    """
    return kept.isoformat() if isinstance(kept, date) else str(kept or "")


def _save(object_name: str, record_id: int, typed: Mapping[str, str]) -> tuple[str, sales_parts.Undo | None]:
    change = intake_service.change_custom_fields(object_name, record_id, typed)
    if change is None:
        return "The fields are like that already.", None
    return "The fields are changed.", lambda: _undo(object_name, record_id, change)


def _undo(object_name: str, record_id: int, change: int) -> str:
    intake_service.undo_custom_fields(object_name, record_id, change)
    return "The fields are as they were before."
