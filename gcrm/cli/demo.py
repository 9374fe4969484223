"""`gcrm demo`: a made-up company in a real city."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def demo(
    extract: Annotated[Path | None, typer.Option(help="OpenStreetMap extract (.osm.pbf); the centre of Helsinki if left out.")] = None,
    scale: Annotated[float, typer.Option(min=0.001, max=1000, help="1 makes 12,000 accounts and 120,000 orders; 100 a hundred times as much.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same company.")] = 20240501,
) -> None:
    """Load a city with a made-up company in it: files, import, geocoding, surroundings, cube. Run again, it leaves alone what is there.

    Example: `gcrm demo --extract liechtenstein-latest.osm.pbf`
    """
    from gcrm.pipeline.demo import run

    steps: list[tuple[str, float]] = []
    run(extract, scale, seed, lambda name, seconds: steps.append((name, seconds)))
    if not steps:
        typer.echo("The demo city is there already.")
        return
    table = Table("step", "seconds", box=None, header_style="bold")
    for name, seconds in steps:
        table.add_row(name, f"{seconds:.1f}")
    table.add_row("together", f"{sum(seconds for _, seconds in steps):.1f}")
    Console().print(table)
    typer.echo("The company is made up; docs/demo_city.md says what was planted in it.")
