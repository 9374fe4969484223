"""Skewed facts for the drill steps: order lines of accounts that lie in clusters, with members by Zipf's law; published as the product does."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.olap import store
from gcrm.olap.catalogue import FACTS
from gcrm.olap.versions import Version, current
from gcrm.spatial.cells import index_points

_SEED = 20240501
_TOWNS, _DISTRICTS, _TERRITORIES, _REGIONS = 400, 60, 20, 5
_LINES_AN_ACCOUNT, _LINES_AN_ORDER = 10, 2.5
_FIRST_DAY, _DAYS = date(2023, 1, 1), 1096
_SINCE_WHEN = datetime(2026, 1, 1, tzinfo=UTC)
_WEST, _SOUTH, _WIDE, _HIGH = 22.0, 60.0, 7.0, 4.0
_KINDS = {"segment": 7, "residence_type": 6, "road_class": 8, "status": 3}

_SALES = """
    SELECT
        a.cell, date_trunc('month', l.day)::DATE AS month, l.day, isodow(l.day)::VARCHAR AS weekday, lpad((l.order_number % 24)::VARCHAR, 2, '0') AS hour,
        a.segment, 'category ' || l.category AS category, 'product ' || l.category || '-' || l.order_number % 20 AS product, 'channel ' || l.channel AS channel,
        a.residence_type, a.district, a.municipality, a.road_class, a.trade_area, a.territory_id, a.territory, a.region, a.territory AS territory_then,
        a.region AS region_then, a.company, a.status, 'EUR' AS currency, a.account_id,
        'shop/' || l.order_number AS order_key, l.quantity::DECIMAL(12,3) AS quantity, l.revenue::DECIMAL(14,2) AS revenue,
        (l.revenue * 0.3)::DECIMAL(14,2) AS margin
    FROM lines l JOIN accounts a ON a.account_id = l.account_id
"""


def published(folder: Path, lines: int, advance: Callable[[int], None]) -> Version:
    """The cube of so many order lines, as it was published before in a folder, else made and published.

    Args:
        folder: of the cubes.
        lines: how many; there is an account for every ten of them.
        advance: told how many cuboids are built.
    """
    before = current(folder)
    if before is not None:
        return before
    accounts = _accounts(np.random.default_rng(_SEED), lines // _LINES_AN_ACCOUNT)
    given = {"sales": _lines(np.random.default_rng(_SEED + 1), lines, len(accounts)), "accounts": accounts}
    with store.building(folder) as work:
        for name in FACTS:
            extract = work / f"{name}.csv"
            if name in given:
                _extract(name, accounts, given["sales"], extract)
            else:
                extract.touch()
            store.store_facts(work, name, extract)
        return store.publish(folder, work, f"drill {lines}", [], _SINCE_WHEN, 1, advance)[0]


def _extract(name: str, accounts: pd.DataFrame, lines: pd.DataFrame, extract: Path) -> None:
    """Writes what the database would give."""
    with duckdb.connect() as engine:
        engine.register("accounts", accounts)
        engine.register("lines", lines)
        columns = ", ".join(FACTS[name].columns)
        source = f"({_SALES})" if name == "sales" else "accounts"
        engine.execute(f"COPY (SELECT {columns} FROM {source}) TO '{extract}' (FORMAT csv, HEADER false)")


def _accounts(draw: np.random.Generator, count: int) -> pd.DataFrame:
    """Accounts in towns, of which few are large; every fiftieth has no place."""
    towns = draw.uniform((_WEST, _SOUTH), (_WEST + _WIDE, _SOUTH + _HIGH), (_TOWNS, 2))
    town = _zipf(draw, _TOWNS, count)
    spread = 0.02 + 0.1 / (1 + town)
    placed = draw.random(count) >= 0.02  # noqa: PLR2004 - every fiftieth
    longitude = pd.Series(towns[town, 0] + draw.normal(0, 2, count) * spread).where(placed)
    latitude = pd.Series(towns[town, 1] + draw.normal(0, 1, count) * spread).where(placed)
    territory = town % _TERRITORIES
    members = {name: np.char.add(f"{name} ", _zipf(draw, kinds, count).astype(str)) for name, kinds in _KINDS.items()}
    return pd.DataFrame({
        "account_id": np.arange(1, count + 1), "cell": index_points(longitude, latitude), "longitude": longitude, "latitude": latitude, **members,
        "district": np.char.add("district ", (town % _DISTRICTS).astype(str)), "territory_id": territory + 1,
        "territory": np.char.add("territory ", territory.astype(str)), "region": np.char.add("region ", (territory % _REGIONS).astype(str)),
        "municipality": np.char.add("municipality ", (town % _DISTRICTS // 3).astype(str)),
        "trade_area": np.char.add("shops/", (town % (_DISTRICTS * 2)).astype(str)), "company": "(unknown)", "customer": draw.integers(0, 2, count),
    })  # fmt: skip


def _lines(draw: np.random.Generator, count: int, accounts: int) -> pd.DataFrame:
    """Order lines: some accounts order much more than others, and later days have more orders."""
    orders = max(1, int(count / _LINES_AN_ORDER))
    order = np.sort(draw.integers(0, orders, count))
    account = np.minimum((accounts * draw.random(orders) ** 2).astype(np.int64), accounts - 1) + 1
    shuffled = draw.permutation(accounts) + 1
    day = (_DAYS * np.sqrt(draw.random(orders))).astype("timedelta64[D]") + np.datetime64(_FIRST_DAY)
    channel = _zipf(draw, 4, orders)
    return pd.DataFrame({
        "account_id": shuffled[account[order] - 1], "order_number": order, "day": day[order], "channel": channel[order],
        "category": _zipf(draw, 30, count), "quantity": draw.integers(1, 9000, count) / 1000, "revenue": np.round(np.exp(draw.normal(3, 1.2, count)), 2),
    })  # fmt: skip


def _zipf(draw: np.random.Generator, kinds: int, count: int) -> NDArray[np.int64]:
    """Numbers from 0, each as often as 1 / (1 + number)."""
    weights = 1 / np.arange(1, kinds + 1)
    chosen: NDArray[np.int64] = draw.choice(kinds, count, p=weights / weights.sum())
    return chosen
