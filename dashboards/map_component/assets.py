"""The files of the bundle: routes of our own server, and the address under which browsers keep them."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_BUNDLE = Path(__file__).with_name("bundle")
_TYPES = {"map.js": "text/javascript", "worker.js": "text/javascript", "map.css": "text/css", "NOTICES.txt": "text/plain"}
_ONE_YEAR = 31_536_000
_HEADERS = {"Cache-Control": f"private, max-age={_ONE_YEAR}, immutable", "Content-Encoding": "gzip"}


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/map-component/{version}/{name}", _file, methods=["GET"])]


def address(name: str) -> str:
    """The address of a file of the bundle, without the host; another bundle has others.

    Args:
        name: of the file, such as `map.js`.
    """
    return f"/map-component/{_version()}/{name}"


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name in sorted(_TYPES):
        digest.update((_BUNDLE / name).read_bytes())
    return digest.hexdigest()[:12]


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if request.path_params["version"] != _version() or name not in _TYPES:
        return PlainTextResponse("The map is of another version of gcrm by now; reload the page.", 404, headers={"Cache-Control": "no-store"})
    return Response(_packed(name), headers=_HEADERS, media_type=_TYPES[name])


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((_BUNDLE / name).read_bytes(), compresslevel=5, mtime=0)
