"""Readers of the cube while it is built anew, again and again."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from threading import Event

import numpy as np

from benchmarks.measure import Figure
from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube, build_cube
from gcrm.pipeline.demo import run

_SEED = 20240501
_READERS = 20
_PAUSE_S = 1.0
"""Between two questions of a reader, on average."""
_WARM_S, _PHASE_S = 10, 45
_ROUNDING = 1e-9
_QUESTIONS = (
    CubeQuery.parse("territory", measures="revenue", derived="share(revenue, all)"),
    CubeQuery.parse("place:8", measures="revenue,margin"),
    CubeQuery.parse("month", "segment", "revenue"),
    CubeQuery.parse("region", "channel", "revenue,quantity"),
    CubeQuery.parse("segment", measures="revenue", where=["place=861126d37ffffff"]),
)
_BUILD = "from gcrm.pipeline.cubes import build_cube; build_cube(lambda more: None)"


@dataclass
class _Seen:
    """What the readers of a phase met: milliseconds of each answer, versions, errors, answers out of two versions."""

    milliseconds: list[float] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    torn: int = 0

    @property
    def p95(self) -> float:
        return float(np.percentile(self.milliseconds, 95))


def _read(number: int, until: Event, seen: _Seen) -> None:
    random = np.random.default_rng([_SEED, number])
    for turn in count(number):
        if until.wait(random.exponential(_PAUSE_S)):
            return
        started = time.perf_counter()
        try:
            answer = ask_cube(_QUESTIONS[turn % len(_QUESTIONS)], Scope.everything())
        except Exception as error:  # noqa: BLE001 - whatever a reader would have been shown is what is counted
            seen.errors.append(repr(error))
            continue
        seen.milliseconds.append((time.perf_counter() - started) * 1000)
        seen.versions.add(answer.explanation.version)
        shares = answer.table["share_revenue"].to_pylist() if "share_revenue" in answer.table.column_names else []
        seen.torn += bool(shares) and abs(sum(map(float, shares)) - 1) > _ROUNDING  # a whole of another version


def _change() -> None:
    """One order line is worth more, so that the next build is a new version."""
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.orders SET revenue = revenue + 1000 WHERE order_line_id = (SELECT min(order_line_id) FROM gcrm.orders)")


def _phase(seconds: float, *, building: bool) -> _Seen:
    seen, until = _Seen(), Event()
    with ThreadPoolExecutor(_READERS) as readers:
        running = [readers.submit(_read, number, until, seen) for number in range(_READERS)]
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if building:
                _change()
                subprocess.run([sys.executable, "-c", _BUILD], check=True)
            else:
                time.sleep(0.1)
        until.set()
        for each in running:
            each.result()
    return seen


def readers_while_building(scale: float = 1) -> list[Figure]:
    """How much longer readers wait while builds run, and whether any of them met an error or two versions.

    Args:
        scale: of the demo city, in GCRM_HOME.
    """
    run(None, scale, _SEED, lambda _name, _seconds: None)
    build_cube(lambda _more: None)
    _phase(_WARM_S, building=False)
    idle, busy = _phase(_PHASE_S, building=False), _phase(_PHASE_S, building=True)
    size = f"{_READERS} readers, {len(busy.versions)} versions, p95 {idle.p95:.0f} to {busy.p95:.0f} ms"
    return [
        Figure("readers while builds run: p95 beside idle", size, busy.p95 / idle.p95, " x", 2, above=False),
        Figure("readers while builds run: errors", size, len(busy.errors), "", 0, above=False),
        Figure("readers while builds run: answers out of two versions", size, busy.torn, "", 0, above=False),
    ]
