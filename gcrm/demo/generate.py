"""Makes the files of the made-up company, from real surroundings and a fixed seed."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gcrm.demo import planted, structure
from gcrm.demo.accounts import Accounts, account_columns, draw_accounts
from gcrm.demo.campaigns import campaign_members_table, campaigns_table
from gcrm.demo.city import CitySurroundings, Plane, in_stable_order
from gcrm.demo.company import choose_shops, products_table, reps_table, shop_distance, sites_table
from gcrm.demo.contacts import Contacts, consents_table, contacts_table, draw_contacts
from gcrm.demo.damage import change_duplicates, damage_addresses
from gcrm.demo.engagement import activities_table, opportunities_table
from gcrm.demo.files import DemoFiles, files_in, written_at_once
from gcrm.demo.footfall import footfall_table
from gcrm.demo.leads import leads_table
from gcrm.demo.movement import draw_routes, routes_table, tracks_table
from gcrm.demo.network import network_of
from gcrm.demo.places import Places, find_places
from gcrm.demo.sales import plan_demand, write_orders
from gcrm.demo.service import cases_table
from gcrm.demo.tables import write_csv
from gcrm.demo.territories import partition, territories_geojson
from gcrm.demo.trends import plan_trends
from gcrm.errors import GcrmError

_SHORTEST_LAMBDA_M = 50.0


def generate(surroundings: CitySurroundings, folder: Path, *, scale: float = 1.0, seed: int = 20240501) -> DemoFiles:
    """Writes the files of the made-up company: the same bytes for the same surroundings, scale and seed.

    The files are for the ordinary import commands; nothing here touches a database.

    Args:
        surroundings: the layers of the city, EPSG:4326.
        folder: where the files go; what an earlier run wrote there is replaced when everything is ready.
        scale: 1 makes 12,000 accounts and 120,000 orders; territories, reps, products, footfall and tracks are the same at every scale.
        seed: of the random numbers.

    Returns:
        The paths of the files.

    Raises:
        LayerError: the city has neither addresses nor buildings.
        ExportError: the folder holds something else.
        GcrmError: the scale is out of range.
    """
    if not structure.SMALLEST_SCALE <= scale <= structure.LARGEST_SCALE:
        raise GcrmError(f"A company of scale {scale:g} cannot be made; choose a scale from {structure.SMALLEST_SCALE:g} to {structure.LARGEST_SCALE:g}.")
    city = in_stable_order(surroundings)
    places, plane = find_places(city)
    with written_at_once(folder) as files:
        _write_surroundings(files, city, places, plane, seed)
        _write_company(files, city, places, plane, scale, seed)
    return files_in(folder)


def _write_surroundings(files: DemoFiles, city: CitySurroundings, places: Places, plane: Plane, seed: int) -> None:
    """Footfall and routes of movement."""
    network = network_of(city, plane)
    write_csv(footfall_table(city, network, plane, seed), files.footfall)
    routes = draw_routes(city, network, places, plane, seed)
    write_csv(tracks_table(routes, network, plane, seed), files.tracks)
    write_csv(routes_table(routes, network), files.planted_routes)


def _write_company(files: DemoFiles, city: CitySurroundings, places: Places, plane: Plane, scale: float, seed: int) -> None:
    """Territories, reps, products, accounts and all that hangs on them, and the ground truth."""
    territories = partition(places, plane, seed)
    shops = choose_shops(city, places, plane)
    distance = shop_distance(places.xy, shops)
    lambda_m = max(_SHORTEST_LAMBDA_M, round(float(np.median(distance)), -1))
    nearness = np.exp(-distance / lambda_m)
    trends = plan_trends(places, territories.share * nearness)
    accounts = draw_accounts(places, territories.share, trends.declining, scale, seed)
    _write_json(territories_geojson(territories), files.territories)
    write_csv(reps_table(territories, places, seed), files.reps)
    write_csv(products_table(), files.products)
    write_csv(sites_table(shops), files.sites)
    about = {"scale": scale, "seed": seed, "accounts": len(accounts)}
    duplicates, damage = _write_accounts(files, accounts, places, seed)
    truth = planted.ground_truth(about, planted.of_city(shops, lambda_m, territories, trends, accounts), duplicates, damage)
    _write_json(truth, files.planted)
    contacts = _write_people(files, accounts, seed)
    write_csv(activities_table(accounts, territories, scale, seed), files.activities)
    write_csv(opportunities_table(accounts, territories, nearness, scale, seed), files.opportunities)
    write_csv(leads_table(places, territories.share, scale, seed), files.leads)
    write_csv(cases_table(accounts, trends.declining, territories, scale, seed), files.cases)
    write_orders(files.orders, accounts, plan_demand(accounts, nearness, trends.factor_of_place, seed), scale, seed)
    write_csv(campaigns_table(scale), files.campaigns)
    write_csv(campaign_members_table(accounts, contacts, nearness, files.orders, seed), files.campaign_members)


def _write_accounts(files: DemoFiles, accounts: Accounts, places: Places, seed: int) -> tuple[list[dict[str, str]], list[dict[str, object]]]:
    """Accounts and their true positions; gives the duplicates and the damaged addresses among them."""
    columns = account_columns(accounts, places)
    duplicates = change_duplicates(columns, accounts, seed)
    damage = damage_addresses(columns, accounts, places, seed)
    write_csv(pa.table(columns), files.accounts)
    pq.write_table(planted.positions_table(accounts, places), files.planted_positions, compression="zstd")
    return duplicates, damage


def _write_people(files: DemoFiles, accounts: Accounts, seed: int) -> Contacts:
    contacts = draw_contacts(accounts, seed)
    write_csv(contacts_table(contacts, accounts), files.contacts)
    write_csv(consents_table(contacts, seed), files.consents)
    return contacts


def _write_json(content: dict[str, object], path: Path) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
