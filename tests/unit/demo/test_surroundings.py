"""Territories partition the city; footfall and routes of movement lie on its real streets."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from gcrm.demo.city import CitySurroundings
from tests.unit.demo.company import Company

UTM = 32635


def test_territories_cover_every_address_without_overlap_or_gap(company: Company, helsinki: CitySurroundings) -> None:
    territories = gpd.read_file(company.files.territories)
    shapes = territories.to_crs(UTM).geometry
    whole = shapely.union_all(shapes.to_numpy())
    assert shapes.is_valid.all()
    assert abs(shapes.area.sum() - whole.area) < 1.0
    assert whole.geom_type == "Polygon"
    assert shapely.get_num_interior_rings(whole) == 0
    assert (shapely.get_num_geometries(territories.geometry.to_numpy()) == 1).all()
    addresses = helsinki.address_points.sjoin(territories, predicate="within")
    assert len(addresses) == len(helsinki.address_points)
    assert addresses.index.is_unique


def test_accounts_lie_in_the_territory_they_are_counted_in(company: Company) -> None:
    territories = gpd.read_file(company.files.territories)
    positions = gpd.GeoDataFrame(company.positions, geometry=gpd.points_from_xy(company.positions.longitude, company.positions.latitude), crs=4326)
    counts = positions.sjoin(territories, predicate="within")["territory_key"].value_counts()
    assert counts.to_dict() == company.truth["territories"]["accounts"]


def test_reps_live_in_their_territory(company: Company) -> None:
    territories = gpd.read_file(company.files.territories).set_index("territory_key")
    reps = pd.read_csv(company.files.reps)
    assert reps["territory_key"].value_counts().eq(2).all()
    homes = gpd.GeoSeries(gpd.points_from_xy(reps["longitude"], reps["latitude"]), crs=4326)
    assert homes.within(gpd.GeoSeries(territories.geometry.loc[reps["territory_key"]].to_numpy(), crs=4326)).all()


def _tracks(company: Company) -> gpd.GeoDataFrame:
    tracks = pd.read_csv(company.files.tracks, parse_dates=["recorded_at"])
    return gpd.GeoDataFrame(tracks, geometry=gpd.points_from_xy(tracks.longitude, tracks.latitude), crs=4326).to_crs(UTM)


def test_true_routes_run_along_streets(company: Company, helsinki: CitySurroundings) -> None:
    routes = pd.read_csv(company.files.planted_routes)
    lines = gpd.GeoSeries.from_wkt(routes["way"], crs=4326).to_crs(UTM)
    streets = shapely.union_all(helsinki.roads.to_crs(UTM).geometry.buffer(0.5).to_numpy())
    assert len(routes) == 3000
    assert shapely.within(lines.to_numpy(), streets).all()
    assert np.allclose(lines.length, routes["length_m"], atol=1)
    assert routes["mode"].value_counts().to_dict() == {"walk": 2100, "bicycle": 900}
    assert routes["way"].nunique() > 300


def test_positions_lie_within_noise_of_their_route(company: Company) -> None:
    tracks, routes = _tracks(company), pd.read_csv(company.files.planted_routes).set_index("track_key")
    lines = gpd.GeoSeries.from_wkt(routes["way"], crs=4326).to_crs(UTM)
    off = tracks.geometry.distance(lines.reindex(tracks["track_key"]).set_axis(tracks.index))
    assert off.max() < 5 * 8
    assert (off < 16).mean() > 0.95
    # Across the street only one of the two directions of the error shows.
    assert 3.5 < np.sqrt((off**2).mean()) < 8


def test_tracks_move_at_the_pace_of_people(company: Company) -> None:
    tracks, routes = _tracks(company), pd.read_csv(company.files.planted_routes).set_index("track_key")
    gaps = tracks.groupby("track_key")["recorded_at"].diff().dt.total_seconds().dropna()
    assert gaps.between(1, 20).all()
    assert gaps.between(5, 15).mean() > 0.95
    by_track = tracks.groupby("track_key")["recorded_at"]
    duration = (by_track.max() - by_track.min()).dt.total_seconds()
    speed = (routes["length_m"] / duration).groupby(routes["mode"]).mean()
    assert 1.2 < speed["walk"] < 1.5
    assert 4.0 < speed["bicycle"] < 5.0


def test_footfall_is_a_full_week_in_each_cell_and_peaks_near_shops(company: Company, helsinki: CitySurroundings) -> None:
    footfall = pd.read_csv(company.files.footfall)
    assert all(h3.is_valid_cell(cell) and h3.get_resolution(cell) == 10 for cell in footfall["cell"].unique())
    assert footfall.groupby("cell").size().eq(168).all()
    assert not footfall.duplicated(["cell", "weekday", "hour"]).any()
    assert (footfall["people_per_hour"] >= 0).all()
    busy = footfall.groupby("cell")["people_per_hour"].mean()
    shops = pd.Series([h3.latlng_to_cell(point.y, point.x, 10) for point in helsinki.shops.geometry]).value_counts().reindex(busy.index, fill_value=0)
    assert np.corrcoef(shops, busy)[0, 1] > 0.7
    quiet_cells = footfall[footfall["cell"].isin(shops.index[(shops == 0)]) & (footfall["weekday"] <= 5)]
    by_hour = footfall[footfall["weekday"] <= 5].groupby("hour")["people_per_hour"].mean()
    assert by_hour[3] < 0.2 * by_hour[17]
    streets = quiet_cells[quiet_cells["cell"].isin(busy.nsmallest(20).index)].groupby("hour")["people_per_hour"].mean()
    assert set(streets.nlargest(2).index) <= {7, 8, 9, 16, 17, 18}
