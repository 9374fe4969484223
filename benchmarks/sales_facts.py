"""Sales facts of any size, skewed: accounts stand in clusters, few of them order much, few members hold most of a dimension."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from gcrm.olap.build_engine import build_database, write_parquet
from gcrm.olap.catalogue import FACTS, Facts
from gcrm.olap.cuboids import facts_file
from gcrm.spatial.cells import index_points

_SEED = 5
_CHUNK = 1_000_000
_LINES_PER_ACCOUNT = 10
_LINES_PER_ORDER = 3
_CLUSTERS = 400
_FIRST_DAY, _DAYS = np.datetime64("2023-01-01"), 3 * 365
_MEMBERS = {"district": 200, "territory": 60, "region": 8, "category": 25, "channel": 5, "segment": 9, "residence_type": 7, "road_class": 9, "status": 5}
_OF_A_LINE = frozenset({"category", "channel", "product", "hour", "weekday"})
_OTHER_MEMBERS = 24
"""Of a dimension that is not named above."""
_CURRENCIES = np.array(["EUR", "SEK"])
_TYPES = {"BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "VARCHAR": pa.string(), "DATE": pa.date32()}

type _Columns = dict[str, NDArray[np.generic]]


def make(folder: Path, lines: int) -> Path:
    """Writes facts as a build would store them: the columns that the cube sales declares, sorted by all of them.

    Args:
        folder: an empty one; the facts come to lie in it under the name that cuboids look for.
        lines: order lines, each of one of a tenth as many accounts.
    """
    facts = FACTS["sales"]
    random = np.random.default_rng(_SEED)
    accounts = _accounts(facts, max(lines // _LINES_PER_ACCOUNT, 1), random)
    parts = []
    for number, first in enumerate(range(0, lines, _CHUNK)):
        part = folder / f"part-{number}.parquet"
        pq.write_table(_table(facts, accounts, first, min(_CHUNK, lines - first), random), part, compression="zstd", compression_level=1)
        parts.append(part)
    target = folder / facts_file(facts)
    with build_database() as database:
        database.execute(f"SET temp_directory = '{folder}'")
        database.read_parquet([str(part) for part in parts]).create_view("parts")
        write_parquet(database, f"SELECT * FROM parts ORDER BY {', '.join(facts.columns)}", target)
    for part in parts:
        part.unlink()
    return target


def _zipf(random: np.random.Generator, members: int, count: int) -> NDArray[np.int64]:
    """Numbers from 0 on, the n-th of them n times as rare as the first."""
    weights = 1 / np.arange(1, members + 1)
    return np.searchsorted(np.cumsum(weights / weights.sum()), random.random(count)).clip(max=members - 1)


def _accounts(facts: Facts, count: int, random: np.random.Generator) -> _Columns:
    """What all lines of an account share: its cell and its members."""
    at = np.column_stack([random.uniform(20, 31, _CLUSTERS), random.uniform(60, 69, _CLUSTERS)])[_zipf(random, _CLUSTERS, count)]
    spread = random.normal(0, 0.03, (count, 2)) * [2, 1]
    cells = index_points(pd.Series(at[:, 0] + spread[:, 0]), pd.Series(at[:, 1] + spread[:, 1])).to_numpy(dtype=np.int64)
    territory = _zipf(random, _MEMBERS["territory"], count)
    found: _Columns = {
        "cell": cells,
        "territory_id": territory + 1,
        "territory": _names("territory", territory),
        "region": _names("region", territory % _MEMBERS["region"]),
    }
    found |= {f"{name}_then": found[name] for name in ("territory", "region")}
    found["currency"] = _CURRENCIES[(territory % _MEMBERS["region"] == 0).astype(int)]
    for name, kind in facts.columns.items():
        if kind == "VARCHAR" and name not in found and name not in _OF_A_LINE and name != "order_key":
            found[name] = _names(name, _zipf(random, _MEMBERS.get(name, _OTHER_MEMBERS), count))
    return found


def _names(name: str, numbers: NDArray[np.int64]) -> NDArray[np.generic]:
    return np.array([f"{name} {number}" for number in range(int(numbers.max()) + 1)])[numbers]


def _table(facts: Facts, accounts: _Columns, first: int, count: int, random: np.random.Generator) -> pa.Table:
    """Some lines: the account of a line is Zipf too, by the square of a uniform number."""
    account = (random.random(count) ** 2 * len(accounts["cell"])).astype(np.int64)
    day = _FIRST_DAY + random.integers(0, _DAYS, count).astype("timedelta64[D]")
    cents = np.exp(random.normal(8, 1, count)).astype(np.int64)
    order = (first + np.arange(count)) // _LINES_PER_ORDER
    found: _Columns = {name: values[account] for name, values in accounts.items()}
    found |= {"account_id": account + 1, "day": day, "month": day.astype("datetime64[M]").astype("datetime64[D]")}
    found["order_line_id"] = first + np.arange(count) + 1
    found["order_key"] = np.char.add("bench/", order.astype(str))
    for name in _OF_A_LINE & facts.columns.keys():
        found[name] = _names(name, _zipf(random, _MEMBERS.get(name, _OTHER_MEMBERS), count))
    money = {"revenue": cents, "margin": cents * 3 // 10, "quantity": random.integers(1, 9, count) * 1000}
    return pa.table({name: _array(kind, money.get(name, found.get(name)), scaled=name in money) for name, kind in facts.columns.items()})


def _array(kind: str, values: NDArray[np.generic] | None, *, scaled: bool) -> pa.Array:
    """As the type that is declared; of decimals the values are whole numbers of their last digit."""
    if values is None:
        raise ValueError(f"no values for a column of type {kind}; name it in benchmarks/sales_facts.py")
    if not scaled:
        return pa.array(values, _TYPES[kind])
    digits, scale = kind.removeprefix("DECIMAL(").removesuffix(")").split(",")
    halves = np.zeros((len(values), 2), dtype=np.int64)
    halves[:, 0] = values
    return pa.Array.from_buffers(pa.decimal128(int(digits), int(scale)), len(values), [None, pa.py_buffer(halves.tobytes())])
