"""`gcrm load conditions` and `gcrm load speeds`: road conditions."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gcrm.cli.load.options import File, MadeUp, Name
from gcrm.progress import progress


def conditions(
    file: File,
    name: Name = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a GeoPackage or of a zip of Shapefiles.")] = None,
    crs: Annotated[str | None, typer.Option(help="Reference system of a geometry file that names none or a wrong one, such as EPSG:3067.")] = None,
    made_up: MadeUp = False,
) -> None:
    """Load closures and slow zones of roads: polygons and lines with kind (closure, speed_factor, speed_kmh), value, modes, weekdays, hours, validity.

    Example: `gcrm load conditions roadworks.geojson`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.ingest.options import ReadOptions
    from gcrm.pipeline.layers.conditions import load_conditions

    ensure_ready()
    with progress(f"conditions of {file.name}", unit="conditions") as advance:
        loaded = load_conditions(file, name, ReadOptions(layer=layer, crs=crs), advance, made_up=made_up)
    if loaded is None:
        typer.echo("This very file is loaded already.")
        return
    for finding in loaded.findings.itertuples():
        typer.echo(f"feature {finding.feature_number}: {finding.problem}: {finding.outcome}")
    counts = loaded.findings["outcome"].value_counts()
    typer.echo(f"{loaded.conditions:,} conditions; {counts.get('repaired', 0):,} of them repaired, {counts.get('refused', 0):,} features refused.")


def speeds(
    file: File,
    sensors: Annotated[Path, typer.Option("--sensors", help="File of the sensors' positions: sensor_key, longitude, latitude.")],
    start: Annotated[datetime, typer.Option("--start", formats=["%Y-%m-%d", "%Y-%m-%d %H:%M"], help="Time of the first row, in the place's own time.")],
    step: Annotated[float, typer.Option("--step", min=0.1, max=60, help="Minutes from one row to the next.")] = 5,
    unit: Annotated[str, typer.Option("--unit", help="km/h or mph.")] = "km/h",
    name: Name = None,
    made_up: MadeUp = False,
) -> None:
    """Load speeds of road sensors: a column for each sensor, a row for each step of time; they become speeds by weekday and hour.

    Example: `gcrm load speeds los_speed.csv --sensors graph_sensor_locations.csv --start 2012-03-01 --unit mph`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import LayerError
    from gcrm.pipeline.layers.speeds import Recorded, load_speeds

    if unit not in {"km/h", "mph"}:
        raise LayerError(f"{unit!r} is no unit of speeds; write --unit km/h or --unit mph.")
    ensure_ready()
    with progress(f"speeds of {file.name}", unit="hours") as advance:
        recorded = Recorded(start, timedelta(minutes=step), "mph" if unit == "mph" else "km/h")
        loaded = load_speeds(file, sensors, name, recorded, advance, made_up=made_up)
    if loaded is None:
        typer.echo("These very files are loaded already.")
        return
    typer.echo(f"{loaded.sensors:,} sensors, {loaded.hours:,} speeds by weekday and hour; {loaded.missing:.1%} of the readings are missing.")
    for keys, why in ((loaded.silent, "measured nothing"), (loaded.without_position, "have no position")):
        if keys:
            typer.echo(f"{len(keys):,} sensors {why} and are left out: {', '.join(keys[:5])}{' ...' if len(keys) > 5 else ''}.")  # noqa: PLR2004 - enough to find them
    if loaded.held_out is None:
        typer.echo("No sensor has another near: how well the roads between them are told is not known.")
        return
    error = loaded.held_out
    told = f"mean error {error.error_kmh:.1f} km/h (median {error.median_kmh:.1f}), in the rush hours {error.rush_error_kmh:.1f}"
    plain = f"with the mean of all sensors {error.plain_error_kmh:.1f} and {error.plain_rush_error_kmh:.1f}"
    typer.echo(f"Each sensor told by those around it: {told}; {plain}.")
