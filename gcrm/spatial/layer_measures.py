"""What the layers tell of H3 cells, as a reader chooses it: labels, units, and how values of small cells make that of a larger one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gcrm.spatial.residence import MEASURES as CENSUS
from gcrm.spatial.thematic import Kind
from gcrm.units import FINEST_LEVEL


@dataclass(frozen=True)
class LayerMeasure:
    """One thing that a layer tells.

    Attributes:
        name: its column.
        label: in words.
        unit: of its values; empty for a share.
        additive: whether the values of small cells add up to that of the cell above them; their weighted mean is taken otherwise.
        form: of a value that is shown, a format specification of Python.
        categories: whether the values are texts without an order.
        finest: the finest H3 level whose cells the layer tells of.
    """

    name: str
    label: str
    unit: str
    additive: bool = True
    form: str = ",.0f"
    categories: bool = False
    finest: int = FINEST_LEVEL


@dataclass(frozen=True)
class CellLayer:
    """A layer that is shown by cell: its label, and its measures by name."""

    name: str
    label: str
    measures: Mapping[str, LayerMeasure]
    by_hour: bool = False


def _layer(name: str, label: str, *measures: LayerMeasure, by_hour: bool = False) -> CellLayer:
    return CellLayer(name, label, MappingProxyType({each.name: each for each in measures}), by_hour=by_hour)


CELL_LAYERS: Mapping[str, CellLayer] = MappingProxyType({
    layer.name: layer
    for layer in (
        _layer(
            "residence", "Who lives here",
            *(LayerMeasure(each.name, each.label, each.unit) for each in CENSUS if each.of is None),
            *(LayerMeasure(each.name, each.label, each.unit, additive=False, form=",.2f") for each in CENSUS if each.of is not None),
        ),
        _layer(
            "buildings", "What is built here",
            LayerMeasure("buildings", "Buildings", "buildings"),
            LayerMeasure("footprint_m2", "Built area", "m²"),
            LayerMeasure("floor_area_m2", "Floor area, where known", "m²"),
            LayerMeasure("detached", "Detached houses", "buildings"),
            LayerMeasure("terraced", "Terraced houses", "buildings"),
            LayerMeasure("flats", "Blocks of flats", "buildings"),
            LayerMeasure("mean_levels", "Mean storeys", "storeys", additive=False, form=",.1f"),
            LayerMeasure("mean_height_m", "Mean height", "m", additive=False, form=",.1f"),
            LayerMeasure("mean_year_built", "Mean year of building", "", additive=False, form=".0f"),
            LayerMeasure("use_mix", "Mixture of uses, 0 to 1", "", additive=False, form=",.2f"),
        ),
        _layer("footfall", "Floating population", LayerMeasure("people_per_hour", "People per hour", "people per hour", additive=False), by_hour=True),
    )
})  # fmt: skip
"""The layers that are shown by cell, by name; those of one's own come to them."""

THEMATIC = "thematic"
"""The name of the layers of one's own, taken together: each is a measure."""


def thematic_layer(themes: Iterable[tuple[str, Kind, str, int]]) -> CellLayer:
    """The layers of one's own as one that is shown by cell.

    Args:
        themes: dataset, kind of its values, their unit, finest H3 level of its cells.
    """
    measures = (
        LayerMeasure(name, name, unit, kind == "count", ",.0f" if kind == "count" else ",.2f", categories=kind == "category", finest=level)
        for name, kind, unit, level in themes
    )
    return _layer(THEMATIC, "Layers of your own", *measures)


QUALITIES = ("measured", "interpolated", "modelled")
"""How a value came about, the best first; that of a cell is the least good of what it is made of."""
