"""Measures a piece of work: seconds of the best of some rounds, and peak memory, each in a process of its own."""

import multiprocessing
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

_BYTES_IN_MIB = 1 << 20
_SAMPLE_S = 0.02
Work = Callable[[], object]
"""The work that is timed."""

Preparation = Callable[..., Work]
"""Makes ready what the work needs, outside of the measured time, and gives the work."""


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what is measured.
        size: how much of it, with its unit.
        seconds: of gcrm.
        peak_mib: peak memory of gcrm's process.
        rival: the plain tool.
        rival_seconds: of the rival, same data, same run.
        ratio: seconds / rival_seconds; under 1 gcrm is faster.
        bar: the largest ratio allowed; None where none is stated.
        holds: whether the ratio is within the bar.
    """

    name: str
    size: str
    seconds: float
    peak_mib: float
    rival: str
    rival_seconds: float
    ratio: float
    bar: float | None
    holds: bool | None

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON takes it."""
        return asdict(self)


@dataclass(frozen=True)
class Figure:
    """One line of the table of what is no time.

    Attributes:
        name: what is measured.
        size: on how much, with its unit.
        value: what came out.
        unit: of it.
        bar: where it has to be.
        above: whether it has to be at least the bar; else at most.
    """

    name: str
    size: str
    value: float
    unit: str
    bar: float
    above: bool

    @property
    def holds(self) -> bool:
        """Whether it is within the bar."""
        return self.value >= self.bar if self.above else self.value <= self.bar

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON takes it."""
        return {**asdict(self), "holds": self.holds}


def compare(
    name: str,
    size: str,
    ours: tuple[Preparation, tuple[object, ...]],
    rival: str,
    theirs: tuple[Preparation, tuple[object, ...]],
    bar: float | None,
    rounds: int = 3,
) -> Row:
    """Measures gcrm and its rival one after the other, in turns, so that both meet the same noise.

    Args:
        name: what is measured.
        size: how much of it.
        ours: preparation of gcrm's work, and its arguments.
        rival: name of the plain tool.
        theirs: preparation of the rival's work, and its arguments.
        bar: the largest ratio allowed.
        rounds: the best of so many counts.
    """
    measured = in_turns({"ours": ours, "theirs": theirs}, rounds)
    (seconds, peak), (rival_seconds, _) = measured["ours"], measured["theirs"]
    return beside(name, size, (seconds, peak), rival, rival_seconds, bar)


def in_turns(works: Mapping[str, tuple[Preparation, tuple[object, ...]]], rounds: int) -> dict[str, tuple[float, float]]:
    """Measures several works one after the other, in turns, each time in a fresh process.

    Args:
        works: by name the preparation of each, and its arguments.
        rounds: the best of so many counts.

    Returns:
        By name the seconds, and the peak memory in MiB.
    """
    measured = [{name: _apart(*work) for name, work in works.items()} for _ in range(rounds)]
    return {name: (min(each[name][0] for each in measured), max(each[name][1] for each in measured)) for name in works}


def beside(name: str, size: str, ours: tuple[float, float], rival: str, rival_seconds: float, bar: float | None) -> Row:
    """The line of two works that were measured in the same run.

    Args:
        name: what is measured.
        size: how much of it.
        ours: seconds and peak MiB of gcrm.
        rival: name of the plain tool.
        rival_seconds: what it took.
        bar: the largest ratio allowed.
    """
    ratio = ours[0] / rival_seconds
    return Row(name, size, *ours, rival, rival_seconds, ratio, bar, None if bar is None else ratio <= bar)


def within(name: str, size: str, ours: tuple[Preparation, tuple[object, ...]], most_s: float) -> Row:
    """Measures gcrm alone, where the bar is a time.

    Args:
        name: what is measured.
        size: how much of it.
        ours: preparation of gcrm's work, and its arguments.
        most_s: the longest that it may take, seconds.
    """
    measured = [_apart(*ours) for _ in range(3)]
    seconds = min(spent for spent, _ in measured)
    return Row(name, size, seconds, max(peak for _, peak in measured), f"the limit of {most_s:g} s", most_s, seconds / most_s, 1.0, seconds <= most_s)


def peak_of_tree_mib(prepare: Preparation, arguments: tuple[object, ...]) -> float:
    """Peak memory of the work in a fresh process, all processes that it starts included.

    Args:
        prepare: makes ready what the work needs.
        arguments: of it.
    """
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(prepare, arguments))
    process.start()
    peak = 0
    while process.is_alive():
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(process.pid)
            peak = max(peak, sum(each.memory_info().rss for each in (root, *root.children(recursive=True))))
        process.join(_SAMPLE_S)
    if process.exitcode:
        raise RuntimeError("the work broke off")
    return peak / _BYTES_IN_MIB


def _work(prepare: Preparation, arguments: tuple[object, ...]) -> None:
    prepare(*arguments)()


def _apart(prepare: Preparation, arguments: tuple[object, ...]) -> tuple[float, float]:
    """Seconds and peak MiB of the work, in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(theirs, prepare, arguments))
    process.start()
    theirs.close()
    try:
        spent, peak = ours.recv()
    finally:
        process.join()
    return spent, peak


def _measured(answer: Any, prepare: Preparation, arguments: tuple[object, ...]) -> None:  # noqa: ANN401 - a Connection, whose type is private
    work = prepare(*arguments)
    started = time.perf_counter()
    work()
    spent = time.perf_counter() - started
    answer.send((spent, peak_mib()))


def peak_mib() -> float:
    """Peak memory of this process; on Linux from the kernel's own mark, since ru_maxrss there is handed on by the parent."""
    status = Path("/proc/self/status")
    if status.is_file():
        mark = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _BYTES_IN_MIB
