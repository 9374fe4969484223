"""Every report on a made-up company, beside pandas over the tables themselves; scopes, periods, currencies, files, the command line."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.db.load import read_frame
from gcrm.errors import CubeError
from gcrm.pipeline import audit, opportunities
from gcrm.pipeline.cubes import build_cube
from gcrm.pipeline.reports import REPORTS, By, Choice, Result, report
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value

pytestmark = pytest.mark.usefixtures("made")

ALL = Scope.everything()
_EVERY, _DAY = Choice(), 86_400
# Six reps in four territories (the last of which has no region), accounts in them and in none, and what happened with them in thirty months.
_FILL = """
SELECT setseed(0.42);
INSERT INTO imports (source, object, file_name, file_sha256, mapping) VALUES ('test', 'accounts', 'a.csv', 'f', '{}');
INSERT INTO regions (name) VALUES ('East'), ('West');
INSERT INTO territories (source, source_key, name, region_id, made_up, import_id) SELECT 'test', n, 'T' || n, nullif((n + 1) / 2, 2), true, 1
    FROM generate_series(1, 4) AS n WHERE n < 4 UNION ALL SELECT 'test', 4, 'T4', 2, true, 1;
INSERT INTO reps (source, source_key, name, territory_id, made_up, import_id) SELECT 'test', n, 'Rep ' || n, 1 + n % 4, true, 1 FROM generate_series(1, 6) AS n;
INSERT INTO products (source, source_key, name, category, made_up, import_id)
    SELECT 'test', n, 'P' || n, CASE WHEN n < 4 THEN 'bikes' ELSE 'helmets' END, true, 1 FROM generate_series(1, 7) AS n;
INSERT INTO accounts (source, source_key, kind, status, name, territory_id, made_up, import_id)
    SELECT 'test', n, 'company', 'customer', 'A' || n, nullif(n % 5, 0), true, 1 FROM generate_series(1, 150) AS n;
INSERT INTO orders (source, source_key, order_key, account_id, product_id, ordered_at, quantity, revenue, cost, currency, made_up, import_id)
    SELECT 'test', n, n / 2, 1 + floor(140 * random() ^ 2), nullif(floor(8 * random()), 0), timestamptz '2024-01-03 00:00Z' + random() * interval '900 days',
        sign * ceil(5 * random()), sign * round((1000 * random())::numeric, 2), CASE WHEN n % 13 > 0 THEN sign * round((700 * random())::numeric, 2) END,
        CASE WHEN n % 11 = 0 THEN 'USD' ELSE 'EUR' END, true, 1
    FROM generate_series(1, 1200) AS n CROSS JOIN LATERAL (SELECT CASE WHEN n % 9 = 0 THEN -1 ELSE 1 END AS sign) AS s;
INSERT INTO activities (source, source_key, account_id, rep_id, kind, happened_at, made_up, import_id)
    SELECT 'test', n, 1 + floor(150 * random()), nullif(floor(7 * random()), 0), (ARRAY['call', 'visit', 'mail', 'meeting', 'note', 'task'])[1 + n % 6],
        timestamptz '2024-01-03 00:00Z' + random() * interval '900 days', true, 1
    FROM generate_series(1, 1500) AS n;
INSERT INTO opportunities (source, source_key, account_id, rep_id, name, stage, amount, currency, opened_at, closed_at, made_up, import_id)
    SELECT 'test', n, 1 + floor(150 * random()), nullif(floor(7 * random()), 0), 'O' || n, stage, round((9000 * random())::numeric, 2),
        CASE WHEN n % 5 = 0 THEN 'USD' ELSE 'EUR' END, opened_at, CASE WHEN stage IN ('won', 'lost') THEN opened_at + random() * interval '90 days' END, true, 1
    FROM generate_series(1, 300) AS n
    CROSS JOIN LATERAL (SELECT (ARRAY['new', 'won', 'lost', 'won', 'proposal'])[1 + n % 5] AS stage,
        timestamptz '2024-01-03Z' + n * interval '67 hours' AS opened_at) AS s;
INSERT INTO leads (source, source_key, company, currency, origin, status, received_at, converted_at, territory_id, rep_id, made_up, import_id)
    SELECT 'test', n, 'L' || n, 'EUR', (ARRAY['Fair', 'Web', NULL])[1 + n % 3], status, received_at,
        CASE WHEN status = 'converted' THEN received_at + random() * interval '40 days' END, nullif(n % 5, 0), nullif(n % 7, 0), true, 1
    FROM generate_series(1, 250) AS n
    CROSS JOIN LATERAL (SELECT (ARRAY['new', 'working', 'converted', 'rejected'])[1 + n % 4] AS status,
        timestamptz '2025-01-03Z' + n * interval '31 hours' AS received_at) AS s;
"""
_OPPORTUNITIES = """
SELECT o.opportunity_id, o.amount, o.currency::text AS currency, o.opened_at, o.closed_at, s.kind, coalesce(r.name, '(unknown)') AS rep,
    t.name AS territory, g.name AS region
FROM gcrm.opportunities o JOIN gcrm.stages s USING (stage) JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.reps r ON r.rep_id = o.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id LEFT JOIN gcrm.regions g USING (region_id)
"""
_ORDERS = """
SELECT o.account_id, o.quantity, o.revenue, o.cost, o.currency::text AS currency, o.ordered_at, p.name AS product, p.category, t.name AS territory
FROM gcrm.orders o JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.products p USING (product_id)
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id
"""
_ACTIVITIES = """
SELECT v.kind, v.happened_at, coalesce(r.name, '(unknown)') AS rep, t.name AS territory, g.name AS region
FROM gcrm.activities v JOIN gcrm.accounts a USING (account_id) LEFT JOIN gcrm.reps r ON r.rep_id = v.rep_id
LEFT JOIN gcrm.territories t ON t.territory_id = a.territory_id LEFT JOIN gcrm.regions g USING (region_id) WHERE v.state = 'done'
"""
_LEADS = """
SELECT l.*, r.name AS rep, t.name AS territory, g.name AS region
FROM gcrm.leads l LEFT JOIN gcrm.reps r USING (rep_id)
LEFT JOIN gcrm.territories t ON t.territory_id = l.territory_id LEFT JOIN gcrm.regions g USING (region_id)
"""


def _table(query: str) -> pd.DataFrame:
    with connect(Role.WRITER) as connection:
        return read_frame(connection, query)


@pytest.fixture(scope="module")
def made(database: None) -> Iterator[None]:
    """A company in which opportunities move, leads are decided, goods come back, and some money is in dollars."""
    del database
    empty()
    with connect(Role.WRITER) as connection:
        connection.execute(_FILL)
    open_ones = rows("SELECT opportunity_id, stage_since FROM gcrm.opportunities WHERE stage = 'new' ORDER BY opportunity_id LIMIT 8")
    for number, (key, since) in enumerate(open_ones):
        for step, stage in enumerate(("qualified", "proposal", "won")):
            opportunities.move(key, stage, ALL, actor="ada", through="page", at=min(since + timedelta(hours=(number + 1) * (step + 2)), datetime.now(UTC)))
    build_cube(lambda _count: None)
    yield
    empty()


def _said(result: Result, *names: str) -> dict[Any, tuple[Any, ...]]:
    """The figures of a report by its member, or by its member and what this is split by."""
    keys = [name for name in (result.by, result.report.within) if name in result.rows]
    figures = list(names) or [each.name for each in result.report.figures]
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: tuple(row[name] for name in figures) for row in result.rows.to_dict("records")}


def _month(times: pd.Series) -> pd.Series:
    return pd.to_datetime(times, utc=True).dt.strftime("%Y-%m")


def _days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return (pd.to_datetime(later, utc=True) - pd.to_datetime(earlier, utc=True)).dt.total_seconds() / _DAY


@pytest.mark.parametrize("by", REPORTS["leads"].bys)
def test_leads_are_those_of_the_table(by: By) -> None:
    leads = _table(_LEADS)
    leads = leads.assign(month=_month(leads["received_at"]), days=_days(leads["converted_at"], leads["received_at"]))
    expected = {}
    for member, own in leads.groupby(leads[by].fillna("(unknown)")):
        counts = own["status"].value_counts()
        by_status = [int(counts.get(status, 0)) for status in ("new", "working", "converted", "rejected")]
        decided = by_status[2] + by_status[3]
        median = own["days"].median()
        expected[member] = (len(own), *by_status, decided, by_status[2] / decided if decided else None, None if pd.isna(median) else pytest.approx(median))
    assert _said(report("leads", by, _EVERY, ALL)) == expected


@pytest.mark.parametrize("by", REPORTS["win-rate"].bys)
@pytest.mark.parametrize("currency", ["", "USD"])
def test_what_was_won_and_how_long_it_took(by: By, currency: str) -> None:
    made = _table(_OPPORTUNITIES).query("kind != 'open'")
    made = made.assign(month=_month(made["closed_at"]), days=_days(made["closed_at"], made["opened_at"]))
    rates, times = {}, {}
    for member, own in made.groupby(made[by].fillna("(unknown)")):
        won, own_money = own[own["kind"] == "won"], own[own["currency"] == (currency or "EUR")]
        closed_amount, won_amount = sum(own_money["amount"], Decimal(0)), sum(own_money.loc[own_money["kind"] == "won", "amount"], Decimal(0))
        rates[member] = (len(own), len(won), len(own) - len(won), len(won) / len(own), closed_amount, won_amount,
                         float(won_amount / closed_amount) if closed_amount else None)  # fmt: skip
        if len(won):
            times[member] = (len(won), *(pytest.approx(won["days"].quantile(share)) for share in (0.5, 0.25, 0.75)))
    result = report("win-rate", by, Choice(currency=currency), ALL)
    assert (result.currency, result.currencies) == (currency or "EUR", ("EUR", "USD"))
    assert _said(result) == rates
    assert _said(report("cycle-time", by, Choice(), ALL)) == times


def test_over_all_time_the_win_rate_is_that_of_the_cube() -> None:
    told = well("cube", "query", "--measures", "won,closed")
    whole = report("win-rate", "all", _EVERY, ALL).rows.iloc[0]
    assert {f"{whole['won']:,}", f"{whole['closed']:,}"} <= set(told.split())


@pytest.mark.parametrize("by", ["rep", "month"])
def test_stays_are_between_two_arrivals(by: By) -> None:
    ways = _table("SELECT * FROM gcrm.stage_changes ORDER BY opportunity_id, changed_at, stage_change_id").merge(_table(_OPPORTUNITIES), on="opportunity_id")
    ways = ways.assign(left_at=ways.groupby("opportunity_id")["changed_at"].shift(-1)).dropna(subset=["left_at"])
    ways = ways.assign(month=_month(ways["left_at"]), days=_days(ways["left_at"], ways["changed_at"]), label=ways["stage"].str.capitalize())
    assert len(ways)
    expected = {
        key: (len(own), pytest.approx(own["days"].median()), pytest.approx(own["days"].quantile(0.75))) for key, own in ways.groupby([by, "label"])
    }  # fmt: skip
    assert _said(report("stage-time", by, _EVERY, ALL)) == expected
    together = _said(report("stage-time", "all", _EVERY, ALL))
    assert {stage: figures[0] for stage, figures in together.items()} == ways["label"].value_counts().to_dict()
    assert list(together) == ["New", "Qualified", "Proposal"]


@pytest.mark.parametrize("by", REPORTS["activity"].bys)
def test_activities_stand_beside_what_was_won(by: By) -> None:
    done = _table(_ACTIVITIES)
    done = done.assign(month=_month(done["happened_at"]))
    won = _table(_OPPORTUNITIES).query("kind == 'won'")
    won = won.assign(month=_month(won["closed_at"]))
    done_by, won_by = (frame[by].fillna("(unknown)") for frame in (done, won))
    expected = {}
    for member in {*done_by, *won_by}:
        own, wins = done[done_by == member], won[won_by == member]
        counts = [int((own["kind"] == kind).sum()) for kind in ("call", "visit", "mail", "meeting")]
        amount = sum(wins.loc[wins["currency"] == "EUR", "amount"], Decimal(0))
        expected[member] = (len(own), *counts, len(wins), amount, len(own) / len(wins) if len(wins) else None)
    assert _said(report("activity", by, _EVERY, ALL)) == expected


def test_cohorts_are_those_of_the_orders() -> None:
    orders = _table(_ORDERS)
    orders = orders.assign(quarter=pd.PeriodIndex(pd.to_datetime(orders["ordered_at"], utc=True).dt.tz_localize(None), freq="Q"))
    bought = orders[["account_id", "quarter"]].drop_duplicates()
    bought = bought.assign(first=bought.groupby("account_id")["quarter"].transform("min"))
    last = bought["quarter"].max()
    counts = bought.groupby(["first", "quarter"]).size()
    expected = {}
    for first in sorted(set(bought["first"])):
        for after in range((last - first).n + 1):
            ordered = int(counts.get((first, first + after), 0))
            expected[f"{first.year}-Q{first.quarter}", after] = (int(counts[first, first]), ordered, ordered / counts[first, first])
    assert _said(report("retention", "quarter", _EVERY, ALL)) == expected


def test_churn_and_win_back_are_those_of_plain_loops() -> None:
    orders = _table(_ORDERS)
    numbers = pd.to_datetime(orders["ordered_at"], utc=True).map(lambda time: 12 * time.year + time.month - 1)
    bought: dict[int, set[int]] = defaultdict(set)
    for account, number in zip(orders["account_id"], numbers, strict=True):
        bought[account].add(number)
    expected: dict[str, tuple[Any, ...]] = {}
    before: tuple[int, int] | None = None
    for month in range(min(numbers), max(numbers) + 1):
        quiet = [month - max(each for each in own if each <= month) for own in bought.values() if min(own) <= month]
        new = sum(min(own) == month for own in bought.values())
        back = sum(month in own and min(own) < month and month - max(each for each in own if each < month) >= 12 for own in bought.values())
        active, dormant, lost = (sum(low <= each < high for each in quiet) for low, high in ((0, 6), (6, 12), (12, 9_999)))
        churned = sum(each == 12 for each in quiet)
        kept, were_lost = before or (None, None)
        expected[f"{month // 12}-{month % 12 + 1:02}"] = (
            len(quiet), active, dormant, lost, new, churned, kept, churned / kept if kept else None, back, were_lost, back / were_lost if were_lost else None,
        )  # fmt: skip
        before = (active + dormant, lost)
    assert _said(report("customers", "month", _EVERY, ALL)) == expected
    assert all(sum(figures[at] for figures in expected.values()) > 9 for at in (4, 5, 8)), "too few are new, churned or won back to tell anything"
    newest = report("customers", "year", _EVERY, ALL).rows.iloc[-1]
    assert (newest["base"], newest["active"]) == (len(bought), list(expected.values())[-1][1])


@pytest.mark.parametrize("by", ["category", "product", "territory", "month", "all"])
@pytest.mark.parametrize("currency", ["", "USD"])
def test_margin_takes_returns_off(by: By, currency: str) -> None:
    orders = _table(_ORDERS)
    orders = orders[orders["currency"] == (currency or "EUR")]
    margin = [None if cost is None else revenue - cost for revenue, cost in zip(orders["revenue"], orders["cost"], strict=True)]
    orders = orders.assign(month=_month(orders["ordered_at"]), all="all", margin=pd.Series(margin, orders.index, dtype=object))
    expected = {}
    for member, own in orders.groupby(orders[by].fillna("(unknown)")):
        back = own[own["quantity"] < 0]
        sold, returned = sum(own.loc[own["quantity"] >= 0, "revenue"], Decimal(0)), -sum(back["revenue"], Decimal(0))
        revenue, kept = sold - returned, sum(own["margin"].dropna(), Decimal(0))
        expected[member] = (sold, returned, float(returned / sold) if sold else None, revenue, kept, float(kept / revenue) if revenue else None,
                            sum(own["quantity"], Decimal(0)), -sum(back["quantity"], Decimal(0)))  # fmt: skip
    result = report("margin", by, Choice(currency=currency), ALL)
    if by == "all":
        assert tuple(result.rows.iloc[0]) == expected["all"]
    else:
        assert _said(result) == expected


@pytest.mark.parametrize("name", REPORTS)
def test_a_scope_shows_what_its_territory_alone_would(name: str) -> None:
    key, territory = rows("SELECT territory_id, name FROM gcrm.territories ORDER BY territory_id LIMIT 1")[0]
    chosen, seen = report(name, None, Choice(territories=(territory,)), ALL), report(name, None, _EVERY, Scope(frozenset({key})))
    assert len(seen.rows)
    pd.testing.assert_frame_equal(seen.rows, chosen.rows)
    assert report(name, None, _EVERY, Scope(frozenset())).rows.empty


@pytest.mark.parametrize("name", [name for name, each in REPORTS.items() if "month" in each.bys])
def test_a_period_has_the_months_that_lie_in_it(name: str) -> None:
    whole = report(name, "month", _EVERY, ALL).rows
    months = sorted(set(whole["month"]))
    first, last = months[len(months) // 3], months[2 * len(months) // 3]
    narrowed = report(name, "month", Choice(since=first, until=last), ALL).rows
    pd.testing.assert_frame_equal(narrowed, whole[whole["month"].between(first, last)].reset_index(drop=True))


def test_a_rep_alone_is_its_row_among_all() -> None:
    rep = value("SELECT name FROM gcrm.reps ORDER BY rep_id LIMIT 1")
    for name in ("leads", "win-rate", "cycle-time", "activity"):
        every = _said(report(name, "rep", _EVERY, ALL))
        assert _said(report(name, "rep", Choice(reps=(rep,)), ALL)) == {rep: every[rep]}


def test_few_accounts_are_not_told_apart() -> None:
    few = Scope(None, smallest_count=5)
    for name in ("retention", "customers"):
        with pytest.raises(CubeError, match=r"fewer than 5|figures of 5"):
            report(name, None, _EVERY, few)
    margin, activity = report("margin", "category", _EVERY, few), report("activity", "rep", _EVERY, few)
    assert margin.rows["returned"].isna().all()
    assert margin.rows["margin_share"].notna().any()
    assert "hidden" in margin.hidden
    assert "hidden" in activity.hidden


def test_the_command_shows_and_writes_a_report(tmp_path: Path) -> None:
    assert "Converted leads divided by decided ones." in well("report")
    shown = well("report", "win-rate", "--by", "rep", "--currency", "USD")
    assert "amount won, USD" in shown
    assert "As of" in well("report", "margin", "--by", "product")
    target = tmp_path / "win.xlsx"
    assert "rows to" in well("report", "win-rate", "--since", "2000-01", "--output", target)
    sheets = openpyxl.load_workbook(target)
    result = report("win-rate", None, Choice(since="2000-01"), ALL)
    assert sheets["gcrm"].max_row == len(result.rows) + 1
    assert ("from", "2000-01") in [(row[0].value, row[1].value) for row in sheets["About"].iter_rows()]
    (line,) = audit.lines(action="export")
    assert (line.subject, line.detail["rows"]) == ("win.xlsx", len(result.rows))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["luck"], "There is no report 'luck'"),
        (["margin", "--by", "luck"], "not by luck"),
        (["margin", "--rep", "Ada"], "knows no rep"),
        (["win-rate", "--since", "2025-13"], "'2025-13' is not a month"),
        (["win-rate", "--since", "2025-03", "--until", "2025-01"], "before it begins"),
        (["win-rate", "--currency", "XXX"], "No amount is in XXX; there are EUR, USD"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: list[str], said: str) -> None:
    done = gcrm("report", *arguments)
    assert (done.code, said in done.err) == (1, True), done.err
