"""`gcrm load addresses`: addresses to geocode by."""

from datetime import datetime
from typing import Annotated

import typer

from gcrm.cli.load.options import File, Name
from gcrm.progress import progress


def addresses(
    file: File,
    name: Name = None,
    attribution: Annotated[str, typer.Option("--attribution", help="What has to be shown with it, such as the licence; that of OpenStreetMap is known.")] = "",
    source_date: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the source; the file's own if it tells one.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="ISO code of the country, where the file does not say it.")] = None,
) -> None:
    """Load addresses to geocode by: OpenStreetMap (.osm.pbf), OpenAddresses (CSV, GeoJSON), or postcodes and places (GeoNames text, CSV with coordinates).

    Example: `gcrm load addresses liechtenstein-latest.osm.pbf`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.addresses import Origin, load_addresses

    ensure_ready()
    with progress(f"addresses of {file.name}", unit="features") as advance:
        counts = load_addresses(file, name, Origin(attribution, source_date, country), advance)
    typer.echo("This very file is loaded already." if counts is None else ", ".join(f"{count:,} {layer}" for layer, count in counts.items()) + ".")
