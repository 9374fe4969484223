"""`gcrm geocode`, its review queue, and `gcrm reverse`."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.progress import progress

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(help="Give each account a position; look at what is not certain.", invoke_without_command=True)
review = typer.Typer(no_args_is_help=True, help="Accounts whose position a person has to look at.")
app.add_typer(review, name="review")

_Account = Annotated[int, typer.Argument(help="Number of the account.")]
_Always = Annotated[bool, typer.Option("--always", help="For every account of this address, also those to come.")]
_By = Annotated[str, typer.Option("--by", help="Who decides.", default_factory=getpass.getuser, show_default="your user name")]


@app.callback()
def geocode(
    context: typer.Context, again: Annotated[bool, typer.Option("--again", help="Also those found before; given and confirmed positions stay.")] = False
) -> None:
    """Give each account a position from the loaded addresses: rooftop, interpolated, street, postcode, place or none.

    Example: `gcrm geocode`
    """
    if context.invoked_subcommand:
        return
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocode_review import count_reviews
    from gcrm.pipeline.geocoding import count_open, geocode_accounts

    ensure_ready()
    with progress("addresses", total=count_open(again=again), unit="accounts") as advance:
        levels = geocode_accounts(advance)
    typer.echo(", ".join(f"{count:,} {level}" for level, count in levels.items()) + "." if levels else "There are no accounts; import some first.")
    waiting = count_reviews(Scope.everything()).get("open", 0)
    if waiting:
        typer.echo(f"{waiting:,} accounts are to be looked at: `gcrm geocode review list`.", err=True)


@app.command()
def score(
    planted: Annotated[Path | None, typer.Option(help="JSON with the truth; that of `gcrm demo` if left out.")] = None,
    source: Annotated[str | None, typer.Option(help="System of the accounts; that of `gcrm demo` if left out.")] = None,
) -> None:
    """Measure the search on the damaged addresses of the demo city: how many are accepted, and how many of these are right.

    Example: `gcrm geocode score`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.demo import demo_city
    from gcrm.pipeline.geocode_scores import by_group, score_damaged

    ensure_ready()
    path, system = demo_city()
    scored = score_damaged(planted or path, source or system)
    for group in ("kind", "level"):
        _show_scores(by_group(scored, group))
    accepted, right = int(scored["accepted"].sum()), int((scored["accepted"] & scored["right"]).sum())
    precision = f", precision {right / accepted:.4f}" if accepted else ""
    typer.echo(f"{len(scored):,} damaged addresses: {right / len(scored):.1%} accepted and right{precision}; {len(scored) - accepted:,} wait for a person.")


def _show_scores(scores: "pd.DataFrame") -> None:
    names = ("addresses", "accepted", "right", "share", "precision", "waiting", "right as it stands", "median m", "largest m")
    table = Table(str(scores.index.name), *names, box=None, header_style="bold")
    for group, row in scores.iterrows():
        shares = (row["right"] / row["addresses"], row["right"] / row["accepted"] if row["accepted"] else None)
        counts = [f"{row[name]:,.0f}" for name in ("addresses", "accepted", "right")]
        distances = [f"{row[name]:,.0f}" if row["accepted"] else "" for name in ("median_m", "largest_m")]
        told = ["" if share is None else f"{share:.1%}" for share in shares]
        table.add_row(escape(str(group)), *counts, *told, *(f"{row[name]:,.0f}" for name in ("waiting", "waiting_right")), *distances)
    Console().print(table)


@review.command("list")
def list_(
    status: Annotated[str, typer.Option("--status", help="open, accepted, moved or dismissed.")] = "open",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 20,
) -> None:
    """Show accounts in the queue with what there is to choose from.

    Example: `gcrm geocode review list`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocode_review import list_reviews

    ensure_ready()
    for each in list_reviews(Scope.everything(), status=status, limit=limit):
        score = "" if each.score is None else f" {each.score:.2f}"
        typer.echo(f"{each.account_id}  {each.name}  {each.address}  [{each.level}{score}: {each.reason}]")
        for number, candidate in enumerate(each.candidates, start=1):
            typer.echo(f"    {number}. {candidate['label']}  {candidate['level']}  {candidate['longitude']:.6f} {candidate['latitude']:.6f}")


@review.command()
def accept(account: _Account, by: _By, candidate: Annotated[int, typer.Option("--candidate", min=1, help="Which one.")] = 1, always: _Always = False) -> None:
    """Take a candidate.

    Example: `gcrm geocode review accept 17 --candidate 2`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocode_review import accept_candidate

    ensure_ready()
    accept_candidate(account, candidate, by, always=always)
    typer.echo(f"Account {account} is there now.")


@review.command("set", context_settings={"ignore_unknown_options": True})
def set_(
    account: _Account,
    longitude: Annotated[float, typer.Argument(help="Degrees.")],
    latitude: Annotated[float, typer.Argument(help="Degrees.")],
    by: _By,
    always: _Always = False,
) -> None:
    """Set the position to a point.

    Example: `gcrm geocode review set 17 9.5215 47.1410`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocode_review import set_point

    ensure_ready()
    set_point(account, longitude, latitude, by, always=always)
    typer.echo(f"Account {account} is there now.")


@review.command()
def dismiss(account: _Account, by: _By) -> None:
    """Leave an account where it is, and take it out of the queue.

    Example: `gcrm geocode review dismiss 17`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocode_review import dismiss as leave

    ensure_ready()
    leave(account, by)
    typer.echo(f"Account {account} stays where it is.")


@review.command()
def undo(account: _Account) -> None:
    """Undo a decision: the position before it comes back, and the account to the queue.

    Example: `gcrm geocode review undo 17`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocode_review import undo as take_back

    ensure_ready()
    take_back(account)
    typer.echo(f"Account {account} is in the queue again.")


def reverse(longitude: Annotated[float, typer.Argument(help="Degrees.")], latitude: Annotated[float, typer.Argument(help="Degrees.")]) -> None:
    """Show what is at a point: nearest address, municipality, postcode, place, H3 cell.

    Example: `gcrm reverse 9.5215 47.1410`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.geocoding import reverse as at_point

    ensure_ready()
    for name, value in at_point(longitude, latitude).items():
        typer.echo(f"{name.removesuffix('_m')}: {'' if value is None else f'{value:.0f} m' if name == 'distance_m' else value}")
