"""Extraction: the facts of the cubes leave the database in one state of it, as a whole or only what changed since an earlier version."""

import csv
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.rows import dict_row

from gcrm.config import resource, settings
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import CubeError
from gcrm.olap import cuboids, delta, refresh, store
from gcrm.olap.build_engine import build_database
from gcrm.olap.catalogue import FACTS, QUERIES, Facts
from gcrm.olap.content import Content
from gcrm.olap.refresh import Change
from gcrm.olap.versions import CONTENTS, Version

_MEMBERS = ("products", "reps", "territories")
"""What facts take members over from, besides accounts, whose members are facts themselves."""

_KEPT = 10
"""So many states of the database can be gone on from: several homes may build cubes out of one database."""


@dataclass(frozen=True)
class Taken:
    """What was taken out of the database.

    Attributes:
        as_of: when.
        digest: names the facts by their content.
        basis: names the way in which they come out of the tables.
        snapshot: the state of the database, as PostgreSQL writes a pg_snapshot.
        contents: the content of the facts, by their names.
        sources: the layers behind the facts.
        totals: what the tables add up to, by cube.
        refreshed: whether it was only what changed since an earlier version.
        gone: so many facts of that version hold no more, where it was.
        came: so many facts came, where it was.
    """

    as_of: datetime
    digest: str
    basis: str
    snapshot: str
    contents: dict[str, Content]
    sources: list[dict[str, Any]]
    totals: dict[str, dict[str, Any]]
    refreshed: bool
    gone: int
    came: int


def take_facts(work: Path, before: Version | None = None, *, with_totals: bool = False) -> Taken:
    """Takes the facts of every cube out of one state of the database.

    Args:
        work: the folder of `store.building`; the facts are stored in it, and cuboids where only what changed is taken.
        before: the version to go on from; where the database does not know what changed since it, everything is taken.
        with_totals: also adds up the tables themselves.

    Raises:
        CubeError: GCRM_TIME_ZONE names no time zone.
    """
    with connect(Role.WRITER) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        as_of = _clock(connection)
        changes, basis = queries("fact_changes"), _basis()
        changes.begin(connection)
        snapshot = changes.snapshot(connection)
        since = None
        if before is not None and _is_complete(before):
            since = changes.known(connection, facts=before.manifest["facts"], basis=basis)
        extraction = _Extraction(connection, work, before if since else None)
        extraction.find_changed(since)
        extraction.take_custom_members()
        for facts in sorted(FACTS.values(), key=lambda facts: (bool(facts.derived_from), facts.key is not None)):  # each behind those that it hangs on
            extraction.take(facts)
        (work / store.CUSTOM_MEMBERS).unlink(missing_ok=True)
        store.keep_contents(work, extraction.contents)
        totals = {name: _totals(connection, name) for name in FACTS} if with_totals else {}
        sources = [
            {"layer": layer, "dataset": dataset, "source_date": source_date and source_date.isoformat(), "loaded_at": loaded_at.isoformat()}
            for layer, dataset, source_date, loaded_at in queries("facts").sources(connection)
        ]
    digest = hashlib.sha256(json.dumps([basis, {name: str(each) for name, each in sorted(extraction.contents.items())}]).encode()).hexdigest()
    refreshed = extraction.before is not None and not extraction.anew
    gone, came = (sum(getattr(change, name) for change in extraction.changes.values()) for name in ("gone", "came"))
    return Taken(as_of, digest, basis, snapshot, extraction.contents, sources, totals, refreshed, gone, came)


def remember(taken: Taken) -> None:
    """Keeps in the database in which state of it the facts had this content, for the next refresh; and forgets what no refresh needs any more."""
    changes = queries("fact_changes")
    with connect(Role.WRITER) as connection:
        changes.remember(connection, facts=taken.digest, basis=taken.basis, snapshot=taken.snapshot)
        changes.forget_old(connection, kept=_KEPT)
        changes.forget_changes(connection)


@dataclass
class _Extraction:
    """Facts on their way into a folder.

    Attributes:
        connection: in the transaction that sees the state of the database.
        work: the folder.
        before: the version that is gone on from, if any.
        contents: of the facts that are there.
        changes: since the version, of the facts that did not have to be taken as a whole.
        anew: the cubes whose facts are taken as a whole and are other than those of the version.
    """

    connection: psycopg.Connection[Any]
    work: Path
    before: Version | None
    contents: dict[str, Content] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    anew: set[str] = field(default_factory=set)

    def find_changed(self, since: str | None) -> None:
        """Finds the records that changed since a state of the database, and the members."""
        if since is not None:
            queries("fact_changes").find_changed(self.connection, since=since)
        for name in _MEMBERS:
            members = self.work / f"{name}.members.csv"
            _copy(self.connection, getattr(queries("fact_changes"), f"{name}_members").sql, {}, members)
            if self.before is not None:
                self._add_members(name, _differing(self.before.folder / members.name, members))
        if since is not None:
            queries("fact_changes").find_served(self.connection)

    def take_custom_members(self) -> None:
        """Takes the members of accounts in dimensions that are custom fields, which the facts of accounts are joined with."""
        if FACTS["accounts"].custom:
            _copy(self.connection, queries("custom_fields").members.sql, {"fields": list(FACTS["accounts"].custom)}, self.work / store.CUSTOM_MEMBERS)

    def take(self, facts: Facts) -> None:
        """Takes the facts of a cube."""
        change = None
        if self.before is not None:
            change = self._derive(self.before, facts) if facts.derived_from else self._refresh(self.before, facts)
        if change is not None:
            self.changes[facts.name], self.contents[facts.name] = change, change.content
            if facts.name == "accounts":
                self._add_members("accounts", change.accounts)
            return
        self.anew.add(facts.name)
        if facts.derived_from:
            store.derive_facts(self.work, facts.name, _derivation(facts))
        else:
            store.store_facts(self.work, facts.name, self._extract(facts, whole=True))
        self.contents[facts.name] = store.stored_content(self.work, facts.name)

    def _add_members(self, name: str, changed: Iterable[int]) -> None:
        queries("fact_changes").add_members(self.connection, object=name, record_ids=list(changed))
        queries("fact_changes").analyze(self.connection)

    def _extract(self, facts: Facts, *, whole: bool) -> Path:
        extract = self.work / f"{facts.name}.csv"
        _copy(self.connection, getattr(queries("facts"), facts.name).sql, {"time_zone": settings().time_zone, "whole": whole}, extract)
        return extract

    def _refresh(self, before: Version, facts: Facts) -> Change | None:
        """The facts of the database: those of a key that changed, or all of them beside those of the version. None where they have to be taken as a whole."""
        touched = None
        if facts.key is not None:
            touched = self._touched(facts)
            if touched is None or refresh.is_large_part(len(touched), facts, before):
                return None
            if not touched:
                refresh.take_over(self.work, before, facts)
                return Change(before.contents[facts.name])
        extract = self._extract(facts, whole=touched is None)
        change = refresh.refresh(self.work, before, facts, store.extracted(facts, extract), touched)
        extract.unlink()
        return change

    def _touched(self, facts: Facts) -> list[int] | None:
        """The keys of the facts of a cube that changed, or may have; None where the database does not know."""
        if facts.by_account and "accounts" in self.anew:
            return None
        changes = queries("fact_changes")
        changes.forget_touched(self.connection)
        getattr(changes, f"touch_{facts.name}")(self.connection)
        touched = [key for (key,) in changes.touched(self.connection)]
        return None if None in touched else touched

    def _derive(self, before: Version, facts: Facts) -> Change | None:
        """Facts that are derived: those of the accounts with facts that changed, unless the last month of all is another."""
        if not self.anew.isdisjoint(facts.derived_from) or _last_month(before.folder, facts) != _last_month(self.work, facts):
            return None
        accounts = frozenset[int]().union(*(self.changes[name].accounts for name in facts.derived_from))
        if not accounts:
            refresh.take_over(self.work, before, facts)
            return Change(before.contents[facts.name])
        views = [store.facts_view(self.work, name, f"SEMI JOIN touched USING ({facts.key})" if name == "accounts" else "") for name in facts.derived_from]
        return refresh.refresh(self.work, before, facts, f"({_derivation(facts)})", sorted(accounts), views)


def _is_complete(before: Version) -> bool:
    """Whether a version has what a refresh goes on from, besides its facts and cuboids."""
    return "facts" in before.manifest and all((before.folder / name).is_file() for name in (CONTENTS, *(f"{each}.members.csv" for each in _MEMBERS)))


def _basis() -> str:
    """All that says how facts come out of the tables, and what is built of them."""
    texts = [(resource("sql") / folder).read_bytes() for folder in ("queries/facts.sql", "queries/fact_changes.sql")]
    texts += [_derivation(facts).encode() for facts in FACTS.values() if facts.derived_from]
    declared = [settings().time_zone, duckdb.__version__, str(settings().cube_budget_mb), repr(QUERIES), *map(repr, FACTS.values()), repr(cuboids.declared())]
    return hashlib.sha256(b"\0".join([*texts, *(each.encode() for each in declared)])).hexdigest()


def _derivation(facts: Facts) -> str:
    return (resource("sql") / "cubes" / f"{facts.name}.sql").read_text(encoding="utf-8")


def _last_month(folder: Path, facts: Facts) -> object:
    """The last month of the facts that others are derived from."""
    files = [folder / cuboids.facts_file(FACTS[name]) for name in facts.derived_from if "month" in FACTS[name].columns]
    with build_database() as database:
        return [database.execute(f"SELECT max(month) FROM {delta.source(file)}").fetchall() for file in files]  # noqa: S608 - a file's name


def _differing(before: Path, now: Path) -> set[int]:
    """The keys of the members that differ between two files: `key,members`."""
    either = [set(map(tuple, csv.reader(file.read_text(encoding="utf-8").splitlines(keepends=True)))) for file in (before, now)]
    return {int(row[0]) for row in either[0] ^ either[1]}


def _totals(connection: psycopg.Connection[Any], name: str) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(getattr(queries("facts"), f"{name}_source").sql, {"time_zone": settings().time_zone}).fetchone() or {}


def _clock(connection: psycopg.Connection[Any]) -> datetime:
    """The time of the transaction."""
    try:
        now, _ = queries("facts").clock(connection, time_zone=settings().time_zone)
    except psycopg.errors.InvalidParameterValue as error:
        raise CubeError(f"GCRM_TIME_ZONE is {settings().time_zone!r}, which is no time zone; write one such as Europe/Helsinki.") from error
    moment: datetime = now
    return moment


def _copy(connection: psycopg.Connection[Any], statement: str, parameters: dict[str, object], target: Path) -> None:
    with connection.cursor() as cursor, target.open("wb") as file, cursor.copy(statement, parameters) as copy:
        for block in copy:
            file.write(block)
