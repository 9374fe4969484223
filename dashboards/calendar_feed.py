"""Calendars of reps for the programs of phones and offices, which cannot sign in: who has the secret link reads, until it is revoked on the page My day."""

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboards import data
from gcrm.errors import CrmError, GcrmError

_PATH = re.compile(r"/calendar/[\w-]+\.ics")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_GONE = "This calendar link does not work any more; make another one on the page My day."


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/calendar/{token}.ics", _calendar, methods=["GET"])]


def is_link(path: str) -> bool:
    """Whether a path is that of a calendar, for which nobody has to sign in.

    Args:
        path: of a request.
    """
    return _PATH.fullmatch(path) is not None


async def _calendar(request: Request) -> Response:
    try:
        written = await run_in_threadpool(data.calendar_links.read_link, request.path_params["token"])
    except CrmError:
        written = None
    except GcrmError as error:
        return PlainTextResponse(str(error), 503, headers=_HEADERS)
    if written is None:
        return PlainTextResponse(_GONE, 404, headers=_HEADERS)
    return Response(written, media_type="text/calendar", headers=_HEADERS)
