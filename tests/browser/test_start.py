"""The start page, and every page where there is nothing yet."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site, Visit
from tests.browser.seen import drawn_map


def test_it_says_what_is_there(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/")
    accounts, lines = demo_site.value("SELECT count(*) FROM gcrm.accounts"), demo_site.value("SELECT count(*) FROM gcrm.orders")
    figures = page.locator(".figures").first
    expect(figures).to_contain_text(f"{accounts:,}")
    expect(figures).to_contain_text(f"{lines:,}")
    expect(figures).to_contain_text("Revenue, EUR")
    expect(page.get_by_text("Demo: a made-up company in the real centre of Helsinki")).to_be_visible()
    expect(page.get_by_text("Nov 2024 to Oct 2026").first).to_be_visible()


@pytest.mark.parametrize(
    ("link", "heading"),
    [("See revenue by area", "Revenue"), ("Compare territories", "Accounts"), ("Find prospects", "Audiences"), ("Ask the cube", "Revenue, EUR")],
)
def test_each_reader_is_led_to_a_page(demo_site: Site, visit: Visit, link: str, heading: str) -> None:
    page = visit(demo_site, "/")
    page.get_by_role("link", name=link).click()
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    drawn_map(page)


@pytest.mark.parametrize("path", ["/", "/map", "/cube"])
@pytest.mark.parametrize("dark", [False, True])
def test_an_empty_database_says_what_to_run(empty_site: Site, visit: Visit, path: str, *, dark: bool) -> None:
    page = visit(empty_site, path, dark=dark)
    for command in ("gcrm demo", "gcrm load osm", "gcrm import accounts", "gcrm update"):
        expect(page.get_by_text(command).first).to_be_visible()
    expect(page.get_by_role("link", name="Import a file")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
