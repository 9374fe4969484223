"""Everything that is held on a person, for the person: JSON for programs, and a page that needs nothing else to be read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import ExportError, PrivacyError
from gcrm.pipeline import audit
from gcrm.pipeline.consent import decisions
from gcrm.pipeline.persons import Person
from gcrm.pipeline.privacy.cubes import cubes_holding
from gcrm.pipeline.privacy.erase import Held
from gcrm.pipeline.privacy.files import files_holding

type Row = Mapping[str, Any]

_TITLES = {
    "mentioned": "Where others' records mention you", "history": "What the records were before", "decisions": "Whether you may be contacted",
    "geocode_answers": "What was asked about your address", "refused": "Records that could not be stored", "warnings": "What was doubtful in your records",
    "files": "Files", "cubes": "Summaries by place and month that count you",
}  # fmt: skip
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid #cbd2d9 }
table { border-collapse: collapse; margin: .6rem 0; width: 100% } th { text-align: left; font-weight: 600; width: 14rem; vertical-align: top }
td, th { padding: .15rem .6rem .15rem 0; border-bottom: 1px solid #eef1f4; overflow-wrap: anywhere }
@media (prefers-color-scheme: dark) { body { color: #e4e7eb; background: #16202a } td, th { border-color: #2b3945 } }
"""


@dataclass(frozen=True)
class PersonExport:
    """The two files, and how many records are in them."""

    json: Path
    page: Path
    records: int


def export_person(person: Person, folder: Path, scope: Scope) -> PersonExport:
    """Writes everything that is held on a person: person.json, and person.html with the same.

    Args:
        person: the contact, lead or account.
        folder: where to; it is made.
        scope: who asks; as of `everything_on`.

    Raises:
        PersonError: the record is no more.
        PrivacyError: the scope is not everything.
        ExportError: the folder cannot be written.
    """
    held = everything_on(person, scope)
    parts = {**held["records"], **{name: held[name] for name in _TITLES}}
    target = PersonExport(folder / "person.json", folder / "person.html", sum(map(len, parts.values())))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target.json.write_text(json.dumps(held, indent=2, ensure_ascii=False, default=str), encoding="utf-8")
        target.page.write_text(_page(person, held["exported_at"], parts), encoding="utf-8")
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}); choose another folder.") from error
    audit.note_export(target.json, target.records, f"everything on {person.object} {person.record_id}")
    return target


def everything_on(person: Person, scope: Scope) -> dict[str, Any]:
    """Everything that is held on a person: `records` by table, and the parts that `_TITLES` names.

    Args:
        person: the contact, lead or account.
        scope: who asks; what hangs on a person may lie in any territory, so that only who sees all of them may.

    Raises:
        PersonError: the record is no more.
        PrivacyError: the scope is not everything.
    """
    if not scope.sees_everything:
        raise PrivacyError("What is held on a person may lie in any territory; only who sees all territories can give it out.")
    statements, now = queries("privacy"), datetime.now(UTC)
    with connect(Role.WRITER) as connection:
        held = Held.of(connection, person)
        objects, sources, keys = ([*each] for each in zip(*sorted(held.identity.keys), strict=True)) if held.identity.keys else ([], [], [])
        mentioned = [{"table": table, **row} for table, row in statements.mentioning_rows(connection)]
        refused = statements.refused(connection, pattern=held.identity.addresses, objects=objects, sources=sources, keys=keys)
        refused = [dict(zip(("quarantine_id", "object", "source", "file", "row", "record"), row, strict=True)) for row in refused]
        answers = statements.answers(connection, address_keys=held.address_keys)
        answers = [dict(zip(("provider", "address", "label", "level", "asked_at"), row, strict=True)) for row in answers]
        warnings = statements.warnings(connection, objects=objects, sources=sources, keys=keys)
        warnings = [dict(zip(("object", "source", "source_key", "field", "value", "reason"), row, strict=True)) for row in warnings]
        connection.rollback()
    records: dict[str, list[Row]] = {}
    for table, row in held.rows:
        records.setdefault(table, []).append(_told(row))
    return {
        "person": asdict(person),
        "exported_at": now.isoformat(timespec="seconds"),
        "records": records,
        "mentioned": mentioned,
        "history": [{"table": name, "key": key, "before": before, "changed_at": at} for name, key, before, at in held.history],
        "decisions": [
            {"contact": each, "purpose": told.purpose, "channel": told.channel, "allowed": told.decision.allowed, "reason": told.decision.reason}
            for each in held.contact_ids
            for told in decisions(each, now, scope)
        ],
        "geocode_answers": answers,
        "refused": refused,
        "warnings": warnings,
        "files": [{"file": str(path)} for path in sorted({*held.paths, *files_holding(held.identity.terms)})],
        "cubes": [{"version": path.name} for path in cubes_holding(held.account_ids)],
    }


def _told(row: Row) -> Row:
    """A row whose cells of H3 are told as people write them, hexadecimal."""
    return {name: f"{value:x}" if name.endswith("cell") and isinstance(value, int) else value for name, value in row.items()}


def _page(person: Person, exported_at: str, parts: Mapping[str, Sequence[Row]]) -> str:
    title = escape(f"What is held on {person.name or person.label}")
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1><p>Record {escape(person.label)}, as of {escape(exported_at)}. Empty fields are left out.</p>"
        f"{''.join(_sections(parts))}</html>\n"
    )


def _sections(parts: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    for name, rows in parts.items():
        title = _TITLES.get(name, name.replace("_", " ").capitalize())
        yield f"<h2>{escape(title)} ({len(rows):,})</h2>"
        yield "".join(f"<table>{''.join(_lines(row))}</table>" for row in rows) or "<p>Nothing.</p>"


def _lines(row: Row) -> Iterator[str]:
    for name, value in row.items():
        if value is not None and value not in ("", [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            yield f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{escape(text)}</td></tr>"
