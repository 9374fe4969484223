"""The map explorer on the demo city, in a real browser."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import h3
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboards.theme import DARK, LIGHT, Look, rgb
from gcrm.spatial.cells import descendants
from tests.browser.conftest import Site, Visit, gcrm
from tests.browser.seen import CLASSES, drawn_map, map_of, metric, middle_of_a_cell, number, of_class, pixels, rows_of, until, words_of

OPAQUE = "opacity=1"


def in_cell(site: Site, cell: str, condition: str = "true") -> int:
    low, high = descendants(h3.str_to_int(cell))
    return int(str(site.value(f"SELECT count(*) FROM gcrm.accounts WHERE cell BETWEEN %s AND %s AND {condition}", low, high)))


def click_a_cell(page: Page, area: Locator, of: int) -> tuple[str, str]:
    """Clicks a cell of a class: the words of its tooltip, and the cell that the link names then."""
    x, y = middle_of_a_cell(pixels(area), of)
    before = page.url
    area.hover(position={"x": x, "y": y})
    tooltip = page.get_by_role("tooltip")
    expect(tooltip).to_be_visible()
    words = tooltip.inner_text()
    page.mouse.down()
    page.mouse.up()
    expect(page).not_to_have_url(before)
    found = re.search(r"cell=([0-9a-f]{15})", page.url)
    assert found is not None, page.url
    return words, found.group(1)


def test_hexagons_are_drawn_in_the_colours_of_the_legend(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?{OPAQUE}")
    area = drawn_map(page)
    assert until(page, lambda: all(of_class(pixels(area), number).sum() > 100 for number in range(CLASSES)))
    nothing = visit(demo_site, f"/map?{OPAQUE}&where=status=competitor")
    expect(nothing.get_by_text("No account with a position is left")).to_be_visible()
    assert not any(of_class(pixels(map_of(nothing)), number).sum() > 100 for number in range(CLASSES))


def test_streets_are_drawn_from_the_loaded_extract(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/map")
    with page.expect_response(lambda answer: "/tiles/" in answer.url and answer.status == 200) as answered:
        page.reload()
    assert answered.value.headers["content-encoding"] == "gzip"
    assert "immutable" in answered.value.headers["cache-control"]
    area = map_of(page)
    paper = pixels(area)[10:40, 200:240].reshape(-1, 3)  # beside the tools, below the bar that shows that something is loading
    assert until(page, lambda: np.unique(pixels(area).reshape(-1, 3), axis=0).shape[0] > 500)
    assert np.unique(paper, axis=0).shape[0] < 20
    expect(page.get_by_text("© OpenStreetMap contributors")).to_be_visible()


def test_a_click_lists_the_accounts_that_the_cube_and_the_database_count(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?measure=revenue&{OPAQUE}")
    words, cell = click_a_cell(page, drawn_map(page), of=4)
    assert cell in words
    counted = number(words.split("Accounts")[1])
    assert counted == in_cell(demo_site, cell) > 0
    expect(page.get_by_test_id("stMetric").filter(has_text="Accounts")).to_be_visible()
    assert metric(page, "Accounts") == counted
    assert metric(page, "Revenue, EUR") == number(words)
    assert until(page, lambda: rows_of(page) == counted)
    low, high = descendants(h3.str_to_int(cell))
    best = (
        "SELECT name FROM gcrm.accounts JOIN gcrm.orders USING (account_id) WHERE cell BETWEEN %s AND %s GROUP BY account_id ORDER BY sum(revenue) DESC LIMIT 1"
    )
    assert words_of(page)[0][0] == demo_site.value(best, low, high)


def test_the_selection_stays_with_its_cell_when_the_data_change(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?measure=revenue&{OPAQUE}")
    _, cell = click_a_cell(page, drawn_map(page), of=3)
    page.get_by_label("Segment").click()
    page.get_by_role("option", name="couriers").click()
    expect(page).to_have_url(re.compile("where=segment"))
    page.keyboard.press("Escape")
    assert f"cell={cell}" in page.url
    counted = in_cell(demo_site, cell, "segment = 'couriers'")
    assert until(page, lambda: metric(page, "Accounts") == counted)
    page.get_by_role("button", name="Close").click()
    expect(page).not_to_have_url(re.compile("cell="))


def test_another_measure_recolours_the_cells(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?{OPAQUE}")
    area = drawn_map(page)
    before = [of_class(pixels(area), number) for number in range(CLASSES)]
    page.get_by_label("Measure").fill("Margin")
    page.get_by_role("option", name="Margin", exact=True).click()
    expect(page).to_have_url(re.compile("measure=margin"))
    expect(page.get_by_role("heading", name="Margin")).to_be_visible()
    assert until(page, lambda: sum((of_class(pixels(area), number) != seen).sum() for number, seen in enumerate(before)) > 2_000)
    expect(page.locator(".legend")).to_contain_text("EUR")


def test_a_drawn_area_filters_the_figures(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?{OPAQUE}")
    area = drawn_map(page)
    everybody = metric(page, "Accounts")
    page.locator(".toolbar [data-tool=rectangle]").click()
    box = area.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 60, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 120, steps=12)
    page.mouse.up()
    chip = page.get_by_role("button", name="Place: inside a polygon")
    expect(chip).to_be_visible()
    polygon = parse_qs(urlsplit(page.url).query)["where"][0].removeprefix("place=")
    inside = "SELECT count(*) FROM gcrm.accounts WHERE ST_Intersects(position, ST_GeomFromText(%s, 4326))"
    counted = demo_site.value(inside, polygon)
    assert until(page, lambda: metric(page, "Accounts") == counted)
    assert 0 < metric(page, "Accounts") < everybody
    cell = str(demo_site.value("SELECT to_hex(cell) FROM gcrm.accounts WHERE ST_Intersects(position, ST_GeomFromText(%s, 4326)) LIMIT 1", polygon))
    other = visit(demo_site, f"{page.url.removeprefix(demo_site.url)}&cell={cell}")
    low, high = descendants(h3.str_to_int(cell))
    listed = demo_site.value(f"{inside} AND cell BETWEEN %s AND %s", polygon, low, high)
    assert until(other, lambda: rows_of(other) == listed)
    chip.click()
    expect(page).not_to_have_url(re.compile("place"))
    assert until(page, lambda: metric(page, "Accounts") == everybody)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_a_park_is_green(demo_site: Site, visit: Visit, look: Look) -> None:
    page = visit(demo_site, "/map?where=status=competitor&at=60.173600,24.945600,17", dark=look.dark)
    area = map_of(page)

    def greens() -> int:
        return int((np.abs(pixels(area)[200:450, 200:450] - np.array(rgb(look.green)[:3])) <= 3).all(axis=2).sum())

    assert until(page, lambda: greens() > 20_000)


def test_the_level_follows_its_control(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?{OPAQUE}")
    drawn_map(page)
    cells = metric(page, "Cells")
    page.get_by_role("slider", name="Width of the cells").press("ArrowLeft")
    expect(page).to_have_url(re.compile("level=9"))
    assert until(page, lambda: metric(page, "Cells") < cells)
    at_nine = demo_site.value("SELECT count(DISTINCT (cell & ~(15::bigint << 52)) | (9::bigint << 52) | ((1::bigint << 18) - 1)) FROM gcrm.accounts")
    assert metric(page, "Cells") == at_nine


def test_what_has_no_place_is_said(demo_site: Site, visit: Visit, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.csv"
    nowhere.write_text("account_key,name,made_up\nnowhere-1,Without an address,yes\n")
    gcrm(demo_site.home, "import", "accounts", nowhere)
    gcrm(demo_site.home, "update")
    page = visit(demo_site, "/map")
    without = demo_site.value("SELECT count(*) FROM gcrm.accounts WHERE cell IS NULL")
    assert isinstance(without, int)
    assert without > 0
    expect(page.get_by_text(f"{without:,} accounts without a position are not on the map")).to_be_visible()


def test_a_link_restores_the_view(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?measure=orders&level=9&where=status=customer%7Clost&where=month=2025-01..2025-06&{OPAQUE}")
    _, cell = click_a_cell(page, drawn_map(page), of=2)
    page.get_by_role("button", name="Zoom to it").click()
    expect(page).to_have_url(re.compile("at="))
    other = visit(demo_site, page.url.removeprefix(demo_site.url))
    for shown in (page, other):
        expect(shown.get_by_role("heading", name="Orders")).to_be_visible()
        expect(shown.get_by_role("button", name="Status: customer, lost")).to_be_visible()
        expect(shown.get_by_role("button", name="Month: Jan 2025 to Jun 2025")).to_be_visible()
        expect(shown.get_by_test_id("stMetric").first).to_be_visible()
    assert metric(other, "Orders") == metric(page, "Orders")
    assert metric(other, "Accounts") == in_cell(demo_site, cell, "status IN ('customer', 'lost')")
    assert other.locator(".legend").text_content() == page.locator(".legend").text_content()
    first, second = map_of(page), map_of(other)
    page.mouse.move(5, 5)
    assert until(other, lambda: np.abs(pixels(first) - pixels(second)).mean() < 1)


def test_the_whole_link_can_be_copied(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/map?measure=revenue&level=9")
    page.get_by_role("button", name="Link").click()
    expect(page.get_by_text(f"{demo_site.url}/map?measure=revenue&level=9")).to_be_visible()


def test_a_link_to_what_is_not_there_says_so(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/map?measure=gold")
    for wrong in ("measure=gold", "level=12", "cell=house", "where=colour%3Dred", "at=somewhere"):
        page.goto(f"{demo_site.url}/map?{wrong}")
        expect(page.get_by_text("The link cannot be followed")).to_be_visible()
    drawn_map(page)


def test_a_phone_shows_the_map_first_and_the_controls_folded(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?{OPAQUE}", phone=True)
    area = drawn_map(page)
    box = area.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 844
    expect(page.get_by_label("Measure")).not_to_be_in_viewport()


def test_streets_that_cannot_be_read_are_said(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/")
    page.route("**/tiles/**", lambda route: route.fulfill(status=200, content_type="application/vnd.mapbox-vector-tile", body=b"\xff\xff\xff no tile"))
    page.goto(f"{demo_site.url}/map?{OPAQUE}")
    expect(page.get_by_role("alert").filter(has_text="A part of the streets could not be loaded")).to_be_visible()
    drawn_map(page)


_AT_EIGHT = "SELECT count(DISTINCT (cell & ~(15::bigint << 52)) | (8::bigint << 52) | ((1::bigint << 21) - 1)) FROM gcrm.accounts WHERE cell IS NOT NULL"


def zoomed_out(page: Page, level: int) -> bool:
    """Zooms out by one, unless a level is shown already; whether it is shown then."""
    if not page.get_by_text(f"H3 level {level}").is_visible():
        page.get_by_role("button", name="Zoom out").first.click()
        page.wait_for_timeout(1500)
    return page.get_by_text(f"H3 level {level}").is_visible()


def test_the_level_follows_the_zoom_until_one_is_chosen(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, f"/map?{OPAQUE}")
    area = drawn_map(page)
    expect(page.get_by_text("H3 level 10")).to_be_visible()
    assert until(page, lambda: zoomed_out(page, 9))
    assert until(page, lambda: zoomed_out(page, 8))
    assert until(page, lambda: metric(page, "Cells") == demo_site.value(_AT_EIGHT))
    assert "level=" not in page.url
    page.get_by_text("Follow the zoom").click()
    expect(page).to_have_url(re.compile("level=8"))
    area.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(1500)
    expect(page.get_by_text("H3 level 8")).to_be_visible()
    page.get_by_text("Follow the zoom").click()
    expect(page).not_to_have_url(re.compile("level="))


def test_the_map_goes_to_an_account_an_address_and_a_cell(demo_site: Site, visit: Visit) -> None:
    name, key, longitude, latitude, cell = demo_site.row(
        "SELECT a.name, a.source_key, ST_X(position), ST_Y(position), to_hex(cell) FROM gcrm.accounts a WHERE position IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM gcrm.accounts b WHERE lower(b.name) = lower(a.name) AND b.account_id <> a.account_id) ORDER BY account_id LIMIT 1"
    )
    page = visit(demo_site, f"/map?{OPAQUE}")
    drawn_map(page)
    field = page.get_by_label("Go to")
    for text in (str(key), str(name), f"{longitude}, {latitude}"):
        field.fill(text)
        field.press("Enter")
        expect(page).to_have_url(re.compile(f"at={latitude}"[:9] + ".*16"))
        page.get_by_role("button", name="Zoom to data").click()
        expect(page).not_to_have_url(re.compile("at="))
    field.fill(str(cell))
    field.press("Enter")
    expect(page).to_have_url(re.compile(f"cell={cell}"))
    expect(page.get_by_text("Cell ", exact=False).first).to_be_visible()
    field.fill("nobody is called like this")
    field.press("Enter")
    expect(page.get_by_text("Nothing is called or lies like")).to_be_visible()
