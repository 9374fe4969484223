"""The place card of a cell of which all six layers are loaded: each with its values, its source and how good it is."""

from collections.abc import Iterator

import h3
import pytest
from playwright.sync_api import Page, expect

from gcrm.spatial.cells import descendants
from tests.browser.conftest import Site, Visit, gcrm, serving
from tests.browser.seen import number
from tests.conftest import quick_home

_RICHEST = """
    SELECT gcrm.cell_parent(cell, 9) FROM gcrm.cell_residence
    WHERE gcrm.cell_parent(cell, 8) IN (SELECT origin_cell FROM gcrm.movement WHERE NOT withheld)
        AND gcrm.cell_parent(cell, 9) IN (SELECT gcrm.cell_parent(cell, 9) FROM gcrm.footfall)
    GROUP BY 1 ORDER BY sum(population) DESC LIMIT 1
"""
"""The cell with most inhabitants of those that people pass; movement is counted by cells of level 8."""

_SECTIONS = ("Who lives here", "What is built here", "Floating population", "Movement", "Trading areas")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A small demo city, with those who live there modelled from its buildings, and a trading area."""
    with quick_home() as home:
        gcrm(home, "demo", "--scale", "0.3")
        gcrm(home, "load", "residence", "--from-buildings")
        sites = home / "sites.csv"
        sites.write_text("name,longitude,latitude\nSample shop,24.944,60.1685\n")
        gcrm(home, "trade-areas", "rings", "--sites", sites, "--radius", "3000")
        with serving(home) as served:
            yield served


def part(page: Page, title: str) -> str:
    """The words of a part of the card."""
    found = page.locator(".place").filter(has=page.locator("h4", has_text=title))
    expect(found).to_have_count(1)
    return found.inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_all_six_layers_are_told_at_a_place(site: Site, visit: Visit, *, phone: bool, dark: bool) -> None:
    cell = int(str(site.value(_RICHEST)))
    page = visit(site, f"/surroundings?layer=residence&measure=population&level=9&cell={h3.int_to_str(cell)}", phone=phone, dark=dark)
    expect(page.get_by_text("Trading areas").last).to_be_visible()
    told = {title: part(page, title) for title in _SECTIONS}
    assert [title for title, words in told.items() if "Nothing is known" in words] == []
    expect(page.locator(".place").first).to_contain_text("m from its middle")
    assert "modelled" in told["Who lives here"]
    assert "Source: from buildings." in told["Who lives here"]
    low, high = descendants(cell)
    people = site.value("SELECT sum(population) FROM gcrm.cell_residence WHERE cell BETWEEN %s AND %s", low, high)
    first = page.locator(".place li").filter(has_text="Inhabitants").first.locator("b").inner_text()
    assert number(first) == pytest.approx(float(str(people)), abs=0.51)
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1440)
