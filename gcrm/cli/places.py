"""`gcrm geocode`, `gcrm enrich`, `gcrm update`: accounts get a position, what surrounds it, and their part of the cube."""

from typing import Annotated

import typer

from gcrm.progress import progress


def geocode(again: Annotated[bool, typer.Option("--again", help="Also those placed before by another reference; given positions stay.")] = False) -> None:
    """Give each account a position: the same address in a loaded extract, else its street, else its postcode.

    Example: `gcrm geocode`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocoding import count_open, geocode_accounts

    ensure_ready()
    with progress("addresses", total=count_open(again=again), unit="accounts") as advance:
        levels = geocode_accounts(advance)
    typer.echo(", ".join(f"{count:,} {level}" for level, count in levels.items()) + "." if levels else "There are no accounts; import some first.")


def enrich() -> None:
    """Join each account with its surroundings: district, territory, road, building, residence type, footfall.

    Example: `gcrm enrich`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.enrichment import count_placed, enrich_accounts

    ensure_ready()
    with progress("surroundings", total=count_placed(), unit="accounts") as advance:
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
