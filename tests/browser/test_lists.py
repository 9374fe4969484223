"""The lists: filtered by an area, sorted, changed in a cell and many at once, taken back, saved as a view, taken along."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import h3
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.intake import click_cell, shop_site, table, words
from tests.browser.seen import until

_RING = [[24.938, 60.17], [24.944, 60.17], [24.944, 60.1725], [24.938, 60.1725], [24.938, 60.17]]
_BOX = "POLYGON((24.938 60.17, 24.944 60.17, 24.944 60.1725, 24.938 60.1725, 24.938 60.17))"
_INSIDE = f"FROM gcrm.accounts WHERE ST_Intersects(position, ST_GeomFromText('{_BOX}', 4326))"
_ELSEWHERE = h3.latlng_to_cell(10, 10, 10)
_NAME_AT, _CHOICE_AT = 150, 18
"""Pixels from the left of the table of accounts."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site("territories", "reps", "accounts", "opportunities", "leads", "cases", "activities") as served:
        yield served


def opened(visit: Visit, site: Site, path: str, title: str, *, phone: bool = False, dark: bool = False) -> Page:
    page = visit(site, path, phone=phone, dark=dark)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    return page


def names(page: Page) -> list[str]:
    """The names of the accounts in the table, behind the box and the link."""
    return [row[2] for row in words(table(page, "list-of-accounts"))]


def shows(page: Page, wanted: list[str]) -> None:
    """Waits until the table has these accounts."""
    assert until(page, lambda: names(page) == wanted), names(page)


def edit(page: Page, row: int, name: str) -> None:
    """Writes another name into a row of the table."""
    field = page.locator("textarea.gdg-input")

    def begun() -> bool:
        click_cell(table(page, "list-of-accounts"), row, _NAME_AT)
        page.keyboard.press("Enter")
        page.wait_for_timeout(500)
        return field.count() == 1

    assert until(page, begun)
    field.fill(name)
    field.press("Enter")
    expect(field).to_have_count(0)


def choose(page: Page, label: str, option: str) -> None:
    """Says in the form of a change what is changed, and what it is from then on."""
    form = page.get_by_test_id("stPopoverBody")
    form.get_by_role("combobox", name=re.compile("Field")).click()
    page.get_by_role("option", name=label, exact=True).click()
    form.get_by_role("combobox", name=re.compile(f"New {label.lower()}")).click()
    page.get_by_role("option", name=option, exact=True).click()


def said(page: Page, text: str) -> None:
    expect(page.locator(".st-key-sales_result")).to_contain_text(text)


def test_the_accounts_of_an_area_are_changed_taken_back_saved_and_taken_along(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/accounts", "Accounts")
    expect(page.locator(".st-key-list_head")).to_contain_text("7 accounts")
    page.get_by_label("Area", exact=True).fill(json.dumps({"type": "Polygon", "coordinates": [_RING]}))
    page.get_by_label("Area", exact=True).press("Enter")
    said(page, "Only what lies in a polygon is listed.")
    shows(page, ['Haus "Meri"; Bau', "Velo Oy Filiale"])
    expect(page.locator(".st-key-list_head")).to_contain_text(f"{site.value(f'SELECT count(*) {_INSIDE}')} accounts in a polygon")
    page.locator('[class*="st-key-turn-accounts"]').get_by_role("button").click()
    shows(page, ["Velo Oy Filiale", 'Haus "Meri"; Bau'])

    edit(page, 0, "Velo  Oyj")
    said(page, "It is changed.")
    shows(page, ["Velo Oyj", 'Haus "Meri"; Bau'])
    assert site.value("SELECT changed_by IS NOT NULL AND through = 'page' FROM gcrm.changes WHERE before ->> 'name' = 'Velo Oy Filiale'") is True
    page.get_by_role("button", name="Undo").click()
    said(page, "It is as it was before.")
    shows(page, ["Velo Oy Filiale", 'Haus "Meri"; Bau'])

    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text("All 2 accounts of this list")).to_be_visible()
    choose(page, "Status", "Lost")
    page.get_by_role("button", name="Change 2 accounts").click()
    said(page, "Status of 2 accounts is changed.")
    assert site.value(f"SELECT count(*) {_INSIDE} AND status = 'lost'") == 2
    assert site.value("SELECT count(*) FROM gcrm.accounts WHERE status = 'lost'") == 3
    page.get_by_role("button", name="Undo").click()
    said(page, "2 accounts are as they were before.")
    assert site.value("SELECT count(*) FROM gcrm.accounts WHERE status = 'lost'") == 1

    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of the view").fill("Around the station")
    page.get_by_role("button", name="Save as new").click()
    expect(page.get_by_text("“Around the station” is saved.")).to_be_visible()
    page.keyboard.press("Escape")
    link = site.gcrm("views", "show", "Around the station").splitlines()[0]
    other = opened(visit, site, link, "Accounts")
    shows(other, ["Velo Oy Filiale", 'Haus "Meri"; Bau'])

    other.get_by_role("button", name="Download").click()
    other.get_by_role("radio", name="CSV").click()
    with other.expect_download() as started:
        other.get_by_role("link", name="Save CSV").click()
    taken = pd.read_csv(started.value.path())
    assert list(taken["account_id"]) == site.value(f"SELECT array_agg(account_id ORDER BY lower(name) DESC) {_INSIDE}")
    assert site.value("SELECT detail ->> 'asked' FROM gcrm.audit WHERE action = 'export' ORDER BY happened_at DESC LIMIT 1").startswith("accounts?area=POLYGON")  # type: ignore[attr-defined] # it is text


def test_the_chosen_records_alone_are_changed(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/accounts?status=customer", "Accounts")
    shows(page, ["Familie Muster", "Kaupunki 7", "Velo Oy", "Velo Oy Filiale"])
    click_cell(table(page, "list-of-accounts"), 1, _CHOICE_AT)
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text("The chosen account")).to_be_visible()
    choose(page, "Segment", "Construction")
    page.get_by_role("button", name="Change 1 account", exact=True).click()
    said(page, "Segment of 1 account is changed.")
    assert site.value("SELECT segment FROM gcrm.accounts WHERE source_key = 'c7'") == "Construction"
    page.get_by_role("button", name="Undo").click()
    said(page, "It is as it was before.")


def test_a_file_is_an_area(site: Site, visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "station.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [_RING]}))
    page = opened(visit, site, "/accounts", "Accounts")
    page.get_by_text("Area out of a file").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    shows(page, ['Haus "Meri"; Bau', "Velo Oy Filiale"])


def test_an_area_is_drawn(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/accounts", "Accounts")
    assert until(page, lambda: len(names(page)) > 1)
    page.get_by_role("button", name="Draw it on the map").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Filter by it")).to_be_disabled()
    dialog.locator(".toolbar [data-tool=rectangle]").click()
    box = dialog.locator("canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 150, y - 90)
    page.mouse.down()
    page.mouse.move(x, y, steps=8)
    page.mouse.move(x + 120, y + 60, steps=8)
    page.mouse.up()
    dialog.get_by_role("button", name="Filter by it").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Only what lies in a polygon is listed.")).to_be_visible()
    polygon = parse_qs(urlsplit(page.url).query)["area"][0]
    inside = site.value("SELECT count(*) FROM gcrm.accounts WHERE ST_Intersects(position, ST_GeomFromText(%s, 4326))", polygon)
    expect(page.locator(".st-key-list_head")).to_contain_text(f"{inside} account")


@pytest.mark.parametrize(
    ("path", "title", "key", "text"),
    [
        ("/leads", "Leads", "leads", "Kahvila Aalto"), ("/opportunities", "Opportunities", "opportunities", "Ten bikes"),
        ("/cases", "Cases", "cases", "Opening hours"), ("/activities?state=done", "Activities", "activities", "Spring range"),
    ],
)  # fmt: skip
def test_every_list_is_filtered_by_an_area(site: Site, visit: Visit, path: str, title: str, key: str, text: str) -> None:
    page = opened(visit, site, path, title)
    assert until(page, lambda: text in str(words(table(page, f"list-of-{key}"))))
    page.get_by_label("Area", exact=True).fill(_ELSEWHERE)
    page.get_by_label("Area", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(f"area={_ELSEWHERE}"))
    expect(page.get_by_text("None is like that")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    if key != "activities":  # of which those that are planned are shown first
        assert until(page, lambda: text in str(words(table(page, f"list-of-{key}"))))


@pytest.mark.parametrize("path", ["/accounts", "/opportunities"])
def test_an_empty_list_says_what_to_do(empty_site: Site, visit: Visit, path: str) -> None:
    expect(visit(empty_site, path).locator(".st-key-what_to_do")).to_be_visible()
