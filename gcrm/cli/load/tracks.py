"""`gcrm load tracks`: routes of movement."""

import typer

from gcrm.cli.load.options import File, MadeUp, Name
from gcrm.progress import progress


def tracks(file: File, name: Name = None, made_up: MadeUp = False) -> None:
    """Load routes of movement: track_key, recorded_at, longitude, latitude.

    Example: `gcrm load tracks positions.csv`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.tracks import load_tracks

    ensure_ready()
    with progress(f"positions of {file.name}", unit="positions") as advance:
        stored = load_tracks(file, name, advance, made_up=made_up)
    typer.echo("This very file is loaded already." if stored is None else f"{stored:,} positions.")
