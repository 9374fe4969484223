"""`gcrm forecast`: what will be won in the next months."""

from typing import Annotated, Any

import typer

from gcrm.cli.records import show_records
from gcrm.errors import CrmError

_BYS = ("rep", "territory", "region")


def forecast(
    by: Annotated[str, typer.Option(help="Who answers for it: rep, territory or region.")] = "region",
    months: Annotated[int, typer.Option(min=1, max=24, help="How many months, this one among them.")] = 3,
    past: Annotated[bool, typer.Option("--past", help="How right the forecasts of the last months were, in place of the next ones.")] = False,
) -> None:
    """Show what will be won in the next months: weighted by probability, and by commitment; each currency by itself.

    Example: `gcrm forecast --by rep --months 6`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready

    if by not in _BYS:
        raise CrmError(f"A forecast is made by {', '.join(_BYS)}; not by {by!r}.")
    ensure_ready()
    if past:
        _show_past(Scope.everything(), months)
    else:
        _show(by, Scope.everything(), months)


def _show(by: Any, scope: Any, months: int) -> None:  # noqa: ANN401 - cli may not name a way to split or a scope before it is needed
    from gcrm.pipeline.forecast import forecast, totals

    lines = forecast(by, scope, months=months)
    if not lines:
        typer.echo("Nothing is open and nothing was won this month; import opportunities with `gcrm import opportunities FILE`.")
        return
    heads = ("month", by, "", "won", "commit", "best case", "pipeline", "weighted", "expected", "open")
    show_records(heads, (_row(line) for line in [*lines, *totals(lines)]))


def _row(line: Any) -> tuple[str, ...]:  # noqa: ANN401 - as above
    sums = line.sums
    amounts = (sums.won, sums.commit, sums.best_case, sums.pipeline, sums.weighted, sums.expected)
    month = "no day to come" if line.month is None else f"{line.month:%Y-%m}"
    return month, line.member or "all", line.currency, *(f"{each:,.2f}" for each in amounts), f"{sums.deals:,}"


def _show_past(scope: Any, months: int) -> None:  # noqa: ANN401 - as above
    from gcrm.pipeline.forecast import past_forecasts

    found = past_forecasts(scope, months=months)
    show_records(("month", "", "weighted", "commit", "won", "off by", "stage not known"), (
        (f"{hit.month:%Y-%m}", hit.currency, f"{hit.said.weighted:,.2f}", f"{hit.said.commit:,.2f}", f"{hit.won:,.2f}",
         None if hit.error is None or hit.unknown else f"{hit.error:+.1%}", f"{hit.unknown:,}" if hit.unknown else None)
        for hit in found.hits
    ))  # fmt: skip
    for currency, each in found.accuracy.items():
        typer.echo(f"{currency}: over {each.months} months {each.wape:.1%} off (bias {each.bias:+.1%}).")
    if any(hit.unknown for hit in found.hits):
        typer.echo("Months with opportunities whose stage of then is not known tell nothing about accuracy: their way begins with their import.")
