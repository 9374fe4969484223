"""The cuboids of the sales, built bare by other tools: the same rows in the same order in the same files, each out of the same file as gcrm does."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import duckdb
import psycopg

from benchmarks.measure import Work
from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.connection import ensure_ready
from gcrm.olap.build_engine import DuckDBEngine, build_database
from gcrm.olap.catalogue import FACTS
from gcrm.olap.cuboids import Cuboid, build, declared, facts_file
from gcrm.spatial.cells import unused_digits
from gcrm.units import FINEST_LEVEL, LEVELS

_FACTS = FACTS["sales"]
_SUMS = ("revenue", "margin", "quantity")


def has(tool: str) -> bool:
    """Whether a rival is installed (`make bench` sees to it)."""
    return find_spec(tool) is not None


@dataclass(frozen=True)
class _Step:
    """A cuboid to build: out of which file, by which columns, with which H3 level; `inherits` says that the file has cells of that level already."""

    cuboid: Cuboid
    origin: str
    level: int | None
    inherits: bool

    @property
    def keys(self) -> list[str]:
        """The columns to group and sort by."""
        return [*([] if self.level is None else ["cell"]), *self.cuboid.dimensions]


def _steps() -> Iterator[_Step]:
    for cuboid in declared():
        if cuboid.facts != "sales":
            continue
        level = cuboid.level
        if level is None:
            yield _Step(cuboid, f"{Cuboid('sales', min(LEVELS), _FACTS.keys).name}.parquet", level, inherits=True)
        elif not cuboid.full and level < FINEST_LEVEL:
            yield _Step(cuboid, f"{Cuboid('sales', level + 1, cuboid.dimensions).name}.parquet", level, inherits=False)
        elif not cuboid.full:
            yield _Step(cuboid, f"{Cuboid('sales', level, _FACTS.keys).name}.parquet", level, inherits=True)
        elif level == FINEST_LEVEL:
            yield _Step(cuboid, facts_file(_FACTS), level, inherits=True)
        else:
            yield _Step(cuboid, f"{Cuboid('sales', level + 1, _FACTS.keys).name}.parquet", level, inherits=False)


def _folder(facts: Path) -> Path:
    """An empty folder with the facts in it; what a run before left is removed, since the cuboids of ten million facts are large."""
    for old in facts.parent.glob("cuboids-*"):
        rmtree(old)
    folder = Path(mkdtemp(prefix="cuboids-", dir=facts.parent))
    (folder / facts_file(_FACTS)).symlink_to(facts)
    return folder


def ours(facts: Path) -> Work:
    """By gcrm."""
    folder = _folder(facts)

    def work() -> None:
        with build_database() as database:
            engine = DuckDBEngine(database)
            there: list[Cuboid] = []
            for step in _steps():
                build(engine, folder, step.cuboid, there)
                there.append(step.cuboid)

    return work


def plain_duckdb(facts: Path) -> Work:
    """By DuckDB's GROUP BY, with the memory that it takes by itself."""
    folder = _folder(facts)

    def work() -> None:
        with duckdb.connect() as engine:
            for step in _steps():
                mask = "" if step.level is None else f"(cell & {~(0xF << 52)}) | {(step.level << 52) | unused_digits(step.level)}"
                keys = ", ".join(f"{mask} AS cell" if key == "cell" and not step.inherits else key for key in step.keys)
                sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
                query = f"SELECT {keys}, {sums} FROM '{folder / step.origin}' GROUP BY ALL ORDER BY ALL"
                engine.execute(f"COPY ({query}) TO '{folder / step.cuboid.name}.parquet' (FORMAT parquet, COMPRESSION zstd)")

    return work


def polars(facts: Path) -> Work:
    """By polars."""
    pl = import_module("polars")
    folder = _folder(facts)

    def work() -> None:
        for step in _steps():
            frame = pl.scan_parquet(folder / step.origin)
            if step.level is not None and not step.inherits:
                frame = frame.with_columns(cell=(pl.col("cell") & ~(0xF << 52)) | ((step.level << 52) | unused_digits(step.level)))
            rolled = frame.group_by(step.keys).agg([pl.col(name).sum() for name in _SUMS])
            rolled.sort(step.keys).sink_parquet(folder / f"{step.cuboid.name}.parquet", compression="zstd")

    return work


def chdb(facts: Path) -> Work:
    """By chDB, the ClickHouse in a process."""
    query = import_module("chdb").query
    folder = _folder(facts)

    def work() -> None:
        for step in _steps():
            level = step.level or 0
            mask = f"bitOr(bitAnd(assumeNotNull(cell), {~(0xF << 52)}), {(level << 52) | unused_digits(level)})"
            keys = ", ".join(f"{mask} AS parent" if key == "cell" and not step.inherits else key for key in step.keys)
            grouped = ", ".join("parent" if key == "cell" and not step.inherits else key for key in step.keys)
            sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
            named = ", ".join("parent AS cell" if key == "cell" and not step.inherits else key for key in step.keys)
            inner = f"SELECT {keys}, {sums} FROM file('{folder / step.origin}', Parquet) GROUP BY {grouped} ORDER BY {grouped}"
            target = folder / f"{step.cuboid.name}.parquet"
            written = f"INTO OUTFILE '{target}' FORMAT Parquet SETTINGS output_format_parquet_compression_method = 'zstd'"
            query(f"SELECT {named}, {', '.join(_SUMS)} FROM ({inner}) {written}")

    return work


def postgresql(facts: Path, most_s: float) -> Work:
    """By PostgreSQL's GROUPING SETS over its own fact table, into one table; given up after so many seconds, which then are a lower bound."""
    ensure_ready()
    admin = psycopg.connect(Cluster(settings().home).admin_url, autocommit=True)
    types = {"VARCHAR": "text", "DOUBLE": "double precision"}
    columns = ", ".join(f"{name} {types.get(kind, kind)}" for name, kind in _FACTS.columns.items())
    admin.execute("DROP TABLE IF EXISTS bench_facts, bench_cuboids")
    admin.execute(f"CREATE UNLOGGED TABLE bench_facts ({columns})")
    with duckdb.connect() as engine, admin.cursor().copy("COPY bench_facts FROM STDIN (FORMAT csv)") as copy:
        text = facts.with_suffix(".csv")
        engine.execute(f"COPY (SELECT * FROM '{facts}') TO '{text}' (FORMAT csv, HEADER false)")
        with text.open("rb") as file:
            while block := file.read(1 << 20):
                copy.write(block)
        text.unlink()
    admin.execute("ANALYZE bench_facts")
    cells = [f"((cell & {~(0xF << 52)}) | {(level << 52) | unused_digits(level)})" for level in LEVELS]
    sets = [[*([] if step.level is None else [f"h3_{step.level}"]), *step.cuboid.dimensions] for step in _steps()]
    named = ", ".join(f"{cell} AS h3_{level}" for level, cell in zip(LEVELS, cells, strict=True))
    dimensions = ", ".join(_FACTS.keys)
    grouped = ", ".join(f"({', '.join(each)})" for each in sets)
    sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
    levels = ", ".join(f"h3_{level}" for level in LEVELS)
    statement = (
        f"CREATE UNLOGGED TABLE bench_cuboids AS SELECT {levels}, {dimensions}, {sums}"
        f" FROM (SELECT *, {named} FROM bench_facts) AS f GROUP BY GROUPING SETS ({grouped})"
    )

    def work() -> None:
        admin.execute(f"SET statement_timeout = {int(most_s * 1000)}")
        try:
            admin.execute(statement)
        except psycopg.errors.QueryCanceled:  # slower than the bar that it was held to
            return

    return work
