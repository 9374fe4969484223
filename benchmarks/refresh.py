"""A cube that is refreshed beside the same one built anew: `python -m benchmarks.refresh [--lines 1000000]`, in a home and a cluster of its own.

One order line in a hundred changes: of whole orders three in a thousand come, three are corrected and two go, and the accounts of two in a thousand are sorted
into another segment. Accounts stand in clusters, and few of them order much.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import own_home
from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect, ensure_ready
from gcrm.olap.answer import ask
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.pipeline.cubes import Built, build_cube
from gcrm.spatial.cells import index_points

_SEED = 5
_LINES_PER_ACCOUNT, _CLUSTERS = 10, 400
_BAR = 0.05
_ROUNDS = 7
_QUESTIONS = {
    "revenue by month and segment": CubeQuery.parse("month", "segment", "revenue"),
    "revenue by place:8": CubeQuery.parse("place:8", measures="revenue"),
    "revenue by place:10 of a quarter": CubeQuery.parse("place:10", measures="revenue", where=["quarter=2025-Q2"]),
    "buyers and orders": CubeQuery.parse(measures="buyers,orders"),
    "buyers by segment": CubeQuery.parse("segment", measures="buyers"),
    "customers at the end of each quarter": CubeQuery.parse("quarter", measures="active,dormant,lost"),
}

_FILL = (
    "INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping) VALUES ('bench', 'orders', 'none', '', '{}')",
    "INSERT INTO gcrm.regions (name) SELECT 'region ' || i FROM generate_series(1, 8) AS i",
    """INSERT INTO gcrm.territories (source, source_key, name, region_id, made_up, import_id)
    SELECT 'bench', i, 'territory ' || i, i % 8 + 1, true, 1 FROM generate_series(1, 60) AS i""",
    """INSERT INTO gcrm.products (source, source_key, name, category, made_up, import_id)
    SELECT 'bench', i, 'product ' || i, 'category ' || i % 25, true, 1 FROM generate_series(1, 500) AS i""",
    """INSERT INTO gcrm.accounts (source, source_key, kind, status, name, segment, position, cell, territory_id, made_up, import_id)
    SELECT 'bench', i, 'household', (ARRAY['customer', 'customer', 'customer', 'prospect', 'lost'])[i % 5 + 1], 'account ' || i, 'segment ' || i % 9,
        ST_Point(longitude, latitude, 4326), cell, i % 60 + 1, true, 1
    FROM placed ORDER BY i""",
    """INSERT INTO gcrm.account_surroundings (account_id, district, road_class, residence_type, layer_version_ids)
    SELECT account_id, 'district ' || cell / 4503599627370 % 200, 'class ' || account_id % 9, 'type ' || account_id % 7, '{}' FROM gcrm.accounts""",
)
_ORDERS = """
    INSERT INTO gcrm.orders (source, source_key, order_key, account_id, product_id, ordered_at, channel, quantity, revenue, cost, currency, made_up, import_id)
    SELECT 'bench', i, i / 3, floor(power(hashint8(i / 3) / 4294967296.0 + 0.5, 2) * %(accounts)s)::bigint + 1, i %% 500 + 1,
        timestamptz '2023-01-01' + (i / 3 * 7919 %% 1095) * interval '1 day', 'channel ' || i / 3 %% 5, i %% 9 + 1, i %% 100000 / 100.0 + 1, i %% 70000 / 100.0,
        'EUR', true, 1
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i"""
_CHANGES = (
    "UPDATE gcrm.orders SET revenue = revenue + 1.50 WHERE order_key::bigint % 1000 BETWEEN 100 AND 102",
    "DELETE FROM gcrm.orders WHERE order_key::bigint % 1000 BETWEEN 200 AND 201",
    "UPDATE gcrm.accounts SET segment = 'segment 0' WHERE segment <> 'segment 0' AND account_id % 444 = 1",
)
_CHUNK = 500_000


def fill(lines: int) -> None:
    """Fills an empty database with order lines of a tenth as many accounts."""
    accounts = max(lines // _LINES_PER_ACCOUNT, 1)
    random = np.random.default_rng(_SEED)
    at = np.column_stack([random.uniform(20, 31, _CLUSTERS), random.uniform(60, 69, _CLUSTERS)])[(random.random(accounts) ** 3 * _CLUSTERS).astype(int)]
    at += random.normal(0, 0.03, (accounts, 2)) * [2, 1]
    cells = index_points(pd.Series(at[:, 0]), pd.Series(at[:, 1]))
    with connect(Role.OWNER) as connection:
        connection.execute("CREATE TEMPORARY TABLE placed (i bigint, longitude float8, latitude float8, cell bigint)")
        with connection.cursor().copy("COPY placed FROM STDIN") as copy:
            for row in zip(range(1, accounts + 1), at[:, 0].tolist(), at[:, 1].tolist(), cells.tolist(), strict=True):
                copy.write_row(row)
        for statement in _FILL:
            connection.execute(statement.encode())
        connection.commit()
        insert_orders(0, lines)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE gcrm.orders, gcrm.accounts, gcrm.account_surroundings")


def insert_orders(first: int, last: int) -> None:
    """Inserts the order lines of a range of numbers."""
    with connect(Role.WRITER) as connection:
        accounts = connection.execute("SELECT count(*) FROM gcrm.accounts").fetchall()[0][0]
        for low in range(first, last, _CHUNK):
            connection.execute(_ORDERS.encode(), {"first": low, "last": min(low + _CHUNK, last) - 1, "accounts": accounts})
            connection.commit()


def change(lines: int) -> None:
    """Changes one order line in a hundred."""
    insert_orders(lines, lines + lines * 3 // 1000)
    with connect(Role.WRITER) as connection:
        for statement in _CHANGES:
            connection.execute(statement.encode())


def _timed(*, full: bool) -> tuple[float, Built]:
    started = time.perf_counter()
    built = build_cube(lambda _: None, full=full)
    return time.perf_counter() - started, built


def _milliseconds(version: Version, query: CubeQuery) -> float:
    def once() -> float:
        return ask(version, query, Scope.everything()).explanation.milliseconds

    once()
    return statistics.median(once() for _ in range(_ROUNDS))


def _show(rows: list[tuple[str, str]]) -> None:
    table = Table("what", "measured")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="A refresh of the cube beside a full build.")
    parser.add_argument("--lines", type=int, default=1_000_000, help="order lines; a tenth as many accounts")
    lines = parser.parse_args().lines
    with own_home():
        ensure_ready()
        fill(lines)
        say: Callable[[str], None] = Console().print
        full, _ = _timed(full=True)
        say(f"{lines:,} order lines, full build: {full:.1f} s")
        change(lines)
        refresh, refreshed = _timed(full=False)
        say(f"refresh: {refresh:.1f} s, {refreshed.came:,} facts came, {refreshed.gone:,} went")
        again, anew = _timed(full=True)
        if not refreshed.refreshed or refreshed.version.manifest["digest"] != anew.version.manifest["digest"]:
            raise SystemExit("The refreshed cube is not the one that is built anew.")
        ratio = refresh / again
        speeds = [
            (f"{name}: refreshed, anew", f"{_milliseconds(refreshed.version, query):.0f} ms, {_milliseconds(anew.version, query):.0f} ms")
            for name, query in _QUESTIONS.items()
        ]
    _show(
        [
            ("full build, before and after", f"{full:.1f} s, {again:.1f} s"),
            ("refresh of 1 % changed order lines", f"{refresh:.1f} s"),
            ("ratio to the full build after", f"{ratio:.1%} ({'under' if ratio < _BAR else 'over'} {_BAR:.0%})"),
            *speeds,
        ]
    )


if __name__ == "__main__":
    main()
