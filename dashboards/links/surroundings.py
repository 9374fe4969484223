"""The link to the surroundings page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import h3

from dashboards.data import CELL_LAYERS, LEVELS, THEMATIC
from dashboards.links.values import last_values, within
from gcrm.errors import CubeError

FLOWS = "movement"
"""The layer of the surroundings page that is not one of cells."""

ON_STREETS = "streets"
FLOW_MEASURES = ("", ON_STREETS)


@dataclass(frozen=True)
class SurroundingsView:
    """The state of the surroundings page.

    Attributes:
        layer: key of `CELL_LAYERS`, `THEMATIC` (its measures are the layers of one's own, whichever there are), or `FLOWS`.
        measure: one of the layer's; of `FLOWS` empty (between cells) or `ON_STREETS`.
        level: H3 level.
        weekday: ISO weekday, for layers by hour; None for all.
        hour: of the day; None for all.
        cell: the cell whose card is shown, hexadecimal text.
    """

    layer: str = "buildings"
    measure: str = "footprint_m2"
    level: int = 9
    weekday: int | None = None
    hour: int | None = None
    cell: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "SurroundingsView":
        """The state that a link asks for.

        Raises:
            CubeError: it names what is not there.
            ValueError: a number in it is none.
        """
        first = last_values(parameters)
        view = cls().showing(first.get("layer", cls.layer), first.get("measure"))
        if "level" in first:
            view = replace(view, level=within(first["level"], "level", min(LEVELS), max(LEVELS)))
        if "weekday" in first:
            view = replace(view, weekday=within(first["weekday"], "weekday", 1, 7))
        if "hour" in first:
            view = replace(view, hour=within(first["hour"], "hour", 0, 23))
        if "cell" in first:
            if not h3.is_valid_cell(first["cell"]) or h3.get_resolution(first["cell"]) not in LEVELS:
                raise CubeError(f"{first['cell']!r} is not an H3 cell of level {min(LEVELS)} to {max(LEVELS)}.")
            view = replace(view, cell=first["cell"])
        return view

    def showing(self, layer: str, measure: str | None) -> "SurroundingsView":
        """The same of another layer.

        Args:
            layer: what a link calls it.
            measure: one of the layer's; its first if left out.

        Raises:
            CubeError: there is no such layer or measure.
        """
        if layer not in {*CELL_LAYERS, THEMATIC, FLOWS}:
            raise CubeError(f"There is no layer {layer!r}; there are {', '.join((*CELL_LAYERS, THEMATIC, FLOWS))}.")
        view = self.of(layer)
        if measure is None:
            return view
        if layer == FLOWS and measure not in FLOW_MEASURES:
            raise CubeError(f"Movement is shown between cells or on streets, and not as {measure!r}; leave the measure out, or write {ON_STREETS}.")
        if layer in CELL_LAYERS and measure not in CELL_LAYERS[layer].measures:
            raise CubeError(f"{layer} has no measure {measure!r}; it has {', '.join(CELL_LAYERS[layer].measures)}.")
        return replace(view, measure=measure)

    def of(self, layer: str) -> "SurroundingsView":
        """The same of another layer, with its first measure; of the layers of one's own with none."""
        return replace(self, layer=layer, measure=next(iter(CELL_LAYERS[layer].measures)) if layer in CELL_LAYERS else "")

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"layer": self.layer, "measure": self.measure, "level": self.level, "weekday": self.weekday, "hour": self.hour, "cell": self.cell}
        return {name: str(value) for name, value in said.items() if value is not None and value != ""}
