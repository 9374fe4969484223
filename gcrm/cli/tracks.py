"""`gcrm tracks`: recorded routes of movement, and how long they are kept."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Recorded routes of movement.")


@app.command()
def forget(name: Annotated[str | None, typer.Option("--name", help="A dataset to forget now; those older than GCRM_TRACKS_DAYS if left out.")] = None) -> None:
    """Delete recorded routes and stops, and all of contacts who do not consent any more; the flows that readers are shown stay.

    Example: `gcrm tracks forget`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.tracks import forget_tracks

    ensure_ready()
    gone = forget_tracks(name)
    typer.echo(f"Forgotten: {', '.join(gone)}." if gone else "No tracks are kept for too long.")


@app.command()
def match(
    name: Annotated[str | None, typer.Option("--name", help="A dataset; all that are kept if left out.")] = None,
    accuracy: Annotated[float, typer.Option("--accuracy", min=1, max=100, help="Standard deviation of the positions, metres.")] = 10.0,
) -> None:
    """Match recorded routes to the roads, and count the trips that pass each edge, by mode and hour.

    Example: `gcrm tracks match`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.road_flows import match_tracks

    ensure_ready()
    found = match_tracks(name, accuracy)
    typer.echo("\n".join(map(str, found)) if found else "All tracks that are kept are matched to this road network already.")


@app.command()
def contacts(
    sites: Annotated[Path | None, typer.Option("--sites", help="File of sites: points, or columns site_key, name, longitude, latitude.")] = None,
    within: Annotated[float, typer.Option("--within", min=1, help="A trip that comes so near to a site passes it, metres.")] = 50.0,
) -> None:
    """Derive home range, usual routes and passed sites of the contacts who consent to the purpose movement.

    Example: `gcrm tracks contacts --sites shops.csv`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.contact_movement import derive_contact_movement

    ensure_ready()
    found = derive_contact_movement(sites, within)
    typer.echo(f"{found.contacts:,} contacts with a home range, {found.routes:,} usual routes, {found.passed:,} pairs of a contact and a site that it passes.")
