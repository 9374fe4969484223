"""A browser, and the dashboards on a demo city and on an empty database, each a process of its own."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from tests import forks
from tests.conftest import quick_home

# The pictures of the README show what `make demo` makes; the tests do with less of it.
SCALE = "1" if os.environ.get("GCRM_UPDATE_SCREENSHOTS") == "1" else "0.3"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
# Only maps need WebGL; where there is no graphics card, the page itself is drawn faster without it.
_FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-gpu-rasterization", "--disable-gpu-compositing",
]  # fmt: skip
_PATIENCE = 60_000
# What is waited for is waited for: a loaded machine is no fault of the page.
expect.set_options(timeout=_PATIENCE)
# Streamlit looks for its server below the page's path first; that it is not there is what it wants to know.
_PROBES = ("/_stcore/health", "/_stcore/host-config")
# What a test has refused on purpose, the browser calls an error.
_REFUSED = "/test/cells.refused"


@dataclass(frozen=True)
class Site:
    """Dashboards that are being served: their address, their home, what the process printed."""

    url: str
    home: Path
    printed: str

    def gcrm(self, *arguments: object) -> str:
        """Runs a command on the database of the dashboards; what it printed."""
        return gcrm(self.home, *arguments)

    def row(self, query: str, *parameters: object) -> tuple[object, ...]:
        """The first row that a query to the database of the dashboards gives."""
        with psycopg.connect(gcrm(self.home, "db", "url", "--role", "writer").strip()) as connection:
            row = connection.execute(query.encode(), parameters).fetchone()
        assert row is not None
        return row

    def value(self, query: str, *parameters: object) -> object:
        """The one value that a query to the database of the dashboards gives."""
        return self.row(query, *parameters)[0]


type Visit = Callable[..., Page]


def environment(home: Path) -> dict[str, str]:
    """The environment of a gcrm that knows this home only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GCRM_")}
    return kept | {"GCRM_HOME": str(home)}


def gcrm(home: Path, *arguments: object) -> str:
    """Runs a command on the database of a home, which has to succeed; what it printed."""
    done = forks.run(*arguments, environment=environment(home))
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[Site]:
    """`gcrm serve` on a free port, until the end of the block; its last line is waited for. Settings go into its environment."""
    port = free_port()
    output = home / "served.txt"
    output.write_text("")
    with forks.started(["serve", "--port", str(port)], environment(home) | settings, output, output) as process:
        while "gcrm is at" not in output.read_text():
            assert process.exitcode is None, output.read_text()
            time.sleep(0.1)
        yield Site(f"http://127.0.0.1:{port}", home, output.read_text())


@pytest.fixture(scope="session")
def demo_site() -> Iterator[Site]:
    """The dashboards of a demo city, smaller than the one of `make demo`."""
    with quick_home() as home:
        gcrm(home, "demo", "--scale", SCALE)
        with serving(home) as site:
            yield site


@pytest.fixture(scope="session")
def empty_site() -> Iterator[Site]:
    """The dashboards of a database with nothing in it."""
    with quick_home() as home, serving(home) as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, drawing without a graphics card; it can find no other host than this machine."""
    found = os.environ.get("GCRM_CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("There is no browser; set GCRM_CHROMIUM to a Chromium, or install one.")
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=[*_FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
        yield launched
        launched.close()


class Windows:
    """The windows of a browser, which keeps what it loaded from test to test as a reader's does; and what went wrong in them.

    Attributes:
        elsewhere: addresses of another host that were asked for.
        failures: what the pages called an error.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[tuple[bool, bool], BrowserContext] = {}
        self._strangers: list[BrowserContext] = []
        self._hosts: set[str] = set()
        self.elsewhere: list[str] = []
        self.failures: list[str] = []

    def open(self, site: Site, path: str, *, dark: bool = False, phone: bool = False, stranger: bool = False) -> Page:
        """Opens an address in a new window; as a stranger in a browser of which the site knows nothing."""
        self._hosts.add(urlsplit(site.url).netloc)
        if stranger:
            self._strangers.append(self._made(dark=dark, phone=phone))
        page = (self._strangers[-1] if stranger else self._known(dark=dark, phone=phone)).new_page()
        page.goto(site.url + path)
        return page

    def close(self) -> None:
        """Closes all windows; nobody is signed in any more, and nothing went wrong."""
        for stranger in self._strangers:
            stranger.close()
        self._strangers.clear()
        for context in self._contexts.values():
            for page in context.pages:
                page.close()
            context.clear_cookies()
        self._hosts.clear()
        self.elsewhere.clear()
        self.failures.clear()

    def _known(self, *, dark: bool, phone: bool) -> BrowserContext:
        if (dark, phone) not in self._contexts:
            self._contexts[dark, phone] = self._made(dark=dark, phone=phone)
        return self._contexts[dark, phone]

    def _made(self, *, dark: bool, phone: bool) -> BrowserContext:
        size = ViewportSize(width=390, height=844) if phone else ViewportSize(width=1440, height=900)
        context = self._browser.new_context(
            viewport=size, color_scheme="dark" if dark else "light", is_mobile=phone, has_touch=phone, user_agent=PHONE if phone else None
        )
        context.set_default_timeout(_PATIENCE)
        context.on("page", self._follow)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.failures.append(str(error.error)))
        return context

    def _follow(self, page: Page) -> None:
        page.on("websocket", lambda opened: self._note(opened.url))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc not in self._hosts:
            self.elsewhere.append(url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].partition("?")[0].endswith((*_PROBES, _REFUSED)):
            self.failures.append(f"{message.text} ({message.location['url']})")


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Windows:
    """The windows of the session's browser."""
    return Windows(browser)


@pytest.fixture
def visit(windows: Windows) -> Iterator[Visit]:
    """Opens an address in a window of its own; in the end no request may have gone elsewhere, and nothing may have failed in the page."""
    yield windows.open
    elsewhere, failures = [*windows.elsewhere], [*windows.failures]
    windows.close()
    assert elsewhere == []
    assert failures == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A page that software draws on a loaded machine gets a second try, which the summary shows as a rerun; a fault fails twice."""
    for item in items:
        if "/browser/" in item.nodeid:
            item.add_marker(pytest.mark.flaky(reruns=1))
