"""Tables of origins and destinations as movement between cells."""

from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd

from gcrm.db.connection import Role, driver, transaction
from gcrm.errors import LayerError
from gcrm.pipeline.layers.movement import store_movement
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, read_records
from gcrm.progress import Advance
from gcrm.spatial.area_tables import areas_of
from gcrm.spatial.origin_destination import FIELDS, Columns, movement

__all__ = ["FIELDS", "Columns", "FlowReport", "Zones", "load_origin_destination"]


@dataclass(frozen=True)
class Zones:
    """The zones that a table names.

    Attributes:
        path: file of polygons.
        key: its column with the key.
    """

    path: Path
    key: str


@dataclass(frozen=True)
class FlowReport:
    """What became of a table.

    Attributes:
        people: that it counts.
        flows: between cells, by mode, weekday and hour (count).
        withheld: of them, that readers do not see (count).
    """

    people: float
    flows: int
    withheld: int

    def __str__(self) -> str:
        said = f"{self.people:,.0f} people in {self.flows:,} flows between cells"
        return said + (f"; {self.withheld:,} flows are of too few people and withheld from readers." if self.withheld else ".")


def load_origin_destination(
    path: Path, dataset: str | None, columns: Columns, zones: Zones | None, advance: Advance, *, attribution: str = "", made_up: bool = False
) -> FlowReport | None:
    """Loads a table of people between zones or cells.

    Args:
        path: as `gcrm.ingest.readers` reads it.
        dataset: its name; the file's name without ending if left out.
        columns: what its columns are.
        zones: where origin and destination are keys of zones.
        advance: told how many flows are stored.
        attribution: what has to be shown with it.
        made_up: whether it is invented.

    Returns:
        What became of it; None where these very files are loaded already, read in this way.

    Raises:
        ReadError, LayerError: a file cannot be read, or does not fit.
    """
    how = Worked(parameters=asdict(columns) | {"zone_key": zones.key if zones else None})
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, dataset or path.stem, beside=[zones.path] if zones else ())
        if version.holds("movement", how):
            return None
        flows = movement(read_records(path), columns, _shapes(zones) if zones else None, path.name)
        key = version.replace("movement", len(flows), attribution or own_attribution(made_up=made_up), made_up=made_up, how=how)
        store_movement(driver(connection), flows.assign(layer_version_id=key, counted="people"))
        advance(len(flows))
        return FlowReport(float(flows["trips"].sum()), len(flows), int(flows["withheld"].sum()))


def _shapes(zones: Zones) -> gpd.GeoSeries:
    raw = read_records(zones.path)
    if zones.key not in raw:
        raise LayerError(f"{zones.path.name} has no column {zones.key!r}; name the one with the key with --zone-key.")
    shapes = areas_of(raw, None, zones.path.name).set_axis(raw[zones.key].str.strip())
    shapes = shapes[shapes.notna() & ~shapes.is_empty]
    if shapes.index.has_duplicates:
        again = shapes.index[shapes.index.duplicated()][0]
        raise LayerError(f"{zones.path.name} has two zones of the key {again!r}; a key must be one zone.")
    return shapes
