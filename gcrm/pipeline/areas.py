"""Areas to ask by: the polygons of a file, or a trading area in force."""

from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.errors import AreaError
from gcrm.frames import TRADE_AREAS
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.source import open_source
from gcrm.spatial.repair import repair

_DECIMALS = 7
"""Of degrees: a centimetre."""
_FEW = 8


def area_of_file(path: Path) -> BaseGeometry:
    """All polygons of a file as one, EPSG:4326; invalid ones are repaired.

    Args:
        path: any file that `gcrm.ingest.readers` reads: with geometry, or a table with a column of WKT in EPSG:4326.

    Raises:
        ReadError, MappingError: the file cannot be read, or has no column of boundaries.
        AreaError: it has no polygon that can be used.
    """
    source = open_source(path, TRADE_AREAS, read=ReadOptions())
    source.check()
    texts = pd.concat([pd.Series(dtype="object"), *(source.mapping.apply(chunk, TRADE_AREAS)["boundary"] for chunk in source.chunks())])
    with np.errstate(invalid="ignore"):
        read = shapely.from_wkt(texts.where(texts != "", None).astype("object").to_numpy(), on_invalid="ignore")
    shapes, findings = repair(pd.Series(list(read), index=texts.index, dtype="object"))
    if shapes.empty:
        why = f": feature {findings.index[0]} {findings.iloc[0]['problem']}" if len(findings) else ""
        raise AreaError(f"{path.name} holds no polygon that can be used{why}.")
    return shapely.union_all(shapes.to_numpy())


def trade_area(name: str, scope: Scope) -> BaseGeometry:
    """A trading area in force, EPSG:4326.

    Args:
        name: of the area, or `set/name` where several sets have it; its parts and bands of one set are one.
        scope: who asks.

    Raises:
        AreaError: there is none of this name, or several sets have one.
    """
    with scoped(scope) as connection:
        found = list(queries("trade_areas").shapes_named(connection, name=name))
        names = sorted({row[1] for row in queries("trade_areas").names(connection)}) if not found else []
    if not found:
        told = ", ".join(names[:_FEW]) + (", …" if len(names) > _FEW else "") if names else "none is loaded yet: `gcrm load trade-areas FILE`"
        raise AreaError(f"There is no trading area {name!r}; there are {told}.")
    if len(found) > 1:
        raise AreaError(f"Several sets have a trading area {name!r}; write {' or '.join(f'{dataset}/{name}' for dataset, _ in found)}.")
    area: BaseGeometry = shapely.from_wkb(found[0][1])
    return area


def as_member(area: BaseGeometry) -> str:
    """An area as a member of the dimension place: WKT, to the centimetre."""
    return str(shapely.to_wkt(area, rounding_precision=_DECIMALS))
