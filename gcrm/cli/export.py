"""`gcrm export`: accounts of a region, out."""

from pathlib import Path
from typing import Annotated

import typer


def export(
    file: Annotated[Path, typer.Argument(help="What to write: .csv, .xlsx, .parquet or .geojson.")],
    status: Annotated[list[str] | None, typer.Option(help="customer, prospect, lost, partner or competitor; as often as needed.")] = None,
    segment: Annotated[list[str] | None, typer.Option(help="Market segment; as often as needed.")] = None,
    territory: Annotated[list[str] | None, typer.Option(help="Name of a territory; as often as needed.")] = None,
    area: Annotated[Path | None, typer.Option(help="File with polygons: GeoJSON, GeoPackage, Shapefile, WKT in a table; accounts inside them.")] = None,
) -> None:
    """Export accounts with their surroundings. Phones and mail addresses stay here: they leave only with consent.

    Example: `gcrm export prospects.xlsx --status prospect --territory "Territory 3"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.exports import AccountFilter, export_accounts

    ensure_ready()
    wanted = AccountFilter(tuple(status or ()), tuple(segment or ()), tuple(territory or ()), area)
    count = export_accounts(file, wanted, Scope.everything())
    typer.echo(f"{count:,} accounts to {file}.")
