"""The pages of sales: leads are given to reps, written down and rejected; opportunities are moved and changed; everything is taken back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.intake import shop_site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site("territories", "reps", "products", "accounts", "opportunities", "leads") as served:
        yield served


def opened(visit: Visit, site: Site, path: str, title: str, *, phone: bool = False, dark: bool = False) -> Page:
    page = visit(site, path, phone=phone, dark=dark)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    return page


def choose(page: Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=re.compile(label))
    box.click()
    page.get_by_role("option", name=option, exact=True).click()


def test_leads_are_given_to_reps_by_a_button_and_taken_back(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/leads", "Leads")
    page.get_by_role("button", name="Assign by the rules").click()
    expect(page.get_by_text(re.compile("leads were given to reps"))).to_be_visible()
    assert site.value("SELECT count(rep_id) FROM gcrm.leads WHERE source_key IN ('l1', 'l2')") == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("leads wait again"))).to_be_visible()
    assert site.value("SELECT count(rep_id) FROM gcrm.leads WHERE source_key IN ('l1', 'l2')") == 0


def test_an_opportunity_is_moved_by_a_choice_on_its_card_and_taken_back(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/pipeline", "Pipeline")
    expect(page.locator(".deal").filter(has_text="Ten bikes")).to_be_visible()
    choose(page, "Move Ten bikes", "Lost: price")
    expect(page.get_by_text("Ten bikes: Lost: price.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Ten bikes is as it was before.")).to_be_visible()
    assert site.value("SELECT stage FROM gcrm.opportunities WHERE name = 'Ten bikes'") == "proposal"


def test_what_is_said_of_an_opportunity_is_changed_in_its_dialog(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/pipeline", "Pipeline")
    card = page.locator('[class*="st-key-opportunity-"]').filter(has_text="Ten bikes")
    expect(card).to_contain_text("too long")
    card.get_by_role("button").last.click()
    amount = page.get_by_label("Amount, EUR")
    amount.fill("a lot")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is no amount")).to_be_visible()
    amount.fill("14000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ten bikes is changed.")).to_be_visible()
    expect(card).to_contain_text("14,000 EUR")
    page.get_by_role("button", name="Undo").click()
    expect(card).to_contain_text("12,990 EUR")


def test_the_products_of_an_opportunity_make_its_amount_and_are_taken_back(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/pipeline", "Pipeline")
    card = page.locator('[class*="st-key-opportunity-"]').filter(has_text="Ten bikes")
    edit = card.locator('[class*="st-key-edit-"]').get_by_role("button")
    edit.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("tab", name="Products (0)").click()
    expect(dialog.get_by_text("without any it is typed")).to_be_visible()
    dialog.get_by_role("button", name="Add a product").click()
    expect(dialog.get_by_text("Line 1 has no product yet")).to_be_visible()
    expect(dialog.get_by_role("button", name="Save the products")).to_be_disabled()
    choose(page, "^Product$", "City bike")
    expect(dialog.locator(".sum")).to_contain_text("1,299.00 EUR")
    dialog.get_by_label("Quantity").fill("0")
    dialog.get_by_label("Discount, %").fill("5")
    expect(dialog.get_by_text("Line 1: a quantity of 0 is none")).to_be_visible()
    dialog.get_by_label("Quantity").fill("9")
    dialog.get_by_label("Quantity").press("Enter")
    expect(dialog.locator(".sum")).to_contain_text("11,106.45 EUR")
    dialog.get_by_role("button", name="Add a product").click()
    expect(dialog.get_by_label("Quantity")).to_have_count(2)
    dialog.locator('[class*="st-key-line-"]').last.get_by_role("button").last.click()
    expect(dialog.get_by_label("Quantity")).to_have_count(1)
    dialog.get_by_role("button", name="Save the products").click()
    expect(page.get_by_text("The products of Ten bikes are changed.")).to_be_visible()
    expect(card).to_contain_text("11,106 EUR")
    edit.click()
    expect(page.get_by_label("Amount, EUR")).to_be_disabled()
    expect(dialog.get_by_text("The amount is the sum of its products")).to_be_visible()
    dialog.get_by_role("tab", name="Products (1)").click()
    expect(dialog.get_by_label("Quantity")).to_have_value("9")
    dialog.get_by_label("Quantity").fill("8")
    dialog.get_by_role("button", name="Close").click()
    edit.click()
    dialog.get_by_role("tab", name="Products (1)").click()
    expect(dialog.get_by_label("Quantity")).to_have_value("9")  # what was not saved is forgotten
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Ten bikes is as it was before.")).to_be_visible()
    expect(card).to_contain_text("12,990 EUR")
    assert site.value("SELECT count(*) FROM gcrm.opportunity_lines") == 0


def test_a_lead_is_written_down_and_rejected_with_a_reason(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/leads", "Leads")
    page.get_by_role("button", name="New lead").click()
    page.get_by_label("Company").fill("Uusi Oy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The lead is stored, not assigned because it lies in no territory.")).to_be_visible()
    page = opened(visit, site, f"/leads?lead={site.value("SELECT lead_id FROM gcrm.leads WHERE company = 'Uusi Oy'")}", "Leads")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Why it is rejected is missing")).to_be_visible()
    page.get_by_label("Why it is rejected").fill("wanted a car")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Uusi Oy is rejected.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is as it was before.")).to_be_visible()
    assert site.value("SELECT status FROM gcrm.leads WHERE company = 'Uusi Oy'") == "new"


@pytest.mark.parametrize(("path", "title"), [("/leads", "Leads"), ("/pipeline", "Pipeline"), ("/forecast", "Forecast")])
def test_an_empty_database_says_what_to_do(empty_site: Site, visit: Visit, path: str, title: str) -> None:
    page = opened(visit, empty_site, path, title)
    expect(page.locator(".st-key-what_to_do")).to_be_visible()


def test_a_phone_shows_one_stage_at_a_time(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/pipeline?stage=proposal", "Pipeline", phone=True, dark=True)
    expect(page.locator(".deal").filter(has_text="Ten bikes")).to_be_visible()
    page.get_by_role("radio", name=re.compile("Negotiation")).click()
    expect(page.locator(".deal").filter(has_text="Ten bikes")).to_have_count(0)
    assert "stage=negotiation" in page.url
