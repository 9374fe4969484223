"""The geocoder on a real extract with messy addresses, and in the database: history, review queue, corrections, providers, files of addresses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely

from benchmarks.messy import messy
from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.demo.damage import NUMBER_NONEXISTENT
from gcrm.errors import GeocodeError
from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.match import Matcher
from gcrm.ingest.geocoding.reference import Reference
from gcrm.pipeline.checks import broken_checks
from gcrm.pipeline.geocode_review import accept_candidate, count_reviews, dismiss, last_decisions, list_reviews, set_point, undo
from gcrm.pipeline.geocode_scores import score_damaged
from gcrm.pipeline.geocoding import count_open, geocode_accounts, reverse
from gcrm.spatial import osm
from gcrm.spatial.extracts import helsinki
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

_RIGHT_M = 200
_ADDRESSES = """LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH
9.5000,47.1000,1,Dorfstrasse,,Oberau,,,9001,,a
9.5010,47.1005,3,Dorfstrasse,,Oberau,,,9001,,b
9.5020,47.1010,7,Dorfstrasse,,Oberau,,,9001,,c
9.6000,47.2000,1,Dorfstrasse,,Niederau,,,9002,,d
9.5100,47.1100,2,Haldenweg,,Oberau,,,9001,,e
nan,47,2,Nowhere,,Oberau,,,9001,,f
"""
_GEONAMES = "XX\t9003\tMittelau\t\t\t\t\t\t\t47.3\t9.7\t4\n"
_ACCOUNTS = """key,name,street,number,postcode,city
sure,Sure,Dorfstrasse,1,9001,Oberau
between,Between,Dorfstrasse,5,9001,Oberau
two,Two,Dorfstrasse,1,,
lost,Lost,Quellenrain,9,9001,Oberau
twin,Twin,Quellenrain,9,9001,Oberau
place,Place,,,9003,Mittelau
"""


@pytest.fixture(scope="module")
def liechtenstein(real_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Messy addresses of the extract, and what the matcher answers."""
    extract = osm.read_extract(real_data / "osm" / "liechtenstein-latest.osm.pbf")
    known = pd.DataFrame(extract.address_points.drop(columns="geometry"))
    known = known.assign(longitude=extract.address_points.geometry.x, latitude=extract.address_points.geometry.y)
    roads = extract.roads[extract.roads["name"].notna()]
    middle = shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
    streets = pd.DataFrame({"street": roads["name"], "longitude": shapely.get_x(middle), "latitude": shapely.get_y(middle)})
    strangers = sorted(set(osm.read_extract(helsinki()).address_points["street"]))
    asked = messy(known, 10_000, 20_250, strangers, sorted(set(streets["street"])))
    reference = Reference(known, streets, pd.DataFrame(columns=["postcode", "city", "longitude", "latitude"]), dictionary())
    found = Matcher(reference).match(asked[["street", "house_number", "postcode", "city"]])
    east = (found["longitude"] - asked["longitude"]) * np.cos(np.radians(asked["latitude"]))
    return asked, found.assign(off_m=111_195 * np.hypot(east, found["latitude"] - asked["latitude"]), kind=asked["kind"])


def test_what_is_accepted_is_right_and_nearly_everything_is(liechtenstein: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, found = liechtenstein
    known = found[found["kind"] == "known"]
    right = (known["geocode_level"] == "rooftop") & (known["off_m"] <= _RIGHT_M)
    assert (right & known["accepted"]).mean() >= 0.96
    taken = found[found["accepted"] & (found["geocode_level"] == "rooftop")]
    assert ((taken["kind"] == "known") & (taken["off_m"] <= _RIGHT_M)).mean() >= 0.998


@pytest.mark.parametrize(("kind", "share"), [("no number", 0.002), ("no street", 0.005)])
def test_what_does_not_exist_is_called_no_rooftop(liechtenstein: tuple[pd.DataFrame, pd.DataFrame], kind: str, share: float) -> None:
    _, found = liechtenstein
    asked = found[found["kind"] == kind]
    assert len(asked) > 900
    assert (asked["geocode_level"] == "rooftop").mean() <= share


def test_the_score_says_how_often_an_answer_is_right(liechtenstein: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, found = liechtenstein
    rooftop = found[found["geocode_level"] == "rooftop"]
    right = (rooftop["kind"] == "known") & (rooftop["off_m"] <= _RIGHT_M)
    assert abs(rooftop["geocode_score"].mean() - right.mean()) < 0.02


@pytest.fixture(scope="module")
def places(database: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made country of two villages, by commands alone, and six accounts."""
    del database
    folder = tmp_path_factory.mktemp("country")
    (folder / "au.csv").write_text(_ADDRESSES)
    (folder / "codes.txt").write_text(_GEONAMES)
    return folder


def _account(key: str) -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key))


def _position(key: str) -> tuple[str, float | None, float | None]:
    return rows(
        "SELECT geocode_level, round(ST_X(position)::numeric, 6)::float8, round(ST_Y(position)::numeric, 6)::float8 FROM gcrm.accounts WHERE source_key = %s",
        key,
    )[0]


@pytest.fixture(scope="module")
def placed(places: Path) -> Path:
    assert well("load", "addresses", places / "au.csv", "--attribution", "made up", "--date", "2025-01-01") == "5 address_points, 0 address_areas.\n"
    assert well("load", "addresses", places / "codes.txt", "--country", "XX") == "0 address_points, 1 address_areas.\n"
    assert well("load", "addresses", places / "au.csv") == "This very file is loaded already.\n"
    with connect(Role.WRITER) as connection:
        connection.execute("INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping) VALUES ('t', 'accounts', 'a', 'x', '{}')")
        for line in _ACCOUNTS.splitlines()[1:]:
            key, name, *address = (each or None for each in line.split(","))
            connection.execute(
                "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, street, house_number, postcode, city, made_up, import_id)"
                " VALUES ('t', %s, 'company', 'customer', %s, %s, %s, %s, %s, true, 1)", [key, name, *address],
            )  # fmt: skip
    well("geocode")
    return places


@pytest.mark.usefixtures("placed")
def test_each_level_is_stored_with_its_reason() -> None:
    assert _position("sure") == ("rooftop", 9.5, 47.1)
    assert _position("between") == ("interpolated", 9.5015, 47.10075)
    assert _position("lost")[0] == "postcode"
    assert _position("place") == ("postcode", 9.7, 47.3)
    score, margin, reason, reference = rows(
        "SELECT geocode_score, geocode_margin, geocode_reason, geocode_reference_id FROM gcrm.accounts WHERE source_key = 'sure'"
    )[0]
    assert score > 0.9
    assert margin > 0.1
    assert reason.startswith("street equal; number known")
    assert rows("SELECT matcher, cardinality(layer_version_ids) FROM gcrm.geocode_references WHERE reference_id = %s", reference)[0][1] == 4
    assert count_open() == 0


@pytest.mark.usefixtures("placed")
def test_a_reference_stays_as_long_as_what_it_placed() -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.geocode_references")
    with pytest.raises(psycopg.errors.RestrictViolation), connect(Role.OWNER) as connection:
        connection.execute("DELETE FROM gcrm.geocode_references")
    assert "references_known" not in broken_checks()[1]
    with connect(Role.OWNER) as connection:
        connection.execute("UPDATE gcrm.accounts SET geocode_reference_id = -geocode_reference_id WHERE source_key = 'sure'")
    assert broken_checks()[1]["references_known"] == 1
    with connect(Role.OWNER) as connection:
        connection.execute("UPDATE gcrm.accounts SET geocode_reference_id = -geocode_reference_id WHERE source_key = 'sure'")


@pytest.mark.usefixtures("placed")
def test_what_is_not_certain_waits_with_its_candidates() -> None:
    waiting = {each.name: each for each in list_reviews(Scope.everything())}
    assert set(waiting) == {"Two", "Lost", "Twin"}
    assert {each["label"] for each in waiting["Two"].candidates} == {"Dorfstrasse 1, 9001 Oberau", "Dorfstrasse 1, 9002 Niederau"}
    assert "Dorfstrasse 1, 9001 Oberau" in well("geocode", "review", "list")


def test_the_search_is_scored_by_addresses_whose_place_is_known(placed: Path) -> None:
    known = [("sure", "abbreviated", 9.5, 47.1), ("between", "abbreviated", 9.6, 47.2), ("sure", NUMBER_NONEXISTENT, 9.5, 47.1), ("two", "cut", 9.5, 47.1)]
    truth = [dict(zip(("account_key", "kind", "longitude", "latitude"), each, strict=True)) for each in known]
    (placed / "planted.json").write_text(json.dumps({"damaged_addresses": truth}))
    scored = score_damaged(placed / "planted.json", "t").set_index(["account_key", "kind"])
    assert scored["right"].to_dict() == {
        ("sure", "abbreviated"): True,
        ("between", "abbreviated"): False,
        ("sure", NUMBER_NONEXISTENT): False,  # called rooftop, which a number that does not exist never is
        ("two", "cut"): False,
    }
    assert scored["accepted"].tolist() == [True, True, True, False]
    assert scored["distance_m"].tolist()[:3] == pytest.approx([0, 13_325, 0], abs=1)
    said = well("geocode", "score", "--planted", placed / "planted.json", "--source", "t")
    assert "4 damaged addresses: 25.0% accepted and right, precision 0.3333; 1 wait for a person." in said


def test_scores_need_the_truth_and_its_accounts(placed: Path) -> None:
    (placed / "empty.json").write_text("{}")
    assert "tells of no damaged addresses (KeyError)" in gcrm("geocode", "score", "--planted", placed / "empty.json").err
    (placed / "others.json").write_text('{"damaged_addresses": [{"account_key": "nobody", "kind": "cut", "longitude": 1, "latitude": 1}]}')
    assert "There are no accounts of others.json from t" in gcrm("geocode", "score", "--planted", placed / "others.json", "--source", "t").err


@pytest.mark.usefixtures("placed")
def test_the_queue_keeps_to_the_scope() -> None:
    assert list_reviews(Scope(frozenset())) == []
    assert count_reviews(Scope(frozenset())) == {}


@pytest.mark.usefixtures("placed")
def test_a_candidate_is_taken_and_taken_back() -> None:
    before = rows("SELECT position, geocode_level, geocode_score, geocode_reason FROM gcrm.accounts WHERE source_key = 'two'")
    account = _account("two")
    accept_candidate(account, 1, "anna")
    assert _position("two")[0] == "confirmed"
    assert [each.name for each in list_reviews(Scope.everything(), status="accepted")] == ["Two"]
    assert [(each.name, each.decided_by) for each in last_decisions(Scope.everything())] == [("Two", "anna")]
    assert last_decisions(Scope(frozenset())) == []
    geocode_accounts(lambda _more: None)
    assert _position("two")[0] == "confirmed"
    undo(account)
    assert rows("SELECT position, geocode_level, geocode_score, geocode_reason FROM gcrm.accounts WHERE source_key = 'two'") == before
    assert "Two" in {each.name for each in list_reviews(Scope.everything())}


@pytest.mark.usefixtures("placed")
def test_always_for_this_address_holds_for_others_and_can_be_undone() -> None:
    account = _account("lost")
    set_point(account, 9.55, 47.15, "anna", always=True)
    assert _position("lost") == _position("twin") == ("confirmed", 9.55, 47.15)
    with connect(Role.WRITER) as connection:
        connection.execute(
            "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, street, house_number, postcode, city, made_up, import_id)"
            " VALUES ('t', 'later', 'company', 'customer', 'Later', 'QUELLENRAIN', '9', '9001', 'Oberau', true, 1)"
        )
    geocode_accounts(lambda _more: None)
    assert _position("later") == ("confirmed", 9.55, 47.15)
    undo(account)
    geocode_accounts(lambda _more: None)
    assert [_position(key)[0] for key in ("lost", "twin", "later")] == ["postcode"] * 3
    assert value("SELECT count(*) FROM gcrm.geocode_corrections") == 0


@pytest.mark.usefixtures("placed")
def test_a_review_may_be_dismissed() -> None:
    dismiss(_account("twin"), "anna")
    assert _position("twin")[0] == "postcode"
    assert "Twin" not in {each.name for each in list_reviews(Scope.everything())}
    undo(_account("twin"))


@pytest.mark.usefixtures("placed")
@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("accept", "999999"), "not in the review queue"),
        (("set", "999999", "9", "47"), "not in the review queue"), (("undo", "999999"), "Nothing was decided"),
        (("set", "1", "999", "47"), "not on the globe"), (("dismiss", "999999"), "not in the review queue"),
    ],
)  # fmt: skip
def test_wrong_decisions_are_refused_in_one_line(command: tuple[str, ...], says: str) -> None:
    done = gcrm("geocode", "review", *command)
    assert done.code == 1
    assert says in done.err


@pytest.mark.usefixtures("placed")
def test_a_candidate_that_is_not_there() -> None:
    with pytest.raises(GeocodeError, match="no number 99"):
        accept_candidate(_account("two"), 99, "anna")


@pytest.mark.usefixtures("placed")
def test_a_changed_address_keeps_its_old_point_in_history() -> None:
    with connect(Role.WRITER) as connection:  # as an import does it
        connection.execute(
            "UPDATE gcrm.accounts SET street = 'Haldenweg', house_number = '2', position = NULL, cell = NULL, geocode_level = NULL,"
            " geocode_score = NULL, geocoded_at = NULL, updated_at = now() WHERE source_key = 'sure'"
        )
    assert rows("SELECT geocode_margin, geocode_reason, geocode_reference_id FROM gcrm.accounts WHERE source_key = 'sure'") == [(None, None, None)]
    assert count_open() == 1
    geocode_accounts(lambda _more: None)
    assert _position("sure") == ("rooftop", 9.51, 47.11)
    kept = rows("SELECT address, ST_X(position), geocode_level FROM gcrm.account_positions WHERE account_id = %s", _account("sure"))
    assert kept == [("Dorfstrasse 1, 9001 Oberau", 9.5, "rooftop")]


@pytest.mark.usefixtures("placed")
def test_a_newer_reference_moves_only_what_it_touches(placed: Path) -> None:
    newer = placed / "newer"
    newer.mkdir()
    (newer / "au.csv").write_text(_ADDRESSES + "9.5016,47.1008,5,Dorfstrasse,,Oberau,,,9001,,g\n")
    well("load", "addresses", newer / "au.csv", "--date", "2025-06-01")
    assert 0 < count_open() < value("SELECT count(*) FROM gcrm.accounts")
    untouched = rows("SELECT geocoded_at, geocode_reference_id FROM gcrm.accounts WHERE source_key = 'place'")
    geocode_accounts(lambda _more: None)
    assert _position("between") == ("rooftop", 9.5016, 47.1008)
    assert rows("SELECT geocoded_at, geocode_reference_id FROM gcrm.accounts WHERE source_key = 'place'") == untouched
    history = rows("SELECT geocode_level FROM gcrm.account_positions WHERE account_id = %s", _account("between"))
    assert history == [("interpolated",)]


@pytest.mark.usefixtures("placed")
def test_the_end_of_an_account_takes_all_with_it() -> None:
    with connect(Role.WRITER) as connection:
        connection.execute(
            "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, street, house_number, postcode, city, made_up, import_id)"
            " VALUES ('t', 'gone', 'company', 'customer', 'Gone', 'Ahornallee', '9', '9001', 'Oberau', true, 1)"
        )
    geocode_accounts(lambda _more: None)
    account = _account("gone")
    set_point(account, 9.56, 47.16, "anna", always=True)
    for table in ("geocode_reviews", "geocode_corrections", "account_positions"):
        assert value(f"SELECT count(*) FROM gcrm.{table} WHERE account_id = %s", account) == 1
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.accounts WHERE account_id = %s", [account])
    for table in ("geocode_reviews", "geocode_corrections", "account_positions"):
        assert value(f"SELECT count(*) FROM gcrm.{table} WHERE account_id = %s", account) == 0


@pytest.mark.usefixtures("placed")
def test_reverse() -> None:
    found = reverse(9.5001, 47.1001)
    assert found["address"] == "Dorfstrasse 1, 9001 Oberau"
    assert found["distance_m"] == pytest.approx(13.5, abs=1)
    assert (found["postcode"], found["city"], len(found["cell"])) == ("9001", "Oberau", 15)
    assert reverse(-150.0, -40.0)["address"] is None
    assert "address: Dorfstrasse 1, 9001 Oberau\n" in well("reverse", "9.5001", "47.1001")
    assert well("reverse", "-150", "-40").startswith("address: \n")


class _Nominatim(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - one server a test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = [{"lon": "9.5712", "lat": "47.1712", "display_name": "Quellenrain 9", "class": "building", "type": "house", "addresstype": "building"}]
        body = json.dumps(found if "Quellenrain" in self.path else []).encode()
        self.send_response(500 if "Broken" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        del arguments


@pytest.fixture
def nominatim(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A small server of our own under a name of Nominatim; the paths that it was asked for."""
    server = HTTPServer(("127.0.0.1", 0), _Nominatim)
    _Nominatim.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("GCRM_GEOCODERS", f"nominatim=http://127.0.0.1:{server.server_port};rate=50;days=7")
    settings.cache_clear()
    yield _Nominatim.asked
    monkeypatch.undo()
    settings.cache_clear()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("placed")
def test_a_provider_is_asked_for_the_residue_only_and_once(nominatim: list[str]) -> None:
    with connect(Role.WRITER) as connection:
        connection.execute(
            "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, street, house_number, postcode, city, made_up, import_id)"
            " VALUES ('t', 'broken', 'company', 'customer', 'Broken', 'Broken Row', '1', '9001', 'Oberau', true, 1)"
        )
    well("geocode", "--again")
    assert _position("lost") == ("rooftop", 9.5712, 47.1712)
    assert {each.name for each in list_reviews(Scope.everything())} >= {"Lost", "Twin", "Broken"}  # what a provider says is for a person to look at
    assert len(nominatim) == 3  # one address of two accounts, the one in two villages, and the broken one
    kept = rows("SELECT level, failure IS NOT NULL, expires_at::date - asked_at::date FROM gcrm.geocode_answers ORDER BY 1, 2")
    assert kept == [("none", False, 7), ("none", True, 1), ("rooftop", False, 7)]
    well("geocode", "--again")
    assert len(nominatim) == 3


@pytest.mark.parametrize("setting", ["google=https://x.org", "nominatim=ftp://x", "photon=http://x;rate=0", "nominatim=http://x;key=1", "photon"])
def test_a_setting_of_providers_that_is_wrong_is_one_sentence(placed: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    del placed
    monkeypatch.setenv("GCRM_GEOCODERS", setting)
    settings.cache_clear()
    try:
        done = gcrm("geocode", "--again")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert done.code == 1
    assert "GCRM_GEOCODERS" in done.err
    well("geocode")
