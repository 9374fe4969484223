"""`gcrm views`: what the pages saved under a name."""

from typing import Annotated
from urllib.parse import urlencode

import typer

app = typer.Typer(no_args_is_help=True, help="Views of the pages that were saved under a name.")
_Name = Annotated[str, typer.Argument(help="As `gcrm views list` names it.")]


@app.command("list")
def list_() -> None:
    """List the saved views.

    Example: `gcrm views list`
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.saved_views import list_views

    ensure_ready()
    table = Table("view", "page", "saved", "changed", box=None, header_style="bold")
    for view in list_views(Scope.everything()):
        table.add_row(escape(view.name), view.page, f"{view.created_at:%Y-%m-%d}", f"{view.changed_at:%Y-%m-%d}")
    Console().print(table)


@app.command()
def show(name: _Name) -> None:
    """Show what a view is: its link, without the address of the server, and what that says.

    Example: `gcrm views show "Revenue by quarter"`
    """
    from gcrm.access.scope import Scope
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.saved_views import saved_view

    ensure_ready()
    view = saved_view(name, Scope.everything())
    typer.echo(f"/{view.page}?{urlencode(view.parameters, doseq=True)}")
    for parameter, value in view.parameters.items():
        for text in [value] if isinstance(value, str) else value:
            typer.echo(f"{parameter}: {text}")


@app.command()
def delete(name: _Name) -> None:
    """Delete a view.

    Example: `gcrm views delete "Revenue by quarter"`
    """
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.saved_views import delete

    ensure_ready()
    typer.echo(f"The view {delete(name).name!r} is deleted.")
