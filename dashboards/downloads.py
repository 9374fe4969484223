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

from dashboards import session
from gcrm.errors import GcrmError

MINUTES = 5
"""How long a link works."""

_MOST_OFFERS = 1_000
_GONE = "This link has been used, or is older than five minutes; go back to the page and ask for the download again."
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True)
class Written:
    """A file that was written, and its rows; None for a picture."""

    path: Path
    rows: int | None


type Write = Callable[[Path], Written | None]
"""Writes a file into a folder; None where there is nothing to write any more."""


@dataclass(frozen=True)
class _Offer:
    write: Write
    asked: str
    user_name: str
    ends: float


_offers: dict[str, _Offer] = {}
_one = Lock()


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/download/{token}", _download, methods=["GET"])]


def offer(write: Write, asked: str) -> str:
    """The address of a file, without the host; it works once, for MINUTES, for the reader alone, and leaves a line in the audit.

    The reader has to be allowed to take tables along.

    Args:
        write: writes the file once it is asked for.
        asked: what is in it: the question or the filter, for the audit.

    Raises:
        AccessError: the reader may not.
    """
    session.demand(session.Permission.EXPORT)
    now = time.monotonic()
    token = secrets.token_urlsafe(32)
    with _one:
        for old in [name for name, each in _offers.items() if each.ends < now] or list(_offers)[: max(len(_offers) - _MOST_OFFERS + 1, 0)]:
            del _offers[old]
        _offers[token] = _Offer(write, asked, session.name(), now + MINUTES * 60)
    return f"/download/{token}"


def _take(token: str, user_name: str | None) -> _Offer | None:
    """The offer, which is gone then; not that of somebody else."""
    with _one:
        found = _offers.get(token)
        if found is None or (user_name is not None and found.user_name != user_name):
            return None
        del _offers[token]
    return found if found.ends >= time.monotonic() else None


async def _download(request: Request) -> Response:
    user = await run_in_threadpool(session.user_of, request.cookies.get(session.COOKIE, ""))
    found = _take(request.path_params["token"], user.name if user is not None else None)
    if found is None:
        return PlainTextResponse(_GONE, 404, headers=_HEADERS)
    folder = Path(tempfile.mkdtemp(prefix="gcrm-download-"))
    try:
        written = await run_in_threadpool(_written, found, folder)
    except GcrmError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return PlainTextResponse(str(error), 503, headers=_HEADERS)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if written is None:
        shutil.rmtree(folder, ignore_errors=True)
        return PlainTextResponse("Nothing is left to download.", 404, headers=_HEADERS)
    cleaned = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(written.path, filename=written.path.name, media_type="application/octet-stream", headers=_HEADERS, background=cleaned)


def _written(found: _Offer, folder: Path) -> Written | None:
    """Writes the file, and the line in the audit before anybody has it."""
    written = found.write(folder)
    if written is not None:
        session.audit.note_export(written.path, written.rows, found.asked, user_name=found.user_name)
    return written
