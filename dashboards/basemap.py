"""The basemap: routes of our own server that answer with what was loaded from an extract, as GeoJSON, so that no request leaves the machine."""

import gzip
import math
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboards import data, session
from dashboards.data import Window
from gcrm.errors import GcrmError

MOST_FEATURES = {"roads": 25_000, "buildings": 12_000, "land_cover": 4_000}
"""Features of a layer that are drawn at once; what matters least on a map is left out beyond it."""

_GRID = 0.02
_METRES_PER_DEGREE = 111_320
_PIXELS_ACROSS = 4_000
_ONE_YEAR = 31_536_000


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/basemap/{layer}.json", _layer, methods=["GET"])]


def around(window: Window) -> Window:
    """The window of the basemap for one of the data: with a margin of half its size, and outward to a grid, so that near views share one.

    Args:
        window: what the data cover.
    """
    width, height = (window.east - window.west) / 2, (window.north - window.south) / 2
    return Window(
        max(math.floor((window.west - width) / _GRID) * _GRID, -180.0),
        max(math.floor((window.south - height) / _GRID) * _GRID, -90.0),
        min(math.ceil((window.east + width) / _GRID) * _GRID, 180.0),
        min(math.ceil((window.north + height) / _GRID) * _GRID, 90.0),
    )


def address(layer: str, version: str, window: Window) -> str:
    """The address of a layer, without the host.

    Args:
        layer: one of MOST_FEATURES.
        version: from `data.basemap_version`; another version is another address, so that a browser may keep what it has.
        window: what is looked at.
    """
    return f"/basemap/{layer}.json?v={version}&window={','.join(f'{edge:.2f}' for edge in vars(window).values())}"


async def _layer(request: Request) -> Response:
    layer = request.path_params["layer"]
    if layer not in MOST_FEATURES:
        return PlainTextResponse(f"There is no layer {layer}; there are {', '.join(MOST_FEATURES)}.", 404)
    try:
        window = _window(request.query_params.get("window", ""))
    except ValueError as error:
        return PlainTextResponse(str(error), 400)
    try:
        body = await run_in_threadpool(_packed, layer, request.query_params.get("v", ""), window, request.cookies.get(session.COOKIE, ""))
    except GcrmError as error:
        return PlainTextResponse(str(error), 503)
    headers = {"Content-Encoding": "gzip", "Cache-Control": f"private, max-age={_ONE_YEAR}, immutable", "Vary": "Accept-Encoding"}
    return Response(body, headers=headers, media_type="application/json")


def _window(text: str) -> Window:
    try:
        west, south, east, north = (float(edge) for edge in text.split(","))
    except ValueError as error:
        raise ValueError("The window is four numbers: west,south,east,north in degrees.") from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - the limits of degrees
        raise ValueError("The window is west,south,east,north in degrees, the smaller first.")
    return Window(west, south, east, north)


def _packed(layer: str, version: str, window: Window, token: str) -> bytes:
    """A layer as it is sent to whoever has the token of a session."""
    return _packed_for(layer, version, window, session.scope_of(token))


@lru_cache(maxsize=32)
def _packed_for(layer: str, version: str, window: Window, scope: data.Scope) -> bytes:
    tolerance = max(window.east - window.west, window.north - window.south) / _PIXELS_ACROSS / 4
    # Below a metre nothing is gained, and footprints would lose their corners.
    tolerance = tolerance if tolerance * _METRES_PER_DEGREE > 1 else 0.0
    return gzip.compress(data.basemap_layer(layer, version, window, tolerance, MOST_FEATURES[layer], scope), compresslevel=6)
