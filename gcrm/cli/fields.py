"""`gcrm fields`: the custom fields that are declared, and what a record has in them."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gcrm.cli.records import show_records

if TYPE_CHECKING:
    from gcrm.custom_fields import Declaration

app = typer.Typer(no_args_is_help=True, help="Custom fields: what is declared in the settings file, and what a record has.")

_Object = Annotated[str, typer.Argument(metavar="OBJECT", help="accounts, contacts, orders ..., as for `gcrm import`.")]
_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the record in the database, such as stands in the link of its page.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]


@app.command("list")
def list_() -> None:
    """List the custom fields that are declared.

    Example: `gcrm fields list`
    """
    from gcrm.config import settings
    from gcrm.custom_fields import declared

    found = declared()
    if not found:
        typer.echo(f"No custom field is declared; write {settings().fields_file}, see docs/how_to/custom_fields.md.")
        return
    _show(found)


@app.command()
def check(file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML file that declares custom fields.")]) -> None:
    """Check a file before it is put in place; the line of the first mistake is named.

    Example: `gcrm fields check fields.yaml`
    """
    from gcrm.custom_fields import read_declaration
    from gcrm.errors import FieldError

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FieldError(f"{file} cannot be read ({error}); give a YAML file of custom fields.") from error
    found = read_declaration(file.name, text)
    _show(found)
    typer.echo(f"{file.name} is right: {sum(map(len, found.values())):,} custom fields of {len(found):,} objects.")


@app.command()
def show(object_name: _Object, key: _Key) -> None:
    """Show what a record has in its custom fields.

    Example: `gcrm fields show accounts 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.custom_fields import fields_of, shown
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audit import note
    from gcrm.pipeline.custom_values import values_of

    ensure_ready()
    values = values_of(object_name, key, Scope.everything())
    note("read", f"custom fields of {object_name} {key}")
    show_records(("field", "", "value"), ((each.name, each.label, shown(values.get(each.name))) for each in fields_of(object_name)))


@app.command("set")
def set_(
    object_name: _Object,
    key: _Key,
    pairs: Annotated[
        list[str], typer.Argument(metavar="FIELD=VALUE...", help="What the record has from now on; nothing behind the sign takes the value away.")
    ],
    by: _Actor,
) -> None:
    """Change custom fields of a record; those that are left out stay.

    Example: `gcrm fields set accounts 12 x_level=Gold x_employees=40`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.custom_values import change, parse

    ensure_ready()
    changed = change(object_name, key, parse(object_name, pairs), Scope.everything(), actor=by, through="command")
    if changed is None:
        typer.echo(f"Record {key} of {object_name} is like that already.")
    else:
        typer.echo(f"Record {key} of {object_name} is changed; take that back with `gcrm fields undo {object_name} {key} {changed}`.")


@app.command()
def undo(object_name: _Object, key: _Key, change: Annotated[int, typer.Argument(help="The change, as the command that made it named it.")], by: _Actor) -> None:
    """Take back a change of custom fields.

    Example: `gcrm fields undo accounts 12 345`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.custom_values import undo

    ensure_ready()
    undo(object_name, key, change, Scope.everything(), actor=by, through="command")
    typer.echo(f"Record {key} of {object_name} is as it was before.")


def _show(declared: "Declaration") -> None:
    heads = ("object", "field", "label", "type", "members", "")
    show_records(heads, (
        (name, each.name, each.label, each.type, ", ".join(each.members), "personal" if each.personal else "dimension" if each.dimension else "")
        for name, fields in declared.items() for each in fields
    ))  # fmt: skip
