"""`gcrm export`: accounts of a region out, and lists of the contacts who may be contacted."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

_ACCOUNTS = "accounts"


class _AccountsIfNotSaid(TyperGroup):
    """`gcrm export FILE` exports accounts, as it did before there was anything else."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override] # typer keeps its context's supertype private
        named = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if named else [_ACCOUNTS, *args])


app = typer.Typer(cls=_AccountsIfNotSaid, no_args_is_help=True, help="Export accounts, or the contacts who may be contacted.")

_Status = Annotated[list[str] | None, typer.Option(help="customer, prospect, lost, partner or competitor; as often as needed.")]
_Segment = Annotated[list[str] | None, typer.Option(help="Market segment; as often as needed.")]
_Territory = Annotated[list[str] | None, typer.Option(help="Name of a territory; as often as needed.")]
_Area = Annotated[Path | None, typer.Option(help="File with polygons: GeoJSON, GeoPackage, Shapefile, WKT in a table; accounts inside them.")]

_Where = Annotated[
    list[str] | None, typer.Option(metavar="FIELD=VALUE", help="A custom field and its value, such as x_level=Gold; all that are given have to hold.")
]


@app.command(_ACCOUNTS)
def accounts(
    file: Annotated[Path, typer.Argument(help="What to write: .csv, .xlsx, .parquet or .geojson.")],
    status: _Status = None,
    segment: _Segment = None,
    territory: _Territory = None,
    area: _Area = None,
    where: _Where = None,
) -> None:
    """Export accounts with their surroundings and custom fields. Phones and mail addresses stay here: they leave only with consent.

    Example: `gcrm export prospects.xlsx --status prospect --territory "Territory 3"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audit import note_export
    from gcrm.pipeline.exports import AccountFilter, export_accounts

    ensure_ready()
    wanted = AccountFilter(tuple(status or ()), tuple(segment or ()), tuple(territory or ()), area, tuple(where or ()))
    count = export_accounts(file, wanted, Scope.everything())
    note_export(file, count, f"accounts, {wanted}")
    typer.echo(f"{count:,} accounts to {file}.")


@app.command()
def contacts(
    file: Annotated[Path, typer.Argument(help="What to write: .csv, .xlsx or .parquet.")],
    purpose: Annotated[str, typer.Option(help="What for, such as marketing.")],
    channel: Annotated[str, typer.Option(help="By which channel: mail, phone, post or another one; the list holds what that needs.")],
    status: _Status = None,
    segment: _Segment = None,
    territory: _Territory = None,
    area: _Area = None,
    where: _Where = None,
) -> None:
    """Export the contacts who may be contacted for a purpose by a channel, and say how many were left out and why.

    Example: `gcrm export contacts letter.xlsx --purpose marketing --channel mail --status prospect`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.audit import note_export
    from gcrm.pipeline.contact_lists import export_contacts
    from gcrm.pipeline.exports import AccountFilter

    ensure_ready()
    wanted = AccountFilter(tuple(status or ()), tuple(segment or ()), tuple(territory or ()), area, tuple(where or ()))
    written = export_contacts(file, wanted, purpose, channel, Scope.everything())
    note_export(file, written.contacts, f"contacts, purpose {purpose}, channel {channel}, {wanted}")
    typer.echo(f"{written.contacts:,} contacts to {file}.")
    for reason, count in written.left_out.items():
        typer.echo(f"{count:,} left out: {reason}.")
