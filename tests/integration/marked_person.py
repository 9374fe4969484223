"""A person whose every column holds a marker: rows in each table that refers to accounts or contacts, whichever migration made it."""

import re
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

MARKER = "zqmark"
MAIL = f"aino.{MARKER}@example.org"
NAME = f"Aino {MARKER.capitalize()}"

_KEPT = {"kind", "email", "phone", "name", "given_name", "family_name", "source", "source_key", "status", "stage", "state"}
"""What the person is known by, and what decides whether a row is one of a person."""

_ALSO = {"email": MAIL, "happened_at": "2025-01-01"}
"""What rows need though their columns may be empty: leads are called by something, activities that are done have a time."""

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL) AS type, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS needed,
    (SELECT f.confrelid::regclass::text FROM pg_constraint f WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]) AS refers_to,
    (SELECT k.attname FROM pg_constraint f JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[1]
     WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]) AS key,
    (SELECT string_agg(pg_get_constraintdef(c.oid), ' ') FROM pg_constraint c
     WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum]) AS rule,
    postgis_typmod_type(a.atttypmod) AS shape
FROM pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
_SHAPES = {"LineStringM": "LINESTRING M (24.9 60.1 1, 24.91 60.1 2)", "MultiPolygon": "MULTIPOLYGON (((24.9 60.1, 24.91 60.1, 24.91 60.11, 24.9 60.1)))"}


def references(connection: psycopg.Connection[Any]) -> list[tuple[str, str, str]]:
    """Table, column and table referred to, of every reference through which a row may belong to a person, the nearest to the person first."""
    found = list(connection.execute("SELECT of::text, field::text, refers_to::text FROM gcrm.person_references() WHERE belongs <> 'false'"))
    reached, ordered = {"accounts", "contacts"}, []
    while more := [each for each in found if each[2] in reached and each not in ordered]:
        ordered += more
        reached |= {table for table, _, _ in more}
    return [(str(table), str(field), str(to)) for table, field, to in ordered]


def add_rows(connection: psycopg.Connection[Any], account_id: int, contact_id: int) -> None:
    """A row of the person in each table that can have one and has none yet."""
    own = {"accounts": account_id, "contacts": contact_id}
    by_table = {table: (field, to) for table, field, to in reversed(references(connection)) if to in own}
    for table, (field, to) in by_table.items():
        theirs = sql.SQL("SELECT FROM {} WHERE {} = %s").format(sql.Identifier("gcrm", table), sql.Identifier(field))
        if connection.execute(theirs, [own[to]]).fetchone() is None:
            _insert(connection, table, field, own)


def mark(connection: psycopg.Connection[Any], objects: list[tuple[str, int]]) -> set[str]:
    """Writes the marker into every text of every row of some persons, as far as the rules of the tables allow: table.column of those that hold it."""
    marked = set()
    for number, (name, record_id) in enumerate(objects):
        connection.execute("SELECT gcrm.hold_person(%s, %s)", [name, record_id])
        for (table,) in connection.execute("SELECT DISTINCT of_table FROM gcrm.held_rows() ORDER BY 1").fetchall():
            for column, kind, *_ in connection.execute(_COLUMNS, [f"gcrm.{table}"]).fetchall():
                if kind in {"text", "jsonb", "json", "character varying"} and column not in _KEPT:
                    connection.execute("SELECT gcrm.hold_person(%s, %s)", [name, record_id])
                    value = Jsonb({"was": f"{MARKER} {number}"}) if kind.startswith("json") else f"{MARKER} {number}"
                    try:
                        with connection.transaction():
                            connection.execute(
                                sql.SQL("UPDATE {table} SET {column} = %s WHERE ctid IN (SELECT at FROM held WHERE of = {name}::regclass)").format(
                                    table=sql.Identifier("gcrm", table), column=sql.Identifier(column), name=sql.Literal(f"gcrm.{table}")
                                ),
                                [value],
                            )
                        marked.add(f"{table}.{column}")
                    except (psycopg.errors.IntegrityError, psycopg.errors.RaiseException):
                        continue
    return marked


def hits(connection: psycopg.Connection[Any], *needles: str) -> list[str]:
    """The tables of which a row holds one of some texts."""
    tables = [
        row[0] for row in connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'gcrm'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1")
    ]
    pattern = "|".join(map(re.escape, needles))
    query = sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE to_jsonb(t)::text ~* %s)")
    return [table for table in tables if connection.execute(query.format(sql.Identifier("gcrm", table)), [pattern]).fetchone() == (True,)]


def _insert(connection: psycopg.Connection[Any], table: str, field: str, own: dict[str, int], text: str = MARKER) -> None:
    values: dict[str, Any] = {}
    for column, kind, needed, refers_to, key, rule, shape in connection.execute(_COLUMNS, [f"gcrm.{table}"]).fetchall():
        if refers_to in own and (needed or column == field):
            values[column] = own[refers_to] if column == field or needed else None
        elif needed and refers_to:
            values[column] = _any_key(connection, refers_to, key, own)
        elif column in _ALSO:
            values[column] = _ALSO[column]
        elif needed:
            values[column] = _value(kind, rule, shape, text)
    if table == "duplicates":  # of two accounts, the smaller key at the left
        others = [row[0] for row in connection.execute("SELECT account_id FROM gcrm.accounts WHERE account_id <> %s", [own["accounts"]])]
        values["left_account_id"], values["right_account_id"] = sorted((own["accounts"], max(others)))
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier("gcrm", table), sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
        ),
        list(values.values()),
    )


def _any_key(connection: psycopg.Connection[Any], table: str, key: str, own: dict[str, int]) -> Any:  # noqa: ANN401 - a number or a text
    """The key of a row of a table that the person's row needs; one is made where there is none."""
    query = sql.SQL("SELECT min({}) FROM {}").format(sql.Identifier(key), sql.Identifier("gcrm", table))
    if connection.execute(query).fetchone() == (None,):
        _insert(connection, table, "", own, "something")
    found = connection.execute(query).fetchone()
    assert found is not None
    return found[0]


def _value(kind: str, rule: str | None, shape: str | None, text: str) -> Any:  # noqa: ANN401 - whatever the column takes
    if kind in {"jsonb", "json"}:
        return Jsonb({"was": text})
    allowed = re.search(r"'([^']+)'::text", rule or "")
    if allowed:
        return allowed.group(1)
    if kind.endswith("[]"):
        return []
    if kind == "geometry":
        return f"SRID=4326;{_SHAPES.get(shape or '', 'POINT (24.94 60.17)')}"
    if kind.startswith("timestamp") or kind == "date":
        return "2025-01-01"
    return {"boolean": True, "text": text, "character": "EUR", "character varying": text, "bytea": b"0" * 32, "uuid": "0" * 32}.get(kind, 1)
