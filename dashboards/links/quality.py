"""The link to the data-quality page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import h3

from dashboards.data import quality
from dashboards.links.values import last_values
from gcrm.errors import CubeError


@dataclass(frozen=True)
class QualityView:
    """The state of the data-quality page.

    Attributes:
        flaw: what the map and the list show; None for the field that is missing most, yet not everywhere.
        source: accounts of one system; None for all.
        cell: the cell whose accounts are listed, hexadecimal text; None for all.
    """

    flaw: quality.Flaw | None = None
    source: str | None = None
    cell: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "QualityView":
        """The state that a link asks for.

        Raises:
            CubeError: the cell is none.
            QualityError: the flaw is none.
        """
        first = last_values(parameters)
        view = cls(source=first.get("source"))
        if "flaw" in first:
            view = replace(view, flaw=quality.Flaw.parse(first["flaw"]))
        if "cell" in first:
            if not h3.is_valid_cell(first["cell"]):
                raise CubeError(f"{first['cell']!r} is not an H3 cell.")
            view = replace(view, cell=first["cell"])
        return view

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {} if self.flaw is None else {"flaw": str(self.flaw)}
        if self.source is not None:
            said["source"] = self.source
        if self.cell is not None:
            said["cell"] = self.cell
        return said
