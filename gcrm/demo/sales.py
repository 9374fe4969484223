"""Orders: how many each account places in each month, and what is in them; written to Parquet month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gcrm.demo import structure
from gcrm.demo.accounts import COMPANY, LOST, PARTNER, PROSPECT, Accounts
from gcrm.demo.city import Floats, Indices
from gcrm.demo.company import products
from gcrm.demo.tables import draw, draw_weighted, flags, keys, money, pick, seconds_of, stream

_OPENS_S, _CLOSES_S = 7 * 3_600, 19 * 3_600
"""Orders come between 07:00 and 19:00 UTC: the month is the same in every zone of Europe."""
_LATEST_START = 17
_ROW_GROUP = 250_000


@dataclass(frozen=True)
class Demand:
    """What each account orders.

    Attributes:
        rate: orders per month without season and trend, in any unit.
        trend: what that is multiplied by each month.
        first: month (from 0) of the first order.
        end: month from which nothing is ordered.
    """

    rate: Floats
    trend: Floats
    first: Indices
    end: Indices

    def of_month(self, month: int) -> Floats:
        """Rate of each account in a month, season left out."""
        active = (self.first <= month) & (month < self.end)
        return np.asarray(self.rate * self.trend**month * active)


def plan_demand(accounts: Accounts, nearness: Floats, factor_of_place: Floats, seed: int) -> Demand:
    """The demand of each account.

    Args:
        accounts: the accounts.
        nearness: exp(-d / lambda) of each place, d being its distance from the nearest shop.
        factor_of_place: what demand is multiplied by each month at each place.
        seed: of the random numbers.
    """
    count = len(accounts)
    random = stream(seed, "demand")
    own = np.exp(structure.RATE_SPREAD * random.standard_normal(count) - structure.RATE_SPREAD**2 / 2)
    rate = np.asarray(structure.ORDER_RATE)[accounts.segment] * nearness[accounts.place] * own
    rate *= np.where(accounts.status == PARTNER, structure.PARTNER_RATE, 1.0) * (accounts.status != PROSPECT)
    rate *= np.where(accounts.is_duplicate, structure.DUPLICATE_RATE, 1.0)
    late = random.random(count) < structure.LATE_START_SHARE
    first = np.where(late, random.integers(1, _LATEST_START + 1, size=count), 0)
    low, high = structure.LOST_MONTHS
    lost = random.integers(low, high + 1, size=count)
    end = np.where(accounts.status == LOST, lost, structure.MONTHS)
    # Who came late and was lost was there for one month at least.
    return Demand(rate, factor_of_place[accounts.place], np.where(accounts.status == LOST, np.minimum(first, lost - 1), first), end)


def months() -> tuple[str, ...]:
    """The months of the data, such as 2024-11."""
    start = np.datetime64(structure.FIRST_MONTH, "M")
    return tuple(np.datetime_as_string(start + np.arange(structure.MONTHS).astype("timedelta64[M]")).tolist())


def orders_per_month(demand: Demand, scale: float) -> Indices:
    """Orders of each month; they follow demand and season and sum to BASE_ORDERS * scale exactly (largest remainder)."""
    wanted = np.array([demand.of_month(month).sum() * structure.SEASON[int(name[-2:]) - 1] for month, name in enumerate(months())])
    if not wanted.any():
        return np.zeros(structure.MONTHS, dtype=np.int64)
    total = round(structure.BASE_ORDERS * scale)
    exact = total * wanted / wanted.sum()
    counts: Indices = np.floor(exact).astype(np.int64)
    counts[np.argsort(-(exact - counts).round(6), kind="stable")[: total - counts.sum()]] += 1
    return counts


def write_orders(path: Path, accounts: Accounts, demand: Demand, scale: float, seed: int) -> None:
    """Writes one row per order line, ordered by time; a month at a time is in memory."""
    account_keys = keys("A", np.arange(1, len(accounts) + 1))
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for table in _month_tables(accounts, account_keys, demand, orders_per_month(demand, scale), seed):
            writer.write_table(table, row_group_size=_ROW_GROUP)


_SCHEMA = pa.schema([
    ("order_key", pa.string()), ("line_number", pa.int64()), ("account_key", pa.string()), ("product_key", pa.string()),
    ("ordered_at", pa.timestamp("us", "UTC")), ("channel", pa.string()), ("quantity", pa.int64()), ("revenue", pa.decimal128(14, 2)),
    ("cost", pa.decimal128(14, 2)), ("currency", pa.string()), ("made_up", pa.bool_()),
])  # fmt: skip


def _month_tables(accounts: Accounts, account_keys: pa.Array, demand: Demand, counts: Indices, seed: int) -> Iterator[pa.Table]:
    before = np.cumsum(counts) - counts
    for month, name in enumerate(months()):
        if counts[month] == 0:
            continue
        random = stream(seed, "orders", month)
        account = draw_weighted(demand.of_month(month), random.random(counts[month]))
        days = (np.datetime64(name, "M") + np.timedelta64(1, "M")).astype("datetime64[D]") - np.datetime64(name, "D")
        day = random.integers(days.astype(int), size=counts[month])
        ordered_at = np.sort(seconds_of(name) + 86_400 * day + random.integers(_OPENS_S, _CLOSES_S, size=counts[month]))
        number = before[month] + np.arange(1, counts[month] + 1)
        yield _lines(accounts, account_keys, account, ordered_at, number, random)


def _lines(accounts: Accounts, account_keys: pa.Array, account: Indices, ordered_at: Indices, number: Indices, random: np.random.Generator) -> pa.Table:
    """The lines of some orders: their account, time in seconds, and number."""
    segment = accounts.segment[account]
    channel = draw(structure.CHANNEL_BY_SEGMENT, random.random(len(account)), segment)
    discount = np.asarray(structure.DISCOUNT_PERCENT)[random.integers(len(structure.DISCOUNT_PERCENT), size=len(account))]
    discount *= accounts.kind[account] == COMPANY
    lines = 1 + draw(structure.LINES_SHARE, random.random(len(account)))
    order = np.repeat(np.arange(len(account)), lines)
    line = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines)
    catalogue = products()
    category = draw(structure.CATEGORY_BY_SEGMENT, random.random(len(order)), segment[order])
    sizes = np.array([structure.PRODUCTS_OF[name][0] for name in structure.CATEGORIES])
    product = (np.cumsum(sizes) - sizes)[category] + (random.random(len(order)) * sizes[category]).astype(np.int64)
    is_company = (accounts.kind[account] == COMPANY).astype(np.int64)
    quantity = 1 + draw((structure.PRIVATE_QUANTITY_SHARE, structure.COMPANY_QUANTITY_SHARE), random.random(len(order)), is_company[order])
    price, cost = (catalogue[name].to_numpy(np.int64)[product] for name in ("price", "cost"))
    return pa.table({
        "order_key": keys("O", number, 9).take(pa.array(order)),
        "line_number": pa.array(line + 1),
        "account_key": account_keys.take(pa.array(account[order])),
        "product_key": keys("P", product + 1, 3),
        "ordered_at": pa.array(ordered_at[order] * 1_000_000).cast(pa.timestamp("us", "UTC")),
        "channel": pick(structure.CHANNELS, channel[order]),
        "quantity": pa.array(quantity),
        "revenue": money(price * quantity * (100 - discount[order]) // 100),
        "cost": money(cost * quantity),
        "currency": pa.repeat(structure.CURRENCY, len(order)),
        "made_up": flags(len(order)),
    }, schema=_SCHEMA)  # fmt: skip
