"""`gcrm load osm`: OpenStreetMap extracts."""

import typer

from gcrm.cli.load.options import File, Name
from gcrm.progress import progress


def osm(file: File, name: Name = None) -> None:
    """Load roads, buildings, addresses, shops, land cover and districts from an OpenStreetMap extract (.osm.pbf), and build the road network.

    Example: `gcrm load osm liechtenstein-latest.osm.pbf`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.osm import load_osm

    ensure_ready()
    with progress(f"features of {file.name}", unit="features") as advance:
        counts = load_osm(file, name, advance)
    if counts is None:
        typer.echo("This very file is loaded already.")
        return
    edges = counts.pop("road_network", 0)
    typer.echo(", ".join(f"{count:,} {layer}" for layer, count in counts.items()) + f"; road network of {edges:,} edges.")
