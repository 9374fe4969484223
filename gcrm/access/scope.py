"""What a reader may see: territories, the finest H3 level, the smallest count."""

from dataclasses import dataclass
from typing import Self

from gcrm.config import settings
from gcrm.units import FINEST_LEVEL

_H3_LEVELS = range(16)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see; every function that reads customers, cubes or exports takes one.

    Attributes:
        territories: ids of the territories whose accounts are visible; None for every account, those without a territory included.
        finest_level: finest H3 level at which figures are shown.
        smallest_count: accounts that a figure of the cube stands for at least, or it is hidden; with 0 or 1 none is.

    Raises:
        ValueError: a level outside 0 to 15, or a count below zero.
    """

    territories: frozenset[int] | None
    finest_level: int = FINEST_LEVEL
    smallest_count: int = 0

    def __post_init__(self) -> None:
        if self.finest_level not in _H3_LEVELS:
            raise ValueError(f"H3 has no level {self.finest_level}; give one from 0 to 15.")
        if self.smallest_count < 0:
            raise ValueError(f"A smallest count of {self.smallest_count} hides nothing; give 0 or more.")

    @classmethod
    def everything(cls) -> Self:
        """The scope of somebody who may see every territory at every level."""
        return cls(territories=None)

    @classmethod
    def of_settings(cls) -> Self:
        """The scope of whoever works with this installation: every territory at every level, with the smallest count of the settings.

        Raises:
            SettingsError: an environment variable holds what it cannot.
        """
        return cls(territories=None, smallest_count=settings().smallest_count)

    @property
    def sees_everything(self) -> bool:
        """Whether every account is visible: what concerns all of them is for those alone who see them."""
        return self.territories is None

    @property
    def has_floor(self) -> bool:
        """Whether figures are shown by cells only that are wider than the place of an account."""
        return self.finest_level < FINEST_LEVEL

    @property
    def hides(self) -> bool:
        """Whether figures of few accounts are hidden."""
        return self.smallest_count > 1

    @property
    def setting(self) -> str:
        """Value of the database's setting gcrm.territories: `all`, or the ids in order with commas; empty where none may be seen."""
        return "all" if self.territories is None else ",".join(str(int(each)) for each in sorted(self.territories))
