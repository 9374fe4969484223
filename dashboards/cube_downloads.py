"""What the cube page shows, as files: the table, the map's cells, the chart. Each says what was asked, of which version of the cube."""

import html
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dashboards import cube_chart, cube_question, data, downloads, parts, session, texts
from dashboards.cube_question import parameters
from dashboards.data import PLACE, Axis, Cube, CubeQuery, Scope

_TABLE = {"CSV": ".csv", "Excel": ".xlsx", "Parquet": ".parquet"}
_MAP, _CHART = "Map as GeoParquet", "Chart as PNG"


def menu(cube: Cube, query: CubeQuery, title: str, scope: Scope) -> None:
    """The menu of files, for those who may take tables along.

    Args:
        cube: the published cube.
        query: the question.
        title: of the values.
        scope: who is looking.
    """
    if not session.may(session.Permission.EXPORT):
        return
    files: dict[str, downloads.Write] = {name: partial(_table, cube, query, scope, ending) for name, ending in _TABLE.items()}
    files[_MAP] = partial(_cells, cube, query, scope)
    if query.axes:
        files[_CHART] = partial(_chart, cube, query, title, scope)
    with st.popover("Download", icon=":material/download:"):
        offer(cube_question.key("download", query), files, asked(query))
        st.caption("Each file says what was asked, and of which version of the cube.")


def asked(query: CubeQuery) -> str:
    """A question as a line of the audit: its link."""
    return urlencode(parameters(query), doseq=True)


def offer(key: str, files: dict[str, downloads.Write], what: str) -> None:
    """Names of files to choose from; the one that is chosen gets a link.

    Args:
        key: changes with what is in the files, so that no link leads to what is not shown any more.
        files: of each how it is written.
        what: what is in them, for the audit.
    """
    link = f"{key} link"

    def choose() -> None:
        chosen = st.session_state[key]
        st.session_state[link] = downloads.offer(files[chosen], what) if chosen else None

    chosen = st.pills("Save as", list(files), key=key, on_change=choose)
    if chosen and st.session_state.get(link):
        hint = f"works once, for {downloads.MINUTES} minutes"
        st.html(f'<a class="download" href="{st.session_state[link]}" download>Save {html.escape(chosen)}</a><span class="hint"> {hint}</span>')


def _table(cube: Cube, query: CubeQuery, scope: Scope, ending: str, folder: Path) -> downloads.Written:
    return _written(cube, query, scope, folder / f"{query.measures[0]}{ending}")


def _cells(cube: Cube, query: CubeQuery, scope: Scope, folder: Path) -> downloads.Written:
    by_cell = replace(query, rows=(Axis(PLACE, cube_question.level_of_map(cube, query)),), columns=(), derived=())
    return _written(cube, data.answerable(cube, by_cell), scope, folder / f"{query.measures[0]}_cells.parquet")


def _written(cube: Cube, query: CubeQuery, scope: Scope, target: Path) -> downloads.Written:
    answer = data.answer(cube, query, scope)
    data.exports.export_answer(query, answer, target)
    return downloads.Written(target, len(answer.table))


def _chart(cube: Cube, query: CubeQuery, title: str, scope: Scope, folder: Path) -> downloads.Written | None:
    filters = [texts.filter_name(kept, len(kept.members)) for kept in query.where]
    lines = [
        title,
        f"{parts.made_up_note(scope)}{cube_question.by_axes(query)}",
        *([f"Scenario: {data.scenario_labels().get(query.scenario, query.scenario)}"] if query.scenario else []),
        *filters,
        f"Cube version {cube.name}, as of {cube.built_at:%d %b %Y, %H:%M} UTC",
    ]
    path = cube_chart.write(cube, query, lines, scope, folder / f"{query.measures[0]}.png")
    return None if path is None else downloads.Written(path, None)
