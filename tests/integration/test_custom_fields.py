"""Custom fields from the settings file to the cube: imported, refused, exported, searched, changed, taken back, asked."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.custom_fields import declared
from gcrm.errors import CrmError, FieldError
from gcrm.olap.versions import MANIFEST, POINTER
from gcrm.pipeline.account import account
from gcrm.pipeline.custom_values import change, undo, values_of
from gcrm.pipeline.search import find_accounts
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

_FIELDS = """
accounts:
  x_level: {label: Loyalty level, type: choice, members: [Gold, Silver], dimension: true}
  x_vip: {label: VIP, type: yes/no, dimension: true}
  x_employees: {label: Employees, type: number}
  x_since: {label: Customer since, type: date}
  x_doctor: {label: Family doctor, type: text, personal: true}
opportunities:
  x_probe: {label: Probe sent, type: yes/no}
"""
_ACCOUNTS = """account_key,name,Loyalty level,VIP,Employees,Customer since,Family doctor
a1,Alpha Oy,gold,yes,40,2020-05-01,Dr Ahvo
a2,Beta Oy,Platinum,no,3,2021-01-01,
a3,Gamma Oy,SILVER,no,2.5,31.12.2021,
a4,Delta Oy,,,many,2021-01-01,
a5,Epsilon Oy,,,,,
"""
_EVERYTHING = Scope.everything()

type RunCli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", autouse=True)
def _declared(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The fields are declared, and known to every command; of the cubes with them nothing is left to other tests."""
    del database
    file = tmp_path_factory.mktemp("fields") / "fields.yaml"
    file.write_text(_FIELDS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GCRM_FIELDS", str(file))
        _read_anew()
        yield
        shutil.rmtree(settings().cubes, ignore_errors=True)
    _read_anew()


def _read_anew() -> None:
    settings.cache_clear()
    declared.cache_clear()


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, int]:
    """The accounts, freshly imported: their keys by those of the file."""
    empty()
    _import(tmp_path, _ACCOUNTS)
    return dict(rows("SELECT source_key, account_id FROM gcrm.accounts"))


def _import(folder: Path, text: str, *arguments: object, name: str = "accounts.csv") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return well("import", Path(name).stem, folder / name, "--source", "crm", *arguments)


def _custom() -> dict[str, dict[str, object]]:
    return dict(rows("SELECT source_key, custom FROM gcrm.accounts"))


def test_a_file_feeds_them_by_name_and_label(keys: dict[str, int]) -> None:
    assert set(keys) == {"a1", "a3", "a5"}
    assert _custom() == {
        "a1": {"x_level": "Gold", "x_vip": True, "x_employees": 40, "x_since": "2020-05-01", "x_doctor": "Dr Ahvo"},
        "a3": {"x_level": "Silver", "x_vip": False, "x_employees": 2.5, "x_since": "2021-12-31"},
        "a5": {},
    }


def test_what_does_not_fit_is_refused_with_row_column_value_and_rule(keys: dict[str, int]) -> None:
    del keys
    assert rows("SELECT row_number, column_name, value, reason FROM gcrm.quarantine ORDER BY row_number") == [
        (2, "Loyalty level", "Platinum", "must be one of Gold, Silver"),
        (4, "Employees", "many", "is not a number"),
    ]
    refused = value("SELECT quarantine_id FROM gcrm.quarantine WHERE value = 'Platinum'")
    well("quarantine", "edit", refused, "Loyalty level=Silver")
    well("quarantine", "retry", "accounts")
    assert _custom()["a2"] == {"x_level": "Silver", "x_vip": False, "x_employees": 3, "x_since": "2021-01-01"}


def test_what_a_file_does_not_give_stays_and_what_it_gives_empty_goes(keys: dict[str, int], tmp_path: Path) -> None:
    del keys
    before = _custom()
    assert "0 updated" in _import(tmp_path, "account_key,name\na1,Alpha Oy\na3,Gamma Oy\n")
    assert _custom() == before
    assert "1 updated" in _import(tmp_path, "account_key,name,x_level,x_employees\na1,Alpha Oy,,41\n")
    assert _custom()["a1"] == {"x_vip": True, "x_employees": 41, "x_since": "2020-05-01", "x_doctor": "Dr Ahvo"}


def test_an_import_without_the_declaration_loses_nothing(keys: dict[str, int], tmp_path: Path) -> None:
    del keys
    before = _custom()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GCRM_FIELDS")
        _read_anew()
        _import(tmp_path, _ACCOUNTS.replace("Alpha Oy", "Alpha Ab"))
    _read_anew()
    assert value("SELECT name FROM gcrm.accounts WHERE source_key = 'a1'") == "Alpha Ab"
    assert _custom() == before | {"a2": {}, "a4": {}}


def test_an_import_of_them_is_undone(keys: dict[str, int], tmp_path: Path) -> None:
    del keys
    before = _custom()
    _import(tmp_path, "account_key,name,x_level\na1,Alpha Oy,Silver\n")
    assert _custom()["a1"]["x_level"] == "Silver"
    well("jobs", "undo", value("SELECT max(job_id) FROM gcrm.jobs"))
    assert _custom() == before


def test_other_objects_have_theirs(keys: dict[str, int], tmp_path: Path) -> None:
    del keys
    text = "opportunity_key,account_key,name,stage,amount,opened_at,Probe sent\no1,a1,Bikes,new,100,2025-01-01,ja\n"
    _import(tmp_path, text, name="opportunities.csv")
    assert value("SELECT custom FROM gcrm.opportunities") == {"x_probe": True}
    key = value("SELECT opportunity_id FROM gcrm.opportunities")
    assert "is changed; take that back with `gcrm fields undo opportunities" in well("fields", "set", "opportunities", key, "x_probe=no")
    assert values_of("opportunities", key, _EVERYTHING) == {"x_probe": False}


def test_they_leave_with_exports_and_choose_what_leaves(keys: dict[str, int], tmp_path: Path) -> None:
    del keys
    target = tmp_path / "accounts.csv"
    well("export", target)
    with target.open(newline="", encoding="utf-8") as file:
        found = {record["source_key"]: record for record in csv.DictReader(file)}
    names = ("x_level", "x_vip", "x_employees", "x_since")
    assert {key: tuple(record[name] for name in names) for key, record in found.items()} == {
        "a1": ("Gold", "True", "40.0", "2020-05-01"), "a3": ("Silver", "False", "2.5", "2021-12-31"), "a5": ("", "", "", ""),
    }  # fmt: skip
    assert not any("doctor" in name or "Ahvo" in text for record in found.values() for name, text in record.items())
    for ending in ("xlsx", "parquet", "geojson"):
        well("export", tmp_path / f"all.{ending}")
    for asked, count in ((["x_level=gold"], 1), (["x_employees=2.50"], 1), (["x_vip=no", "x_level=Silver"], 1), (["x_vip=yes", "x_level=Silver"], 0)):
        where = [part for pair in asked for part in ("--where", pair)]
        assert well("export", target, *where).startswith(f"{count} accounts")
    assert well("export", "contacts", target, "--purpose", "news", "--channel", "mail", "--where", "x_vip=yes").startswith("0 contacts")
    wrong = {
        "x_levl=Gold": "did you mean 'x_level'?", "x_level": "is no FIELD=VALUE", "x_level=Lead": "must be one of Gold, Silver",
        "x_doctor=Dr Ahvo": "is personal", "x_vip=": "no value",
    }  # fmt: skip
    for pair, said in wrong.items():
        done = gcrm("export", target, "--where", pair)
        assert (done.code, said in done.err) == (1, True), done.err


def test_accounts_are_found_by_what_they_hold(keys: dict[str, int]) -> None:
    def found(text: str) -> list[int]:
        return find_accounts(text, _EVERYTHING)["account_id"].tolist()

    assert found("gold") == [keys["a1"]]
    assert found("2.5") == found("2021-12-31") == [keys["a3"]]
    assert found("Dr Ahvo") == []
    assert found("alpha") == [keys["a1"]]


def test_a_person_changes_them_and_takes_it_back(keys: dict[str, int]) -> None:
    key, before = keys["a1"], values_of("accounts", keys["a1"], _EVERYTHING)
    changed = change("accounts", key, {"x_level": "silver", "x_employees": ""}, _EVERYTHING, actor="aino", through="page")
    assert changed is not None
    after = values_of("accounts", key, _EVERYTHING)
    assert after == {"x_level": "Silver", "x_vip": True, "x_since": "2020-05-01", "x_doctor": "Dr Ahvo"}
    assert rows("SELECT changed_by, through, before FROM gcrm.changes WHERE change_id = %s", changed) == [("aino", "page", {"custom": before})]
    assert change("accounts", key, {"x_level": "Silver"}, _EVERYTHING, actor="aino", through="page") is None
    found = account(key, _EVERYTHING)
    assert found is not None
    assert found.record["custom"] == after
    undo("accounts", key, changed, _EVERYTHING, actor="aino", through="page")
    assert values_of("accounts", key, _EVERYTHING) == before
    with pytest.raises(CrmError, match="cannot be undone"):
        undo("accounts", key, changed, _EVERYTHING, actor="aino", through="page")
    with pytest.raises(CrmError, match="is none of record"):
        undo("accounts", keys["a3"], changed, _EVERYTHING, actor="aino", through="page")


def test_nobody_sees_or_changes_those_of_others(keys: dict[str, int]) -> None:
    nobody = Scope(territories=frozenset({-1}))
    for act in (
        lambda: values_of("accounts", keys["a1"], nobody),
        lambda: change("accounts", keys["a1"], {"x_level": "Silver"}, nobody, actor="eve", through="page"),
        lambda: undo("accounts", keys["a1"], 1, nobody, actor="eve", through="page"),
    ):
        with pytest.raises(CrmError, match="or you may not see it"):
            act()
    assert _custom()["a1"]["x_level"] == "Gold"


def test_what_does_not_fit_is_not_stored(keys: dict[str, int]) -> None:
    wrong = {("x_level", "Lead"): "Loyalty level: 'Lead' must be one of", ("x_nothing", "1"): "have no custom field", ("x_vip", "so so"): "VIP: "}
    for typed, said in wrong.items():
        with pytest.raises(FieldError, match=said):
            change("accounts", keys["a1"], dict([typed]), _EVERYTHING, actor="aino", through="page")
    with pytest.raises(FieldError, match="'consents' are no objects with custom fields"):
        values_of("consents", 1, _EVERYTHING)
    assert _custom()["a1"]["x_level"] == "Gold"


def test_commands_list_check_show_and_change_them(keys: dict[str, int], tmp_path: Path) -> None:
    listed = well("fields", "list")
    assert all(part in listed for part in ("x_level", "Loyalty level", "Gold, Silver", "dimension", "personal"))
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(_FIELDS.replace("type: number", "type: numbr"), encoding="utf-8")
    done = gcrm("fields", "check", wrong)
    assert (done.code, "wrong.yaml, line 5: accounts x_employees type" in done.err) == (1, True), done.err
    wrong.write_text(_FIELDS, encoding="utf-8")
    assert "wrong.yaml is right: 6 custom fields of 2 objects." in well("fields", "check", wrong)
    well("fields", "set", "accounts", keys["a5"], "x_level=Gold", "x_since=1.2.2024")
    shown = well("fields", "show", "accounts", keys["a5"])
    assert "Gold" in shown
    assert "2024-02-01" in shown
    assert value("SELECT count(*) FROM gcrm.audit WHERE action = 'read' AND subject = %s", f"custom fields of accounts {keys['a5']}") == 1
    last = value("SELECT max(change_id) FROM gcrm.changes")
    well("fields", "undo", "accounts", keys["a5"], last)
    assert _custom()["a5"] == {}


def test_a_merge_keeps_both_and_is_undone(keys: dict[str, int]) -> None:
    rows("UPDATE gcrm.accounts SET custom = '{\"x_level\": \"Silver\"}' WHERE source_key = 'a5' RETURNING 1")
    before = _custom()
    merge = value("SELECT gcrm.merge_accounts(%s, %s)", keys["a5"], keys["a1"])
    assert _custom()["a5"] == {**before["a1"], "x_level": "Silver"}
    assert value("SELECT gcrm.undo_merge(%s)", merge) == []
    assert _custom() == before


def test_they_are_dimensions_of_the_cube(keys: dict[str, int], tmp_path: Path, run_cli: RunCli) -> None:
    orders = "order_key,account_key,ordered_at,revenue\n1,a1,2025-01-01,100\n2,a3,2025-01-02,30\n3,a5,2025-01-03,7\n"
    _import(tmp_path, orders, name="orders.csv")

    def asked(rows_: str, measures: str, *more: str) -> dict[str, float]:
        target = tmp_path / "answer.csv"
        done = run_cli("cube", "query", "--rows", rows_, "--measures", measures, "--output", target, *more)
        assert done.returncode == 0, done.stderr
        with target.open(newline="", encoding="utf-8") as file:
            return {row[rows_]: float(row[measures]) for row in csv.DictReader(line for line in file if not line.startswith(("#", '"#')))}

    built = run_cli("cube", "build")
    assert built.returncode == 0, built.stderr
    assert asked("x_level", "revenue") == {"Gold": 100, "Silver": 30, "(unknown)": 7}
    assert asked("x_vip", "accounts") == {"yes": 1, "no": 1, "(unknown)": 1}
    assert asked("x_vip", "buyers", "--where", "x_level=Gold") == {"yes": 1}
    change("accounts", keys["a5"], {"x_level": "Gold", "x_vip": "yes"}, _EVERYTHING, actor="aino", through="page")
    again = run_cli("cube", "build")
    assert again.returncode == 0, again.stderr
    assert asked("x_level", "revenue") == {"Gold": 107, "Silver": 30}
    assert asked("x_vip", "accounts", "--where", "x_level=Gold") == {"yes": 2}
    assert not list(settings().cubes.rglob("custom_members.csv"))
    # This process knows of no custom fields, and would refuse a cube that has some.
    in_force = settings().cubes / (settings().cubes / POINTER).read_text(encoding="utf-8").strip()
    manifest = json.loads((in_force / MANIFEST).read_text(encoding="utf-8"))
    having = {name for name, columns in manifest["columns"].items() if "x_level" in columns}
    assert having == {"sales", "accounts", "activities", "pipeline", "campaigns", "cases"}
