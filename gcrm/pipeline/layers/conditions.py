"""Road conditions of files: closures and slow zones, each repaired, or refused with its reason."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.db.queries import queries
from gcrm.errors import LayerError
from gcrm.frames import CONDITIONS
from gcrm.ingest.clean import clean
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import MARKS
from gcrm.ingest.source import Source, open_source
from gcrm.pipeline.layers.version import Version, Worked, own_attribution, replace_derived
from gcrm.progress import Advance
from gcrm.spatial.roads.given import Given, given_conditions
from gcrm.units import WGS84

_COLUMNS = ["kind", "value", "modes", "weekdays", "from_hour", "to_hour", "valid_from", "valid_until", "way_id"]


@dataclass(frozen=True)
class LoadedConditions:
    """What became of a file of conditions.

    Attributes:
        conditions: how many hold now.
        findings: one row per feature that was repaired or refused: feature_number, problem, outcome.
    """

    conditions: int
    findings: pd.DataFrame


def load_conditions(path: Path, dataset: str | None, read: ReadOptions, advance: Advance, *, made_up: bool = False) -> LoadedConditions | None:
    """Loads closures and slow zones in the place of those of the dataset.

    Args:
        path: any file that `gcrm.ingest.readers` reads: with polygons or lines, or a table with OSM ways.
        dataset: its name; the file's name without ending if left out.
        read: how the file is read.
        advance: told how many are stored.
        made_up: whether they are invented.

    Returns:
        What became of it; None where this very file is loaded already.

    Raises:
        ReadError, MappingError: the file cannot be read, or has no column that says what the conditions are.
        LayerError: no condition is left.
    """
    name = dataset or path.stem
    how = Worked(parameters={"layer": read.layer, "crs": read.crs})
    with transaction(Role.WRITER) as connection:
        version = Version(connection, path, name)
        if version.holds("road_conditions", how):
            return None
        source = open_source(path, CONDITIONS, read=read)
        source.check()
        found = [_given(source, chunk) for chunk in source.chunks()]
        conditions, findings = (pd.concat([each[part] for each in found]) for part in (0, 1))
        if conditions.empty:
            raise LayerError(f"{path.name} has no condition that can be used; feature {findings.index[0]} {findings['problem'].iloc[0]}.")
        key = version.replace("road_conditions", len(conditions), own_attribution(made_up=made_up), made_up=made_up, how=how)
        told = findings.rename_axis("feature_number").reset_index()
        _store(connection, key, conditions)
        copy_frame(driver(connection), "layer_findings", told.assign(layer_version_id=key))
        advance(len(conditions))
        return LoadedConditions(len(conditions), told)


def lift_conditions(dataset: str) -> None:
    """Ends the conditions of a dataset, closures and slow zones as well as speeds of sensors.

    Args:
        dataset: its name.

    Raises:
        LayerError: none of this name is in force.
    """
    with transaction(Role.WRITER) as connection:
        pg = driver(connection)
        in_force = [layer for _, layer, name, features, _ in queries("roads").conditions_in_force(pg) if name == dataset and features]
        if not in_force:
            raise LayerError(f"No conditions of the name {dataset!r} are in force; `gcrm roads conditions` lists those that are.")
        for layer in in_force:
            # An empty version takes the place, so that the number of the conditions grows.
            replace_derived(pg, layer, dataset, 0, Worked(parameters={"lifted": True}))


def _given(source: Source, chunk: pd.DataFrame) -> Given:
    """Conditions and findings of a chunk, index `row_number`."""
    marks = [name for name in MARKS if name in chunk]
    unread = chunk[marks].bfill(axis=1).iloc[:, 0].dropna() if marks else pd.Series(dtype="object")
    chunk = chunk.drop(index=unread.index)
    cleaned = clean(source.mapping.apply(chunk, CONDITIONS), CONDITIONS, source.mapping)
    texts = chunk["geometry"] if "geometry" in chunk else pd.Series("", index=chunk.index)
    texts = texts.astype("object").where(texts.fillna("") != "", None)
    with np.errstate(all="ignore"):
        shapes = pd.Series(list(shapely.from_wkt(texts.to_numpy(), on_invalid="ignore")), index=chunk.index, dtype="object")
    fields = cleaned.records[_COLUMNS]
    given = given_conditions(fields, shapes.loc[fields.index])
    wrong = cleaned.problems["field"] + " " + cleaned.problems["value"] + " " + cleaned.problems["reason"]
    refused = [pd.DataFrame({"problem": each, "outcome": "refused"}, index=each.index) for each in (wrong, unread)]
    return Given(given.conditions, pd.concat([given.findings, *refused]).sort_index(kind="stable"))


def _store(connection: Connection, key: int, conditions: pd.DataFrame) -> None:
    pg, statements = driver(connection), queries("roads")
    statements.create_conditions_stage(pg)
    rows = pd.DataFrame(conditions[_COLUMNS]).assign(
        feature_number=conditions.index,
        modes=conditions["modes"].str.join(","),
        way_id=conditions["way_id"].astype("Int64"),
        geom=shapely.to_wkb(shapely.set_srid(conditions.geometry.to_numpy(), WGS84), hex=True, include_srid=True),
    )
    copy_frame(pg, "staged_conditions", rows)
    statements.store_conditions(pg, version=key)
