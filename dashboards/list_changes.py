"""What is changed in a list: a cell of its table, or a field of many records at once; each with an undo."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import data, intake_lists, sales_parts
from dashboards.data.lists import Column, ListType, Wanted
from dashboards.intake_lists import MOST_CHANGED, Changed
from gcrm.errors import GcrmError


def text_of(column: Column, value: object) -> str:
    """A value as text, as `Column.value` reads it; empty for nothing.

    Args:
        column: whose value it is.
        value: of a frame, of a field, or as the table of the page gives it; a time without a zone is one by the clock of GCRM_TIME_ZONE.
    """
    if pd.isna(value):  # type: ignore[call-overload] # one value, not a frame
        return ""
    match column.kind:
        case "key":
            return str(int(str(value).removesuffix(".0")))
        case "time":
            moment = pd.Timestamp(str(value)).to_pydatetime()
            return (moment if moment.tzinfo is not None else moment.replace(tzinfo=data.zone())).isoformat()
        case "day":
            return pd.Timestamp(str(value)).date().isoformat()
        case _:
            return str(value)


def edit(page: str, of: ListType, frame: pd.DataFrame, edited: Mapping[int, Mapping[str, Any]]) -> None:
    """Changes what was typed into cells, all of them or none.

    Args:
        page: path of the page.
        of: which list.
        frame: of a page of the list.
        edited: place of the row to field and what it shall be.
    """
    sales_parts.attempt(page, lambda: _edit(of, frame, edited))


def _edit(of: ListType, frame: pd.DataFrame, edited: Mapping[int, Mapping[str, Any]]) -> tuple[str, sales_parts.Undo | None]:
    done: list[Changed] = []
    try:
        for place, cells in edited.items():
            for name, value in cells.items():
                column, row = of.change(name), frame.iloc[place]
                seen = text_of(column, row[f"{name}_id" if column.kind == "key" else name])
                done.append(intake_lists.change(of, [int(row[of.key])], name, text_of(column, value), seen))
    except GcrmError:
        _take_back(of, done)
        raise
    changed = sum(each.changed for each in done)
    return (f"{changed:,} fields are changed." if changed > 1 else "It is changed.", lambda: _take_back(of, done)) if changed else ("Nothing differs.", None)


def _take_back(of: ListType, done: Sequence[Changed]) -> str:
    """Takes changes back, the newest first."""
    undone = [intake_lists.undo(of, each.change_set_id) for each in reversed(done) if each.change_set_id is not None]
    restored, kept = sum(each.restored for each in undone), sum(each.kept for each in undone)
    said = "It is as it was before." if restored == 1 else f"{restored:,} {of.name} are as they were before."
    return said + (f" {kept:,} stay: they were changed since." if kept else "")


def many(page: str, of: ListType, wanted: Wanted, total: int, chosen: Sequence[int], members: Mapping[str, Mapping[str, str]]) -> None:
    """The form that changes a field of the chosen records, or of all that the filters leave; it says how many these are.

    Args:
        page: path of the page.
        of: which list.
        wanted: which records are listed.
        total: how many these are.
        chosen: keys of the chosen ones.
        members: of `lists.members`.
    """
    number = len(chosen) or total
    fields = {column.name: column for column in of.changes if not column.singly}
    with st.popover("Change", icon=":material/edit_note:"):
        which = f"The chosen {of.one}" if len(chosen) == 1 else f"The {number:,} chosen {of.name}" if chosen else f"All {total:,} {of.name} of this list"
        st.markdown(f"**{which}**")
        st.caption("Choose records by the box before them to change these alone.")
        if number > MOST_CHANGED:
            st.info(f"More than {MOST_CHANGED:,} cannot be changed at once; filter to fewer.", icon=":material/filter_alt:")
            return
        column = fields[st.selectbox("Field", list(fields), format_func=lambda name: fields[name].label, key=f"field to change of {of.name}")]
        value = _value(of, column, members.get(column.name, {}))

        def write() -> Changed:
            if chosen:
                return intake_lists.change(of, chosen, column.name, value)
            return intake_lists.change_all(of, wanted, total, column.name, value)

        them = f"{number:,} {of.one if number == 1 else of.name}"
        st.button(f"Change {them}" if value else f"Empty it in {them}", type="primary", disabled=not number or (column.always and not value),
                  on_click=sales_parts.attempt, args=(page, lambda: _many(of, column, write)))  # fmt: skip


def _many(of: ListType, column: Column, write: Callable[[], Changed]) -> tuple[str, sales_parts.Undo | None]:
    done = write()
    stay = " ".join(f"{count:,} stay: {reason}" for reason, count in list(done.refused.items())[:1])
    more = f" And {sum(list(done.refused.values())[1:]):,} others stay." if len(done.refused) > 1 else ""
    if done.change_set_id is None:
        return f"Nothing differs: they have this {column.label.lower()} already.", None
    return f"{column.label} of {done.changed:,} {of.one if done.changed == 1 else of.name} is changed. {stay}{more}".strip(), lambda: _take_back(of, [done])


def _value(of: ListType, column: Column, known: Mapping[str, str]) -> str:
    """A field for the new value, as text; empty for none."""
    label, key = f"New {column.label.lower()}", f"new {column.name} of {of.name}"
    if known:
        free = not column.choices and column.kind == "text" and not column.always
        return st.selectbox(label, list(known), index=None, key=key, format_func=lambda each: known.get(each, each), accept_new_options=free,
                            placeholder="Choose, or write a new one" if free else "Choose") or ""  # fmt: skip
    if column.kind == "day":
        return text_of(column, st.date_input(label, value=None, key=key, format="YYYY-MM-DD"))
    if column.kind == "time":
        return text_of(column, st.datetime_input(label, value=None, key=key, format="YYYY-MM-DD"))
    return st.text_input(label, key=key)
