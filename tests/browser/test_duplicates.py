"""The duplicates page in a real browser: pairs are looked at, merged, told apart, left for later, by click and by key, and taken back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site, Visit, gcrm, serving
from tests.browser.intake import import_text, shop_site
from tests.conftest import quick_home

_HOSTILE = "<img src=x onerror=alert(1)> *Bold* Bakery"
_TWINS = f"""ID;Company;Street;House number;Zip;City;Phone;Mail
d1;Café Müller GmbH;Hauptstrasse;12;10115;Berlin;+49 30 1234567;
d2;Cafe Mueller;Haupstr.;12;10115;Berlin;030 1234567;info@mueller.example
d3;Jonas Weber;Weg;7;50667;Köln;+49 221 9876543;jonas@weber.example
d4;Weber Jonas;Weg;7;50667;Köln;0221/9876543;
d5;{_HOSTILE};Ring;3;20095;Hamburg;+49 40 7654321;
d6;{_HOSTILE};Ring;3;20095;Hamburg;+49 40 7654321;b@bakery.example
"""


@pytest.fixture(scope="module")
def filled() -> Iterator[Site]:
    with shop_site("territories", "accounts") as served:
        import_text(served, "twins.csv", _TWINS, source="crm")
        yield served


@pytest.fixture
def site(filled: Site) -> Site:
    """The dashboards with three pairs that wait, whatever a test before decided."""
    while (merge_id := filled.value("SELECT coalesce(max(merge_id), 0) FROM gcrm.account_merges WHERE undone_at IS NULL")) != 0:
        gcrm(filled.home, "duplicates", "undo", merge_id)
    filled.value("WITH gone AS (DELETE FROM gcrm.duplicates RETURNING 1) SELECT count(*) FROM gone")
    gcrm(filled.home, "duplicates", "find")
    assert filled.value("SELECT count(*) FROM gcrm.duplicates WHERE status = 'open'") == 3
    return filled


@pytest.fixture
def unsearched() -> Iterator[Site]:
    """The dashboards of accounts among which nobody has looked for duplicates."""
    with quick_home() as home, serving(home) as served:
        import_text(served, "twins.csv", _TWINS, source="crm")
        yield served


def pair(page: Page) -> Locator:
    return page.locator("table.pair")


def names(page: Page) -> list[str]:
    """The names of the pair on top, left and right."""
    expect(pair(page)).to_have_count(1)
    return pair(page).locator("tr", has=page.get_by_role("rowheader", name=re.compile("Name$"))).locator("td").all_inner_texts()


def figure(page: Page, name: str) -> Locator:
    return page.locator(".figures > div").filter(has=page.get_by_text(name, exact=True)).locator("b")


def act(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).click()


def opened(visit: Visit, site: Site, *, query: str = "", phone: bool = False) -> Page:
    page = visit(site, f"/duplicates{query}", phone=phone)
    expect(page.get_by_role("heading", name="Duplicates", exact=True)).to_be_visible()
    return page


def press(page: Page, key: str) -> None:
    """Presses a key once the page stands still: a page that is just being drawn does not listen yet."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_timeout(1500)
    page.keyboard.press(key)


def test_a_pair_is_seen_side_by_side_with_the_reasons(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    expect(figure(page, "Waiting")).to_have_text("3")
    assert len(set(names(page))) >= 1
    expect(page.get_by_text("probable that they are one")).to_be_visible()
    expect(page.locator(".why li.for")).not_to_have_count(0)
    expect(pair(page).locator("tr.same, tr.differs")).not_to_have_count(0)
    expect(page.get_by_text("2 of 2")).to_be_visible()


def test_what_differs_is_marked(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    for _ in range(2):
        if names(page)[0] == "Jonas Weber":
            break
        before = names(page)
        act(page, "^Later")
        expect(page.get_by_text("left for later")).to_be_visible()
        expect(pair(page)).not_to_contain_text(before[0])
    assert names(page) == ["Jonas Weber", "Weber Jonas"]
    kinds = {row.locator("th").inner_text().split()[-1]: row.get_attribute("class") for row in pair(page).locator("tbody tr").all()}
    assert (kinds["Name"], kinds["City"], kinds["address"]) == ("differs", "same", "alone")


def test_a_merge_by_click_brings_the_next_pair_and_is_undone(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    accounts = site.value("SELECT count(*) FROM gcrm.accounts")
    act(page, "Merge into the left")
    expect(page.get_by_test_id("stAlert")).to_contain_text("is part of")
    expect(figure(page, "Waiting")).to_have_text("2")
    expect(figure(page, "Merged")).to_have_text("1")
    expect(pair(page)).to_have_count(1)
    assert site.value("SELECT count(*) + 1 FROM gcrm.accounts") == accounts
    page.reload()
    decision = page.locator('[class*="st-key-decision-merged"]')
    expect(decision).to_contain_text("merged into")
    decision.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("The merge is undone; the pair waits again.")
    expect(figure(page, "Waiting")).to_have_text("3")
    expect(page.get_by_text("a merge of these two was taken back")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.accounts") == accounts


def test_the_right_one_stays_when_it_is_merged_into(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    expect(pair(page)).to_have_count(1)
    keys = pair(page).locator("tr", has=page.get_by_role("rowheader", name="Key there")).locator("td").all_inner_texts()
    act(page, "Merge into the right")
    expect(figure(page, "Merged")).to_have_text("1")
    assert site.value("SELECT source_key FROM gcrm.account_keys") == keys[0]
    assert site.value("SELECT count(*) FROM gcrm.accounts WHERE source_key = %s", keys[1]) == 1


def test_two_different_ones_are_not_asked_about_again_until_it_is_undone(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    act(page, "Two different")
    expect(figure(page, "Two different")).to_have_text("1")
    expect(figure(page, "Waiting")).to_have_text("2")
    gcrm(site.home, "duplicates", "find")
    page.reload()
    expect(figure(page, "Waiting")).to_have_text("2")
    page.locator('[class*="st-key-decision-separate"]').get_by_role("button", name="Undo").click()
    expect(figure(page, "Waiting")).to_have_text("3")
    expect(figure(page, "Two different")).to_have_text("0")


def test_the_whole_queue_is_decided_by_keys(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    expect(pair(page)).to_have_count(1)
    press(page, "4")
    expect(page.get_by_text("1 left for later")).to_be_visible()
    press(page, "1")
    expect(figure(page, "Merged")).to_have_text("1")
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    press(page, "u")
    expect(figure(page, "Merged")).to_have_text("0")
    expect(page.get_by_test_id("stAlert")).to_contain_text("undone")
    press(page, "2")
    expect(figure(page, "Merged")).to_have_text("1")
    press(page, "3")
    expect(figure(page, "Two different")).to_have_text("1")
    page.get_by_role("button", name="See the 1 left for later").click()
    expect(pair(page)).to_have_count(1)
    press(page, "3")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.duplicates WHERE status = 'separate'") == 2


def test_what_was_decided_elsewhere_meanwhile_is_said(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    expect(pair(page)).to_have_count(1)
    top = site.value("SELECT duplicate_id FROM gcrm.duplicates ORDER BY score DESC, duplicate_id LIMIT 1")
    gcrm(site.home, "duplicates", "merge", top)
    act(page, "Merge into the left")
    expect(page.get_by_test_id("stAlert")).to_contain_text("There is no pair")
    expect(figure(page, "Waiting")).to_have_text("2")


def test_the_link_filters(site: Site, visit: Visit) -> None:
    page = opened(visit, site, query="?source=crm&score=0.5")
    expect(pair(page)).to_have_count(1)
    page = opened(visit, site, query="?source=files")
    expect(page.get_by_text("No pair is left here")).to_be_visible()
    act(page, "Show all pairs")
    expect(pair(page)).to_have_count(1)
    page = opened(visit, site, query="?score=2")
    expect(page.get_by_text("The link cannot be followed")).to_be_visible()


def test_hostile_names_are_shown_as_text(site: Site, visit: Visit) -> None:
    page = opened(visit, site)
    for _ in range(3):
        if names(page)[0] == _HOSTILE:
            break
        before = names(page)[0]
        act(page, "^Later")
        expect(pair(page)).not_to_contain_text(before)
    assert names(page) == [_HOSTILE, _HOSTILE]
    act(page, "Merge into the left")
    expect(page.get_by_test_id("stAlert")).to_contain_text(f"{_HOSTILE} is part of {_HOSTILE} now.")
    expect(page.locator(".decision")).to_contain_text(f"{_HOSTILE} merged into {_HOSTILE}")
    expect(page.locator("img[src=x]")).to_have_count(0)


def test_it_fits_a_phone(site: Site, visit: Visit) -> None:
    page = opened(visit, site, phone=True)
    expect(pair(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_quality_page_tells_how_many_wait(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality")
    expect(figure(page, "Duplicates")).to_have_text("3")


def test_an_empty_database_says_what_to_do(empty_site: Site, visit: Visit) -> None:
    page = opened(visit, empty_site)
    expect(page.get_by_text("There is nothing here yet")).to_be_visible()


def test_a_search_is_begun_on_the_page(unsearched: Site, visit: Visit) -> None:
    page = opened(visit, unsearched)
    expect(page.get_by_text("Nobody has looked for duplicates yet")).to_be_visible()
    act(page, "Look for duplicates")
    expect(page.get_by_text("Looked at every account: 3 pairs may be one.")).to_be_visible()
    expect(pair(page)).to_have_count(1)
