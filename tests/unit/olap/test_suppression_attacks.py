"""Attacks on suppression: whoever may ask anything tries to get back a figure that stands for fewer accounts than the smallest count."""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from gcrm.access.scope import Scope
from gcrm.errors import CubeError
from gcrm.olap.analysis import ask
from gcrm.olap.catalogue import DIMENSIONS, PLACE, Axis
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version
from tests.unit.olap.cube import publish
from tests.unit.olap.skewed import PLACE_LEVELS, Key, as_frame, behind, kept_by, skewed_facts

_SMALLEST = 5
_TRIES = int(os.environ.get("GCRM_ATTACKS", "1000"))
_SALES, _ACCOUNTS = skewed_facts(31, accounts=3000, lines=9000, territories=5)
_FACTS = {"accounts": as_frame(_ACCOUNTS), "revenue": as_frame(_SALES)}
_DIMENSIONS = {
    "accounts": ["segment", "status", "residence_type", "territory", "region", PLACE],
    "revenue": ["segment", "status", "territory", "region", PLACE, "month", "quarter", "year", "category", "channel"],
}

_A_PAIR = 10
"""So many tries at most of each kind with two questions, so that there are many questions."""

type Figures = dict[Key, Any]
type Asked = Callable[[Version, CubeQuery], Figures]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("cubes"), _SALES, _ACCOUNTS, "skewed")[0]


def _asked(version: Version, query: CubeQuery) -> Figures:
    """What a reader with a smallest count is shown."""
    try:
        rows = ask(version, query, Scope(None, smallest_count=_SMALLEST)).table.to_pylist()
    except CubeError:
        return {}
    return _figures(query, rows)


def _asked_without_complements(version: Version, query: CubeQuery) -> Figures:
    """What would be shown if only the figures were hidden that stand for too few."""
    frame = _FACTS[query.measures[0]]
    counts = behind(frame, query.axes, kept_by(frame, query.where))
    rows = _figures(query, ask(version, query, Scope.everything()).table.to_pylist())
    return {key: value for key, value in rows.items() if counts.get(key, 0) >= _SMALLEST}


def _figures(query: CubeQuery, rows: list[dict[str, Any]]) -> Figures:
    keys = [[DIMENSIONS[axis.dimension].member(row[axis.column]) for axis in query.axes] for row in rows]
    return {tuple(key): row[query.measures[0]] for key, row in zip(keys, rows, strict=True) if row[query.measures[0]] is not None}


class _Attacker:
    """Draws questions: a wide one, and a narrow one inside it, over the same axes; mostly of members that are shown by themselves."""

    def __init__(self, version: Version, asked: Asked, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - not for secrets
        self.version, self.asked = version, asked
        self.shown: dict[tuple[str, str], list[str]] = {}

    def pair(self) -> tuple[CubeQuery, CubeQuery]:
        measure = self.draw.choice(sorted(_FACTS))
        names = self.draw.sample(_DIMENSIONS[measure], 4)
        axes = tuple(Axis(name, self.draw.choice(PLACE_LEVELS) if name == PLACE else None) for name in names[: self.draw.choice((0, 1, 1, 1, 2))])
        narrow = [self.some(measure, name) for name in names[len(axes) :][: self.draw.choice((1, 1, 2))]]
        wide = [wider for kept, others in narrow if (wider := self.wider(kept, others)) is not None]
        bare = CubeQuery(axes, measures=(measure,))
        return replace(bare, where=tuple(wide)), replace(bare, where=tuple(kept for kept, _ in narrow))

    def some(self, measure: str, name: str) -> tuple[Filter, list[str]]:
        """A filter, and the members that it leaves out."""
        column = f"place:{self.draw.choice(PLACE_LEVELS)}" if name == PLACE else name
        known = self.members(measure, column) if self.draw.random() < 0.8 else []
        known = known or sorted(_FACTS[measure][column].unique())
        kept = self.draw.sample(known, self.draw.randint(1, min(len(known), 6)))
        return Filter(name, tuple(kept)), [member for member in known if member not in kept]

    def wider(self, kept: Filter, others: list[str]) -> Filter | None:
        """The same filter, some more members, or no filter."""
        if self.draw.random() < 0.4:
            return None
        return Filter(kept.dimension, (*kept.members, *self.draw.sample(others, min(len(others), self.draw.choice((0, 1, 1, 2))))))

    def members(self, measure: str, column: str) -> list[str]:
        """The members that are shown by themselves."""
        if (measure, column) not in self.shown:
            alone = self.asked(self.version, CubeQuery((Axis.parse(column),), measures=(measure,)))
            self.shown[measure, column] = sorted(key for (key,) in alone)
        return self.shown[measure, column]

    def targets(self, counts: dict[Key, int]) -> list[Key]:
        """Some combinations of members behind which there are too few accounts."""
        few = sorted(key for key, count in counts.items() if 0 < count < _SMALLEST)
        return self.draw.sample(few, min(len(few), _A_PAIR))


def _attack(version: Version, asked: Asked, tries: int) -> tuple[int, int]:
    """How many figures of too few accounts were tried for, and how many came back: as they are, as a difference of two, as a total less all that is shown."""
    attacker, tried, back = _Attacker(version, asked, 7), 0, 0
    while tried < tries:
        wide, narrow = attacker.pair()
        frame = _FACTS[wide.measures[0]]
        kept_wide, kept_narrow = (kept_by(frame, query.where) for query in (wide, narrow))
        shown_wide, shown_narrow = asked(version, wide), asked(version, narrow)
        came_back = [key in shown_wide and key in shown_narrow for key in attacker.targets(behind(frame, wide.axes, kept_wide & ~kept_narrow))]
        for query, kept, shown in ((wide, kept_wide, shown_wide), (narrow, kept_narrow, shown_narrow)):
            came_back += [key in shown for key in attacker.targets(behind(frame, query.axes, kept))]
            keys = list(zip(*(frame[str(axis)] for axis in query.axes), strict=True)) or [()] * len(frame)
            left = kept & ~np.array([key in shown for key in keys])
            total = CubeQuery(measures=query.measures, where=query.where)
            came_back += [() in asked(version, total) for _ in attacker.targets(behind(frame, (), left)) if query.axes]
        tried, back = tried + len(came_back), back + sum(came_back)
    return tried, back


def test_no_figure_comes_back_as_a_difference_or_as_what_a_total_leaves(version: Version) -> None:
    tried, back = _attack(version, _asked, _TRIES)
    assert tried >= _TRIES
    assert back == 0


def test_the_same_attack_succeeds_where_complements_are_shown(version: Version) -> None:
    _, back = _attack(version, _asked_without_complements, 500)
    assert back > 50


_TOWNS = 6
_NAMES = ("segment", "status", "residence_type")
_TOWN_ACCOUNTS = [
    row | {"territory_id": (town := number % _TOWNS + 1), "territory": f"town {town}"}
    for number, row in enumerate(skewed_facts(5, accounts=350, lines=0, territories=1)[1])
]


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return publish(tmp_path_factory.mktemp("towns"), [], _TOWN_ACCOUNTS, "towns")[0]


def _boxes(members: list[list[str]]) -> list[tuple[str | None, ...]]:
    """A member of each dimension, or all of them (None)."""
    return list(product(*([None, *names] for names in members)))


def _of_box(box: tuple[str | None, ...], cells: list[tuple[str, ...]]) -> np.ndarray:
    """Which cells a box has, as 0 and 1."""
    return np.array([all(asked in (None, member) for asked, member in zip(box, cell, strict=True)) for cell in cells], dtype=float)


def _shown_boxes(version: Version, scope: Scope) -> dict[tuple[str | None, ...], int]:
    """Every figure of accounts over three dimensions that a reader is shown."""
    found: dict[tuple[str | None, ...], int] = {}
    for count in range(len(_NAMES) + 1):
        for names in combinations(_NAMES, count):
            for row in ask(version, CubeQuery(tuple(map(Axis, names)), measures=("accounts",)), scope).table.to_pylist():
                if row["accounts"] is not None:
                    found[tuple(row.get(name) for name in _NAMES)] = row["accounts"]
    return found


def _solved(shown: dict[tuple[str | None, ...], int], truth: dict[tuple[str, ...], int], members: list[list[str]], smallest: int) -> tuple[int, int]:
    """How many figures below the smallest count there are, and how many follow from those that are shown: by adding and subtracting, or as the only whole
    numbers from zero up that agree with all of them."""
    cells = list(product(*members))
    known = np.array([_of_box(box, cells) for box in shown]).reshape(-1, len(cells))
    values = np.array(list(shown.values()), dtype=float)
    tried = back = 0
    for box in _boxes(members):
        target = _of_box(box, cells)
        count = sum(truth.get(cell, 0) for cell, inside in zip(cells, target, strict=True) if inside)
        if not 0 < count < smallest:
            continue
        combined = known.T @ np.linalg.lstsq(known.T, target)[0] if len(known) else np.zeros(len(cells))
        added_up = bool(np.allclose(combined, target, atol=1e-8))
        agreeing = LinearConstraint(known, values, values) if len(known) else ()
        ends = [milp(sign * target, constraints=agreeing, integrality=np.ones(len(cells)), bounds=Bounds(0, len(_TOWN_ACCOUNTS))).fun for sign in (1, -1)]
        tried, back = tried + 1, back + (added_up or round(ends[0]) == round(-ends[1]))
    return tried, back


@pytest.mark.parametrize(("complements", "smallest"), [(True, 3), (True, 5), (False, 5)])
def test_no_figure_follows_from_all_others_together(towns: Version, smallest: int, *, complements: bool) -> None:
    tried = back = 0
    for town in range(1, _TOWNS + 1):
        own = [row for row in _TOWN_ACCOUNTS if row["territory_id"] == town]
        members = [sorted({row[name] for row in own}) for name in _NAMES]
        truth = Counter(tuple(row[name] for name in _NAMES) for row in own)
        if complements:
            shown = _shown_boxes(towns, Scope(frozenset({town}), smallest_count=smallest))
        else:
            every = _shown_boxes(towns, Scope(frozenset({town})))
            shown = {box: count for box, count in every.items() if not 0 < count < smallest}
        found = _solved(shown, truth, members, smallest)
        tried, back = tried + found[0], back + found[1]
    assert tried > 50
    assert (back == 0) if complements else (back > 5)
