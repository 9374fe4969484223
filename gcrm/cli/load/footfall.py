"""`gcrm load footfall`: people by cell and hour, as given or out of counters."""

from pathlib import Path
from typing import Annotated

import typer

from gcrm.cli.load.options import Attribution, File, MadeUp, Name, pairs
from gcrm.errors import LayerError
from gcrm.progress import progress


def footfall(
    file: File,
    name: Name = None,
    stations: Annotated[Path | None, typer.Option("--stations", help="File of the counters' positions: then FILE holds counts by station and time.")] = None,
    columns: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN of the counts: station, counted_at, people.")] = None,
    station_columns: Annotated[
        list[str] | None,
        typer.Option("--station-map", help="FIELD=COLUMN of the stations: station, name, longitude, latitude, geometry, valid_from, valid_to."),
    ] = None,
    crs: Annotated[int, typer.Option("--crs", help="EPSG code of the stations' geometry.")] = 4326,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Zone of hours and days, such as Europe/Zurich; else that of the place.")] = None,
    holidays: Annotated[str | None, typer.Option("--holidays", help="Region whose holidays count, such as CH-ZH; else the country.")] = None,
    model: Annotated[float | None, typer.Option("--model", min=100, max=5000, help="Model the cells within so many metres of a counter.")] = None,
    smallest: Annotated[
        float | None,
        typer.Option("--smallest", min=0, help="Withhold figures of fewer people from readers; 10 if left out and the file tells ages, else none."),
    ] = None,
    attribution: Attribution = "",
    made_up: MadeUp = False,
) -> None:
    """Load people per hour by H3 cell (or longitude and latitude), weekday, hour and, where known, age_group; or counts of stations.

    Example: `gcrm load footfall counts.csv --stations stations.csv`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.layers.counters import Counters, load_counters
    from gcrm.pipeline.layers.footfall import load_footfall

    if stations is None and (columns or station_columns or timezone or holidays or model):
        raise LayerError("--map, --station-map, --timezone, --holidays and --model are for counts by station: name the file of the stations with --stations.")
    ensure_ready()
    if stations is None:
        with progress(f"counts of {file.name}") as advance:
            stored = load_footfall(file, name, advance, smallest=smallest, attribution=attribution, made_up=made_up)
        typer.echo("This very file is loaded already." if stored is None else f"{stored:,} counts by cell and hour.")
        return
    own = pairs(station_columns, "--station-map") or {each: each for each in ("station", "longitude", "latitude")}
    how = Counters(stations, pairs(columns, "--map"), own, crs, timezone, holidays, model, attribution, made_up)
    with progress(f"days of {file.name}", unit="days") as advance:
        report = load_counters(file, name, how, advance)
    typer.echo("This very file is loaded already." if report is None else str(report))
