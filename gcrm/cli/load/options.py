"""What the commands of `gcrm load` have in common."""

from pathlib import Path
from typing import Annotated

import typer

from gcrm.errors import LayerError

File = Annotated[Path, typer.Argument(help="The file.")]
Name = Annotated[str | None, typer.Option("--name", help="Name of the dataset; loading it again replaces it. The file's name if left out.")]
MadeUp = Annotated[bool, typer.Option("--made-up", help="Mark the data as invented.")]
Attribution = Annotated[str, typer.Option("--attribution", help="What has to be shown with it, such as the licence.")]


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """The values of an option such as --map FIELD=COLUMN.

    Args:
        texts: as often as it was given.
        option: its name, for the error.

    Raises:
        LayerError: one has no equals sign, or names the same twice.
    """
    found = dict(each.split("=", 1) for each in texts or () if "=" in each)
    if len(found) != len(texts or ()):
        raise LayerError(f"{option} takes NAME=COLUMN, each name once.")
    return found
