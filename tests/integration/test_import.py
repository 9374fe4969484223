"""Every object, from every kind of file, any number of times."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from gcrm.ingest.source import open_source
from gcrm.pipeline.imports import import_file
from gcrm.spatial.cells import index_points
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import RECORDS, accounts_frame, import_shop, shop_file

pytestmark = pytest.mark.usefixtures("database", "clean")

_TERRITORIES = """
    SELECT t.source_key, t.name, r.name, round(ST_Area(boundary)::numeric, 4), t.made_up
    FROM gcrm.territories t LEFT JOIN gcrm.regions r USING (region_id) ORDER BY 1
"""
_ORDERS = """
    SELECT o.source_key, order_key, a.source_key, p.source_key, ordered_at, quantity, revenue, cost
    FROM gcrm.orders o JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.products p USING (product_id) ORDER BY 1
"""
_MEMBERS = """
    SELECT m.source_key, c.source_key, a.source_key, k.source_key, wave, sent_at, response, responded_at
    FROM gcrm.campaign_members m JOIN gcrm.campaigns c USING (campaign_id) JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.contacts k USING (contact_id)
    ORDER BY 1
"""
_ACCOUNTS = """
    SELECT a.source_key, a.name, p.source_key, a.house_number, a.country_code, ST_X(a.position), ST_Y(a.position), a.cell, a.geocode_level, a.geocode_score,
        t.source_key, a.territory_given
    FROM gcrm.accounts a LEFT JOIN gcrm.territories t USING (territory_id) LEFT JOIN gcrm.accounts p ON p.account_id = a.parent_account_id
    ORDER BY 1
"""
_JOURNAL = """
    SELECT object, file_name, rows_read, rows_created, rows_updated, rows_unchanged, rows_refused, finished_at IS NOT NULL
    FROM gcrm.imports ORDER BY import_id
"""
_PLACE = """
    UPDATE gcrm.accounts
    SET position = ST_SetSRID(ST_MakePoint(%s, 60.17), 4326), cell = 1, geocode_level = 'rooftop', geocode_score = 1, geocoded_at = now()
    WHERE source_key = %s RETURNING 1
"""


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


def _digest() -> dict[str, Any]:
    """Every table of records as it stands, clocks included, but for the journal."""
    return {name: value(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM gcrm.{name} t") for name in (*OBJECTS, "quarantine")}


def _counts(output: str) -> tuple[int, ...]:
    """Read, created, updated, unchanged, refused."""
    return tuple(int(word.replace(",", "")) for word in output.split("refused", maxsplit=1)[0].split() if word.replace(",", "").isdigit())


def test_every_object_is_stored_as_it_stands_in_its_file() -> None:
    import_shop()

    assert {name: value(f"SELECT count(*) FROM gcrm.{name}") for name in OBJECTS} == RECORDS
    assert rows(_TERRITORIES) == [
        ("north", "North", "City", Decimal("0.0032"), True),
        ("online", "Online", None, None, True),
        ("south", "South", "City", Decimal("0.0028"), True),
    ]
    assert rows("SELECT p.name, t.source_key, ST_AsText(home) FROM gcrm.reps p LEFT JOIN gcrm.territories t USING (territory_id) ORDER BY p.source_key") == [
        ("Rep One", "north", "POINT(24.94 60.17)"),
        ("Rep Two", "south", None),
        ("Rep Three", None, None),
    ]
    assert rows("SELECT source_key, category, unit_price, unit_cost, currency FROM gcrm.products ORDER BY 1") == [
        ("b1", "Bikes", Decimal("1299.00"), Decimal("800.50"), "EUR"),
        ("b2", "Bikes", Decimal("2499.90"), Decimal("1500.00"), "EUR"),
        ("h1", "not given", Decimal("49.00"), Decimal("20.00"), "EUR"),
    ]
    assert rows("SELECT c.source_key, a.source_key, given_name, role FROM gcrm.contacts c JOIN gcrm.accounts a USING (account_id) ORDER BY 1") == [
        ("p1", "c1", "Aino", "Buyer"),
        ("p2", "c1", "Eino", None),
        ("p3", "c3", "Ines", "Manager"),
    ]
    assert rows("SELECT kind, happened_at, r.source_key FROM gcrm.activities v LEFT JOIN gcrm.reps r USING (rep_id) ORDER BY v.source_key") == [
        ("call", datetime(2025, 1, 10, 9, tzinfo=UTC), "r1"),
        ("visit", datetime(2025, 1, 11, 9, tzinfo=UTC), None),
    ]
    assert rows("SELECT stage, amount, expected_close_on, closed_at FROM gcrm.opportunities ORDER BY source_key") == [
        ("proposal", Decimal("12990.00"), date(2025, 6, 30), None),
        ("won", Decimal("490.50"), date(2024, 12, 1), datetime(2024, 12, 15, tzinfo=UTC)),
    ]
    assert rows("SELECT c.source_key, given FROM gcrm.consents s JOIN gcrm.contacts c USING (contact_id) ORDER BY s.source_key") == [
        ("p1", True),
        ("p1", False),
        ("p3", True),
    ]
    assert rows("SELECT source_key, name, channel, starts_on, ends_on, cost, attribution_days FROM gcrm.campaigns ORDER BY 1") == [
        ("s1", "Spring range", "mail", date(2025, 1, 10), date(2025, 2, 28), Decimal("100.00"), Decimal("30.00")),
        ("s2", "Posters", "poster", date(2025, 2, 1), None, Decimal("500.00"), Decimal("30.00")),
    ]
    assert rows(_MEMBERS) == [
        ("m1", "s1", "c1", "p1", "1", datetime(2025, 1, 14, 8, tzinfo=UTC), "bought", datetime(2025, 1, 15, 8, tzinfo=UTC)),
        ("m2", "s1", "c3", "p3", "1", datetime(2025, 1, 14, 8, tzinfo=UTC), "none", None),
        ("m3", "s1", "c2", None, "2", datetime(2025, 1, 21, 8, tzinfo=UTC), "opened", None),
    ]


def test_orders_keep_their_cents_their_lines_and_their_times() -> None:
    import_shop("territories", "products", "accounts", "orders")
    stored = rows(_ORDERS)
    assert stored[0] == ("o1/1", "o1", "c1", "b1", datetime(2025, 1, 15, 8, tzinfo=UTC), Decimal("1.000"), Decimal("1299.00"), Decimal("800.50"))
    assert stored[1][:2] == ("o1/2", "o1")
    assert stored[4] == ("o4/1", "o4", "c7", None, datetime(2025, 2, 28, tzinfo=UTC), Decimal("1.500"), Decimal("75.25"), None)
    assert stored[5][6] == Decimal("-1299.00")


def test_accounts_with_positions_parents_and_territories() -> None:
    import_shop("territories", "accounts")
    stored = {row[0]: row[1:] for row in rows(_ACCOUNTS)}
    cell = index_points(pd.Series([24.9389]), pd.Series([60.1719]))[0]
    assert stored["c1"] == ("Velo Oy", None, "5", "FI", None, None, None, None, None, None, False)
    assert stored["c2"] == ("Velo Oy Filiale", "c1", "12 b", "FI", 24.9389, 60.1719, cell, "given", 1.0, None, False)
    assert stored["c3"][0] == 'Haus "Meri"; Bau'
    assert stored["c5"][-2:] == ("online", True)
    assert stored["c7"][3] is None
    assert stored["c7"][-2:] == ("north", True)


def test_a_second_run_changes_nothing() -> None:
    import_shop()
    before = _digest()

    assert {name: _counts(well("import", name, shop_file(name))) for name in OBJECTS} == {name: (read, 0, 0, read, 0) for name, read in RECORDS.items()}
    assert _digest() == before


def _as_xlsx(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_excel(folder / "accounts.xlsx", index=False)
    return folder / "accounts.xlsx"


def _as_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    typed = frame.assign(Lat=pd.to_numeric(frame["Lat"]), Lng=pd.to_numeric(frame["Lng"]), made_up=True).replace("", None)
    pq.write_table(pa.Table.from_pandas(typed, preserve_index=False), folder / "accounts.parquet", row_group_size=2)
    return folder / "accounts.parquet"


def _as_geojson(frame: pd.DataFrame, folder: Path) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {name: text or None for name, text in record.items() if name not in ("Lat", "Lng")},
            "geometry": {"type": "Point", "coordinates": [float(record["Lng"]), float(record["Lat"])]} if record["Lat"] else None,
        }
        for record in frame.to_dict("records")
    ]
    (folder / "accounts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return folder / "accounts.geojson"


def _as_utf16(frame: pd.DataFrame, folder: Path) -> Path:
    frame.to_csv(folder / "accounts.txt", sep="\t", index=False, encoding="utf-16")
    return folder / "accounts.txt"


@pytest.mark.parametrize("written", [_as_xlsx, _as_parquet, _as_geojson, _as_utf16], ids=["xlsx", "parquet", "geojson", "utf-16"])
def test_the_kind_of_file_makes_no_difference(tmp_path: Path, written: Any) -> None:  # noqa: ANN401 - one of the functions above
    import_shop("territories", "accounts")
    before = _digest()

    assert _counts(well("import", "accounts", written(accounts_frame(), tmp_path))) == (7, 0, 0, 7, 0)
    assert _digest() == before


@pytest.mark.parametrize("crs", [4326, 3067])
def test_territories_with_their_shapes(tmp_path: Path, crs: int) -> None:
    shapes = gpd.GeoSeries([shapely.box(24.90, 60.14, 24.95, 60.20), shapely.box(24.95, 60.14, 25.00, 60.20)], crs=4326)
    path = tmp_path / "territories.geojson"
    gpd.GeoDataFrame({"id": ["west", "east"], "territory name": ["West", "East"]}, geometry=shapes).to_crs(crs).to_file(path, driver="GeoJSON")
    assert _counts(well("import", "territories", path)) == (2, 2, 0, 0, 0)
    import_shop("territories", "accounts")
    assert _counts(well("import", "territories", path)) == (2, 0, 0, 2, 0)
    inside = rows(
        "SELECT a.source_key FROM gcrm.accounts a JOIN gcrm.territories t ON ST_Covers(t.boundary, a.position) WHERE t.source_key = 'west' ORDER BY 1"
    )
    assert inside == [("c2",), ("c3",), ("c4",), ("c7",)]


def test_two_imports_of_the_same_kind_wait_for_each_other() -> None:
    with connect(Role.WRITER) as other, ThreadPoolExecutor(1) as pool:
        queries("imports").lock(other, source="files", object="territories")
        waiting = pool.submit(import_file, open_source(shop_file("territories"), OBJECTS["territories"]), lambda _: None)
        while not value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not waiting.done()
        assert _counts(well("import", "products", shop_file("products")))[1] == 3  # another kind waits for nobody
        other.close()
        assert waiting.result().created == 3


def test_a_file_of_several_chunks_is_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    import_shop("territories", "products", "accounts", "orders")
    wanted = rows(_ACCOUNTS), rows(_ORDERS)
    empty()
    monkeypatch.setattr(readers, "CHUNK_ROWS", 2)
    import_shop("territories", "products", "accounts", "orders")

    assert (rows(_ACCOUNTS), rows(_ORDERS)) == wanted
    assert value("SELECT rows_read FROM gcrm.imports WHERE object = 'accounts'") == 7
    assert _counts(well("import", "accounts", shop_file("accounts"))) == (7, 0, 0, 7, 0)


@pytest.mark.parametrize("name", ["accounts", "orders"])
@pytest.mark.parametrize("chunks", [0, 2])
def test_an_import_that_breaks_off_between_two_chunks_is_mended_by_the_next(monkeypatch: pytest.MonkeyPatch, name: str, chunks: int) -> None:
    import_shop("territories", "products", "accounts", "orders")
    wanted = rows(_ACCOUNTS), rows(_ORDERS)
    empty()
    import_shop("territories", "products", *(["accounts"] if name == "orders" else []))
    monkeypatch.setattr(readers, "CHUNK_ROWS", 2)
    done = 0

    def cut_off(_: int) -> None:
        nonlocal done
        done += 1
        if done > chunks:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(open_source(shop_file(name), OBJECTS[name]), cut_off)
    assert value(f"SELECT count(*) FROM gcrm.{name}") == 2 * (chunks + 1)
    assert value("SELECT finished_at IS NULL FROM gcrm.imports ORDER BY import_id DESC LIMIT 1")
    import_shop("accounts", "orders")
    assert (rows(_ACCOUNTS), rows(_ORDERS)) == wanted


def _changed(folder: Path, **changes: dict[str, str]) -> Path:
    """The accounts of the shop with some values changed: key to column to text."""
    frame = accounts_frame().set_index("Customer number", drop=False)
    for key, columns in changes.items():
        for column, text in columns.items():
            frame.loc[key, column] = text
    frame.to_csv(folder / "accounts.csv", sep=";", index=False)
    return folder / "accounts.csv"


def test_only_what_changed_is_updated(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    before = dict(rows("SELECT source_key, updated_at FROM gcrm.accounts"))

    assert _counts(well("import", "accounts", _changed(tmp_path, c3={"Status": "customer"}, c6={"E-Mail": "new@example.org"}))) == (7, 0, 2, 5, 0)
    after = dict(rows("SELECT source_key, updated_at FROM gcrm.accounts"))
    assert {key for key in before if before[key] != after[key]} == {"c3", "c6"}
    assert rows("SELECT status, email FROM gcrm.accounts WHERE source_key IN ('c3', 'c6') ORDER BY source_key") == [
        ("customer", None),
        ("partner", "new@example.org"),
    ]


def test_another_parent_is_an_update(tmp_path: Path) -> None:
    import_shop("territories", "accounts")

    assert _counts(well("import", "accounts", _changed(tmp_path, c2={"Parent": "c6"}, c3={"Parent": "c1"}))) == (7, 0, 2, 5, 0)
    assert _counts(well("import", "accounts", _changed(tmp_path, c2={"Parent": ""}, c3={"Parent": "c1"}))) == (7, 0, 1, 6, 0)
    parents = rows("SELECT a.source_key, p.source_key FROM gcrm.accounts a JOIN gcrm.accounts p ON p.account_id = a.parent_account_id")
    assert parents == [("c3", "c1")]


def test_a_parent_that_is_refused_takes_its_child_along(tmp_path: Path) -> None:
    import_shop("territories")
    path = _changed(tmp_path, c1={"Territory": "nowhere"}, c6={"Parent": "c2"})

    assert _counts(well("import", "accounts", path)) == (7, 4, 0, 0, 3)
    assert rows("SELECT row_number, column_name, value FROM gcrm.quarantine ORDER BY row_number") == [
        (1, "Territory", "nowhere"),
        (2, "Parent", "c1"),
        (6, "Parent", "c2"),
    ]
    (tmp_path / "more.csv").write_text("territory_key,name\nnowhere,Nowhere\n")
    well("import", "territories", tmp_path / "more.csv")
    assert "3 accepted, 0 refused again" in well("quarantine", "retry")
    parents = rows("SELECT a.source_key, p.source_key FROM gcrm.accounts a JOIN gcrm.accounts p ON p.account_id = a.parent_account_id ORDER BY 1")
    assert parents == [("c2", "c1"), ("c6", "c2")]


def _found(key: str) -> tuple[Any, ...]:
    return rows("SELECT geocode_level, ST_X(position) FROM gcrm.accounts WHERE source_key = %s", key)[0]


def _place(key: str, longitude: float) -> None:
    rows(_PLACE, longitude, key)


def test_a_new_address_forgets_the_position_that_was_found_for_the_old_one(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    for key in ("c1", "c6"):
        _place(key, 24.5)
    well("import", "accounts", _changed(tmp_path, c1={"House no": "7"}, c6={"Status": "customer"}))

    assert _found("c1") == (None, None)
    assert _found("c6") == ("rooftop", 24.5)


def test_a_given_position_stays_follows_its_file_and_leaves_with_it(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    well("import", "accounts", _changed(tmp_path, c3={"Street": "Elsewhere"}))
    assert _found("c3") == ("given", 24.943)
    well("import", "accounts", _changed(tmp_path, c3={"Street": "Elsewhere", "Lng": "24.944"}, c1={"Lat": "60.1", "Lng": "24.1"}))
    assert (_found("c3"), _found("c1")) == (("given", 24.944), ("given", 24.1))
    well("import", "accounts", _changed(tmp_path, c3={"Street": "Elsewhere", "Lat": "", "Lng": ""}))
    assert (_found("c3"), _found("c1")) == ((None, None), (None, None))


def test_a_territory_is_the_one_given_else_the_one_around_the_position(tmp_path: Path) -> None:
    def territories() -> dict[str, str | None]:
        return dict(rows("SELECT a.source_key, t.source_key FROM gcrm.accounts a LEFT JOIN gcrm.territories t USING (territory_id)"))

    import_shop("territories", "accounts")
    well("enrich")
    assert territories() == {"c1": None, "c2": "north", "c3": "north", "c4": "south", "c5": "online", "c6": None, "c7": "north"}  # c7 lies in the south
    well("import", "accounts", _changed(tmp_path, c7={"Territory": ""}, c4={"Territory": "online"}))
    assert (territories()["c7"], territories()["c4"]) == (None, "online")
    well("enrich")
    assert (territories()["c7"], territories()["c4"]) == ("south", "online")
    assert _counts(well("import", "accounts", _changed(tmp_path, c7={"Territory": ""}, c4={"Territory": "online"}))) == (7, 0, 0, 7, 0)
    assert territories()["c7"] == "south"


def test_sources_do_not_see_each_other() -> None:
    import_shop("territories", "accounts")
    assert _counts(well("import", "accounts", shop_file("accounts"), "--source", "other"))[4] == 2  # whose territories are of the first source
    well("import", "territories", shop_file("territories"), "--source", "other")
    assert "2 accepted" in well("quarantine", "retry")
    assert rows("SELECT source, count(*) FROM gcrm.accounts GROUP BY 1 ORDER BY 1") == [("files", 7), ("other", 7)]
    assert value("SELECT count(*) FROM gcrm.accounts a JOIN gcrm.accounts p ON p.account_id = a.parent_account_id WHERE a.source <> p.source") == 0


def test_the_journal_says_what_was_done(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    well("import", "accounts", _changed(tmp_path, c1={"Company name": ""}, c2={"Company name": "New"}))
    journal = rows(_JOURNAL)
    assert journal == [
        ("territories", "territories.csv", 3, 3, 0, 0, 0, True),
        ("accounts", "accounts.csv", 7, 7, 0, 0, 0, True),
        ("accounts", "accounts.csv", 7, 0, 1, 5, 1, True),
    ]


def test_a_dry_run_stores_nothing() -> None:
    done = gcrm("import", "territories", shop_file("territories"), "--dry-run")
    assert done.code == 0
    assert "Territory ID" in done.err
    assert value("SELECT count(*) FROM gcrm.imports") == 0


_AMOUNTS = st.decimals(-(10**6), 10**6, places=2).map(str) | st.sampled_from(["", "ten", "1.005", "(5.00)", "1 234,50", "12.05.2024"])
_LINES = st.tuples(
    st.sampled_from(["o1", "o2", "o3", " o1 ", ""]), st.sampled_from(["1", "2", ""]), st.sampled_from(["c1", "c2", "ghost", ""]),
    st.sampled_from(["2025-01-15", "2025-02-30", "soon"]), _AMOUNTS,
)  # fmt: skip


@pytest.fixture
def accounts(clean: None) -> None:
    del clean
    import_shop("territories", "accounts")


@pytest.mark.usefixtures("accounts")
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_LINES, min_size=1, max_size=12))
def test_whatever_is_in_a_file_every_row_is_accounted_for_and_a_second_run_changes_nothing(tmp_path: Path, lines: list[tuple[str, ...]]) -> None:
    rows("WITH gone AS (DELETE FROM gcrm.quarantine) DELETE FROM gcrm.orders RETURNING 1")
    pd.DataFrame(lines, columns=["order_key", "line_number", "account_key", "ordered_at", "revenue"]).to_csv(tmp_path / "orders.csv", index=False)
    read, created, updated, unchanged, refused = _counts(well("import", "orders", tmp_path / "orders.csv"))

    assert read == len(lines)
    assert (updated, unchanged) == (0, 0)
    assert created == value("SELECT count(*) FROM gcrm.orders")
    assert refused == value("SELECT count(*) FROM gcrm.quarantine")
    assert created + refused == read
    before = _digest() | {"quarantine": rows("SELECT row_number, column_name, value, reason, record FROM gcrm.quarantine ORDER BY row_number")}
    assert _counts(well("import", "orders", tmp_path / "orders.csv")) == (read, 0, 0, created, refused)
    after = _digest() | {"quarantine": rows("SELECT row_number, column_name, value, reason, record FROM gcrm.quarantine ORDER BY row_number")}
    assert after == before
    assert f"0 accepted, {refused} refused again" in well("quarantine", "retry")
    assert _digest()["orders"] == before["orders"]
