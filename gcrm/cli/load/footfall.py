"""`gcrm load footfall`: people by cell and hour."""

import typer

from gcrm.cli.load.options import File, MadeUp, Name
from gcrm.progress import progress


def footfall(file: File, name: Name = None, made_up: MadeUp = False) -> None:
    """Load people per hour by H3 cell (or longitude and latitude), weekday and hour.

    Example: `gcrm load footfall counters.csv`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.footfall import load_footfall

    ensure_ready()
    with progress(f"counts of {file.name}") as advance:
        stored = load_footfall(file, name, advance, made_up=made_up)
    typer.echo("This very file is loaded already." if stored is None else f"{stored:,} counts by cell and hour.")
