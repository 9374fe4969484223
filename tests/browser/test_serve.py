"""`gcrm serve`: what it prints, what it answers, and how it refuses."""

import gzip
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

import pytest

from dashboards.map_component import assets
from tests.browser.conftest import Site, environment


def test_it_prints_where_it_is_and_nothing_else(demo_site: Site) -> None:
    assert demo_site.printed.strip().splitlines() == [f"gcrm is at {demo_site.url} (stop with Ctrl+C)"]


def test_a_port_that_is_taken_is_named(demo_site: Site) -> None:
    port = demo_site.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "gcrm", "serve", "--port", port]
    refused = subprocess.run(command, env=environment(demo_site.home), capture_output=True, text=True, check=False, timeout=120)
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"gcrm: Port {port} of 127.0.0.1 is taken by another program; stop it, or take another with `gcrm serve --port {int(port) + 1}`."
    ]


def answered(site: Site, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer, as they are sent."""
    with closing(HTTPConnection(site.url.removeprefix("http://"))) as connection:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_a_tile_has_what_was_loaded_and_may_be_kept(demo_site: Site) -> None:
    status, headers, body = answered(demo_site, "/tiles/1/14/9327/4742.mvt")
    assert (status, headers["content-encoding"], headers["content-type"]) == (200, "gzip", "application/vnd.mapbox-vector-tile")
    assert headers["cache-control"].startswith("private")
    assert headers["cache-control"].endswith("immutable")
    tile = gzip.decompress(body)
    assert len(body) < 100_000
    assert all(layer in tile for layer in (b"roads", b"buildings", b"land_cover", b"Mannerheimintie"))
    assert b"buildings" not in gzip.decompress(answered(demo_site, "/tiles/1/11/1165/592.mvt")[2])


@pytest.mark.parametrize(
    ("path", "status"),
    [("/tiles/1/14/0/0.mvt", 204), ("/tiles/1/3/8/0.mvt", 404), ("/tiles/1/16/0/0.mvt", 404), ("/cells/e30=/guessed.arrow", 403)],
)
def test_other_tiles_and_questions_that_no_page_asked(demo_site: Site, path: str, status: int) -> None:
    assert answered(demo_site, path)[0] == status


def test_the_files_of_the_map_may_be_kept_and_another_versions_are_gone(demo_site: Site) -> None:
    status, headers, _ = answered(demo_site, assets.address("map.js"))
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in headers["cache-control"]
    assert answered(demo_site, "/map-component/older/map.js")[0] == 404
