"""The link to the map page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import h3

from dashboards.data import LEVELS, MEASURES, Filter
from dashboards.links.camera import Camera
from dashboards.links.values import last_values, within
from gcrm.errors import CubeError

_OPACITIES = (0.1, 1.0)


@dataclass(frozen=True)
class MapView:
    """The state of the map page.

    Attributes:
        measure: what is shown.
        level: H3 level; None for the one that suits the data.
        where: filters; those that the measure does not know wait until it does.
        cell: the cell whose accounts are listed, hexadecimal text.
        camera: where the map looks; None for all of the data.
        opacity: of the cells, 0 to 1.
    """

    measure: str = "accounts"
    level: int | None = None
    where: tuple[Filter, ...] = ()
    cell: str | None = None
    camera: Camera | None = None
    opacity: float = 0.7

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "MapView":
        """The state that a link asks for.

        Raises:
            CubeError: it names what is not there.
            ValueError: a number in it is none.
        """
        first = last_values(parameters)
        view = cls(where=tuple(Filter.parse(text) for text in parameters.get("where", [])))
        if "measure" in first:
            view = replace(view, measure=first["measure"])
        if view.measure not in MEASURES:
            raise CubeError(f"There is no measure {view.measure!r}; there are {', '.join(MEASURES)}.")
        if "level" in first:
            view = replace(view, level=within(first["level"], "level", min(LEVELS), max(LEVELS)))
        if "cell" in first:
            if not h3.is_valid_cell(first["cell"]):
                raise CubeError(f"{first['cell']!r} is not an H3 cell.")
            view = replace(view, cell=first["cell"])
        if "at" in first:
            view = replace(view, camera=Camera.parse(first["at"]))
        if "opacity" in first:
            view = replace(view, opacity=_opacity(first["opacity"]))
        return view

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {"measure": self.measure}
        if self.level is not None:
            said["level"] = str(self.level)
        if self.where:
            said["where"] = [str(kept) for kept in self.where]
        if self.cell is not None:
            said["cell"] = self.cell
        if self.camera is not None:
            said["at"] = str(self.camera)
        if self.opacity != type(self).opacity:
            said["opacity"] = f"{self.opacity:g}"
        return said

    def filtered(self, dimension: str, members: tuple[str, ...]) -> "MapView":
        """The same with other members of a dimension; none of them for all."""
        where = tuple(kept for kept in self.where if kept.dimension != dimension)
        return replace(self, where=(*where, Filter(dimension, members)) if members else where)

    def members(self, dimension: str) -> tuple[str, ...]:
        """The members of a dimension that are filtered by; none where all are shown."""
        return next((kept.members for kept in self.where if kept.dimension == dimension), ())


def _opacity(text: str) -> float:
    opacity = float(text)
    if not _OPACITIES[0] <= opacity <= _OPACITIES[1]:
        raise ValueError(f"{text!r} is no opacity; there are {_OPACITIES[0]} to {_OPACITIES[1]}.")
    return opacity
