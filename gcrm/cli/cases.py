"""`gcrm cases`: questions, complaints and faults on the command line."""

import getpass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Questions, complaints and faults of customers: opened, moved, listed by deadline.")

_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the case, as `gcrm cases list` names it.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_MOST = 50


@app.command("list")
def list_(
    rep: Annotated[list[int] | None, typer.Option(help="Only those of the rep with this key; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="question, complaint or fault; may be repeated.")] = None,
    cell: Annotated[str, typer.Option(help="Only those of accounts in this H3 cell.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Solved and closed ones too, the newest first.")] = False,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = _MOST,
) -> None:
    """List what has to be solved, by its deadline.

    Example: `gcrm cases list --kind complaint`
    """
    from datetime import UTC, datetime

    from gcrm.access.scope import Scope
    from gcrm.config import settings
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activity_lists import Choice, records
    from gcrm.pipeline.cases import cases, standing

    ensure_ready()
    found = cases(Choice(tuple(rep or ()), tuple(kind or ()), cell), Scope.everything(), most, unsolved=not all_)
    if found.empty:
        typer.echo("No case is like that; open one with `gcrm cases open`.")
        return
    table = Table("key", "solve until", "", "priority", "kind", "about", "account", "product", "status", "rep", box=None, header_style="bold")
    now = datetime.now(UTC)
    for each in records(found):
        late = "late" if standing(each).breached(now) else ""
        named = (each[name] for name in ("priority", "kind", "subject", "account", "product", "status", "rep"))
        row = (each["case_id"], f"{each['solution_due_at'].astimezone(settings().zone):%Y-%m-%d %H:%M}", late, *named)
        table.add_row(*("" if part is None else escape(str(part)) for part in row))
    Console().print(table)


@app.command()
def show(key: _Key) -> None:
    """Show one case, and what was said and done for it.

    Example: `gcrm cases show 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import CrmError
    from gcrm.pipeline.activity_lists import records
    from gcrm.pipeline.cases import case, comments

    ensure_ready()
    found = case(key, Scope.everything())
    if found is None:
        raise CrmError(f"There is no case {key}; see them with `gcrm cases list`.")
    for name, value in found.items():
        if value is not None:
            typer.echo(f"{name}: {value}")
    for note in records(comments(key, Scope.everything())):
        typer.echo(f"{note['at']:%Y-%m-%d %H:%M} {note['who'] or ''}: {note['text']}")


@app.command("open")
def open_(
    account: Annotated[int, typer.Argument(metavar="ACCOUNT", help="Key of the account, as the address of its page has it.")],
    kind: Annotated[str, typer.Argument(help="question, complaint or fault.")],
    subject: Annotated[str, typer.Argument(help="What it is about.")],
    by: _Actor,
    priority: Annotated[str, typer.Option(help="low, normal, high or urgent; says its deadlines.")] = "normal",
    product: Annotated[int | None, typer.Option(help="Key of the product it is about.")] = None,
    contact: Annotated[int | None, typer.Option(help="Key of the contact of the account.")] = None,
    rep: Annotated[int | None, typer.Option(help="Key of the rep who works on it.")] = None,
    channel: Annotated[str, typer.Option(help="Through what it came.")] = "",
) -> None:
    """Open a case; its deadlines follow from its priority.

    Example: `gcrm cases open 100 complaint "Brake squeals" --priority high`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.cases import NewCase, open_case

    ensure_ready()
    case = NewCase(account, kind, subject, priority, contact, product, rep, channel)
    typer.echo(f"Case {open_case(case, Scope.everything(), actor=by, through='command').case_id} is open.")


@app.command()
def move(
    key: _Key,
    status: Annotated[str, typer.Argument(help="open, waiting, solved or closed.")],
    by: _Actor,
    comment: Annotated[str, typer.Option(help="What was said or done.")] = "",
) -> None:
    """Move a case to another status, if that is allowed from where it is.

    Example: `gcrm cases move 12 solved --comment "New chain"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.cases import move

    ensure_ready()
    move(key, status, Scope.everything(), actor=by, through="command", comment=comment)
    typer.echo(f"Case {key} is {status}.")


@app.command()
def assign(key: _Key, rep: Annotated[int, typer.Argument(help="Key of the rep, as `gcrm activities reps` names it.")], by: _Actor) -> None:
    """Give a case to a rep.

    Example: `gcrm cases assign 12 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.cases import assign

    ensure_ready()
    assign(key, rep, Scope.everything(), actor=by, through="command")
    typer.echo(f"Case {key} is with rep {rep}.")


@app.command()
def comment(key: _Key, text: Annotated[str, typer.Argument(help="What was said or done.")], by: _Actor) -> None:
    """Write a note on a case.

    Example: `gcrm cases comment 12 "Called back"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.cases import comment

    ensure_ready()
    comment(key, text, Scope.everything(), actor=by, through="command")
    typer.echo(f"Written to case {key}.")


@app.command()
def undo(key: _Key, by: _Actor) -> None:
    """Take back the last change of a case; where nothing was changed, the case itself.

    Example: `gcrm cases undo 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.cases import undo_last

    ensure_ready()
    undo_last(key, Scope.everything(), actor=by, through="command")
    typer.echo(f"The last change of case {key} is taken back.")
