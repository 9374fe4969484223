"""`gcrm import`: files of accounts, orders, contacts ... into the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.errors import MappingError
from gcrm.frames import OBJECTS
from gcrm.progress import progress

if TYPE_CHECKING:
    from gcrm.ingest.mapping import FileMapping
    from gcrm.ingest.options import ReadOptions
    from gcrm.ingest.source import Source
    from gcrm.pipeline.duplicate_preview import Preview
    from gcrm.pipeline.imports import DryRun

_SHOWN_CHARACTERS = 40
_ALL = "all"


def _given(pairs: list[str]) -> tuple[Path | None, dict[str, str]]:
    """A mapping file, and field=column pairs, out of the values of --map."""
    files = [Path(pair) for pair in pairs if "=" not in pair]
    if len(files) > 1:
        raise MappingError(f"--map names two files ({files[0]} and {files[1]}); give one file, and FIELD=COLUMN as often as needed.")
    given = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return (files[0] if files else None), given


def import_(
    object_name: Annotated[str, typer.Argument(metavar="OBJECT", help=f"What the file holds: {', '.join(OBJECTS)}; or {_ALL}, as its mapping file says.")],
    place: Annotated[str, typer.Argument(metavar="FILE", help="A file, a folder, - for standard input, or the SQLAlchemy address of a database's table.")],
    map_: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN, as often as needed, or a mapping file (YAML).")] = None,
    source: Annotated[str | None, typer.Option(help="Name of the system the file comes from; keys are unique within it.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="What stands between two fields, of any length, or tab, whitespace.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Text encoding, such as cp1252.")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="Whether the first line names the columns.")] = None,
    skip_lines: Annotated[int | None, typer.Option(min=0, help="Lines above the header that are no part of the table.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; the first if left out.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer of a GeoPackage or of a zip of Shapefiles.")] = None,
    crs: Annotated[str | None, typer.Option(help="Reference system of a geometry file that names none, such as EPSG:3067.")] = None,
    table: Annotated[str | None, typer.Option(help="Table of a database whose address does not end in it.")] = None,
    query: Annotated[str | None, typer.Option(help="SELECT over a database, in place of a table.")] = None,
    together: Annotated[bool, typer.Option("--together", help="Read the files of a folder as one.")] = False,
    assign: Annotated[bool, typer.Option("--assign", help="Give new leads that have a place or a territory to reps by the rules.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be created, changed, merged and refused; store nothing.")] = False,
) -> None:
    """Import a file; bad records go to quarantine and never stop the rest. What is left out is detected and shown.

    Example: `gcrm import accounts customers.csv --map name=Company --map postcode=Zip`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.ingest.mapping import FileMapping
    from gcrm.ingest.options import ReadOptions
    from gcrm.ingest.source import open_sources
    from gcrm.ingest.spool import local_files

    if assign and object_name not in ("leads", _ALL):
        raise MappingError(f"--assign gives leads to reps, and {object_name} are none; leave it out.")
    base, given = _mapping(object_name, map_ or [])
    wanted = {"delimiter": delimiter, "encoding": encoding, "header": header, "skip_lines": skip_lines, "sheet": sheet, "layer": layer, "crs": crs}
    named = {name: value for name, value in (wanted | {"table": table, "query": query}).items() if value is not None}
    read = _checked((base or FileMapping()).read.model_dump() | named, ReadOptions)
    with local_files(place, read, together=together) as files:
        opened = [open_sources(file, None if object_name == _ALL else object_name, base, given, source, read) for file in files]
        for sources in opened:
            _show_reading(sources[0])
            for each in sources:
                _show_mapping(each)
                each.check()
        if assign:
            opened = [[each.assigning() for each in sources] for sources in opened]
        ensure_ready()
        for sources in opened:
            _run(sources, dry_run=dry_run)


def _mapping(object_name: str, map_: list[str]) -> "tuple[FileMapping | None, dict[str, str]]":
    """The mapping file and the field=column pairs of a command line."""
    from gcrm.ingest.mapping import load

    if object_name not in (*OBJECTS, _ALL):
        raise MappingError(f"There is no object {object_name!r}; there are {', '.join(OBJECTS)}.")
    mapping_file, given = _given(map_)
    if object_name == _ALL and mapping_file is None:
        raise MappingError(f"What feeds {_ALL} objects of a file, a mapping file has to say; give it with --map FILE.yaml.")
    return (load(mapping_file) if mapping_file else None), given


def _run(sources: "list[Source]", *, dry_run: bool) -> None:
    from gcrm.ingest.size import expected_records
    from gcrm.pipeline import imports
    from gcrm.pipeline.duplicate_preview import preview_of_job

    path, names = sources[0].path, " and ".join(source.object_type.name for source in sources)
    records = expected_records(path, sources[0].mapping.read)
    with progress(f"{names} from {path.name}", total=None if records is None else records * len(sources), unit="records") as advance:
        if dry_run:
            _show_dry_run(imports.dry_run(sources, advance))
            return
        job_id = imports.create_job(sources)
        reports = imports.run_job(job_id, advance)
    for name, report in reports.items():
        typer.echo(f"{name}: {report}" if len(reports) > 1 else str(report))
        if report.refused:
            typer.echo(f"See them with `gcrm quarantine show {name}`.")
    found = preview_of_job(job_id)
    if found is not None and found.pairs:
        _show_duplicates(found)
        typer.echo("`gcrm duplicates find` puts them into the queue.")


def _checked(values: dict[str, Any], options: "type[ReadOptions]") -> "ReadOptions":
    try:
        return options.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise MappingError(f"--{str(first['loc'][0]).replace('_', '-')} is {first['input']!r}: {first['msg'].lower()}.") from error


def _show_reading(source: "Source") -> None:
    """How the file is read, as far as that was not named, with how sure it is."""
    detection = source.detection
    parts = [f"{detection.format}"]
    for name in ("encoding", "delimiter", "header", "skip_lines"):
        found = getattr(detection, name)
        if found is not None and found.confidence < 1 and (name != "skip_lines" or found.value):
            shown = {True: "yes", False: "no"}.get(found.value, found.value) if isinstance(found.value, bool) else repr(found.value)
            parts.append(f"{name.replace('_', ' ')} {shown} ({found.confidence:.0%})")
    if detection.crs:
        parts.append(f"reference system {detection.crs}")
    if len(detection.sheets) > 1:
        parts.append("sheets " + ", ".join(f"{sheet} (hidden)" if sheet in detection.hidden else sheet for sheet in detection.sheets))
    console = Console(stderr=True)
    console.print(f"{escape(source.path.name)}: {escape(', '.join(parts))}", highlight=False)
    for note in detection.notes:
        console.print(escape(note), highlight=False)


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
    if found.duplicates is not None and found.duplicates.pairs:
        _show_duplicates(found.duplicates)
    if found.refused:
        table = Table("object", "row", "column", "value", "refused because it", box=None, header_style="bold")
        for row in found.refused:
            table.add_row(*(escape(str(part)) if part is not None else "" for part in row))
        console.print(table)


def _show_duplicates(found: "Preview") -> None:
    """How many accounts look like others, and the most probable pairs."""
    console = Console()
    console.print(str(found), highlight=False)
    if found.pairs:
        table = Table("probable", "account", "looks like", "which", "would be", box=None, header_style="bold")
        for pair in found.pairs:
            which = "of the file" if pair.within_file else "in the database"
            names = (escape(f"{record['name']} ({record['source']} {record['source_key']})"[: 2 * _SHOWN_CHARACTERS]) for record in (pair.right, pair.left))
            table.add_row(f"{pair.score:.4f}", *names, which, "merged" if pair.automatic else "in the queue")
        console.print(table)
