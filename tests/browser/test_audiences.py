"""The page of audiences: a marketer chooses by rules, sees how many fall, keeps a list, takes it along, makes it a campaign, and takes it back."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit, gcrm
from tests.browser.intake import shop_site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site("territories", "reps", "products", "accounts", "contacts", "consents", "orders") as served:
        for person in ("p2", "p3"):
            gcrm(served.home, "consent", "give", person, "--purpose", "marketing", "--at", "2025-04-01")
        yield served


def opened(visit: Visit, site: Site, path: str = "/audiences", *, phone: bool = False, dark: bool = False) -> Page:
    page = visit(site, path, phone=phone, dark=dark)
    expect(page.get_by_role("heading", name="Audiences", exact=True)).to_be_visible()
    return page


def figure(page: Page, name: str) -> str:
    return page.locator(".figures").get_by_text(name, exact=True).locator("xpath=..").inner_text()


def keep(page: Page, name: str) -> None:
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text(f"{name} is kept, with")).to_be_visible()


def test_rules_choose_and_the_link_keeps_them(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/audiences?channel=post")
    expect(page.locator(".figures")).to_contain_text("who may be contacted now")
    accounts = site.value("SELECT count(*) FROM gcrm.accounts")
    assert f"of {accounts}" in figure(page, "Accounts")
    page.get_by_role("combobox", name=re.compile("^Status")).click()
    page.get_by_role("option", name="prospect").click()
    expect(page).to_have_url(re.compile("statuses=prospect"))
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Audiences", exact=True)).to_be_visible()
    assert "statuses=prospect" in page.url
    assert figure(page, "Contacts").split() != ["0"]


def test_a_list_is_kept_taken_along_and_taken_back(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/audiences?channel=post")
    keep(page, "Letters")
    key = site.value("SELECT audience_id FROM gcrm.audiences WHERE name = 'Letters' AND removed_at IS NULL")
    rows = site.value("SELECT count(*) FROM gcrm.audience_members WHERE audience_id = %s AND NOT held_out", key)
    card = page.locator(f".st-key-audience-{key}")
    card.get_by_role("button", name="Download").click()
    page.get_by_role("radio", name="CSV for a mail merge").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save CSV for a mail merge").click()
    written = list(csv.DictReader(caught.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert len(written) == rows
    assert all("street" in row and "email" not in row for row in written)
    assert site.value("SELECT detail ->> 'asked' FROM gcrm.audit WHERE action = 'export' ORDER BY audit_id DESC LIMIT 1") == f"audience {key}"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The list Letters is gone again.")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.audiences WHERE name = 'Letters' AND removed_at IS NULL") == 0


def test_a_list_becomes_a_campaign(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/audiences?channel=post")
    keep(page, "Spring")
    key = site.value("SELECT audience_id FROM gcrm.audiences WHERE name = 'Spring'")
    card = page.locator(f".st-key-audience-{key}")
    card.get_by_role("button", name="Choose again").click()
    expect(page.get_by_text("Spring was chosen again: 0 contacts came, 0 went.")).to_be_visible()
    card.get_by_role("button", name="Make it a campaign").click()
    page.get_by_role("textbox", name="Cost").fill("12.50")
    page.get_by_role("button", name="Address them").click()
    expect(page.get_by_text("contacts are addressed as of now")).to_be_visible()
    assert str(site.value("SELECT cost FROM gcrm.campaigns WHERE name = 'Spring'")) == "12.50"
    expect(card.get_by_role("button", name="Make it a campaign")).to_have_count(0)


def test_what_cannot_be_is_said(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/audiences?segments=none")
    expect(page.get_by_text("Nobody who may be contacted fits these rules")).to_be_visible()
    page.get_by_role("textbox", name="Area", exact=True).fill("nowhere")
    page.get_by_role("textbox", name="Area", exact=True).press("Enter")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("nowhere")


def test_without_accounts_it_says_what_to_do(empty_site: Site, visit: Visit) -> None:
    expect(opened(visit, empty_site).locator(".st-key-what_to_do")).to_contain_text("There are no accounts yet")


def test_a_phone_shows_all_of_it(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/audiences?channel=post", phone=True, dark=True)
    expect(page.get_by_role("button", name="Keep", exact=True)).to_be_visible()
