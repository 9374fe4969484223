"""`gcrm cube`: build the cube, and ask it."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gcrm.errors import CubeError
from gcrm.progress import progress

app = typer.Typer(no_args_is_help=True, help="Build the cube, and ask it.")


_AS_OF = "The cube as it was: a time such as 2026-03-31, or a version of `gcrm cube versions`."


class _Engine(StrEnum):
    DUCKDB = "duckdb"
    SPARK = "spark"


@app.command()
def build(
    engine: Annotated[_Engine, typer.Option(help="DuckDB on this machine, or Spark on a cluster; the answers are the same.")] = _Engine.DUCKDB,
    master: Annotated[str | None, typer.Option(help="The cluster of Spark, such as spark://host:7077; all of this machine if left out.")] = None,
    conf: Annotated[list[str] | None, typer.Option(help="A property of Spark, as often as needed: spark.executor.memory=8g.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Build all of it anew, into plain files; Spark always does.")] = False,
) -> None:
    """Build the cube out of what is in the database, and publish it; of what is published already only what changed since is built.

    Example: `gcrm cube build`

    Example: `gcrm cube build --engine spark --master spark://host:7077 --conf spark.executor.memory=8g`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.olap.build_engine import duckdb_engine
    from gcrm.olap.cuboids import declared
    from gcrm.olap.spark import spark_engine
    from gcrm.pipeline.cubes import build_cube

    if engine is _Engine.DUCKDB and (master or conf):
        raise CubeError("--master and --conf are for Spark; add --engine spark, or leave them out.")
    opened = spark_engine(master or "local[*]", dict(map(_property, conf or []))) if engine is _Engine.SPARK else duckdb_engine
    ensure_ready()
    with progress("cuboids", total=len(declared()), unit="cuboids") as advance:
        built = build_cube(advance, opened, full=full or engine is _Engine.SPARK)
    version = built.version
    facts = f"{version.rows['accounts-facts']:,} accounts, {version.rows['sales-facts']:,} order lines"
    how = f" (refreshed: {built.came:,} facts came, {built.gone:,} went)" if built.new and built.refreshed else ""
    typer.echo(f"{'Published' if built.new else 'Nothing changed since'} version {version.name}: {facts}{how}.")


def _property(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise CubeError(f"--conf {text!r} is no property of Spark; write NAME=VALUE, such as spark.executor.memory=8g.")
    return name, value


@app.command()
def check() -> None:
    """Prove the declared cubes against the database: every fact once, with its members, and every sum equal to that of the tables, to the cent.

    The cubes are built in a folder that is thrown away; what is published stays as it is.

    Example: `gcrm cube check`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.olap.cuboids import declared
    from gcrm.pipeline.cube_check import check_cubes

    ensure_ready()
    with progress("cuboids", total=len(declared()), unit="cuboids") as advance:
        proofs = check_cubes(advance)
    broken = [proof for proof in proofs if not proof.holds]
    for proof in broken:
        typer.echo(f"{proof.cube}: {proof.what} is {proof.found:,} in the cube and {proof.expected:,} in the tables.", err=True)
    for cube in dict.fromkeys(proof.cube for proof in proofs):
        typer.echo(f"{cube}: {sum(proof.cube == cube and proof.holds for proof in proofs):,} of {sum(proof.cube == cube for proof in proofs):,} proofs hold.")
    if broken:
        raise typer.Exit(1)


@app.command()
def query(
    rows: Annotated[str, typer.Option(help="Dimensions down the side, such as place:8,segment.")] = "",
    cols: Annotated[str, typer.Option(help="Dimensions across the top, such as month.")] = "",
    measures: Annotated[str, typer.Option(help="Such as accounts, revenue, orders, order_value; with commas. `gcrm cube measures` lists all.")] = "revenue",
    where: Annotated[list[str] | None, typer.Option(help="Filter, as often as needed: segment=families|students, month=2025-01..2025-06, place=CELL.")] = None,
    derive: Annotated[
        str,
        typer.Option(
            help="Columns worked out of the measures: share(revenue), rank(revenue), running(revenue), moving(revenue, 3), prior(revenue), "
            "change(revenue, year); with commas."
        ),
    ] = "",
    having: Annotated[list[str] | None, typer.Option(help="Filter on the answer, as often as needed: revenue>=1000.")] = None,
    top: Annotated[str, typer.Option(help="Only the largest rows: '10 revenue', or '10 revenue others' with all others as one.")] = "",
    versus: Annotated[
        list[str] | None, typer.Option(help="Filter of a second question, whose measures stand beside, with difference and ratio: segment=students.")
    ] = None,
    within: Annotated[
        list[Path] | None, typer.Option(help="Only what lies in the polygons of a file, with exact edges: GeoJSON, GeoPackage, Shapefile, WKT in a table.")
    ] = None,
    trade_area: Annotated[list[str] | None, typer.Option(help="Only what lies in a trading area, by its name, or SET/NAME; several are added up.")] = None,
    around: Annotated[str, typer.Option(help="Split by distance from a point, too: longitude,latitude and metres, '24.941,60.171 500 1000 2000'.")] = "",
    as_of: Annotated[str, typer.Option(help=_AS_OF)] = "",
    scenario: Annotated[str, typer.Option(help="A scenario of `gcrm cube scenario list`: its measures beside those of the version it changes.")] = "",
    sort: Annotated[str, typer.Option(help="A column of the answer to sort by; -revenue for the largest first.")] = "",
    output: Annotated[Path | None, typer.Option(help="Write the answer to a .csv, .xlsx or .parquet file; with places, .parquet is GeoParquet.")] = None,
) -> None:
    """Ask the published cube.

    Example: `gcrm cube query --rows place:8 --cols segment --measures revenue --where month=2025-01..2025-06`

    Example: `gcrm cube query --rows segment --measures revenue,buyers --within reach.geojson`

    Example: `gcrm cube query --rows quarter --measures revenue --derive "change(revenue, year), running(revenue)" --where year=2025`
    """
    from urllib.parse import urlencode

    from gcrm.access.scope import Scope
    from gcrm.cli.tables import show_answer
    from gcrm.db.connection import ensure_ready
    from gcrm.olap.catalogue import PLACE
    from gcrm.olap.query import CubeQuery, Filter
    from gcrm.pipeline.areas import area_of_file, as_member
    from gcrm.pipeline.areas import trade_area as trade_area_of
    from gcrm.pipeline.audit import note_export
    from gcrm.pipeline.cubes import ask_cube
    from gcrm.pipeline.exports import export_answer

    asked = CubeQuery.parse(
        rows, cols, measures, where or [], derived=derive, having=having or [], top=top, order=sort, versus=versus or [], around=around,
        as_of=as_of, scenario=scenario,
    )  # fmt: skip
    for areas in ([area_of_file(path) for path in within or []], [trade_area_of(name, Scope.everything()) for name in trade_area or []]):
        asked = replace(asked, where=(*asked.where, Filter(PLACE, tuple(map(as_member, areas))))) if areas else asked
    answer = ask_cube(asked, Scope.of_settings())
    if output is not None:
        count = export_answer(asked, answer, output)
        ensure_ready()
        note_export(output, count, urlencode(asked.parameters(), doseq=True))
        typer.echo(f"{count:,} rows to {output}.")
    else:
        show_answer(asked, answer)


@app.command()
def outline(
    output: Annotated[Path, typer.Option(help="A .geojson file, or a .parquet file, which is GeoParquet.")],
    rows: Annotated[str, typer.Option(help="Dimensions other than place, such as territory or territory,segment.")] = "",
    measures: Annotated[str, typer.Option(help="As of `gcrm cube query`; a cell belongs to a row where the first is not zero.")] = "accounts",
    where: Annotated[list[str] | None, typer.Option(help="Filter, as often as needed, as of `gcrm cube query`.")] = None,
    level: Annotated[int, typer.Option(help="H3 level of the cells.")] = 8,
    as_of: Annotated[str, typer.Option(help=_AS_OF)] = "",
) -> None:
    """Write what the cells of each row cover together, with its area (km²) and perimeter (km).

    Example: `gcrm cube outline --rows territory --measures accounts,revenue --level 9 --output territories.geojson`
    """
    from gcrm.access.scope import Scope
    from gcrm.olap.query import CubeQuery
    from gcrm.pipeline.cubes import ask_outlines
    from gcrm.pipeline.exports import export_outlines

    asked = CubeQuery.parse(rows, measures=measures, where=where or [], as_of=as_of)
    count = export_outlines(asked, *ask_outlines(asked, level, Scope.everything()), output)
    typer.echo(f"{count:,} outlines to {output}.")


@app.command()
def records(
    cube: Annotated[str, typer.Argument(help="sales, accounts, activities, pipeline, campaigns or customers.")],
    where: Annotated[list[str] | None, typer.Option(help="Filter, as often as needed, as of `gcrm cube query`.")] = None,
    most: Annotated[int, typer.Option(min=1, help="So many records at most.")] = 1000,
    as_of: Annotated[str, typer.Option(help=_AS_OF)] = "",
    scenario: Annotated[str, typer.Option(help="Those of a scenario of `gcrm cube scenario list`.")] = "",
    output: Annotated[Path | None, typer.Option(help="Write them to a .csv, .xlsx or .parquet file.")] = None,
) -> None:
    """Drill through: the records behind a figure, with the names of their accounts.

    Example: `gcrm cube records sales --where segment=couriers --where month=2025-03`
    """
    from gcrm.access.scope import Scope
    from gcrm.cli.tables import show_records
    from gcrm.db.connection import ensure_ready
    from gcrm.olap.query import Filter
    from gcrm.pipeline.audit import note_export
    from gcrm.pipeline.cube_records import cube_records
    from gcrm.pipeline.exports import write_table

    found = cube_records(cube, tuple(map(Filter.parse, where or [])), Scope.of_settings(), most, as_of, scenario)
    if output is not None:
        write_table(found.table, output, found.about)
        ensure_ready()
        note_export(output, found.table.num_rows, f"records of {cube}, {' and '.join(where or []) or 'all'}")
        typer.echo(f"{found.table.num_rows:,} of {found.count:,} records to {output}.")
    else:
        show_records(found.table, found.count)


@app.command()
def versions() -> None:
    """List the versions of the cube that can be asked with --as-of, the one in force first.

    Example: `gcrm cube versions`
    """
    from gcrm.cli.tables import show_versions
    from gcrm.pipeline.cubes import kept_versions

    found = kept_versions()
    if found:
        show_versions(found)
    else:
        typer.echo("No cube is published yet; import accounts and orders, then run `gcrm cube build`.")


scenario_app = typer.Typer(no_args_is_help=True, help="What-if: a few changes to a published version, whose cube stands beside it.")
app.add_typer(scenario_app, name="scenario")


@scenario_app.command("build")
def build_scenario(
    file: Annotated[Path, typer.Argument(help="A YAML file: scenario, label, changes; docs/how_to/cube.md shows one.")],
    as_of: Annotated[str, typer.Option(help=_AS_OF)] = "",
) -> None:
    """Build the cube of a scenario, on the version in force or on an earlier one.

    Example: `gcrm cube scenario build north_takes_south.yaml`
    """
    from gcrm.olap.cuboids import declared
    from gcrm.pipeline.cubes import published
    from gcrm.pipeline.scenarios import build

    base = published(as_of)
    with progress("cuboids", total=len(declared()), unit="cuboids") as advance:
        built = build(file, base, advance)
    typer.echo(f"Built {built.scenario.scenario} ({built.scenario.label}) on version {built.base}.")


@scenario_app.command("list")
def list_scenarios() -> None:
    """List the scenarios that can be asked.

    Example: `gcrm cube scenario list`
    """
    from gcrm.pipeline.scenarios import scenarios

    for each in scenarios():
        typer.echo(f"{each.scenario.scenario}: {each.scenario.label}; on version {each.base}, built {each.built_at:%Y-%m-%d %H:%M} UTC.")


@scenario_app.command("remove")
def remove_scenario(name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Remove the cube of a scenario.

    Example: `gcrm cube scenario remove north-takes-south`
    """
    from gcrm.pipeline.scenarios import remove

    remove(name)
    typer.echo(f"Removed {name}.")


@app.command()
def gc(keep: Annotated[int, typer.Option(help="So many of the newest versions stay, the one in force among them.")] = 1) -> None:
    """Remove old versions of the cube; how many a build keeps says GCRM_CUBE_VERSIONS.

    Example: `gcrm cube gc --keep 3`
    """
    from gcrm.pipeline.cubes import remove_old_versions

    count, freed = remove_old_versions(keep)
    typer.echo(f"{count:,} versions removed, {freed / 2**20:,.1f} MiB are free again." if count else "There is nothing to remove.")


@app.command()
def log(clear: Annotated[bool, typer.Option("--clear", help="Forget what was asked.")] = False) -> None:
    """List what the published cube was asked, without members and without who asked; the next build chooses its cuboids by that.

    Example: `gcrm cube log`
    """
    from gcrm.cli.tables import show_log
    from gcrm.pipeline.cubes import asked_questions, forget_questions

    if clear:
        forget_questions()
        typer.echo("The query log is empty.")
    elif found := asked_questions():
        show_log(found)
    else:
        typer.echo("Nothing was asked yet, or the query log was cleared.")


@app.command()
def measures() -> None:
    """List the measures, and the dimensions of each.

    Example: `gcrm cube measures`
    """
    from gcrm.cli.tables import show_measures

    show_measures()


@app.command()
def members(dimension: Annotated[str, typer.Argument(help="Such as segment, category, territory, quarter or month.")]) -> None:
    """List the members of a dimension, and the named sets of them, which a filter takes as members: weekday=@weekend.

    Example: `gcrm cube members segment`
    """
    from gcrm.access.scope import Scope
    from gcrm.olap.catalogue import SETS
    from gcrm.pipeline.cubes import cube_members

    for member in cube_members(dimension, Scope.of_settings()):
        typer.echo(member)
    for name, each in SETS.items():
        if each.dimension == dimension:
            typer.echo(f"@{name} ({each.label}): {', '.join(each.members)}")
