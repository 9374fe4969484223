"""What is seen on a page: the colours of the map, the words of a table, the figures."""

import io
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from dashboards.theme import DARK, LIGHT, rgb

CLASSES = 6
_NEAR = 6
_INSIDE = 7
_TRIES = 120
_FULL, _MANY = 70, 1_000


def map_of(page: Page) -> Locator:
    """The map, without the legend over it, whose colours are those of the cells."""
    page.add_style_tag(content=".st-key-legend { visibility: hidden }")
    return page.locator(".st-key-map")


def ready(page: Page) -> Locator:
    """The first map of the page, once nothing is loading any more."""
    area = page.locator(".gcrm-map").first
    expect(area).to_have_attribute("aria-busy", "false")
    return area


def pixels(area: Locator) -> NDArray[np.int16]:
    """The colours of an area: height, width, red-green-blue."""
    return np.asarray(Image.open(io.BytesIO(area.screenshot())).convert("RGB"), dtype=np.int16)


def of_class(picture: NDArray[np.int16], number: int, *, dark: bool = False, classes: int = CLASSES) -> NDArray[np.bool_]:
    """Where a picture has the colour of a class; of a map whose cells are opaque."""
    colour = rgb((DARK if dark else LIGHT).palette(classes)[number])[:3]
    return np.asarray((np.abs(picture - np.array(colour, dtype=np.int16)) <= _NEAR).all(axis=2))


def until[T](page: Page, look: Callable[[], T], tries: int = _TRIES) -> T:
    """What is seen once it is there: looked for again until it is true."""
    for _ in range(tries):
        if found := look():
            return found
        page.wait_for_timeout(500)
    return look()


def middle_of_a_cell(picture: NDArray[np.int16], number: int) -> tuple[int, int]:
    """A pixel, x and y, well inside a cell of a class, the nearest to the picture's middle."""
    same = of_class(picture, number)
    inside = same.copy()
    for step in range(1, _INSIDE):
        for axis in (0, 1):
            inside &= np.roll(same, step, axis) & np.roll(same, -step, axis)
    ys, xs = np.nonzero(inside)
    assert len(xs), f"no cell of class {number} is seen"
    nearest = np.argmin((xs - picture.shape[1] / 2) ** 2 + (ys - picture.shape[0] / 2) ** 2)
    return int(xs[nearest]), int(ys[nearest])


def drawn_map(page: Page, least: int = _MANY) -> Locator:
    """The map, once cells (or `least` pixels of anything) are drawn in it: no street, house, park or water has colours as full as theirs."""
    area = map_of(page)

    def full() -> bool:
        picture = pixels(area)
        return bool((picture.max(axis=2) - picture.min(axis=2) > _FULL).sum() > least)

    assert until(page, full)
    return area


_TABLES = """tables => {
    const grid = tables.length === 1 ? tables[0].querySelector("[role=grid]") : null
    return grid && {
        rows: Number(grid.getAttribute("aria-rowcount")) - 1,
        words: [...grid.querySelectorAll("tbody tr")].map(row => [...row.querySelectorAll("td")].map(cell => cell.innerText))
    }
}"""


def rows_of(page: Page) -> int:
    """The rows of the page's table, without its head; -1 while there is not one table (a page that changes shows the old one beside the new)."""
    seen = page.get_by_test_id("stDataFrame").evaluate_all(_TABLES)
    return int(seen["rows"]) if seen else -1


def words_of(page: Page) -> list[list[str]]:
    """The words of the rows of the page's table that are in view; none while there is not one table."""
    seen = page.get_by_test_id("stDataFrame").evaluate_all(_TABLES)
    return list(seen["words"]) if seen else []


def number(text: str) -> float:
    """The number in a text such as `1,234.50 EUR`."""
    found = re.search(r"-?[\d,]+(\.\d+)?", text)
    assert found is not None, text
    return float(found.group().replace(",", ""))


def metric(page: Page, label: str) -> float:
    """A figure by its label."""
    return number(page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").inner_text())
