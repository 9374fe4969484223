"""The made-up company: its shops, its products, its reps."""

import numpy as np
import pandas as pd
import pyarrow as pa

from gcrm.demo import structure
from gcrm.demo.city import CitySurroundings, Floats, Plane, point_coordinates
from gcrm.demo.places import Places
from gcrm.demo.tables import draw_weighted, flags, keys, money, stream
from gcrm.demo.territories import Territories

_MOST_CANDIDATES = 300


def choose_shops(city: CitySurroundings, places: Places, plane: Plane) -> pd.DataFrame:
    """The company's SHOP_COUNT shops: greedily those locations of real shops from which the places are nearest.

    Where the city has fewer shops, they stand at places.

    Returns:
        longitude, latitude (degrees, EPSG:4326), x, y (metres).
    """
    degrees = point_coordinates(city.shops) if len(city.shops) >= structure.SHOP_COUNT else places.degrees
    degrees = np.unique(degrees, axis=0)
    degrees = degrees[:: len(degrees) // _MOST_CANDIDATES + 1]
    xy = plane.to_metres(degrees[:, 0], degrees[:, 1])
    nearest = np.full(len(places), np.inf)
    picked: list[int] = []
    for _ in range(min(structure.SHOP_COUNT, len(xy))):
        total = [round(float(np.minimum(nearest, _distance(places.xy, shop)).sum()), 3) for shop in xy]
        picked.append(int(np.argmin(total)))
        nearest = np.minimum(nearest, _distance(places.xy, xy[picked[-1]]))
    return pd.DataFrame(np.hstack([degrees[picked], xy[picked]]), columns=["longitude", "latitude", "x", "y"])


def _distance(xy: Floats, point: Floats) -> Floats:
    return np.asarray(np.hypot(xy[:, 0] - point[0], xy[:, 1] - point[1]), dtype=np.float64)


def shop_distance(xy: Floats, shops: pd.DataFrame) -> Floats:
    """Metres from each point to the nearest of the company's shops, as the crow flies."""
    distances = np.array([_distance(xy, shop) for shop in shops[["x", "y"]].to_numpy(np.float64)])
    return np.asarray(distances.min(axis=0), dtype=np.float64)


def sites_table(shops: pd.DataFrame) -> pa.Table:
    """The company's shops as sites: site_key, name, longitude, latitude (degrees, EPSG:4326).

    Args:
        shops: from `choose_shops`.
    """
    numbers = range(1, len(shops) + 1)
    named = pd.DataFrame({"site_key": [f"shop-{number}" for number in numbers], "name": [f"Sample shop {number}" for number in numbers]})
    return pa.Table.from_pandas(named.assign(longitude=shops["longitude"].to_numpy(), latitude=shops["latitude"].to_numpy()), preserve_index=False)


def products() -> pd.DataFrame:
    """One row per product: name, category (position in CATEGORIES), price and cost in cents."""
    rows = []
    for position, category in enumerate(structure.CATEGORIES):
        count, low, high, cost = structure.PRODUCTS_OF[category]
        for number in range(count):
            price = 100 * (low + (high - low) * number // (count - 1)) - 10
            rows.append((f"{category.capitalize()} model {number + 1:02d}", position, price, round(price * cost)))
    return pd.DataFrame(rows, columns=["name", "category", "price", "cost"])


def products_table() -> pa.Table:
    """The products as they are imported."""
    frame = products()
    return pa.table(
        {
            "product_key": keys("P", np.arange(1, len(frame) + 1), 3),
            "name": frame["name"].tolist(),
            "category": [structure.CATEGORIES[position] for position in frame.category],
            "unit_price": money(frame.price.to_numpy(np.int64)),
            "unit_cost": money(frame.cost.to_numpy(np.int64)),
            "currency": [structure.CURRENCY] * len(frame),
            "made_up": flags(len(frame)),
        }
    )


def reps_table(territories: Territories, places: Places, seed: int) -> pa.Table:
    """REPS_PER_TERRITORY reps of each territory, who live at places of it."""
    count = len(territories.keys) * structure.REPS_PER_TERRITORY
    territory = np.arange(count) // structure.REPS_PER_TERRITORY
    chance = stream(seed, "territories").random(count)
    homes = []
    for position, luck in zip(territory, chance, strict=True):
        inside = (territories.of_place == position).astype(np.float64)
        homes.append(int(draw_weighted(inside if inside.any() else territories.share, np.array([luck]))[0]))
    number = np.arange(1, count + 1)
    return pa.table(
        {
            "rep_key": keys("R", number, 2),
            "name": keys("Rep ", number, 2),
            "email": [f"rep.{each:02d}@{structure.DOMAIN}" for each in number],
            "territory_key": pa.array(territories.keys).take(pa.array(territory)),
            "longitude": places.degrees[homes, 0],
            "latitude": places.degrees[homes, 1],
            "made_up": flags(count),
        }
    )
