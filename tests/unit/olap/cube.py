"""Small cubes of made-up facts, and the same questions answered by plain loops over them."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import h3
import pytest
import shapely
from pyproj import Geod

from gcrm.access.scope import Scope
from gcrm.config import resource
from gcrm.olap import calendar, store, versions
from gcrm.olap.catalogue import DIMENSIONS, FACTS, PLACE, UNKNOWN, measure, simple
from gcrm.olap.query import CubeQuery, Filter

Row = dict[str, Any]

_WGS84 = Geod(ellps="WGS84")

TERRITORIES = {0: (UNKNOWN, UNKNOWN), 1: ("North", "Alps"), 2: ('South, "sunny" side', "Alps"), 3: ("West", UNKNOWN)}
SEGMENTS = ("families", "students", "old|new", "Ünïcode 'quoted'", UNKNOWN)
_RESIDENCES = ("flats", "detached", UNKNOWN)


def made_up_facts(seed: int, accounts: int = 60, lines: int = 240, currencies: tuple[str, ...] = ("EUR",)) -> tuple[list[Row], list[Row]]:
    """Order lines and accounts, around Vaduz; some without a place."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    known: list[Row] = []
    for number in range(accounts):
        territory_id = draw.choice(list(TERRITORIES))
        latitude, longitude = 47.14 + draw.gauss(0, 0.05), 9.52 + draw.gauss(0, 0.05)
        placed = draw.random() < 0.9
        known.append(
            {
                "longitude": longitude if placed else None, "latitude": latitude if placed else None,
                "cell": h3.str_to_int(h3.latlng_to_cell(latitude, longitude, 10)) if placed else None,
                "segment": draw.choice(SEGMENTS), "residence_type": draw.choice(_RESIDENCES), "territory_id": territory_id,
                "district": draw.choice(["Vaduz", UNKNOWN]), "municipality": draw.choice(["Vaduz", "Triesen"]), "company": draw.choice(["Frick", UNKNOWN]),
                "trade_area": draw.choice(["shops/Vaduz", "shops/Schaan", UNKNOWN]), "road_class": draw.choice(["primary", "residential"]),
                "territory": TERRITORIES[territory_id][0], "region": TERRITORIES[territory_id][1],
                "status": (status := draw.choice(["customer", "prospect"])), "customer": int(status == "customer"), "account_id": number + 1,
            }
        )  # fmt: skip
    sales: list[Row] = []
    for number in range(lines if accounts else 0):
        account = draw.choice(known[: max(1, accounts * 2 // 3)])
        revenue = Decimal(draw.randrange(-5_000, 100_000)) / 100
        sales.append(
            account
            | {
                "day": (day := date(2024, 11, 1) + timedelta(draw.randrange(180))), "month": day.replace(day=1),
                "weekday": str(day.isoweekday()), "hour": f"{draw.randrange(24):02}", "product": draw.choice(["bike", "long ski", "short ski"]),
                "category": draw.choice(["bikes", "skis"]), "channel": draw.choice(["web", "shop", UNKNOWN]),
                "currency": draw.choice(currencies), "order_key": f"crm/{number // 2}", "order_line_id": number,
                "territory_then": (then := TERRITORIES[(account["territory_id"] + number % 5 // 4) % 4])[0], "region_then": then[1],
                "quantity": Decimal(draw.randrange(1, 9_000)) / 1000,
                "revenue": revenue, "margin": revenue / 4 if (revenue * 25) % 1 == 0 else None,
            }
        )  # fmt: skip
    return sales, known


def publish(
    folder: Path, sales: list[Row], accounts: list[Row], digest: str, as_of: datetime = datetime(2025, 1, 1, tzinfo=UTC), keep: int = 3
) -> tuple[versions.Version, bool]:
    """Publishes these facts the way the pipeline does."""
    with store.building(folder) as work:
        given = {"sales": sales, "accounts": accounts}
        for name in FACTS:
            if FACTS[name].derived_from:
                store.derive_facts(work, name, (resource("sql") / "cubes" / f"{name}.sql").read_text(encoding="utf-8"))
                continue
            rows = given.get(name, [])
            extract = work / f"{name}.csv"
            with extract.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([row[column] for column in FACTS[name].columns] for row in rows)
            store.store_facts(work, name, extract)
        return store.publish(folder, work, digest, [], as_of, keep, lambda _: None)


def _kept(row: Row, kept: Filter) -> bool:
    value = row["cell"] if kept.dimension == PLACE else row.get(kept.dimension)
    if DIMENSIONS[kept.dimension].kind == "time":
        return any(low <= row["day"] <= high for low, high in kept.spans())
    if kept.dimension == PLACE:
        return UNKNOWN in kept.members if value is None else any(_lies_in(row, member) for member in kept.members if member != UNKNOWN)
    return value in kept.members


def _lies_in(row: Row, place: str) -> bool:
    """Whether a row with a position lies in a cell, a ring, a distance band or a polygon."""
    if "POLYGON" in place:
        return bool(shapely.from_wkt(place).covers(shapely.Point(row["longitude"], row["latitude"])))
    if "@" in place:
        metres, _, point = place.partition("@")
        near, _, far = metres.partition("..")
        longitude, latitude = (float(part) for part in point.split(","))
        away = _WGS84.inv(row["longitude"], row["latitude"], longitude, latitude)[2]
        return bool(float(near) <= away < float(far or "inf"))
    cell, _, steps = place.partition("+")
    own = h3.cell_to_parent(h3.int_to_str(row["cell"]), h3.get_resolution(cell))
    return own in h3.grid_disk(cell, int(steps or 0))


def _key(row: Row, query: CubeQuery) -> tuple[Any, ...]:
    def part(dimension: str, level: int | None) -> Any:  # noqa: ANN401 - a member of any dimension
        if dimension in calendar.LEVELS:
            return _first_day(dimension, row["day"])
        if dimension != PLACE:
            return row[dimension]
        return None if row["cell"] is None else h3.str_to_int(h3.cell_to_parent(h3.int_to_str(row["cell"]), level))

    return tuple(part(axis.dimension, axis.level) for axis in query.axes)


def _first_day(level: str, day: date) -> date:
    """The first day of the year, quarter, month or week that a day lies in, by arithmetic of its own."""
    month = {"year": 1, "quarter": day.month - (day.month - 1) % 3}.get(level, day.month)
    return day - timedelta(day.weekday()) if level == "week" else day if level == "day" else day.replace(month=month, day=1)


def _aggregated(name: str, rows: list[Row]) -> Decimal | int | None:
    if name == "accounts":
        return len(rows)
    if name == "customers":
        return sum(row["customer"] for row in rows) if rows else None
    if name in ("buyers", "orders"):
        return len({row[{"buyers": "account_id", "orders": "order_key"}[name]] for row in rows})
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values, Decimal(0)) if values else None


def plain_answer(sales: list[Row], accounts: list[Row], query: CubeQuery, scope: Scope) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The answer by loops over the facts: members of the axes to measures."""
    needed = list(dict.fromkeys(each.name for name in query.measures for each in simple(name)))
    found: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(lambda: dict.fromkeys(needed))
    for name in needed:
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not query.axes:
            groups[()] = []
        for row in sales if measure(name).facts == "sales" else accounts:
            if (scope.territories is None or row["territory_id"] in scope.territories) and all(_kept(row, kept) for kept in query.where):
                groups[_key(row, query)].append(row)
        for key, rows in groups.items():
            found[key][name] = _aggregated(name, rows)
    return {key: {name: values[name] if name in values else _ratio(name, values) for name in query.measures} for key, values in found.items()}


def _ratio(name: str, values: dict[str, Any]) -> Any:  # noqa: ANN401 - pytest's approximate number
    """A calculated measure; all of those that are asked here are one measure by another."""
    part, whole = (values[each] for each in measure(name).needs)
    return None if part is None or not whole else pytest.approx(float(part) / float(whole))


def as_mapping(rows: Iterable[Row], query: CubeQuery) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows of an answer in the form of `plain_answer`."""
    return {tuple(row[axis.column] for axis in query.axes): {name: row[name] for name in query.measures} for row in rows}
