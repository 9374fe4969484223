"""What cannot be stored is kept with its reason, never stops the rest, and can be tried again."""

from pathlib import Path
from typing import Any

import pytest

from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop, shop_file

pytestmark = pytest.mark.usefixtures("database", "clean")


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


def _write(folder: Path, text: str, name: str = "bad.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def _quarantine() -> list[tuple[Any, ...]]:
    return rows("SELECT row_number, column_name, value, reason FROM gcrm.quarantine ORDER BY row_number")


_BAD_ACCOUNTS = """ID;Company;Status;Lat;Lng;Country;Territory
a1;Good;customer;60.17;24.94;FI;
;No key;customer;;;;
a3;;customer;;;;
a4;Bad status;sleeping;;;;
a5;Far away;customer;97;24.94;;
a6;Half a place;customer;60.17;;;
a7;No country;customer;;;Atlantis;
a8;No such territory;customer;;;;west
a1;Same key;customer;;;;
a10;Too few;customer
a11;Too many;customer;;;;;more;and more
a12;Good too;prospect;;;;
"""


def test_every_bad_row_is_kept_with_its_place_and_its_reason(tmp_path: Path) -> None:
    out = well("import", "accounts", _write(tmp_path, _BAD_ACCOUNTS))

    assert out.startswith("12 read: 2 created, 0 updated, 0 unchanged, 10 refused.")
    assert "gcrm quarantine show accounts" in out
    assert rows("SELECT source_key FROM gcrm.accounts ORDER BY 1") == [("a1",), ("a12",)]
    assert [(number, column, text) for number, column, text, _ in _quarantine()] == [
        (2, "ID", ""),
        (3, "Company", ""),
        (4, "Status", "sleeping"),
        (5, "Lat", "97"),
        (6, "Lng", ""),
        (7, "Country", "Atlantis"),
        (8, "Territory", "west"),
        (9, "ID", "a1"),
        (10, readers.MISSING, "3 of 7"),
        (11, readers.SURPLUS, "more | and more"),
    ]
    reasons = [reason for *_, reason in _quarantine()]
    assert reasons[0] == "is missing, and is required"
    assert reasons[2].startswith("must be one of customer, prospect")
    assert reasons[3] == "must be at most 90"
    assert "ISO 3166" in reasons[5]
    assert reasons[6] == "is no key of territories from files; import those first, then `gcrm quarantine retry`"
    assert reasons[7] == "stands in this file already, in row 1; one record a key"
    assert value("SELECT record ->> 'Company' FROM gcrm.quarantine WHERE row_number = 4") == "Bad status"


def test_it_is_shown_with_file_row_column_value_and_reason(tmp_path: Path) -> None:
    well("import", "accounts", _write(tmp_path, _BAD_ACCOUNTS.replace("sleeping", "[red]sleeping[/red]")))
    shown = well("quarantine", "show", "accounts", "--most", "3")

    assert [word for word in ("object", "file", "row", "column", "value", "reason") if word not in shown] == []
    assert "bad.csv" in shown
    assert "[red]sleeping[/red]" in shown
    assert "3 of 10; see more with --most 10." in shown
    assert "bad.csv" in well("quarantine", "show")
    assert well("quarantine", "show", "orders") == "The quarantine is empty.\n"


def test_orders_wait_for_their_account(tmp_path: Path) -> None:
    orders = _write(tmp_path, "order id,account,date,amount\no1,late,2025-01-01,10.50\no2,never,2025-01-01,5\n")
    assert "0 created, 0 updated, 0 unchanged, 2 refused" in well("import", "orders", orders)
    assert well("quarantine", "retry", "orders") == "2 tried: 0 accepted, 2 refused again.\n"

    well("import", "accounts", _write(tmp_path, "id,name\nlate,Late\n", "late.csv"))
    assert well("quarantine", "retry") == "2 tried: 1 accepted, 1 refused again.\n"
    assert rows("SELECT order_key, revenue::text FROM gcrm.orders") == [("o1", "10.50")]
    assert _quarantine() == [(2, "account", "never", "is no key of accounts from files; import those first, then `gcrm quarantine retry`")]
    assert well("quarantine", "retry") == "1 tried: 0 accepted, 1 refused again.\n"


def test_a_retry_reads_a_record_the_way_it_was_read_before(tmp_path: Path) -> None:
    (tmp_path / "shops.csv").write_text("key,town\n7,Vaduz\n")
    mapping = _write(
        tmp_path,
        """
source: crm
read: {columns: [number, who, shop, since, place]}
join: {shop: {file: shops.csv, on: {shop: key}}}
fields:
  account_key: {template: "x-{number}"}
  name: who
  city: shop.town
  status: {value: prospect}
  segment: {column: since, codes: {"1": One}}
  territory_key: {first_of: [place, {value: t9}]}
""",
        "kept.yaml",
    )
    well("import", "accounts", _write(tmp_path, "1,Ada,7,1,\n2,Bo,8,2,t9\n"), "--map", mapping)
    assert value("SELECT count(*) FROM gcrm.quarantine") == 2
    (tmp_path / "shops.csv").unlink()
    well("import", "territories", _write(tmp_path, "territory_key,name\nt9,Nine\n", "t.csv"), "--source", "crm")

    assert well("quarantine", "retry") == "2 tried: 2 accepted, 0 refused again.\n"
    assert rows("SELECT source, source_key, name, city, status, segment FROM gcrm.accounts ORDER BY 2") == [
        ("crm", "x-1", "Ada", "Vaduz", "prospect", "One"),
        ("crm", "x-2", "Bo", None, "prospect", "2"),
    ]
    assert _quarantine() == []


def test_a_retry_goes_in_the_order_of_the_references(tmp_path: Path) -> None:
    well("import", "orders", _write(tmp_path, "order id,account,product,date,amount\no1,a1,p1,2025-01-01,1\n", "orders.csv"))
    well("import", "contacts", _write(tmp_path, "id,account,first name\nc1,a1,Ada\n", "contacts.csv"))
    well("import", "accounts", _write(tmp_path, "id,name,territory\na1,A,t1\n", "accounts.csv"))
    well("import", "products", _write(tmp_path, "sku,name\np1,P\n", "products.csv"))
    assert value("SELECT count(*) FROM gcrm.quarantine") == 3
    well("import", "territories", _write(tmp_path, "id,name\nt1,T\n", "territories.csv"))

    assert well("quarantine", "retry") == "3 tried: 3 accepted, 0 refused again.\n"
    assert [value(f"SELECT count(*) FROM gcrm.{name}") for name in ("territories", "accounts", "contacts", "orders")] == [1, 1, 1, 1]


def test_a_mended_file_leaves_nothing_in_quarantine(tmp_path: Path) -> None:
    well("import", "accounts", _write(tmp_path, _BAD_ACCOUNTS))
    well("import", "accounts", _write(tmp_path, "ID;Company\na4;Mended\nbad;\n"))

    assert [(number, column) for number, column, *_ in _quarantine()] == [(2, "Company")]
    assert well("quarantine", "retry") == "1 tried: 0 accepted, 1 refused again.\n"


def test_quarantines_of_files_of_other_names_and_objects_stay(tmp_path: Path) -> None:
    well("import", "accounts", _write(tmp_path, "id,name\n,x\n", "one.csv"))
    well("import", "accounts", _write(tmp_path, "id,name\n,x\n,y\n", "two.csv"))
    well("import", "contacts", _write(tmp_path, "id,account\nc,ghost\n", "one.csv"))
    well("import", "accounts", _write(tmp_path, "id,name\n1,x\n", "two.csv"))
    assert rows("SELECT object, file_name, count(*) FROM gcrm.quarantine GROUP BY 1, 2 ORDER BY 1") == [("accounts", "one.csv", 1), ("contacts", "one.csv", 1)]


def test_what_breaks_databases_does_not_break_the_import(tmp_path: Path) -> None:
    long = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(999))
    path = _write(
        tmp_path,
        f'id\0,name,phone\nn\0ul,N\0ul,\\N\n{long},Long key,\nlong name,{long},\'; DROP TABLE gcrm.accounts; --\nquote,"a""b,\nc","\\"\nbad,,nu\0l\n',
    )
    assert "5 read: 3 created, 0 updated, 0 unchanged, 2 refused" in well("import", "accounts", path, "--map", "account_key=id", "--map", "phone=phone")
    assert rows("SELECT source_key, name, phone FROM gcrm.accounts ORDER BY 1") == [
        ("long name", long, "'; DROP TABLE gcrm.accounts; --"),
        ("nul", "Nul", "\\N"),
        ("quote", 'a"b, c', "\\"),
    ]
    assert [(number, column) for number, column, *_ in _quarantine()] == [(2, "id"), (5, "name")]
    assert well("quarantine", "retry") == "2 tried: 0 accepted, 2 refused again.\n"


@pytest.mark.parametrize("name", OBJECTS)
def test_a_file_of_nothing_but_bad_rows_is_a_file_all_the_same(tmp_path: Path, name: str) -> None:
    header = ",".join(OBJECTS[name].field_names)
    ragged = _write(tmp_path, f"{header}\nonly this\n\n,\n")
    assert well("import", name, ragged).startswith("1 read: 0 created, 0 updated, 0 unchanged, 1 refused.")
    blank = _write(tmp_path, header + "\n" + " ," * (header.count(",")) + " \n", "blank.csv")
    assert "0 created, 0 updated, 0 unchanged, 1 refused" in well("import", name, blank)


def test_longest_keys_fit(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    key = "".join(chr(0x1F300 + number * 37 % 700) for number in range(200))
    path = _write(tmp_path, f"order id,line,account,date,amount\n{key},{key},c1,2025-01-01,1\n")
    assert "1 read: 1 created" in well("import", "orders", path, "--source", "files")


def test_an_unknown_object_is_named() -> None:
    for command in ("show", "retry"):
        done = gcrm("quarantine", command, "ordres")
        assert done.code == 1
        assert "There is no object 'ordres'" in done.err


def test_a_retry_of_nothing() -> None:
    import_shop("territories")
    assert well("quarantine", "retry") == "0 tried: 0 accepted, 0 refused again.\n"
    assert shop_file("territories").is_file()
