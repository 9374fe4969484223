"""Given trading areas: polygons of a file, each repaired, or refused with its reason."""

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from gcrm.db.connection import Role, driver, transaction
from gcrm.db.load import copy_frame
from gcrm.errors import LayerError
from gcrm.frames import TRADE_AREAS
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import MARKS
from gcrm.ingest.source import Source, open_source
from gcrm.pipeline.layers.version import Version
from gcrm.pipeline.trade_areas.store import AreaSet, publish
from gcrm.progress import Advance
from gcrm.spatial.repair import repair


@dataclass(frozen=True)
class LoadedAreas:
    """What became of a file of areas.

    Attributes:
        areas: how many are in the set now.
        findings: one row per feature that was repaired or refused: feature_number, feature_name, problem, outcome.
    """

    areas: int
    findings: pd.DataFrame


def load_trade_areas(path: Path, dataset: str | None, read: ReadOptions, advance: Advance, *, attribution: str = "") -> LoadedAreas | None:
    """Loads trading areas; they may overlap and have several parts.

    Args:
        path: any file that `gcrm.ingest.readers` reads: with geometry, or a table with a column of WKT in EPSG:4326.
        dataset: name of the set; the file's name without ending if left out.
        read: how the file is read.
        advance: told how many accounts are looked at.
        attribution: what has to be shown with it.

    Returns:
        What became of it; None where this very file is loaded already.

    Raises:
        ReadError, MappingError: the file cannot be read, or has no column of boundaries.
        LayerError: no area is left.
    """
    name = dataset or path.stem
    with transaction(Role.WRITER) as connection:
        wanted = AreaSet(name, "given", {"layer": read.layer, "crs": read.crs}, attribution=attribution)
        if Version(connection, path, name).holds("trade_areas", wanted.how):
            return None
        source = open_source(path, TRADE_AREAS, read=read)
        source.check()
        return _store(connection, path, wanted, source, advance)


def _store(connection: Connection, path: Path, wanted: AreaSet, source: Source, advance: Advance) -> LoadedAreas:
    rows = pd.concat([_features(source, chunk) for chunk in source.chunks()])
    shapes, findings = repair(rows["shape"])
    marked = rows["mark"].notna()
    findings = findings.assign(problem=findings["problem"].where(~marked.loc[findings.index], rows["mark"]), feature_name=rows["name"].loc[findings.index])
    if shapes.empty:
        first = findings.iloc[0]
        raise LayerError(f"{path.name} has no area that can be used; feature {findings.index[0]} {first['problem']}.")
    kept = rows.loc[shapes.index]
    areas = gpd.GeoDataFrame(kept[["name", "site_key", "properties"]].assign(feature_number=kept.index), geometry=shapes)
    key = publish(connection, path, wanted, areas, advance)
    told = findings.rename_axis("feature_number").reset_index()[["feature_number", "feature_name", "problem", "outcome"]]
    copy_frame(driver(connection), "layer_findings", told.assign(layer_version_id=key))
    return LoadedAreas(len(areas), told)


def _features(source: Source, chunk: pd.DataFrame) -> pd.DataFrame:
    """Name, site_key, properties (JSON), shape, and the mark of a feature that cannot be read; index `row_number`."""
    fields = source.mapping.apply(chunk, TRADE_AREAS).apply(lambda texts: texts.str.strip())
    numbered = "Area " + chunk.index.to_series().astype("string")
    names = fields["name"].replace("", pd.NA).fillna(fields["area_key"].replace("", pd.NA)).fillna(numbered)
    left = [name for name in source.unused if name in chunk and name not in {"longitude", "latitude"}]
    properties = [
        json.dumps({name: value for name, value in zip(left, values, strict=True) if value}) for values in zip(*(chunk[each] for each in left), strict=True)
    ]
    marks = [name for name in MARKS if name in chunk]
    with np.errstate(all="ignore"):
        shapes = shapely.from_wkt(fields["boundary"].replace("", pd.NA).astype("object").where(fields["boundary"] != "", None).to_numpy(), on_invalid="ignore")
    return pd.DataFrame(
        {
            "name": names,
            "site_key": fields["site_key"].replace("", pd.NA),
            "properties": properties or "{}",
            "shape": pd.Series(list(shapes), index=chunk.index, dtype="object"),
            "mark": chunk[marks].bfill(axis=1).iloc[:, 0] if marks else pd.NA,
        },
        index=chunk.index,
    )
