"""Made-up facts as skewed as real ones: most accounts in the middle of a town, a few segments for most of them, borders of territories that cut cells."""

import random
from datetime import date
from typing import Any

import h3
import numpy as np
import pandas as pd

from gcrm.olap import calendar
from gcrm.olap.catalogue import PLACE, UNKNOWN, Axis
from gcrm.olap.query import Filter
from tests.unit.olap.cube import Row, made_up_facts

PLACE_LEVELS = (6, 7, 8, 9)
"""The H3 levels of `as_frame`."""

type Key = tuple[Any, ...]

_SEGMENTS, _STATUSES, _RESIDENCES = "abcdefg", ("customer", "prospect", "lost", "partner"), ("flats", "detached", "farm", "boat")
_CATEGORIES, _CHANNELS = ("bikes", "skis", "boots", "maps", "tents"), ("web", "shop", "phone", "fair")


def skewed_facts(seed: int, accounts: int, lines: int, territories: int) -> tuple[list[Row], list[Row]]:
    """Order lines and accounts as `made_up_facts` has them; territories are strips from west to east."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    sales, known = made_up_facts(seed, accounts, lines)

    def one_of(names: Any, falls: float = 0.45) -> Any:  # noqa: ANN401 - a tuple or a text
        return next((name for name in names[:-1] if draw.random() > falls), names[-1])

    changes: dict[int, Row] = {}
    for row in known:
        away = draw.expovariate(1 / 0.02)
        latitude, longitude = 47.14 + draw.choice((-1, 1)) * away * draw.random(), 9.52 + draw.choice((-1, 1)) * away * draw.random()
        strip = min(int(max(longitude - 9.40, 0) / 0.24 * territories), territories - 1)
        placed, status = draw.random() < 0.97, one_of(_STATUSES)
        changes[row["account_id"]] = {
            "longitude": longitude if placed else None, "latitude": latitude if placed else None,
            "cell": h3.str_to_int(h3.latlng_to_cell(latitude, longitude, 10)) if placed else None,
            "territory_id": strip + 1, "territory": f"strip {strip + 1}", "region": "west" if strip < territories / 2 else "east",
            "segment": one_of(_SEGMENTS), "status": status, "customer": int(status == "customer"), "residence_type": one_of(_RESIDENCES, 0.3),
        }  # fmt: skip
    ordered = sorted(changes)
    sold: list[Row] = []
    for row in sales:
        buyer = ordered[min(int(draw.paretovariate(0.6)) - 1, len(ordered) - 1)] if draw.random() < 0.5 else draw.choice(ordered)
        month = date(2024 + (at := int(draw.expovariate(1 / 6))) // 12 % 2, at % 12 + 1, 1)
        sold.append(
            row | _account(known, buyer) | changes[buyer] | {"day": month, "month": month, "category": one_of(_CATEGORIES), "channel": one_of(_CHANNELS)}
        )
    return sold, [row | changes[row["account_id"]] for row in known]


def _account(known: list[Row], account_id: int) -> Row:
    return known[account_id - 1]  # made_up_facts numbers them from 1


def as_frame(rows: list[Row]) -> pd.DataFrame:
    """Facts with a column for each dimension, as its members are written; of places one for each level, such as `place:8`."""
    frame = pd.DataFrame([{name: value for name, value in row.items() if name != "cell"} for row in rows])
    for level in PLACE_LEVELS:
        frame[f"place:{level}"] = [UNKNOWN if row["cell"] is None else h3.cell_to_parent(h3.int_to_str(row["cell"]), level) for row in rows]
    if "month" in frame:
        days = frame["month"]
        frame["quarter"] = [calendar.member("quarter", day.replace(month=day.month - (day.month - 1) % 3)) for day in days]
        frame["year"], frame["month"] = [calendar.member("year", day) for day in days], [calendar.member("month", day) for day in days]
    return frame


def kept_by(frame: pd.DataFrame, where: tuple[Filter, ...]) -> np.ndarray:
    """Which facts some filters keep; the places of a filter are of one level, and its times no spans."""
    kept = np.ones(len(frame), dtype=bool)
    for each in where:
        column = f"place:{next((h3.get_resolution(member) for member in each.members if member != UNKNOWN), 9)}" if each.dimension == PLACE else each.dimension
        kept &= frame[column].isin(each.members).to_numpy()
    return kept


def behind(frame: pd.DataFrame, axes: tuple[Axis, ...], kept: np.ndarray) -> dict[Key, int]:
    """Accounts by combination of members, of the facts that are kept."""
    if not axes:
        return {(): frame["account_id"][kept].nunique()}
    counts = frame[kept].groupby([str(axis) for axis in axes])["account_id"].nunique()
    return {key if isinstance(key, tuple) else (key,): count for key, count in counts.items()}
