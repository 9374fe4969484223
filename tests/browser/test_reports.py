"""The page of reports: each draws, is narrowed, is taken along as a file, and says what to do where there is nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from gcrm.pipeline.reports import REPORTS
from tests.browser.conftest import Site, Visit, gcrm
from tests.browser.intake import shop_site

_STAGES = "stage-time"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with shop_site("territories", "reps", "products", "accounts", "orders", "activities", "opportunities", "leads") as served:
        gcrm(served.home, "cube", "build")
        yield served


def opened(visit: Visit, site: Site, path: str, *, phone: bool = False, dark: bool = False) -> Page:
    page = visit(site, path, phone=phone, dark=dark)
    expect(page.get_by_role("heading", name="Reports", exact=True)).to_be_visible()
    return page


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_draws_or_says_what_to_do(site: Site, visit: Visit, name: str) -> None:
    page = opened(visit, site, f"/reports?report={name}")
    expect(page.locator(".heading p")).to_contain_text(REPORTS[name].about)
    expect(page.get_by_role("radio", name=REPORTS[name].label, exact=True)).to_be_checked()
    if name == _STAGES:
        expect(page.locator(".st-key-what_to_do")).to_contain_text("No opportunity has left a stage yet")
    else:
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()
        expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_click_chooses_another_report(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/reports?report=win-rate&by=month")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("radio", name="Margin", exact=True).click()
    expect(page.locator(".heading p")).to_contain_text(REPORTS["margin"].about)
    assert "report=margin" in page.url


def test_a_report_is_narrowed_by_a_choice_which_the_link_keeps(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/reports?report=win-rate&by=month")
    expect(page.locator(".figures")).to_contain_text("Win rate")
    page.get_by_role("combobox", name=re.compile("^From")).fill("Jan 2025")
    page.get_by_role("option", name="Jan 2025").click()
    expect(page.locator(".st-key-what_to_do")).to_contain_text("Nothing is left by these filters")
    assert "since=2025-01" in page.url
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert "since" not in page.url


def test_a_report_is_taken_along_as_a_file_that_the_audit_notes(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/reports?report=margin&by=product")
    page.get_by_role("button", name="Download", exact=True).click()
    page.get_by_role("radio", name="CSV").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save CSV").click()
    lines = caught.value.path().read_text(encoding="utf-8").splitlines()
    assert "# report: Margin" in lines
    assert any(line.startswith("product,sold,returned,return_share,revenue,margin") for line in lines)
    assert site.value("SELECT detail ->> 'asked' FROM gcrm.audit WHERE action = 'export'") == "report margin, report=margin&by=product"


def test_an_empty_database_says_what_to_do(empty_site: Site, visit: Visit) -> None:
    expect(opened(visit, empty_site, "/reports").locator(".st-key-what_to_do")).to_be_visible()


def test_a_phone_shows_all_of_it(site: Site, visit: Visit) -> None:
    page = opened(visit, site, "/reports?report=retention", phone=True, dark=True)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page = opened(visit, site, "/reports?report=luck", phone=True)
    expect(page.get_by_text(re.compile("The link cannot be followed"))).to_be_visible()
