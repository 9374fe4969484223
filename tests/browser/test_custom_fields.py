"""The card of custom fields on the page of an account, in a real browser: typed in, refused, saved, taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from gcrm.db.cluster import Cluster
from tests.browser.conftest import Site, Visit, gcrm, serving
from tests.conftest import short_folder

_FIELDS = """
accounts:
  x_level: {label: Loyalty level, type: choice, members: [Gold, Silver], description: What the programme says.}
  x_employees: {label: Employees, type: number}
  x_since: {label: Customer since, type: date}
"""
_ACCOUNTS = "account_key,name,Loyalty level,Employees\na1,Alpha Oy,Silver,1200\na2,Beta Oy,,\n"
_CUSTOM = "SELECT custom FROM gcrm.accounts WHERE source_key = %s"


@pytest.fixture(scope="module")
def own_site() -> Iterator[Site]:
    """The dashboards of two accounts, with custom fields."""
    with short_folder() as home:
        try:
            (home / "fields.yaml").write_text(_FIELDS, encoding="utf-8")
            (home / "accounts.csv").write_text(_ACCOUNTS, encoding="utf-8")
            gcrm(home, "import", "accounts", str(home / "accounts.csv"))
            with serving(home) as site:
                yield site
        finally:
            Cluster(home).reset()


def _account(site: Site, key: str) -> str:
    return f"/account?account={site.value('SELECT account_id FROM gcrm.accounts WHERE source_key = %s', key)}"


def _card(page: Page) -> list[str]:
    return page.locator(".place").filter(has=page.locator("h4", has_text="Fields of your own")).locator("li").all_inner_texts()


def _result(page: Page, text: str) -> None:
    expect(page.locator(".st-key-sales_result")).to_contain_text(text)


def test_fields_are_changed_refused_and_taken_back(own_site: Site, visit: Visit) -> None:
    page = visit(own_site, _account(own_site, "a1"))
    expect(page.locator(".place li").filter(has_text="Loyalty level")).to_contain_text("Silver")
    before = _card(page)
    assert [line.split("\n") for line in before] == [["Loyalty level", "Silver"], ["Employees", "1,200"]]
    page.get_by_text("Change them").click()
    page.get_by_label("Employees").fill("many")
    page.get_by_role("button", name="Save", exact=True).click()
    _result(page, "Employees: 'many' is not a number")
    assert own_site.value(_CUSTOM, "a1") == {"x_level": "Silver", "x_employees": 1200}
    page.get_by_label("Employees").fill("1,250")
    page.get_by_role("combobox", name="Loyalty level").click()
    page.get_by_role("option", name="Gold").click()
    page.get_by_role("button", name="Save", exact=True).click()
    _result(page, "The fields are changed.")
    expect(page.locator(".place li").filter(has_text="Loyalty level")).to_contain_text("Gold")
    assert own_site.value(_CUSTOM, "a1") == {"x_level": "Gold", "x_employees": 1250}
    page.get_by_role("button", name="Undo").click()
    _result(page, "The fields are as they were before.")
    expect(page.locator(".place li").filter(has_text="Loyalty level")).to_contain_text("Silver")
    assert _card(page) == before
    assert own_site.value(_CUSTOM, "a1") == {"x_level": "Silver", "x_employees": 1200}


def test_an_account_without_values_says_so_and_is_given_some(own_site: Site, visit: Visit) -> None:
    page = visit(own_site, _account(own_site, "a2"), phone=True)
    expect(page.locator(".heading p")).to_have_text("Customer")  # an address that nobody knows leaves no commas
    card = page.locator(".place").filter(has=page.locator("h4", has_text="Fields of your own"))
    expect(card).to_contain_text("Nothing is known.")
    page.get_by_text("Change them").click()
    page.get_by_role("spinbutton", name="year, Customer since").click()
    page.keyboard.type("20240229")
    page.get_by_role("button", name="Save", exact=True).click()
    _result(page, "The fields are changed.")
    expect(card).to_contain_text("2024-02-29")
    assert own_site.value(_CUSTOM, "a2") == {"x_since": "2024-02-29"}


def test_an_account_is_found_by_what_it_holds(own_site: Site, visit: Visit) -> None:
    page = visit(own_site, "/account")
    page.get_by_label("Account", exact=True).fill("1200")
    page.get_by_label("Account", exact=True).press("Enter")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
