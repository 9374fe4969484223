"""Serves the page of the map alone, with data to show: `serve.py PORT`."""

import asyncio
import io
import sys
from pathlib import Path

import h3
import pyarrow as pa
import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.starlette import App
from streamlit.web.bootstrap import load_config_options

from dashboards import map_component, theme

CENTRE = "8a1126d331b7fff"
NAME = "<i>Ann & Bob</i>"
COLOURS = ((200, 30, 30), (30, 30, 200), (30, 160, 30))


def rows(request: Request) -> list[dict[str, object]]:
    """Hexagons around the centre, which is red; in another order the rows change, and the colours stay with their cells."""
    amount = int(request.query_params["amount"])
    steps = next(step for step in range(1, 400) if 3 * step * (step + 1) + 1 >= amount)
    found = sorted(h3.grid_disk(CENTRE, steps), key=lambda cell: (h3.grid_distance(CENTRE, cell), cell))[:amount]
    made: list[dict[str, object]] = [
        {"cell": cell, "fill": [*COLOURS[0 if cell == CENTRE else 1 + number % 2], 255], "name": NAME} for number, cell in enumerate(found)
    ]
    return made if request.query_params["order"] == "forward" else made[::-1]


async def arrow(request: Request) -> Response:
    found = rows(request)
    table = pa.table({
        "cell": pa.array([h3.str_to_int(str(row["cell"])) for row in found], pa.uint64()),
        "fill": pa.array([row["fill"] for row in found], pa.list_(pa.uint8(), 4)),
        "name": [row["name"] for row in found],
    })  # fmt: skip
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return Response(sink.getvalue(), media_type="application/vnd.apache.arrow.stream")


async def plain(request: Request) -> Response:
    return JSONResponse(rows(request))


async def slow(request: Request) -> Response:
    await asyncio.sleep(4)
    return await plain(request)


async def refused(_: Request) -> Response:
    return PlainTextResponse("This map was drawn for another session; reload the page.", 403)


async def page(_: Request) -> Response:
    return HTMLResponse("<html>no data</html>")


KINDS = {"arrow": arrow, "json": plain, "slow": slow, "refused": refused, "page": page}

if __name__ == "__main__":
    load_config_options({"server.headless": True, "server.fileWatcherType": "none", "browser.gatherUsageStats": False, **theme.options()})
    routes = [*map_component.routes(), *(Route(f"/test/cells.{kind}", answer) for kind, answer in KINDS.items())]
    config = uvicorn.Config(App(Path(__file__).with_name("app.py"), routes=routes), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
    uvicorn.Server(config).run()
