"""What can be asked: the facts with their grain, the dimensions they share, the measures and whether these add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gcrm.errors import CubeError
from gcrm.units import COARSEST_LEVEL, FINEST_LEVEL, LEVELS

UNKNOWN = "(unknown)"
"""The member of what is not known; of places it is a missing cell."""

PLACE = "place"


@dataclass(frozen=True)
class Facts:
    """A fact table: its grain, its columns with their DuckDB types in the order in which they are extracted."""

    name: str
    grain: str
    columns: Mapping[str, str]
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """A measure: its facts, its formula over them, its unit; `additive` says whether it may be summed over every dimension."""

    name: str
    label: str
    facts: str
    formula: str
    unit: str
    additive: bool


_SHARED = ("segment", "residence_type", "territory", "region", "status")

SALES = Facts("sales", "one row per order line", MappingProxyType({
    "cell": "BIGINT", "month": "DATE", "segment": "VARCHAR", "category": "VARCHAR", "channel": "VARCHAR", "residence_type": "VARCHAR",
    "territory_id": "INTEGER", "territory": "VARCHAR", "region": "VARCHAR", "status": "VARCHAR", "currency": "VARCHAR", "account_id": "BIGINT",
    "order_key": "VARCHAR", "quantity": "DECIMAL(12,3)", "revenue": "DECIMAL(14,2)", "margin": "DECIMAL(14,2)",
}), ("month", *_SHARED, "category", "channel", "currency"))  # fmt: skip

ACCOUNTS = Facts("accounts", "one row per account", MappingProxyType({
    "cell": "BIGINT", "segment": "VARCHAR", "residence_type": "VARCHAR", "territory_id": "INTEGER", "territory": "VARCHAR", "region": "VARCHAR",
    "status": "VARCHAR", "account_id": "BIGINT",
}), _SHARED)  # fmt: skip

FACTS: Mapping[str, Facts] = MappingProxyType({facts.name: facts for facts in (SALES, ACCOUNTS)})

DIMENSIONS: Mapping[str, str] = MappingProxyType({
    PLACE: "Place", "month": "Month", "segment": "Segment", "category": "Product category", "channel": "Channel",
    "residence_type": "Residence type", "territory": "Territory", "region": "Region", "status": "Status", "currency": "Currency",
})  # fmt: skip
"""Every dimension with its label."""

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        measure.name: measure
        for measure in (
            Measure("accounts", "Accounts", "accounts", "CAST(coalesce(sum(accounts), 0) AS BIGINT)", "accounts", additive=True),
            Measure("buyers", "Buyers", "sales", "count(DISTINCT account_id)", "accounts", additive=False),
            Measure("orders", "Orders", "sales", "count(DISTINCT order_key)", "orders", additive=False),
            Measure("revenue", "Revenue", "sales", "sum(revenue)", "money", additive=True),
            Measure("margin", "Margin", "sales", "sum(margin)", "money", additive=True),
            Measure("quantity", "Units", "sales", "sum(quantity)", "units", additive=True),
        )
    }
)

STORED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sales": MappingProxyType({"revenue": "DECIMAL(38,2)", "margin": "DECIMAL(38,2)", "quantity": "DECIMAL(38,3)"}),
        "accounts": MappingProxyType({"accounts": "BIGINT"}),
    }
)
"""The additive columns of each cuboid; sums of them are exact."""


@dataclass(frozen=True)
class Axis:
    """One thing to group by: a dimension; for places with the H3 level."""

    dimension: str
    level: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Axis":
        """An axis from text such as `segment` or `place:8`.

        Raises:
            CubeError: there is no such dimension or level.
        """
        name, _, level = text.strip().partition(":")
        if name not in DIMENSIONS:
            raise CubeError(f"There is no dimension {name!r}; there are {', '.join(DIMENSIONS)}.")
        if name != PLACE:
            if level:
                raise CubeError(f"{name} has no levels; write {name!r}.")
            return cls(name)
        if not level.isdecimal() or int(level) not in LEVELS:
            raise CubeError(f"place needs an H3 level from {COARSEST_LEVEL} to {FINEST_LEVEL}, such as place:8.")
        return cls(PLACE, int(level))

    def __str__(self) -> str:
        return self.dimension if self.level is None else f"{self.dimension}:{self.level}"

    @property
    def column(self) -> str:
        """The column of an answer."""
        return "cell" if self.dimension == PLACE else self.dimension


def measure(name: str) -> Measure:
    """The measure of this name.

    Raises:
        CubeError: there is none.
    """
    if name not in MEASURES:
        raise CubeError(f"There is no measure {name!r}; there are {', '.join(MEASURES)}.")
    return MEASURES[name]
