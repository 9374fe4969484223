"""`gcrm activities`: what happened with customers and what is planned, on the command line."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Calls, visits, mails, meetings, notes and tasks: logged, planned, done; the history of a customer.")

_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the activity, as `gcrm activities list` names it.")]
_Account = Annotated[int, typer.Argument(metavar="ACCOUNT", help="Key of the account, as the address of its page has it.")]
_Kind = Annotated[str, typer.Argument(help="call, visit, mail, meeting, note or task.")]
_Subject = Annotated[str, typer.Argument(help="What it is about.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_Rep = Annotated[int | None, typer.Option(help="Key of the rep, as `gcrm activities reps` names it.")]
_Contact = Annotated[int | None, typer.Option(help="Key of the contact of the account.")]
_Opportunity = Annotated[int | None, typer.Option(help="Key of the opportunity of the account.")]
_Channel = Annotated[str, typer.Option(help="Through what, such as phone, mail, shop or web.")]
_Department = Annotated[str, typer.Option(help="Which part of the company, such as sales or service.")]
_Outcome = Annotated[str, typer.Option(help="What came of it.")]
_DATES = ["%Y-%m-%dT%H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
_At = Annotated[datetime | None, typer.Option(formats=_DATES, help="When it happened, by the clock of GCRM_TIME_ZONE; now if left out.")]
_Due = Annotated[datetime, typer.Argument(formats=_DATES, help="When it is due, by the clock of GCRM_TIME_ZONE.")]
_MOST = 50


@app.command("list")
def list_(
    rep: Annotated[list[int] | None, typer.Option(help="Only those of the rep with this key; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Only of this kind; may be repeated.")] = None,
    cell: Annotated[str, typer.Option(help="Only with accounts in this H3 cell.")] = "",
    done: Annotated[bool, typer.Option("--done", help="What was done or cancelled, the newest first, in place of what is planned.")] = False,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = _MOST,
) -> None:
    """List what is planned, what is due first before the rest.

    Example: `gcrm activities list --rep 3 --kind visit`
    """
    from gcrm.access.scope import Scope
    from gcrm.config import settings
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activity_lists import Choice, ended, planned, records

    ensure_ready()
    choice = Choice(tuple(rep or ()), tuple(kind or ()), cell)
    found = ended(choice, Scope.everything(), most) if done else planned(choice, Scope.everything(), most)
    if found.empty:
        typer.echo("No activity is like that; plan one with `gcrm activities plan`.")
        return
    table = Table("key", "done" if done else "due", "kind", "account", "about", "rep", "outcome" if done else "repeats", box=None, header_style="bold")
    for each in records(found):
        at, last = (each["happened_at"], each["outcome"]) if done else (each["due_at"], each["repeat_rule"])
        named = (each[name] for name in ("kind", "account", "subject", "rep"))
        row = (each["activity_id"], f"{at.astimezone(settings().zone):%Y-%m-%d %H:%M}", *named, last)
        table.add_row(*("" if part is None else escape(str(part)) for part in row))
    Console().print(table)


@app.command()
def history(account: _Account, most: Annotated[int, typer.Option(min=1, help="At most so many.")] = _MOST) -> None:
    """Show all that happened with a customer, the newest first: activities, orders, opportunities, consents, changes.

    Example: `gcrm activities history 100`
    """
    from gcrm.access.scope import Scope
    from gcrm.config import settings
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activity_lists import Events, history, records

    ensure_ready()
    found = history(account, Events(), Scope.everything(), most)
    if found.empty:
        typer.echo("Nothing is known to have happened with this account, or there is none.")
        return
    table = Table("when", "what", "", "about", "", "by", "amount", box=None, header_style="bold")
    for each in records(found):
        amount = "" if each["amount"] is None else f"{each['amount']:,} {each['currency']}"
        named = (each[name] for name in ("object", "kind", "title", "detail", "who"))
        row = (f"{each['at'].astimezone(settings().zone):%Y-%m-%d %H:%M}", *named, amount)
        table.add_row(*("" if part is None else escape(str(part)) for part in row))
    Console().print(table)


@app.command()
def log(
    account: _Account, kind: _Kind, subject: _Subject, by: _Actor, outcome: _Outcome = "", at: _At = None, rep: _Rep = None, contact: _Contact = None,
    opportunity: _Opportunity = None, channel: _Channel = "", department: _Department = "",
) -> None:  # fmt: skip
    """Write down what happened.

    Example: `gcrm activities log 100 call "About the order" --outcome "calls back"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import Details, log

    ensure_ready()
    details = Details(account, kind, subject, rep, contact, opportunity, channel, department)
    written = log(details, Scope.everything(), actor=by, through="command", outcome=outcome, happened_at=_moment(at))
    typer.echo(f"Activity {written.activity_id} is logged; `gcrm activities undo {written.activity_id}` takes it back.")


@app.command()
def plan(
    account: _Account, kind: _Kind, subject: _Subject, due: _Due, by: _Actor, rep: _Rep = None, contact: _Contact = None, opportunity: _Opportunity = None,
    channel: _Channel = "", department: _Department = "",
    minutes: Annotated[int | None, typer.Option(help="How long it takes, minutes.")] = None,
    remind: Annotated[int | None, typer.Option(help="So many minutes before a reminder comes.")] = None,
    repeat: Annotated[str, typer.Option(help="Rule of repetition (RFC 5545), such as FREQ=WEEKLY;BYDAY=MO.")] = "",
) -> None:  # fmt: skip
    """Plan what is to be done.

    Example: `gcrm activities plan 100 visit "Spring offer" 2026-05-04T09:00 --rep 3 --repeat "FREQ=MONTHLY;INTERVAL=3"`
    """
    from gcrm.access.scope import Scope
    from gcrm.config import settings
    from gcrm.crm.activities import Plan
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import Details, plan

    ensure_ready()
    details = Details(account, kind, subject, rep, contact, opportunity, channel, department, minutes)
    written = plan(details, Plan(due.replace(tzinfo=settings().zone), remind, repeat), Scope.everything(), actor=by, through="command")
    typer.echo(f"Activity {written.activity_id} is planned.")


@app.command()
def done(key: _Key, by: _Actor, outcome: _Outcome = "", at: _At = None) -> None:
    """Mark a planned one as done; of a series the next one is planned.

    Example: `gcrm activities done 12 --outcome ordered`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import complete

    ensure_ready()
    written = complete(key, Scope.everything(), actor=by, through="command", outcome=outcome, happened_at=_moment(at))
    typer.echo(f"Activity {key} is done." + (f" The next one of its series is {written.next_id}." if written.next_id else ""))


@app.command()
def postpone(key: _Key, due: _Due, by: _Actor) -> None:
    """Give a planned one another time; its series stays.

    Example: `gcrm activities postpone 12 2026-05-05T09:00`
    """
    from gcrm.access.scope import Scope
    from gcrm.config import settings
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import postpone

    ensure_ready()
    postpone(key, due.replace(tzinfo=settings().zone), Scope.everything(), actor=by, through="command")
    typer.echo(f"Activity {key} is due on {due:%Y-%m-%d %H:%M}.")


@app.command()
def cancel(key: _Key, by: _Actor, reason: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Cancel a planned one; its series ends with it.

    Example: `gcrm activities cancel 12 --reason ill`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import cancel

    ensure_ready()
    cancel(key, Scope.everything(), actor=by, through="command", reason=reason)
    typer.echo(f"Activity {key} is cancelled; `gcrm activities undo {key}` takes that back.")


@app.command("check-in", context_settings={"ignore_unknown_options": True})
def check_in(
    key: _Key,
    longitude: Annotated[float, typer.Argument(help="Degrees, WGS 84.")],
    latitude: Annotated[float, typer.Argument(help="Degrees, WGS 84.")],
    by: _Actor,
) -> None:
    """Store where somebody arrived at a planned visit, and tell how far that is from the account.

    Example: `gcrm activities check-in 12 24.9384 60.1699`
    """
    from gcrm.access.scope import Scope
    from gcrm.crm.activities import is_far
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import check_in

    ensure_ready()
    metres = check_in(key, longitude, latitude, Scope.everything(), actor=by, through="command").distance_m
    told = "the account has no position" if metres is None else f"{metres:,.0f} m from the account{', which is far' if is_far(metres) else ''}"
    typer.echo(f"Checked in at activity {key}: {told}.")


@app.command()
def undo(key: _Key, by: _Actor) -> None:
    """Take back what was done to an activity last; where nothing was, the activity itself.

    Example: `gcrm activities undo 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activities import undo_last

    ensure_ready()
    undo_last(key, Scope.everything(), actor=by, through="command")
    typer.echo(f"The last that was done to activity {key} is taken back.")


@app.command()
def reps() -> None:
    """List the reps with their keys.

    Example: `gcrm activities reps`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activity_lists import reps

    ensure_ready()
    table = Table("key", "rep", "mail", "territory", box=None, header_style="bold")
    for each in reps(Scope.everything()).itertuples():
        table.add_row(*("" if part is None else escape(str(part)) for part in (each.rep_id, each.name, each.email, each.territory)))
    Console().print(table)


@app.command()
def ics(
    rep: Annotated[int, typer.Argument(metavar="REP", help="Key of the rep, as `gcrm activities reps` names it.")],
    output: Annotated[Path, typer.Option(help="What to write.")] = Path("activities.ics"),
) -> None:
    """Write what a rep has planned as an iCalendar file: places, positions and reminders with it.

    Example: `gcrm activities ics 3 --output anna.ics`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.activity_lists import feed

    ensure_ready()
    output.write_bytes(feed(rep, Scope.everything()))
    typer.echo(f"Written to {output}.")


def _moment(at: datetime | None) -> datetime | None:
    from gcrm.config import settings

    return None if at is None else at.replace(tzinfo=settings().zone).astimezone(UTC)
