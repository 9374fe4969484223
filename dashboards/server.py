"""The server of the dashboards: Streamlit and our own routes in one process, on one port."""

import errno
import gc
import socket
from pathlib import Path

import uvicorn
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App
from streamlit.web.bootstrap import load_config_options

from dashboards import calendar_feed, downloads, gate, map_cells, map_component, theme, tiles
from gcrm.errors import GcrmError

_APP = Path(__file__).with_name("app.py")
_ROUTED = (gate, tiles, map_cells, map_component, calendar_feed, downloads)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SECONDS_TO_CLOSE = 3
_MOST_BYTES_OF_MESSAGE = 64 * 2**20
_MOST_MIB_OF_UPLOAD = 512


class ServerError(GcrmError):
    """The dashboards cannot be served."""


class _Server(uvicorn.Server):
    """Says where it is once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"gcrm is at {_shown(self.config.host, self.config.port)} (stop with Ctrl+C)", flush=True)  # noqa: T201 - the answer of the command


def run(address: str, port: int) -> None:
    """Serves the dashboards until it is stopped; the last line that is printed says where.

    Args:
        address: the address to listen on.
        port: the port to listen on.

    Raises:
        ServerError: the port is taken, or the address is not one of this machine.
    """
    with _listening(address, port) as listener:
        load_config_options(_options(address, port))
        # Streamlit takes a folder `pages` for its older way of having pages, and the first reader's link for a page that is not there.
        PagesManager.uses_pages_directory = False
        config = uvicorn.Config(
            App(_APP, routes=[route for part in _ROUTED for route in part.routes()], middleware=gate.middleware()),
            host=address, port=port, log_level="warning", access_log=False, lifespan="on",
            ws="websockets-sansio", ws_max_size=_MOST_BYTES_OF_MESSAGE, timeout_graceful_shutdown=_SECONDS_TO_CLOSE,
        )  # fmt: skip
        # Streamlit collects garbage after every run of a page; what the libraries made stays anyway, and takes a fifth of a second to look through.
        gc.freeze()
        _Server(config).run(sockets=[listener])


def _options(address: str, port: int) -> dict[str, object]:
    """Streamlit's options: they are passed by code, since an installed gcrm runs from any folder; files of the user's own are not needed."""
    return {
        "server.address": address,
        "server.port": port,
        # Opens no browser, asks for no mail address.
        "server.headless": True,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        # A page of another host name that is made to point here cannot talk to it.
        "server.maxUploadSize": _MOST_MIB_OF_UPLOAD,
        "server.allowedHosts": list(_LOOPBACK) if address in _LOOPBACK else [],
        "server.enableAgentApi": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",
        "logger.level": "warning",
        # A slider of a range needs a default of two values, also where the link says which.
        "global.disableWidgetStateDuplicationWarning": True,
        "logger.enableRich": False,
        **theme.options(),
    }


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ServerError(_refusal(error, address, port)) from error
    return listener


def _refusal(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {address} is taken by another program; stop it, or take another with `gcrm serve --port {port + 1}`."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the administrator; take one from 1024 on, such as `gcrm serve --port 8501`."
    return f"{address} cannot be listened on ({error.strerror or error}); use 127.0.0.1, or 0.0.0.0 for every address of this machine."


def _shown(address: str, port: int) -> str:
    host = "127.0.0.1" if address in ("0.0.0.0", "::", "") else address  # noqa: S104 - is compared, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
