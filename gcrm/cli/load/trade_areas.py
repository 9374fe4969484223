"""`gcrm load trade-areas`: given trading areas."""

from typing import Annotated

import typer

from gcrm.cli.load.options import Attribution, File, Name
from gcrm.progress import progress


def trade_areas(
    file: File,
    name: Name = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a GeoPackage or of a zip of Shapefiles.")] = None,
    crs: Annotated[str | None, typer.Option(help="Reference system of a geometry file that names none or a wrong one, such as EPSG:3067.")] = None,
    attribution: Attribution = "",
) -> None:
    """Load trading areas: polygons of any format and reference system; what is invalid is repaired or refused, feature by feature.

    Example: `gcrm load trade-areas areas.gpkg --name dealers`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.ingest.options import ReadOptions
    from gcrm.pipeline.layers.trade_areas import load_trade_areas

    ensure_ready()
    with progress(f"areas of {file.name}", unit="accounts") as advance:
        loaded = load_trade_areas(file, name, ReadOptions(layer=layer, crs=crs), advance, attribution=attribution)
    if loaded is None:
        typer.echo("This very file is loaded already.")
        return
    for finding in loaded.findings.itertuples():
        typer.echo(f"feature {finding.feature_number} ({finding.feature_name}): {finding.problem}: {finding.outcome}")
    counts = loaded.findings["outcome"].value_counts()
    typer.echo(f"{loaded.areas:,} areas; {counts.get('repaired', 0):,} of them repaired, {counts.get('refused', 0):,} features refused.")
