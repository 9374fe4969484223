"""Real tables of places and people, with their traps, each by the ordinary command and a mapping of a few lines."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from tests.integration.command_line import well
from tests.integration.records import empty, rows, value

MAPPINGS = Path(__file__).parents[1] / "data" / "real"
_PRECISE = 1e-5
"""Degrees: a metre."""

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _no_records(database: None) -> None:
    del database
    empty()


def import_it(what: str, path: Path, mapping: str) -> str:
    """What `gcrm import` prints."""
    return well("import", what, path, "--map", MAPPINGS / f"{mapping}.yaml")


def points(source: str) -> dict[str, tuple[float, float]]:
    found = rows("SELECT source_key, ST_X(position), ST_Y(position) FROM gcrm.accounts WHERE source = %s AND position IS NOT NULL", source)
    return {key: (x, y) for key, x, y in found}


def near(found: dict[str, tuple[float, float]], wanted: dict[str, tuple[float, float]]) -> bool:
    return found.keys() == wanted.keys() and all(abs(found[key][0] - x) < _PRECISE and abs(found[key][1] - y) < _PRECISE for key, (x, y) in wanted.items())


def test_childcare_sites_of_chicago(real_data: Path) -> None:
    path = real_data / "chicago_dedupe/csv_example_messy_input.csv"
    table = pd.read_csv(path, dtype="string", keep_default_na=False)
    out = import_it("accounts", path, "chicago_childcare")
    stored = dict(rows("SELECT source_key, name FROM gcrm.accounts"))
    named = {key for key, name in zip(table["Id"], table["Site name"], strict=True) if name.strip()}
    assert stored.keys() == named
    assert value("SELECT count(*) FROM gcrm.quarantine") == len(table) - len(named)
    assert "  " not in "".join(stored.values())
    # What looks like a telephone number of the United States is one; the rest is kept as it was given, with a warning.
    phones = dict(rows("SELECT source_key, phone FROM gcrm.accounts WHERE phone IS NOT NULL"))
    doubtful = {key for (key,) in rows("SELECT source_key FROM gcrm.warnings WHERE field = 'phone'")}
    assert all(phones[key].startswith("+1") for key in phones.keys() - doubtful)
    assert {key for key, phone in zip(table["Id"], table["Phone"], strict=True) if phone.strip()} & named == phones.keys()
    assert "3,337 read" in out


def test_restaurants_without_a_key(real_data: Path) -> None:
    path = real_data / "fodors_zagat/restaurant.csv"
    import_it("accounts", path, "restaurants")
    assert value("SELECT count(*) FROM gcrm.accounts") == 864
    assert "864 unchanged" in import_it("accounts", path, "restaurants")
    assert value("SELECT phone FROM gcrm.accounts WHERE street = '12224 ventura blvd.' LIMIT 1") == "+18187621221"


def test_customers_and_their_purchases_out_of_one_file(real_data: Path) -> None:
    path = real_data / "cdnow/CDNOW_sample.txt"
    table = pd.read_csv(path, sep=r"\s+", header=None, dtype="string")
    import_it("all", path, "cdnow")
    assert value("SELECT count(*) FROM gcrm.accounts") == table[1].nunique()
    lines = table.drop_duplicates([1, 2, 3, 4])
    assert value("SELECT count(*) FROM gcrm.orders") == len(lines)
    assert value("SELECT count(*) FROM gcrm.quarantine WHERE object = 'orders'") == len(table) - len(lines)
    assert float(value("SELECT sum(revenue) FROM gcrm.orders")) == pytest.approx(lines[4].astype(float).sum())
    assert value("SELECT count(DISTINCT job_id) FROM gcrm.imports") == 1
    assert value("SELECT rows_skipped FROM gcrm.imports WHERE object = 'accounts'") == len(table) - table[1].nunique()


def test_store_openings(real_data: Path) -> None:
    path = real_data / "us/1962_2006_walmart_store_openings.csv"
    table = pd.read_csv(path, dtype={"storenum": "string", "ZIPCODE": "string"})
    import_it("accounts", path, "walmart")
    assert near(points("walmart"), dict(zip(table["storenum"], zip(table["LON"], table["LAT"], strict=True), strict=True)))
    postcodes = dict(rows("SELECT source_key, postcode FROM gcrm.accounts"))
    assert all(postcodes[key] == given.zfill(5) for key, given in zip(table["storenum"], table["ZIPCODE"], strict=True) if len(given) >= 4)


def test_addresses_in_one_line(real_data: Path) -> None:
    import_it("accounts", real_data / "helsinki/addresses.txt", "helsinki_addresses")
    assert value("SELECT count(*) FROM gcrm.accounts WHERE street LIKE '%, Finland'") == 34
    assert value("SELECT street FROM gcrm.accounts WHERE source_key = '1000'") == "Itämerenkatu 14, 00101 Helsinki, Finland"


def test_addresses_with_points_in_a_layer(real_data: Path) -> None:
    wanted = gpd.read_file(real_data / "helsinki/addresses.gpkg", layer="addresses")
    import_it("accounts", real_data / "helsinki/addresses.gpkg", "helsinki_found")
    found = rows("SELECT name, ST_X(position), ST_Y(position) FROM gcrm.accounts")
    assert sorted(name for name, _, _ in found) == sorted(wanted["address"])
    assert sum(x for _, x, _ in found) == pytest.approx(wanted.geometry.x.sum())


@pytest.mark.parametrize(
    ("file", "mapping", "key", "count"),
    [("Freiburg_KuJAerzte_Point.shp", "freiburg_doctors", "LfdNr", 31), ("Haslach_supermarkets.shp", "freiburg_supermarkets", "LFDNR", 8)],
)
def test_shapefiles_of_freiburg(real_data: Path, file: str, mapping: str, key: str, count: int) -> None:
    path = real_data / "huff_freiburg" / file
    import_it("accounts", path, mapping)
    wanted = gpd.read_file(path).to_crs(4326)
    keys = [str(int(number)) if isinstance(number, float) else str(number) for number in wanted[key]]
    assert near(points(mapping.replace("_", "-")), dict(zip(keys, zip(wanted.geometry.x, wanted.geometry.y, strict=True), strict=True)))
    assert value("SELECT count(*) FROM gcrm.accounts WHERE country_code = 'DE'") == count
    assert not value("SELECT count(*) FROM gcrm.accounts WHERE name LIKE '%Ã%' OR street LIKE '%Ã%'")


def test_districts_as_territories(real_data: Path) -> None:
    path = real_data / "helsinki/helsinki_city_districts_2021.gpkg"
    import_it("territories", path, "helsinki_districts")
    wanted = gpd.read_file(path)
    found = dict(rows("SELECT name, ST_Area(boundary::geography) FROM gcrm.territories"))
    areas = dict(zip(wanted["name"], wanted.to_crs(3067).area, strict=True))
    assert found.keys() == areas.keys()
    assert all(found[name] == pytest.approx(area, rel=1e-2) for name, area in areas.items())


def test_municipalities_of_brazil(real_data: Path) -> None:
    path = real_data / "saopaulo/municipios.csv"
    table = pd.read_csv(path, dtype={"codigo_ibge": "string"})
    import_it("accounts", path, "brazil_municipalities")
    assert near(points("brazil"), dict(zip(table["codigo_ibge"], zip(table["longitude"], table["latitude"], strict=True), strict=True)))


@pytest.mark.parametrize("path", sorted(path.stem for path in MAPPINGS.glob("*.yaml")))
def test_every_mapping_says_what_it_is_for(path: str) -> None:
    assert (MAPPINGS / f"{path}.yaml").read_text().startswith("# ")
