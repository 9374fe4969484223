"""What the layers tell of H3 cells, as a reader chooses it: labels, units, and how values of small cells make that of a larger one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gcrm.spatial.residence import MEASURES as CENSUS


@dataclass(frozen=True)
class LayerMeasure:
    """One thing that a layer tells.

    Attributes:
        name: its column.
        label: in words.
        unit: of its values; empty for a share.
        additive: whether the values of small cells add up to that of the cell above them; their weighted mean is taken otherwise.
        decimals: that are shown.
    """

    name: str
    label: str
    unit: str
    additive: bool = True
    decimals: int = 0


@dataclass(frozen=True)
class CellLayer:
    """A layer that is shown by cell: its label, and its measures by name."""

    name: str
    label: str
    measures: Mapping[str, LayerMeasure]
    by_hour: bool = False


def _layer(name: str, label: str, *measures: LayerMeasure, by_hour: bool = False) -> CellLayer:
    return CellLayer(name, label, MappingProxyType({each.name: each for each in measures}), by_hour=by_hour)


def _census() -> tuple[LayerMeasure, ...]:
    """The measures of a census; a text such as `Inhabitants (count)` is taken apart."""
    made = []
    for each in CENSUS:
        label, _, unit = each.text.partition(" (") if each.of is None else (each.text.partition(",")[0], "", "")
        own = {"population": "people", "jobs": "jobs"}.get(each.name, unit.rstrip(")").replace("count", each.name.partition("_")[0]))
        rate = each.of is not None
        made.append(LayerMeasure(each.name, label, "m² per person" if each.name == "living_area_m2_per_person" else own, not rate, 2 if rate else 0))
    return tuple(made)


CELL_LAYERS: Mapping[str, CellLayer] = MappingProxyType({
    layer.name: layer
    for layer in (
        _layer("residence", "Who lives here", *_census()),
        _layer(
            "buildings", "What is built here",
            LayerMeasure("buildings", "Buildings", "buildings"),
            LayerMeasure("footprint_m2", "Built area", "m²"),
            LayerMeasure("floor_area_m2", "Floor area, where known", "m²"),
            LayerMeasure("detached", "Detached houses", "buildings"),
            LayerMeasure("terraced", "Terraced houses", "buildings"),
            LayerMeasure("flats", "Buildings of flats", "buildings"),
            LayerMeasure("mean_levels", "Mean storeys", "storeys", additive=False, decimals=1),
            LayerMeasure("mean_height_m", "Mean height", "m", additive=False, decimals=1),
            LayerMeasure("mean_year_built", "Mean year of building", "", additive=False),
            LayerMeasure("use_mix", "Mixture of uses, 0 to 1", "", additive=False, decimals=2),
        ),
        _layer("footfall", "Floating population", LayerMeasure("people_per_hour", "People per hour", "people per hour", additive=False), by_hour=True),
    )
})  # fmt: skip
"""The layers that are shown by cell, by name."""

QUALITIES = ("measured", "interpolated", "modelled")
"""How a value came about, the best first; that of a cell is the least good of what it is made of."""
