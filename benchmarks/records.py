"""The queries behind the pages of records at size, with row-level security and without it: `python -m benchmarks.records`, in a home of its own.

Ten activities an account, few accounts with most of them; every question has the same answer with and without row-level security, since it asks within the
reader's own territories: so the difference is what the security costs. The plans are kept in benchmarks/results/plans.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import pandas as pd
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import own_home
from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, close_all, connect, ensure_ready
from gcrm.pipeline import account, activity_lists, cases, leads, opportunities, search
from gcrm.pipeline.activity_lists import Choice, Events

_PLANS = Path(__file__).parent / "results" / "plans"
_TERRITORIES, _REPS, _ASKED, _MOST = 60, 300, 60, 50
_BAR_MS, _SEARCH_BAR_MS, _SECURITY_BAR = 300, 100, 0.2
_CHUNK = 500_000

_SETS = """
    INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping) VALUES ('bench', 'accounts', 'none', '', '{{}}');
    INSERT INTO gcrm.regions (name) SELECT 'region ' || i FROM generate_series(1, 8) AS i;
    INSERT INTO gcrm.territories (source, source_key, name, region_id, made_up, import_id)
    SELECT 'bench', i, 'territory ' || i, i % 8 + 1, true, 1 FROM generate_series(1, {territories}) AS i;
    INSERT INTO gcrm.reps (source, source_key, name, territory_id, made_up, import_id)
    SELECT 'bench', i, 'rep ' || i, i % {territories} + 1, true, 1 FROM generate_series(1, {reps}) AS i;
    CREATE UNLOGGED TABLE public.syllable AS SELECT row_number() OVER () AS number, word FROM (
        SELECT c || v AS word FROM unnest(string_to_array('b d f g h j k l m n p r s t v w sch st kr tr pl', ' ')) AS c,
            unnest(string_to_array('a e i o u au ei ie', ' ')) AS v) AS s;
"""
# Names and streets of syllables, drawn by the digits of a hash: some ten thousand streets, a hundred thousand names.
_ACCOUNTS = """
    INSERT INTO gcrm.accounts (account_id, source, source_key, kind, status, name, segment, street, house_number, postcode, city, country_code, phone, email,
        position, cell, territory_id, made_up, import_id) OVERRIDING SYSTEM VALUE
    SELECT i, 'bench', 'K' || i, 'company', (ARRAY['customer', 'customer', 'prospect', 'lost'])[i % 4 + 1],
        initcap(s1.word || s2.word || s3.word) || (ARRAY[' Handel', ' Bau', ' Markt', ' Technik', ' Service', ''])[i % 6 + 1]
            || (ARRAY[' GmbH', ' AG', ' & Co. KG', ' e.K.', ''])[i % 5 + 1],
        'segment ' || i % 9, initcap(s4.word || s5.word) || (ARRAY['straße', 'weg', 'gasse', 'platz'])[i % 4 + 1], (i % 180 + 1)::text,
        lpad((i * 7919 % 90000 + 10000)::text, 5, '0'), initcap(s6.word || s5.word) || (ARRAY['stadt', 'dorf', 'heim'])[i % 3 + 1], 'DE',
        '+49 30 ' || 2000000 + i, s1.word || i || '@example.org', ST_Point(6 + (i * 7919 % 900000) / 1e5, 47 + (i * 104729 % 700000) / 1e5, 4326),
        622236750694711295 + i % 5000 * 4096, i % {territories} + 1, true, 1
    FROM generate_series({first}::bigint, {last}::bigint) AS i
    JOIN public.syllable s1 ON s1.number = abs(hashint8(i)) % 168 + 1 JOIN public.syllable s2 ON s2.number = abs(hashint8(i + 7)) % 168 + 1
    JOIN public.syllable s3 ON s3.number = abs(hashint8(i / 3)) % 168 + 1 JOIN public.syllable s4 ON s4.number = abs(hashint8(i % 9001)) % 168 + 1
    JOIN public.syllable s5 ON s5.number = abs(hashint8(i % 9001 + 13)) % 168 + 1
    JOIN public.syllable s6 ON s6.number = abs(hashint8(i % 9001 + 29)) % 21 * 8 + 1"""
# The rep of an activity is one of the account's territory; one in fifty is still to come.
_ACTIVITIES = """
    INSERT INTO gcrm.activities (source, source_key, account_id, rep_id, kind, state, happened_at, due_at, channel, department, subject, made_up, import_id)
    SELECT 'bench', i, a, r.rep_id, (ARRAY['call', 'visit', 'mail', 'note'])[i % 4 + 1], CASE WHEN planned THEN 'planned' ELSE 'done' END,
        CASE WHEN NOT planned THEN timestamptz '2026-11-01' - i % 1500000 * interval '1 minute' END,
        CASE WHEN planned THEN timestamptz '2026-11-01' + i % 400000 * interval '1 minute' END, 'phone', 'sales', 'about ' || i % 1000, true, 1
    FROM (
        SELECT i, i % 50 = 0 AS planned, floor(power(hashint8(i) / 4294967296.0 + 0.5, 2) * {accounts})::bigint + 1 AS a
        FROM generate_series({first}::bigint, {last}::bigint) AS i
    ) AS drawn
    CROSS JOIN LATERAL (SELECT (a % {territories} + {territories} * (i / 50 % ({reps} / {territories})))::int AS rep_id) AS r0
    CROSS JOIN LATERAL (SELECT CASE WHEN r0.rep_id = 0 THEN {territories} ELSE r0.rep_id END AS rep_id) AS r"""
_OTHERS = """
    INSERT INTO gcrm.contacts (source, source_key, account_id, given_name, family_name, email, phone, made_up, import_id)
    SELECT 'bench', i, i * 2, initcap(s1.word), initcap(s2.word || s1.word), 'p' || i || '@example.net', '+49 40 ' || 3000000 + i, true, 1
    FROM generate_series(1, {accounts} / 2) AS i
    JOIN public.syllable s1 ON s1.number = abs(hashint8(i + 3)) % 168 + 1 JOIN public.syllable s2 ON s2.number = abs(hashint8(i + 5)) % 168 + 1;
    INSERT INTO gcrm.orders (source, source_key, order_key, account_id, ordered_at, quantity, revenue, currency, made_up, import_id)
    SELECT 'bench', i, i, i % {accounts} + 1, timestamptz '2026-11-01' - i % 1500000 * interval '1 minute', 1, i % 1000, 'EUR', true, 1
    FROM generate_series(1, {accounts}) AS i;
    INSERT INTO gcrm.opportunities (source, source_key, account_id, rep_id, name, stage, amount, currency, opened_at,
        expected_close_on, closed_at, made_up, import_id)
    SELECT 'bench', i, i, nullif(i % {territories}, 0), 'deal ' || i, (ARRAY['new', 'proposal', 'won', 'lost', 'lost'])[i % 5 + 1], i % 9000, 'EUR',
        timestamptz '2026-10-01' - i % 900 * interval '1 day', date '2026-11-30' + (i % 90)::int,
        CASE WHEN i % 5 > 1 THEN timestamptz '2026-10-20' - i % 900 * interval '1 day' END, true, 1
    FROM generate_series(1, {accounts} / 10) AS i;
    INSERT INTO gcrm.leads (source, source_key, company, currency, status, received_at, territory_id, rep_id, made_up, import_id)
    SELECT 'bench', i, 'Lead ' || i, 'EUR', 'new', timestamptz '2026-11-01' - i * interval '1 minute', i % {territories} + 1,
        coalesce(nullif(i % {territories}, 0), {territories}), true, 1
    FROM generate_series(1, {accounts} / 10) AS i;
    INSERT INTO gcrm.cases (source, source_key, account_id, rep_id, kind, priority, status, subject, opened_at, response_due_at,
        solution_due_at, made_up, import_id)
    SELECT 'bench', i, i, nullif(i % {territories}, 0), 'complaint', 'normal', (ARRAY['open', 'closed', 'closed', 'closed'])[i % 4 + 1], 'about ' || i,
        timestamptz '2026-11-01' - i * interval '9 minutes', timestamptz '2026-11-02' - i * interval '9 minutes',
        timestamptz '2026-11-05' - i * interval '9 minutes', true, 1
    FROM generate_series(1, {accounts} / 10) AS i"""

type Question = Callable[[int], object]


def _fill(accounts: int) -> None:
    sizes = {"accounts": accounts, "territories": _TERRITORIES, "reps": _REPS}
    _run(_SETS.format(**sizes))
    for statement, count in ((_ACCOUNTS, accounts), (_ACTIVITIES, 10 * accounts)):
        for first in range(1, count + 1, _CHUNK):
            _run(statement.format(**sizes, first=first, last=min(first + _CHUNK - 1, count)))
    _run(_OTHERS.format(**sizes))
    _run("VACUUM (ANALYZE)")


def _run(statements: str) -> None:
    """As the cluster's own superuser, who fills the tables that nobody else may."""
    with psycopg.connect(Cluster(settings().home).admin_url, autocommit=True) as admin:
        admin.execute(statements.encode())


def _texts(accounts: int) -> list[tuple[str, str, str, str]]:
    """Of some accounts what a person remembers: the beginning of the name and the place, the address, the telephone number, the name with a mistake."""
    chance = random.Random(1)  # noqa: S311 - chance, not a secret
    keys = [chance.randrange(1, accounts + 1) for _ in range(_ASKED)]
    with connect(Role.WRITER) as connection:
        found = connection.execute("SELECT name, street, house_number, city, phone FROM gcrm.accounts WHERE account_id = ANY(%s)", [keys]).fetchall()
    told = []
    for name, street, number, city, phone in found:
        first = name.split()[0]
        at = chance.randrange(1, len(first) - 1)
        told.append((f"{first[:5]} {city}", f"{street} {number} {city}", phone, name.replace(first, first[:at] + first[at + 1 :])))
    return told


def _questions(accounts: int) -> dict[str, Question]:
    """Every question by its number: of that number's territory."""
    told = _texts(accounts)
    everything = Scope.everything()

    def scope(number: int) -> Scope:
        return Scope(frozenset({number % _TERRITORIES + 1}))

    def own(number: int) -> int:
        """An account of the territory of a number."""
        return number % _TERRITORIES + _TERRITORIES * (number % (accounts // _TERRITORIES)) or _TERRITORIES

    def rep(number: int) -> Choice:
        return Choice((number % _TERRITORIES or _TERRITORIES,))

    return {
        "search, a name and a place": lambda number: search.find_accounts(told[number % len(told)][0], everything),
        "search, an address": lambda number: search.find_accounts(told[number % len(told)][1], everything),
        "search, a telephone number": lambda number: search.find_accounts(told[number % len(told)][2], everything),
        "search, a name with a mistake": lambda number: search.find_accounts(told[number % len(told)][3], everything),
        "search, the newest accounts": lambda _: search.find_accounts("", everything),
        "account, the record": lambda number: account.account(own(number), scope(number)),
        "account, its history": lambda number: activity_lists.history(own(number), Events(), scope(number), _MOST),
        "my day": lambda number: activity_lists.planned(rep(number), scope(number), _MOST),
        "activities that ended": lambda number: activity_lists.ended(rep(number), scope(number), _MOST),
        "activities that ended, of everybody": lambda _: activity_lists.ended(Choice(), everything, _MOST),
        "cases to be solved": lambda number: cases.cases(rep(number), scope(number), _MOST),
        "leads": lambda number: leads.list_leads(leads.Choice(reps=rep(number).reps), scope(number)),
        "pipeline board": lambda number: opportunities.board(opportunities.Choice(reps=rep(number).reps), scope(number), 8),
    }


@contextmanager
def _without_security() -> Iterator[None]:
    """The same tables with row-level security put aside."""
    _switch("DISABLE")
    try:
        yield
    finally:
        _switch("ENABLE")


def _switch(how: str) -> None:
    _run(f"""DO $$ DECLARE t regclass; BEGIN
        FOR t IN SELECT polrelid::regclass FROM pg_policy WHERE polrelid::regclass::text LIKE 'gcrm.%' GROUP BY 1 LOOP
            EXECUTE format('ALTER TABLE %s {how} ROW LEVEL SECURITY', t);
        END LOOP; END $$""")


def _size(answer: object) -> int:
    """The records of an answer."""
    if isinstance(answer, opportunities.Board):
        return len(answer.cards)
    return len(answer) if isinstance(answer, pd.DataFrame) else int(answer is not None)


def _check_alike(questions: dict[str, Question], sizes: dict[str, list[int]]) -> None:
    """A cost is that of the security alone where both ways answer the same, and something at all."""
    for name, question in questions.items():
        now = [_size(question(number)) for number in range(1, _ASKED + 1)]
        if not any(now) or sizes.setdefault(name, now) != now:
            raise SystemExit(f"{name}: {sum(now)} records in place of {sum(sizes.get(name, now))}; ask within the reader's territories.")


def _milliseconds(question: Question) -> list[float]:
    took = []
    for number in range(1, _ASKED + 1):
        started = time.perf_counter()
        question(number)
        took.append(1000 * (time.perf_counter() - started))
    return took


def _p95(took: Sequence[float]) -> float:
    return quantiles(took, n=20)[-1]


def _keep_plans(questions: dict[str, Question]) -> None:
    """Each question once more, with its plan out of the server's log."""
    _run("ALTER DATABASE gcrm SET session_preload_libraries = 'auto_explain'")
    for name, value in (("log_min_duration", "0"), ("log_analyze", "on"), ("log_buffers", "on"), ("log_nested_statements", "on")):
        _run(f"ALTER DATABASE gcrm SET auto_explain.{name} = '{value}'")
    close_all()
    log = Cluster(settings().home).data / "server.log"
    _PLANS.mkdir(exist_ok=True)
    for name, question in questions.items():
        before = log.stat().st_size
        question(1)
        text = log.read_bytes()[before:].decode(errors="replace")
        (_PLANS / f"{name.replace(', ', '-').replace(' ', '_')}.txt").write_text(text, encoding="utf-8")


def main() -> None:
    """Measures, prints, keeps the plans."""
    parser = argparse.ArgumentParser(description="The queries behind the pages of records, with row-level security and without it.")
    parser.add_argument("--accounts", type=int, default=1_000_000)
    accounts = parser.parse_args().accounts
    table = Table(
        "query",
        "p50, ms",
        "p95, ms",
        "bar",
        "without security, p50",
        "security costs",
        "bar",
        "holds",
        title=f"{accounts:,} accounts, {10 * accounts:,} activities",
    )
    with own_home():
        ensure_ready()
        started = time.perf_counter()
        _fill(accounts)
        Console().print(f"filled in {time.perf_counter() - started:,.0f} s")
        questions = _questions(accounts)
        secured: dict[str, list[float]] = {name: [] for name in questions}
        plain: dict[str, list[float]] = {name: [] for name in questions}
        sizes: dict[str, list[int]] = {}
        _check_alike(questions, sizes)
        for name, question in questions.items():
            secured[name] += _milliseconds(question)
        with _without_security():
            _check_alike(questions, sizes)
            for name, question in questions.items():
                plain[name] += _milliseconds(question)
        for name, question in questions.items():
            secured[name] += _milliseconds(question)
        for name in questions:
            cost = median(secured[name]) / median(plain[name]) - 1
            bar = _SEARCH_BAR_MS if name.startswith("search") else _BAR_MS
            holds = _p95(secured[name]) <= bar and cost <= _SECURITY_BAR
            figures = (f"{median(secured[name]):.1f}", f"{_p95(secured[name]):.1f}", f"{bar}", f"{median(plain[name]):.1f}", f"{cost:+.0%}")
            table.add_row(name, *figures, f"{_SECURITY_BAR:.0%}", "yes" if holds else "no")
        Console(width=150).print(table)
        _keep_plans(questions)


if __name__ == "__main__":
    main()
