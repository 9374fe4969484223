"""The program `gcrm`: its commands in groups, and errors as one line."""

import logging
import sys
from typing import Annotated, NoReturn

import psycopg
import typer
from typer.exceptions import TyperException

from gcrm import __version__
from gcrm.cli import (
    accounts,
    activities,
    audiences,
    cases,
    consent,
    contacts,
    cube,
    db,
    demo,
    doctor,
    duplicates,
    export,
    fields,
    find,
    forecast,
    geocode,
    imports,
    jobs,
    leads,
    load,
    opportunities,
    partners,
    places,
    privacy,
    quality,
    quarantine,
    report,
    roads,
    serve,
    tracks,
    trade_areas,
    users,
    views,
)
from gcrm.errors import GcrmError

_UNEXPECTED = 70
_INTERRUPTED = 130

app = typer.Typer(
    name="gcrm",
    help="A geographic CRM: customers and prospects on the map, joined with what surrounds them, rolled up into H3 cubes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("demo", rich_help_panel="Start")(demo.demo)
app.command("serve", rich_help_panel="Start")(serve.serve)
app.command("doctor", rich_help_panel="Start")(doctor.doctor)
app.add_typer(db.app, name="db", rich_help_panel="Start")
app.add_typer(users.app, name="users", rich_help_panel="Start")
app.command("audit", rich_help_panel="Start")(users.audit)
app.command("import", rich_help_panel="The way of the data")(imports.import_)
app.add_typer(fields.app, name="fields", rich_help_panel="The way of the data")
app.add_typer(jobs.app, name="jobs", rich_help_panel="The way of the data")
app.add_typer(quarantine.app, name="quarantine", rich_help_panel="The way of the data")
app.add_typer(duplicates.app, name="duplicates", rich_help_panel="The way of the data")
app.command("quality", rich_help_panel="The way of the data")(quality.quality)
app.add_typer(load.app, name="load", rich_help_panel="The way of the data")
app.add_typer(tracks.app, name="tracks", rich_help_panel="The way of the data")
app.add_typer(geocode.app, name="geocode", rich_help_panel="The way of the data")
app.add_typer(roads.app, name="roads", rich_help_panel="The way of the data")
app.add_typer(trade_areas.app, name="trade-areas", rich_help_panel="The way of the data")
app.command("enrich", rich_help_panel="The way of the data")(places.enrich)
app.command("update", rich_help_panel="The way of the data")(places.update)
app.command("find", rich_help_panel="The daily work")(find.find)
app.add_typer(accounts.app, name="accounts", rich_help_panel="The daily work")
app.add_typer(contacts.app, name="contacts", rich_help_panel="The daily work")
app.add_typer(leads.app, name="leads", rich_help_panel="The daily work")
app.add_typer(audiences.app, name="audiences", rich_help_panel="The daily work")
app.add_typer(partners.app, name="partners", rich_help_panel="The daily work")
app.add_typer(opportunities.app, name="opportunities", rich_help_panel="The daily work")
app.command("forecast", rich_help_panel="The daily work")(forecast.forecast)
app.command("report", rich_help_panel="The daily work")(report.report)
app.add_typer(cube.app, name="cube", rich_help_panel="The way of the data")
app.add_typer(views.app, name="views", rich_help_panel="The way of the data")
app.add_typer(cases.app, name="cases", rich_help_panel="The daily work")
app.add_typer(activities.app, name="activities", rich_help_panel="The daily work")
app.command("reverse", rich_help_panel="The way of the data", context_settings={"ignore_unknown_options": True})(geocode.reverse)
app.add_typer(consent.app, name="consent", rich_help_panel="Persons")
app.add_typer(privacy.app, name="privacy", rich_help_panel="Persons")
app.add_typer(export.app, name="export", rich_help_panel="The way of the data")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gcrm {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop.")] = False,
) -> None:
    del debug, version


def main() -> None:
    """Runs the command line; an error is one line on standard error and an exit code, with --debug a traceback.

    Exit codes: 0 done, 1 an error that can be mended, 2 the command line is wrong, 70 a fault of the program, 130 interrupted.
    """
    if "--debug" in sys.argv:
        app()
    # What psycopg warns of while it leaves a connection that broke, the error that broke it says in one line.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    try:
        code = app(standalone_mode=False)
        if code == _INTERRUPTED:
            raise typer.Abort  # noqa: TRY301 - typer turns Ctrl+C into this code
    except GcrmError as error:
        _fail(str(error), error.exit_code)
    except TyperException as error:
        _show_usage(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped; the same command again goes on from what is stored.", _INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last resort of the program: one line in place of a traceback
        cause = getattr(error, "orig", error)  # what SQLAlchemy wraps
        if isinstance(cause, psycopg.OperationalError):
            _fail(f"the database broke off ({str(cause).strip().splitlines()[0]}); start it with `gcrm db start` and run the same command again.", 1)
        _fail(f"a fault of the program ({type(error).__name__}: {error}); `gcrm --debug ...` shows where.", _UNEXPECTED)
    else:
        sys.exit(code or 0)


def _show_usage(error: TyperException) -> None:
    """What is wrong with the command line, with its usage where the error knows it."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
    else:
        typer.echo(f"gcrm: {error.format_message()}", err=True)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"gcrm: {' '.join(message.split())}", err=True)
    sys.exit(code)
