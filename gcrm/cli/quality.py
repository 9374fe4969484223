"""`gcrm quality`: how complete, valid, fresh and well placed the accounts are."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from gcrm.pipeline.quality import Quality

_ALL = "all"


def quality(
    source: Annotated[str | None, typer.Option("--source", help="Only accounts of this system; a column for each and for all if left out.")] = None,
) -> None:
    """Show how complete, valid, fresh and well placed the accounts are.

    Example: `gcrm quality`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.errors import QualityError
    from gcrm.pipeline.quality import measure

    ensure_ready()
    found = measure(Scope.everything())
    if not found.total():
        typer.echo("There are no accounts yet; begin with `gcrm import accounts FILE`.")
        return
    if source is not None and source not in found.sources:
        raise QualityError(f"No account comes from {source!r}; they come from {', '.join(found.sources)}.")
    one = source or (found.sources[0] if len(found.sources) == 1 else None)
    columns = {one: one} if one else {_ALL: None} | {name: name for name in found.sources}
    table = Table("", "", *(escape(name) for name in columns), box=None, header_style="bold")
    for row in _rows(found, list(columns.values())):
        table.add_row(*row)
    Console().print(table)
    for each in found.validity(source).itertuples():
        typer.echo(f"{each.object}: {each.refused:,} refused records wait, {each.warnings:,} warnings.")


def _rows(found: "Quality", sources: list[str | None]) -> list[list[str]]:
    from gcrm.pipeline.quality import AGES, FIELDS, placement_name

    totals = [found.total(each) for each in sources]
    rows = [["Accounts", "", *(f"{count:,}" for count in totals)]]
    warned = [[found.warned_total(each)] for each in sources]
    for group, labels, counts in (
        ("Complete", list(FIELDS.values()), [found.completeness(each).tolist() for each in sources]),
        ("Valid", ["With a warning"], warned),
        ("Changed", list(AGES.values()), [found.ages(each).tolist() for each in sources]),
        ("Placed", [placement_name(level) for level in found.placements().index], [found.placements(each).tolist() for each in sources]),
    ):
        for number, label in enumerate(labels):
            shares = (_share(own[number], total) for own, total in zip(counts, totals, strict=True))
            rows.append([group if number == 0 else "", label, *shares])
    return rows


def _share(part: int, whole: int) -> str:
    """Count and share, rounded down, so that 100 % is all of it."""
    return f"{part:,} ({part * 1000 // whole / 10:g} %)" if whole else "-"
