"""`gcrm privacy`: what is held on a person, and its end."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gcrm.pipeline.persons import Person
    from gcrm.pipeline.privacy.erase import Erased

app = typer.Typer(no_args_is_help=True, help="What is held on a person: everything out, everything away.")

_Person = Annotated[str, typer.Argument(metavar="PERSON", help="A contact, a lead, or an account of a person or household: key, source/key, or mail address.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]


@app.command()
def export(
    person: _Person,
    output: Annotated[Path | None, typer.Option(help="Folder to write into; person-KEY here if left out.")] = None,
) -> None:
    """Write everything that is held on a person: person.json, and person.html to be read.

    Example: `gcrm privacy export aino@example.org --output for_aino`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.privacy.export import export_person

    found = _found(person)
    written = export_person(found, output or Path("person-" + re.sub(r"[^\w-]+", "-", found.source_key)), Scope.everything())
    typer.echo(f"{written.records:,} records to {written.json} and {written.page}.")


@app.command()
def erase(
    person: _Person,
    dry_run: _DryRun = False,
    compact: Annotated[bool, typer.Option("--compact", help="Rewrite the touched tables, so that no deleted row stays in their files; locks them.")] = False,
) -> None:
    """Remove a person everywhere: tables, history, merges, geocoding, quarantine, routes, files of gcrm's own, cubes.

    Hashes stay, so that no later import brings the person back. What was broken off goes on when it is called again.

    Example: `gcrm privacy erase aino@example.org --dry-run`
    """
    from gcrm.pipeline.privacy.erase import erase as remove
    from gcrm.pipeline.privacy.erase import plan

    found = _found(person)
    done = plan(found) if dry_run else remove([found], compact=compact)[0]
    typer.echo(f"{found.label}: {'would be erased' if dry_run else 'erased'}.")
    _tell(done)


@app.command()
def replay() -> None:
    """Erase again whoever was erased, after a backup of the database was restored.

    Example: `gcrm privacy replay`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.privacy.erase import replay as apply

    ensure_ready()
    typer.echo(f"{apply():,} persons erased again.")


@app.command()
def retain(dry_run: _DryRun = False) -> None:
    """Remove what is older than GCRM_RETENTION allows, and erase persons of whom nothing was heard for as long.

    Example: `gcrm privacy retain --dry-run`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.privacy.retention import PERSONS
    from gcrm.pipeline.privacy.retention import retain as carry_out

    ensure_ready()
    done = carry_out(dry_run=dry_run)
    for each in done:
        persons = each.object in PERSONS
        what = f"of whom nothing was heard for {each.days:,} days" if persons else f"older than {each.days:,} days"
        typer.echo(f"{each.object}: {each.records:,} {what} {'would go' if dry_run else 'erased' if persons else 'removed'}.")
    if not done:
        typer.echo("GCRM_RETENTION has no rule; everything is kept.")


def _found(text: str) -> "Person":
    """The person of a text; before, erasures that broke off are ended."""
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.persons import find_person
    from gcrm.pipeline.privacy.erase import finish_broken_off

    ensure_ready()
    finish_broken_off()
    return find_person(text, Scope.everything())


def _tell(done: "Erased") -> None:
    for (table, what), count in done.rows.items():
        typer.echo(f"  {table}: {count:,} {what}")
    for path in done.files:
        typer.echo(f"  file removed: {path}")
    for folder in done.cubes:
        typer.echo(f"  cube removed: {folder}")
    for path in done.left:
        typer.echo(f"  not gcrm's to remove, and may hold the person: {path}")
