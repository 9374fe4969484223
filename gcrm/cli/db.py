"""`gcrm db`: the private cluster and the migrations."""

import os
import shutil
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gcrm.config import settings
from gcrm.db.roles import Role
from gcrm.errors import DatabaseError

if TYPE_CHECKING:
    from gcrm.db.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="Start, stop and look at the database.")

RoleOption = Annotated[Literal["reader", "writer", "owner"], typer.Option("--role", help="Role to sign in as.")]
TerritoriesOption = Annotated[
    str | None,
    typer.Option("--territories", metavar="IDS", help="Whose customers the reader sees: all, or ids of territories with commas; without it, nobody's."),
]


def _cluster(command: str) -> "Cluster":
    from gcrm.db.cluster import Cluster

    if settings().database_url:
        raise DatabaseError(f"`gcrm db {command}` is for the private cluster, and GCRM_DATABASE_URL names a server; unset it to use the private cluster.")
    return Cluster(settings().home)


@app.command()
def start() -> None:
    """Make the private cluster if there is none, start it, and apply what is new to it.

    Example: gcrm db start
    """
    from gcrm.db import connection

    cluster = _cluster("start")
    applied = connection.migrate()
    status = cluster.status()
    typer.echo(f"PostgreSQL {status.version} is running in {status.data}; {len(applied)} migrations applied.")


@app.command()
def stop() -> None:
    """Stop the private cluster; what is connected to it is cut off.

    Example: gcrm db stop
    """
    _cluster("stop").stop()
    typer.echo("The private cluster is stopped.")


@app.command()
def status() -> None:
    """Tell whether the private cluster runs, and where it is.

    Example: gcrm db status
    """
    found = _cluster("status").status()
    typer.echo(f"state    {found.state}")
    typer.echo(f"version  {found.version or '-'}")
    typer.echo(f"data     {found.data}")
    typer.echo(f"socket   {found.sockets}")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete the private cluster with all its data, and make an empty one.

    Example: gcrm db reset --yes
    """
    from gcrm.db import connection

    cluster = _cluster("reset")
    if not (yes or _confirmed(f"Delete every customer, order and layer in {cluster.data}?")):
        typer.echo("Nothing was deleted.")
        raise typer.Exit(1)
    cluster.reset()
    connection.migrate()
    typer.echo("The database is empty. Published cubes are as they were; build them anew with `gcrm cube build`.")


def _confirmed(question: str) -> bool:
    try:
        return typer.confirm(question)
    except typer.Abort:  # nobody is there to answer
        typer.echo()
        return False


@app.command()
def migrate() -> None:
    """Apply the pending migrations, to the private cluster or the server of GCRM_DATABASE_URL.

    Example: gcrm db migrate
    """
    from gcrm.db import connection

    for name in (applied := connection.migrate()):
        typer.echo(f"applied {name}")
    typer.echo(f"{len(applied)} migrations applied." if applied else "There is nothing to apply.")


@app.command()
def url(role: RoleOption = "reader", territories: TerritoriesOption = None) -> None:
    """Print the address of the database, for psql, QGIS or a BI tool.

    Example: gcrm db url --role reader --territories all
    """
    from gcrm.db import connection

    typer.echo(connection.url(Role[role.upper()], territories))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, role: RoleOption = "reader", territories: TerritoriesOption = None) -> None:
    """Open psql on the database; further arguments go to psql.

    Example: gcrm db psql --territories all -c "SELECT count(*) FROM gcrm.accounts"
    """
    from gcrm.db import connection
    from gcrm.db.cluster import Cluster

    program = shutil.which("psql") or str(Cluster(settings().home).programs.folder / "psql")
    connection.ensure_ready()
    address = connection.url(Role[role.upper()], territories)
    os.execv(program, [program, address, *context.args])  # noqa: S606 -- psql takes the place of this process, without a shell


@app.command()
def dictionary() -> None:
    """Print the data dictionary: every table and column, with grain, unit and source.

    Example: gcrm db dictionary > data_dictionary.md
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.dictionary import data_dictionary

    ensure_ready()
    typer.echo(data_dictionary(), nl=False)


@app.command()
def check() -> None:
    """Prove that the data holds together: grain, references, positions, totals; prints what does not.

    Example: gcrm db check
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.checks import broken_checks

    ensure_ready()
    checks, broken = broken_checks()
    for name, rows in broken.items():
        typer.echo(f"{name}: {rows:,} rows that should not be there; see sql/checks/{name}.sql", err=True)
    if broken:
        raise typer.Exit(1)
    typer.echo(f"{len(checks)} checks found nothing wrong.")
