"""Campaigns: what files say of them, who has which order, what each member costs, who sees whom."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.olap.query import CubeQuery
from gcrm.pipeline import jobs
from gcrm.pipeline.account import account
from gcrm.pipeline.cube_check import check_cubes
from gcrm.pipeline.cubes import ask_cube
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("database", "clean")

EVERYTHING = Scope.everything()
_MEMBERS = "SELECT source_key, response, responded_at, wave FROM gcrm.campaign_members ORDER BY 1"


@pytest.fixture
def clean(database: None) -> None:
    del database
    empty()


def _write(folder: Path, text: str, name: str = "members.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _attributed() -> list[tuple[str, str]]:
    """Order lines with the member that has them."""
    return rows(
        "SELECT l.source_key, m.source_key FROM gcrm.campaign_orders o JOIN gcrm.orders l USING (order_line_id)"
        " JOIN gcrm.campaign_members m USING (campaign_member_id) ORDER BY 1"
    )


def _ask(by: str, measures: str, scope: Scope = EVERYTHING) -> dict[Any, tuple[Any, ...]]:
    table = ask_cube(CubeQuery.parse(by, measures=measures), scope).table.to_pylist()
    return {row[by] if by else None: tuple(row[name] for name in measures.split(",")) for row in table}


def _account_id(key: str) -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key))


def test_what_does_not_fit_is_refused_with_its_reason_and_the_rest_is_stored(tmp_path: Path) -> None:
    import_shop("territories", "accounts", "contacts", "campaigns")
    text = (
        "member id,campaign,account,contact,sent,status,responded_at\n"
        "good,s1,c1,p1,2025-01-14,opened,2025-01-15\n"
        "nobody,s1,,,2025-01-14,none,\n"
        "stranger,s1,,p9,2025-01-14,none,\n"
        "homeless,s1,c99,,2025-01-14,none,\n"
        "lost,s9,c1,,2025-01-14,none,\n"
        "silent,s1,c1,,2025-01-14,none,2025-01-15\n"
        "early,s1,c1,,2025-01-14,opened,2025-01-13\n"
        "odd,s1,c1,,2025-01-14,perhaps,\n"
        "never,s1,c1,,,none,\n"
    )
    assert well("import", "campaign_members", _write(tmp_path, text)).startswith("9 read: 1 created, 0 updated, 0 unchanged, 8 refused.")
    assert dict(rows("SELECT record ->> 'member id', column_name || ': ' || reason FROM gcrm.quarantine")) == {
        "nobody": "account: is missing, and so is contact_key; one of them is required",
        "stranger": "contact: is no key of contacts from files; import those first, then `gcrm quarantine retry`",
        "homeless": "account: is no key of accounts from files; import those first, then `gcrm quarantine retry`",
        "lost": "campaign: is no key of campaigns from files; import those first, then `gcrm quarantine retry`",
        "silent": "responded_at: is given, though response is none",
        "early": "responded_at: must not be before sent_at",
        "odd": "status: must be one of none, opened, answered, bought, unsubscribed",
        "never": "sent: is missing, and is required",
    }
    neither = gcrm("import", "campaign_members", _write(tmp_path, "member id,campaign,sent\nm,s1,2025-01-14\n"))
    assert neither.code == 1
    assert "no column feeds account_key" in neither.err
    backwards = _write(tmp_path, "id,name,start,end,cost\nb,Backwards,2025-02-01,2025-01-01,1\nn,Negative,2025-02-01,,-1\n", "campaigns.csv")
    assert "0 created, 0 updated, 0 unchanged, 2 refused" in well("import", "campaigns", backwards)


def test_a_file_with_fewer_columns_keeps_what_the_records_have(tmp_path: Path) -> None:
    import_shop()
    before = rows(_MEMBERS)
    path = _write(tmp_path, "member_id,campaign,contact,sent\nm1,s1,p1,2025-01-14T08:00Z\nm2,s1,p3,2025-01-14T08:00Z\n")
    assert "2 read: 0 created, 0 updated, 2 unchanged" in well("import", "campaign_members", path)
    assert rows(_MEMBERS) == before
    # An answer that would have come before the sending is no answer to it; nor is one of somebody who gave none.
    well("import", "campaign_members", _write(tmp_path, "member_id,campaign,contact,sent\nm1,s1,p1,2025-01-16T08:00Z\n"))
    assert rows(_MEMBERS)[0] == ("m1", "bought", None, "1")
    well("import", "campaign_members", _write(tmp_path, "member_id,campaign,customer,contact,sent,status\nm1,s1,c1,p1,2025-01-14T08:00Z,none\n"))
    assert rows(_MEMBERS)[0] == ("m1", "none", None, "1")
    # Whom it was sent to: another person is at another account; the account alone keeps the person.
    well("import", "campaign_members", _write(tmp_path, "member_id,campaign,contact,sent\nm1,s1,p3,2025-01-14T08:00Z\n"))
    assert rows("SELECT a.source_key FROM gcrm.campaign_members m JOIN gcrm.accounts a USING (account_id) WHERE m.source_key = 'm1'") == [("c3",)]
    well("import", "campaign_members", _write(tmp_path, "member_id,campaign,account,sent\nm2,s1,c3,2025-01-14T08:00Z\nm1,s1,c2,2025-01-14T08:00Z\n"))
    assert rows("SELECT m.source_key, k.source_key FROM gcrm.campaign_members m LEFT JOIN gcrm.contacts k USING (contact_id) ORDER BY 1") == [
        ("m1", None), ("m2", "p3"), ("m3", None),
    ]  # fmt: skip
    assert well("db", "check")


def test_an_undone_import_leaves_campaigns_as_they_were(tmp_path: Path) -> None:
    import_shop()
    tables = ("campaigns", "campaign_members")
    before = {name: rows(f"SELECT (to_jsonb(t) - 'updated_at')::text FROM gcrm.{name} t ORDER BY 1") for name in tables}
    well("import", "campaigns", _write(tmp_path, "campaign_id,campaign,start date,total cost\ns1,Spring,2025-01-10,70\ns3,New,2025-03-01,5\n", "more.csv"))
    path = _write(tmp_path, "member_id,campaign,customer,sent,status\nm3,s3,c2,2025-01-21T08:00Z,answered\nm4,s3,c1,2025-03-01,none\n")
    well("import", "campaign_members", path)
    assert rows("SELECT object, before ->> 'response' FROM gcrm.changes ORDER BY change_id") == [("campaigns", None), ("campaign_members", "opened")]
    of_members, of_campaigns = jobs.jobs(2)
    assert [(name, key, why) for name, _, key, why in jobs.undo_conflicts(of_campaigns.job_id)] == [("campaigns", "s3", "has 2 campaign_members that stay")]
    assert jobs.undo(of_members.job_id) == jobs.Undone(restored=1, removed=1, kept=0)
    assert jobs.undo(of_campaigns.job_id) == jobs.Undone(restored=1, removed=1, kept=0)
    assert {name: rows(f"SELECT (to_jsonb(t) - 'updated_at')::text FROM gcrm.{name} t ORDER BY 1") for name in tables} == before


def test_a_merge_of_accounts_takes_what_was_sent_along_and_an_undo_gives_it_back() -> None:
    import_shop()
    one, other = _account_id("c1"), _account_id("c2")
    with connect(Role.WRITER) as connection:
        merge = connection.execute("SELECT gcrm.merge_accounts(%s, %s)", (one, other)).fetchone()
    assert merge is not None
    assert set(rows("SELECT m.source_key, m.account_id FROM gcrm.campaign_members m WHERE m.source_key <> 'm2'")) == {("m1", one), ("m3", one)}
    # Both got it before the second order, the other account a week later: the later one has that order.
    assert _attributed() == [("o1/1", "m1"), ("o1/2", "m1"), ("o2/1", "m3")]
    assert well("db", "check")
    with connect(Role.WRITER) as connection:
        connection.execute("SELECT gcrm.undo_merge(%s)", merge)
    assert rows("SELECT account_id FROM gcrm.campaign_members WHERE source_key = 'm3'") == [(other,)]


def test_an_order_counts_for_the_campaign_that_was_sent_last_before_it_and_for_no_other(tmp_path: Path) -> None:
    import_shop("territories", "accounts")
    campaigns = (
        "id,name,start,cost,currency,attribution window\n"
        "long,Long,2025-01-01,10,EUR,30\n"
        "short,Short,2025-01-01,10,EUR,1\n"
        "dollars,Dollars,2025-01-01,10,USD,30\n"
    )
    well("import", "campaigns", _write(tmp_path, campaigns, "campaigns.csv"))
    members = (
        "member id,campaign,account,sent\n"
        "a,long,c1,2025-01-01T12:00Z\n"
        "b,short,c1,2025-01-10T12:00Z\n"
        "c,dollars,c1,2025-01-10T12:00Z\n"
        "d,long,c2,2025-01-05T12:00Z\n"
        "e,short,c2,2025-01-05T12:00Z\n"
        "f,long,c3,2025-01-05T12:00Z\n"
    )
    well("import", "campaign_members", _write(tmp_path, members))
    orders = (
        "order id,account,date,amount,currency\n"
        "before,c1,2025-01-01T11:59:59Z,1,EUR\n"
        "at once,c1,2025-01-01T12:00:00Z,2,EUR\n"
        "short,c1,2025-01-11T11:59:59Z,4,EUR\n"
        "short over,c1,2025-01-11T12:00:00Z,8,EUR\n"
        "last,c1,2025-01-31T11:59:59Z,16,EUR\n"
        "late,c1,2025-01-31T12:00:00Z,32,EUR\n"
        "dollars,c1,2025-01-11T11:00:00Z,64,USD\n"
        "same moment,c2,2025-01-05T13:00:00Z,128,EUR\n"
        "back,c3,2025-01-06T12:00:00Z,-256,EUR\n"
        "stranger,c4,2025-01-06T12:00:00Z,512,EUR\n"
    )
    well("import", "orders", _write(tmp_path, orders, "orders.csv"))
    assert _attributed() == [
        ("at once/1", "a"), ("back/1", "f"), ("dollars/1", "c"), ("last/1", "a"), ("same moment/1", "d"), ("short over/1", "a"), ("short/1", "b"),
    ]  # fmt: skip
    well("cube", "build")
    euros = ask_cube(CubeQuery.parse("campaign,currency", measures="attributed_revenue"), EVERYTHING).table.to_pylist()
    assert {(row["campaign"], row["currency"]): row["attributed_revenue"] for row in euros} == {
        ("Long", "EUR"): Decimal(2 + 8 + 16 + 128 - 256), ("Short", "EUR"): Decimal(4), ("Dollars", "USD"): Decimal(64),
    }  # fmt: skip
    assert all(proof.holds for proof in check_cubes(lambda _: None))


@pytest.mark.parametrize(("cost", "members"), [("100.00", 3), ("0.02", 3), ("0.00", 2), ("99999.99", 7), ("1.00", 1), ("12.34", 0)])
def test_the_shares_of_the_members_add_up_to_the_cost_to_the_cent(tmp_path: Path, cost: str, members: int) -> None:
    import_shop("territories", "accounts")
    well("import", "campaigns", _write(tmp_path, f"id,name,start,cost\nx,One,2025-01-01,{cost}\n", "campaigns.csv"))
    lines = "".join(f"m{number},x,c{number},2025-01-01\n" for number in range(1, members + 1))
    if members:
        well("import", "campaign_members", _write(tmp_path, f"member id,campaign,account,sent\n{lines}"))
    well("cube", "build")
    assert _ask("", "campaign_cost") == {None: (Decimal(cost),)}
    well("cube", "records", "campaigns", "--output", tmp_path / "records.csv")
    shares = pd.read_csv(tmp_path / "records.csv", comment="#", dtype="string")["cost"].map(Decimal)
    assert len(shares) == max(members, 1)
    assert shares.sum() == Decimal(cost)
    assert shares.max() - shares.min() <= Decimal("0.01")


def test_the_cube_says_what_the_tables_say_also_of_a_campaign_without_members() -> None:
    import_shop()
    well("cube", "build")
    asked = "members,addressed,responses,response_rate,attributed_revenue,campaign_cost,cost_per_response,return_on_cost"
    spring = (3, 3, 1, pytest.approx(1 / 3), Decimal("3896.90"), Decimal("100.00"), Decimal("100.00"), pytest.approx(38.969))
    assert _ask("campaign", asked) == {"Spring range": spring, "Posters": (0, 0, 0, None, Decimal("0.00"), Decimal("500.00"), None, 0)}
    assert _ask("", "members,campaign_cost,attributed_revenue") == {None: (3, Decimal("600.00"), Decimal("3896.90"))}
    assert _ask("response", "members") == {"bought": (1,), "none": (1,), "opened": (1,), "(unknown)": (0,)}
    assert _ask("wave", "campaign_cost") == {"1": (Decimal("66.67"),), "2": (Decimal("33.33"),), "(unknown)": (Decimal("500.00"),)}
    assert _ask("channel", "members")["mail"] == (3,)
    proofs = [proof for proof in check_cubes(lambda _: None) if proof.cube == "campaigns"]
    assert len(proofs) > 50
    assert [proof for proof in proofs if not proof.holds] == []


def test_a_reader_sees_what_was_sent_to_the_own_territories_only() -> None:
    import_shop()
    with connect(Role.OWNER) as connection:
        connection.execute("UPDATE gcrm.accounts SET territory_id = CASE source_key WHEN 'c1' THEN 1 WHEN 'c2' THEN 2 END")
    well("cube", "build")
    own = Scope(territories=frozenset({1}))
    assert _ask("campaign", "members,campaign_cost,attributed_revenue", own) == {"Spring range": (1, Decimal("33.33"), Decimal("1397.00"))}
    assert account(_account_id("c2"), own) is None
    seen = account(_account_id("c1"), own)
    assert seen is not None
    assert len(seen.campaigns) == 1


def test_an_account_tells_what_was_sent_to_it_and_who_may_not_be_contacted_now() -> None:
    import_shop()
    aino = value("SELECT contact_id FROM gcrm.contacts WHERE source_key = 'p1'")
    found = account(_account_id("c1"), EVERYTHING)
    assert found is not None
    assert found.campaigns.to_dict("records") == [
        {
            "sent_at": datetime(2025, 1, 14, 8, tzinfo=UTC), "campaign": "Spring range", "channel": "mail", "wave": "1", "contact_id": aino,
            "contact": "Aino Example", "response": "bought", "responded_at": datetime(2025, 1, 15, 8, tzinfo=UTC), "revenue": Decimal("1397.00"),
            "currency": "EUR", "barred": "Consent to marketing by mail was withdrawn on 2025-02-01 12:00 UTC (files).",
        }
    ]  # fmt: skip
    unsent = account(_account_id("c4"), EVERYTHING)
    assert unsent is not None
    assert unsent.campaigns.empty
    well("consent", "give", "p3", "--purpose", "marketing", "--channel", "mail")
    kept = account(_account_id("c3"), EVERYTHING)
    assert kept is not None
    assert kept.campaigns[["contact", "barred"]].to_numpy().tolist() == [["Ines Example", None]]
    well("consent", "suppress", "ines@example.org")
    barred = account(_account_id("c3"), EVERYTHING)
    assert barred is not None
    assert "on the suppression list" in barred.campaigns["barred"].item()
    # Sent to the account and not to a person: nobody is named who might be contacted.
    with connect(Role.WRITER) as connection:
        connection.execute("UPDATE gcrm.campaign_members SET contact_id = NULL")
    told = account(_account_id("c1"), EVERYTHING)
    assert told is not None
    assert told.campaigns[["contact", "barred"]].to_numpy().tolist() == [[None, None]]
