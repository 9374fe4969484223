"""The quarantine page in a real browser: what was refused is looked at, edited, tried again, put aside, downloaded."""

import csv
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.intake import click_cell, import_text, shop_site, table, words
from tests.browser.seen import until

_TICK, _FIRST_AT_FAULT = 18, 650


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site("territories", "accounts") as served:
        yield served


def bad(name: str) -> str:
    """A file with three refused records of two reasons, and one that is stored; keys differ by file."""
    key = name.split(".", maxsplit=1)[0]
    return (
        f"ID;Company;Status;Lat;Lng\n{key}1;Good;customer;60.17;24.94\n{key}2;Asleep;sleeping;;\n{key}3;Asleep too;sleeping;;\n{key}4;Far;customer;97;24.94\n"
    )


def opened(visit: Visit, site: Site, name: str, *, phone: bool = False) -> Page:
    """The page of a file with refused records."""
    import_text(site, name, bad(name))
    page = visit(site, "/quarantine?" + urlencode({"object": "accounts", "source": "files", "file": name}), phone=phone)
    expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()
    assert until(page, lambda: len(words(table(page, "records"))) == 3)
    return page


def edit(page: Page, row: int, text: str) -> None:
    """Writes another value into the first column at fault."""
    field = page.locator("textarea.gdg-input")

    def begun() -> bool:
        click_cell(table(page, "records"), row, _FIRST_AT_FAULT)
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        return field.count() == 1

    assert until(page, begun)
    field.fill(text)
    field.press("Enter")
    expect(field).to_have_count(0)


def waiting(site: Site, name: str) -> object:
    return site.value("SELECT count(*) FROM gcrm.quarantine WHERE file_name = %s AND discarded_at IS NULL", name)


def test_an_empty_quarantine_says_what_it_is(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/quarantine")
    expect(page.get_by_text("The quarantine is empty")).to_be_visible()
    expect(page.get_by_role("link", name="Import a file")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_files_reasons_and_records_are_shown(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "shown.csv")
    total = site.value("SELECT count(*) FROM gcrm.quarantine WHERE discarded_at IS NULL")
    expect(page.locator(".figures")).to_contain_text(f"{total:,}")
    assert until(page, lambda: any("shown.csv" in row for row in words(table(page, "files"))))
    assert until(page, lambda: len(words(table(page, "reasons"))) == 2)
    reasons = words(table(page, "reasons"))
    assert [(row[0], row[2]) for row in reasons] == [("Status", "sleeping"), ("Lat", "97")]
    assert "must be one of customer" in reasons[0][1]
    records = words(table(page, "records"))
    assert [row[1:3] for row in records] == [["2", "Status"], ["3", "Status"], ["4", "Lat"]]
    assert records[0][4:6] == ["sleeping", ""]


def test_a_reason_filters_and_the_link_says_so(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "filtered.csv")
    click_cell(table(page, "reasons"), 1, 16)
    expect(page).to_have_url(re.compile("rule=must"))
    assert until(page, lambda: len(words(table(page, "records"))) == 1)
    expect(page.get_by_role("button", name="Retry all 1 record")).to_be_visible()
    again = visit(site, page.url.removeprefix(site.url))
    assert until(again, lambda: [row[2] for row in words(table(again, "records"))] == ["Lat"])
    again.get_by_role("button", name="Lat: must be at most 90").click()
    assert until(again, lambda: len(words(table(again, "records"))) == 3)


def test_an_edited_record_is_stored_and_the_rest_waits(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "edited.csv")
    edit(page, 0, "prospect")
    page.get_by_role("button", name="Retry 1 record").click()
    expect(page.get_by_text("1 accepted.")).to_be_visible()
    assert site.value("SELECT status FROM gcrm.accounts WHERE source_key = 'edited2'") == "prospect"
    assert waiting(site, "edited.csv") == 2
    assert until(page, lambda: [row[1] for row in words(table(page, "records"))] == ["3", "4"])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The retry is undone")).to_be_visible()
    assert waiting(site, "edited.csv") == 3
    assert site.value("SELECT count(*) FROM gcrm.accounts WHERE source_key = 'edited2'") == 0


def test_what_is_refused_again_says_why(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "again.csv")
    edit(page, 0, "prospect")
    expect(page.get_by_role("button", name="Retry 1 record")).to_be_visible()
    edit(page, 1, "dreaming")
    page.get_by_role("button", name="Retry 2 records").click()
    expect(page.get_by_text("1 accepted, 1 refused again: row 3, Status “dreaming” must be one of")).to_be_visible()
    assert waiting(site, "again.csv") == 2


def test_an_edit_can_be_kept_for_later(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "kept.csv")
    edit(page, 2, "prospect")
    page.get_by_role("button", name="Keep 1 edit").click()
    expect(page.get_by_text("1 record edited")).to_be_visible()
    assert site.value("SELECT record ->> 'Status' FROM gcrm.quarantine WHERE file_name = 'kept.csv' AND row_number = 4") == "prospect"
    assert waiting(site, "kept.csv") == 3


def test_ticked_records_are_put_aside_and_taken_back(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "aside.csv")
    click_cell(table(page, "records"), 1, _TICK)
    page.get_by_role("button", name="Discard 1 record").click()
    expect(page.get_by_text("1 record put aside.")).to_be_visible()
    assert waiting(site, "aside.csv") == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 record taken back")).to_be_visible()
    assert waiting(site, "aside.csv") == 3
    page.get_by_role("button", name="Discard all 3 records").click()
    expect(page.get_by_text("3 records put aside.")).to_be_visible()
    page.get_by_role("button", name="3 put aside").click()
    expect(page).to_have_url(re.compile("state=discarded"))
    page.get_by_role("button", name="Take back all 3 records").click()
    expect(page.get_by_text("3 records taken back")).to_be_visible()
    assert waiting(site, "aside.csv") == 3


def test_a_download_works_once(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "saved.csv")
    page.get_by_role("button", name="Download all 3 records").click()
    link = page.get_by_role("link", name="Save all 3 records")
    address = str(link.get_attribute("href"))
    with page.expect_download() as started:
        link.click()
    assert started.value.suggested_filename == "saved.refused.csv"
    rows = list(csv.DictReader(started.value.path().read_text(encoding="utf-8").splitlines(), delimiter=";"))
    found = [(row["refused row"], row["ID"], row["refused column"]) for row in rows]
    assert found == [("2", "saved2", "Status"), ("3", "saved3", "Status"), ("4", "saved4", "Lat")]
    again = page.request.get(site.url + address)
    assert again.status == 404
    assert "has been used" in again.text()
    assert page.request.get(f"{site.url}/download/guessed").status == 404


def test_pages_are_turned(site: Site, visit: Visit) -> None:
    import_text(site, "many.csv", "id,name\n" + "".join(f",Name {number}\n" for number in range(120)))
    page = visit(site, "/quarantine?object=accounts&source=files&file=many.csv")
    expect(page.get_by_text("1 to 50 of 120")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("51 to 100 of 120")).to_be_visible()
    expect(page).to_have_url(re.compile("page=2"))
    assert until(page, lambda: [row[1] for row in words(table(page, "records"))[:1]] == ["51"])
    page.get_by_role("button", name="Last").click()
    expect(page.get_by_text("101 to 120 of 120")).to_be_visible()


def test_hostile_text_is_shown_as_text(site: Site, visit: Visit) -> None:
    name = "<img src=x onerror=alert(1)> **b**.csv"
    import_text(site, name, "id,name,status\nh1,N,<script>alert(1)</script> [x](http://example.com)\nh2,M,customer\nh3,O,prospect\n")
    page = visit(site, f"/quarantine?object=accounts&source=files&file={quote(name)}")
    expect(page.get_by_text(f"{name}: 1 record")).to_be_visible()
    expect(page.get_by_role("button", name="Retry all 1 record")).to_be_visible()
    page.get_by_role("button", name="Retry all 1 record").click()
    expect(page.get_by_text("“<script>alert(1)</script> [x](http://example.com)”")).to_be_visible()
    expect(page.get_by_role("link", name="x", exact=True)).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_it_fits(site: Site, visit: Visit, *, phone: bool, dark: bool) -> None:
    import_text(site, "fits.csv", bad("fits.csv"))
    page = visit(site, "/quarantine?object=accounts&source=files&file=fits.csv", dark=dark, phone=phone)
    expect(page.get_by_role("button", name="Retry all 3 records")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1440)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_wrong_link_says_so(site: Site, visit: Visit) -> None:
    page = visit(site, "/quarantine?page=none")
    expect(page.get_by_text("'none' is no page")).to_be_visible()
