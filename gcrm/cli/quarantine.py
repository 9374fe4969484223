"""`gcrm quarantine`: records that were refused."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.errors import MappingError
from gcrm.frames import OBJECTS
from gcrm.progress import progress

if TYPE_CHECKING:
    from gcrm.pipeline.quarantine import Selection

app = typer.Typer(no_args_is_help=True, help="Records that were refused: why, mended, once more, put aside.")

_Object = Annotated[str | None, typer.Argument(metavar="[OBJECT]", help=f"One of {', '.join(OBJECTS)}; all if left out.")]
_File = Annotated[str | None, typer.Option("--file", metavar="NAME", help="Only those of the file of this name.")]
_Key = Annotated[int | None, typer.Option("--key", metavar="KEY", help="Only the one with this key, as `gcrm quarantine show` lists it.")]


def _known(object_name: str | None) -> str | None:
    if object_name is not None and object_name not in OBJECTS:
        raise MappingError(f"There is no object {object_name!r}; there are {', '.join(OBJECTS)}.")
    return object_name


@app.command()
def show(object_name: _Object = None, most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20) -> None:
    """Show refused records: key, file, row, column, value, reason.

    Example: `gcrm quarantine show accounts --most 50`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.quarantine import quarantined

    ensure_ready()
    records, total = quarantined(_known(object_name), most)
    if not total:
        typer.echo("The quarantine is empty.")
        return
    table = Table("key", "object", "file", "row", "column", "value", "reason", box=None, header_style="bold")
    for record in records:
        table.add_row(*(escape(str(part)) if part is not None else "" for part in record))
    Console().print(table)
    if total > len(records):
        typer.echo(f"{len(records):,} of {total:,}; see more with --most {total}.")


@app.command()
def retry(object_name: _Object = None, file_name: _File = None, key: _Key = None) -> None:
    """Import refused records once more, after what they lacked has been mended or imported.

    Example: `gcrm quarantine retry orders`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.quarantine_retry import retry

    selection = _selection(object_name, file_name, key)
    with progress("quarantine", unit="records") as advance:
        done = retry(selection, Scope.everything(), advance)
    typer.echo(f"{done.report.read:,} tried: {done.accepted:,} accepted, {done.report.refused:,} refused again.")


@app.command()
def edit(
    key: Annotated[int, typer.Argument(metavar="KEY", help="Key of the record, as `gcrm quarantine show` lists it.")],
    values: Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE...", help="Columns of the file with their new values.")],
) -> None:
    """Change fields of a refused record before it is tried again; what stood in the file is kept beside it.

    Example: `gcrm quarantine edit 12 Status=customer "Zip=1010"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.quarantine import edit

    if wrong := [text for text in values if not text.partition("=")[0] or "=" not in text]:
        raise MappingError(f"{wrong[0]!r} is no COLUMN=VALUE; write the name of a column of the file, an equals sign and its new value.")
    ensure_ready()
    edit(key, dict(text.split("=", 1) for text in values), Scope.everything())
    typer.echo(f"Record {key} is edited; try it with `gcrm quarantine retry`.")


@app.command()
def discard(object_name: _Object = None, file_name: _File = None, key: _Key = None) -> None:
    """Put refused records aside: they are no longer counted or tried, and `gcrm quarantine restore` takes them back.

    Example: `gcrm quarantine discard accounts --file customers.csv`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.quarantine import discard

    done = discard(_selection(object_name, file_name, key), Scope.everything())
    typer.echo(f"{len(done):,} put aside; take them back with `gcrm quarantine restore`.")


@app.command()
def restore(object_name: _Object = None, file_name: _File = None, key: _Key = None) -> None:
    """Take back records that were put aside.

    Example: `gcrm quarantine restore accounts --file customers.csv`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.quarantine import restore

    done = restore(_selection(object_name, file_name, key), Scope.everything())
    typer.echo(f"{done:,} wait again.")


@app.command()
def download(
    folder: Annotated[Path, typer.Argument(help="Folder for the files, one for each file with refused records.", exists=True, file_okay=False)],
    object_name: _Object = None,
    file_name: _File = None,
    key: _Key = None,
) -> None:
    """Write refused records as files of the format they came in, with why each was refused; mended, they can be imported as they are.

    Example: `gcrm quarantine download . accounts`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.audit import note_export
    from gcrm.pipeline.quarantine_files import download

    written = download(_selection(object_name, file_name, key), folder, Scope.everything())
    for each in written:
        note_export(each.path, each.records, f"quarantine of {object_name or 'everything'}")
        typer.echo(f"{each.path}" + (f" ({each.note})" if each.note else ""))
    if not written:
        typer.echo("Nothing of this is in quarantine.")


def _selection(object_name: str | None, file_name: str | None, key: int | None) -> "Selection":
    """The records that a command is about; the database is ready for it."""
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.quarantine import Selection

    selection = Selection(_known(object_name), file_name=file_name, ids=None if key is None else (key,))
    ensure_ready()
    return selection
