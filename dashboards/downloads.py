"""Downloads: a link that works once and for some minutes, to a file that is written when it is asked for.

Streamlit's own downloads stay under an address that needs no session, minutes after it ended; personal data must not.
"""

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from gcrm.errors import GcrmError

MINUTES = 5
"""How long a link works."""

_MOST_OFFERS = 1_000
_GONE = "This link has been used, or is older than five minutes; go back to the page and ask for the download again."
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

type Write = Callable[[Path], Path | None]
"""Writes a file into a folder; None where there is nothing to write any more."""


@dataclass(frozen=True)
class _Offer:
    write: Write
    ends: float


_offers: dict[str, _Offer] = {}
_one = Lock()


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/download/{token}", _download, methods=["GET"])]


def offer(write: Write) -> str:
    """The address of a file, without the host; it works once, for MINUTES.

    Args:
        write: writes the file once it is asked for.
    """
    now = time.monotonic()
    token = secrets.token_urlsafe(32)
    with _one:
        for old in [name for name, each in _offers.items() if each.ends < now] or list(_offers)[: max(len(_offers) - _MOST_OFFERS + 1, 0)]:
            del _offers[old]
        _offers[token] = _Offer(write, now + MINUTES * 60)
    return f"/download/{token}"


def _take(token: str) -> Write | None:
    with _one:
        found = _offers.pop(token, None)
    return found.write if found is not None and found.ends >= time.monotonic() else None


async def _download(request: Request) -> Response:
    write = _take(request.path_params["token"])
    if write is None:
        return PlainTextResponse(_GONE, 404, headers=_HEADERS)
    folder = Path(tempfile.mkdtemp(prefix="gcrm-download-"))
    try:
        path = await run_in_threadpool(write, folder)
    except GcrmError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return PlainTextResponse(str(error), 503, headers=_HEADERS)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if path is None:
        shutil.rmtree(folder, ignore_errors=True)
        return PlainTextResponse("Nothing is left to download.", 404, headers=_HEADERS)
    cleaned = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(path, filename=path.name, media_type="application/octet-stream", headers=_HEADERS, background=cleaned)
