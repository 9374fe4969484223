"""`gcrm quarantine`: records that were refused."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.errors import MappingError
from gcrm.frames import OBJECTS
from gcrm.progress import progress

app = typer.Typer(no_args_is_help=True, help="Records that were refused: why, and once more.")

_Object = Annotated[str | None, typer.Argument(metavar="[OBJECT]", help=f"One of {', '.join(OBJECTS)}; all if left out.")]


def _known(object_name: str | None) -> str | None:
    if object_name is not None and object_name not in OBJECTS:
        raise MappingError(f"There is no object {object_name!r}; there are {', '.join(OBJECTS)}.")
    return object_name


@app.command()
def show(object_name: _Object = None, most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20) -> None:
    """Show refused records: file, row, column, value, reason.

    Example: `gcrm quarantine show accounts --most 50`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.quarantine import quarantined

    ensure_ready()
    records, total = quarantined(_known(object_name), most)
    if not total:
        typer.echo("The quarantine is empty.")
        return
    table = Table("object", "file", "row", "column", "value", "reason", box=None, header_style="bold")
    for record in records:
        table.add_row(*(escape(str(part)) if part is not None else "" for part in record))
    Console().print(table)
    if total > len(records):
        typer.echo(f"{len(records):,} of {total:,}; see more with --most {total}.")


@app.command()
def retry(object_name: _Object = None) -> None:
    """Import refused records once more, after what they lacked has been mended or imported.

    Example: `gcrm quarantine retry orders`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.quarantine import retry_quarantine

    ensure_ready()
    with progress("quarantine", unit="records") as advance:
        report = retry_quarantine(_known(object_name), advance)
    typer.echo(f"{report.read:,} tried: {report.read - report.refused:,} accepted, {report.refused:,} refused again.")
