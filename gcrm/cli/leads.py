"""`gcrm leads`: who may become a customer, on the command line."""

import getpass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from gcrm.cli.records import show_records
from gcrm.errors import CrmError
from gcrm.progress import progress

app = typer.Typer(no_args_is_help=True, help="Leads: who may become a customer; given to reps by rules, converted, rejected.")

_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the lead, as `gcrm leads list` names it.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]


@app.command("list")
def list_(
    status: Annotated[list[str] | None, typer.Option(help="Only these: new, working, converted, rejected; may be repeated.")] = None,
    rep: Annotated[list[int] | None, typer.Option(help="Only those of the rep with this key; may be repeated.")] = None,
    territory: Annotated[list[int] | None, typer.Option(help="Only those in the territory with this key; may be repeated.")] = None,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="Only those that no rep answers for.")] = False,
    name: Annotated[str, typer.Option(help="Only those whose name has these letters in it.")] = "",
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
) -> None:
    """List leads, the newest first.

    Example: `gcrm leads list --status new --unassigned`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.leads import STATUSES, Choice, list_leads

    if wrong := [each for each in status or () if each not in STATUSES]:
        raise CrmError(f"{wrong[0]!r} is no status of a lead; there are {', '.join(STATUSES)}.")
    ensure_ready()
    found = list_leads(Choice(tuple(status or ()), tuple(rep or ()), tuple(territory or ()), unassigned, name), Scope.everything(), most)
    if found.empty:
        typer.echo("No lead is like that; import some with `gcrm import leads FILE`.")
        return
    heads = ("key", "lead", "person", "came", "status", "rating", "territory", "rep", "why")
    show_records(heads, (
        (each["lead_id"], each["name"], each["person"], f"{each['received_at']:%Y-%m-%d}", each["status"],
         each["rating"], each["territory"], each["rep"], each["why"])
        for each in found.astype(object).to_dict("records")
    ))  # fmt: skip


@app.command()
def show(key: _Key) -> None:
    """Show all that is known of one lead.

    Example: `gcrm leads show 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.leads import lead

    ensure_ready()
    for name, value in lead(key, Scope.everything()).items():
        if value is not None:
            typer.echo(f"{name}: {value}")


@app.command()
def add(
    fields: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="What is known of it, by the fields of a file of leads.")], by: _Actor
) -> None:
    """Store a lead, place it, and give it to a rep by the rules.

    Example: `gcrm leads add "company=Velo Oy" given_name=Aino email=aino@example.org "street=Kaivokatu 1" city=Helsinki`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.leads import FIELDS, create, lead

    for text in fields:
        if text.partition("=")[0] not in FIELDS or "=" not in text:
            raise CrmError(f"{text!r} is no FIELD=VALUE of a lead; fields are {', '.join(FIELDS)}.")
    ensure_ready()
    key, job = create(dict(text.split("=", 1) for text in fields), actor=by, through="command")
    stored = lead(key, Scope.everything())
    typer.echo(f"Lead {key} ({stored['name']}) is stored, {stored['assigned_because']}; take it back with `gcrm jobs undo {job}`.")


@app.command()
def assign(
    by: _Actor,
    way: Annotated[
        str | None, typer.Option(help="turn: the reps of a territory in turn; load: whoever has the fewest open leads.", show_default="GCRM_LEAD_ASSIGNMENT")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Look also for addresses that were not found before.")] = False,
    take_back: Annotated[datetime | None, typer.Option(metavar="TIME", formats=["%Y-%m-%dT%H:%M:%S.%f"], help="Take back the run of this time.")] = None,
) -> None:
    """Give leads that wait to reps: the territory of the point first, then in turn or by load.

    Example: `gcrm leads assign --way load`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import lead_assignment

    ensure_ready()
    if take_back is not None:
        count = lead_assignment.take_back(take_back.replace(tzinfo=UTC), Scope.everything(), actor=by, through="command")
        typer.echo(f"{count:,} leads wait again.")
        return
    chosen = next((each for each in lead_assignment.WAYS if each == way), None)
    if way is not None and chosen is None:
        raise CrmError(f"{way!r} is no way to assign leads; there are {', '.join(lead_assignment.WAYS)}.")
    with progress("leads", unit="leads") as advance:
        done = lead_assignment.assign_leads(Scope.everything(), actor=by, through="command", way=chosen, again=again, advance=advance)
    typer.echo(f"{done.assigned:,} leads were given to reps, {done.left:,} wait; `gcrm leads list --unassigned` says why.")
    if done.assigned:
        typer.echo(f"Take that back with `gcrm leads assign --take-back {done.at.replace(tzinfo=None).isoformat(timespec='microseconds')}`.")


@app.command()
def reps() -> None:
    """List the reps with their keys and territories.

    Example: `gcrm leads reps`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import reps

    ensure_ready()
    columns = ["rep_id", "name", "territory_id", "territory", "region"]
    heads = ("key", "rep", "territory key", "territory", "region")
    show_records(heads, reps(Scope.everything())[columns].astype({"territory_id": "Int64"}).astype(object).itertuples(index=False, name=None))


@app.command()
def give(key: _Key, rep: Annotated[int, typer.Argument(metavar="REP", help="Key of the rep, as `gcrm leads reps` names it.")], by: _Actor) -> None:
    """Give a lead to a rep by hand.

    Example: `gcrm leads give 12 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.leads import give

    ensure_ready()
    _said(key, f"was given to rep {rep}", give(key, rep, Scope.everything(), actor=by, through="command"))


@app.command()
def work(key: _Key, by: _Actor) -> None:
    """Begin with a lead.

    Example: `gcrm leads work 12`
    """
    _set(key, "working", by)


@app.command()
def reject(key: _Key, reason: Annotated[str, typer.Argument(help="Why, in a few words.")], by: _Actor) -> None:
    """Reject a lead.

    Example: `gcrm leads reject 12 "wanted a car"`
    """
    _set(key, "rejected", by, reason)


@app.command()
def reopen(key: _Key, by: _Actor) -> None:
    """Take a rejected lead up again.

    Example: `gcrm leads reopen 12`
    """
    _set(key, "new", by)


@app.command()
def convert(
    key: _Key,
    by: _Actor,
    account: Annotated[int | None, typer.Option(help="Key of the account that it is already; a new one if left out.")] = None,
    without_opportunity: Annotated[bool, typer.Option("--without-opportunity", help="Open no opportunity.")] = False,
    name: Annotated[str | None, typer.Option(help="Title of the opportunity; what the lead wants if left out.")] = None,
    amount: Annotated[str | None, typer.Option(help="Expected revenue; that of the lead if left out.")] = None,
    closes: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day on which it is expected to close.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Make a new account, also where there is one that looks like it.")] = False,
) -> None:
    """Convert a lead into an account, a contact and an opportunity; all of it can be undone.

    Example: `gcrm leads convert 12 --amount 4500 --closes 2026-03-31`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.lead_conversion import Sale, convert, likely_accounts

    ensure_ready()
    if account is None and not new:
        likely = likely_accounts(key, Scope.everything())
        if likely:
            shown = ", ".join(f"{each.account_id} ({each.record['name']}, {each.score:.0%} probable)" for each in likely)
            raise CrmError(f"Lead {key} may be an account already: {shown}; give --account KEY for one of them, or --new for another.")
    sale = None if without_opportunity else Sale(name, None if amount is None else _number(amount), None if closes is None else closes.date())
    done = convert(key, Scope.everything(), actor=by, through="command", account_id=account, sale=sale)
    made = {"account": done.account_id, "contact": done.contact_id, "opportunity": done.opportunity_id}
    told = ", ".join(f"{what} {number}" for what, number in made.items() if number is not None)
    typer.echo(f"Lead {key} is {told}; take that back with `gcrm jobs undo {done.job_id}`.")


@app.command()
def undo(key: _Key, change: Annotated[int, typer.Argument(help="The change, as the command that made it named it.")], by: _Actor) -> None:
    """Take back a change of a lead.

    Example: `gcrm leads undo 12 345`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.leads import undo

    ensure_ready()
    undo(key, change, Scope.everything(), actor=by, through="command")
    typer.echo(f"Lead {key} is as it was before.")


def _set(key: int, status: Any, by: str, reason: str | None = None) -> None:  # noqa: ANN401 - a status, which cli may not name
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.leads import set_status

    ensure_ready()
    _said(key, f"is {status}", set_status(key, status, Scope.everything(), actor=by, through="command", reason=reason))


def _said(key: int, what: str, change: int | None) -> None:
    typer.echo(f"Lead {key} {what}" + (f"; take that back with `gcrm leads undo {key} {change}`." if change is not None else "."))


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CrmError(f"{text!r} is no number; write one such as 4500.") from error
