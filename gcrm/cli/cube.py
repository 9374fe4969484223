"""`gcrm cube`: build the cube, and ask it."""

from pathlib import Path
from typing import Annotated

import typer

from gcrm.progress import progress

app = typer.Typer(no_args_is_help=True, help="Build the cube, and ask it.")


@app.command()
def build() -> None:
    """Build the cube out of what is in the database, and publish it.

    Example: `gcrm cube build`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.olap.cuboids import declared
    from gcrm.pipeline.cubes import build_cube

    ensure_ready()
    with progress("cuboids", total=len(declared()), unit="cuboids") as advance:
        version, new = build_cube(advance)
    facts = f"{version.rows['accounts-facts']:,} accounts, {version.rows['sales-facts']:,} order lines"
    typer.echo(f"{'Published' if new else 'Nothing changed since'} version {version.name}: {facts}.")


@app.command()
def query(
    rows: Annotated[str, typer.Option(help="Dimensions down the side, such as place:8,segment.")] = "",
    cols: Annotated[str, typer.Option(help="Dimensions across the top, such as month.")] = "",
    measures: Annotated[str, typer.Option(help="accounts, buyers, orders, revenue, margin, quantity; with commas.")] = "revenue",
    where: Annotated[list[str] | None, typer.Option(help="Filter, as often as needed: segment=families|students, month=2025-01..2025-06, place=CELL.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the answer to a .csv, .xlsx or .parquet file.")] = None,
) -> None:
    """Ask the published cube.

    Example: `gcrm cube query --rows place:8 --cols segment --measures revenue --where month=2025-01..2025-06`
    """
    from gcrm.access.scope import Scope
    from gcrm.cli.tables import show_answer
    from gcrm.olap.query import CubeQuery
    from gcrm.pipeline.cubes import ask_cube
    from gcrm.pipeline.exports import write_table

    asked = CubeQuery.parse(rows, cols, measures, where or [])
    answer = ask_cube(asked, Scope.everything())
    if output is not None:
        count = write_table(answer.table, output)
        typer.echo(f"{count:,} rows to {output}.")
    else:
        show_answer(asked, answer)


@app.command()
def members(dimension: Annotated[str, typer.Argument(help="Such as segment, category, territory or month.")]) -> None:
    """List the members of a dimension.

    Example: `gcrm cube members segment`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.cubes import cube_members

    for member in cube_members(dimension, Scope.everything()):
        typer.echo(member)
