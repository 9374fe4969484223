"""The card of custom fields in a real browser, of an account and of what belongs to one: typed in, refused, saved, taken back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site, Visit, gcrm, serving
from tests.conftest import quick_home

_FIELDS = """
accounts:
  x_level: {label: Loyalty level, type: choice, members: [Gold, Silver], description: What the programme says.}
  x_employees: {label: Employees, type: number}
  x_since: {label: Customer since, type: date}
contacts:
  x_language: {label: Language, type: choice, members: [Finnish, Swedish]}
  x_born: {label: Born on, type: date, personal: true}
leads:
  x_fair: {label: Met at, type: text}
opportunities:
  x_tender: {label: Tender, type: choice, members: [Open, Restricted]}
  x_decides: {label: Decides on, type: date}
  x_bids: {label: Bids, type: number}
cases:
  x_batch: {label: Batch, type: number}
"""
_OTHERS = {
    "contacts": "contact_key,account_key,given_name,family_name,Language\nk1,a1,Aino,Alanen,Finnish\nk2,a1,Bo,Berg,\nk3,a2,Cia,Cedric,\n",
    "opportunities": "opportunity_key,account_key,name,stage,amount,opened_at,Tender,Bids\no1,a1,Ten bikes,proposal,100,2025-01-05,Open,3\n",
    "leads": "lead_key,company,received_at,Met at\nl1,Gamma Oy,2025-03-01,Spring fair\n",
    "cases": "case_key,account_key,kind,priority,status,subject,opened_at,Batch\nc1,a1,fault,high,new,Wheel bent,2025-01-20,17\n",
}
_ACCOUNTS = "account_key,name,Loyalty level,Employees\na1,Alpha Oy,Silver,1200\na2,Beta Oy,,\n"
_CUSTOM = "SELECT custom FROM gcrm.accounts WHERE source_key = %s"


@pytest.fixture(scope="module")
def own_site() -> Iterator[Site]:
    """The dashboards of two accounts, with custom fields."""
    with quick_home() as home:
        (home / "fields.yaml").write_text(_FIELDS, encoding="utf-8")
        (home / "accounts.csv").write_text(_ACCOUNTS, encoding="utf-8")
        gcrm(home, "import", "accounts", str(home / "accounts.csv"), "--source", "crm")
        for name, text in _OTHERS.items():
            (home / f"{name}.csv").write_text(text, encoding="utf-8")
            gcrm(home, "import", name, str(home / f"{name}.csv"), "--source", "crm")
        with serving(home) as site:
            yield site


def _account(site: Site, key: str) -> str:
    return f"/account?account={site.value('SELECT account_id FROM gcrm.accounts WHERE source_key = %s', key)}"


def _card(page: Page) -> list[str]:
    return page.locator(".place").filter(has=page.locator("h4", has_text="Fields of your own")).locator("li").all_inner_texts()


def _change(summary: Locator) -> None:
    """Opens a form once the page has come to rest: a run that is on its way would draw it anew, and lose what is typed meanwhile."""
    expect(summary.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    summary.click()


def _result(page: Page, text: str) -> None:
    expect(page.locator(".st-key-sales_result")).to_contain_text(text)


def test_fields_are_changed_refused_and_taken_back(own_site: Site, visit: Visit) -> None:
    page = visit(own_site, _account(own_site, "a1"))
    expect(page.locator(".place li").filter(has_text="Loyalty level")).to_contain_text("Silver")
    before = _card(page)
    assert [line.split("\n") for line in before] == [["Loyalty level", "Silver"], ["Employees", "1,200"]]
    _change(page.get_by_text("Change them").first)
    page.get_by_label("Employees").fill("many")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("alert").filter(has_text="Employees: 'many' is not a number")).to_be_visible()
    expect(page.get_by_label("Employees")).to_have_value("many")
    assert own_site.value(_CUSTOM, "a1") == {"x_level": "Silver", "x_employees": 1200}
    page.get_by_label("Employees").fill("1,250")
    page.get_by_role("combobox", name="Loyalty level").click()
    page.get_by_role("option", name="Gold").click()
    page.get_by_role("button", name="Save", exact=True).first.click()
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
    _change(page.get_by_text("Change them").first)
    page.get_by_role("spinbutton", name="year, Customer since").click()
    page.keyboard.type("20240229")
    page.get_by_role("button", name="Save", exact=True).first.click()
    _result(page, "The fields are changed.")
    expect(card).to_contain_text("2024-02-29")
    assert own_site.value(_CUSTOM, "a2") == {"x_since": "2024-02-29"}


def test_contacts_have_theirs_on_the_page_of_their_account(own_site: Site, visit: Visit) -> None:
    held = "SELECT custom FROM gcrm.contacts WHERE source_key = %s"
    page = visit(own_site, _account(own_site, "a1"))
    card = page.locator(".place").filter(has=page.locator("h4", has_text="Fields of Aino Alanen"))
    expect(card.locator("li")).to_have_text(re.compile("Language.*Finnish", re.DOTALL))
    page.get_by_role("combobox", name="Contact").click()
    page.get_by_role("option", name="Bo Berg").click()
    expect(page.locator("h4", has_text="Fields of Bo Berg")).to_be_visible()
    expect(page.get_by_text("Change them")).to_have_count(2)
    _change(page.get_by_text("Change them").last)
    page.get_by_role("spinbutton", name="year, Born on").click()
    page.keyboard.type("19800229")
    page.get_by_role("button", name="Save", exact=True).last.click()
    _result(page, "The fields are changed.")
    assert own_site.value(held, "k2") == {"x_born": "1980-02-29"}
    assert own_site.value(held, "k1") == {"x_language": "Finnish"}
    page.get_by_role("button", name="Undo").click()
    _result(page, "The fields are as they were before.")
    assert own_site.value(held, "k2") == {}
    # The card above tells its own result then, and this one no longer does.
    _change(page.get_by_text("Change them").first)
    page.get_by_label("Employees").fill("7")
    page.get_by_role("button", name="Save", exact=True).first.click()
    _result(page, "The fields are changed.")
    expect(page.locator(".st-key-sales_result")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    _result(page, "The fields are as they were before.")
    page = visit(own_site, _account(own_site, "a2"), phone=True, dark=True)
    expect(page.locator("h4", has_text="Fields of Cia Cedric")).to_be_visible()
    expect(page.get_by_role("combobox", name="Contact")).to_have_count(0)


def test_an_account_is_found_by_what_it_holds(own_site: Site, visit: Visit) -> None:
    page = visit(own_site, "/account")
    page.get_by_label("Account", exact=True).fill("1200")
    page.get_by_label("Account", exact=True).press("Enter")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_a_new_account_is_given_some_in_its_form(own_site: Site, visit: Visit) -> None:
    page = visit(own_site, "/new-account")
    page.get_by_label("Name (required)").fill("Delta Oy")
    page.get_by_label("Employees").fill("many")
    page.get_by_label("Employees").press("Enter")
    expect(page.get_by_text("Employees is not a number.")).to_be_visible()
    page.get_by_label("Employees").fill("1,250")
    page.get_by_label("Employees").press("Enter")
    expect(page.get_by_text("Employees is not a number.")).to_have_count(0)
    page.get_by_role("combobox", name="Loyalty level").click()
    page.get_by_role("option", name="Gold").click()
    page.get_by_role("spinbutton", name="year, Customer since").click()
    page.keyboard.type("19990301")
    page.get_by_role("heading", name="New account").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Delta Oy is stored.")).to_be_visible()
    held = "SELECT coalesce((SELECT custom FROM gcrm.accounts WHERE name = 'Delta Oy'), '{}')"
    assert own_site.value(held) == {"x_level": "Gold", "x_employees": 1250, "x_since": "1999-03-01"}
    expect(page.get_by_label("Employees")).to_have_value("")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is taken back.")).to_be_visible()
    assert own_site.value(held) == {}


@pytest.mark.parametrize(
    ("object_name", "one", "label", "shown", "stored"),
    [("leads", "lead", "Met at", "Spring fair", {"x_fair": "Autumn fair"}), ("cases", "case", "Batch", "17", {"x_batch": 18})],
)
def test_leads_and_cases_have_theirs(own_site: Site, visit: Visit, object_name: str, one: str, label: str, shown: str, stored: dict[str, object]) -> None:
    (typed,) = map(str, stored.values())
    held = f"SELECT custom FROM gcrm.{object_name}"
    before = own_site.value(held)
    page = visit(own_site, f"/{object_name}?{one}={own_site.value(f'SELECT {one}_id FROM gcrm.{object_name}')}")
    line = page.locator(".place li").filter(has_text=label)
    expect(line).to_contain_text(shown)
    expect(page.locator(".todo small").filter(has_text=",")).to_have_count(0)  # an address that nobody knows leaves no commas
    _change(page.get_by_text("Change them"))
    page.get_by_label(label).fill(typed)
    page.get_by_role("button", name="Save", exact=True).click()
    _result(page, "The fields are changed.")
    expect(line).to_contain_text(typed)
    assert own_site.value(held) == stored
    page.get_by_role("button", name="Undo").click()
    _result(page, "The fields are as they were before.")
    assert own_site.value(held) == before


def test_an_opportunity_has_theirs_in_its_dialog(own_site: Site, visit: Visit) -> None:
    held = "SELECT custom FROM gcrm.opportunities"
    for phone in (False, True):
        page = visit(own_site, "/pipeline?stage=proposal", phone=phone)
        page.locator(f".st-key-edit-{own_site.value('SELECT opportunity_id FROM gcrm.opportunities')}").get_by_role("button").last.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("tab", name="Fields of your own").click()
        expect(dialog.get_by_label("Bids")).to_have_value("3")
        dialog.get_by_label("Bids").fill("few")
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog.get_by_role("alert").filter(has_text="Bids: 'few' is not a number")).to_be_visible()
        dialog.get_by_label("Bids").fill("4")
        dialog.get_by_role("combobox", name="Tender").click()
        page.get_by_role("option", name="Restricted").click()
        dialog.get_by_role("spinbutton", name="year, Decides on").click()
        page.keyboard.type("20260331")
        dialog.get_by_role("tab", name="Fields of your own").click()  # beside the calendar, which closes then
        dialog.get_by_role("button", name="Save", exact=True).click()
        _result(page, "The fields are changed.")
        expect(dialog).to_have_count(0)
        assert own_site.value(held) == {"x_tender": "Restricted", "x_decides": "2026-03-31", "x_bids": 4}
        page.get_by_role("button", name="Undo").click()
        _result(page, "The fields are as they were before.")
        assert own_site.value(held) == {"x_tender": "Open", "x_bids": 3}
