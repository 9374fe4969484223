"""The map component on a page of its own, in a real browser."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site, Visit, free_port
from tests.browser.seen import pixels, ready, until

CHECKOUT = Path(__file__).parents[2]
CENTRE = "8a1126d331b7fff"
RED, BLUE = (200, 30, 30), (30, 30, 200)
HEIGHT = 500
COUNT_CONTEXTS = """
window.contexts = new Set()
const original = HTMLCanvasElement.prototype.getContext
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    if (kind.startsWith("webgl")) { window.contexts.add(this) }
    return original.call(this, kind, ...rest)
}
"""


@pytest.fixture(scope="session")
def component_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page with nothing but the map; it needs no database."""
    port, home = free_port(), tmp_path_factory.mktemp("component")
    command = [sys.executable, str(CHECKOUT / "tests/browser/component/serve.py"), str(port)]
    with (home / "printed.txt").open("w") as printed, subprocess.Popen(command, cwd=CHECKOUT, stdout=printed, stderr=subprocess.STDOUT) as process:
        try:
            site = Site(f"http://127.0.0.1:{port}", home, "")
            assert any(_answers(site, process) for _ in range(300)), (home / "printed.txt").read_text()
            yield site
        finally:
            process.terminate()
            process.wait(30)


def _answers(site: Site, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None
    try:
        with urlopen(f"{site.url}/_stcore/health") as answer:  # noqa: S310 - an address of this machine
            return bool(answer.status == 200)
    except OSError:
        time.sleep(0.2)
        return False


def state(page: Page) -> dict[str, Any]:
    """What the map told the page."""
    told: dict[str, Any] = json.loads(page.locator("#state").inner_text())
    return told


def middle(page: Page) -> tuple[int, int]:
    """The pixel of the page at the middle of the map."""
    box = page.locator(".gcrm-map").bounding_box()
    assert box is not None
    return round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)


def is_colour(picture: NDArray[np.int16], colour: tuple[int, ...], near: int = 8) -> NDArray[np.bool_]:
    return np.asarray((np.abs(picture - np.array(colour, dtype=np.int16)) <= near).all(axis=2))


def has_colour_in_the_middle(area: Locator, colour: tuple[int, ...]) -> bool:
    picture = pixels(area)
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    return bool(is_colour(picture[height - 3 : height + 3, width - 3 : width + 3], colour).all())


def drag(page: Page, *places: tuple[int, int]) -> None:
    """Presses at the first place, given from the middle of the map, and releases at the last."""
    x, y = middle(page)
    first, *rest = places
    page.mouse.move(x + first[0], y + first[1])
    page.mouse.down()
    for dx, dy in rest:
        page.mouse.move(x + dx, y + dy, steps=8)
    page.mouse.up()


def take(page: Page, tool: str) -> None:
    page.locator(f".toolbar [data-tool={tool}]").click()


def run_again(page: Page, button: str) -> None:
    """Has the page run once more."""
    before = state(page)["runs"]
    page.get_by_role("button", name=button).click()
    assert until(page, lambda: state(page)["runs"] > before)


def drawn(page: Page) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = state(page)["drawn"]["features"]
    return features


@pytest.mark.parametrize("data", ["arrow", "json"])
def test_cells_are_drawn_where_they_lie_in_their_colours(component_site: Site, visit: Visit, data: str) -> None:
    area = ready(visit(component_site, f"/?data={data}"))
    assert until(area.page, lambda: has_colour_in_the_middle(area, RED))
    picture = pixels(area)
    assert is_colour(picture, BLUE).sum() > 5_000
    assert not is_colour(picture[:20, 200:300], BLUE).any()


def test_a_pick_is_an_id_and_stays_one_when_the_data_change(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    area = ready(page)
    assert until(page, lambda: has_colour_in_the_middle(area, RED))
    page.mouse.click(*middle(page))
    assert until(page, lambda: state(page)["last"] == CENTRE)
    page.mouse.move(5, 5)
    outline = is_colour(pixels(area), (17, 24, 39)).sum()
    assert outline > 100
    run_again(page, "Other order")
    ready(page)
    assert state(page)["last"] == CENTRE
    assert until(page, lambda: abs(int(is_colour(pixels(area), (17, 24, 39)).sum()) - int(outline)) < 20)
    x, y = middle(page)
    page.mouse.click(x + 90, y)
    assert until(page, lambda: state(page)["last"] != CENTRE)
    page.mouse.click(x, y)
    assert until(page, lambda: state(page)["last"] == CENTRE)


def test_a_long_press_is_a_click_and_enter_chooses_what_is_in_the_middle(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    area = ready(page)
    assert until(page, lambda: has_colour_in_the_middle(area, RED))
    x, y = middle(page)
    page.mouse.move(x + 90, y)
    page.mouse.down()
    page.wait_for_timeout(900)
    page.mouse.up()
    assert until(page, lambda: state(page)["last"] is not None)
    assert state(page)["last"] != CENTRE
    area.locator("canvas").first.focus()
    page.keyboard.press("Enter")
    assert until(page, lambda: state(page)["last"] == CENTRE)
    page.keyboard.press("ArrowRight")
    assert until(page, lambda: state(page)["viewport"] is not None)


def test_the_card_shows_values_as_text(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    ready(page)
    x, y = middle(page)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text("<i>Ann & Bob</i>")
    expect(card).to_contain_text(CENTRE)
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()


def test_one_context_and_the_readers_view_last_over_twenty_runs(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    page.add_init_script(COUNT_CONTEXTS)
    page.reload()
    area = ready(page)
    drag(page, (0, 120), (150, 120))
    assert until(page, lambda: state(page)["viewport"] is not None)
    seen = pixels(area)
    take(page, "rectangle")
    drag(page, (-200, -100), (-100, 0))
    assert until(page, lambda: len(drawn(page)) == 1)
    for number in range(20):
        run_again(page, "Other order" if number == 10 else "Again")
    ready(page)
    assert page.evaluate("window.contexts.size") == 1
    assert len(drawn(page)) == 1
    assert np.abs(pixels(area)[350:450] - seen[350:450]).mean() < 1


def test_a_camera_of_the_page_moves_the_map(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    area = ready(page)
    assert until(page, lambda: has_colour_in_the_middle(area, RED))
    page.get_by_role("button", name="Go east").click()
    assert until(page, lambda: state(page)["viewport"] is not None)
    assert until(page, lambda: not has_colour_in_the_middle(area, RED))


def test_every_kind_of_layer_that_pages_use_is_drawn(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/?show=kinds")
    area = ready(page)
    colours = [(230, 0, 0), (0, 160, 0), (0, 0, 230), (230, 160, 0), (160, 0, 160), (0, 160, 160), (90, 50, 10), (120, 120, 0)]

    def middles() -> list[float]:
        picture = pixels(area)
        return [float(np.nonzero(is_colour(picture, colour, 20))[1].mean()) if is_colour(picture, colour, 20).sum() > 60 else -1.0 for colour in colours]

    assert until(page, lambda: min(middles()) > 0), middles()
    assert middles() == sorted(middles())


@pytest.mark.parametrize(("data", "sentence"), [
    ("refused", "This map was drawn for another session; reload the page."),
    ("page", "The data of this map are not where they should be; reload the page."),
])  # fmt: skip
def test_data_that_do_not_come_are_said(component_site: Site, visit: Visit, data: str, sentence: str) -> None:
    page = visit(component_site, f"/?data={data}")
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    ready(page)


def test_a_bar_shows_that_data_are_loading(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/?data=slow")
    area = page.locator(".gcrm-map")
    expect(area).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("progressbar")).to_be_visible()
    ready(page)
    assert until(page, lambda: has_colour_in_the_middle(area, RED))


def test_fifty_thousand_cells_of_arrow_are_drawn(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/?amount=50000")
    area = ready(page)
    assert until(page, lambda: has_colour_in_the_middle(area, RED))


def test_each_tool_draws_a_shape_that_the_page_gets(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    ready(page)
    take(page, "rectangle")
    drag(page, (-300, -200), (-200, -120))
    assert until(page, lambda: len(drawn(page)) == 1)
    take(page, "circle")
    x, y = middle(page)
    for dx in (-200, -140):
        page.mouse.move(x + dx, y + 120, steps=4)
        page.wait_for_timeout(350)
        page.mouse.click(x + dx, y + 120)
    assert until(page, lambda: len(drawn(page)) == 2)
    take(page, "lasso")
    drag(page, (150, -200), (300, -180), (280, -80), (160, -100))
    assert until(page, lambda: len(drawn(page)) == 3)
    take(page, "polygon")
    for dx, dy in ((150, 60), (300, 60), (300, 160), (150, 160)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(350)
    page.keyboard.press("Enter")
    assert until(page, lambda: len(drawn(page)) == 4)
    assert [each["properties"]["tool"] for each in drawn(page)] == ["rectangle", "circle", "lasso", "polygon"]
    assert all(each["geometry"]["type"] == "Polygon" for each in drawn(page))
    # 60 pixels at zoom 15 and this latitude.
    metres = 60 * 40_075_016.686 * np.cos(np.radians(60.17)) / (512 * 2**15)
    assert drawn(page)[1]["properties"]["radius_m"] == pytest.approx(metres, rel=0.03)
    assert state(page)["last"] is None


def test_a_drawn_shape_can_be_moved_and_deleted(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/")
    area = ready(page)
    take(page, "rectangle")
    drag(page, (-120, -80), (120, 80))
    assert until(page, lambda: len(drawn(page)) == 1)
    before = drawn(page)[0]
    take(page, "edit")
    page.mouse.click(*middle(page))
    page.wait_for_timeout(500)
    drag(page, (0, 0), (100, 0))
    assert until(page, lambda: drawn(page)[0]["geometry"] != before["geometry"])
    moved = drawn(page)[0]
    assert moved["id"] == before["id"]
    assert moved["geometry"]["coordinates"][0][0][0] > before["geometry"]["coordinates"][0][0][0]
    take(page, "remove")
    assert until(page, lambda: drawn(page) == [])
    page.mouse.click(*middle(page))
    assert until(page, lambda: state(page)["last"] == CENTRE)
    take(page, "polygon")
    area.locator("canvas").first.press("Escape")
    expect(page.locator(".toolbar [aria-pressed=true]")).to_have_count(0)


def test_on_a_phone_the_map_fits_and_says_its_source(component_site: Site, visit: Visit) -> None:
    page = visit(component_site, "/", phone=True)
    area = ready(page)
    box = area.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert until(page, lambda: has_colour_in_the_middle(area, RED))
    page.touchscreen.tap(*middle(page))
    assert until(page, lambda: state(page)["last"] == CENTRE)
