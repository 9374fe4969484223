"""`gcrm consent`: what persons agreed to, and whether they may be contacted."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.errors import ConsentError

if TYPE_CHECKING:
    from gcrm.pipeline.persons import Person

app = typer.Typer(no_args_is_help=True, help="What persons agreed to, and whether they may be contacted.")

_Contact = Annotated[str, typer.Argument(metavar="PERSON", help="A contact: key, source/key, or mail address.")]
_Purpose = Annotated[str, typer.Option(help="What for, such as marketing.")]
_At = Annotated[str, typer.Option(help="A time, such as 2026-03-31 or 2026-03-31T18:00+02:00; now if left out.")]
_Source = Annotated[str, typer.Option(help="Where it was said, such as a call or a web form.")]
_Wording = Annotated[str | None, typer.Option(help="The words that were agreed to.")]
_EveryChannel = Annotated[str, typer.Option(help="mail, phone, post or another one; any for all of them.")]


@app.command()
def show(person: _Contact) -> None:
    """Show what a contact said, and what follows from it today.

    Example: `gcrm consent show aino@example.org`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.consent import decisions, statements

    contact, scope = _contact(person), Scope.everything()
    ledger = Table("from", "purpose", "channel", "", "source", "wording", box=None, header_style="bold")
    for said in statements(contact.record_id, scope):
        ledger.add_row(f"{said.at:%Y-%m-%d %H:%M}", *map(escape, (said.purpose, said.channel, _word(given=said.given), said.source, said.wording or "")))
    typer.echo(f"{contact.label} {contact.name}".rstrip())
    if not ledger.row_count:
        typer.echo("Nothing was said; nobody may be contacted without a consent.")
        return
    Console().print(ledger)
    for told in decisions(contact.record_id, datetime.now(UTC), scope):
        typer.echo(f"{'May' if told.decision.allowed else 'May not'} be contacted: {told.decision.reason}")


@app.command()
def give(person: _Contact, purpose: _Purpose, channel: _EveryChannel = "any", at: _At = "", source: _Source = "by hand", wording: _Wording = None) -> None:
    """Record that a contact consents. The ledger only grows: nothing in it is changed.

    Example: `gcrm consent give p1 --purpose marketing --channel mail --source "web form" --wording "I agree"`
    """
    _record(person, purpose, channel, at, source, wording, given=True)


@app.command()
def withdraw(person: _Contact, purpose: _Purpose, channel: _EveryChannel = "any", at: _At = "", source: _Source = "by hand", wording: _Wording = None) -> None:
    """Record that a contact withdraws a consent, or never wants to give it.

    Example: `gcrm consent withdraw p1 --purpose marketing --source "call"`
    """
    _record(person, purpose, channel, at, source, wording, given=False)


@app.command()
def suppress(
    address: Annotated[str, typer.Argument(metavar="MAIL|PHONE", help="A mail address or a telephone number.")],
    reason: Annotated[str, typer.Option(help="Why; without the name of anybody, since it outlives the record.")] = "asked for it",
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2 code of where a number without a calling code is dialled.")] = None,
) -> None:
    """Put a mail address or a telephone number on the list of those who are never contacted. Only its hash is kept.

    Example: `gcrm consent suppress aino@example.org`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.consent import suppress as put

    ensure_ready()
    kind, new = put(address, reason, country)
    what = "mail address" if kind == "mail" else "telephone number"
    typer.echo(f"The {what} {'is on the suppression list now' if new else 'was on the suppression list already'}.")


@app.command()
def may(
    person: _Contact,
    purpose: _Purpose,
    channel: Annotated[str, typer.Option(help="mail, phone, post or another one.")],
    at: _At = "",
) -> None:
    """Whether a contact may be contacted, and why; the exit code is 0 for yes and 1 for no.

    Example: `gcrm consent may p1 --purpose marketing --channel mail`
    """
    from gcrm.access.scope import Scope
    from gcrm.pipeline.consent import may_contact

    decision = may_contact(_contact(person).record_id, purpose, channel, _moment(at) or datetime.now(UTC), Scope.everything())
    typer.echo(f"{'Yes' if decision.allowed else 'No'}. {decision.reason}")
    if not decision.allowed:
        raise typer.Exit(1)


def _contact(text: str) -> "Person":
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.persons import find_person

    ensure_ready()
    return find_person(text, Scope.everything(), ("contacts",))


def _record(person: str, purpose: str, channel: str, at: str, source: str, wording: str | None, *, given: bool) -> None:
    from gcrm.pipeline.consent import record

    contact = _contact(person)
    record(contact.record_id, purpose, channel, given=given, at=_moment(at), source=source, wording=wording)
    typer.echo(f"Recorded: {contact.label} has {_word(given=given)} consent to {purpose} by {channel}.")


def _word(*, given: bool) -> str:
    return "given" if given else "withdrawn"


def _moment(text: str) -> datetime | None:
    """A time, in UTC where it says no zone; None for nothing."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConsentError(f"{text!r} is no time; write it as 2026-03-31 or 2026-03-31T18:00+02:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
