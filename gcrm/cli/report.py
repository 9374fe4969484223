"""`gcrm report`: leads, win rate, times, activity, retention, churn and margin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gcrm.cli.records import show_records

_Month = Annotated[str, typer.Option(metavar="MONTH", help="Such as 2025-03.")]
_Names = Annotated[list[str] | None, typer.Option(help="Only this one, by its name; may be repeated.")]


def report(
    name: Annotated[str, typer.Argument(help="Which one; all are listed where it is left out.")] = "",
    by: Annotated[str, typer.Option(help="What it is split by; `all` for everything together.")] = "",
    since: _Month = "",
    until: _Month = "",
    rep: _Names = None,
    territory: _Names = None,
    region: _Names = None,
    currency: Annotated[str, typer.Option(help="Of the amounts; the first one that there is if left out.")] = "",
    output: Annotated[Path | None, typer.Option(help="Write it to this file: .csv, .xlsx or .parquet.")] = None,
) -> None:
    """Show a report, or write it to a file; without a name, what reports there are and what their figures mean.

    Example: `gcrm report win-rate --by rep --since 2026-01 --until 2026-06`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audit import note_export
    from gcrm.pipeline.reports import Choice, write
    from gcrm.pipeline.reports import report as ask

    if not name:
        _show_reports()
        return
    ensure_ready()
    choice = Choice(since, until, tuple(rep or ()), tuple(territory or ()), tuple(region or ()), currency)
    result = ask(name, _by(by), choice, Scope.everything())
    if output is not None:
        count = write(result, output)
        note_export(output, count, f"report {name} by {result.by}, {choice}")
        typer.echo(f"{count:,} rows to {output}.")
    elif result.rows.empty:
        typer.echo("Nothing is in this report; choose a longer period or fewer filters, or import what it is about with `gcrm import`.")
    else:
        _show(result)


def _by(text: str) -> Any:  # noqa: ANN401 - cli may not name a way to split; what is none of the report is refused by it
    return text or None


def _show_reports() -> None:
    from gcrm.pipeline.reports import REPORTS

    for each in REPORTS.values():
        typer.echo(f"{each.name}: {each.about} By {', '.join(each.bys)}; the period counts {each.period}.")
        for figure in each.figures:
            typer.echo(f"  {figure.name} ({figure.unit}): {figure.definition}")


def _show(result: Any) -> None:  # noqa: ANN401 - as above
    figures = {each.name: each for each in result.report.figures}
    heads = [f"{figures[name].label.lower()}, {result.currency}" if name in figures and figures[name].unit == "money" else
             figures[name].label.lower() if name in figures else name for name in result.rows.columns]  # fmt: skip
    show_records(heads, (tuple(_cells(row, figures)) for row in result.rows.to_dict("records")))
    if result.as_of is not None:
        typer.echo(f"As of {result.as_of:%Y-%m-%d %H:%M} UTC, when the cube was built. {result.hidden}".rstrip())


def _cells(row: dict[str, Any], figures: dict[str, Any]) -> Iterator[str | None]:
    from pandas import isna

    formats = {"count": ",", "money": ",.2f", "share": ".1%", "days": ",.1f", "ratio": ",.2f"}
    for name, value in row.items():
        yield None if isna(value) else f"{value:{formats[figures[name].unit]}}" if name in figures else str(value)
