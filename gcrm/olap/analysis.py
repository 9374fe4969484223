"""Answers with what is worked out of them: shares, ranks, running totals, prior periods, a filter after aggregation, the largest members and all others.

What does not add up is never summed here: a share's whole, a prior period and the others are asked of the cube like every other question.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import h3
import pyarrow as pa

from gcrm.access.scope import Scope
from gcrm.olap import answer as plain
from gcrm.olap import calendar, suppression
from gcrm.olap.answer import Answer
from gcrm.olap.catalogue import DIMENSIONS, MEASURES, OTHERS, PLACE, UNKNOWN
from gcrm.olap.derived import BESIDE_PRIOR, OF_OUTLINES, Derived, Top
from gcrm.olap.engine import select
from gcrm.olap.outlines import measured, outlines
from gcrm.olap.query import CubeQuery, Filter, versus_columns
from gcrm.olap.versions import Version
from gcrm.spatial.shapes import Around

type _Ask = Callable[[CubeQuery], pa.Table]


def ask(version: Version, query: CubeQuery, scope: Scope, base: Version | None = None) -> Answer:
    """Answers a question: measures, derived columns, then the filters after aggregation, the largest members, the order.

    Args:
        version: the published cube.
        query: the question.
        scope: who asks; where it has a smallest count, what is worked out of a hidden figure is hidden too.
        base: of the version of a scenario the one that it changes, whose measures stand beside.

    Returns:
        As `gcrm.olap.answer.ask`; behind the measures stand the derived columns. The explanation is that of all questions that it took.

    Raises:
        CubeError: the level is finer than the scope allows, or money of several currencies would be added.
    """
    if not (base or query.derived or query.having or query.top or query.order or query.versus or query.around):
        return plain.ask(version, query, scope)
    if scope.hides:
        suppression.check(query, scope)
    answers: list[Answer] = []

    def asked(part: CubeQuery) -> pa.Table:
        answers.append(plain.ask(version, part, scope))
        return answers[-1].table

    bare = replace(query, derived=(), having=(), top=None, order="", versus=(), around=None)
    table = asked(bare) if query.around is None else _by_distance(bare, query.around, asked)
    for each in query.derived:
        table = _with_column(table, query, each, asked, hides=scope.hides)
    if query.versus:
        changed = {kept.dimension for kept in query.versus}
        where = (*(kept for kept in query.where if kept.dimension not in changed), *query.versus)
        table = _with_second(table, query, asked(CubeQuery(query.axes, measures=query.measures, where=where)), hides=scope.hides)
    if base is not None:
        table = _with_second(table, query, plain.ask(base, CubeQuery(query.axes, measures=query.measures, where=query.where), scope).table, hides=False)
    if query.having:
        table = select("*", f"answer WHERE {' AND '.join(map(str, query.having))}", answer=table)
    if query.top is not None:
        table = _largest(table, query, query.top, asked)
    if query.order:
        column, direction = query.order.removeprefix("-"), "DESC" if query.order.startswith("-") else "ASC"
        keys = [name for name in query.keys if name != column]
        table = select("*", f"answer ORDER BY {', '.join([f'{column} {direction} NULLS LAST', *keys])}", answer=table)
    read = {file: rows for each in answers for file, rows in each.explanation.read.items()}
    spent = sum(each.explanation.milliseconds for each in answers)
    return Answer(table, replace(answers[0].explanation, read=read, milliseconds=spent))


def ask_outlines(version: Version, query: CubeQuery, level: int, scope: Scope) -> tuple[Answer, gpd.GeoSeries]:
    """Answers a question, and gives the outline of each row; see `gcrm.olap.outlines.outlines`.

    Args:
        version: the published cube.
        query: the question; its first measure says which cells belong to a row.
        level: H3 level of the cells.
        scope: who asks.

    Raises:
        CubeError: the question asks for places itself, or it or the level does not fit.
    """
    measure = query.measures[0]
    query = replace(query, derived=(*query.derived, *(each for how in OF_OUTLINES if (each := Derived(how, measure, str(level))) not in query.derived)))
    answer = ask(version, query, scope)
    return answer, outlines(answer.table, query, measure, level, lambda part: plain.ask(version, part, scope).table)


def _with_column(table: pa.Table, query: CubeQuery, wanted: Derived, asked: _Ask, *, hides: bool) -> pa.Table:
    """The answer with one more column; where figures are hidden, a missing one is unknown and not nothing."""
    if wanted.how == "share":
        return _share(table, query, wanted, asked)
    if wanted.how == "density":
        return _density(table, wanted)
    if wanted.how in OF_OUTLINES:
        return table.append_column(wanted.column, measured(outlines(table, query, wanted.measure, wanted.level, asked), wanted.how))
    if wanted.how == "neighbours":
        return _neighbours(table, query, wanted, asked, hides=hides)
    time = str(query.time)  # a question that derives something along a time has one
    if wanted.how in BESIDE_PRIOR:
        return _beside_prior(table, query, time, wanted, asked)
    keys = [axis.column for axis in query.axes]
    if wanted.how == "rank":
        expression = f"rank() OVER ({_partition(keys[:-1])} ORDER BY {wanted.measure} DESC NULLS LAST)"
        expression = f"CASE WHEN {wanted.measure} IS NOT NULL THEN {expression} END" if hides else expression
    else:
        expression = _along(time, _partition([key for key in keys if key != time]), wanted, hides=hides)
    return select(f"*, {expression} AS {wanted.column}", "answer ORDER BY ALL", answer=table)


def _along(time: str, partition: str, wanted: Derived, *, hides: bool) -> str:
    """A running total, or a moving average: a period in which nothing was counted counts as nothing, the first ones have not enough before them."""
    number = calendar.LEVELS[time].number
    window = f"{partition} ORDER BY {number}"
    if wanted.how == "running":
        total = f"CAST(sum({wanted.measure}) OVER ({window}) AS {MEASURES[wanted.measure].stored})"
        return _if_known(total, wanted.measure, window) if hides else total
    periods = int(wanted.of)
    window = f"{window} RANGE BETWEEN {periods - 1} PRECEDING AND CURRENT ROW"
    mean = f"CAST(sum({wanted.measure}) OVER ({window}) AS DOUBLE) / {periods}"
    return f"CASE WHEN {number} >= min({number}) OVER () + {periods - 1} THEN {_if_known(mean, wanted.measure, window) if hides else mean} END"


def _if_known(expression: str, measure: str, window: str) -> str:
    """Of a window in which a figure is hidden there is none."""
    return f"CASE WHEN bool_and({measure} IS NOT NULL) OVER ({window}) THEN {expression} END"


def _share(table: pa.Table, query: CubeQuery, wanted: Derived, asked: _Ask) -> pa.Table:
    """Of the same question without its last axis, or without any."""
    kept = () if wanted.of == "all" else query.axes[:-1]
    whole = asked(CubeQuery(kept, measures=(wanted.measure,), where=query.where))
    matches = " AND ".join(f"whole.{axis.column} IS NOT DISTINCT FROM answer.{axis.column}" for axis in kept) or "true"
    share = f"answer.{wanted.measure} / nullif(whole.{wanted.measure}, 0)"
    return select(f"answer.*, {share} AS {wanted.column}", f"answer LEFT JOIN whole ON {matches} ORDER BY ALL", answer=table, whole=whole)


def _density(table: pa.Table, wanted: Derived) -> pa.Table:
    """Per km² of the cell on the sphere; of what has no place there is none."""
    cells, values = table["cell"].to_pylist(), table[wanted.measure].to_pylist()
    per_km2 = [
        None if cell is None or value is None else float(value) / h3.cell_area(h3.int_to_str(cell), "km^2") for cell, value in zip(cells, values, strict=True)
    ]
    return table.append_column(wanted.column, pa.array(per_km2, pa.float64()))


def _neighbours(table: pa.Table, query: CubeQuery, wanted: Derived, asked: _Ask, *, hides: bool) -> pa.Table:
    """Of all cells around, also those that a filter on places leaves out."""
    where = tuple(kept for kept in query.where if kept.dimension != PLACE)
    everywhere = asked(CubeQuery(query.axes, measures=(wanted.measure,), where=where))
    others = [axis.column for axis in query.axes if axis.column != "cell"]
    known = {(row["cell"], *(row[name] for name in others)): row[wanted.measure] for row in everywhere.to_pylist()}

    def total(row: dict[str, Any]) -> Any:  # noqa: ANN401 - a count or an amount of money
        around = h3.grid_disk(h3.int_to_str(row["cell"]), int(wanted.of or 1))
        cells = [(h3.str_to_int(cell), *(row[name] for name in others)) for cell in around if h3.str_to_int(cell) != row["cell"]]
        values = [known[cell] for cell in cells if cell in known]
        if hides and None in values:
            return None
        return sum(value for value in values if value is not None)

    totals = [None if row["cell"] is None else total(row) for row in table.to_pylist()]
    return table.append_column(wanted.column, pa.array(totals, table.schema.field(wanted.measure).type))


def _by_distance(query: CubeQuery, around: Around, asked: _Ask) -> pa.Table:
    """The question in each band, and of what has no place."""
    bands = {**around.bands, UNKNOWN: UNKNOWN}
    tables = [(name, asked(replace(query, where=(*query.where, Filter(PLACE, (member,)))))) for name, member in bands.items()]
    return pa.concat_tables([table.add_column(0, "distance", pa.array([name] * len(table), pa.string())) for name, table in tables])


def _with_second(table: pa.Table, query: CubeQuery, second: pa.Table, *, hides: bool) -> pa.Table:
    """The measures of the second question beside those of the first, also where only one of them has a member."""
    keys = [axis.column for axis in query.axes]
    matches = " AND ".join(f"answer.{key} IS NOT DISTINCT FROM second.{key}" for key in keys) or "true"
    chosen = [f"coalesce(answer.{key}, second.{key}) AS {key}" for key in keys]
    chosen += [f"answer.{name}" for name in table.column_names if name not in keys]
    for name in query.measures:
        other, difference, ratio = versus_columns(name)
        here, there = f"answer.{name}", f"second.{name}"
        # Where nothing was counted or summed there is nothing; of a quotient, and where figures are hidden, it is not known.
        ours, theirs = (here, there) if hides or MEASURES[name].needs else (f"coalesce({here}, 0)", f"coalesce({there}, 0)")
        chosen += [f"{there} AS {other}", f"{ours} - {theirs} AS {difference}", f"{ours} / nullif({there}, 0) AS {ratio}"]
    return select(", ".join(chosen), f"answer FULL JOIN second ON {matches} ORDER BY ALL", answer=table, second=second)


def _beside_prior(table: pa.Table, query: CubeQuery, time: str, wanted: Derived, asked: _Ask) -> pa.Table:
    """Beside the same question of the periods before: a filter on times moves with them, so that the first period has one before it too."""
    back = calendar.interval(time, wanted.of or "period")
    where = tuple(_moved(kept, time, wanted.of or "period") if DIMENSIONS[kept.dimension].kind == "time" else kept for kept in query.where)
    before = asked(CubeQuery(query.axes, measures=(wanted.measure,), where=where))
    matches = [
        f"before.{axis.column} = (answer.{axis.column} - INTERVAL '{back}')::DATE" if axis.dimension == time
        else f"before.{axis.column} IS NOT DISTINCT FROM answer.{axis.column}" for axis in query.axes
    ]  # fmt: skip
    value, prior = f"answer.{wanted.measure}", f"before.{wanted.measure}"
    difference = f"{value} - {prior}"
    expression = {"prior": prior, "difference": difference, "change": f"({difference}) / nullif({prior}, 0)"}[wanted.how]
    source = f"answer LEFT JOIN before ON {' AND '.join(matches)} ORDER BY ALL"
    return select(f"answer.*, {expression} AS {wanted.column}", source, answer=table, before=before)


def _moved(kept: Filter, time: str, by: str) -> Filter:
    """A filter on times, one period of another time or a year earlier; whole months stay whole months, which cuboids know."""
    spans = [(calendar.before(first, time, by), calendar.before(last, time, by, last=True)) for first, last in kept.spans()]
    level = "month" if all(DIMENSIONS[name].column == "month" for name in (kept.dimension, time)) else "day"
    return Filter(level, tuple(f"{calendar.member(level, first)}..{calendar.member(level, last)}" for first, last in spans))


def _largest(table: pa.Table, query: CubeQuery, top: Top, asked: _Ask) -> pa.Table:
    """The rows of the largest members, by their totals over the columns; all others as one member, where that is wanted."""
    totals = asked(CubeQuery(query.rows, measures=(top.measure,), where=query.where))
    rows = [axis.column for axis in query.rows]
    present = select(f"DISTINCT {', '.join(rows)}", "answer", answer=table)
    matches = " AND ".join(f"present.{name} IS NOT DISTINCT FROM totals.{name}" for name in rows)
    order = ", ".join([f"{top.measure} DESC NULLS LAST", *(f"totals.{name}" for name in rows)])
    ranked = select("totals.*", f"totals JOIN present ON {matches} ORDER BY {order}", totals=totals, present=present)
    best = ranked.slice(0, top.count)
    kept = " AND ".join(f"best.{name} IS NOT DISTINCT FROM answer.{name}" for name in rows)
    largest = select("answer.*", f"answer SEMI JOIN best ON {kept} ORDER BY ALL", answer=table, best=best)
    rest = ranked.slice(top.count)[rows[0]].to_pylist()
    if not top.others or not rest:
        return largest
    inside = CubeQuery(query.columns, measures=query.measures, where=(*query.where, Filter(query.rows[0].dimension, tuple(rest))))
    others = asked(inside)
    return pa.concat_tables([largest, others.append_column(rows[0], pa.array([OTHERS] * len(others), pa.string()))], promote_options="default")


def _partition(keys: list[str]) -> str:
    return f"PARTITION BY {', '.join(keys)}" if keys else ""
