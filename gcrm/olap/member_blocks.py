"""The blocks of the members of a published version: what suppression reads of the facts, kept in memory for as long as the version never changes."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.olap import cuboids, delta
from gcrm.olap.blocks import Integers, Rows, blocks, joined, nodes
from gcrm.olap.catalogue import DIMENSIONS, FACTS, HIERARCHIES, MEASURES, PLACE
from gcrm.olap.conditions import of_scope
from gcrm.olap.engine import select
from gcrm.spatial.cells import parent_expression
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL

type Hierarchy = tuple[str, ...]
"""Dimensions that are taken together, coarse to fine."""

SALES_AREAS = ("region", "territory")


def hierarchy(dimension: str) -> Hierarchy:
    """The hierarchy of a dimension; places are within sales areas, whose borders cut cells.

    Args:
        dimension: a name of DIMENSIONS.
    """
    if dimension == PLACE or dimension in SALES_AREAS:
        return (*SALES_AREAS, PLACE)
    together = [levels for levels in HIERARCHIES.values() if dimension in levels]
    return tuple(dict.fromkeys(level for levels in together for level in levels)) or (dimension,)


@lru_cache(maxsize=256)
def member_blocks(folder: Path, facts: str, hierarchies: tuple[Hierarchy, ...], scope: Scope) -> tuple[Integers, ...] | None:
    """The blocks of members where some hierarchies are asked together; unions of those of every smaller set of these hierarchies.

    Args:
        folder: of a published version.
        facts: a name of FACTS.
        hierarchies: one or more.
        scope: whose accounts are counted, and the smallest count.

    Returns:
        For each hierarchy the block of each member, in the order of `members`; None where all accounts together are too few.
    """
    if accounts(folder, facts, scope) < scope.smallest_count:
        return None
    own = [members(folder, facts, each, scope) for each in hierarchies]
    paths = tuple(nodes([each[name].to_numpy() for name in each.column_names if name.startswith("node_")]) for each in own)
    before = []
    for at, each in enumerate(hierarchies):
        smaller = [tuple(other for other in hierarchies if other != left_out) for left_out in hierarchies if left_out != each]
        known = [found[some.index(each)] for some in smaller if (found := member_blocks(folder, facts, some, scope)) is not None]
        before.append(joined(known) if known else np.arange(len(own[at])))
    return blocks(_rows(folder, facts, hierarchies, scope, paths), before, scope.smallest_count)


def _rows(folder: Path, facts: str, hierarchies: tuple[Hierarchy, ...], scope: Scope, paths: tuple[Integers, ...]) -> Rows:
    tables = {f"members_{at}": members(folder, facts, each, scope) for at, each in enumerate(hierarchies)}
    joins = [
        f"JOIN {name} ON {' AND '.join(f'facts.{column} IS NOT DISTINCT FROM {name}.{column}' for column in _columns(facts, each))}"
        for name, each in zip(tables, hierarchies, strict=True)
    ]
    source, values = _facts(folder, facts, scope)
    columns = ", ".join(["DISTINCT account_id", *(f"{name}.member AS {name}" for name in tables)])
    found = select(columns, f"(SELECT * FROM {source} AND account_id IS NOT NULL) AS facts {' '.join(joins)}", values, **tables)  # noqa: S608 - declared names only
    numbered = np.unique(found["account_id"].to_numpy(), return_inverse=True)[1]
    return Rows(numbered, tuple(found[name].to_numpy() for name in tables), paths)


@lru_cache(maxsize=256)
def members(folder: Path, facts: str, levels: Hierarchy, scope: Scope) -> pa.Table:
    """The members of a hierarchy that occur in facts.

    Args:
        folder: of a published version.
        facts: a name of FACTS.
        levels: the hierarchy.
        scope: whose accounts are counted.

    Returns:
        The stored columns that tell them apart, `node_0`, `node_1` and so on: what they lie below, coarsest first, and `member`, from 0 up, in order.
    """
    columns = _columns(facts, levels)
    above = [expression for column in columns for expression in _levels(column)]
    numbered = [f"dense_rank() OVER (ORDER BY {expression}) AS node_{at}" for at, expression in enumerate(above)]
    member = f"row_number() OVER (ORDER BY {', '.join(columns)}) - 1 AS member"
    source, values = _facts(folder, facts, scope)
    distinct = f"(SELECT DISTINCT {', '.join(columns)} FROM {source})"  # noqa: S608 - declared names only
    return select(", ".join([*columns, *numbered, member]), f"{distinct} ORDER BY member", values)


def _columns(facts: str, levels: Hierarchy) -> list[str]:
    """The stored columns of a hierarchy, coarse to fine; days and weeks, which are refused, are left out."""
    own = [DIMENSIONS[name].column for name in levels if name == PLACE or name in FACTS[facts].dimensions]
    return list(dict.fromkeys(column for column in own if column != "day"))


def _levels(column: str) -> list[str]:
    """What a stored column says of the levels of its hierarchy, coarse to fine, in SQL."""
    if column == DIMENSIONS[PLACE].column:
        return [parent_expression(column, level) for level in range(COARSEST_LEVEL, FINEST_LEVEL)]
    if column == DIMENSIONS["month"].column:
        return [DIMENSIONS[name].expression for name in ("year", "quarter", "month")]
    return [column]


@lru_cache(maxsize=64)
def accounts(folder: Path, facts: str, scope: Scope) -> int:
    """How many accounts have facts.

    Args:
        folder: of a published version.
        facts: a name of FACTS.
        scope: whose accounts are counted.
    """
    source, values = _facts(folder, facts, scope)
    count: int = select("count(DISTINCT account_id) AS accounts", source, values)["accounts"][0].as_py()
    return count


@lru_cache(maxsize=64)
def chosen(folder: Path, measure: str, scope: Scope) -> list[str]:
    """The members that choose the facts of a measure: those of its dimension in which it is not zero.

    Args:
        folder: of a published version.
        measure: one with `chosen_by`.
        scope: whose accounts are counted.
    """
    asked = MEASURES[measure]
    source, values = _facts(folder, asked.facts, scope)
    found = select(f"{asked.chosen_by} AS member", f"{source} GROUP BY ALL HAVING {asked.formula} <> 0", values)
    members_of: list[str] = found["member"].to_pylist()
    return members_of


@lru_cache(maxsize=256)
def adds_up(folder: Path, measure: str, hierarchies: tuple[Hierarchy, ...], scope: Scope) -> bool:
    """Whether a count of different things is the sum of what it is of the members of some hierarchies: each thing has one member.

    Args:
        folder: of a published version.
        measure: a name of MEASURES.
        hierarchies: any.
        scope: whose accounts are counted.
    """
    asked = MEASURES[measure]
    if asked.stored is not None or not hierarchies:
        return True
    source, values = _facts(folder, asked.facts, scope)
    columns = ", ".join(column for each in hierarchies for column in _columns(asked.facts, each))
    parts = f"(SELECT {asked.formula} AS part FROM {source} GROUP BY {columns})"  # noqa: S608 - declared names only
    whole = f"(SELECT {asked.formula} AS whole FROM {source})"  # noqa: S608 - declared names only
    same: bool | None = select("sum(part) = any_value(whole) AS same", f"{parts}, {whole}", [*values, *values])["same"][0].as_py()
    return same is not False


def _facts(folder: Path, facts: str, scope: Scope) -> tuple[str, list[object]]:
    """The facts that a scope shows, to stand behind FROM, and their parameters."""
    condition, values = of_scope(scope, FACTS[facts])
    return f"{delta.source(folder / cuboids.facts_file(FACTS[facts]))} WHERE {condition}", values
