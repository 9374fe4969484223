"""What the commands of `gcrm load` have in common."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="The file.")]
Name = Annotated[str | None, typer.Option("--name", help="Name of the dataset; loading it again replaces it. The file's name if left out.")]
MadeUp = Annotated[bool, typer.Option("--made-up", help="Mark the data as invented.")]
Attribution = Annotated[str, typer.Option("--attribution", help="What has to be shown with it, such as the licence.")]
