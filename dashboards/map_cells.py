"""The cells of a map: a route that answers a page's question to the cube as an Arrow stream.

The page signs what it asks, so that the route answers no other question; whose answer it is is decided by the session of whoever fetches it.
"""

import base64
import binascii
import hashlib
import hmac
import io
import json
import secrets
from dataclasses import asdict, dataclass
from functools import lru_cache

import pyarrow as pa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboards import data, maps, session, theme
from dashboards.data import Cube, Filter, Scope
from gcrm.errors import AccessError, CubeError, GcrmError

_KEY = secrets.token_bytes(32)
_ONE_YEAR = 31_536_000
_HEADERS = {"Cache-Control": f"private, max-age={_ONE_YEAR}, immutable"}
_MEDIA_TYPE = "application/vnd.apache.arrow.stream"


@dataclass(frozen=True)
class CellQuestion:
    """What a map shows: a version of the cube, a measure, an H3 level, filters as text, and whether the colours are those of the dark theme."""

    cube: str
    measure: str
    level: int
    where: tuple[str, ...]
    dark: bool


def routes() -> list[Route]:
    """The routes to add to Streamlit's."""
    return [Route("/cells/{question}/{signature}.arrow", _cells, methods=["GET"])]


def address(question: CellQuestion, scope: Scope) -> str:
    """The address of the answer, without the host. It never changes what it says: a browser may keep it.

    Args:
        question: what is asked.
        scope: who is looking; to somebody else the address says nothing.
    """
    text = base64.urlsafe_b64encode(json.dumps(asdict(question)).encode()).decode()
    return f"/cells/{text}/{_signature(text, scope)}.arrow"


def _signature(text: str, scope: Scope) -> str:
    territories = None if scope.territories is None else sorted(scope.territories)
    seen = json.dumps([text, territories, scope.finest_level, scope.smallest_count])
    return hmac.new(_KEY, seen.encode(), hashlib.sha256).hexdigest()


async def _cells(request: Request) -> Response:
    text, signature = request.path_params["question"], request.path_params["signature"]
    try:
        body = await run_in_threadpool(_answer, text, signature, request.cookies.get(session.COOKIE, ""))
    except AccessError as error:
        return PlainTextResponse(str(error), 403)
    except CubeError as error:
        return PlainTextResponse(str(error), 404)
    except GcrmError as error:
        return PlainTextResponse(str(error), 503)
    return Response(body, headers=_HEADERS, media_type=_MEDIA_TYPE)


def _answer(text: str, signature: str, token: str) -> bytes:
    scope = session.scope_of(token)
    if not hmac.compare_digest(signature, _signature(text, scope)):
        raise AccessError("This map was drawn for another session; reload the page.")
    try:
        asked = json.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError) as error:
        raise AccessError("This is no address of a map.") from error
    return _packed(CellQuestion(**asked | {"where": tuple(asked["where"])}), scope)


@lru_cache(maxsize=64)
def _packed(question: CellQuestion, scope: Scope) -> bytes:
    where = tuple(Filter.parse(each) for each in question.where)
    found = data.cells(_cube(question.cube), question.measure, question.level, where, scope)
    look = theme.DARK if question.dark else theme.LIGHT
    table = maps.cell_table(found, look)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue()


def _cube(name: str) -> Cube:
    """The version of the cube that a map was drawn from, which may be kept no more."""
    cube = data.current_cube()
    if cube is None or cube.name != name:
        cube = data.cube_as_of(name)
    if cube is None:
        raise CubeError("There is no cube any more; run `gcrm update`.")
    return cube
