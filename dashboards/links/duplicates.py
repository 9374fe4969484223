"""The link to the duplicates page."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.links.values import last_values


@dataclass(frozen=True)
class DuplicatesView:
    """The state of the duplicates page.

    Attributes:
        least: only pairs with this probability or a higher one, 0 to 1.
        source: only pairs with an account of this system; None for all.
    """

    least: float = 0.0
    source: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "DuplicatesView":
        """The state that a link asks for.

        Raises:
            ValueError: the probability is none.
        """
        first = last_values(parameters)
        text = first.get("score", "0")
        try:
            least = float(text)
        except ValueError:
            least = math.nan
        if not 0 <= least <= 1:
            raise ValueError(f"{text!r} is no probability; write a number from 0 to 1.")
        return cls(least, first.get("source"))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {"score": str(self.least)} if self.least else {}
        if self.source is not None:
            said["source"] = self.source
        return said
