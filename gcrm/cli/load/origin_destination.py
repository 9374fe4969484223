"""`gcrm load origin-destination`: flows of people between zones or cells."""

from pathlib import Path
from typing import Annotated

import typer

from gcrm.cli.load.options import Attribution, File, MadeUp, Name, pairs
from gcrm.errors import LayerError
from gcrm.progress import progress


def origin_destination(
    file: File,
    columns: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN: origin, destination, people, mode, weekday, hour; once per field.")] = None,
    modes: Annotated[list[str] | None, typer.Option("--mode", help="MODE=COLUMN, where each mode has a column; what people has beside them is other.")] = None,
    zones: Annotated[Path | None, typer.Option("--zones", help="File of polygons, where origin and destination are keys of zones, not H3 cells.")] = None,
    zone_key: Annotated[str, typer.Option("--zone-key", help="Column of that file with the key.")] = "key",
    name: Name = None,
    attribution: Attribution = "",
    made_up: MadeUp = False,
) -> None:
    """Load how many people go from where to where: flows between cells of H3 level 8, by mode, weekday and hour where the table tells them.

    Example: `gcrm load origin-destination flows.csv --zones zones.geojson --map origin=from --map destination=to --map people=all`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.origin_destination import FIELDS, Columns, Zones, load_origin_destination

    if zones is not None and not zones.is_file():
        raise LayerError(f"{zones} is not a file; check the path.")
    fields = pairs(columns, "--map") or {name: name for name in FIELDS[:3]}
    ensure_ready()
    between = Zones(zones, zone_key) if zones else None
    with progress(f"flows of {file.name}", unit="flows") as advance:
        report = load_origin_destination(file, name, Columns(fields, pairs(modes, "--mode")), between, advance, attribution=attribution, made_up=made_up)
    typer.echo("This very file is loaded already." if report is None else str(report))
