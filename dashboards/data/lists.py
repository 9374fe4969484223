"""The lists of records, as a reader sees them."""

import tempfile
from pathlib import Path

from dashboards.data.basemap import Window
from gcrm.access.scope import Scope
from gcrm.crm.lists import ACCOUNTS, ACTIVITIES, CASES, LEADS, LISTS, NOBODY, OPPORTUNITIES, Column, ListType, Sort
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.pipeline.lists.areas import TRADE_AREA, area_of, area_of_text
from gcrm.pipeline.lists.exporting import export_list
from gcrm.pipeline.lists.reading import MOST_COUNTED, After, Page, Wanted, count, members, page

__all__ = [
    "ACCOUNTS",
    "ACTIVITIES",
    "CASES",
    "LEADS",
    "LISTS",
    "MOST_COUNTED",
    "NOBODY",
    "OPPORTUNITIES",
    "TRADE_AREA",
    "After",
    "Column",
    "ListType",
    "Page",
    "Sort",
    "Wanted",
    "area_of_content",
    "area_of_text",
    "count",
    "export_list",
    "extent",
    "members",
    "page",
    "trade_areas",
]


def area_of_content(name: str, content: bytes) -> str:
    """The polygons of a file that was handed in, as an area.

    Args:
        name: of the file.
        content: of it.

    Raises:
        ReadError, MappingError, AreaError: it has no polygon that can be used, or too many points for a link.
    """
    with tempfile.TemporaryDirectory(prefix="gcrm-area-") as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        return area_of(path)


def extent(scope: Scope) -> Window | None:
    """The box around the accounts of a reader; None where none has a position.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        row = queries("lists").extent(connection)
    return Window(*row) if row is not None else None


def trade_areas(scope: Scope) -> list[str]:
    """The trading areas in force, each as `set/name`.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        return [f"{dataset}/{name}" for dataset, name in queries("trade_areas").names(connection) if name]
