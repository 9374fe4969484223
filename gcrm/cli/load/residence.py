"""`gcrm load residence`: who lives where, and in what."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gcrm.cli.load.options import Attribution, MadeUp, Name
from gcrm.errors import LayerError
from gcrm.progress import progress


def residence(
    files: Annotated[list[Path] | None, typer.Argument(help="A census: polygons, grid cells, H3 cells; several files of the same areas are joined.")] = None,
    columns: Annotated[list[str] | None, typer.Option("--map", help="MEASURE=COLUMN, such as population=Einwohner; once per measure.")] = None,
    name: Name = None,
    missing: Annotated[list[str] | None, typer.Option("--missing", help="What means that a value is not known, such as -1.")] = None,
    crs: Annotated[int | None, typer.Option("--crs", help="EPSG code of the columns x and y.")] = None,
    cell_size: Annotated[float | None, typer.Option("--cell-size", min=1, help="Side of a grid cell with x and y, metres.")] = None,
    corner: Annotated[bool, typer.Option("--corner", help="x and y are the south-west corner of a cell, not its middle.")] = False,
    key: Annotated[list[str] | None, typer.Option("--key", help="Columns by which several files are joined; x and y if left out.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Column with the name of an area.")] = None,
    level: Annotated[int | None, typer.Option("--level", min=5, max=10, help="H3 level of the cells; what the size of the areas allows if left out.")] = None,
    attribution: Attribution = "",
    source_date: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Day of the census.")] = None,
    made_up: MadeUp = False,
    from_buildings: Annotated[bool, typer.Option("--from-buildings", help="No file: model it from the buildings, where no census tells.")] = False,
    per_person: Annotated[float, typer.Option("--per-person", min=1, help="Floor area a person, square metres, with --from-buildings.")] = 45.0,
    per_flat: Annotated[float, typer.Option("--per-flat", min=1, help="Floor area a flat, square metres, with --from-buildings.")] = 80.0,
) -> None:
    """Load inhabitants, households, dwellings, ages and jobs by area; they are spread over H3 cells, and no unit is lost.

    Example: `gcrm load residence grid.gpkg --map population=inhabitants`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.residence import Census, load_residence, model_residence
    from gcrm.spatial.area_tables import Grid

    ensure_ready()
    if from_buildings:
        typer.echo(f"{model_residence(per_person, per_flat):,} cells modelled from buildings.")
        return
    pairs = dict(each.split("=", 1) for each in columns or () if "=" in each)
    if not files or len(pairs) != len(columns or ()) or not pairs:
        raise LayerError("Name a file, and with --map MEASURE=COLUMN what its columns are, such as --map population=inhabitants.")
    if (crs is None) != (cell_size is None):
        raise LayerError("--crs and --cell-size belong together: they say what the columns x and y are.")
    grid = Grid(crs, cell_size, "corner" if corner else "middle") if crs is not None and cell_size is not None else None
    how = Census(pairs, grid, tuple(key or ()), label, frozenset(missing or ()), level, attribution, source_date, made_up)
    with progress(f"areas of {files[0].name}", unit="areas") as advance:
        stored = load_residence(files, name, how, advance)
    if stored is None:
        typer.echo("This very file is loaded already.")
        return
    totals = ", ".join(f"{total:,.0f} {measure.replace('_', ' ')}" for measure, total in stored.totals.items())
    left = f" {stored.left_out:,} records tell nothing and are left out." if stored.left_out else ""
    typer.echo(f"{stored.areas:,} areas in {stored.cells:,} cells of level {stored.level}: {totals}.{left}")
