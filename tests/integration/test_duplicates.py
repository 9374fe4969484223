"""Duplicates in the database: found, decided, merged and taken back; and imports know the keys of what was merged."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect, scoped
from gcrm.db.queries import queries
from gcrm.errors import DuplicateError
from gcrm.frames import OBJECTS
from gcrm.pipeline import duplicate_review, duplicates
from gcrm.pipeline.checks import broken_checks
from gcrm.pipeline.duplicates import find_duplicates, merges, possible_duplicates_of, queue
from gcrm.pipeline.quality import duplicates_waiting
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("database", "clean")

_ACCOUNTS = """ID;Company;Street;House number;Zip;City;Phone;Mail;VAT;Lat;Lng;Parent
a1;Café Müller GmbH;Hauptstrasse;12;10115;Berlin;+49 30 1234567;;;52.5;13.4;
a2;Cafe Mueler;Haupstr.;12;10115;Berlin;030 1234567;info@mueller.example;;;;
a3;Restaurant Katsu;Ringstrasse;1;20095;Hamburg;+49 40 7654321;;;;;
a4;Trattoria Bella;Ringstrasse;1;20095;Hamburg;+49 40 7654321;;;;;
a5;Anna Schmidt;Gasse;3;80331;München;+49 89 5555555;;;;;
a6;Peter Schmidt;Gasse;3;80331;München;+49 89 5555555;;;;;
a7;Jonas Weber;Weg;7;50667;Köln;+49 221 9876543;jonas@weber.example;;;;a2
a8;Weber Jonas;Weg;7;50667;Köln;0221/9876543;;;;;
"""
_CONTACTS = "id,account,first name\nk1,a1,Ada\nk2,a2,Bo\nk3,a2,Cleo\n"
_ORDERS = "order id,account,date,amount\no1,a1,2025-01-01,10.50\no2,a2,2025-01-02,5\n"
_ACTIVITIES = "id,account,kind,date\nv1,a2,call,2025-01-01\n"
_OPPORTUNITIES = "id,account,name,stage,amount,open date\np1,a2,Big,new,10,2025-01-01\n"
_TABLES = ("accounts", "contacts", "orders", "activities", "opportunities", "account_surroundings", "account_keys", "duplicates")


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


@pytest.fixture
def stored(clean: None, tmp_path: Path) -> None:
    del clean
    for name, text in (("accounts", _ACCOUNTS), ("contacts", _CONTACTS), ("orders", _ORDERS), ("activities", _ACTIVITIES), ("opportunities", _OPPORTUNITIES)):
        well("import", name, _write(tmp_path, text, f"{name}.csv"))
    with connect(Role.WRITER) as writer:
        writer.execute("INSERT INTO gcrm.account_surroundings (account_id, district, layer_version_ids) SELECT account_id, name, '{1,2}' FROM gcrm.accounts")


@pytest.fixture
def automatic(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GCRM_DUPLICATES_AUTOMATIC", "0.99")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def _write(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _id(key: str) -> int:
    found: int = value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key)
    return found


def _state() -> dict[str, list[Any]]:
    """Every row of every table that a merge touches, to the last bit."""
    return {name: rows(f"SELECT t::text FROM gcrm.{name} t ORDER BY 1") for name in _TABLES}


def _find(**options: Any) -> duplicates.Search:  # noqa: ANN401 - whatever it takes
    return find_duplicates(lambda _: None, **options)


def _keys(pairs: list[duplicates.Pair]) -> set[tuple[str, str]]:
    return {(pair.left["source_key"], pair.right["source_key"]) for pair in pairs}


@pytest.mark.usefixtures("stored")
def test_it_finds_who_is_one_and_leaves_neighbours_and_families_alone() -> None:
    search = _find()
    pairs, total = queue(Scope.everything())

    assert _keys(pairs) == {("a1", "a2"), ("a7", "a8")}
    assert (search.accounts, search.found, search.created, search.merged, total) == (8, 2, 2, 0, 2)
    assert pairs[0].why["phone"]["meaning"].startswith("same")
    assert pairs[0].left["name"] in {"Café Müller GmbH", "Jonas Weber"}
    again = _find()
    assert (again.found, again.created) == (2, 0)


@pytest.mark.usefixtures("stored")
def test_a_merge_moves_everything_and_an_undo_brings_every_bit_back() -> None:
    _find()
    before = _state()
    one, other = _id("a1"), _id("a2")
    pair = next(pair for pair in queue(Scope.everything())[0] if pair.left["source_key"] == "a1")
    merge_id = duplicates.merge(pair.duplicate_id)

    assert rows("SELECT count(*) FROM gcrm.accounts WHERE account_id = %s", other) == [(0,)]
    for table, count in (("contacts", 3), ("orders", 2), ("activities", 1), ("opportunities", 1)):
        assert value(f"SELECT count(*) FROM gcrm.{table} WHERE account_id = %s", one) == count
    assert rows("SELECT email, phone, name FROM gcrm.accounts WHERE account_id = %s", one) == [("info@mueller.example", "+49301234567", "Café Müller GmbH")]
    assert value("SELECT parent_account_id FROM gcrm.accounts WHERE source_key = 'a7'") == one
    assert rows("SELECT source_key, account_id FROM gcrm.account_sources WHERE account_id = %s ORDER BY 1", one) == [("a1", one), ("a2", one)]
    assert set(broken_checks()[1]) <= {"surroundings_of_placed"}  # that an account without a position has surroundings is made up here
    assert [(each.account_id, each.source_key, each.automatic) for each in merges()] == [(one, "a2", False)]

    assert duplicates.undo(merge_id) == []
    after = _state()
    assert {name: after[name] for name in _TABLES if name != "duplicates"} == {name: before[name] for name in _TABLES if name != "duplicates"}
    assert rows("SELECT status FROM gcrm.duplicates WHERE left_account_id = %s", one) == [("undone",)]
    assert value("SELECT count(*) FROM gcrm.account_merges WHERE record IS NOT NULL") == 0
    assert _find().created == 0
    assert _keys(queue(Scope.everything())[0]) == {("a7", "a8")}


@pytest.mark.usefixtures("stored")
def test_the_position_of_the_merged_account_comes_back_to_the_last_bit() -> None:
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET position = ST_SetSRID(ST_MakePoint(13.40000000000017, 52.51234567890123), 4326) WHERE source_key = 'a1'")
    before = _state()
    assert duplicates.undo(duplicates.merge_accounts(_id("a2"), _id("a1"))) == []
    assert {name: lines for name, lines in _state().items() if name != "duplicates"} == {name: lines for name, lines in before.items() if name != "duplicates"}


@pytest.mark.usefixtures("stored")
def test_the_next_import_of_a_merged_record_finds_the_one_that_stays(tmp_path: Path) -> None:
    duplicates.merge_accounts(_id("a1"), _id("a2"))
    merged = _state()
    for name in ("contacts", "orders", "activities", "opportunities"):
        assert ": 0 created, 0 updated" in well("import", name, tmp_path / f"{name}.csv")
    assert {name: lines for name, lines in _state().items() if name != "accounts"} == {name: lines for name, lines in merged.items() if name != "accounts"}
    only_b = _ACCOUNTS.splitlines()[0] + "\n" + _ACCOUNTS.splitlines()[2] + "\n"
    assert "1 read: 0 created, 0 updated, 1 unchanged" in well("import", "accounts", _write(tmp_path, only_b, "same.csv"))
    assert "1 read: 0 created, 1 updated" in well("import", "accounts", _write(tmp_path, only_b.replace("info@", "post@"), "changed.csv"))
    assert rows("SELECT email, name FROM gcrm.accounts WHERE account_id = %s", _id("a1")) == [("post@mueller.example", "Cafe Mueler")]
    more = "order id,account,date,amount\no9,a2,2025-03-01,7\n"
    assert "1 created" in well("import", "orders", _write(tmp_path, more, "more.csv"))
    assert value("SELECT account_id FROM gcrm.orders WHERE order_key = 'o9'") == _id("a1")
    assert value("SELECT count(*) FROM gcrm.accounts") == 7


@pytest.mark.usefixtures("stored")
def test_importing_the_whole_file_again_after_a_merge_comes_to_rest(tmp_path: Path) -> None:
    duplicates.merge_accounts(_id("a1"), _id("a2"))
    assert "8 read: 0 created" in well("import", "accounts", tmp_path / "accounts.csv")
    assert "8 read: 0 created, 0 updated, 8 unchanged, 0 refused" in well("import", "accounts", tmp_path / "accounts.csv")
    assert value("SELECT name FROM gcrm.accounts WHERE source_key = 'a1'") == "Café Müller GmbH"
    assert value("SELECT parent_account_id FROM gcrm.accounts WHERE source_key = 'a7'") == _id("a1")


@pytest.mark.usefixtures("stored")
def test_what_was_changed_since_a_merge_is_no_loss_but_a_conflict(tmp_path: Path) -> None:
    merge_id = duplicates.merge_accounts(_id("a1"), _id("a2"))
    changed = _ACCOUNTS.splitlines()[0] + "\n" + _ACCOUNTS.splitlines()[2].replace("info@", "post@") + "\n"
    well("import", "accounts", _write(tmp_path, changed, "changed.csv"))
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.contacts SET account_id = (SELECT account_id FROM gcrm.accounts WHERE source_key = 'a5') WHERE source_key = 'k2'")
    conflicts = duplicates.undo(merge_id)

    assert {each["what"] for each in conflicts} == {"record", "contacts.account_id", "email"}
    assert rows("SELECT source_key, email FROM gcrm.accounts WHERE source_key IN ('a1', 'a2') ORDER BY 1") == [
        ("a1", "post@mueller.example"),
        ("a2", "info@mueller.example"),
    ]
    assert rows("SELECT c.source_key, a.source_key FROM gcrm.contacts c JOIN gcrm.accounts a USING (account_id) ORDER BY 1") == [
        ("k1", "a1"),
        ("k2", "a5"),
        ("k3", "a2"),
    ]


@pytest.mark.usefixtures("stored")
def test_merges_of_merges_are_undone_from_the_last_to_the_first() -> None:
    before = _state()
    first = duplicates.merge_accounts(_id("a1"), _id("a2"))
    second = duplicates.merge_accounts(_id("a7"), _id("a1"))
    assert {row[0] for row in rows("SELECT source_key FROM gcrm.account_sources WHERE account_id = %s", _id("a7"))} == {"a1", "a2", "a7"}
    with pytest.raises(DuplicateError, match="undone first"):
        duplicates.undo(first)
    assert duplicates.undo(second) == []
    assert duplicates.undo(first) == []
    after = _state()
    assert {name: after[name] for name in _TABLES if name != "duplicates"} == {name: before[name] for name in _TABLES if name != "duplicates"}
    with pytest.raises(DuplicateError, match="undone already"):
        duplicates.undo(first)


@pytest.mark.usefixtures("stored")
def test_who_was_told_apart_stays_apart_through_merges() -> None:
    _find()
    pair = next(pair for pair in queue(Scope.everything())[0] if pair.left["source_key"] == "a7")
    duplicates.separate(pair.duplicate_id)
    assert _find().created == 0
    assert _keys(queue(Scope.everything())[0]) == {("a1", "a2")}
    assert _keys(queue(Scope.everything(), statuses=["separate"])[0]) == {("a7", "a8")}
    before = _state()
    merge_id = duplicates.merge_accounts(_id("a1"), _id("a8"))
    assert _keys(queue(Scope.everything(), statuses=["separate"])[0]) == {("a1", "a7")}
    duplicates.undo(merge_id)
    with connect(Role.WRITER) as writer:
        writer.execute("DELETE FROM gcrm.duplicates WHERE status = 'undone'")
    assert _state() == before


@pytest.mark.usefixtures("stored", "automatic")
def test_automatic_merges_take_the_sure_ones_and_not_again_what_a_person_took_back() -> None:
    search = _find()
    assert (search.found, search.merged) == (2, 1)
    assert [(each.source_key, each.automatic) for each in merges()] == [("a8", True)]
    assert _keys(queue(Scope.everything())[0]) == {("a1", "a2")}
    assert duplicates.undo(merges()[0].merge_id) == []
    assert _find().merged == 0
    assert value("SELECT count(*) FROM gcrm.accounts") == 8


@pytest.mark.usefixtures("stored", "automatic")
def test_automatic_merges_leave_alone_who_was_told_apart() -> None:
    pair = duplicates.separate_accounts(_id("a8"), _id("a7"))
    assert _find().merged == 0
    assert value("SELECT status FROM gcrm.duplicates WHERE duplicate_id = %s", pair) == "separate"


@pytest.mark.usefixtures("stored")
def test_nothing_is_merged_without_being_asked() -> None:
    assert _find().merged == 0
    assert merges() == []


@pytest.mark.usefixtures("stored")
def test_a_search_after_an_import_looks_at_what_it_brought(tmp_path: Path) -> None:
    _find()
    more = "ID;Company;Street;House number;Zip;City;Phone\nb1;Restaurant Katsu;Ringstr.;1;20095;Hamburg;040 7654321\n"
    well("import", "accounts", _write(tmp_path, more, "more.csv"), "--source", "other")
    newest = value("SELECT max(import_id) FROM gcrm.imports")
    search = _find(import_id=newest)
    assert (search.found, search.created) == (1, 1)
    assert ("a3", "b1") in _keys(queue(Scope.everything())[0])
    assert len(queue(Scope.everything())[0]) == 3
    assert _keys(queue(Scope.everything(), source="other")[0]) == {("a3", "b1")}


@pytest.mark.usefixtures("stored")
def test_who_a_new_record_may_be() -> None:
    def keys(**record: str) -> list[str]:
        return [each.record["source_key"] for each in possible_duplicates_of(record, Scope.everything())]

    for _ in range(2):  # before a search has learnt anything, and after
        assert keys(name="CAFE MULLER", phone="030/1234567") == ["a1", "a2"] or set(keys(name="CAFE MULLER", phone="030/1234567")) == {"a1", "a2"}
        assert keys(name="Jonas Wbeer", street="Weg", house_number="7", postcode="50667") != []
        assert keys(name="Sushi Bar", phone="+49 40 7654321", street="Ringstrasse", house_number="1", postcode="20095") == []
        assert keys(name="Paul Schmidt", phone="+49 89 5555555", street="Gasse", house_number="3", postcode="80331") == []
        assert keys() == []
        assert keys(name="\0") == []
        assert keys(name="%_\\'; DROP TABLE gcrm.accounts; --") == []
        _find()


@pytest.mark.usefixtures("stored")
def test_a_reader_sees_a_pair_only_with_both_of_its_accounts() -> None:
    _find()
    with connect(Role.WRITER) as writer:
        writer.execute("INSERT INTO gcrm.territories (source, source_key, name, made_up, import_id) SELECT 't', n, n, true, 1 FROM generate_series(1, 2) AS n")
        writer.execute("UPDATE gcrm.accounts SET territory_id = CASE WHEN source_key = 'a8' THEN 2 ELSE 1 END")
    duplicates.merge_accounts(_id("a3"), _id("a4"))
    assert _keys(queue(Scope(frozenset({1})))[0]) == {("a1", "a2")}
    assert _keys(queue(Scope(frozenset({2})))[0]) == set()
    assert [each.record["source_key"] for each in possible_duplicates_of({"name": "Jonas Weber", "phone": "0221 9876543"}, Scope(frozenset({2})))] == ["a8"]
    with scoped(Scope(frozenset({2}))) as reader:
        assert reader.execute("SELECT count(*) FROM gcrm.account_keys").fetchone() == (0,)
    with scoped(Scope.everything()) as reader:
        assert reader.execute("SELECT count(*) FROM gcrm.account_keys").fetchone() == (1,)
    for forbidden in (
        "SELECT * FROM gcrm.account_merges",
        "SELECT * FROM gcrm.duplicate_runs",
        "SELECT gcrm.merge_accounts(1, 2)",
        "DELETE FROM gcrm.duplicates",
    ):
        with connect(Role.READER) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(forbidden.encode())
    with connect(Role.READER) as reader:
        assert reader.execute("SELECT count(*) FROM gcrm.duplicates").fetchone() == (0,)


@pytest.mark.usefixtures("stored")
def test_erasing_an_account_erases_what_was_merged_into_it() -> None:
    _find()
    duplicates.merge_accounts(_id("a1"), _id("a2"))
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET parent_account_id = NULL")
        for table in ("contacts", "orders", "activities", "opportunities"):
            writer.execute(f"DELETE FROM gcrm.{table}".encode())
        writer.execute("DELETE FROM gcrm.accounts WHERE source_key IN ('a1', 'a8')")
    for table in ("account_merges", "account_keys", "duplicates"):
        assert value(f"SELECT count(*) FROM gcrm.{table}") == 0


@pytest.mark.usefixtures("stored")
def test_who_cannot_be_merged_is_told() -> None:
    one, other = _id("a1"), _id("a2")
    with pytest.raises(DuplicateError, match="the same"):
        duplicates.merge_accounts(one, one)
    with pytest.raises(DuplicateError, match="no more"):
        duplicates.merge_accounts(one, 10**9)
    with pytest.raises(DuplicateError, match="the same"):
        duplicates.separate_accounts(other, other)
    with connect(Role.WRITER) as writer:  # a2 above a7 above a8
        writer.execute("UPDATE gcrm.accounts SET parent_account_id = %s WHERE source_key = 'a8'", [_id("a7")])
    with pytest.raises(DuplicateError, match="other way round"):
        duplicates.merge_accounts(_id("a8"), other)
    for command in ("merge", "separate"):
        done = gcrm("duplicates", command, 10**9)
        assert (done.code, done.out) == (1, "")
        assert "There is no pair" in done.err
    assert "cannot be undone" in gcrm("duplicates", "undo", 10**9).err


@pytest.mark.usefixtures("stored")
def test_a_branch_that_is_merged_with_its_head_has_no_parent_and_comes_back() -> None:
    before = _state()
    merge_id = duplicates.merge_accounts(_id("a7"), _id("a2"))  # a2 is the parent of a7
    assert value("SELECT parent_account_id FROM gcrm.accounts WHERE source_key = 'a7'") is None
    assert duplicates.undo(merge_id) == []
    assert {name: lines for name, lines in _state().items() if name != "duplicates"} == {name: lines for name, lines in before.items() if name != "duplicates"}


@pytest.mark.usefixtures("stored")
def test_the_commands_say_what_they_did() -> None:
    assert well("duplicates", "list") == "There are none.\n"
    assert well("duplicates", "find").endswith("2 may be one, 2 of them new in the queue.\n")
    shown = well("duplicates", "list", "--most", "1")
    assert "1 of 2; see more with --most 2." in shown
    pair = queue(Scope.everything())[0][0].duplicate_id
    assert well("duplicates", "merge", pair, "--keep", "right").startswith("Merged; `gcrm duplicates undo ")
    merged = merges()[0]
    assert merged.source_key in {"a1", "a7"}
    assert merged.source_key in well("duplicates", "list", "--status", "merged")
    assert well("duplicates", "undo", merged.merge_id) == "Both accounts are as they were.\n"
    other = queue(Scope.everything())[0][0].duplicate_id
    assert well("duplicates", "separate", other) == "Kept apart.\n"
    assert well("duplicates", "list") == "There are none.\n"
    assert "cannot" not in well("duplicates", "list", "--status", "undone")


def test_an_empty_database_has_no_duplicates() -> None:
    assert (_find().accounts, _find().found) == (0, 0)
    assert queue(Scope.everything()) == ([], 0)
    assert set(OBJECTS) >= {"accounts", "contacts"}


@pytest.mark.usefixtures("stored")
def test_the_review_counts_what_waits_and_lists_what_was_decided() -> None:
    assert duplicates_waiting(Scope.everything()) is None
    _find()
    everything, first = Scope.everything(), Scope(frozenset({1}))
    with connect(Role.WRITER) as writer:
        writer.execute("INSERT INTO gcrm.territories (source, source_key, name, made_up, import_id) SELECT 't', n, n, true, 1 FROM generate_series(1, 2) AS n")
        writer.execute("UPDATE gcrm.accounts SET territory_id = CASE WHEN source_key = 'a8' THEN 2 ELSE 1 END")
    assert (duplicates_waiting(everything), duplicates_waiting(first)) == (2, 1)
    pairs = {pair.left["source_key"]: pair.duplicate_id for pair in queue(everything)[0]}
    merge_id = duplicates.merge(pairs["a1"], "right")
    duplicates.separate(pairs["a7"])
    assert duplicate_review.figures(everything) == duplicate_review.Figures(waiting=0, separate=1, merged=1)
    assert duplicates_waiting(everything) == 0
    told = [(each.what, each.key, each.left, each.right) for each in duplicate_review.decisions(everything, 8)]
    assert told == [("separate", pairs["a7"], "Jonas Weber", "Weber Jonas"), ("merged", merge_id, "Cafe Mueler", "Café Müller GmbH")]
    assert [(each.what, each.right) for each in duplicate_review.decisions(first, 8)] == [("merged", "files a1")]
    assert duplicate_review.decisions(Scope(frozenset()), 8) == []

    duplicate_review.reopen(pairs["a7"])
    duplicates.undo(merge_id)
    assert duplicate_review.figures(everything) == duplicate_review.Figures(waiting=2, separate=0, merged=0)
    assert duplicate_review.decisions(everything, 8) == []
    assert duplicate_review.sources(everything) == ["files"]
    assert _keys(queue(everything, statuses=duplicate_review.WAITING, but=[pairs["a7"]])[0]) == {("a1", "a2")}
    with pytest.raises(DuplicateError, match="not told apart"):
        duplicate_review.reopen(pairs["a7"])


@pytest.mark.usefixtures("stored")
def test_one_search_runs_at_a_time_and_is_seen_to_run() -> None:
    assert duplicate_review.newest_search() == duplicate_review.NewestSearch(run_id=0, found=0, working=False)
    with connect(Role.WRITER) as other:
        assert queries("duplicates").lock_search(other)
        assert duplicate_review.newest_search().working
        with pytest.raises(DuplicateError, match="runs already"):
            _find()
    search = _find()
    assert duplicate_review.newest_search() == duplicate_review.NewestSearch(search.run_id, search.found, working=False)
