"""The surroundings page on the demo city, in a real browser."""

import re
from pathlib import Path

import h3
import pytest
from playwright.sync_api import Page, expect

from gcrm.spatial.cells import descendants
from tests.browser.conftest import Site, Visit
from tests.browser.seen import drawn_map, number, pixels, until

_CELL = h3.latlng_to_cell(60.1685, 24.9440, 9)
_LOW, _HIGH = descendants(h3.str_to_int(_CELL))


def of_card(page: Page, label: str) -> float:
    """A value of the place card by its name."""
    return number(page.locator(".place li").filter(has_text=label).locator("b").inner_text())


def test_the_layers_in_force_are_listed_and_their_cells_drawn(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/surroundings")
    drawn_map(page)
    expect(page.get_by_text("Layers in force")).to_be_visible()
    legend = visit(demo_site, "/surroundings?layer=buildings&measure=buildings&level=10").locator(".legend")
    expect(legend).to_contain_text("measured")
    assert until(page, lambda: sum(number(text) for text in legend.locator("li em").all_inner_texts())) == demo_site.value(
        "SELECT count(DISTINCT cell) FROM gcrm.cell_buildings"
    )


def test_a_click_shows_all_that_is_known_of_a_place(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/surroundings?layer=buildings&measure=buildings&level=9")
    area = drawn_map(page)
    height, width, _ = pixels(area).shape
    area.hover(position={"x": width * 0.55, "y": height * 0.5})
    tooltip = page.get_by_role("tooltip")
    expect(tooltip).to_contain_text("Buildings")
    told = number(tooltip.inner_text())
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile("cell="))
    found = re.search(r"cell=([0-9a-f]{15})", page.url)
    assert found is not None
    assert h3.get_resolution(found.group(1)) == 9
    low, high = descendants(h3.str_to_int(found.group(1)))
    expect(page.get_by_text("What is built here").last).to_be_visible()
    assert until(page, lambda: page.locator(".place li").filter(has_text="Buildings").count())
    assert of_card(page, "Buildings") == demo_site.value("SELECT sum(buildings) FROM gcrm.cell_buildings WHERE cell BETWEEN %s AND %s", low, high)
    assert told == of_card(page, "Buildings")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".place")).to_have_count(0)


def test_the_hour_changes_what_the_card_says(demo_site: Site, visit: Visit) -> None:
    query = "SELECT avg(people_per_hour) FROM gcrm.footfall WHERE cell BETWEEN %s AND %s AND weekday = 3 AND hour = %s"
    said = {}
    for hour in (4, 16):
        page = visit(demo_site, f"/surroundings?layer=footfall&level=9&weekday=3&hour={hour}&cell={_CELL}")
        expect(page.locator(".place").filter(has_text="People per hour")).to_be_visible()
        said[hour] = of_card(page, f"People per hour, Wednesday, {hour}:00")
        assert said[hour] == pytest.approx(float(str(demo_site.value(query, _LOW, _HIGH, hour))), abs=0.51)
        expect(page.locator(".place").filter(has_text="Floating population").locator("i")).to_have_text("measured")
        expect(page.get_by_text("made up", exact=False).first).to_be_visible()
    assert said[16] > said[4]


def test_flows_are_arcs_by_hour(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/surroundings?layer=movement")
    shown = "SELECT sum(trips) AS trips FROM gcrm.movement WHERE NOT withheld AND origin_cell <> destination_cell GROUP BY origin_cell, destination_cell"
    most = int(str(demo_site.value(f"SELECT max(trips)::bigint FROM ({shown}) AS flows")))
    expect(page.locator(".legend")).to_contain_text(f"{most:,} trips an arc")
    drawn_map(page, least=200)


def test_where_nothing_is_loaded_the_page_says_what_to_load(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/surroundings")
    expect(page.get_by_text("No layer is loaded yet")).to_be_visible()
    expect(page.get_by_text("gcrm load residence --from-buildings")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_link_to_what_is_not_there_says_so(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/surroundings?layer=weather")
    expect(page.get_by_text("There is no layer 'weather'")).to_be_visible()
    drawn_map(page)


def test_a_layer_of_ones_own_has_its_categories_in_the_legend_and_on_the_card(demo_site: Site, visit: Visit, tmp_path: Path) -> None:
    # A name that looks like markup is words wherever it is shown.
    zones = {"<b>homes</b>": 24.935, "harbour": 24.95}
    shape = "POLYGON (({0} 60.16, {1} 60.16, {1} 60.18, {0} 60.18, {0} 60.16))"
    table = tmp_path / "zoning.csv"
    table.write_text("zone;geometry\n" + "".join(f"{name};{shape.format(west, west + 0.015)}\n" for name, west in zones.items()))
    demo_site.gcrm("load", "thematic", str(table), "--value", "zone", "--name", "Zoning", "--level", "9", "--made-up")
    page = visit(demo_site, f"/surroundings?layer=thematic&measure=Zoning&level=9&cell={_CELL}")
    drawn_map(page)
    assert until(page, lambda: set(page.locator(".legend li span").all_text_contents()) == {*zones})
    expect(page.locator(".place li").filter(has_text="Zoning").locator("b")).to_contain_text("homes")
