"""What the map tells Python: ids, the viewport and drawings, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

type FeatureCollection = dict[str, Any]
"""GeoJSON: polygons in degrees (EPSG:4326). Each has an `id`, and as properties its `tool`, of a circle also `radius_m` (metres)."""

NOTHING_DRAWN: FeatureCollection = {"type": "FeatureCollection", "features": []}


class Tool(StrEnum):
    """What shapes can be drawn with; what is drawn can be moved, reshaped and deleted."""

    POLYGON = "polygon"
    LASSO = "lasso"
    RECTANGLE = "rectangle"
    CIRCLE = "circle"


@dataclass(frozen=True)
class Viewport:
    """What is seen: edges in degrees (EPSG:4326), and the zoom (the world is 512 * 2**zoom pixels wide)."""

    west: float
    south: float
    east: float
    north: float
    zoom: float


@dataclass(frozen=True)
class Picked:
    """An object that was chosen: the id of its layer, and its own, which the layer's `get_id` gives. Never its place in the data, which may change."""

    layer: str
    id: str


@dataclass(frozen=True)
class MapState:
    """The state of a map.

    Attributes:
        viewport: what is seen, once the reader has moved the map; None before, and where the page does not ask for it.
        picked: what was chosen just now; None in every other run.
        drawn: the shapes that are drawn.
    """

    viewport: Viewport | None
    picked: Picked | None
    drawn: FeatureCollection

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """The state from what the component told.

        Args:
            told: viewport, picked, drawn; each may be missing or None.
        """
        viewport, picked = told.get("viewport"), told.get("picked")
        return cls(Viewport(**viewport) if viewport else None, Picked(**picked) if picked else None, told.get("drawn") or NOTHING_DRAWN)
