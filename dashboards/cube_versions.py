"""Which cube the cube page shows: the newest, one as it was, or that of a scenario."""

from dataclasses import replace

import streamlit as st

from dashboards import data, texts
from dashboards.cube_question import go
from dashboards.data import Cube, CubeQuery, Scope

_NEWEST, _NONE = "Newest", "None"


def asked(newest: Cube, parameters: dict[str, list[str]], first: CubeQuery, scope: Scope) -> tuple[Cube, CubeQuery]:
    """The cube that a link asks, and what it asks.

    Args:
        newest: the cube in force.
        parameters: of the link.
        first: the question of a link without any.
        scope: who is looking.

    Raises:
        CubeError: there is no such version or scenario, or the question does not fit.
    """
    query = CubeQuery.from_parameters(dict(parameters)) if parameters else first
    if query.scenario:
        return data.scenario_cube(query.scenario, scope), query
    return (data.cube_as_of(query.as_of) or newest) if query.as_of else newest, query


def bar(cube: Cube, newest: Cube, query: CubeQuery) -> None:
    """Says that the cube of a scenario or an earlier one is shown, and leads back to the newest.

    Args:
        cube: the cube that is shown.
        newest: the cube in force.
        query: the question.
    """
    if cube == newest:
        return
    label = data.scenario_labels().get(query.scenario, query.scenario)
    said = f"Scenario: {label}" if query.scenario else f"As it was on {texts.moment(cube.built_at)}"
    with st.container(horizontal=True, key="other_cube"):
        back = replace(query, as_of="", scenario="")
        st.button(said, key="newest", icon=":material/close:", icon_position="right", help="Back to the newest", on_click=lambda: go(back))


def choice(query: CubeQuery) -> None:
    """In the sidebar: the versions, where there is more than the newest, and the scenarios, where there are some.

    Args:
        query: the question.
    """
    _versions(query)
    _scenarios(query)


def _versions(query: CubeQuery) -> None:
    kept = data.kept_cubes()
    if len(kept) == 1:
        return
    names = {"": _NEWEST} | {cube.name: texts.moment(cube.built_at) for cube in kept[1:]}
    shown = data.cube_as_of(query.as_of) if query.as_of else None
    st.session_state["cube version"] = shown.name if shown is not None and shown.name in names else ""
    st.selectbox(
        "As it was on", list(names), key="cube version", format_func=lambda name: names.get(name, name),
        on_change=lambda: go(replace(query, as_of=st.session_state["cube version"], scenario="")),
    )  # fmt: skip


def _scenarios(query: CubeQuery) -> None:
    names = {"": _NONE} | data.scenario_labels()
    if len(names) == 1:
        return
    st.session_state["cube scenario"] = query.scenario if query.scenario in names else ""
    st.selectbox(
        "Scenario", list(names), key="cube scenario", format_func=lambda name: names.get(name, name),
        on_change=lambda: go(replace(query, scenario=st.session_state["cube scenario"], as_of="")),
    )  # fmt: skip
