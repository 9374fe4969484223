"""The page of partners: an account becomes one, a lead is handed over to it and comes back, a conflict is shown."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit, gcrm
from tests.browser.intake import shop_site


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site("territories", "reps", "accounts", "contacts", "leads") as served:
        yield served


def opened(visit: Visit, site: Site, *, phone: bool = False, dark: bool = False) -> Page:
    page = visit(site, "/partners", phone=phone, dark=dark)
    expect(page.get_by_role("heading", name="Partners", exact=True)).to_be_visible()
    return page


def test_a_partner_is_agreed_on_and_gets_a_lead_which_comes_back(site: Site, visit: Visit) -> None:
    name = site.value("SELECT name FROM gcrm.accounts WHERE status = 'partner'")
    page = opened(visit, site)
    page.get_by_role("button", name="New partner").click()
    page.get_by_role("button", name="Agree", exact=True).click()
    expect(page.get_by_text(f"{name} is a registered partner.")).to_be_visible()
    key = site.value("SELECT partner_id FROM gcrm.partners")
    expect(page.locator(f".st-key-partner-{key}")).to_contain_text("sells anywhere")

    lead, called = site.value("SELECT lead_id FROM gcrm.leads WHERE status = 'new' ORDER BY 1 LIMIT 1"), None
    called = site.value("SELECT name FROM gcrm.leads WHERE lead_id = %s", lead)
    leads = visit(site, f"/leads?lead={lead}")
    leads.get_by_role("combobox", name="Hand over to").click()
    leads.get_by_role("option", name=f"{name}, registered").click()
    expect(leads.get_by_text(f"{called} is with {name}.")).to_be_visible()
    expect(leads.get_by_text("With the partner")).to_be_visible()
    leads.get_by_role("button", name="Undo").click()
    expect(leads.get_by_text(f"{called} is with no partner.")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.partner_leads WHERE taken_back_at IS NULL") == 0


def test_an_account_that_two_claim_is_shown(site: Site, visit: Visit) -> None:
    for key in ("c1", "c3"):
        gcrm(site.home, "partners", "agree", site.value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key), "--level", "gold",
             "--area", "POLYGON ((24.9 60.1, 25 60.1, 25 60.3, 24.9 60.3, 24.9 60.1))")  # fmt: skip
    page = opened(visit, site)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.partners WHERE area IS NOT NULL") == 2


def test_a_phone_shows_all_of_it(site: Site, visit: Visit) -> None:
    expect(opened(visit, site, phone=True, dark=True).get_by_text("Conflicts")).to_be_visible()


def test_without_partners_it_says_what_to_do(empty_site: Site, visit: Visit) -> None:
    expect(opened(visit, empty_site).locator(".st-key-what_to_do")).to_contain_text("There are no partners yet")
