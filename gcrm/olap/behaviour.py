"""What customers do, as no measure tells it: who ordered again after a first order, who was lost, what came back. Asked of the facts of a version directly.

Whoever has a smallest count is refused: between two cohorts, or two products, there may be fewer accounts than may be shown, and no blocks hide these here.
"""

import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import cuboids
from gcrm.olap.calendar import LEVELS
from gcrm.olap.catalogue import DIMENSIONS, FACTS
from gcrm.olap.conditions import Conditions, conditions
from gcrm.olap.delta import source
from gcrm.olap.engine import select
from gcrm.olap.query import Filter
from gcrm.olap.versions import Version


def cohorts(version: Version, level: str, where: tuple[Filter, ...], scope: Scope) -> pa.Table:
    """How many of those whose first order was in a period ordered in each period.

    Args:
        version: the published cube.
        level: month, quarter or year: the length of periods.
        where: filters of accounts, such as territories; none on times, which would change what a first order is.
        scope: who asks.

    Returns:
        first (first day of the period of the first order), period (first day), accounts; by these. An order is any order line, also a return, as in the cube of
        customers by month.

    Raises:
        CubeError: the scope has a smallest count.
    """
    file, kept = _facts(version, "sales", where, scope)
    bought = f"SELECT DISTINCT account_id, {LEVELS[level].expression} AS period FROM {file} WHERE {kept.text}"  # noqa: S608 - declared names only
    firsts = f"SELECT account_id, period, min(period) OVER (PARTITION BY account_id) AS first FROM ({bought})"  # noqa: S608 - as above
    return select("first, period, count(*) AS accounts", f"({firsts}) GROUP BY ALL ORDER BY ALL", kept.values, **kept.tables)


def churned(version: Version, level: str, where: tuple[Filter, ...], scope: Scope) -> pa.Table:
    """How many customers were lost in each period.

    Args:
        version: the published cube.
        level: month, quarter or year: the length of periods.
        where: filters of accounts; none on times, since a customer is lost after the month before.
        scope: who asks.

    Returns:
        period (first day), churned; by period, only where somebody was lost.

    Raises:
        CubeError: the scope has a smallest count.
    """
    file, kept = _facts(version, "customers", where, scope)
    states = f"SELECT month, state, lag(state) OVER (PARTITION BY account_id ORDER BY month) AS before FROM {file} WHERE {kept.text}"  # noqa: S608 - as above
    lost = f"({states}) WHERE state = 'lost' AND before <> 'lost' GROUP BY ALL ORDER BY ALL"
    return select(f"{LEVELS[level].expression} AS period, count(*) AS churned", lost, kept.values, **kept.tables)


def returns(version: Version, dimension: str | None, where: tuple[Filter, ...], scope: Scope) -> pa.Table:
    """What came back: the order lines with a negative quantity.

    Args:
        version: the published cube.
        dimension: of sales, besides place, to split it by; None for all together.
        where: filters; one of them on the currency where there are several.
        scope: who asks.

    Returns:
        member (as text; empty for all together), returned and returned_quantity: revenue and units of returns, without their sign.

    Raises:
        CubeError: the scope has a smallest count.
    """
    file, kept = _facts(version, "sales", where, scope)
    member = DIMENSIONS[dimension].expression if dimension is not None else "''"
    sums = "coalesce(-sum(revenue), 0) AS returned, coalesce(-sum(quantity), 0) AS returned_quantity"
    found = select(f"{member} AS member, {sums}", f"{file} WHERE {kept.text} AND quantity < 0 GROUP BY ALL ORDER BY ALL", kept.values, **kept.tables)
    return found if dimension is None else found.set_column(0, "member", pa.array(map(DIMENSIONS[dimension].member, found["member"].to_pylist()), pa.string()))


def _facts(version: Version, cube: str, where: tuple[Filter, ...], scope: Scope) -> tuple[str, Conditions]:
    """What stands behind FROM and WHERE for the facts that filters and a scope keep."""
    if scope.hides:
        raise CubeError(f"This is worked out of single accounts, and you are shown figures of {scope.smallest_count} or more; ask the cube.")
    facts = FACTS[cube]
    return source(version.folder / cuboids.facts_file(facts)), conditions(version, where, scope, facts, facts.finest_level)
