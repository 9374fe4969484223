"""`gcrm find`: customers by what somebody remembers of them."""

from typing import Annotated

import typer


def find(
    text: Annotated[list[str], typer.Argument(help="Words, a telephone number, a mail address or a key.")],
    most: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 20,
) -> None:
    """Find customers by name, address, telephone number, mail address or key, of their contacts too; mistakes are forgiven.

    Example: `gcrm find velo mannerheimintie`
    """
    from gcrm.access.scope import Scope
    from gcrm.cli.records import show_records
    from gcrm.db.connection import ensure_ready
    from gcrm.pipeline.search import find_accounts

    ensure_ready()
    found = find_accounts(" ".join(text), Scope.everything(), most)
    if found.empty:
        typer.echo("No account is like that; write fewer words, or the beginnings of them.")
        return
    show_records(("key", "name", "status", "address", "contact"), found.itertuples(index=False, name=None))
