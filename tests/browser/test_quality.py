"""The data-quality page in a real browser: its figures are those of the database, and a click lists the accounts behind them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.intake import import_text, shop_site, table, words
from tests.browser.seen import until


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The shop, and a second source: four accounts with phones, two without, in one cell; one record is refused."""
    with shop_site("territories", "accounts") as served:
        rows = [f"q{number};Firm {number};{'+358 40 1234567' if number > 2 else ''};60.17;24.94" for number in range(1, 7)]
        import_text(served, "second.csv", "\n".join(["id;name;phone;lat;lng", *rows, ";Nobody;;;"]) + "\n", source="second")
        yield served


def listed(page: Page) -> list[list[str]]:
    return words(table(page, "flawed_accounts"))


def choose_bar(page: Page, label: str) -> None:
    """Clicks the track of a bar, right of its label."""
    chart = page.get_by_test_id("stVegaLiteChart").filter(has_text=label)
    name = chart.locator("text", has_text=re.compile(f"^{label}$")).first
    box = name.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] + 30, box["y"] + box["height"] / 2)


def test_an_empty_database_says_what_to_run(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/quality")
    expect(page.get_by_role("heading", name="Data quality")).to_be_visible()
    expect(page.get_by_text("gcrm import accounts").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_figures_are_those_of_the_database(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality")
    figures = page.locator(".figures")
    expect(figures).to_contain_text(f"{site.value('SELECT count(*) FROM gcrm.accounts')}")
    expect(figures).to_contain_text("of 2 sources")
    expect(figures).to_contain_text("records wait in quarantine")
    share = site.value("SELECT floor(1000.0 * count(phone) / count(*)) / 10 FROM gcrm.accounts")
    expect(page.get_by_test_id("stVegaLiteChart").first).to_contain_text(f"{float(str(share)):g} %")


def test_a_bar_lists_the_accounts_behind_it(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality?source=second&flaw=missing:name")
    expect(page.get_by_text("There is none.")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").first).to_contain_text("Phone")
    choose_bar(page, "Phone")
    expect(page).to_have_url(re.compile("flaw=missing%3Aphone"))
    missing = site.value("SELECT count(*) FROM gcrm.accounts WHERE phone IS NULL AND source = 'second'")
    assert until(page, lambda: len(listed(page)) == missing)
    assert {"Firm 1", "Firm 2"} <= {row[0] for row in listed(page)}
    choose_bar(page, "Given in the file")
    expect(page).to_have_url(re.compile("flaw=placed%3Agiven"))


def test_a_source_narrows_everything(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality?flaw=placed:given")
    everything = site.value("SELECT count(*) FROM gcrm.accounts WHERE geocode_level = 'given'")
    assert until(page, lambda: len(listed(page)) == everything)
    sources = site.value("SELECT count(DISTINCT source) FROM gcrm.accounts")
    page.get_by_label("Source").click()
    page.get_by_role("option", name="second").click()
    expect(page).to_have_url(re.compile("source=second"))
    own = site.value("SELECT count(*) FROM gcrm.accounts WHERE geocode_level = 'given' AND source = 'second'")
    assert (sources, everything != own) == (2, True)
    assert until(page, lambda: len(listed(page)) == own)


def test_a_click_on_a_cell_lists_its_accounts(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality?source=second&flaw=missing:phone")
    expect(page.locator(".legend")).to_contain_text("Accounts without phone")
    # The one cell fills the map's right half, clear of the legend.
    area = page.locator(".st-key-map")

    def clicked() -> bool:
        box = area.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
        page.wait_for_timeout(2000)
        return "cell=" in page.url

    assert until(page, clicked)
    assert until(page, lambda: {row[0] for row in listed(page)} == {"Firm 1", "Firm 2"})
    elsewhere = site.value("SELECT to_hex(min(gcrm.cell_parent(cell, 9))) FROM gcrm.accounts WHERE source = 'files' AND cell NOT IN"
                           " (SELECT cell FROM gcrm.accounts WHERE source = 'second' AND cell IS NOT NULL)")  # fmt: skip
    empty = visit(site, f"/quality?source=second&flaw=missing:phone&cell={elsewhere}")
    expect(empty.get_by_text("There is none in this cell.")).to_be_visible()
    empty.locator(".st-key-filter_bar").get_by_role("button").click()
    expect(empty).not_to_have_url(re.compile("cell="))


def test_what_has_no_place_is_said_not_to_be_on_the_map(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality?flaw=missing:position")
    expect(page.get_by_text("no map can show them")).to_be_visible()
    expect(page.locator(".st-key-map")).to_have_count(0)


def test_a_new_import_changes_the_figures(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality")
    before = int(str(site.value("SELECT count(*) FROM gcrm.accounts")))
    expect(page.locator(".figures").first).to_contain_text(str(before))
    import_text(site, "third.csv", "id,name\nz1,Later\n")

    def grown() -> bool:
        page.reload()
        expect(page.locator(".figures").first).to_be_visible()
        return f"{before + 1}" in page.locator(".figures").first.inner_text()

    assert until(page, grown)


def test_the_link_to_the_quarantine_leads_there(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality")
    page.get_by_role("link", name="Open the quarantine").click()
    expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()
    expect(page.get_by_text("second.csv: 1 record")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_it_fits(site: Site, visit: Visit, *, phone: bool, dark: bool) -> None:
    page = visit(site, "/quality", dark=dark, phone=phone)
    expect(page.get_by_text("By month of creation")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1440)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_wrong_flaw_says_so(site: Site, visit: Visit) -> None:
    page = visit(site, "/quality?flaw=missing:soul")
    expect(page.get_by_text("'missing:soul' is no flaw")).to_be_visible()
