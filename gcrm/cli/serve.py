"""`gcrm serve`: the pages in the browser."""

from typing import Annotated

import typer


def serve(
    address: Annotated[str | None, typer.Option(help="Address to listen on; GCRM_ADDRESS, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; GCRM_PORT, else 8501.")] = None,
) -> None:
    """Serve the dashboards until it is stopped with Ctrl+C. The address is printed last.

    Example: `gcrm serve --port 8600`
    """
    import importlib
    import sys

    from gcrm.config import resource, settings
    from gcrm.custom_fields import declared
    from gcrm.db.connection import ensure_ready

    declared()  # what is wrong in the file is said here, and not by every page
    ensure_ready()
    # The pages are the outermost face: in a checkout beside the package, in a wheel inside it; nothing imports them.
    sys.path.insert(0, str(resource("dashboards").parent))
    importlib.import_module("dashboards.server").run(address or settings().address, port or settings().port)
