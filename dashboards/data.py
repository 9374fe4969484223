"""What the pages read: the one door of the dashboards to the cube and the database. Every read takes a Scope."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

import h3
import pandas as pd

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.olap import store
from gcrm.olap.answer import Answer, Explanation, ask, members
from gcrm.olap.catalogue import ACCOUNTS, DIMENSIONS, FACTS, MEASURES, PLACE, UNKNOWN, Axis, Measure
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.store import Version
from gcrm.pipeline import duplicate_review, duplicates, geocode_review, jobs, places, quality, quarantine, quarantine_files
from gcrm.pipeline.geocode_review import Review
from gcrm.pipeline.places import CELL_LAYERS, LayerMeasure, Place
from gcrm.spatial.cells import descendants, level_of, parent
from gcrm.units import COARSEST_LEVEL, LEVELS

__all__ = [
    "ACCOUNTS",
    "CELL_LAYERS",
    "DIMENSIONS",
    "FACTS",
    "LEVELS",
    "MEASURES",
    "PLACE",
    "UNKNOWN",
    "Answer",
    "Axis",
    "CubeQuery",
    "Explanation",
    "Filter",
    "LayerMeasure",
    "Measure",
    "Place",
    "Review",
    "Scope",
    "duplicate_review",
    "duplicates",
    "jobs",
    "places",
    "quality",
    "quarantine",
    "quarantine_files",
]

MOST_CELLS = 20_000
"""Cells that are drawn at once; beyond it the next coarser level is shown (measured: 10,000 take 4 to 8 s to draw without a graphics card)."""

MOST_ACCOUNTS = 500
"""Accounts that are listed at once."""

_FINEST_OF_FLAWS = 9
_COMFORTABLE_CELLS = 800
_SECONDS_KEPT = 15


@dataclass(frozen=True)
class Cube:
    """A published cube; two of the same name are the same, so that answers can be kept by it."""

    name: str
    version: Version = field(compare=False, repr=False)

    @property
    def built_at(self) -> datetime:
        """When it was built."""
        return self.version.built_at

    @property
    def currencies(self) -> list[str]:
        """The currencies of the sales."""
        return self.version.currencies


@dataclass(frozen=True)
class Overview:
    """What is in the database: `statuses` has a row per status (status, accounts, placed, made_up), `layers` one per layer in force."""

    statuses: pd.DataFrame
    layers: pd.DataFrame
    order_lines: int
    quarantined: int

    @property
    def accounts(self) -> int:
        """All accounts."""
        return int(self.statuses["accounts"].sum())

    @property
    def placed(self) -> int:
        """Accounts with a position."""
        return int(self.statuses["placed"].sum())

    @property
    def made_up(self) -> int:
        """Accounts that are invented."""
        return int(self.statuses["made_up"].sum())


@dataclass(frozen=True)
class Cells:
    """A measure by H3 cell.

    `frame` has a row per cell: `cell` (hexadecimal text), `value` (Decimal or int, None where there is none), `accounts`.
    `unplaced` and `unplaced_accounts` are those of what has no place. `level` is the one that was answered.
    """

    measure: Measure
    level: int
    frame: pd.DataFrame
    unplaced: Decimal | int | None
    unplaced_accounts: int
    explanation: Explanation


@dataclass(frozen=True)
class Accounts:
    """Accounts behind a cell: the first of them, those with the highest revenue first, and how many there are."""

    frame: pd.DataFrame
    found: int
    currency: str | None


@dataclass(frozen=True)
class Window:
    """A window of the map, degrees in EPSG:4326."""

    west: float
    south: float
    east: float
    north: float


def everything() -> Scope:
    """The scope of somebody who may see all."""
    return Scope.everything()


def current_cube() -> Cube | None:
    """The cube that readers see; None before the first one is published.

    Raises:
        CubeError: it is damaged.
    """
    version = store.current(settings().cubes)
    return Cube(version.name, version) if version is not None else None


def overview(scope: Scope) -> Overview:
    """What is in the database, at most some seconds old.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _overview(scope, int(time.monotonic() / _SECONDS_KEPT))


@lru_cache(maxsize=64)
def _overview(scope: Scope, moment: int) -> Overview:
    del moment
    with scoped(scope) as connection:
        return Overview(
            read_frame(connection, queries("overview").accounts_by_status.sql),
            read_frame(connection, queries("layers").versions.sql),
            queries("overview").order_lines(connection),
            queries("overview").quarantined(connection),
        )


@lru_cache(maxsize=512)
def answer(cube: Cube, query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question; see `gcrm.olap.answer.ask`.

    Raises:
        CubeError: the question does not fit.
    """
    return ask(cube.version, query, scope)


@lru_cache(maxsize=128)
def members_of(cube: Cube, dimension: str, scope: Scope) -> list[str]:
    """The members of a dimension, sorted; see `gcrm.olap.answer.members`.

    Raises:
        CubeError: there is no such dimension.
    """
    return members(cube.version, dimension, scope)


def comfortable_level(cube: Cube) -> int:
    """The finest H3 level whose cells are few enough to be looked at one by one."""
    return next((level for level in LEVELS if cube.version.rows[f"accounts-h3_{level}-place"] <= _COMFORTABLE_CELLS), COARSEST_LEVEL)


def fitting(measure: str, where: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters that a measure knows: accounts have no month, category or channel.

    Raises:
        CubeError: there is no such measure.
    """
    known = {PLACE, *FACTS[MEASURES[measure].facts].dimensions}
    return tuple(kept for kept in where if kept.dimension in known)


def in_one_currency(cube: Cube, measure: str, where: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters, with one for the first currency where money of several would be added."""
    if MEASURES[measure].unit != "money" or len(cube.currencies) < 2 or any(kept.dimension == "currency" for kept in where):  # noqa: PLR2004 - one needs no choice
        return where
    return (*where, Filter("currency", (cube.currencies[0],)))


def for_measure(query: CubeQuery, measure: str) -> CubeQuery:
    """The same question to another measure, without the dimensions that this one does not have.

    Raises:
        CubeError: there is no such measure.
    """
    known = {PLACE, *FACTS[MEASURES[measure].facts].dimensions}
    rows, columns = (tuple(axis for axis in axes if axis.dimension in known) for axes in (query.rows, query.columns))
    return replace(query, rows=rows, columns=columns, measures=(measure,), where=fitting(measure, query.where))


def answerable(cube: Cube, query: CubeQuery) -> CubeQuery:
    """The question, in one currency where money of several would be added."""
    if any(axis.dimension == "currency" for axis in query.axes):
        return query
    return replace(query, where=in_one_currency(cube, query.measures[0], query.where))


def cells(cube: Cube, measure: str, level: int, where: tuple[Filter, ...], scope: Scope) -> Cells:
    """A measure and the accounts by H3 cell; at a coarser level than asked for where there are too many cells to be drawn.

    Args:
        cube: the published cube.
        measure: name of the measure.
        level: H3 level.
        where: filters; those that the measure does not know are left out.
        scope: who is looking.

    Raises:
        CubeError: the question does not fit, or is finer than the scope allows.
    """
    axis = Axis(PLACE, level)
    asked = CubeQuery((axis,), measures=(measure,), where=fitting(measure, in_one_currency(cube, measure, where)))
    given = answer(cube, asked, scope)
    if given.table.num_rows > MOST_CELLS and level > COARSEST_LEVEL:
        return cells(cube, measure, level - 1, where, scope)
    counted = given if measure == "accounts" else answer(cube, CubeQuery((axis,), measures=("accounts",), where=fitting("accounts", where)), scope)
    values = dict(zip(given.table["cell"].to_pylist(), given.table[measure].to_pylist(), strict=True))
    accounts = dict(zip(counted.table["cell"].to_pylist(), counted.table["accounts"].to_pylist(), strict=True))
    placed = sorted(cell for cell in values.keys() | accounts.keys() if cell is not None)
    frame = pd.DataFrame({
        "cell": [f"{cell:x}" for cell in placed],
        "value": pd.Series([values.get(cell) for cell in placed], dtype=object),
        "accounts": [accounts.get(cell) or 0 for cell in placed],
    })  # fmt: skip
    return Cells(MEASURES[measure], level, frame, values.get(None), accounts.get(None) or 0, given.explanation)


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
    months = [span for kept in where if kept.dimension == "month" for span in kept.months()]
    parameters = {
        "lows": [low for low, _ in spans], "highs": [high for _, high in spans],
        "first_months": [first for first, _ in months], "last_months": [last for _, last in months],
        "time_zone": settings().time_zone, "most": MOST_ACCOUNTS,
        **{name: [member for kept in where if kept.dimension == dimension for member in kept.members] for name, dimension in _LISTED.items()},
    }  # fmt: skip
    with scoped(scope) as connection:
        frame = read_frame(connection, queries("accounts").in_cells.sql, parameters)
    currencies = sorted(set(frame["currency"].dropna()))
    return Accounts(frame.drop(columns=["found", "currency"]), int(frame["found"].iloc[0]) if len(frame) else 0, currencies[0] if currencies else None)


_LISTED = {
    "statuses": "status", "segments": "segment", "territories": "territory", "regions": "region", "residence_types": "residence_type",
    "categories": "category", "channels": "channel", "currencies": "currency",
}  # fmt: skip


def _spans(cell: str, where: tuple[Filter, ...]) -> list[tuple[int, int]]:
    """The ranges of finest cells inside a cell, and inside the places that are filtered by."""
    low, high = descendants(h3.str_to_int(cell))
    kept = [descendants(h3.str_to_int(member)) for each in where if each.dimension == PLACE for member in each.members if member != UNKNOWN]
    inside = [(max(low, other_low), min(high, other_high)) for other_low, other_high in kept]
    return [span for span in inside if span[0] <= span[1]] if kept else [(low, high)]


def level_of_cell(cell: str) -> int:
    """The H3 level of a cell, hexadecimal text."""
    return level_of(h3.str_to_int(cell))


def basemap_version(scope: Scope) -> str:
    """A text that changes when a layer of the basemap does; empty where none is loaded.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    with scoped(scope) as connection:
        version: str = queries("basemap").versions(connection)
    return version


@lru_cache(maxsize=64)
def basemap_counts(version: str, window: Window, scope: Scope) -> dict[str, int]:
    """How many roads, buildings and areas of land cover a window has.

    Args:
        version: of the layers, from `basemap_version`.
        window: what is looked at.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    del version
    with scoped(scope) as connection:
        counts = queries("basemap").counts(connection, **vars(window))
    return dict(zip(("roads", "buildings", "land_cover"), counts, strict=True))


@lru_cache(maxsize=64)
def basemap_layer(layer: str, version: str, window: Window, tolerance: float, most: int, scope: Scope) -> bytes:
    """A layer of the basemap as GeoJSON.

    Args:
        layer: roads, buildings or land_cover.
        version: of the layers, from `basemap_version`; only its part in the key of what is kept.
        window: what is looked at.
        tolerance: simplification, degrees.
        most: features; what matters least is left out beyond it.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    del version
    with scoped(scope) as connection:
        text: str = getattr(queries("basemap"), layer)(connection, **vars(window), tolerance=tolerance, most=most)
    return text.encode()


@lru_cache(maxsize=64)
def names_on_map(version: str, window: Window, most: int, scope: Scope) -> pd.DataFrame:
    """Names to write on the map, the most important first: name, longitude, latitude, angle (degrees anticlockwise from east).

    Args:
        version: of the layers, from `basemap_version`.
        window: what is looked at.
        most: names.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    del version
    with scoped(scope) as connection:
        return read_frame(connection, queries("basemap").names.sql, {**vars(window), "most": most})


def quality_of(scope: Scope) -> quality.Quality:
    """The counts of the data-quality page; made anew when what is counted has changed.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _quality(quality.version(scope), scope)


@lru_cache(maxsize=16)
def _quality(version: str, scope: Scope) -> quality.Quality:
    del version
    return quality.measure(scope)


def flawed_cells(flaw: quality.Flaw, source: str | None, scope: Scope) -> Cells:
    """The share of accounts that have a flaw by H3 cell (percent), at the finest level whose cells are few enough to be looked at one by one.

    Args:
        flaw: what is looked for.
        source: accounts of one system; None for all.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return _flawed_cells(quality.version(scope), flaw, source, scope)


@lru_cache(maxsize=64)
def _flawed_cells(version: str, flaw: quality.Flaw, source: str | None, scope: Scope) -> Cells:
    begun = time.monotonic()
    level = min(_FINEST_OF_FLAWS, scope.finest_level)
    counts = quality.flawed_cells(flaw, source, level, scope)
    explanation = Explanation(version, datetime.now(UTC), {"gcrm.accounts": int(counts["accounts"].sum())}, (time.monotonic() - begun) * 1000, None)
    while len(counts) > _COMFORTABLE_CELLS and level > COARSEST_LEVEL:
        level -= 1
        counts = counts.assign(cell=parent(counts["cell"].to_numpy(dtype="int64"), level)).groupby("cell", as_index=False).sum()
    frame = pd.DataFrame({
        "cell": [f"{cell:x}" for cell in counts["cell"]],
        "value": pd.Series(100 * counts["flawed"] / counts["accounts"], dtype=object),
        "accounts": counts["accounts"],
    })  # fmt: skip
    return Cells(Measure("flawed", f"Accounts {flaw.label}", ACCOUNTS.name, "", "%", additive=False), level, frame, None, 0, explanation)


def flawed_accounts(flaw: quality.Flaw, source: str | None, cell: str | None, scope: Scope) -> pd.DataFrame:
    """The first accounts that have a flaw; see `gcrm.pipeline.quality.flawed_accounts`.

    Args:
        flaw: what is looked for.
        source: accounts of one system; None for all.
        cell: H3 cell that they lie in, hexadecimal text; None for everywhere.
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    span = descendants(h3.str_to_int(cell)) if cell is not None else None
    return quality.flawed_accounts(flaw, source, span, MOST_ACCOUNTS, scope)


def reviews(scope: Scope, status: str, after: int, most: int) -> list[Review]:
    """Accounts whose position a person has to look at, or has; see `gcrm.pipeline.geocode_review.list_reviews`.

    Args:
        scope: who is looking.
        status: open, accepted, moved or dismissed.
        after: the account after which to begin.
        most: how many at most.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return geocode_review.list_reviews(scope, status=status, limit=most, after=after)


def count_reviews(scope: Scope) -> dict[str, int]:
    """How many reviews there are, by status.

    Args:
        scope: who is looking.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return geocode_review.count_reviews(scope)


def last_decisions(scope: Scope, most: int) -> list[Review]:
    """The reviews decided last, the newest first.

    Args:
        scope: who is looking.
        most: how many at most.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    return geocode_review.last_decisions(scope, limit=most)
