"""`gcrm load`: layers of what surrounds the accounts."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gcrm.progress import progress

app = typer.Typer(no_args_is_help=True, help="Load a layer: streets and buildings, footfall, routes of movement.")

_File = Annotated[Path, typer.Argument(help="The file.")]
_Name = Annotated[str | None, typer.Option("--name", help="Name of the dataset; loading it again replaces it. The file's name if left out.")]
_MadeUp = Annotated[bool, typer.Option("--made-up", help="Mark the data as invented.")]


@app.command()
def osm(file: _File, name: _Name = None) -> None:
    """Load roads, buildings, addresses, shops, land cover and districts from an OpenStreetMap extract (.osm.pbf).

    Example: `gcrm load osm liechtenstein-latest.osm.pbf`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers import load_osm

    ensure_ready()
    with progress(f"features of {file.name}", unit="features") as advance:
        counts = load_osm(file, name, advance)
    typer.echo("This very file is loaded already." if counts is None else ", ".join(f"{count:,} {layer}" for layer, count in counts.items()) + ".")


@app.command()
def addresses(
    file: _File,
    name: _Name = None,
    attribution: Annotated[str, typer.Option("--attribution", help="What has to be shown with it, such as the licence; that of OpenStreetMap is known.")] = "",
    source_date: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the source; the file's own if it tells one.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="ISO code of the country, where the file does not say it.")] = None,
) -> None:
    """Load addresses to geocode by: OpenStreetMap (.osm.pbf), OpenAddresses (CSV, GeoJSON), or postcodes and places (GeoNames text, CSV with coordinates).

    Example: `gcrm load addresses liechtenstein-latest.osm.pbf`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.addresses import Origin, load_addresses

    ensure_ready()
    with progress(f"addresses of {file.name}", unit="features") as advance:
        counts = load_addresses(file, name, Origin(attribution, source_date, country), advance)
    typer.echo("This very file is loaded already." if counts is None else ", ".join(f"{count:,} {layer}" for layer, count in counts.items()) + ".")


@app.command()
def footfall(file: _File, name: _Name = None, made_up: _MadeUp = False) -> None:
    """Load people per hour by H3 cell (or longitude and latitude), weekday and hour.

    Example: `gcrm load footfall counters.csv`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers import load_footfall

    ensure_ready()
    with progress(f"counts of {file.name}") as advance:
        stored = load_footfall(file, name, advance, made_up=made_up)
    typer.echo("This very file is loaded already." if stored is None else f"{stored:,} counts by cell and hour.")


@app.command()
def tracks(file: _File, name: _Name = None, made_up: _MadeUp = False) -> None:
    """Load routes of movement: track_key, recorded_at, longitude, latitude.

    Example: `gcrm load tracks positions.csv`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers import load_tracks

    ensure_ready()
    with progress(f"positions of {file.name}", unit="positions") as advance:
        stored = load_tracks(file, name, advance, made_up=made_up)
    typer.echo("This very file is loaded already." if stored is None else f"{stored:,} positions.")
