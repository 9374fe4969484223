"""`gcrm partners`: resellers, their areas, and the leads that they are given."""

import getpass
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from gcrm.cli.records import show_records

app = typer.Typer(no_args_is_help=True, help="Resellers with a level, an area and a time; leads that are handed over to them; conflicts between two of them.")

_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the partner, as `gcrm partners list` names it.")]
_Lead = Annotated[int, typer.Argument(metavar="LEAD", help="Key of the lead, as `gcrm leads list` names it.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_DATES = ["%Y-%m-%d"]


@app.command("list")
def list_() -> None:
    """List the partners, with the leads that they have.

    Example: `gcrm partners list`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.partners import partners

    ensure_ready()
    found = partners(Scope.everything())
    if found.empty:
        typer.echo("There is no partner yet; make an account one with `gcrm partners agree ACCOUNT --level gold`.")
        return
    heads = ("key", "partner", "account", "level", "area", "since", "until", "leads", "won", "lost")
    show_records(heads, (
        (each["partner_id"], each["name"], each["account_id"], each["level"], each["area_name"], each["since"], each["until"],
         each["leads"], each["won"], each["lost"])
        for each in found.astype(object).to_dict("records")
    ))  # fmt: skip


@app.command()
def agree(
    account: Annotated[int, typer.Argument(metavar="ACCOUNT", help="Key of the account.")],
    by: _Actor,
    level: Annotated[str, typer.Option(help="registered, silver, gold, or another word.")],
    area: Annotated[str, typer.Option(help="An H3 cell (with +2 its neighbours too), a polygon as WKT, or trade-area:NAME.")] = "",
    since: Annotated[datetime | None, typer.Option(formats=_DATES, help="The first day; today if left out.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DATES, help="The first day on which it is no partner any more.")] = None,
) -> None:
    """Make an account a partner, or give it other terms.

    Example: `gcrm partners agree 12 --level gold --area trade-area:sites/west`
    """
    from gcrm.access.scope import Scope
    from gcrm.crm.partners import Terms
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.partners import agree as settle

    ensure_ready()
    terms = Terms(level, _day(since) or datetime.now(UTC).date(), _day(until))
    key = settle(account, terms, Scope.everything(), area=area, actor=by, through="command")
    typer.echo(f"Account {account} is partner {key}.")


@app.command()
def remove(key: _Key, by: _Actor) -> None:
    """Take a partner away that never had a lead.

    Example: `gcrm partners remove 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.partners import remove as take_away

    ensure_ready()
    take_away(key, Scope.everything(), actor=by, through="command")
    typer.echo(f"Partner {key} is removed.")


@app.command("hand-over")
def hand_over(lead: _Lead, key: _Key, by: _Actor) -> None:
    """Hand a lead over to a partner.

    Example: `gcrm partners hand-over 17 3`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.partners import hand_over as give

    ensure_ready()
    give(lead, key, Scope.everything(), actor=by, through="command")
    typer.echo(f"Lead {lead} is with partner {key}.")


@app.command("take-back")
def take_back(lead: _Lead, by: _Actor) -> None:
    """Take a lead back from the partner that has it.

    Example: `gcrm partners take-back 17`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.partners import take_back as fetch

    ensure_ready()
    fetch(lead, Scope.everything(), actor=by, through="command")
    typer.echo(f"Lead {lead} is with no partner.")


@app.command()
def conflicts() -> None:
    """List the accounts over which two partners may quarrel, and why.

    Example: `gcrm partners conflicts`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.partners import conflicts as quarrels

    ensure_ready()
    found = quarrels(Scope.everything())
    if found.empty:
        typer.echo("No two partners claim the same account.")
        return
    show_records(("account", "name", "why"), ((each["account_id"], each["name"], "; ".join(each["why"])) for each in found.to_dict("records")))
    if len(found) < found["found"].iloc[0]:
        typer.echo(f"The first {len(found):,} of {found['found'].iloc[0]:,}.")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
