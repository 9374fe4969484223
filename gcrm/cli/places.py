"""`gcrm enrich` and `gcrm update`: accounts get what surrounds them, and their part of the cube."""

import typer

from gcrm.progress import progress


def enrich() -> None:
    """Join accounts with their surroundings: district, territory, road, building, who lives there, footfall, trading areas.

    Only what changed is joined anew: new and moved accounts, and of the others what a new version of a layer tells.

    Example: `gcrm enrich`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.enrichment import count_stale, enrich_accounts

    ensure_ready()
    with progress("surroundings", total=count_stale(), unit="accounts") as advance:
        changed = enrich_accounts(advance)
    typer.echo(f"The surroundings of {changed:,} accounts changed.")


def update() -> None:
    """Bring the map up to date after an import: geocode, enrich and build the cube, one after the other.

    Example: `gcrm update`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.update import update_map

    ensure_ready()
    update_map()
    typer.echo("The map is up to date.")
