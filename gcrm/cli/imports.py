"""`gcrm import`: a file of accounts, orders, contacts ... into the database."""

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
    from gcrm.ingest.source import Source
    from gcrm.pipeline.imports import DryRun

_SHOWN_CHARACTERS = 40


def _given(pairs: list[str]) -> tuple[Path | None, dict[str, str]]:
    """A mapping file, and field=column pairs, out of the values of --map."""
    files = [Path(pair) for pair in pairs if "=" not in pair]
    if len(files) > 1:
        raise MappingError(f"--map names two files ({files[0]} and {files[1]}); give one file, and FIELD=COLUMN as often as needed.")
    given = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return (files[0] if files else None), given


def import_(
    object_name: Annotated[str, typer.Argument(metavar="OBJECT", help=f"What the file holds: {', '.join(OBJECTS)}.")],
    file: Annotated[Path, typer.Argument(help="CSV, TSV, TXT, XLSX, Parquet or GeoJSON.")],
    map_: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN, as often as needed, or a mapping file (YAML).")] = None,
    source: Annotated[str | None, typer.Option(help="Name of the system the file comes from; keys are unique within it.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What stands between two fields; detected if left out.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding; detected if left out.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; the first if left out.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be created, changed and refused; store nothing.")] = False,
) -> None:
    """Import a file; bad records go to quarantine and never stop the rest.

    Example: `gcrm import accounts customers.csv --map name=Company --map postcode=Zip`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.ingest.mapping import FileMapping, load
    from gcrm.ingest.size import expected_records
    from gcrm.ingest.source import open_source
    from gcrm.pipeline import imports

    if object_name not in OBJECTS:
        raise MappingError(f"There is no object {object_name!r}; there are {', '.join(OBJECTS)}.")
    mapping_file, given = _given(map_ or [])
    base = load(mapping_file) if mapping_file else None
    options = {name: value for name, value in {"delimiter": delimiter, "encoding": encoding, "sheet": sheet}.items() if value is not None}
    read = (base or FileMapping(fields={})).read.model_copy(update=options)
    opened = open_source(file, OBJECTS[object_name], base, given, source, read)
    _show_mapping(opened)
    opened.check()
    ensure_ready()
    with progress(f"{object_name} from {file.name}", total=expected_records(file, opened.mapping.read), unit="records") as advance:
        if dry_run:
            _show_dry_run(imports.dry_run([opened], advance))
            return
        report = imports.import_file(opened, advance)
    typer.echo(str(report))
    if report.refused:
        typer.echo(f"See them with `gcrm quarantine show {object_name}`.")


def _show_mapping(opened: "Source") -> None:
    table = Table("field", "from", "how sure", "first values", box=None, header_style="bold")
    for name, origin in opened.mapping.fields.items():
        how = f"{opened.confidence[name]:.0%}" if name in opened.confidence else "given"
        values = [value[:_SHOWN_CHARACTERS] for value in origin.resolve(opened.sample).head(3) if value]
        table.add_row(name, escape(str(origin)), how, escape(", ".join(values)))
    console = Console(stderr=True)
    console.print(table)
    if opened.unused:
        console.print(f"Not used: {escape(', '.join(opened.unused))}", highlight=False)


def _show_dry_run(found: "DryRun") -> None:
    console = Console()
    for name, report in found.reports.items():
        console.print(f"{name}, nothing stored: {report}", highlight=False)
    if found.changes:
        table = Table("object", "key", "column", "is now", "would be", box=None, header_style="bold")
        for name, key, columns in found.changes:
            for column, (before, after) in columns.items():
                table.add_row(name, escape(key), column, *(escape(str(value))[:_SHOWN_CHARACTERS] for value in (before, after)))
        console.print(table)
    if found.refused:
        table = Table("object", "row", "column", "value", "refused because it", box=None, header_style="bold")
        for row in found.refused:
            table.add_row(*(escape(str(part)) if part is not None else "" for part in row))
        console.print(table)
