"""What a reader may see: territories, and the finest H3 level."""

from dataclasses import dataclass
from typing import Self

from gcrm.units import FINEST_LEVEL

_H3_LEVELS = range(16)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see; every function that reads customers, cubes or exports takes one.

    Attributes:
        territories: ids of the territories whose accounts are visible; None for every account, those without a territory included.
        finest_level: finest H3 level at which figures are shown.

    Raises:
        ValueError: a level outside 0 to 15.
    """

    territories: frozenset[int] | None
    finest_level: int = FINEST_LEVEL

    def __post_init__(self) -> None:
        if self.finest_level not in _H3_LEVELS:
            raise ValueError(f"H3 has no level {self.finest_level}; give one from 0 to 15.")

    @classmethod
    def everything(cls) -> Self:
        """The scope of somebody who may see every territory at every level."""
        return cls(territories=None)

    @property
    def setting(self) -> str:
        """Value of the database's setting gcrm.territories: `all`, or the ids in order with commas; empty where none may be seen."""
        return "all" if self.territories is None else ",".join(str(int(each)) for each in sorted(self.territories))
