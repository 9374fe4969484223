"""`gcrm load tracks`: routes of movement."""

from typing import Annotated

import typer

from gcrm.cli.load.options import File, MadeUp, Name
from gcrm.progress import progress


def tracks(
    file: File,
    name: Name = None,
    made_up: MadeUp = False,
    mode: Annotated[str | None, typer.Option("--mode", help="foot, bicycle or car, for every track; else as the file says, or as the speed suggests.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Zone that hours are told in, such as Europe/Zurich; else that of the place.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="System whose keys the column contact_key holds; any if left out.")] = None,
) -> None:
    """Load routes of movement: GPX, or a table with track_key, recorded_at, longitude, latitude and, where known, mode and contact_key.

    Example: `gcrm load tracks ride.gpx`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.tracks import load_tracks

    ensure_ready()
    with progress(f"positions of {file.name}", unit="positions") as advance:
        report = load_tracks(file, name, advance, mode=mode, zone=timezone, source=source, made_up=made_up)
    typer.echo("This very file is loaded already." if report is None else str(report))
