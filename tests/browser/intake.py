"""Dashboards of a small shop into which files are imported while they are looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site, gcrm, serving
from tests.conftest import quick_home

SHOP = Path(__file__).parents[1] / "data/shop"


@contextmanager
def shop_site(*names: str) -> Iterator[Site]:
    """The dashboards of some objects of the shop."""
    with quick_home() as home:
        for name in names:
            gcrm(home, "import", name, SHOP / f"{name}.csv")
        with serving(home) as site:
            yield site


def import_text(site: Site, name: str, text: str, object_name: str = "accounts", source: str = "files") -> None:
    """Imports a file of this name and content, of a source; that of the shop is `files`."""
    folder = site.home / "files"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    gcrm(site.home, "import", object_name, path, "--source", source)


def table(page: Page, key: str) -> Locator:
    """A table by the beginning of its key."""
    return page.locator(f'[class*="st-key-{key}"]').get_by_test_id("stDataFrame")


def words(of: Locator) -> list[list[str]]:
    """The words of a table's rows that are in view; none while it is not there once."""
    found = of.evaluate_all("""tables => tables.length !== 1 ? [] : [...tables[0].querySelectorAll("[role=grid] tbody tr")]
        .map(row => [...row.querySelectorAll("td")].map(cell => cell.innerText))""")
    return [list(row) for row in found]


def click_cell(of: Locator, row: int, x: float) -> None:
    """Clicks into a table's row (from 0) so many pixels from its left."""
    expect(of).to_have_count(1)
    of.get_by_test_id("data-grid-canvas").click(position={"x": x, "y": 33 * (row + 1) + 16}, force=True)
