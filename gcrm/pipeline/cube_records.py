"""Drill-through: the records behind a figure of the cube, with the names that the database knows their accounts by."""

from dataclasses import dataclass

import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.olap.answer import records
from gcrm.olap.query import Filter
from gcrm.pipeline.cubes import published
from gcrm.pipeline.scenarios import opened


@dataclass(frozen=True)
class NamedRecords:
    """Records behind a figure: the first of them, how many there are, and what was asked of which version, for a file of them."""

    table: pa.Table
    count: int
    about: dict[str, str]


def cube_records(cube: str, where: tuple[Filter, ...], scope: Scope, most: int, as_of: str = "", scenario: str = "") -> NamedRecords:
    """The facts that filters keep; see `gcrm.olap.answer.records`.

    Args:
        cube: a name of FACTS.
        where: filters.
        scope: who asks.
        most: so many at most.
        as_of: of which version of the cube; see `gcrm.olap.versions.as_of`.
        scenario: name of a scenario, whose facts are given.

    Returns:
        Of facts about accounts the source, source_key and name of the account (missing where it is gone since, or not to be seen); then their own columns.

    Raises:
        CubeError: no cube is published yet, or the question does not fit.
    """
    version = opened(scenario, scope)[0] if scenario else published(as_of)
    found = records(version, cube, where, scope, most)
    table = _with_names(found.table, scope) if "account_id" in found.table.column_names else found.table
    about = {
        "records": f"{table.num_rows} of {found.count} of {cube}", "where": " and ".join(map(str, where)),
        "cube_version": version.name, "as_of": version.built_at.isoformat(timespec="seconds"),
    }  # fmt: skip
    return NamedRecords(table, found.count, about)


def _with_names(table: pa.Table, scope: Scope) -> pa.Table:
    """The facts with what the database knows their accounts by."""
    accounts = table["account_id"].to_pylist()
    with scoped(scope) as connection:
        known = {row[0]: row[1:] for row in queries("accounts").named(connection, account_ids=sorted({each for each in accounts if each is not None}))}
    for at, name in enumerate(("source", "source_key", "name")):
        values = pa.array([known[account][at] if account in known else None for account in accounts], pa.string())
        table = table.add_column(at, name, values)
    return table
