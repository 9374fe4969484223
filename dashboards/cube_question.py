"""The question of the cube page: what its link says, and where a click leads from it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import h3
import streamlit as st

from dashboards import data, session, texts
from dashboards.data import DIMENSIONS, PLACE, UNKNOWN, Axis, Cube, CubeQuery, Filter

PAGE = "cube"
_MAPS, _EACH, _BESIDE = "maps", "each", "beside"
BESIDE = {"published": "As it is", "difference": "Difference to what is", "ratio": "As a share of what is"}
"""What table and map of a scenario can show in the place of its measure, as of `gcrm.olap.query.versus_columns`."""


def parameters(query: CubeQuery) -> session.Parameters:
    """What the link says: the question, whether it is shown as a map for each member of the columns, and what the table of a scenario shows."""
    maps = {_MAPS: _EACH} if map_for_each(query) else {}
    return query.parameters() | maps | ({_BESIDE: beside(query)} if beside(query) else {})


def beside(query: CubeQuery) -> str:
    """What the table of a scenario shows in the place of its measure; empty where it shows that."""
    asked = st.query_params.get(_BESIDE, "")
    return asked if query.scenario and not query.derived and asked in BESIDE else ""


def column_beside(query: CubeQuery, what: str) -> str:
    """The column of the answer that holds what is shown beside the measure, a key of BESIDE; empty for the measure itself."""
    return dict(zip(BESIDE, data.versus_columns(query.measures[0]), strict=True)).get(what, "")


def show_beside(query: CubeQuery, what: str) -> None:
    """The table of a scenario shows this in the place of its measure."""
    without = {name: value for name, value in parameters(replace(query, derived=())).items() if name != _BESIDE}
    session.go(PAGE, without | ({_BESIDE: what} if what else {}))


def map_for_each(query: CubeQuery) -> bool:
    """Whether the reader wants a map for each member of the columns, where there are some."""
    return mapped_axis(query) is not None and st.query_params.get(_MAPS) == _EACH


def mapped_axis(query: CubeQuery) -> Axis | None:
    """The columns' first dimension whose members can have a map each; None where there is none: money of two currencies has no legend in common."""
    return next((axis for axis in query.columns if not is_place(axis.dimension) and axis.dimension != "currency"), None)


def show_maps(query: CubeQuery, *, for_each: bool) -> None:
    """One map, or a map for each member of the columns."""
    session.go(PAGE, query.parameters() | ({_MAPS: _EACH} if for_each else {}))


def go(query: CubeQuery) -> None:
    """Asks this from now on."""
    session.go(PAGE, parameters(query))


def follow(wanted: session.Parameters) -> None:
    """Asks what a link says."""
    session.go(PAGE, wanted)


def filtered(query: CubeQuery, dimension: str, members: tuple[str, ...]) -> CubeQuery:
    """The question with another filter on a dimension; without members with none."""
    return query.slice(Filter(dimension, members)) if members else query.without(dimension)


def into_cell(query: CubeQuery, cell: str, dimension: str = PLACE) -> CubeQuery:
    """The question inside a cell of a dimension of places: where that is asked for, at the next finer level."""
    inside = query.slice(Filter(dimension, (cell,)))
    finer = min(data.level_of_cell(cell) + 1, query.finest_level)
    return inside.at_level(finer, dimension) if any(axis.dimension == dimension for axis in query.axes) else inside


def _into(query: CubeQuery, dimension: str, member: str) -> CubeQuery:
    """The question inside a member; where its hierarchy goes on below, at the next finer level."""
    if is_place(dimension) and member != UNKNOWN:
        return into_cell(query, member, dimension)
    inside = query.slice(Filter(dimension, (member,)))
    finer = query.finer(dimension)
    return inside.drilled(dimension, finer) if finer is not None and member != UNKNOWN else inside


def choose(query: CubeQuery, members: Mapping[str, str]) -> None:
    """Members were chosen: all is filtered by them."""
    for dimension, member in members.items():
        query = _into(query, dimension, member)
    go(query)


def level_of_map(cube: Cube, query: CubeQuery) -> int:
    """The H3 level of the map: the question's where it asks for places, else one that suits, inside a cell finer than that."""
    inside = [h3.get_resolution(h3.int_to_str(cell)) for kept in query.where if kept.dimension == PLACE for cell in kept.cells]
    return query.level or min(max([data.comfortable_level(cube), *(own + 1 for own in inside)]), query.finest_level)


def key(name: str, query: CubeQuery) -> str:
    """A key that changes with the question, so that a new answer starts without a selection."""
    return f"{name} {hashlib.sha256(repr(query).encode()).hexdigest()[:12]}"


def label(dimension: str) -> str:
    """The name of a dimension."""
    return DIMENSIONS[dimension].label


def is_place(dimension: str) -> bool:
    """Whether the members of a dimension are cells."""
    return DIMENSIONS[dimension].kind == "place"


def new_axis(cube: Cube, query: CubeQuery, dimension: str) -> Axis:
    """An axis of a dimension that is to be asked for; of places at a level that suits the question."""
    level = min(query.level or data.comfortable_level(cube), query.finest_level)
    return Axis(dimension, level if is_place(dimension) else None)


def is_time(axis: Axis) -> bool:
    """Whether an axis is a time."""
    return DIMENSIONS[axis.dimension].kind == "time"


def _cell_name(axis: Axis) -> str:
    return f"{'H3 cell' if axis.dimension == PLACE else label(axis.dimension).lower()} of level {axis.level}"


def by_axes(query: CubeQuery) -> str:
    """What a question is split by, in words."""
    names = [label(axis.dimension).lower() if axis.level is None else _cell_name(axis) for axis in query.axes]
    return f"By {texts.listed(names)}." if names else "In all."
