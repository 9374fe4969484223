"""`gcrm accounts`: the list of accounts on the command line: filtered, sorted, changed, taken back."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gcrm.pipeline.lists.reading import Wanted

app = typer.Typer(no_args_is_help=True, help="The list of accounts: filtered, sorted, changed one by one or many at once, taken back.")

_Status = Annotated[list[str] | None, typer.Option(help="customer, prospect, lost, partner or competitor; as often as needed.")]
_Kind = Annotated[list[str] | None, typer.Option(help="company, household or person; as often as needed.")]
_Segment = Annotated[list[str] | None, typer.Option(help="Market segment; as often as needed.")]
_Territory = Annotated[list[int] | None, typer.Option(help="Key of a territory, 0 for none; as often as needed.")]
_Text = Annotated[str, typer.Option(help="Letters that the name has in it.")]
_Area = Annotated[str, typer.Option(help="An H3 cell, with +2 also those up to two steps from it; WKT of polygons; trade-area:NAME; or a file with polygons.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_MOST = 50


@app.command("list")
def list_(
    status: _Status = None,
    kind: _Kind = None,
    segment: _Segment = None,
    territory: _Territory = None,
    text: _Text = "",
    area: _Area = "",
    sort: Annotated[str, typer.Option(help="A column of the list; with - before it the last ones first.")] = "name",
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = _MOST,
    after: Annotated[str, typer.Option(help="Behind the last one of the page before, as the command says it there.")] = "",
) -> None:
    """List accounts, page by page.

    Example: `gcrm accounts list --status prospect --area 891126d3303ffff+2 --sort -updated_at`
    """
    from gcrm.access.scope import Scope
    from gcrm.cli.records import show_records
    from gcrm.crm.lists import ACCOUNTS, Sort
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.lists.reading import After, count, page

    ensure_ready()
    wanted = _wanted(status, kind, segment, territory, text, area)
    found = page(ACCOUNTS, wanted, Sort.parse(sort), Scope.everything(), most, After.parse(after) if after else None)
    names = [ACCOUNTS.key, *(column.name for column in ACCOUNTS.columns)]
    show_records(["key", *(column.label.lower() for column in ACCOUNTS.columns)], found.frame[names].itertuples(index=False))
    typer.echo(f"{len(found.frame):,} of {count(ACCOUNTS, wanted, Scope.everything()):,} accounts.")
    if found.after is not None:
        typer.echo(f"The next page: --after '{found.after}'")


@app.command("set")
def set_(
    field: Annotated[str, typer.Argument(help="What is changed: name, status, segment, street, house_number, postcode, city or territory.")],
    value: Annotated[str, typer.Argument(help="The new value, of a territory its key; '' for none.")],
    by: _Actor,
    key: Annotated[list[int] | None, typer.Option(help="Key of an account; as often as needed. Else all that the filters leave.")] = None,
    status: _Status = None,
    kind: _Kind = None,
    segment: _Segment = None,
    territory: _Territory = None,
    text: _Text = "",
    area: _Area = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Change a field of some accounts; says how many there are before it does.

    Example: `gcrm accounts set status lost --status prospect --area trade-area:Kallio`
    """
    from gcrm.access.scope import Scope
    from gcrm.crm.lists import ACCOUNTS
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import CrmError
    from gcrm.pipeline.lists.changing import change, change_all
    from gcrm.pipeline.lists.reading import Wanted, count

    ensure_ready()
    scope = Scope.everything()
    wanted = _wanted(status, kind, segment, territory, text, area)
    if not key and wanted == Wanted():
        raise CrmError("Which accounts is missing; give --key or a filter.")
    number = len(set(key)) if key else count(ACCOUNTS, wanted, scope)
    if not yes:
        typer.confirm(f"Change {field} of {number:,} accounts to {value!r}?", abort=True)
    if key:
        done = change(ACCOUNTS, key, field, value, scope, actor=by, through="command")
    else:
        done = change_all(ACCOUNTS, wanted, number, field, value, scope, actor=by, through="command")
    typer.echo(f"{done.changed:,} of {number:,} accounts are changed.")


@app.command()
def undo(by: _Actor) -> None:
    """Take back what somebody changed last in the list of accounts.

    Example: `gcrm accounts undo`
    """
    from gcrm.access.scope import Scope
    from gcrm.crm.lists import ACCOUNTS
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.lists.changing import undo_last

    ensure_ready()
    done = undo_last(ACCOUNTS, Scope.everything(), actor=by, through="command")
    typer.echo(f"{done.restored:,} accounts are as they were." + (f" {done.kept:,} stay: they were changed since." if done.kept else ""))


def _wanted(status: list[str] | None, kind: list[str] | None, segment: list[str] | None, territory: list[int] | None, text: str, area: str) -> "Wanted":
    """Which accounts the options ask for."""
    from gcrm.pipeline.lists.areas import area_of, area_of_text
    from gcrm.pipeline.lists.reading import Wanted

    given = {"status": status, "kind": kind, "segment": segment, "territory": [str(key) for key in territory or ()]}
    is_file = area != "" and Path(area).is_file()
    where = tuple((name, tuple(members)) for name, members in given.items() if members)
    return Wanted(where, text, area_of(Path(area)) if is_file else area_of_text(area))
