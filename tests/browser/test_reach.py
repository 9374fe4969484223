"""The reach page and what follows from it, in a real browser: a closed street and the rush hour change ways, areas, trading areas and the accounts' minutes."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from dashboards.reach_maps import CLOSED
from dashboards.theme import rgb
from tests.browser.conftest import Site, Visit
from tests.browser.seen import number, pixels, ready, until

_STREET, _STREET_NAME = 30471502, "Kaivokatu"
_THERE = "24.9530,60.1745"
_PICTURE = Path(__file__).parents[2] / "docs/images/reach.png"
_NEAR = 12
_IN_FORCE = "SELECT EXISTS (SELECT FROM gcrm.layer_versions WHERE dataset = %s AND retired_at IS NULL AND feature_count > 0)"


@pytest.fixture
def roads_as_they_were(demo_site: Site) -> Iterator[None]:
    """Ends what a test sets on the roads, and lets the accounts know."""
    yield
    left = [name for name in ("by hand", "rush hour") if demo_site.value(_IN_FORCE, name)]
    for name in left:
        demo_site.gcrm("roads", "lift", name)
    if left:
        demo_site.gcrm("enrich")


def _minutes(page: Page) -> tuple[float, float]:
    """Minutes of the way: as the roads are, and beside it."""
    said = page.get_by_text(re.compile(r"^To .*min.*min"))
    expect(said).to_be_visible()
    here, there = re.findall(r"([\d.]+) min", said.inner_text())
    return float(here), float(there)


def _closed_pixels(area: Locator) -> int:
    return int((np.abs(pixels(area) - np.array(rgb(CLOSED)[:3], dtype=np.int16)) <= _NEAR).all(axis=2).sum())


def _site_minutes(site: Site) -> float:
    return float(str(site.value("SELECT sum(site_drive_minutes) FROM gcrm.account_surroundings")))


def _trade_areas_km2(site: Site, at: str) -> float:
    """The area that is reached from the company's shops within two minutes."""
    sites = next((site.home / "demo").glob("*/sites.csv"))
    site.gcrm("trade-areas", "isochrones", "--sites", str(sites), "--minutes", "2", "--at", at, "--name", "two minutes")
    area = "SELECT sum(area_km2) FROM gcrm.trade_areas JOIN gcrm.layer_versions v USING (layer_version_id) WHERE v.dataset = 'two minutes'"
    return float(str(site.value(area)))


def test_a_click_chooses_a_street(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/reach")
    area = ready(page)
    height, width, _ = pixels(area).shape
    places = iter([(x, y) for y in np.linspace(0.35, 0.75, 12) for x in np.linspace(0.35, 0.65, 12)])

    def over_a_street() -> bool:
        x, y = next(places)
        area.hover(position={"x": width * x, "y": height * y})
        return area.get_by_role("tooltip").is_visible()

    assert until(page, over_a_street)
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile("way="))
    found = re.search(r"way=(\d+)", page.url)
    assert found is not None
    name = demo_site.value("SELECT coalesce(max(name), 'A street without a name') FROM gcrm.roads WHERE osm_id = %s", int(found[1]))
    expect(page.locator(".st-key-street").get_by_text(str(name))).to_be_visible()
    page.get_by_role("button", name="Let go").click()
    expect(page.get_by_role("button", name="Close it")).to_have_count(0)


@pytest.mark.usefixtures("roads_as_they_were")
def test_a_closed_street_changes_ways_areas_trading_areas_and_minutes(demo_site: Site, visit: Visit) -> None:
    areas, minutes = _trade_areas_km2(demo_site, "Tue 08:00"), _site_minutes(demo_site)
    page = visit(demo_site, f"/reach?to={_THERE}&way={_STREET}")
    before, beside = _minutes(page)
    assert before == beside
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text(f"{_STREET_NAME} is closed")).to_be_visible()
    assert until(page, lambda: _minutes(page)[0] > beside)
    assert _minutes(page)[1] == beside
    first, second = page.locator(".st-key-map"), page.locator(".st-key-map_beside")
    assert until(page, lambda: _closed_pixels(first) > 50)
    assert _closed_pixels(second) == 0
    sizes = [each.evaluate("map => [map.clientWidth, map.clientHeight]") for each in (first, second)]
    assert sizes[0] == pytest.approx(sizes[1], abs=1)
    for each in (first, second):
        expect(each.get_by_role("link", name="© OpenStreetMap contributors")).to_be_visible()
    fewer = page.get_by_test_id("stDataFrame").locator("tbody td[aria-colindex='4']").all_inner_texts()
    assert number(fewer[0]) < 0
    if os.environ.get("GCRM_UPDATE_SCREENSHOTS") == "1":
        page.screenshot(path=_PICTURE)

    assert _trade_areas_km2(demo_site, "Tue 08:00") < areas
    demo_site.gcrm("enrich")
    assert _site_minutes(demo_site) > minutes
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_text(f"{_STREET_NAME} is open again")).to_be_visible()
    assert until(page, lambda: _minutes(page) == (before, beside))
    demo_site.gcrm("enrich")
    assert _site_minutes(demo_site) == pytest.approx(minutes)


@pytest.mark.usefixtures("roads_as_they_were")
def test_the_rush_hour_differs_from_the_night(demo_site: Site, visit: Visit, tmp_path: Path) -> None:
    minutes = _site_minutes(demo_site)
    zone = tmp_path / "rush.geojson"
    corners = [[24.92, 60.15], [24.97, 60.15], [24.97, 60.19], [24.92, 60.19], [24.92, 60.15]]
    told = {"kind": "speed_factor", "value": 0.4, "weekdays": "workdays", "from_hour": 7, "to_hour": 9}
    feature = {"type": "Feature", "properties": told, "geometry": {"type": "Polygon", "coordinates": [corners]}}
    zone.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    demo_site.gcrm("load", "conditions", str(zone), "--name", "rush hour")
    now, night = _minutes(visit(demo_site, f"/reach?to={_THERE}&beside=night"))
    assert now > 1.5 * night
    assert _trade_areas_km2(demo_site, "Tue 08:00") < _trade_areas_km2(demo_site, "Tue 03:00")
    demo_site.gcrm("enrich")  # the minutes of accounts are those of Tuesday at eight
    assert _site_minutes(demo_site) > 1.5 * minutes


def test_what_is_not_found_is_said(demo_site: Site, visit: Visit) -> None:
    expect(visit(demo_site, "/reach?from=Nowhere+at+all").get_by_text("is found by “Nowhere at all”")).to_be_visible()
    expect(visit(demo_site, "/reach?mode=rocket").get_by_text("There is no mode 'rocket'")).to_be_visible()
    expect(visit(demo_site, "/reach?from=8.0,47.0").get_by_text("No road that can be used is near this place")).to_be_visible()


def test_where_no_network_is_loaded_the_page_says_what_to_load(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/reach")
    expect(page.get_by_text("No road network is loaded yet")).to_be_visible()
    expect(page.get_by_text("gcrm load osm EXTRACT.osm.pbf")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
