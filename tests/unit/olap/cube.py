"""Small cubes of made-up facts, and the same questions answered by plain loops over them."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import h3

from gcrm.access.scope import Scope
from gcrm.olap import store
from gcrm.olap.catalogue import FACTS, PLACE, UNKNOWN, measure
from gcrm.olap.query import CubeQuery, Filter

Row = dict[str, Any]

TERRITORIES = {0: (UNKNOWN, UNKNOWN), 1: ("North", "Alps"), 2: ('South, "sunny" side', "Alps"), 3: ("West", UNKNOWN)}
SEGMENTS = ("families", "students", "old|new", "Ünïcode 'quoted'", UNKNOWN)
_RESIDENCES = ("flats", "detached", UNKNOWN)
_MONTHS = tuple(date(2024 + number // 12, number % 12 + 1, 1) for number in range(10, 16))


def made_up_facts(seed: int, accounts: int = 60, lines: int = 240, currencies: tuple[str, ...] = ("EUR",)) -> tuple[list[Row], list[Row]]:
    """Order lines and accounts, around Vaduz; some without a place."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    known: list[Row] = []
    for number in range(accounts):
        territory_id = draw.choice(list(TERRITORIES))
        cell = h3.str_to_int(h3.latlng_to_cell(47.14 + draw.gauss(0, 0.05), 9.52 + draw.gauss(0, 0.05), 10)) if draw.random() < 0.9 else None
        known.append(
            {
                "cell": cell, "segment": draw.choice(SEGMENTS), "residence_type": draw.choice(_RESIDENCES), "territory_id": territory_id,
                "territory": TERRITORIES[territory_id][0], "region": TERRITORIES[territory_id][1],
                "status": draw.choice(["customer", "prospect"]), "account_id": number + 1,
            }
        )  # fmt: skip
    sales: list[Row] = []
    for number in range(lines if accounts else 0):
        account = draw.choice(known[: max(1, accounts * 2 // 3)])
        revenue = Decimal(draw.randrange(-5_000, 100_000)) / 100
        sales.append(
            account
            | {
                "month": draw.choice(_MONTHS), "category": draw.choice(["bikes", "skis"]), "channel": draw.choice(["web", "shop", UNKNOWN]),
                "currency": draw.choice(currencies), "order_key": f"crm/{number // 2}", "quantity": Decimal(draw.randrange(1, 9_000)) / 1000,
                "revenue": revenue, "margin": revenue / 4 if (revenue * 25) % 1 == 0 else None,
            }
        )  # fmt: skip
    return sales, known


def publish(folder: Path, sales: list[Row], accounts: list[Row], digest: str, as_of: datetime = datetime(2025, 1, 1, tzinfo=UTC)) -> tuple[store.Version, bool]:
    """Publishes these facts the way the pipeline does."""
    with store.building(folder) as work:
        for name, rows in (("sales", sales), ("accounts", accounts)):
            extract = work / f"{name}.csv"
            with extract.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([row[column] for column in FACTS[name].columns] for row in rows)
            store.store_facts(work, name, extract)
        return store.publish(folder, work, digest, [], as_of, lambda _: None)


def _kept(row: Row, kept: Filter) -> bool:
    value = row["cell"] if kept.dimension == PLACE else row[kept.dimension]
    if kept.dimension == "month":
        return any(low <= value <= high for low, high in kept.months())
    if kept.dimension == PLACE:
        inside = {member for member in kept.members if member != UNKNOWN}
        return UNKNOWN in kept.members if value is None else any(h3.cell_to_parent(h3.int_to_str(value), h3.get_resolution(cell)) == cell for cell in inside)
    return value in kept.members


def _key(row: Row, query: CubeQuery) -> tuple[Any, ...]:
    def part(dimension: str, level: int | None) -> Any:  # noqa: ANN401 - a member of any dimension
        if dimension != PLACE:
            return row[dimension]
        return None if row["cell"] is None else h3.str_to_int(h3.cell_to_parent(h3.int_to_str(row["cell"]), level))

    return tuple(part(axis.dimension, axis.level) for axis in query.axes)


def _aggregated(name: str, rows: list[Row]) -> Decimal | int | None:
    if name == "accounts":
        return len(rows)
    if name in ("buyers", "orders"):
        return len({row[{"buyers": "account_id", "orders": "order_key"}[name]] for row in rows})
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values, Decimal(0)) if values else None


def plain_answer(sales: list[Row], accounts: list[Row], query: CubeQuery, scope: Scope) -> dict[tuple[Any, ...], dict[str, Decimal | int | None]]:
    """The answer by loops over the facts: members of the axes to measures."""
    found: dict[tuple[Any, ...], dict[str, Decimal | int | None]] = defaultdict(lambda: dict.fromkeys(query.measures))
    for name in query.measures:
        groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        if not query.axes:
            groups[()] = []
        for row in sales if measure(name).facts == "sales" else accounts:
            if (scope.territories is None or row["territory_id"] in scope.territories) and all(_kept(row, kept) for kept in query.where):
                groups[_key(row, query)].append(row)
        for key, rows in groups.items():
            found[key][name] = _aggregated(name, rows)
    return dict(found)


def as_mapping(rows: Iterable[Row], query: CubeQuery) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The rows of an answer in the form of `plain_answer`."""
    return {tuple(row[axis.column] for axis in query.axes): {name: row[name] for name in query.measures} for row in rows}
