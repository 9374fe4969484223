"""Links to files: single use, short-lived, whole or an error in words, with a line in the audit."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from dashboards import downloads
from gcrm.errors import QuarantineError
from gcrm.pipeline import audit

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True)
class _Answer:
    status_code: int
    headers: dict[str, str]
    text: str


def get(path: str) -> _Answer:
    """Asks the routes by ASGI."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()  # who asks says nothing more, and stays
        raise AssertionError

    async def send(message: Any) -> None:  # noqa: ANN401 - as ASGI has it
        sent.append(dict(message))

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http", "query_string": b"", "headers": []}

    async def ask() -> None:
        await Starlette(routes=downloads.routes())(scope, receive, send)

    with ThreadPoolExecutor(1) as thread:  # the browser of other tests may have a loop in this one
        thread.submit(asyncio.run, ask()).result()
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return _Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]).decode())


def _write(folder: Path) -> downloads.Written:
    path = folder / "bad ü.refused.csv"
    path.write_text("id\n1\n")
    return downloads.Written(path, 1)


def test_a_link_works_once_and_leaves_no_file() -> None:
    folders = []

    def write(folder: Path) -> downloads.Written:
        folders.append(folder)
        return _write(folder)

    address = downloads.offer(write, "status=prospect")
    given = get(address)
    assert (given.status_code, given.text) == (200, "id\n1\n")
    assert given.headers["content-disposition"].startswith("attachment")
    assert given.headers["cache-control"] == "no-store"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert get(address).status_code == 404
    assert [folder.exists() for folder in folders] == [False]
    (line,) = audit.lines(action="export")
    assert line.subject == "bad ü.refused.csv"
    assert line.detail == {"asked": "status=prospect", "rows": 1, "sha256": hashlib.sha256(b"id\n1\n").hexdigest()}


def test_a_link_ends_after_some_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("dashboards.downloads.time.monotonic", lambda: now[0])
    first, second = downloads.offer(_write, "all"), downloads.offer(_write, "all")
    now[0] += downloads.MINUTES * 60 - 1
    assert get(first).status_code == 200
    now[0] += 2
    assert get(second).status_code == 404


def test_links_are_not_guessed_and_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_MOST_OFFERS", 3)
    addresses = [downloads.offer(_write, "all") for _ in range(5)]
    assert len(set(addresses)) == 5
    assert [get(address).status_code for address in addresses] == [404, 404, 200, 200, 200]
    assert get("/download/guess").status_code == 404


def test_what_goes_wrong_is_said() -> None:
    def fails(folder: Path) -> downloads.Written:
        raise QuarantineError(f"{folder.name[:4]} cannot be written.")

    assert get(downloads.offer(fails, "all")).text == "gcrm cannot be written."
    assert get(downloads.offer(lambda _: None, "all")).status_code == 404
