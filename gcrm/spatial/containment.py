"""Points into polygons: exactly, and most of them without a test.

A raster is laid over the polygons. Where no border of a polygon passes through a cell, the cell lies in it or outside of it as a whole, and
so do its points; only points in cells with a border are tested against the polygon itself. The border's cells are found by walking along each
edge, the inner ones by the parity of edges to the left of a cell's middle (scanline filling; Foley et al. 1990, Computer Graphics, 3.6).
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_MOST_CELLS = 1 << 20
"""Cells of the raster: at more, filling it takes longer than the tests that it saves."""
_MOST_ENTRIES = 1 << 23
"""Cells times polygons on them: where polygons overlap many times, the raster is coarser."""
_SLICE = 1 << 18
"""Points that are looked at together: what is at work for them stays in the processor's cache."""
_MARGIN = 1e-6
"""Cells by which an edge counts as wider than it is: a million times the rounding of coordinates."""
_NONE = -1
_SEVERAL = -2


@dataclass(frozen=True)
class _Raster:
    """Rows and columns over a rectangle; a point's place in it grows with its coordinates, whatever is rounded."""

    west: float
    south: float
    per_x: float
    per_y: float
    columns: int
    rows: int

    @classmethod
    def over(cls, polygons: NDArray[np.object_]) -> Self:
        west, south, east, north = shapely.total_bounds(polygons)
        boxes = shapely.bounds(polygons)
        width, height = max(east - west, 1e-12), max(north - south, 1e-12)
        overlap = np.nansum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])) / (width * height)
        cells = min(_MOST_CELLS, _MOST_ENTRIES / max(overlap, 1.0))
        columns = min(max(int(math.sqrt(cells * width / height)), 1), int(cells))
        rows = max(int(cells / columns), 1)
        wider = 1 + 1e-9  # so that the eastern and the northern end lie inside
        return cls(west, south, columns / (width * wider), rows / (height * wider), columns, rows)

    def places(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Coordinates in columns and rows."""
        return (x - self.west) * self.per_x, (y - self.south) * self.per_y

    def cells(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """The points on the raster: their positions, and the cell of each."""
        u, v = self.places(x, y)
        with np.errstate(invalid="ignore"):
            on = np.flatnonzero((u >= 0) & (u < self.columns) & (v >= 0) & (v < self.rows))
        return on, v[on].astype(np.int64) * self.columns + u[on].astype(np.int64)


class PolygonIndex:
    """Finds the polygons that points lie in.

    Args:
        polygons: valid Polygons and MultiPolygons, in any one CRS; they may overlap, have holes and touch. Empty and missing ones hold no point.
    """

    def __init__(self, polygons: NDArray[np.object_]) -> None:
        self._polygons = np.asarray(polygons, dtype=object)
        self._raster: _Raster | None = None
        if len(self._polygons) == 0 or bool(np.all(shapely.is_empty(self._polygons) | shapely.is_missing(self._polygons))):
            return
        shapely.prepare(self._polygons)
        self._raster = _Raster.over(self._polygons)
        edges = _Edges.of(self._polygons, self._raster)
        self._fill(self._raster, *_border(edges, self._raster), *_interior(edges, self._raster))

    def _fill(self, raster: _Raster, border_cells: Integers, border_of: Integers, inner_cells: Integers, inner_of: Integers) -> None:
        """What is known of each cell: `_codes` has the only polygon that it lies in, `_NONE`, or, from `_SEVERAL` down, a group of candidates."""
        size = raster.columns * raster.rows
        bordered = np.zeros(size, dtype=bool)
        bordered[border_cells] = True
        # A cell with a border of the very polygon is no inner cell of it.
        doubtful = np.flatnonzero(bordered[inner_cells])
        keep = np.ones(len(inner_cells), dtype=bool)
        keep[doubtful] = ~_among(inner_of[doubtful] * size + inner_cells[doubtful], border_of * size + border_cells)
        inner_cells, inner_of = inner_cells[keep], inner_of[keep]
        several = bordered | (np.bincount(inner_cells, minlength=size) > 1)
        self._codes = np.full(size, _NONE, dtype=np.int32)
        self._codes[inner_cells] = inner_of
        groups = np.flatnonzero(several)
        self._codes[groups] = _SEVERAL - np.arange(len(groups), dtype=np.int32)
        shared = several[inner_cells]
        cells = np.concatenate([border_cells, inner_cells[shared]])
        order = np.argsort(cells, kind="stable")
        self._candidates = np.concatenate([border_of, inner_of[shared]])[order]
        self._sure = (np.arange(len(cells)) >= len(border_cells))[order]
        self._starts = np.append(np.searchsorted(cells[order], groups), len(cells))

    def containing(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """The polygons that each point lies in; a point on a border lies in the polygon, as with PostGIS' ST_Intersects.

        Args:
            x: of each point, in the CRS of the polygons.
            y: of each point.

        Returns:
            Positions of points and of polygons, a pair for each polygon that a point lies in, sorted by both.
        """
        found = [self._slice(x[start : start + _SLICE], y[start : start + _SLICE], start) for start in range(0, len(x), _SLICE)]
        points, polygons = zip(*found, strict=True) if found else ((), ())
        return np.concatenate([np.empty(0, np.int64), *points]), np.concatenate([np.empty(0, np.int64), *polygons])

    def _slice(self, x: Floats, y: Floats, start: int) -> tuple[Integers, Integers]:
        if self._raster is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        points, cells = self._raster.cells(x, y)
        codes = self._codes[cells]
        alone = codes >= 0
        open_ = np.flatnonzero(codes <= _SEVERAL)
        groups = _SEVERAL - codes[open_].astype(np.int64)
        counts = self._starts[groups + 1] - self._starts[groups]
        entries = _ranges(self._starts[groups], counts)
        candidates, asked = self._candidates[entries], np.repeat(points[open_], counts)
        inside = self._sure[entries]
        test = np.flatnonzero(~inside)
        test = test[np.argsort(candidates[test], kind="stable")]  # a prepared polygon stays at hand while its points are tested
        inside[test] = shapely.intersects_xy(self._polygons[candidates[test]], x[asked[test]], y[asked[test]])
        found = np.concatenate([points[alone], asked[inside]])
        polygons = np.concatenate([codes[alone].astype(np.int64), candidates[inside]])
        order = np.lexsort((polygons, found))
        return found[order] + start, polygons[order]


@dataclass(frozen=True)
class _Edges:
    """The edges of polygons, in columns and rows: from (u0, v0) to (u1, v1), and whose they are."""

    u0: Floats
    v0: Floats
    u1: Floats
    v1: Floats
    polygon: Integers

    @classmethod
    def of(cls, polygons: NDArray[np.object_], raster: _Raster) -> Self:
        parts, part_of = shapely.get_parts(polygons, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        corners, corner_of = shapely.get_coordinates(rings, return_index=True)
        u, v = raster.places(corners[:, 0], corners[:, 1])
        starts = np.flatnonzero(corner_of[1:] == corner_of[:-1])
        return cls(u[starts], v[starts], u[starts + 1], v[starts + 1], part_of[ring_of[corner_of[starts]]].astype(np.int64))


def _border(edges: _Edges, raster: _Raster) -> tuple[Integers, Integers]:
    """Every cell that an edge passes through, once for each polygon: the cells, and whose border it is."""
    left, right = np.minimum(edges.u0, edges.u1), np.maximum(edges.u0, edges.u1)
    low, high = np.minimum(edges.v0, edges.v1), np.maximum(edges.v0, edges.v1)
    first = np.floor(left).astype(np.int64)
    counts = np.floor(right).astype(np.int64) - first + 1
    edge = np.repeat(np.arange(len(first)), counts)
    column = _ranges(first, counts)
    run = edges.u1 - edges.u0
    slope = np.divide(edges.v1 - edges.v0, run, out=np.zeros_like(run), where=run != 0)[edge]
    # Where the edge enters and leaves the column, a little wider; an upright edge takes all its rows.
    at = [np.clip(column + side, left[edge], right[edge]) for side in (-_MARGIN, 1 + _MARGIN)]
    heights = [edges.v0[edge] + (place - edges.u0[edge]) * slope for place in at]
    upright = run[edge] == 0
    bottom = np.where(upright, low[edge], np.clip(np.minimum(*heights) - _MARGIN, low[edge], high[edge]))
    top = np.where(upright, high[edge], np.clip(np.maximum(*heights) + _MARGIN, low[edge], high[edge]))
    lowest = np.floor(bottom).astype(np.int64)
    rises = np.floor(top).astype(np.int64) - lowest + 1
    size = raster.columns * raster.rows
    cells = _ranges(lowest, rises) * raster.columns + np.repeat(column, rises)
    keys = np.unique(np.repeat(edges.polygon[edge], rises) * size + cells)
    return keys % size, keys // size


def _interior(edges: _Edges, raster: _Raster) -> tuple[Integers, Integers]:
    """Every cell whose middle lies in a polygon: the cells, and in which."""
    low, high = np.minimum(edges.v0, edges.v1), np.maximum(edges.v0, edges.v1)
    first = np.ceil(low - 0.5).astype(np.int64)
    counts = np.ceil(high - 0.5).astype(np.int64) - first  # middles in [low, high): a corner on a middle line counts for one of its edges
    edge = np.repeat(np.arange(len(first)), counts)
    row = _ranges(first, counts)
    rise = edges.v1 - edges.v0
    slope = np.divide(edges.u1 - edges.u0, rise, out=np.zeros_like(rise), where=rise != 0)[edge]
    crossing = edges.u0[edge] + (row + 0.5 - edges.v0[edge]) * slope
    crossing = np.clip(crossing, np.minimum(edges.u0, edges.u1)[edge], np.maximum(edges.u0, edges.u1)[edge])
    polygon = edges.polygon[edge]
    order = np.lexsort((crossing, row, polygon))
    entering, leaving = order[0::2], order[1::2]
    column = np.ceil(crossing[entering] - 0.5).astype(np.int64)
    widths = np.maximum(np.ceil(crossing[leaving] - 0.5).astype(np.int64) - column, 0)
    cells = np.repeat(row[entering] * raster.columns, widths) + _ranges(column, widths)
    return cells, np.repeat(polygon[entering], widths)


def _ranges(starts: Integers, counts: Integers) -> Integers:
    """`counts` whole numbers from each of `starts` on, one after the other."""
    total = int(counts.sum())
    before = np.cumsum(counts) - counts
    return np.asarray(np.arange(total) + np.repeat(starts - before, counts), dtype=np.int64)


def _among(keys: Integers, sorted_keys: Integers) -> NDArray[np.bool_]:
    """Whether each key is among others, which are sorted."""
    places = np.minimum(np.searchsorted(sorted_keys, keys), max(len(sorted_keys) - 1, 0))
    return sorted_keys[places] == keys if len(sorted_keys) else np.zeros(len(keys), dtype=bool)
