"""The lines of an opportunity: their sum is its amount, whoever writes; a change of them is one line of its history, and is taken back exactly."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from gcrm.access.scope import Scope
from gcrm.crm.lists import OPPORTUNITIES
from gcrm.crm.opportunity_lines import Line
from gcrm.db.connection import Role, connect, scoped
from gcrm.errors import CrmError
from gcrm.pipeline import opportunities
from gcrm.pipeline.lists.changing import change as change_in_list
from gcrm.pipeline.opportunity_lines import lines_of, parse_lines, products, set_lines
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop, shop_file

pytestmark = pytest.mark.usefixtures("database", "shop")

ALL = Scope.everything()
_LINES = (
    "SELECT p.source_key, l.quantity, l.price, l.discount, l.amount FROM gcrm.opportunity_lines l JOIN gcrm.products p USING (product_id) ORDER BY line_number"
)
_AMOUNT = "SELECT amount FROM gcrm.opportunities WHERE opportunity_id = %s"


@pytest.fixture
def shop(database: None) -> Iterator[None]:
    """The shop with its products and opportunities: d1 of c3 over 12,990 EUR."""
    del database
    empty()
    import_shop("territories", "reps", "products", "accounts", "opportunities")
    yield
    with connect(Role.OWNER) as connection:
        connection.execute("TRUNCATE gcrm.tombstones, gcrm.erasures")


@pytest.fixture
def d1(shop: None) -> int:
    """The opportunity Ten bikes."""
    del shop
    return int(value("SELECT opportunity_id FROM gcrm.opportunities WHERE source_key = 'd1'"))


def _product(key: str) -> int:
    return int(value("SELECT product_id FROM gcrm.products WHERE source_key = %s", key))


def _set(key: int, *lines: tuple[str, str, str, str]) -> int | None:
    given = [Line(_product(product), *map(Decimal, numbers)) for product, *numbers in lines]
    return set_lines(key, given, ALL, actor="ada", through="page")


def _healthy() -> None:
    assert "opportunity_amounts" not in well("db", "check")


def test_the_amount_is_the_sum_of_the_lines_and_an_undo_gives_back_both(d1: int) -> None:
    first = _set(d1, ("b1", "9", "1299.00", "0.05"), ("h1", "9.5", "49.99", "0"))
    bikes, helmets = Decimal("11106.45"), Decimal("474.91")
    stored = [("b1", 9, Decimal("1299.00"), Decimal("0.0500"), bikes), ("h1", Decimal("9.500"), Decimal("49.99"), 0, helmets)]
    assert rows(_LINES) == stored
    assert value(_AMOUNT, d1) == bikes + helmets
    assert rows("SELECT object, record_id, changed_by, through, before FROM gcrm.changes") == [
        ("opportunities", d1, "ada", "page", {"amount": 12990.00, "lines": []})
    ]
    second = _set(d1, ("h1", "1", "49.99", "0"))
    third = _set(d1)
    assert first is not None
    assert second is not None
    assert third is not None
    assert rows(_LINES) == []
    assert value(_AMOUNT, d1) == Decimal("49.99")  # until another is typed
    with pytest.raises(CrmError, match="the same was changed since"):
        opportunities.undo(d1, first, ALL, actor="ben", through="page")
    opportunities.undo(d1, third, ALL, actor="ben", through="page")
    assert len(rows(_LINES)) == 1
    opportunities.undo(d1, second, ALL, actor="ben", through="page")
    assert rows(_LINES) == stored
    assert value(_AMOUNT, d1) == bikes + helmets
    opportunities.undo(d1, first, ALL, actor="ben", through="page")
    assert rows(_LINES) == []
    assert value(_AMOUNT, d1) == Decimal("12990.00")
    _healthy()


def test_what_stays_the_same_is_no_change_and_what_is_wrong_leaves_no_trace(d1: int) -> None:
    assert _set(d1) is None
    assert _set(d1, ("b1", "10", "1299.00", "0")) is not None  # comes to what it was before
    assert _set(d1, ("b1", "10.000", "1299", "0.0")) is None
    assert value("SELECT count(*) FROM gcrm.changes") == 1
    for line, sentence in (
        (Line(_product("b1"), Decimal(0), Decimal(1)), "Line 1: a quantity of 0"),
        (Line(999_999, Decimal(1), Decimal(1)), "product that is not"),
    ):
        with pytest.raises(CrmError, match=sentence):
            set_lines(d1, [line], ALL, actor="ada", through="page")
    with pytest.raises(CrmError, match="Nobody is named"):
        set_lines(d1, [], ALL, actor=" ", through="page")
    assert rows(_LINES)[0][:2] == ("b1", 10)
    assert value("SELECT count(*) FROM gcrm.changes") == 1


def test_another_amount_is_refused_and_whatever_writes_one_leaves_the_sum(d1: int, tmp_path: Path) -> None:
    before = opportunities.edit(d1, opportunities.terms_of(d1, ALL, amount=Decimal(1299)), ALL, actor="ada", through="page")
    assert before is not None
    change = _set(d1, ("b1", "1", "1299.00", "0"))
    assert change is not None
    done = gcrm("opportunities", "edit", d1, "--amount", "5")
    assert (done.code, "is the sum of its line; change these, or take them out to type another" in done.err) == (1, True)
    with pytest.raises(CrmError, match="is the sum of its line"):
        change_in_list(OPPORTUNITIES, [d1], "amount", "5", ALL, actor="ada", through="page")
    well("opportunities", "edit", d1, "--amount", "1299", "--probability", "0.9")
    with pytest.raises(CrmError, match="the same was changed since"):  # though the sum is what was typed
        opportunities.undo(d1, before, ALL, actor="ada", through="page")
    file = tmp_path / "opportunities.csv"
    file.write_text(
        "deal_id,account,rep,title,stage,value,currency,opened_at,close_date,made_up\n"
        "d1,c3,r2,Eleven bikes,proposal,14000,SEK,2025-01-05T08:00Z,2025-06-30,yes\n"
    )
    assert "1 updated" in well("import", "opportunities", file)
    assert rows("SELECT name, amount, currency FROM gcrm.opportunities WHERE opportunity_id = %s", d1) == [("Eleven bikes", Decimal("1299.00"), "EUR")]
    assert "1 unchanged" in well("import", "opportunities", file)
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.opportunities SET amount = 7 WHERE opportunity_id = %s", (d1,))
    assert value(_AMOUNT, d1) == Decimal("1299.00")
    _healthy()
    opportunities.undo(d1, change, ALL, actor="ada", through="page")
    assert value(_AMOUNT, d1) == Decimal("1299.00")
    well("opportunities", "edit", d1, "--amount", "5")
    _healthy()


def test_nobody_writes_lines_beside_the_history(d1: int) -> None:
    _set(d1, ("b1", "1", "1299.00", "0"))
    for statement in ("UPDATE gcrm.opportunity_lines SET quantity = 2", "DELETE FROM gcrm.opportunity_lines", "SELECT gcrm.put_lines(1, '[]')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connect(Role.WRITER) as connection:
            connection.execute(statement.encode())


def test_who_does_not_see_the_opportunity_neither_reads_nor_changes_its_lines(d1: int) -> None:
    change = _set(d1, ("b1", "10", "1299.00", "0"))
    assert change is not None
    with connect(Role.WRITER) as connection:
        connection.execute(
            "UPDATE gcrm.accounts SET territory_id = (SELECT min(territory_id) FROM gcrm.territories) WHERE account_id ="
            " (SELECT account_id FROM gcrm.opportunities WHERE opportunity_id = %s)", (d1,),
        )  # fmt: skip
    own, foreign = (Scope(territories=frozenset({value(f"SELECT {which}(territory_id) FROM gcrm.territories")})) for which in ("min", "max"))
    assert len(lines_of(d1, own)) == 1
    assert lines_of(d1, foreign).empty
    with scoped(foreign) as connection:
        assert connection.execute("SELECT count(*) FROM gcrm.opportunity_lines").fetchone() == (0,)
    with pytest.raises(CrmError, match="There is no opportunity"):
        set_lines(d1, [], foreign, actor="eve", through="page")
    with pytest.raises(CrmError, match="There is no opportunity"):
        opportunities.undo(d1, change, foreign, actor="eve", through="page")
    assert len(rows(_LINES)) == 1
    assert set_lines(d1, [], own, actor="ada", through="page") is not None


def test_an_undo_of_imports_keeps_what_lines_need_and_an_undo_of_lines_lets_it_go(d1: int) -> None:
    change = _set(d1, ("b1", "10", "1299.00", "0"))
    assert change is not None
    jobs = dict(rows("SELECT object, job_id FROM gcrm.imports"))
    assert "was changed since" in well("jobs", "conflicts", jobs["opportunities"])
    well("jobs", "undo", jobs["opportunities"], "--leave-conflicts")
    assert rows("SELECT source_key FROM gcrm.opportunities") == [("d1",)]
    assert "is in lines of 1 opportunities" in well("jobs", "conflicts", jobs["products"])
    well("jobs", "undo", jobs["products"], "--leave-conflicts")
    assert rows("SELECT source_key FROM gcrm.products") == [("b1",)]
    assert len(rows(_LINES)) == 1
    opportunities.undo(d1, change, ALL, actor="ada", through="page")
    with connect(Role.WRITER) as connection:
        assert connection.execute("DELETE FROM gcrm.products").rowcount == 1


def test_lines_stay_in_a_merge_of_accounts_and_are_given_out_and_erased_with_a_person(d1: int, tmp_path: Path) -> None:
    _set(d1, ("b1", "10", "1299.00", "0"))
    company, person = (value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key) for key in ("c3", "c7"))
    with connect(Role.WRITER) as connection:
        connection.execute("SELECT gcrm.merge_accounts(%s, %s, false)", (person, company))
    assert rows("SELECT account_id FROM gcrm.opportunities WHERE opportunity_id = %s", d1) == [(person,)]
    assert len(rows(_LINES)) == 1
    well("privacy", "export", "files/c7", "--output", tmp_path)
    told = json.loads((tmp_path / "person.json").read_text(encoding="utf-8"))
    assert [each["price"] for each in told["records"]["opportunity_lines"]] == [1299]
    assert any("lines" in each["before"] for each in told["history"])
    well("privacy", "erase", "files/c7")
    assert value("SELECT count(*) FROM gcrm.opportunity_lines") == 0
    assert value("SELECT count(*) FROM gcrm.changes WHERE object = 'opportunities'") == 0


def test_lines_on_the_command_line(d1: int) -> None:
    assert list(products(ALL)["product_key"]) == ["b1", "h1", "b2"]
    assert "2,499.90" in well("opportunities", "products").replace("2499.90", "2,499.90")
    assert "has no lines; give it some" in well("opportunities", "lines", d1)
    out = well("opportunities", "set-lines", d1, "b1,10,,0.05", "h1,10,39.90", "--by", "ada")
    assert "has 2 lines and an amount of 12,739.50" in out
    shown = well("opportunities", "lines", d1)
    assert all(text in shown for text in ("City bike", "1,299.00", "5 %", "12,340.50", "399.00", "Together 12,739.50 EUR."))
    assert "is like that already" in well("opportunities", "set-lines", d1, "b1,10,,0.05", "h1,10,39.90")
    well("opportunities", *out.strip().rpartition("gcrm opportunities ")[2].rstrip("`.").split())
    assert rows(_LINES) == []
    well("opportunities", "set-lines", d1, "b1,1")
    assert "0 lines and an amount of 1,299.00" in well("opportunities", "set-lines", d1, "--none")
    for wrong, sentence in (
        ([], "or --none to take all out"),
        (["b1,1", "--none"], "or --none to take all out"),
        (["b1"], "'b1' is no line; write PRODUCT,QUANTITY"),
        (["x9,1"], "There is no product 'x9'; see them with"),
        (["b1,many"], "'many' is no number"),
        (["b1,1,2,3"], "Line 1: a discount of 300 % is none"),
    ):
        done = gcrm("opportunities", "set-lines", d1, *wrong)
        assert (done.code, sentence in done.err) == (1, True), done.err
    with pytest.raises(CrmError, match="City bike has no list price in SEK"):
        parse_lines(["b1,1"], "SEK", ALL)
    assert shop_file("products").is_file()
