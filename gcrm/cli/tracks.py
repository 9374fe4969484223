"""`gcrm tracks`: recorded routes of movement, and how long they are kept."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Recorded routes of movement.")


@app.callback()
def _group() -> None:
    """A group, though it has one command."""


@app.command()
def forget(name: Annotated[str | None, typer.Option("--name", help="A dataset to forget now; those older than GCRM_TRACKS_DAYS if left out.")] = None) -> None:
    """Delete recorded routes and stops; the flows that readers are shown stay.

    Example: `gcrm tracks forget`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.tracks import forget_tracks

    ensure_ready()
    gone = forget_tracks(name)
    typer.echo(f"Forgotten: {', '.join(gone)}." if gone else "No tracks are kept for too long.")
