"""AdventureWorks by the ordinary commands: every row is stored or in quarantine, true coordinates become cells, cube and map."""

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube
from gcrm.units import LEVELS

MAPPINGS = Path(__file__).parents[1] / "data" / "adventureworks"
FILES = (
    ("territories", "SalesTerritory.csv", "territories", 10),
    ("reps", "SalesPerson.csv", "reps", 17),
    ("accounts", "Store.csv", "stores", 701),
    ("accounts", "Customer.csv", "customers", 19_820),
    ("accounts", "ProspectiveBuyer.csv", "prospects", 2_059),
)
Cli = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.usefixtures("adventureworks")


@pytest.fixture(scope="module")
def adventureworks(database: None, real_data: Path, run_cli: Cli) -> Path:
    """The files, imported, geocoded, enriched and rolled up by commands alone."""
    del database
    folder = real_data / "adventureworks"
    for name, file, mapping, _ in FILES:
        done = run_cli("import", name, folder / file, "--map", MAPPINGS / f"{mapping}.yaml")
        assert done.returncode == 0, done.stderr
    for command in (["geocode"], ["enrich"], ["cube", "build"]):
        done = run_cli(*command)
        assert done.returncode == 0, done.stderr
    return folder


def _value(query: str) -> object:
    with connect(Role.WRITER) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.mark.parametrize(("name", "file", "mapping", "records"), FILES)
def test_every_line_is_stored_or_in_quarantine(adventureworks: Path, name: str, file: str, mapping: str, records: int) -> None:
    del mapping
    lines = (adventureworks / file).read_bytes().count(b"\n")
    assert lines == records
    with connect(Role.WRITER) as connection:
        journal = connection.execute(
            "SELECT rows_read, rows_created, rows_refused FROM gcrm.imports WHERE object = %s AND file_name = %s ORDER BY import_id DESC LIMIT 1", [name, file]
        ).fetchone()
        quarantined = connection.execute("SELECT count(*) FROM gcrm.quarantine WHERE file_name = %s", [file]).fetchone()
    assert journal is not None
    assert quarantined is not None
    read, created, refused = journal
    assert read == lines
    assert created + refused == lines
    assert quarantined[0] == refused


def test_the_counts_are_those_of_the_company() -> None:
    assert _value("SELECT count(*) FROM gcrm.accounts WHERE source_key LIKE 'AW%'") == 19_820
    assert _value("SELECT count(*) FROM gcrm.accounts WHERE source_key LIKE 'store-%'") == 701
    assert _value("SELECT count(*) FROM gcrm.accounts WHERE status = 'prospect'") == 2_059
    assert _value("SELECT count(*) FROM gcrm.territories") == 10
    assert _value("SELECT count(*) FROM gcrm.accounts WHERE parent_account_id IS NOT NULL") == 701 + 635


def _addresses(folder: Path) -> dict[str, tuple[float, float, str]]:
    """Longitude, latitude and city of the first address of each business entity, decoded by other means than the import's."""
    points = {}
    for line in (folder / "Address.csv").read_text(encoding="utf-8").splitlines():
        key, *_, city, _, _, packed, _, _ = line.split("\t")
        srid, version, flags, latitude, longitude = struct.unpack("<iBBdd", bytes.fromhex(packed))
        assert (srid, version, flags) == (4326, 1, 12)
        points[key] = (longitude, latitude, city)
    links: dict[str, str] = {}
    for line in (folder / "BusinessEntityAddress.csv").read_text(encoding="utf-8").splitlines():
        entity, address, *_ = line.split("+|")
        links.setdefault(entity, address)  # a store may have several addresses: the first one counts
    return {entity: points[address] for entity, address in links.items()}


def _owned(folder: Path) -> dict[str, tuple[float, float, str]]:
    """Longitude, latitude and city of each customer and store, by its key."""
    addresses = _addresses(folder)
    stores = {line.split("+|")[0] for line in (folder / "Store.csv").read_text(encoding="utf-8").split("&|")}
    owned = {f"store-{key.strip()}": addresses[key.strip()] for key in stores if key.strip()}
    for line in (folder / "Customer.csv").read_text(encoding="utf-8").splitlines():
        _, person, store, _, number, *_ = line.split("\t")
        owned[number] = addresses[person if person in addresses else store]
    return owned


def test_positions_are_those_of_the_file(adventureworks: Path) -> None:
    owned = _owned(adventureworks)
    with connect(Role.WRITER) as connection:
        stored = connection.execute("SELECT source_key, ST_X(position), ST_Y(position), city FROM gcrm.accounts WHERE status = 'customer'").fetchall()
    assert len(stored) == 19_820 + 701
    for key, longitude, latitude, city in stored:
        x, y, place = owned[key]
        assert (longitude, latitude, city) == ((None, None, place) if (x, y) == (0, 0) else (x, y, place))  # 0/0 is no place, and is left to the geocoder


@pytest.mark.parametrize(
    ("city", "country", "longitude", "latitude", "apart"),
    [("Bothell", "US", -122.2, 47.76, 0.2), ("Paris", "FR", 2.35, 48.85, 0.7), ("Sydney", "AU", 151.2, -33.87, 0.8), ("Berlin", "DE", 13.4, 52.5, 0.7)],
)
def test_cities_lie_where_they_lie(city: str, country: str, longitude: float, latitude: float, apart: float) -> None:
    where = f"FROM gcrm.accounts WHERE city = '{city}' AND country_code = '{country}' AND position IS NOT NULL"
    assert _value(f"SELECT count(*) {where}")
    assert _value(f"SELECT abs(percentile_disc(0.5) WITHIN GROUP (ORDER BY ST_X(position)) - {longitude}) < {apart} {where}")
    assert _value(f"SELECT abs(percentile_disc(0.5) WITHIN GROUP (ORDER BY ST_Y(position)) - {latitude}) < {apart} {where}")


def test_prospects_have_their_addresses_and_no_positions(adventureworks: Path) -> None:
    line = (adventureworks / "ProspectiveBuyer.csv").read_text(encoding="utf-8").splitlines()[2].split("|")
    with connect(Role.WRITER) as connection:
        stored = connection.execute("SELECT name, street, city, postcode, phone, email, position FROM gcrm.accounts WHERE source_key = 'prospect-3'").fetchone()
    assert stored == (f"{line[2]} {line[4]}", line[16], line[18], line[20], "+15005550143", line[8], None)
    assert line[21] == "1 (11) 500 555-0143"


def test_customers_have_their_mail_and_telephone(adventureworks: Path) -> None:
    mail = dict(line.split("+|")[0:3:2] for line in (adventureworks / "EmailAddress.csv").read_text(encoding="utf-8").splitlines())
    person = next(line.split("\t") for line in (adventureworks / "Customer.csv").read_text(encoding="utf-8").splitlines() if line.startswith("11000\t"))
    with connect(Role.WRITER) as connection:
        stored = connection.execute("SELECT email, phone IS NOT NULL FROM gcrm.accounts WHERE source_key = %s", [person[4]]).fetchone()
    assert stored == (mail[person[1]], True)


def test_reps_serve_their_territories() -> None:
    assert _value("SELECT count(*) FROM gcrm.reps WHERE territory_id IS NOT NULL") == 14
    assert _value("SELECT count(DISTINCT email) FROM gcrm.reps") == 17
    assert _value("SELECT count(*) FROM gcrm.regions") == 3


def test_a_person_without_an_address_has_that_of_the_store() -> None:
    assert _value("SELECT count(*) FROM gcrm.accounts WHERE source_key LIKE 'AW%' AND street IS NULL") == 0
    apart = """
        SELECT count(*) FROM gcrm.accounts a JOIN gcrm.accounts store ON store.account_id = a.parent_account_id
        WHERE a.position IS DISTINCT FROM store.position
    """
    assert _value(apart) == 0


def test_the_territory_that_the_file_names_stands() -> None:
    assert _value("SELECT count(*) FROM gcrm.accounts WHERE source_key LIKE 'AW%' AND territory_given AND territory_id IS NOT NULL") == 19_820


@pytest.mark.parametrize("level", LEVELS)
def test_the_cube_has_every_account_at_every_level(adventureworks: Path, level: int) -> None:
    nowhere = sum(point[:2] == (0, 0) for point in _owned(adventureworks).values())
    answer = ask_cube(CubeQuery.parse(f"place:{level}", measures="accounts"), Scope.everything()).table.to_pandas()
    assert answer["accounts"].sum() == 22_580
    assert answer.loc[answer["cell"].isna(), "accounts"].sum() == 2_059 + nowhere
    assert answer["cell"].nunique() > 100


def test_the_cube_lies_where_it_was_published() -> None:
    assert (settings().cubes / "current").is_file()


def test_importing_again_changes_nothing(adventureworks: Path, run_cli: Cli) -> None:
    before = _value("SELECT md5(string_agg(a::text, '' ORDER BY account_id)) FROM gcrm.accounts a")
    done = run_cli("import", "accounts", adventureworks / "Customer.csv", "--map", MAPPINGS / "customers.yaml")
    assert "0 created, 0 updated, 19,820 unchanged, 0 refused" in done.stdout
    assert _value("SELECT md5(string_agg(a::text, '' ORDER BY account_id)) FROM gcrm.accounts a") == before
