"""The positions page in a real browser: accounts that the geocoder is not sure of are decided on, and decisions taken back."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from dashboards.theme import LIGHT, rgb
from gcrm.spatial.extracts import helsinki
from tests.browser.conftest import Site, Visit, gcrm, serving
from tests.browser.intake import click_cell, import_text, table, words
from tests.browser.seen import map_of, pixels, ready, until
from tests.conftest import quick_home

_DISC, _ENOUGH = 21, 150
# A misspelt street, an unknown number (the street runs through several postcodes), an unknown street (twice), and one that is sure.
_ACCOUNTS = """account_key;name;street;house_number;postcode;city;country_code
typo;Kahvila <b>bold</b> [x](http://x);Robertinkatu;20;00120;Helsinki;FI
number;<img src=x onerror=alert(1)>;Aleksanterinkatu;999;;;
street;Lost Oy;Kuviteltukuja <i>7</i>;3;00100;Helsinki;FI
twin;Lost Too;Kuviteltukuja <i>7</i>;3;00100;Helsinki;FI
sure;Sure Oy;Mannerheimintie;14;00100;Helsinki;FI
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The centre of Helsinki, and five accounts in it of which one is placed surely."""
    with quick_home() as home:
        gcrm(home, "load", "osm", helsinki())
        with serving(home) as served:
            import_text(served, "accounts.csv", _ACCOUNTS)
            gcrm(home, "geocode")
            yield served


def account(site: Site, key: str) -> int:
    found = site.value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key)
    assert isinstance(found, int)
    return found


def place(site: Site, key: str) -> object:
    """How an account is placed: level, longitude and latitude."""
    return site.value(
        "SELECT concat_ws(' ', geocode_level, round(ST_X(position)::numeric, 5), round(ST_Y(position)::numeric, 5)) FROM gcrm.accounts WHERE source_key = %s",
        key,
    )


def status(site: Site, key: str) -> object:
    return site.value("SELECT r.status FROM gcrm.geocode_reviews r JOIN gcrm.accounts USING (account_id) WHERE source_key = %s", key)


def opened(visit: Visit, site: Site, key: str) -> Page:
    """The page at an account of the queue."""
    page = visit(site, f"/positions?after={account(site, key) - 1}")
    expect(page.locator(".account b")).to_have_text(str(site.value("SELECT name FROM gcrm.accounts WHERE source_key = %s", key)))
    return page


def typed(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name="Or its point: longitude, latitude")
    field.fill(text)
    field.press("Enter")


def undo(page: Page, site: Site, key: str) -> None:
    """Takes back the decision on an account, in the list of the last ones."""
    page.locator(f".st-key-decision-{account(site, key)}").get_by_role("button", name="Undo").click()
    expect(page.locator(f".st-key-decision-{account(site, key)}")).to_have_count(0)


def another_point(page: Page) -> tuple[int, int] | None:
    """The middle of a point that is not the chosen one, pixels of the map; None while none is drawn."""
    picture = pixels(map_of(page))
    same = (np.abs(picture - np.array(rgb(LIGHT.muted)[:3], dtype=np.int16)) <= 3).all(axis=2)
    discs = np.lib.stride_tricks.sliding_window_view(same, (_DISC, _DISC)).sum(axis=(2, 3))
    y, x = np.unravel_index(int(np.argmax(discs)), discs.shape)
    return (int(x) + _DISC // 2, int(y) + _DISC // 2) if discs[y, x] > _ENOUGH else None


def test_without_accounts_it_says_what_it_is_for(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/positions")
    expect(page.get_by_text("There are no accounts yet")).to_be_visible()
    expect(page.get_by_text("gcrm geocode")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_queue_and_its_first_account_are_shown(site: Site, visit: Visit) -> None:
    page = visit(site, "/positions")
    expect(page.locator(".account")).to_contain_text("Kahvila <b>bold</b> [x](http://x)")
    expect(page.locator(".account")).to_contain_text("Robertinkatu 20, 00120 Helsinki, FI")
    expect(page.locator(".account")).to_contain_text("Only its postcode is known")
    expect(page.locator(".figures")).to_contain_text("4")
    assert until(page, lambda: len(words(table(page, "listed"))) == 4)
    assert [row[0] for row in words(table(page, "listed"))] == ["Kahvila <b>bold</b> [x](http://x)", "<img src=x onerror=alert(1)>", "Lost Oy", "Lost Too"]
    candidates = words(table(page, "candidates"))
    assert candidates[0][1:3] == ["Iso Roobertinkatu, 00120 Helsinki", "Street only"]
    assert candidates[0][4] == "0"
    assert int(candidates[1][4].replace(",", "")) > 50


def test_hostile_names_are_text(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "number")
    expect(page.locator(".account img")).to_have_count(0)
    page.get_by_role("button", name="Leave it").click()
    expect(page.get_by_test_id("stToast")).to_contain_text("<img src=x onerror=alert(1)> stays where it is.")
    expect(page.locator(".decision")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator(".stMain img[src=x]")).to_have_count(0)
    undo(page, site, "number")
    assert status(site, "number") == "open"
    street = opened(visit, site, "street")
    expect(street.locator(".account p")).to_have_text("Kuviteltukuja <i>7</i> 3, 00100 Helsinki, FI")


def test_a_candidate_is_chosen_by_its_row_accepted_and_taken_back(site: Site, visit: Visit) -> None:
    before = place(site, "typo")
    page = opened(visit, site, "typo")
    click_cell(table(page, "candidates"), 1, 16)
    expect(page).to_have_url(re.compile("candidate=2"))
    page.get_by_role("button", name="Accept 2").click()
    expect(page.locator(".account b")).to_have_text("<img src=x onerror=alert(1)>")
    second = site.value(
        "SELECT concat_ws(' ', 'confirmed', round((candidates -> 1 ->> 'longitude')::numeric, 5), round((candidates -> 1 ->> 'latitude')::numeric, 5))"
        " FROM gcrm.geocode_reviews WHERE account_id = %s", account(site, "typo"),
    )  # fmt: skip
    assert place(site, "typo") == second
    page.get_by_text("Accepted (1)").click()
    expect(page).to_have_url(re.compile("status=accepted"))
    expect(page.locator(".account")).to_contain_text("Kahvila <b>bold</b>")
    undo(page, site, "typo")
    expect(page.locator(".account b")).to_have_text("Kahvila <b>bold</b> [x](http://x)")
    assert place(site, "typo") == before
    assert status(site, "typo") == "open"


def test_a_candidate_is_chosen_by_its_point(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "number")
    ready(page)
    found = until(page, lambda: another_point(page))
    assert found is not None
    page.locator(".st-key-map canvas").first.click(position={"x": found[0], "y": found[1]}, force=True)
    expect(page).to_have_url(re.compile("candidate=[23]"))
    expect(page.get_by_role("button", name=re.compile("Accept [23]"))).to_be_visible()


def test_a_typed_point_holds_for_all_of_the_address(site: Site, visit: Visit) -> None:
    before = place(site, "street")
    page = opened(visit, site, "street")
    typed(page, "24.95; north")
    expect(page.get_by_text("A point is two numbers")).to_be_visible()
    typed(page, "240.95, 60.17")
    expect(page.get_by_test_id("stAlert")).to_contain_text("is not on the globe")
    page.get_by_role("button", name="Set the point").click()
    expect(page.get_by_test_id("stToast")).to_contain_text("is not on the globe")
    assert place(site, "street") == before
    typed(page, "24.95, 60.17")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    page.get_by_text("Always for this address").click()
    page.get_by_role("button", name="Set the point").click()
    assert until(page, lambda: place(site, "street") == "confirmed 24.95000 60.17000")
    assert place(site, "twin") == place(site, "street")
    expect(page.get_by_text("This is the end of the list")).to_be_visible()
    undo(page, site, "street")
    assert (place(site, "street"), status(site, "twin")) == (before, "open")


def test_later_shows_the_next_and_leaves_all_as_it_is(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "street")
    page.get_by_role("button", name="Later").click()
    expect(page.locator(".account b")).to_have_text("Lost Too")
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_text("This is the end of the list; 4 are before it.")).to_be_visible()
    page.get_by_role("button", name="From the first").click()
    expect(page.locator(".account b")).to_contain_text("Kahvila")
    assert site.value("SELECT count(*) FROM gcrm.geocode_reviews WHERE status = 'open'") == 4


@pytest.mark.parametrize("asked", ["status=nonsense", "after=-1", "candidate=two"])
def test_a_link_that_cannot_be_followed_says_so(site: Site, visit: Visit, asked: str) -> None:
    page = visit(site, f"/positions?{asked}")
    expect(page.get_by_test_id("stAlert")).to_contain_text("The link cannot be followed")
    expect(page.locator(".account b")).to_contain_text("Kahvila")
