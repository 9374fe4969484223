"""Tracks of contacts: only with a consent to this purpose, and gone with it."""

from pathlib import Path

import pytest

from gcrm.db.connection import Role, connect
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("database")

_METRE = 1 / 111_195
"""Degrees of latitude."""

_MINE = "FROM gcrm.{} JOIN gcrm.contacts USING (contact_id) WHERE source_key = 'p1'"


@pytest.fixture
def consents(tmp_path: Path) -> Path:
    """One consents to movement, one to marketing only, one has withdrawn."""
    empty()
    import_shop("territories", "reps", "accounts", "contacts")
    path = tmp_path / "consents.csv"
    path.write_text(
        "consent_id,contact,purpose,channel,given,recorded_at\n"
        "m1,p1,movement,any,yes,2025-01-01T12:00Z\n"
        "m2,p2,marketing,any,yes,2025-01-01T12:00Z\n"
        "m3,p3,movement,any,yes,2025-01-01T12:00Z\n"
        "m4,p3,movement,mail,no,2025-02-01T12:00Z\n"
    )
    well("import", "consents", path)
    return path


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """Three contacts: on three days from home to a place 2 km to the north and back, the nights at home; a position each minute, told in UTC."""
    lines = ["track_key,recorded_at,longitude,latitude,contact_key"]
    for contact in ("p1", "p2", "p3"):
        for day in (10, 11, 12):
            for minute in range(24 * 60):
                away = min(max(minute - 7 * 60, 0), 20) - min(max(minute - 16 * 60, 0), 20)
                lines.append(f"{contact},2025-03-{day}T{minute // 60:02}:{minute % 60:02}:00Z,24.94,{60.17 + 100 * away * _METRE:.6f},{contact}")
    path = tmp_path / "phone.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def shops(tmp_path: Path) -> Path:
    """One on the way, 30 m beside it, and one elsewhere."""
    path = tmp_path / "shops.csv"
    path.write_text(f"site_key,name,longitude,latitude\nnear,Near,{24.94 + 60 * _METRE:.6f},{60.17 + 1000 * _METRE:.6f}\nfar,Far,24.99,60.17\n")
    return path


def test_only_who_consents_is_followed_and_is_forgotten_with_the_consent(consents: Path, phone: Path, shops: Path) -> None:
    said = well("load", "tracks", phone, "--mode", "car")
    assert "8,640 positions left out: of contacts who do not consent, or are unknown." in said
    assert rows("SELECT source_key, count(*) FROM gcrm.tracks JOIN gcrm.contacts USING (contact_id) GROUP BY source_key") == [("p1", 6)]
    told = well("tracks", "contacts", "--sites", shops)
    assert told == "1 contacts with a home range, 2 usual routes, 1 pairs of a contact and a site that it passes.\n"
    home, nights, area, kind = rows(f"SELECT home_cell, nights, range_km2, ST_GeometryType(geom) {_MINE.format('contact_ranges')}")[0]
    assert (home, nights) == (value("SELECT cell FROM gcrm.track_stops ORDER BY arrived_at LIMIT 1"), 3)  # 3 o'clock in Helsinki on three days
    assert (kind, area) == ("ST_LineString", 0)
    assert rows(f"SELECT trips, days, usual_hour {_MINE.format('contact_routes')} ORDER BY usual_hour") == [(3, 3, 9), (3, 3, 18)]
    assert rows(f"SELECT site_key, trips, round(distance_m) {_MINE.format('contact_sites')}") == [("near", 6, pytest.approx(30, abs=2))]
    _readers_see(1)
    later = consents.with_name("later.csv")
    later.write_text("consent_id,contact,purpose,channel,given,recorded_at\nm5,p1,movement,phone,no,2025-06-01T12:00Z\n")
    well("import", "consents", later)
    _readers_see(0)  # at once
    assert value("SELECT count(*) FROM gcrm.tracks WHERE contact_id IS NOT NULL") == 6
    well("tracks", "forget")
    for table in ("tracks", "track_stops", "contact_ranges", "contact_routes", "contact_sites"):
        assert value(f"SELECT count(*) FROM gcrm.{table} WHERE contact_id IS NOT NULL") == 0
    assert "holds no position of a contact who consents" in gcrm("load", "tracks", phone, "--name", "again").err


def _readers_see(count: int) -> None:
    with connect(Role.READER) as reader, reader.transaction():
        reader.execute("SELECT set_config('gcrm.territories', 'all', true)")
        for table in ("contact_ranges", "contact_sites"):
            assert reader.execute(f"SELECT count(*) FROM gcrm.{table}".encode()).fetchone() == (count,)


def test_what_was_derived_goes_with_the_tracks(consents: Path, phone: Path, shops: Path) -> None:
    second = consents.with_name("second.csv")
    second.write_text("consent_id,contact,purpose,channel,given,recorded_at\nm5,p2,movement,any,yes,2025-01-01T12:00Z\n")
    well("import", "consents", second)
    header, *lines = phone.read_text().splitlines()
    for key in ("p1", "p2"):
        file = phone.with_name(f"{key}.csv")
        file.write_text("\n".join([header, *(line for line in lines if line.startswith(key))]) + "\n")
        well("load", "tracks", file, "--mode", "car")
    well("tracks", "contacts", "--sites", shops)
    derived = ("contact_ranges", "contact_routes", "contact_sites")
    assert [_contacts_of(table) for table in derived] == [["p1", "p2"]] * 3
    assert well("tracks", "forget", "--name", "p1") == "Forgotten: p1.\n"
    assert [_contacts_of(table) for table in derived] == [["p2"]] * 3
    well("load", "tracks", phone.with_name("p2.csv"), "--mode", "bicycle")  # takes the place of what the rest was derived from
    assert [_contacts_of(table) for table in derived] == [[]] * 3


def _contacts_of(table: str) -> list[str]:
    return [key for (key,) in rows(f"SELECT DISTINCT source_key FROM gcrm.{table} JOIN gcrm.contacts USING (contact_id) ORDER BY 1")]


def test_readers_without_a_scope_see_no_contact(consents: Path, phone: Path) -> None:
    assert consents.is_file()
    well("load", "tracks", phone, "--mode", "car", "--name", "scope")
    well("tracks", "contacts")
    assert value("SELECT count(*) FROM gcrm.contact_ranges") == 1
    with connect(Role.READER) as reader:
        assert reader.execute("SELECT count(*) FROM gcrm.contact_ranges").fetchone() == (0,)


def test_a_key_of_two_systems_needs_the_name_of_one(consents: Path, phone: Path) -> None:
    contacts = consents.with_name("others.csv")
    contacts.write_text("contact_id,account\np1,c1\n")
    well("import", "accounts", "tests/data/shop/accounts.csv", "--source", "other")
    well("import", "contacts", contacts, "--source", "other")
    assert "the contact key 'p1' is one of several systems" in gcrm("load", "tracks", phone, "--name", "two").err
    source = value("SELECT source FROM gcrm.contacts WHERE source_key = 'p3'")
    assert "trips" in well("load", "tracks", phone, "--name", "two", "--source", source)
