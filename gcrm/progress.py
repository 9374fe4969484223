"""One progress bar for every command: done, rate, time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

Advance = Callable[[int], None]
"""Tells the bar that so many more are done."""


Report = Callable[[str, float], None]
"""Told the name of a step and its seconds."""


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


@contextmanager
def progress(title: str, total: int | None = None, unit: str = "rows") -> Iterator[Advance]:
    """Shows a bar on standard error; where that is no terminal, one line at the end.

    Args:
        title: what is being done.
        total: how many there are; None where nobody knows.
        unit: what is counted.

    Yields:
        A function that takes how many more are done.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        done = 0

        def count(more: int) -> None:
            nonlocal done
            done += more

        yield count
        console.print(f"{title}: {done:,} {unit}", highlight=False, soft_wrap=True)
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit),
        _RateColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda more: bar.advance(task, more)
