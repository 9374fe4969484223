"""Counters of people: their stations, their days, the mean week of their cells, and a model between them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.errors import LayerError
from gcrm.pipeline.layers.footfall import store_figures
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, read_records, store_features
from gcrm.progress import Advance
from gcrm.spatial.footfall.counters import MEASURED, profile, readings, station_days
from gcrm.spatial.footfall.model import Model, between
from gcrm.spatial.footfall.stations import placements, station_positions, stays_of
from gcrm.spatial.public_holidays import country_of, public_holidays
from gcrm.spatial.small_counts import withheld
from gcrm.spatial.time_zones import check_time_zone, time_zone_at


@dataclass(frozen=True)
class Counters:
    """How the files of some counters are read.

    Attributes:
        stations: file of their positions.
        fields: the column of station, counted_at and people in the counts.
        station_fields: the column of each field of the stations, as `gcrm.spatial.footfall.stations.station_positions` takes it.
        crs: EPSG code of the stations' geometry.
        zone: IANA name of the place's time zone; that at the stations if left out.
        holidays: ISO 3166 code of the region whose holidays count; the country of the zone if left out.
        reach_m: cells so near to a counter are modelled, metres; none if left out.
        attribution: what has to be shown with it.
        made_up: whether it is invented.
    """

    stations: Path
    fields: Mapping[str, str] = field(default_factory=dict)
    station_fields: Mapping[str, str] = field(default_factory=dict)
    crs: int = 4326
    zone: str | None = None
    holidays: str | None = None
    reach_m: float | None = None
    attribution: str = ""
    made_up: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides about the values, as JSON takes it."""
        return {name: value for name, value in asdict(self).items() if name not in {"stations", "attribution", "made_up"}}


@dataclass(frozen=True)
class CountersReport:
    """What became of the counts.

    Attributes:
        cells: with a counter.
        states: days by state.
        reasons: days by reason, of those that are not measured.
        moves: sentences on stations that moved.
        unplaced: stations without any position.
        zone: the time zone of hours and days.
        model: how cells between counters were modelled; None where none were.
        modelled: how many.
    """

    cells: int
    states: Mapping[str, int]
    reasons: Mapping[str, int]
    moves: tuple[str, ...]
    unplaced: tuple[str, ...]
    zone: str
    model: Model | None
    modelled: int

    def __str__(self) -> str:
        days = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in self.states.items())
        said = [f"{self.cells:,} cells with a counter; days of stations: {days}. Hours and days are those of {self.zone}."]
        said += [f"{count:,} days left out: {reason}." for reason, count in self.reasons.items()]
        said += self.moves
        said += [f"No position is known of {', '.join(self.unplaced)}."] if self.unplaced else []
        if self.model is not None:
            said += [f"{self.modelled:,} cells within {self.model.reach_m:g} m are modelled, not measured. {stated_error(self.model)}"]
        return "\n".join(said)


def stated_error(model: Model) -> str:
    """The error of a model in words."""
    said = f"A counter that is left out is missed by {model.median_error_share:.0%} (median; root mean square: a factor of {model.error_factor:.2f})"
    if model.power == 0:
        return f"{said}; distance tells nothing at {model.spacing_m:,.0f} m from counter to counter: each cell is given their geometric mean."
    return f"{said}, by the geometric mean of the others by {model.baseline_error_share:.0%} (a factor of {model.baseline_factor:.2f})."


def load_counters(path: Path, dataset: str | None, how: Counters, advance: Advance) -> CountersReport | None:
    """Loads counts by station and time; what is missing, doubtful or a holiday is kept as such and has no part in the mean week.

    Args:
        path: the counts.
        dataset: its name; the file's name without ending if left out.
        how: how they are read.
        advance: told how many days of stations are stored.

    Returns:
        What became of them; None where these very files are loaded already, read in this way.

    Raises:
        ReadError, LayerError: a file cannot be read, or nothing usable is left.
    """
    worked = Worked(parameters=how.parameters)
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem, beside=[how.stations])
        if version.holds("footfall", worked):
            return None
        positions = station_positions(read_records(how.stations), how.station_fields, how.crs, how.stations.name)
        zone = check_time_zone(how.zone) if how.zone else time_zone_at(float(positions["longitude"].median()), float(positions["latitude"].median()))
        counted = readings(read_records(path), how.fields, zone, path.name)
        placed = placements(counted["station"], positions)
        days = station_days(counted, _holidays(how.holidays or country_of(zone), counted), placed)
        figures = profile(counted, days, placed)
        if figures.empty:
            raise LayerError(f"{path.name} has no day that is measured and has a position; look at the keys of the stations in {how.stations.name}.")
        model, modelled = (between(figures, how.reach_m) if how.reach_m is not None else None) or (None, None)
        said = how.attribution or own_attribution(made_up=how.made_up)
        key = version.replace("footfall", len(figures), said, made_up=how.made_up, how=worked)
        stays = stays_of(days, placed)
        _store(driver(connection), key, days, figures, model, modelled)
        store_features(connection, "stations", stays.assign(layer_version_id=key))
        advance(len(days))
        return _report(days, figures, stays, zone, model, 0 if modelled is None else modelled["cell"].nunique())


def _holidays(region: str | None, counted: pd.DataFrame) -> dict[Any, str]:
    years = counted["day"].dt.year
    return public_holidays(region, range(years.min(), years.max() + 1)) if region else {}


def _store(pg: psycopg.Connection[Any], key: int, days: pd.DataFrame, figures: pd.DataFrame, model: Model | None, modelled: pd.DataFrame | None) -> None:
    people = figures["people_per_hour"] * figures["days"] * figures["hour"].isna().map({True: 24, False: 1})
    rows = figures.assign(quality="measured", withheld=withheld(people))
    if model is not None and modelled is not None:
        copy_frame(pg, "footfall_models", pd.DataFrame([asdict(model) | {"layer_version_id": key}]))
        rows = pd.concat([rows, modelled.assign(quality="modelled", withheld=False)], ignore_index=True).astype({"days": "Int64"})
    store_figures(pg, rows.assign(layer_version_id=key))
    copy_frame(pg, "station_days", days[["station", "day", "people", "state", "reason"]].assign(layer_version_id=key))


def _report(days: pd.DataFrame, figures: pd.DataFrame, stays: pd.DataFrame, zone: str, model: Model | None, modelled: int) -> CountersReport:
    moved = stays[stays["moved_m"] > 0]
    moves = tuple(f"{row.station} moved by {row.moved_m:,.0f} m on {row.valid_from:%Y-%m-%d}." for row in moved.itertuples())
    other = days.loc[days["state"] != MEASURED]
    reasons = _counts(other["reason"].where(other["state"] != "holiday", "a public holiday"))
    unplaced = sorted(set(days["station"]) - set(stays["station"]))
    return CountersReport(figures["cell"].nunique(), _counts(days["state"]), reasons, moves, tuple(unplaced), zone, model, modelled)


def _counts(texts: pd.Series) -> dict[str, int]:
    return {str(text): int(count) for text, count in texts.value_counts().items()}
