"""What is worked out of an answer, as words to ask in: derived columns, a filter after aggregation, the largest members."""

import re
from dataclasses import dataclass
from typing import Literal

from gcrm.errors import CubeError
from gcrm.olap.catalogue import finest_level
from gcrm.olap.catalogue import measure as measure_of
from gcrm.units import COARSEST_LEVEL

# Numbers become part of SQL, so that they are of ASCII digits only.
_CALL = re.compile(r"\s*(\w+)\(\s*(\w+)\s*(?:,\s*(\w+)\s*)?\)\s*(?:,|$)", re.ASCII)
_HAVING = re.compile(r"\s*(\w+)\s*(>=|<=|=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", re.ASCII)
_TOP = re.compile(r"\s*(\d{1,9})\s+(\w+)(\s+others)?\s*", re.ASCII)
_MOST_PERIODS, _MOST_STEPS = 1000, 10

OUTLINE_LEVEL = 8
"""H3 level of the cells that outlines are made of where none is named; every measure has it."""

HOWS = {
    "share": "of the sum over the last axis; share(revenue, all) of the grand total",
    "rank": "1 is the largest, among the members of the last axis",
    "density": "per km² of the cell, where places are asked for",
    "neighbours": "total of the cells next to it, where places are asked for; neighbours(revenue, 2) of those within two steps",
    "area": "km² of all H3 cells of level 8 with something in them, taken together; area(accounts, 9) of level 9",
    "perimeter": "km around the same cells",
    "running": "running total along the time",
    "moving": "moving average along the time, such as moving(revenue, 3)",
    "prior": "the period before; prior(revenue, year): the same period a year before",
    "difference": "to the period before, or difference(revenue, year)",
    "change": "the difference as a share of the period before, or change(revenue, year)",
}
"""Every way to derive, and what it gives."""

ALONG_TIME = ("running", "moving", "prior", "difference", "change")
OF_PLACES = ("density", "neighbours")
OF_OUTLINES = ("area", "perimeter")
BESIDE_PRIOR = ("prior", "difference", "change")


@dataclass(frozen=True)
class Derived:
    """A column that is derived of a measure: how, of which measure, and with which word behind it (`all`, `year`, a number of periods)."""

    how: str
    measure: str
    of: str = ""

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise CubeError(f"Nothing is derived by {self.how!r}; there are {', '.join(HOWS)}, such as share(revenue).")
        asked = measure_of(self.measure)
        self._check_word()
        if self.how in ("running", "moving") and not asked.additive:
            raise CubeError(f"{self.measure} does not add up over time, so that {self} makes no sense; take a measure that does.")
        if self.how == "neighbours" and asked.stored is None:
            raise CubeError(f"{self.measure} does not add up over places, so that {self} makes no sense; take a measure that does.")
        if self.how in ("share", "density", *OF_OUTLINES) and asked.needs:
            raise CubeError(f"{self.measure} is no part of a sum, so that {self} makes no sense; take {' or '.join(asked.needs)}.")

    def _check_word(self) -> None:
        """What stands behind the measure is what this way to derive knows."""
        if self.how == "moving" and not self._is_number(2, _MOST_PERIODS):
            raise CubeError(f"{self} needs a number of periods from 2 to {_MOST_PERIODS:,}; write moving({self.measure}, 3).")
        if self.how == "neighbours" and self.of and not self._is_number(1, _MOST_STEPS):
            raise CubeError(f"{self} needs a number of steps from 1 to {_MOST_STEPS}; write neighbours({self.measure}, 2).")
        if self.how in OF_OUTLINES and self.of and not self._is_number(COARSEST_LEVEL, finest := finest_level([self.measure])):
            raise CubeError(f"{self} needs an H3 level from {COARSEST_LEVEL} to {finest}; write {self.how}({self.measure}, {finest}).")
        allowed = {"share": ("", "all"), "rank": ("",), "density": ("",), "running": ("",)}.get(self.how, ("", "year"))
        if self.how not in ("moving", "neighbours", *OF_OUTLINES) and self.of not in allowed:
            raise CubeError(f"{self} cannot be read; behind the measure stands {' or '.join(filter(None, allowed)) or 'nothing'}.")

    def _is_number(self, least: int, most: int) -> bool:
        return self.of.isascii() and self.of.isdecimal() and least <= int(self.of) <= most

    @property
    def level(self) -> int:
        """The H3 level of the cells that an area or a perimeter is of."""
        return int(self.of or OUTLINE_LEVEL)

    @property
    def column(self) -> str:
        """Its column in an answer, such as `share_revenue` or `moving_revenue_3`."""
        return "_".join(filter(None, (self.how, self.measure, self.of)))

    def __str__(self) -> str:
        return f"{self.how}({self.measure}{', ' if self.of else ''}{self.of})"

    @classmethod
    def parse(cls, text: str) -> tuple["Derived", ...]:
        """Derived columns from text such as `share(revenue), moving(revenue, 3)`.

        Raises:
            CubeError: it is not of that form, or names what is not there.
        """
        found, at = [], 0
        while at < len(text.rstrip()):
            call = _CALL.match(text, at)
            if call is None:
                raise CubeError(f"{text!r} cannot be read; write such as share(revenue) or prior(revenue, year), with commas between them.")
            found.append(cls(call[1], call[2], call[3] or ""))
            at = call.end()
        return tuple(found)


@dataclass(frozen=True)
class Having:
    """Keeps the rows of an answer whose column is beyond a limit: a filter after aggregation."""

    column: str
    sign: Literal[">", ">=", "<", "<=", "="]
    limit: str

    @classmethod
    def parse(cls, text: str) -> "Having":
        """From text such as `revenue >= 1000`.

        Raises:
            CubeError: it is not of that form.
        """
        found = _HAVING.fullmatch(text)
        if found is None:
            raise CubeError(f"{text!r} cannot be read; write COLUMN, one of > >= < <= =, and a number, such as revenue>=1000.")
        sign: Literal[">", ">=", "<", "<=", "="] = found[2]  # type: ignore[assignment] # the pattern has no others
        return cls(found[1], sign, found[3])

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{self.limit}"


@dataclass(frozen=True)
class Top:
    """Keeps the rows with the largest values of a measure; with `others`, all others become one more."""

    count: int
    measure: str
    others: bool = False

    @classmethod
    def parse(cls, text: str) -> "Top | None":
        """From text such as `10 revenue`, or `10 revenue others`; None from no text.

        Raises:
            CubeError: it is not of that form, or there is no such measure.
        """
        if not text.strip():
            return None
        found = _TOP.fullmatch(text)
        if found is None or int(found[1]) < 1:
            raise CubeError(f"{text!r} cannot be read; write how many and by which measure, such as '10 revenue' or '10 revenue others'.")
        return cls(int(found[1]), measure_of(found[2]).name, bool(found[3]))

    def __str__(self) -> str:
        return f"{self.count} {self.measure}{' others' if self.others else ''}"
