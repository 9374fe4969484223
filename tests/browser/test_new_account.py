"""The page of a new account: typed in, cleaned, placed, compared, stored, taken back."""

import re
import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit, gcrm
from tests.browser.intake import import_text, shop_site

VILLAGE = "LON,LAT,NUMBER,STREET,CITY,POSTCODE\n9.5,47.1,1,Dorfstrasse,Oberau,9001\n9.502,47.101,7,Dorfstrasse,Oberau,9001\n"
BAKERY = {"Name (required)": "Bakery  Miller", "Street": "Dorfstrasse", "House number": "1", "City": "Oberau", "Country": "Austria", "Phone": "01 5123456"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site() as served:
        (served.home / "village.csv").write_text(VILLAGE)
        gcrm(served.home, "load", "addresses", served.home / "village.csv", "--attribution", "made up")
        yield served


def opened(visit: Visit, site: Site, *, phone: bool = False, dark: bool = False) -> Page:
    page = visit(site, "/new-account", phone=phone, dark=dark)
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    return page


def write(page: Page, texts: dict[str, str]) -> None:
    for label, text in texts.items():
        field = page.get_by_label(label, exact=True)
        field.fill(text)
        field.press("Tab")


def stored(site: Site, name: str) -> object:
    return site.value("SELECT count(*) FROM gcrm.accounts WHERE name = %s", name)


def test_it_is_cleaned_and_placed_before_it_is_stored_and_taken_back_after(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    write(page, BAKERY)
    expect(page.locator("table.pair")).to_contain_text("+4315123456")
    expect(page.locator("table.pair")).to_contain_text("AT")
    expect(page.get_by_text("Exact address")).to_be_visible()
    assert stored(site, "Bakery Miller") == 0
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Bakery Miller is stored.")).to_be_visible()
    expect(page.get_by_label("Name (required)")).to_have_value("")
    where = "SELECT geocode_level || ' ' || ST_X(position) || ' ' || ST_Y(position) || ' ' || phone FROM gcrm.accounts WHERE name = 'Bakery Miller'"
    assert site.value(where) == "rooftop 9.5 47.1 +4315123456"
    expect(page.get_by_role("link", name="Put it on the map")).to_have_attribute("href", re.compile(r"/import\?job=\d+"))
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is taken back.")).to_be_visible()
    assert stored(site, "Bakery Miller") == 0


def test_whom_it_looks_like_is_shown_side_by_side_before_it_is_stored(site: Site, visit: Visit) -> None:
    # A name and a number of this try alone: a second one finds on the site what the first left.
    own = secrets.randbelow(900_000) + 100_000
    name, phone, key = f"Florist {''.join(chr(ord('a') + int(digit)) for digit in str(own)).capitalize()}", f"01 5{own}", f"t{own}"
    import_text(site, f"{key}.csv", f"id,name,street,number,city,country,phone,lon,lat\n{key},{name},Dorfstrasse,7,Oberau,AT,{phone},9.502,47.101\n")
    page = opened(visit, site)
    write(page, {"Name (required)": name, "Country": "AT"})
    # What makes it a twin is typed and saved in one go: nothing is stored before the twin was seen.
    page.get_by_label("Phone", exact=True).fill(phone)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save anyway")).to_be_visible()
    expect(page.get_by_text("It looks like an account that is there already")).to_be_visible()
    assert stored(site, name) == 1
    pair = page.locator("table.pair").last
    expect(pair).to_contain_text("There already")
    expect(pair).to_contain_text(key)
    expect(page.get_by_role("link", name="Open on the map")).to_have_attribute("href", re.compile(r"/map\?.*cell=8a"))
    page.get_by_role("button", name="Save anyway").click()
    expect(page.get_by_text(f"{name} is stored.")).to_be_visible()
    assert stored(site, name) == 2


def test_what_cannot_be_stored_says_why(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    before = site.value("SELECT count(*) FROM gcrm.jobs")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Name")
    write(page, {"Name (required)": "Far Away", "Longitude": "10", "Latitude": "97"})
    expect(page.get_by_text("Latitude must be at most 90.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Latitude must be at most 90.")).to_be_visible()
    write(page, {"Latitude": "47"})
    expect(page.get_by_text("Given in the file")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.jobs") == before


def test_an_unknown_address_and_a_doubtful_value_are_told(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    write(page, {"Name (required)": "Nowhere Inn", "Street": "Quellenrain", "Postcode": "1234", "City": "Elsewhere", "Mail address": "nobody"})
    expect(page.get_by_text("The loaded addresses do not have it.")).to_be_visible()
    expect(page.get_by_text("It is stored as you typed it.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nowhere Inn is stored.")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.geocode_reviews r JOIN gcrm.accounts a USING (account_id) WHERE a.name = 'Nowhere Inn'") == 1


def test_hostile_text_is_shown_as_text(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    name = "<img src=x onerror=alert(1)>  **b**"
    write(page, {"Name (required)": name})
    expect(page.locator("table.pair")).to_contain_text("<img src=x onerror=alert(1)> **b**")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("<img src=x onerror=alert(1)> **b** is stored.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_it_fits(site: Site, visit: Visit, *, phone: bool, dark: bool) -> None:
    page = opened(visit, site, phone=phone, dark=dark)
    write(page, {"Name (required)": "Fitting " + "x" * 60, "Street": "Dorfstrasse 7", "City": "Oberau"})
    expect(page.get_by_text("Exact address")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1440)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_an_empty_database_takes_an_account(empty_site: Site, visit: Visit) -> None:
    page = opened(visit, empty_site)
    write(page, {"Name (required)": "First"})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("First is stored.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is taken back.")).to_be_visible()
