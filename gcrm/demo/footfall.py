"""The floating population: people per hour in each cell, for each hour of the week."""

import h3ronpy
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gcrm.demo.city import CitySurroundings, Floats, Plane, point_coordinates
from gcrm.demo.network import MAIN, Network
from gcrm.demo.tables import stream
from gcrm.demo.territories import cells_at
from gcrm.units import FINEST_LEVEL

MOST_CELLS = 2_000
"""The busiest cells; elsewhere nobody counted."""
PEOPLE_PER_POINT = 10.0
POINT_PER_SHOP = 4.0
POINT_PER_SHOP_NEXT_DOOR = 1.0
POINT_PER_MAIN_ROAD_M = 0.02
NOISE = 0.10
"""Every number is multiplied by an evenly distributed one between 1 - NOISE and 1 + NOISE."""

_HOURS = np.arange(24)
WORKDAY_PEAKS = (8, 17)
SHOPPING_PEAKS = (12, 16)


def _bump(peak: int, width: float) -> Floats:
    return np.asarray(np.exp(-(((_HOURS - peak) / width) ** 2) / 2))


def profiles() -> tuple[Floats, Floats]:
    """The course of the week near main streets and near shops, each of shape (7, 24), Monday first, the largest hour about 1."""
    commuting = 0.05 + 0.95 * _bump(WORKDAY_PEAKS[0], 1.2) + 0.95 * _bump(WORKDAY_PEAKS[1], 1.5) + 0.35 * _bump(12, 2.5)
    quiet = 0.05 + 0.45 * _bump(15, 4.0)
    shopping = 0.02 + 0.6 * _bump(SHOPPING_PEAKS[0], 1.8) + 0.8 * _bump(SHOPPING_PEAKS[1], 2.2)
    main = np.vstack([commuting] * 5 + [quiet, 0.8 * quiet])
    shops = np.vstack([0.8 * shopping] * 4 + [shopping, 1.25 * shopping, 0.5 * shopping])
    return main, shops


def footfall_table(city: CitySurroundings, network: Network, plane: Plane, seed: int) -> pa.Table:
    """One row per cell of level 10, weekday (1 to 7, Monday first) and hour (0 to 23): cell (hex), people_per_hour."""
    cells = _attraction(city, network, plane)
    random = stream(seed, "footfall")
    main, shops = (profile.reshape(1, -1) for profile in profiles())
    share = (cells.shop_points / cells.points).to_numpy()[:, None]
    people = PEOPLE_PER_POINT * cells.points.to_numpy()[:, None] * ((1 - share) * main + share * shops)
    people *= random.uniform(1 - NOISE, 1 + NOISE, size=people.shape)
    hours = np.tile(np.arange(168), len(cells))
    text = pa.array(h3ronpy.cells_to_string(pa.array(cells.index.to_numpy(np.int64).view(np.uint64))))
    return pa.table(
        {
            "cell": pc.cast(text, pa.string()).take(pa.array(np.repeat(np.arange(len(cells)), 168))),
            "weekday": pa.array(hours // 24 + 1),
            "hour": pa.array(hours % 24),
            "people_per_hour": pa.array(people.ravel().round(1)),
        }
    )


def _attraction(city: CitySurroundings, network: Network, plane: Plane) -> pd.DataFrame:
    """Points and shop_points of each cell that has a street or a shop: 1 for the street, more for shops in it and next door, and main streets."""
    middle = network.xy[network.ends].mean(axis=1) if len(network.ends) else np.empty((0, 2))
    piece_cell = cells_at(plane.to_degrees(middle), FINEST_LEVEL) if len(middle) else np.empty(0, dtype=np.int64)
    shop_cell = cells_at(point_coordinates(city.shops), FINEST_LEVEL) if len(city.shops) else np.empty(0, dtype=np.int64)
    is_main = city.roads["class"].isin(MAIN).to_numpy(bool)[network.road]
    cells = pd.DataFrame(index=pd.Index(np.union1d(piece_cell, shop_cell), name="cell"))
    main_m = pd.Series(network.length_m * is_main).groupby(piece_cell).sum()
    shops = pd.Series(1.0, index=shop_cell).groupby(level=0).sum()
    disk = np.asarray(h3ronpy.grid_disk(pa.array(shop_cell.view(np.uint64)), 1, flatten=True), dtype=np.uint64).view(np.int64)
    around = pd.Series(1.0, index=disk).groupby(level=0).sum()
    at_shop = shops.reindex(cells.index, fill_value=0.0)
    next_door = around.reindex(cells.index, fill_value=0.0) - at_shop
    cells["shop_points"] = POINT_PER_SHOP * at_shop + POINT_PER_SHOP_NEXT_DOOR * next_door
    cells["points"] = (1 + cells.shop_points + POINT_PER_MAIN_ROAD_M * main_m.reindex(cells.index, fill_value=0.0)).round(6)
    busiest = cells.sort_values("points", ascending=False, kind="stable").head(MOST_CELLS)
    return busiest.sort_index()
