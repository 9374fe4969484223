"""Every page in both themes and on both sizes; the pictures of the README come from here (GCRM_UPDATE_SCREENSHOTS=1)."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.seen import until

IMAGES = Path(__file__).parents[2] / "docs/images"
MOST_BYTES = 400_000
PAGES = {
    "start": "/",
    "map_explorer": "/map?measure=revenue&cell=8a1126d33127fff",
    "surroundings": "/surroundings?layer=footfall&level=9&weekday=3&hour=16&cell=891126d3303ffff",
    "reach": "/reach?to=24.9530,60.1745&beside=night",
    "account": "/account?account=100",
    "audiences": "/audiences?statuses=prospect",
    "cube": "/cube?rows=territory&columns=segment&measures=revenue",
}
KEPT = {
    "start": "start",
    "map_explorer": "map_explorer",
    "map_explorer_dark": "map_explorer_dark",
    "cube": "cube",
    "surroundings": "surroundings",
    "map_explorer_phone": "phone",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pictures go."""
    if os.environ.get("GCRM_UPDATE_SCREENSHOTS") != "1":
        return tmp_path
    IMAGES.mkdir(parents=True, exist_ok=True)
    return IMAGES


def settle(page: Page) -> None:
    """Waits until nothing moves any more."""
    expect(page.locator(".heading")).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    pictures = [page.screenshot()]

    def still() -> bool:
        page.wait_for_timeout(1000)
        pictures.append(page.screenshot())
        return pictures[-1] == pictures[-2]

    assert until(page, still)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_fits(demo_site: Site, visit: Visit, folder: Path, name: str, *, phone: bool, dark: bool) -> None:
    page = visit(demo_site, PAGES[name], dark=dark, phone=phone)
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1440)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    picture = f"{name}{'_dark' if dark else ''}{'_phone' if phone else ''}"
    if folder != IMAGES or picture in KEPT:
        target = folder / f"{KEPT.get(picture, picture)}.png"
        page.screenshot(path=target)
        assert target.stat().st_size < MOST_BYTES
