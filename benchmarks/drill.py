"""Drill steps: how long answers of the cube take on many facts, beside the same questions to a fact table of PostGIS.

`python -m benchmarks.drill [--facts 1000000] [--folder FOLDER] [--without-postgis]`
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks import drill_postgis
from benchmarks.__main__ import own_home
from benchmarks.drill_facts import published
from benchmarks.drill_questions import Questions
from gcrm.access.scope import Scope
from gcrm.olap.answer import ask
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version

_WARM_UP, _BESIDE = 20, 20
_SEED = 20240501
_MEASURED_LATER = 100_000_000
_LIMITS_MS = {"declared": (15, 40), "spatial slice": (80, 300), "polygon": (150, None), "anything": (800, 8000)}
"""p95 with up to ten million facts, and with a hundred million."""


@dataclass(frozen=True)
class Step:
    """A question, the milliseconds of its answer by the clock, and those of all processors together, shared out to each."""

    query: CubeQuery
    by_clock: float
    by_processors: float


def measured(version: Version, questions: Callable[[], CubeQuery], rounds: int) -> list[Step]:
    """Random questions, behind some others that warm up.

    Args:
        version: the published cube.
        questions: draws one.
        rounds: how many are measured.
    """
    for _ in range(_WARM_UP):
        ask(version, questions(), Scope.everything())
    return [_step(version, questions()) for _ in range(rounds)]


def _step(version: Version, query: CubeQuery) -> Step:
    started, worked = time.perf_counter(), time.process_time()
    ask(version, query, Scope.everything())
    return Step(query, (time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000 / (os.cpu_count() or 1))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measures drill steps on skewed facts.")
    parser.add_argument("--facts", type=int, default=1_000_000, help="order lines")
    parser.add_argument("--folder", type=Path, help="keeps the cube here, and takes the one that is here already")
    parser.add_argument("--without-postgis", action="store_true", help="leave the rival out")
    parser.add_argument("--rounds", type=int, default=200, help="questions of each kind")
    parser.add_argument("--worst", type=int, default=0, help="show so many of the slowest questions of each kind")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(TemporaryDirectory(prefix="gcrm-drill-")))
        version = published(folder, given.facts, lambda _: None)
        rival = None
        if not given.without_postgis:
            stack.enter_context(own_home())
            rival = stack.enter_context(drill_postgis.fact_tables(version))
        questions = Questions(version, _SEED)
        kinds = {"declared": questions.declared, "spatial slice": questions.slice, "polygon": questions.polygon, "anything": questions.anything}
        table = Table("questions", "p50 ms", "p95 ms", "p50, processors", "p95, processors", "limit of p95", "holds", "PostGIS takes", header_style="bold")
        for kind, drawn in kinds.items():
            steps = measured(version, drawn, given.rounds)
            p50, p95 = np.percentile([step.by_clock for step in steps], [50, 95])
            least50, least95 = np.percentile([step.by_processors for step in steps], [50, 95])
            limit = _LIMITS_MS[kind][given.facts >= _MEASURED_LATER]
            holds = "" if limit is None else "yes" if p95 <= limit else "NO"
            figures = (f"{p50:.1f}", f"{p95:.1f}", f"{least50:.1f}", f"{least95:.1f}")
            table.add_row(kind, *figures, str(limit or ""), holds, _beside(rival, version, steps))
            for step in sorted(steps, key=lambda step: -step.by_processors)[: given.worst]:
                read = ask(version, step.query, Scope.everything()).explanation.read
                said = {name: str(value)[:90] for name, value in step.query.parameters().items()}
                Console().print(f"{kind}: {step.by_clock:.0f} ms, {step.by_processors:.0f} of processors: {said} {read}", soft_wrap=True, highlight=False)
    Console(width=140).print(table)


def _beside(rival: psycopg.Connection[tuple[object, ...]] | None, version: Version, steps: list[Step]) -> str:
    """How many times as long PostGIS takes, over some of the questions together; at least, where it ran out of time."""
    if rival is None:
        return ""
    some = [step for step in steps if drill_postgis.of_sales_alone(step.query)][:_BESIDE]
    theirs = [drill_postgis.milliseconds(rival, version, step.query) for step in some]
    late = sum(each is None for each in theirs)
    total = sum(drill_postgis.LIMIT_S * 1000 if each is None else each for each in theirs)
    return f"{'over ' if late else ''}{total / sum(step.by_clock for step in some):,.1f} x"


if __name__ == "__main__":
    main()
