"""A cube that is refreshed, again and again, is the cube that is built anew: every row of every file, and every answer."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg
import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.errors import CubeError
from gcrm.olap import cuboids, delta, store
from gcrm.olap.analysis import ask
from gcrm.olap.answer import members, records
from gcrm.olap.catalogue import DIMENSIONS, FACTS
from gcrm.olap.query import CubeQuery
from gcrm.olap.versions import Version
from gcrm.pipeline.cubes import Built, build_cube, kept_versions, published
from gcrm.pipeline.demo import run
from gcrm.pipeline.extraction import take_facts
from tests.integration.command_line import well
from tests.integration.questions import random_questions
from tests.integration.records import rows, value

EVERYTHING = Scope.everything()
SEED, QUESTIONS = 20261127, 60
EVERY = os.environ.get("GCRM_EVERY_CHANGE") == "1"
"""Whether all is compared after every change, the chosen cuboids too (make refresh)."""
ASKED = [name for name, facts in FACTS.items() if "destination" not in facts.dimensions]
"""Cubes of one place; those of two have questions of their own (test_cube_movement.py)."""

type Beside = Callable[[], Version]


@pytest.fixture(scope="module", autouse=True)
def _demo(database: None) -> None:
    del database
    run(None, 0.1, 20240501, lambda _name, _seconds: None)


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    """Builds all of the cube anew, beside the published one; the cuboids that are chosen, which may be others, only where every change is compared."""

    def built() -> Version:
        with pytest.MonkeyPatch.context() as patch, store.building(tmp_path) as work:
            if not EVERY:
                patch.setattr(store, "chosen_for", lambda *_: [])
            taken = take_facts(work)
            return store.publish(tmp_path, work, taken.digest, taken.sources, taken.as_of, 1, lambda _: None)[0]

    return built


def _build(*, full: bool = False) -> Built:
    return build_cube(lambda _: None, full=full)


def _change(*statements: str) -> None:
    with connect(Role.WRITER) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _in_parts(version: Version) -> set[str]:
    """The cubes whose facts differ from those of an earlier version."""
    return {facts.name for facts in FACTS.values() if delta.is_changed(version.folder / cuboids.facts_file(facts))}


def _same(version: Version, other: Version) -> None:
    """Every row of every file is the same, with the same types, and so is the name of the content; which more cuboids were chosen may differ."""
    both = version.rows.keys() & other.rows.keys()
    assert both >= {*(cuboid.name for cuboid in cuboids.declared()), *(f"{name}-facts" for name in FACTS)}
    assert version.currencies == other.currencies
    for name in both:
        assert version.rows[name] == other.rows[name]
        one, two = (delta.source(each.folder / f"{name}.parquet") for each in (version, other))
        assert duckdb.execute(f"DESCRIBE SELECT * FROM {one}").fetchall() == duckdb.execute(f"DESCRIBE SELECT * FROM {two}").fetchall()
        if _fingerprint(one) != _fingerprint(two):
            assert duckdb.execute(f"(FROM {one} EXCEPT ALL FROM {two}) UNION ALL (FROM {two} EXCEPT ALL FROM {one})").fetchall() == [], name
            pytest.fail(f"{name}: the rows are the same, their fingerprints are not")
    assert version.manifest["digest"] == other.manifest["digest"]


def _fingerprint(source: str) -> tuple[int, ...] | None:
    """Of rows in any order: how many there are, and the sum of what stands for each of them, which EXCEPT ALL takes ten times as long to compare."""
    return duckdb.execute(f"SELECT count(*), sum(hash(r)::hugeint) FROM {source} AS r").fetchone()


def _answers_the_same(version: Version, other: Version) -> None:
    for query in random_questions(QUESTIONS, SEED, version, ASKED):
        assert ask(version, query, EVERYTHING).table.equals(ask(other, query, EVERYTHING).table), str(query.parameters())
    for name, dimension in DIMENSIONS.items():
        if dimension.kind != "place":
            assert members(version, name, EVERYTHING) == members(other, name, EVERYTHING)
    for cube in FACTS:
        mine, others = (records(each, cube, (), EVERYTHING, 1_000_000) for each in (version, other))
        assert (mine.count, mine.table.num_rows) == (others.count, others.table.num_rows)


_NEW_LINES = """
    INSERT INTO gcrm.orders (source, source_key, order_key, account_id, product_id, ordered_at, channel, quantity, revenue, cost, currency, made_up, import_id)
    SELECT 'late', {tag} || '/' || o.order_line_id, {tag} || '/' || o.order_key, o.account_id, o.product_id, o.ordered_at - interval '40 days', o.channel,
        o.quantity + 0.125, o.revenue + 0.01, o.cost, o.currency, o.made_up, o.import_id
    FROM gcrm.orders o WHERE o.order_line_id % 97 = {rest}"""


def test_a_build_without_a_change_makes_no_version() -> None:
    before = published()
    for _ in range(2):
        built = _build()
        assert (built.new, built.version.name) == (False, before.name)
    assert well("cube", "build").startswith(f"Nothing changed since version {before.name}: ")


def test_changes_of_every_kind_one_after_the_other(beside: Beside) -> None:
    changes = {
        "orders come": [_NEW_LINES.format(tag="'a'", rest=3)],
        "orders change": [
            "UPDATE gcrm.orders SET revenue = revenue + 1.11, channel = NULL WHERE order_line_id % 89 = 1",
            "UPDATE gcrm.orders SET ordered_at = ordered_at - interval '61 days' WHERE order_line_id % 101 = 7",
        ],
        "orders go": ["DELETE FROM gcrm.orders WHERE order_line_id % 113 = 5 OR source = 'late' AND order_line_id % 2 = 0"],
        "customers without an order": [
            "DELETE FROM gcrm.orders WHERE account_id IN (SELECT account_id FROM gcrm.orders GROUP BY 1 ORDER BY count(*), 1 LIMIT 3)"
        ],
        "accounts move": [
            """UPDATE gcrm.accounts SET position = ST_Translate(position, 0.01, 0.005), cell = (SELECT max(cell) FROM gcrm.accounts)
            WHERE position IS NOT NULL AND account_id % 71 = 4""",
            "UPDATE gcrm.accounts SET position = NULL, cell = NULL WHERE account_id % 211 = 8",
            "UPDATE gcrm.accounts SET segment = NULL, status = 'lost' WHERE account_id % 97 = 6",
        ],
        "accounts merge": [
            "SELECT gcrm.merge_accounts(min(account_id), max(account_id)) FROM (SELECT DISTINCT account_id FROM gcrm.orders ORDER BY 1 LIMIT 40) AS t"
        ],
        "surroundings change": ["UPDATE gcrm.account_surroundings SET district = 'Elsewhere', residence_type = NULL WHERE account_id % 83 = 2"],
        "a product is sorted elsewhere": [
            "UPDATE gcrm.products SET category = 'Oddments' WHERE product_id = (SELECT product_id FROM gcrm.orders GROUP BY 1 ORDER BY count(*), 1 LIMIT 1)"
        ],
        "activities and opportunities": [
            "UPDATE gcrm.activities SET kind = 'note' WHERE activity_id % 79 = 1",
            "DELETE FROM gcrm.activities WHERE activity_id % 83 = 3",
            "UPDATE gcrm.opportunities SET stage = 'lost' WHERE opportunity_id % 53 = 3",
            "DELETE FROM gcrm.opportunities WHERE opportunity_id % 61 = 3",
        ],
        "cells": ["UPDATE gcrm.cell_buildings SET buildings = buildings + 1 WHERE cell IN (SELECT cell FROM gcrm.cell_buildings ORDER BY cell LIMIT 3)"],
    }  # fmt: skip
    for number, (what, statements) in enumerate(changes.items()):
        if number % 4 == 0:  # else more than a tenth would come to differ from the base
            _build(full=True)
        _change(*statements)
        built = _build()
        assert built.new, what
        assert built.refreshed, what
        assert built.gone or built.came, what
        if EVERY or number % 2 or number == len(changes) - 1:  # what went wrong with one kind is still there after the next
            anew = beside()
            _same(built.version, anew)
    assert {"activities", "pipeline", "surroundings"} <= _in_parts(published())
    _answers_the_same(published(), anew)


def test_random_batches(beside: Beside) -> None:
    chance = random.Random(SEED)  # noqa: S311 - chance, not a secret
    for number in range(5 if EVERY else 3):
        some = [chance.randrange(60, 120) for _ in range(4)]
        _change(
            _NEW_LINES.format(tag=f"'b{number}'", rest=chance.randrange(97)),
            f"DELETE FROM gcrm.orders WHERE order_line_id % {some[0]} = {chance.randrange(some[0])}",
            f"UPDATE gcrm.orders SET cost = NULL, quantity = quantity * 2 WHERE order_line_id % {some[1]} = {chance.randrange(some[1])}",
            f"UPDATE gcrm.accounts SET segment = 'segment {number}' WHERE account_id % {some[2]} = {chance.randrange(some[2])}",
            f"UPDATE gcrm.opportunities SET amount = amount + 1 WHERE opportunity_id % {some[3]} = {chance.randrange(some[3])}",
        )
        built, anew = _build(), beside()
        _same(built.version, anew)
    _answers_the_same(built.version, anew)


def test_what_goes_back_to_what_it_was_is_the_same_content(beside: Beside) -> None:
    before = _build(full=True).version
    _change("UPDATE gcrm.orders SET revenue = revenue + 5 WHERE order_line_id % 89 = 1")
    changed = _build()
    assert changed.version.manifest["digest"] != before.manifest["digest"]
    _change("UPDATE gcrm.orders SET revenue = revenue - 5 WHERE order_line_id % 89 = 1")
    again = _build()
    assert again.new
    assert again.version.manifest["digest"] == before.manifest["digest"]
    assert _in_parts(again.version) == set()
    _same(again.version, beside())


def test_what_changes_nothing_in_the_facts_makes_no_version() -> None:
    before = published().name
    _change(
        "UPDATE gcrm.orders SET updated_at = now() WHERE order_line_id % 17 = 0",
        "UPDATE gcrm.accounts SET phone = '+358401234567' WHERE account_id % 3 = 0",
    )
    assert (_build().new, published().name) == (False, before)


def test_transactions_that_are_open_while_facts_are_taken_out_come_with_the_next_build(beside: Beside) -> None:
    with connect(Role.WRITER) as early, connect(Role.WRITER) as late:
        early.execute("UPDATE gcrm.orders SET revenue = revenue + 3 WHERE order_line_id % 101 = 1")
        late.execute("DELETE FROM gcrm.orders WHERE order_line_id % 101 = 2")
        _change("UPDATE gcrm.orders SET revenue = revenue + 7 WHERE order_line_id % 101 = 3")
        _same(_build().version, beside())
        late.commit()
        _change("UPDATE gcrm.orders SET revenue = revenue + 9 WHERE order_line_id % 101 = 4")
        _same(_build().version, beside())
        early.rollback()
        early.execute("UPDATE gcrm.orders SET revenue = revenue + 4 WHERE order_line_id % 101 = 1")
        assert not _build().new
        early.commit()
    built = _build()
    assert built.refreshed
    _same(built.version, beside())


def test_a_new_month_of_all_derives_customers_anew(beside: Beside) -> None:
    _build(full=True)
    _change("UPDATE gcrm.orders SET ordered_at = ordered_at + interval '31 days' WHERE ordered_at = (SELECT max(ordered_at) FROM gcrm.orders)")
    built = _build()
    assert "sales" in _in_parts(built.version)
    assert "customers" not in _in_parts(built.version)
    _same(built.version, beside())


def test_much_that_changes_is_built_anew(beside: Beside) -> None:
    _change("UPDATE gcrm.orders SET revenue = revenue + 1 WHERE order_line_id % 5 = 1")
    built = _build()
    assert built.new
    assert not built.refreshed
    assert "sales" not in _in_parts(built.version)
    _same(built.version, beside())


def test_a_territory_that_is_called_otherwise(beside: Beside) -> None:
    _build(full=True)
    rarest = "SELECT territory_id FROM gcrm.accounts GROUP BY 1 ORDER BY count(*) LIMIT 1"
    _change(f"UPDATE gcrm.territories SET name = name || ' (old)' WHERE territory_id = ({rarest})")
    _same(_build().version, beside())


def test_the_territory_at_the_time_of_an_order(beside: Beside) -> None:
    """It goes elsewhere with the history alone, and is called otherwise though the account has long been in another."""
    some = "(SELECT account_id FROM gcrm.orders GROUP BY 1 ORDER BY count(*), 1 LIMIT 5)"
    (ids,) = rows("SELECT (array_agg(territory_id ORDER BY territory_id))[1:2] FROM gcrm.territories")[0]
    _change(f"UPDATE gcrm.accounts SET territory_id = {ids[0]} WHERE account_id IN {some}")
    _build(full=True)
    for changes in (
        [f"INSERT INTO gcrm.account_territories SELECT account_id, timestamptz '2024-06-01', {ids[1]} FROM gcrm.accounts WHERE account_id IN {some}"],
        [f"UPDATE gcrm.accounts SET territory_id = {ids[1]} WHERE account_id IN {some}"],
        [f"UPDATE gcrm.account_territories SET territory_id = {ids[0]}, transaction_id = DEFAULT WHERE since = '2024-06-01'"],
        [f"INSERT INTO gcrm.account_territories SELECT account_id, timestamptz '2025-03-01', {ids[1]} FROM gcrm.accounts WHERE account_id IN {some}"],
        [f"UPDATE gcrm.territories SET name = name || ' (then)' WHERE territory_id = {ids[1]}"],
    ):
        _change(*changes)
        _same(_build().version, beside())
    found = ask(published(), CubeQuery.parse("territory_then", measures="revenue"), EVERYTHING).table
    assert any(name.endswith(" (then)") for name in found["territory_then"].to_pylist())


def test_an_undone_import(beside: Beside, tmp_path: Path) -> None:
    _build(full=True)
    file = tmp_path / "orders.csv"
    ((source, key),) = rows("SELECT source, source_key FROM gcrm.accounts ORDER BY account_id LIMIT 1")
    ((product,),) = rows("SELECT source_key FROM gcrm.products ORDER BY product_id LIMIT 1")
    lines = "".join(f"N{number},O{number},{key},{product},2025-03-0{number % 9 + 1},web,1,10.00,5.00,EUR\n" for number in range(20))
    file.write_text("order_line_key,order_key,account_key,product_key,ordered_at,channel,quantity,revenue,cost,currency\n" + lines)
    well("import", "orders", file, "--source", source)
    imported = _build()
    assert (imported.refreshed, imported.came >= 20) == (True, True)
    _same(imported.version, beside())
    well("jobs", "undo", value("SELECT max(job_id) FROM gcrm.jobs"))
    undone = _build()
    assert undone.refreshed
    _same(undone.version, beside())


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM gcrm.extractions",
        "UPDATE gcrm.extractions SET system_identifier = 1",
        "UPDATE gcrm.extractions SET basis = 'other'",
        "UPDATE gcrm.extractions SET snapshot = '900000000:900000000:'",
    ],
    ids=["another database", "another cluster", "another gcrm", "brought back"],
)
def test_where_the_database_does_not_know_what_changed_all_is_built_anew(beside: Beside, loss: str) -> None:
    _change("UPDATE gcrm.orders SET revenue = revenue + 2 WHERE order_line_id % 89 = 1", loss)
    built = _build()
    assert not built.refreshed
    assert _in_parts(built.version) == set()
    _same(built.version, beside())


def test_a_truncated_table_is_taken_as_a_whole(beside: Beside) -> None:
    _build()
    with connect(Role.OWNER) as connection:
        connection.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM gcrm.orders WHERE order_line_id % 2 = 0")
        connection.execute("TRUNCATE gcrm.orders")
        connection.execute("INSERT INTO gcrm.orders OVERRIDING SYSTEM VALUE TABLE kept")
    _same(_build().version, beside())


def test_a_full_build_makes_plain_files_and_the_version_before_stays(beside: Beside) -> None:
    _build()
    _change("UPDATE gcrm.orders SET revenue = revenue + 2 WHERE order_line_id % 89 = 1")
    refreshed = _build().version
    assert _in_parts(refreshed)
    said = well("cube", "build", "--full")
    assert said.startswith("Published version ")
    assert "refreshed" not in said
    assert _in_parts(published()) == set()
    assert refreshed.name in {version.name for version in kept_versions()}
    _same(refreshed, beside())
    _same(published(), refreshed)
    assert not _build(full=True).new


def test_a_version_with_a_missing_part_is_damaged_and_the_next_build_replaces_it(beside: Beside) -> None:
    _change("UPDATE gcrm.orders SET revenue = revenue + 2 WHERE order_line_id % 89 = 1")
    version = _build().version
    delta.part(version.folder / "sales-facts.parquet", delta.REMOVED).unlink()
    with pytest.raises(CubeError, match=r"sales-facts\.parquet is missing"):
        published()
    _same(_build().version, beside())


def test_changes_that_no_build_needs_any_more_are_forgotten() -> None:
    for number in range(12):
        _change(f"UPDATE gcrm.orders SET revenue = revenue + {number + 1} WHERE order_line_id % 997 = 1")
        _build()
    assert value("SELECT count(*) FROM gcrm.extractions") == 10
    oldest = value("SELECT min(pg_snapshot_xmin(snapshot)::text::bigint) FROM gcrm.extractions")
    assert value("SELECT count(*) FROM gcrm.fact_changes WHERE transaction_id::text::bigint < %s", oldest) == 0


def test_what_facts_hang_on_is_watched() -> None:
    """A new table or column behind the facts of a key has to be looked at by sql/queries/fact_changes.sql: this names it."""
    with connect(Role.OWNER) as connection:
        served = {"account_territory_spans": {"account_id", "since", "until", "territory", "region"}}
        products, reps = {"product_members": {"product_id", "category", "product"}}, {"reps": {"rep_id", "name"}}
        assert _read_by(connection, "sales") == {"orders": set(), "account_members": set(), **products, **served}
        assert _read_by(connection, "activities") == {"activities": set(), "account_members": set(), **reps, **served}


def _read_by(connection: psycopg.Connection, cube: str) -> dict[str, set[str]]:
    """The tables and views that the facts of a cube are read from; of those that are no facts and no accounts also the columns."""
    from gcrm.db.queries import queries  # noqa: PLC0415 - only here

    text = getattr(queries("facts"), cube).sql
    inner = text[text.index("SELECT") : text.rindex(") TO STDOUT")].replace("%(time_zone)s", "'UTC'").replace("%(whole)s OR", "true OR")
    connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS touched (record_id bigint)")
    connection.execute(f"CREATE OR REPLACE TEMPORARY VIEW {cube}_facts AS {inner}".encode())
    found = connection.execute(
        "SELECT table_name, column_name FROM information_schema.view_column_usage WHERE view_name = %s AND table_schema = 'gcrm'", (f"{cube}_facts",)
    ).fetchall()
    tables = {table: {column for name, column in found if name == table} for table, _ in found}
    watched = {"orders", "activities", "account_members"}
    return {table: set() if table in watched else columns for table, columns in tables.items()}
