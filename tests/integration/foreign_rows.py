"""Marks every text of a company that hangs on a territory outside a region, whichever migration made its table."""

from dataclasses import dataclass
from typing import Any

import h3
import psycopg
from psycopg import sql

from tests.integration.records import rows, value

MARKER = "zqforeign"


@dataclass(frozen=True)
class Foreign:
    """Keys of what hangs on one account outside the territories of a reader."""

    account: int
    contact: int
    opportunity: int
    activity: int
    case: int
    lead: int
    rep: int
    territory: int
    name: str
    cell: str
    longitude: float
    latitude: float


# What a row belongs to, by the first of these columns that its table has; what is in no territory is foreign to whoever does not see all.
_FOREIGN = {
    "account_id": "{column} NOT IN (SELECT account_id FROM gcrm.accounts WHERE territory_id = ANY(%(own)s))",
    "site_account_id": "{column} NOT IN (SELECT account_id FROM gcrm.accounts WHERE territory_id = ANY(%(own)s))",
    "contact_id": "{column} IN (SELECT contact_id FROM gcrm.contacts JOIN gcrm.accounts USING (account_id) WHERE territory_id <> ALL(%(own)s))",
    "opportunity_id": "{column} IN (SELECT opportunity_id FROM gcrm.opportunities JOIN gcrm.accounts USING (account_id) WHERE territory_id <> ALL(%(own)s))",
    "territory_id": "{column} <> ALL(%(own)s)",
    "region_id": "{column} NOT IN (SELECT region_id FROM gcrm.territories WHERE territory_id = ANY(%(own)s))",
}
_ACCOUNTS = "territory_id IS NULL OR territory_id <> ALL(%(own)s)"
_COLUMNS = """
SELECT c.relname, array_agg(a.attname::text), array_agg(a.attname::text) FILTER (WHERE a.atttypid = 'text'::regtype AND a.attgenerated = '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'gcrm'::regnamespace AND c.relkind IN ('r', 'p')
GROUP BY c.relname ORDER BY c.relname
"""


def mark(connection: psycopg.Connection[Any], own: list[int]) -> set[str]:
    """Writes MARKER behind every text of every foreign row, as far as the rules of the tables allow; `table.column` of those that hold it.

    Args:
        connection: of the owner.
        own: the territories that are not foreign.
    """
    marked = set()
    for table, columns, texts in connection.execute(_COLUMNS).fetchall():
        column = next((each for each in _FOREIGN if each in columns), None)
        if column is None:
            continue
        where = _ACCOUNTS if table in ("accounts", "leads", "reps") else _FOREIGN[column].format(column=column)
        for text in texts or ():
            change = sql.SQL("UPDATE gcrm.{table} SET {text} = {text} || {marker} WHERE {text} <> '' AND ({where})").format(
                table=sql.Identifier(table), text=sql.Identifier(text), marker=sql.Literal(f" {MARKER}"), where=sql.SQL(where)
            )
            try:
                with connection.transaction():
                    found = connection.execute(change, {"own": own}).rowcount
            except (psycopg.errors.IntegrityError, psycopg.errors.RaiseException):
                continue  # a word of a list, or a key
            if found:
                marked.add(f"{table}.{text}")
    return marked


def foreign_to(own: list[int]) -> Foreign:
    """An account with everything outside some territories; its name is told without the marker, as somebody types it who knows it."""
    ((account, name, cell, territory),) = rows(
        "SELECT a.account_id, a.name, a.cell, a.territory_id FROM gcrm.accounts a JOIN gcrm.contacts USING (account_id)"
        " JOIN gcrm.opportunities USING (account_id) JOIN gcrm.activities USING (account_id) JOIN gcrm.cases USING (account_id)"
        " WHERE a.territory_id <> ALL(%s) AND a.cell IS NOT NULL LIMIT 1", own,
    )  # fmt: skip
    keys = {
        each: value(f"SELECT min({each}_id) FROM gcrm.{table} WHERE account_id = %s", account)
        for each, table in (("contact", "contacts"), ("opportunity", "opportunities"), ("activity", "activities"), ("case", "cases"))
    }
    latitude, longitude = h3.cell_to_latlng(h3.int_to_str(cell))
    return Foreign(
        account, **keys, lead=value("SELECT min(lead_id) FROM gcrm.leads WHERE territory_id <> ALL(%s)", own),
        rep=value("SELECT min(rep_id) FROM gcrm.reps WHERE territory_id = %s", territory), territory=territory,
        name=name.replace(f" {MARKER}", ""), cell=h3.int_to_str(cell), longitude=longitude, latitude=latitude,
    )  # fmt: skip
