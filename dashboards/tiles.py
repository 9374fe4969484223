"""Tiles of the basemap: a route of our own server, which makes them out of what was loaded from extracts, so that no request leaves the machine."""

import gzip
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboards import data, session
from gcrm.errors import GcrmError

FINEST_ZOOM = 15
"""Tiles are made up to this zoom; nearer, the map draws them larger."""

TEMPLATE = "/tiles/{version}/{{z}}/{{x}}/{{y}}.mvt"
"""The address of the tiles without the host: `version` is from `data.basemap_version`, another one is another address, so that a browser may keep tiles."""

_ONE_YEAR = 31_536_000
_HEADERS = {"Cache-Control": f"private, max-age={_ONE_YEAR}, immutable"}
_MOST_KEPT = 512


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/tiles/{version}/{z:int}/{x:int}/{y:int}.mvt", _tile, methods=["GET"])]


async def _tile(request: Request) -> Response:
    version, z, x, y = (request.path_params[name] for name in ("version", "z", "x", "y"))
    if z > FINEST_ZOOM or not (x < 2**z and y < 2**z):
        return PlainTextResponse(f"There is no tile {z}/{x}/{y}; zooms are 0 to {FINEST_ZOOM}, columns and rows 0 to 2**zoom - 1.", 404)
    try:
        body = await run_in_threadpool(_packed, version, z, x, y, request.cookies.get(session.COOKIE, ""))
    except GcrmError as error:
        return PlainTextResponse(str(error), 503)
    if not body:
        return Response(status_code=204, headers=_HEADERS)
    return Response(body, headers=_HEADERS | {"Content-Encoding": "gzip"}, media_type="application/vnd.mapbox-vector-tile")


def _packed(version: str, z: int, x: int, y: int, token: str) -> bytes:
    """A tile as it is sent to whoever has the token of a session."""
    return _packed_for(version, z, x, y, session.scope_of(token))


@lru_cache(maxsize=_MOST_KEPT)
def _packed_for(version: str, z: int, x: int, y: int, scope: data.Scope) -> bytes:
    del version  # only its part in the key of what is kept
    tile = data.basemap_tile(z, x, y, scope)
    return gzip.compress(tile, compresslevel=6) if tile else b""
