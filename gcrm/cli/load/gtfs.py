"""`gcrm load gtfs`: public transport."""

from datetime import datetime
from typing import Annotated

import typer

from gcrm.cli.load.options import Attribution, File, MadeUp, Name
from gcrm.progress import progress


def gtfs(
    file: File,
    name: Name = None,
    week: Annotated[datetime | None, typer.Option("--week", formats=["%Y-%m-%d"], help="A day of the week to read; the busiest if left out.")] = None,
    attribution: Attribution = "",
    made_up: MadeUp = False,
) -> None:
    """Load a timetable in GTFS: stops, routes, departures by hour, and the flows of vehicles between stops and between cells.

    Example: `gcrm load gtfs feed.zip --week 2026-09-07`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.transit import load_transit

    ensure_ready()
    with progress(f"stops of {file.name}", unit="stops") as advance:
        report = load_transit(file, name, advance, week=week.date() if week else None, attribution=attribution, made_up=made_up)
    typer.echo("This very file is loaded already." if report is None else str(report))
