"""`gcrm enrich`: accounts get what surrounds them."""

import typer

from gcrm.progress import progress


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
