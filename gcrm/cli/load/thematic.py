"""`gcrm load thematic`: a layer of one's own."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from gcrm.cli.load.options import Attribution, File, MadeUp, Name
from gcrm.errors import LayerError
from gcrm.progress import progress


def thematic(
    file: File,
    value: Annotated[str, typer.Option("--value", help="Column with the number or category of each area.")],
    kind: Annotated[
        Literal["count", "rate", "category"] | None,
        typer.Option(help="What it is: a count adds up, a rate is averaged; a category where one value is no number, else a rate, if left out."),
    ] = None,
    unit: Annotated[str, typer.Option(help="Unit of the numbers, such as dB.")] = "",
    name: Name = None,
    missing: Annotated[list[str] | None, typer.Option("--missing", help="What means that a value is not known, such as -1.")] = None,
    crs: Annotated[int | None, typer.Option("--crs", help="EPSG code of the columns x and y.")] = None,
    cell_size: Annotated[float | None, typer.Option("--cell-size", min=0.001, help="Side of a grid cell with x and y, in the unit of --crs.")] = None,
    corner: Annotated[bool, typer.Option("--corner", help="x and y are the south-west corner of a cell, not its middle.")] = False,
    label: Annotated[str | None, typer.Option("--label", help="Column with the name of an area.")] = None,
    level: Annotated[int | None, typer.Option("--level", min=5, max=10, help="H3 level of the cells; what the size of the areas allows if left out.")] = None,
    attribution: Attribution = "",
    source_date: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the data.")] = None,
    made_up: MadeUp = False,
) -> None:
    """Load a layer of your own: one number or category of polygons or grid cells; it is shown by cell, and every account gets the value where it lies.

    Example: `gcrm load thematic noise.gpkg --value level_db --unit dB --name "Noise at night"`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.thematic import Theme, load_thematic
    from gcrm.spatial.area_tables import Grid

    ensure_ready()
    if (crs is None) != (cell_size is None):
        raise LayerError("--crs and --cell-size belong together: they say what the columns x and y are.")
    grid = Grid(crs, cell_size, "corner" if corner else "middle") if crs is not None and cell_size is not None else None
    how = Theme(value, kind, unit, grid, label, frozenset(missing or ()), level, attribution, source_date, made_up)
    with progress(f"accounts in {file.name}", unit="accounts") as advance:
        stored = load_thematic(file, name, how, advance)
    if stored is None:
        typer.echo("This very file is loaded already.")
        return
    told = {"count": "counts, which add up", "rate": "rates, which are averaged", "category": "categories"}[stored.kind]
    left = f" {stored.left_out:,} records tell nothing and are left out." if stored.left_out else ""
    typer.echo(f"{stored.areas:,} areas in {stored.cells:,} cells of level {stored.level}; the values are {told}.{left}")
