"""`gcrm duplicates`: accounts that may be one."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gcrm.progress import progress

if TYPE_CHECKING:
    from gcrm.pipeline.duplicate_scores import Scored
    from gcrm.pipeline.duplicates import Merge, Pair

app = typer.Typer(no_args_is_help=True, help="Accounts that may be one: find, look, merge, tell apart, take back.")

_FIELDS = ("name", "street", "house_number", "postcode", "city", "phone", "email", "website", "tax_number")
_SHOWN_WRONG = 10


class _Matcher(StrEnum):
    OWN = "own"
    SPLINK = "splink"


class _Keep(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class _Status(StrEnum):
    OPEN = "open"
    MERGED = "merged"
    SEPARATE = "separate"
    UNDONE = "undone"


_Score = Annotated[float, typer.Option("--score", min=0, max=1, help="Least probability of a pair.")]
_WhichMatcher = Annotated[_Matcher, typer.Option(help="The program's own, or Splink where the extra `splink` is installed.")]
_Source = Annotated[str | None, typer.Option(help="Only accounts from this system.")]


@app.command()
def find(
    import_id: Annotated[int | None, typer.Option("--import", help="Only pairs with an account that this import wrote last.")] = None,
    score: _Score = 0.5,
    matcher: _WhichMatcher = _Matcher.OWN,
    unique: Annotated[list[str] | None, typer.Option(help="A system that holds nobody twice; as often as needed.")] = None,
    automatic: Annotated[float | None, typer.Option(min=0.99, max=1, help="Merge from this probability up, without a person.")] = None,
) -> None:
    """Search the accounts for duplicates; what may be one goes into the queue.

    Example: `gcrm duplicates find --unique erp`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.duplicates import find_duplicates

    ensure_ready()
    with progress("duplicates", unit="accounts") as advance:
        search = find_duplicates(advance, import_id=import_id, least=score, matcher=matcher.value, unique=unique or (), automatic=automatic)
    typer.echo(f"{search.accounts:,} accounts, {search.compared:,} pairs compared: {search.found:,} may be one, {search.created:,} of them new in the queue.")
    if search.merged:
        typer.echo(f"{search.merged:,} were merged at once; `gcrm duplicates list --status merged` shows them, `gcrm duplicates undo` takes one back.")
    for each in search.skipped:
        typer.echo(f"Not looked at: {each}.")


@app.command("list")
def list_(
    status: Annotated[_Status, typer.Option(help="Which pairs.")] = _Status.OPEN,
    score: _Score = 0.0,
    source: _Source = None,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
) -> None:
    """Show the queue, the two records of a pair one under the other; or the merges.

    Example: `gcrm duplicates list --score 0.9 --most 50`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.duplicates import merges, queue

    ensure_ready()
    if status is _Status.MERGED:
        _show_merges(merges(most))
        return
    pairs, total = queue(Scope.everything(), statuses=[status.value], least=score, source=source, most=most)
    if not total:
        typer.echo("There are none.")
        return
    _show_pairs(pairs)
    if total > len(pairs):
        typer.echo(f"{len(pairs):,} of {total:,}; see more with --most {total}.")


@app.command()
def merge(
    pair: Annotated[int, typer.Argument(help="Number of the pair, from `gcrm duplicates list`.")],
    keep: Annotated[_Keep, typer.Option(help="Which of the two stays: the upper one is the left.")] = _Keep.LEFT,
) -> None:
    """Merge a pair: what hangs on the one moves to the other, and the next import of either finds it.

    Example: `gcrm duplicates merge 17 --keep right`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import duplicates

    ensure_ready()
    merge_id = duplicates.merge(pair, keep.value)
    typer.echo(f"Merged; `gcrm duplicates undo {merge_id}` takes it back.")


@app.command()
def separate(pair: Annotated[int, typer.Argument(help="Number of the pair, from `gcrm duplicates list`.")]) -> None:
    """Say that a pair is about two; it is never asked again.

    Example: `gcrm duplicates separate 17`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import duplicates

    ensure_ready()
    duplicates.separate(pair)
    typer.echo("Kept apart.")


@app.command()
def undo(merge_id: Annotated[int, typer.Argument(metavar="MERGE", help="Number of the merge, from `gcrm duplicates list --status merged`.")]) -> None:
    """Take a merge back; what somebody changed since stays as it is, and is listed.

    Example: `gcrm duplicates undo 3`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline import duplicates

    ensure_ready()
    conflicts = duplicates.undo(merge_id)
    typer.echo("Both accounts are as they were." if not conflicts else "Both accounts are there again, but for:")
    for each in conflicts:
        count = f" ({each['count']:,})" if "count" in each else ""
        typer.echo(f"  {each['what']}{count}: {each['why']}.")


@app.command()
def score(
    planted: Annotated[Path | None, typer.Argument(help="planted.json of a demo city; that of `gcrm demo` if left out.")] = None,
    source: Annotated[str | None, typer.Option(help="System of the accounts; that of `gcrm demo` if left out.")] = None,
    least: Annotated[list[float] | None, typer.Option("--score", min=0, max=1, help="Least probability of a pair; as often as wished.")] = None,
    matcher: _WhichMatcher = _Matcher.OWN,
) -> None:
    """Measure the search on the planted duplicates of the demo city: precision, and recall by kind.

    Example: `gcrm duplicates score`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.demo import demo_city
    from gcrm.pipeline.duplicate_scores import score_planted

    ensure_ready()
    path, system = demo_city()
    for each in least or (0.5, 0.999):
        _show_scored(score_planted(planted or path, source or system, each, matcher.value))


def _show_pairs(pairs: "list[Pair]") -> None:
    table = Table("pair", "score", "source", "key", *_FIELDS, "agrees in", box=None, header_style="bold")
    for pair in pairs:
        why = ", ".join(f"{name}: {each['meaning']}" for name, each in pair.why.items())
        for first, record in ((True, pair.left), (False, pair.right)):
            head = (str(pair.duplicate_id), f"{pair.score:.4f}") if first else ("", "")
            values = [escape(str(record[name] or "")) for name in ("source", "source_key", *_FIELDS)]
            table.add_row(*head, *values, escape(why) if first else "")
        table.add_section()
    Console().print(table)


def _show_merges(merges: "list[Merge]") -> None:
    if not merges:
        typer.echo("There are none.")
        return
    table = Table("merge", "account", "took in", "score", "by", "merged", "undone", box=None, header_style="bold")
    for each in merges:
        score = "" if each.score is None else f"{each.score:.4f}"
        undone = "" if each.undone_at is None else f"{each.undone_at:%Y-%m-%d %H:%M}"
        who = "the program" if each.automatic else "a person"
        table.add_row(
            str(each.merge_id), str(each.account_id), escape(f"{each.source} {each.source_key}"), score, who, f"{each.merged_at:%Y-%m-%d %H:%M}", undone
        )
    Console().print(table)


def _show_scored(scored: "Scored") -> None:
    table = Table("kind", "planted", "found", "recall", box=None, header_style="bold")
    for kind, planted in scored.planted.items():
        table.add_row(escape(kind), f"{planted:,}", f"{scored.hits[kind]:,}", f"{scored.hits[kind] / planted:.1%}")
    Console().print(table)
    typer.echo(
        f"From probability {scored.least:g}: precision {scored.precision:.4f}, recall {scored.recall:.4f}, {len(scored.wrong):,} pairs that were not planted."
    )
    for left, right, probability in scored.wrong[:_SHOWN_WRONG]:
        typer.echo(f"  {left} and {right} ({probability:.4f})")
