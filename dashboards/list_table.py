"""The table of a list: a page of its records, whose cells are changed in place, and which are chosen by the box before them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import data, list_changes, list_filters, session
from dashboards.data import activity_lists
from dashboards.data.lists import Column, ListType
from dashboards.links import ListView

_CHOSEN, _LINK = "chosen", "link"
_ROW_PIXELS, _MOST_ROWS_SEEN = 35, 18

type Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """How a page shows a list.

    Attributes:
        page: its path.
        of: which list.
        link: the address of the page of a record, from the list as it is seen.
        nothing: says what to do where there are no records at all.
        first: what is seen without a link.
        told: what is told of each record before its columns, by the head above it.
    """

    page: str
    of: ListType
    link: Callable[[ListView, Row], str]
    nothing: Callable[[], None]
    first: ListView = field(default_factory=ListView)
    told: Mapping[str, Callable[[Row], str]] = field(default_factory=dict)


def draw(shown: Shown, view: ListView, found: pd.DataFrame, members: Mapping[str, Mapping[str, str]]) -> list[int]:
    """The table.

    Args:
        shown: which list, and how the page shows it.
        view: what is shown of it.
        found: of a page of the list.
        members: of `lists.members`.

    Returns:
        The keys of the chosen records.
    """
    if found.empty:
        st.info("This is the end of the list." if view.after else "None is like that; choose otherwise at the left.", icon=":material/search_off:")
        st.button("Show all", on_click=list_filters.go, args=(shown.page, shown.of, shown.first))
        return []
    works = session.may(session.Permission.WORK)
    columns = [column for column in shown.of.columns if column.shown]
    state = f"table of {shown.of.name} {sorted(view.parameters(shown.of).items())}"
    round_, kept = st.session_state.get(state, (0, []))
    key = f"list of {shown.of.name} {hashlib.sha256(state.encode()).hexdigest()[:12]} {round_}"

    def edited() -> None:
        chosen = _written(shown, found, st.session_state[key]["edited_rows"], kept)
        if chosen is not None:
            st.session_state[state] = (round_ + 1, chosen)  # the table is drawn anew from what is stored

    after = st.data_editor(
        _frame(shown, view, found, columns, kept), hide_index=True, num_rows="fixed", key=key, on_change=edited, placeholder="",
        height=2 + _ROW_PIXELS * (1 + min(len(found), _MOST_ROWS_SEEN)),
        column_order=[*([_CHOSEN] if works else []), _LINK, *shown.told, *(column.name for column in columns)],
        column_config={
            _CHOSEN: st.column_config.CheckboxColumn("", width=36, pinned=True, help="Choose this record"),
            _LINK: st.column_config.LinkColumn("", width=56, pinned=True, display_text="Open"),
            **{column.name: _config(column, found, members.get(column.name, {})) for column in columns},
        },
        disabled=[_LINK, *shown.told, *(column.name for column in columns if not (works and column.changes))],
    )  # fmt: skip
    return [int(key) for key in found[shown.of.key][after[_CHOSEN].to_numpy(dtype=bool)]]


def _written(shown: Shown, found: pd.DataFrame, edited: Mapping[int, Row], kept: list[int]) -> list[int] | None:
    """Changes what was typed into cells; the records that are chosen then, None where no more than a box was ticked."""
    cells = {int(place): dict(row) for place, row in edited.items()}
    ticked = {place: row.pop(_CHOSEN) for place, row in cells.items() if _CHOSEN in row}
    typed = {place: row for place, row in cells.items() if row}
    if not typed:
        return None
    list_changes.edit(shown.page, shown.of, found, typed)
    return [int(key) for place, key in enumerate(found[shown.of.key]) if ticked.get(place, key in kept)]


def _frame(shown: Shown, view: ListView, found: pd.DataFrame, columns: list[Column], kept: list[int]) -> pd.DataFrame:
    """The records as the table takes them."""
    frame = pd.DataFrame({_CHOSEN: found[shown.of.key].isin(kept), **{column.name: _cells(column, found) for column in columns}})
    rows = activity_lists.records(found)
    frame[_LINK] = [shown.link(view, row) for row in rows]
    for label, tell in shown.told.items():
        frame[label] = [tell(row) for row in rows]
    return frame


def _cells(column: Column, found: pd.DataFrame) -> pd.Series:
    """A column as the table takes it; of what is named by key the keys, so that another can be chosen."""
    match column.kind:
        case "key":
            return found[f"{column.name}_id"].astype("Int64")
        case "time":
            return pd.to_datetime(found[column.name], utc=True).dt.tz_convert(data.zone()).dt.tz_localize(None)
        case "day":
            return pd.to_datetime(found[column.name])
        case "money" | "share":
            return found[column.name].astype("Float64")
        case _:
            return found[column.name].astype("string")


def _config(column: Column, found: pd.DataFrame, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - Streamlit's kinds of columns have no type in common
    """How the table shows a column, and what it takes there."""
    if column.kind == "key":
        pairs = found[[f"{column.name}_id", column.name]].dropna().drop_duplicates().itertuples(index=False, name=None)
        names = {**{int(key): name for key, name in known.items()}, **{int(key): str(name) for key, name in pairs}}
        return st.column_config.SelectboxColumn(column.label, options=list(names), format_func=lambda key: names.get(int(key), ""), required=column.always)
    if column.choices or (known and column.always):
        return st.column_config.SelectboxColumn(
            column.label, options=list(known), format_func=lambda each: known.get(str(each), str(each)), required=column.always
        )
    return _PLAIN[column.kind](column.label, required=column.always)


_PLAIN: Mapping[str, Callable[..., Any]] = {
    "text": st.column_config.TextColumn,
    "money": partial(st.column_config.NumberColumn, format="accounting", min_value=0),
    "share": partial(st.column_config.NumberColumn, format="percent", min_value=0, max_value=1),
    "day": partial(st.column_config.DateColumn, format="YYYY-MM-DD"),
    "time": partial(st.column_config.DatetimeColumn, format="YYYY-MM-DD HH:mm"),
}
