"""Cubes: building them, asking them."""

from pathlib import Path
from tempfile import mkdtemp

import duckdb

from benchmarks.measure import Work
from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap import answer, cuboids, versions
from gcrm.olap.build_engine import DuckDBEngine
from gcrm.olap.query import CubeQuery


def _version(published: Path) -> versions.Version:
    version = versions.current(published)
    if version is None:
        raise CubeError("No cube is published yet; run `gcrm demo` first.")
    return version


def _facts(published: Path) -> Path:
    return _version(published).folder / "sales-facts.parquet"


def build_ours(published: Path) -> Work:
    """Every cuboid of the sales by gcrm: each out of the smallest that has what it needs."""
    folder = Path(mkdtemp(prefix="gcrm-bench-"))
    (folder / "sales-facts.parquet").symlink_to(_facts(published))
    engine = DuckDBEngine(duckdb.connect())
    wanted = [cuboid for cuboid in cuboids.declared() if cuboid.facts == "sales"]
    return lambda: [cuboids.build(engine, folder, cuboid, wanted[:number]) for number, cuboid in enumerate(wanted)]


def build_duckdb(published: Path) -> Work:
    """The same cuboids by DuckDB's own GROUP BY over the facts."""
    folder = Path(mkdtemp(prefix="gcrm-bench-"))
    engine = duckdb.connect()
    wanted = [cuboid for cuboid in cuboids.declared() if cuboid.facts == "sales"]

    def work() -> None:
        for cuboid in wanted:
            level = cuboid.level
            cell = "" if level is None else f"((cell & {~(0xF << 52)}) | {(level << 52) | ((1 << 3 * (15 - level)) - 1)}) AS cell, "
            query = f"SELECT {cell}{', '.join(cuboid.dimensions)}, sum(revenue) AS revenue, sum(margin) AS margin, sum(quantity) AS quantity"
            target = folder / f"{cuboid.name}.parquet"
            engine.execute(
                f"COPY ({query} FROM read_parquet('{_facts(published)}') GROUP BY ALL ORDER BY ALL) TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
            )

    return work


_QUESTIONS = (
    CubeQuery.parse("place:6", measures="revenue,margin"),
    CubeQuery.parse("place:9", measures="revenue", where=["month=2025-04..2025-06"]),
    CubeQuery.parse("month", "segment", "revenue"),
    CubeQuery.parse("territory", "channel", "revenue,quantity"),
    CubeQuery.parse("category", measures="revenue"),
)
_ROUNDS = 20


def ask_ours(published: Path) -> Work:
    """Five questions, twenty times each, to the published cube."""
    version = _version(published)
    return lambda: [answer.ask(version, question, Scope.everything()) for question in _QUESTIONS * _ROUNDS]


def ask_facts(published: Path) -> Work:
    """The same five questions to the facts by DuckDB's own GROUP BY."""
    engine = duckdb.connect()
    facts = f"read_parquet('{_facts(published)}')"
    at = {level: f"((cell & {~(0xF << 52)}) | {(level << 52) | ((1 << 3 * (15 - level)) - 1)})" for level in (6, 9)}
    texts = (
        f"SELECT {at[6]} AS cell, sum(revenue), sum(margin) FROM {facts} GROUP BY ALL ORDER BY cell",
        f"SELECT {at[9]} AS cell, sum(revenue) FROM {facts} WHERE month BETWEEN '2025-04-01' AND '2025-06-01' GROUP BY ALL ORDER BY cell",
        f"SELECT month, segment, sum(revenue) FROM {facts} GROUP BY ALL ORDER BY ALL",
        f"SELECT territory, channel, sum(revenue), sum(quantity) FROM {facts} GROUP BY ALL ORDER BY ALL",
        f"SELECT category, sum(revenue) FROM {facts} GROUP BY ALL ORDER BY ALL",
    )
    return lambda: [engine.sql(text).to_arrow_table() for text in texts * _ROUNDS]
