"""`gcrm audiences`: whom a campaign is for, on the command line."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gcrm.cli.records import show_records
from gcrm.errors import AudienceError

if TYPE_CHECKING:
    from gcrm.pipeline.audiences import Preview

app = typer.Typer(no_args_is_help=True, help="Lists of contacts for a purpose: chosen by rules, ranked, exported with consent, made a campaign.")

_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the audience, as `gcrm audiences list` names it.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_Rules = Annotated[
    list[str] | None,
    typer.Argument(metavar="RULE=VALUE...", help="Rules such as statuses=prospect,lost segments=company within_minutes=15; all of them hold."),
]


@app.command()
def preview(rules: _Rules = None) -> None:
    """Say whom some rules choose, and how many accounts fall to each; nothing is kept.

    Rules: purpose, channel, area, postcodes, territories, statuses, segments, residence_types, within_minutes, bought_within_days,
    not_bought_for_days, value_at_least, value_at_most, currency, bought, not_bought; several values with commas.

    Example: `gcrm audiences preview statuses=prospect within_minutes=15 channel=mail`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audiences import preview as choose

    ensure_ready()
    _tell(choose(_criteria(rules or ()), Scope.of_settings()))


@app.command()
def save(
    name: Annotated[str, typer.Argument(help="Name of the list.")],
    by: _Actor,
    rules: _Rules = None,
    hold_out: Annotated[str, typer.Option(help="Share of the accounts that is not addressed, to compare with: 0 to 0.5.")] = "0",
    days: Annotated[int, typer.Option(help="Days after which the list expires.", min=1, max=3650)] = 90,
) -> None:
    """Keep whom some rules choose as a list.

    Example: `gcrm audiences save "Spring, west" statuses=prospect within_minutes=15 --hold-out 0.1`
    """
    from gcrm.access.scope import Scope
    from gcrm.crm.audiences import Terms
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audiences import save as keep

    ensure_ready()
    terms = Terms(name, _number(hold_out, "--hold-out"), datetime.now(UTC).date() + timedelta(days=days))
    key, contacts = keep(_criteria(rules or ()), terms, Scope.of_settings(), actor=by, through="command")
    typer.echo(f"Audience {key}: {contacts:,} contacts.")


@app.command("list")
def list_() -> None:
    """List the audiences.

    Example: `gcrm audiences list`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audiences import audiences

    ensure_ready()
    found = audiences(Scope.of_settings())
    if not found:
        typer.echo("There is no audience yet; make one with `gcrm audiences save NAME RULE=VALUE...`.")
        return
    heads = ("key", "name", "purpose", "channel", "contacts", "held out", "came", "went", "chosen", "expires", "campaign")
    show_records(heads, (
        (each.audience_id, each.name, each.purpose, each.channel, f"{each.contacts:,}", f"{each.held_out_contacts:,}", each.came, each.went,
         f"{each.refreshed_at:%Y-%m-%d}", each.expires_on, each.campaign_id)
        for each in found
    ))  # fmt: skip


@app.command()
def refresh(key: _Key, by: _Actor) -> None:
    """Choose a list again by its rules, and say who came and went.

    Example: `gcrm audiences refresh 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audiences import refresh as again

    ensure_ready()
    came, went = again(key, Scope.of_settings(), actor=by, through="command")
    typer.echo(f"Audience {key}: {came:,} contacts came, {went:,} went.")


@app.command()
def export(key: _Key, target: Annotated[Path, typer.Argument(help="File to write: .csv, .xlsx, .parquet, or .html for labels.")]) -> None:
    """Write whoever of a list may be contacted now, the best first, with what the channel needs and no more.

    Example: `gcrm audiences export 3 letter.xlsx`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import audit
    from gcrm.pipeline.audiences import export_audience, left_out_in_words

    ensure_ready()
    written = export_audience(key, target, Scope.of_settings())
    audit.note_export(target, written.contacts, f"audience {key}")
    left = left_out_in_words(written.left_out)
    typer.echo(f"{written.contacts:,} contacts to {target}; {written.held_out:,} held out{f'; left out: {left}' if left else ''}.")


@app.command()
def campaign(
    key: _Key,
    by: _Actor,
    cost: Annotated[str | None, typer.Option(help="What the campaign costs.")] = None,
    currency: Annotated[str, typer.Option(help="Of the cost.")] = "EUR",
) -> None:
    """Make a campaign out of a list: whoever may be contacted now is addressed.

    Example: `gcrm audiences campaign 3 --cost 1200`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audiences import to_campaign

    ensure_ready()
    amount = _number(cost, "--cost") if cost is not None else None
    campaign_id, contacts = to_campaign(key, Scope.of_settings(), actor=by, through="command", cost=amount, currency=currency)
    typer.echo(f"Campaign {campaign_id}: {contacts:,} contacts.")


@app.command()
def remove(key: _Key, by: _Actor) -> None:
    """Remove a list; a campaign that it became stays.

    Example: `gcrm audiences remove 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audiences import remove as forget

    ensure_ready()
    forget(key, Scope.of_settings(), actor=by, through="command")
    typer.echo(f"Audience {key} is removed.")


def _criteria(told: Sequence[str]) -> Any:  # noqa: ANN401 - gcrm.crm is loaded where it is needed
    """The rules that stand as NAME=VALUE."""
    from gcrm.crm.audiences import Criteria

    said: dict[str, Any] = {}
    for each in told:
        name, equals, value = each.partition("=")
        if not equals:
            raise AudienceError(f"{each!r} is no rule; write NAME=VALUE, such as statuses=prospect.")
        several = Criteria.takes_several(name)
        said[name] = [part.strip() for part in value.split(",") if part.strip()] if several else value
    return Criteria.read(said)


def _number(text: str, name: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise AudienceError(f"{name} cannot be {text!r}; give a number such as 0.1.") from error


def _tell(chosen: "Preview") -> None:
    from gcrm.pipeline.audiences import left_out_in_words

    typer.echo(f"{chosen.accounts:,} accounts.")
    show_records(("of these", "fall", "left"), ((each.label, f"{each.falls:,}", f"{each.left:,}") for each in chosen.falls.itertuples()))
    left = left_out_in_words(chosen.left_out)
    typer.echo(f"{len(chosen.account_ids):,} accounts with {len(chosen.contacts):,} contacts{f'; of others: {left}' if left else ''}.")
