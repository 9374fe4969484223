"""Drill-through on the cube page: the records behind what is shown."""

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboards import cube_downloads, cube_question, data, downloads, session
from dashboards.data import DIMENSIONS, FACTS, CubeQuery, Scope
from dashboards.links import AccountView

_SHOWN, _MOST_WRITTEN = 200, 100_000
_FILES = {"CSV": ".csv", "Excel": ".xlsx"}


def section(query: CubeQuery, scope: Scope) -> None:
    """The records that the filters of a question keep, once the reader opens them; none where figures of few accounts are hidden.

    Args:
        query: the question; its first measure says of which facts.
        scope: who is looking.
    """
    if scope.hides:
        return  # single records are of single accounts
    opened = st.expander("Records", icon=":material/list_alt:", key="records", on_change="rerun")
    if opened.open:
        with opened:
            _records(query, scope)


def _records(query: CubeQuery, scope: Scope) -> None:
    cubes = list(dict.fromkeys(each.facts for each in data.simple(query.measures[0])))
    cube = cubes[0]
    if len(cubes) > 1:
        cube = st.segmented_control("Records of", cubes, default=cube, key=f"records of {cubes}", format_func=lambda name: FACTS[name].label) or cube
    found = data.cube_records(cube, query.where, scope, _SHOWN, query.as_of, query.scenario)
    shown = f"The first {_SHOWN:,} of {found.count:,}" if found.count > _SHOWN else f"{found.count:,}"
    st.caption(f"{shown}; {FACTS[cube].grain}, of all that the filters keep.")
    frame = _readable(found.table.to_pandas(integer_object_nulls=True))
    st.dataframe(frame, hide_index=True, placeholder="", column_config={"Open": st.column_config.LinkColumn("Account", display_text="Open")})
    if not session.may(session.Permission.EXPORT):
        return
    files: dict[str, downloads.Write] = {name: partial(_written, cube, query, scope, ending) for name, ending in _FILES.items()}
    cube_downloads.offer(cube_question.key(f"records of {cube}", query), files, f"records of {cube}, {cube_downloads.asked(query)}")


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The records with a link to each account that the reader may see, members in words, and without the keys of the database."""
    shown = frame.drop(columns=["account_id", "territory_id"], errors="ignore")
    for place in (each for each in DIMENSIONS.values() if each.kind == "place" and each.column in shown):
        shown[place.column] = [place.member(int(cell) if pd.notna(cell) else None) for cell in shown[place.column]]
    if "account_id" in frame:
        links = [session.address("account", AccountView(int(account)).parameters()) for account in frame["account_id"]]
        shown.insert(0, "Open", pd.Series(links, dtype=object).where(frame["name"].notna().to_numpy(), None))
    return shown.rename(columns=lambda name: DIMENSIONS[name].label if name in DIMENSIONS else name.replace("_", " ").capitalize())


def _written(cube: str, query: CubeQuery, scope: Scope, ending: str, folder: Path) -> downloads.Written:
    target = folder / f"{cube}_records{ending}"
    found = data.cube_records(cube, query.where, scope, _MOST_WRITTEN, query.as_of, query.scenario)
    data.exports.write_table(found.table, target, found.about)
    return downloads.Written(target, len(found.table))
