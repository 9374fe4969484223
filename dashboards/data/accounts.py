"""The accounts behind a cell of the map."""

from dataclasses import dataclass

import h3
import pandas as pd
from psycopg.types.json import Jsonb

from dashboards.data.cube import Cube, in_one_currency
from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.custom_fields import is_custom
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.olap.query import Filter
from gcrm.spatial.cells import descendants
from gcrm.spatial.shapes import Polygon

MOST_ACCOUNTS = 500
"""Accounts that are listed at once."""


@dataclass(frozen=True)
class Accounts:
    """Accounts behind a cell: the first of them, those with the highest revenue first, and how many there are."""

    frame: pd.DataFrame
    found: int
    currency: str | None


def accounts_in(cube: Cube, cell: str, where: tuple[Filter, ...], scope: Scope) -> Accounts:
    """The accounts in a cell, as they are in the database now, with their orders and revenue within the filters.

    Args:
        cube: the published cube; says which currencies there are.
        cell: H3 cell, hexadecimal text.
        where: filters on accounts and on their sales.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    where = in_one_currency(cube, "revenue", where)
    spans = _spans(cell, where)
    times = [span for kept in where for span in kept.spans()]
    parameters = {
        "lows": [low for low, _ in spans], "highs": [high for _, high in spans],
        "polygons": [place.wkt for kept in where for place in kept.exact if isinstance(place, Polygon)],
        "first_days": [first for first, _ in times], "last_days": [last for _, last in times],
        "time_zone": settings().time_zone, "most": MOST_ACCOUNTS,
        "custom": Jsonb({kept.dimension: list(kept.members) for kept in where if is_custom(kept.dimension)}),
        **{name: [member for kept in where if kept.dimension == dimension for member in kept.members] for name, dimension in _LISTED.items()},
    }  # fmt: skip
    with scoped(scope) as connection:
        frame = read_frame(connection, queries("accounts").in_cells.sql, parameters)
    currencies = sorted(set(frame["currency"].dropna()))
    return Accounts(frame.drop(columns=["found", "currency"]), int(frame["found"].iloc[0]) if len(frame) else 0, currencies[0] if currencies else None)


_LISTED = {
    "statuses": "status", "segments": "segment", "territories": "territory", "regions": "region", "residence_types": "residence_type",
    "districts": "district", "road_classes": "road_class", "municipalities": "municipality", "trade_areas": "trade_area", "companies": "company",
    "territories_then": "territory_then", "regions_then": "region_then",
    "weekdays": "weekday", "hours": "hour", "categories": "category", "products": "product", "channels": "channel", "currencies": "currency",
}  # fmt: skip


def _spans(cell: str, where: tuple[Filter, ...]) -> list[tuple[int, int]]:
    """The ranges of finest cells inside a cell, and inside the places that are filtered by."""
    low, high = descendants(h3.str_to_int(cell))
    kept = [descendants(cell) for each in where for cell in each.cells]
    inside = [(max(low, other_low), min(high, other_high)) for other_low, other_high in kept]
    return [span for span in inside if span[0] <= span[1]] if kept else [(low, high)]
