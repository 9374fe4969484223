"""`gcrm opportunities`: the pipeline on the command line."""

import getpass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from gcrm.cli.records import show_records
from gcrm.errors import CrmError

app = typer.Typer(no_args_is_help=True, help="Sales opportunities: by stage, moved on, and the stages themselves.")

_Key = Annotated[int, typer.Argument(metavar="KEY", help="Key of the opportunity, as `gcrm opportunities list` names it.")]
_Actor = Annotated[str, typer.Option("--by", help="Who does it.", default_factory=getpass.getuser, show_default="your user name")]
_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_OWN = "stage"
"""What a probability or a commitment is set to, to be that of the stage again."""


@app.command("list")
def list_(
    stage: Annotated[list[str] | None, typer.Option(help="Only those in this stage; may be repeated.")] = None,
    rep: Annotated[list[int] | None, typer.Option(help="Only those of the rep with this key; may be repeated.")] = None,
    territory: Annotated[list[int] | None, typer.Option(help="Only accounts in the territory with this key; may be repeated.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are in their stage for too long.")] = False,
) -> None:
    """List opportunities by stage, those that are in theirs for too long first.

    Example: `gcrm opportunities list --stage proposal --overdue`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import Choice, list_opportunities

    ensure_ready()
    found = list_opportunities(Choice(tuple(rep or ()), tuple(territory or ())), Scope.everything(), of_stages=stage or (), overdue=overdue)
    if found.empty:
        typer.echo("No opportunity is like that; import some with `gcrm import opportunities FILE`.")
        return
    heads = ("key", "stage", "opportunity", "account", "amount", "closes", "days in stage", "rep", "territory")
    show_records(heads, (
        (each["opportunity_id"], each["stage"], each["name"], each["account"], f"{each['amount']:,} {each['currency']}", each["expected_close_on"],
         f"{each['days']:,.0f}" + (f", {each['days_over']:,.0f} too long" if (each["days_over"] or 0) >= 1 else ""), each["rep"], each["territory"])
        for each in found.astype(object).to_dict("records")
    ))  # fmt: skip


@app.command()
def show(key: _Key) -> None:
    """Show one opportunity, and its way through the stages.

    Example: `gcrm opportunities show 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import opportunity, way

    ensure_ready()
    for name, value in opportunity(key, Scope.everything()).items():
        if value is not None:
            typer.echo(f"{name}: {value}")
    steps = way(key, Scope.everything()).astype(object).to_dict("records")
    heads = ("stage", "since", "why", "by", "through")
    show_records(heads, ((each["stage"], f"{each['changed_at']:%Y-%m-%d %H:%M}", each["reason"], each["changed_by"], each["through"]) for each in steps))


@app.command()
def move(
    key: _Key,
    stage: Annotated[str, typer.Argument(help="Name of the stage that it goes to.")],
    by: _Actor,
    reason: Annotated[str | None, typer.Option(help="Why it was lost; needed for a lost stage, and only there.")] = None,
    at: Annotated[datetime | None, typer.Option(formats=_DATES, help="When it moved, in UTC; now if left out.")] = None,
) -> None:
    """Move an opportunity to another stage, if that is allowed from where it is.

    Example: `gcrm opportunities move 12 lost --reason price`
    """
    from datetime import UTC

    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import move

    ensure_ready()
    moment = None if at is None else at.replace(tzinfo=UTC)
    moved, change = move(key, stage, Scope.everything(), actor=by, through="command", reason=reason, at=moment)
    typer.echo(f"Opportunity {key} is {moved.stage}; take that back with `gcrm opportunities undo {key} {change}`.")


@app.command()
def edit(
    key: _Key,
    by: _Actor,
    amount: Annotated[str | None, typer.Option(help="Expected revenue, in its currency.")] = None,
    closes: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day on which it is expected to close.")] = None,
    probability: Annotated[str | None, typer.Option(help="Chance of being won, 0 to 1; `stage` for that of its stage.")] = None,
    commitment: Annotated[str | None, typer.Option(help="commit, best_case or pipeline; `stage` for that of its stage.")] = None,
    rep: Annotated[int | None, typer.Option(help="Key of the rep who works on it.")] = None,
) -> None:
    """Change what is said of an opportunity; what is left out stays.

    Example: `gcrm opportunities edit 12 --amount 4500 --closes 2026-03-31 --commitment commit`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import edit, terms_of

    ensure_ready()
    named: dict[str, Any] = {}
    if amount is not None:
        named["amount"] = _number(amount)
    if closes is not None:
        named["expected_close_on"] = closes.date()
    if rep is not None:
        named["rep_id"] = rep
    if probability is not None:
        named["probability"] = None if probability == _OWN else float(_number(probability))
    if commitment is not None:
        named["commitment"] = None if commitment == _OWN else commitment
    change = edit(key, terms_of(key, Scope.everything(), **named), Scope.everything(), actor=by, through="command")
    if change is None:
        typer.echo(f"Opportunity {key} is like that already.")
    else:
        typer.echo(f"Opportunity {key} is changed; take that back with `gcrm opportunities undo {key} {change}`.")


@app.command()
def lines(key: _Key) -> None:
    """Show what an opportunity is about: its products, how many, at what price.

    Example: `gcrm opportunities lines 12`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import opportunity
    from gcrm.pipeline.opportunity_lines import lines_of

    ensure_ready()
    found, currency = lines_of(key, Scope.everything()), opportunity(key, Scope.everything())["currency"]
    if found.empty:
        typer.echo(f"Opportunity {key} has no lines; give it some with `gcrm opportunities set-lines {key} PRODUCT,QUANTITY`.")
        return
    show_records(("line", "key", "product", "quantity", "price", "discount", "amount"), (
        (each["line_number"], each["product_key"], each["product"], f"{each['quantity'].normalize():,f}", f"{each['price']:,}",
         f"{(100 * each['discount']).normalize():f} %" if each["discount"] else None, f"{each['amount']:,}")
        for each in found.astype(object).to_dict("records")
    ))  # fmt: skip
    typer.echo(f"Together {found['amount'].sum():,} {currency}.")


@app.command()
def products() -> None:
    """List what is sold, with the keys and list prices that lines take.

    Example: `gcrm opportunities products`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunity_lines import products

    ensure_ready()
    found = products(Scope.everything())
    if found.empty:
        typer.echo("There are no products; import some with `gcrm import products FILE`.")
        return
    show_records(("key", "product", "list price", "currency"), found[["product_key", "product", "unit_price", "currency"]].itertuples(index=False, name=None))


@app.command("set-lines")
def set_lines(
    key: _Key,
    by: _Actor,
    line: Annotated[list[str] | None, typer.Argument(
        metavar="PRODUCT,QUANTITY[,PRICE[,DISCOUNT]]...",
        help="Key of the product in the file that it came from, units, price of one (its list price if left out), discount (0 to 1).")] = None,
    none: Annotated[bool, typer.Option("--none", help="Take all lines out; the amount stays, and can be typed again.")] = False,
) -> None:  # fmt: skip
    """Put lines in the place of those that an opportunity has; their sum is its amount then.

    Example: `gcrm opportunities set-lines 12 b1,10,,0.05 h1,10,39.90`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import opportunity
    from gcrm.pipeline.opportunity_lines import parse_lines, set_lines

    if none == bool(line):
        raise CrmError(f"Give the lines of opportunity {key}, or --none to take all out.")
    ensure_ready()
    given = parse_lines(line or (), opportunity(key, Scope.everything())["currency"], Scope.everything())
    change = set_lines(key, given, Scope.everything(), actor=by, through="command")
    if change is None:
        typer.echo(f"Opportunity {key} is like that already.")
    else:
        amount = opportunity(key, Scope.everything())["amount"]
        typer.echo(f"Opportunity {key} has {len(given):,} lines and an amount of {amount:,}; take that back with `gcrm opportunities undo {key} {change}`.")


@app.command()
def undo(key: _Key, change: Annotated[int, typer.Argument(help="The change, as the command that made it named it.")], by: _Actor) -> None:
    """Take back a move or another change of an opportunity.

    Example: `gcrm opportunities undo 12 345`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.opportunities import undo

    ensure_ready()
    undo(key, change, Scope.everything(), actor=by, through="command")
    typer.echo(f"Opportunity {key} is as it was before.")


@app.command()
def stages(file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="YAML file that declares other stages.")] = None) -> None:
    """Show the stages, or put those of a file in their place.

    Example: `gcrm opportunities stages our_stages.yaml`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.stages import declare_stages, declared_stages

    ensure_ready()
    pipeline = declared_stages() if file is None else declare_stages(file)
    show_records(("stage", "", "kind", "probability", "commitment", "days", "may go to"), (
        (each.name, each.label, each.kind, f"{each.probability:g}", each.commitment, each.overdue_days, ", ".join(each.moves)) for each in pipeline.stages
    ))  # fmt: skip
    typer.echo(f"Reasons for a loss: {', '.join(pipeline.loss_reasons)}.")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CrmError(f"{text!r} is no number; write one such as 4500 or 0.35.") from error
