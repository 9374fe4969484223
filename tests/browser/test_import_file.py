"""The import page: a file is handed in, understood, tried, run and taken back."""

import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site, Visit, serving
from tests.browser.seen import until, words_of
from tests.conftest import quick_home
from tests.integration.records import EMPTY
from tests.integration.shop import accounts_frame, shop_file


@pytest.fixture(scope="module")
def filled() -> Iterator[Site]:
    """Dashboards of a database that these tests fill."""
    with quick_home() as home, serving(home) as served:
        yield served


@pytest.fixture
def site(filled: Site) -> Site:
    """They, of a database with nothing in it, at a test's second try too."""
    with psycopg.connect(filled.gcrm("db", "url", "--role", "owner").strip()) as connection:
        connection.execute(EMPTY)
    return filled


def hand_in(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)


def figure(page: Page, name: str) -> Locator:
    """A figure by its name."""
    return page.locator(".figures > div").filter(has=page.get_by_text(name, exact=True)).locator("b")


def another_file(page: Page) -> None:
    """Leaves what is shown; while the page is drawn anew, its buttons may be there twice."""
    button = page.get_by_role("button", name="Another file")
    expect(button).to_have_count(1)
    button.click()


def import_to_the_end(page: Page) -> None:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page).to_have_url(re.compile(r"job=\d+"))
    expect(page.get_by_text(re.compile(r"Job \d+ · .* · Done"))).to_be_visible()


def test_an_empty_database_says_what_to_do(empty_site: Site, visit: Visit) -> None:
    page = visit(empty_site, "/import")
    expect(page.get_by_text("None yet. Hand in a file")).to_be_visible()
    expect(page.get_by_text("Every import can be undone.")).to_be_visible()


def test_a_file_is_understood_tried_imported_and_taken_back(site: Site, visit: Visit) -> None:
    page = visit(site, "/import")
    hand_in(page, shop_file("territories"))
    expect(page.get_by_text("territories.csv")).to_be_visible()
    import_to_the_end(page)
    expect(figure(page, "Created")).to_have_text("3")

    another_file(page)
    hand_in(page, shop_file("accounts"))
    expect(page.get_by_text("17 columns")).to_be_visible()
    assert until(page, lambda: any(row[:2] == ["Customer number", "account_key"] for row in words_of(page)))
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Tried; nothing is stored")).to_be_visible()
    expect(figure(page, "Would be created")).to_have_text("7")
    assert site.value("SELECT count(*) FROM gcrm.accounts") == 0
    import_to_the_end(page)
    expect(figure(page, "Created")).to_have_text("7")
    assert site.value("SELECT count(*) FROM gcrm.accounts") == 7

    page.reload()
    expect(page.get_by_text(re.compile(r"Job \d+ · accounts.csv · Done"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text(re.compile(r"Job \d+ · accounts.csv · Undone"))).to_be_visible()
    assert site.value("SELECT count(*) FROM gcrm.accounts") == 0


def test_what_would_change_and_what_is_refused_is_shown_before(site: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit(site, "/import")
    path = tmp_path / "accounts.csv"
    accounts_frame().assign(Territory="").to_csv(path, sep=";", index=False)
    hand_in(page, path)
    import_to_the_end(page)
    frame = accounts_frame().assign(Territory="")
    frame.loc[2, "Status"] = "customer"
    frame.loc[5, "Status"] = "nonsense"
    frame.to_csv(path, sep=";", index=False)
    another_file(page)
    hand_in(page, path)
    page.get_by_role("button", name="Try it").click()
    expect(figure(page, "Would be refused")).to_have_text("1")
    expect(figure(page, "Would be created")).to_have_text("0")
    expect(figure(page, "Would be changed")).to_have_text("1")
    expect(page.get_by_text("What would be refused (the first records)")).to_be_visible()
    assert site.value("SELECT status FROM gcrm.accounts WHERE source_key = 'c3'") == "prospect"


CARD = "BEGIN:VCARD\nVERSION:3.0\nUID:card\nFN:Ada Card\nTEL:+358401234567\nADR:;;Street 1;Helsinki;;00100;Finland\nEND:VCARD\n"


def test_a_geopackage_and_a_card_are_handed_in_and_their_twins_shown(site: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit(site, "/import")
    places = {"account_key": ["p1", "p2"], "name": ["Corner Shop", "Corner Shop"], "phone": ["+358409999999"] * 2}
    gpd.GeoDataFrame(places, geometry=gpd.points_from_xy([24.9, 24.9], [60.1, 60.1]), crs="EPSG:4326").to_file(tmp_path / "places.gpkg")
    hand_in(page, tmp_path / "places.gpkg")
    page.get_by_role("button", name="Try it").click()
    expect(figure(page, "Within the file")).to_have_text("2")
    expect(figure(page, "Would be merged")).to_have_text("0")
    expect(figure(page, "Would be asked about")).to_have_text("1")
    import_to_the_end(page)
    expect(figure(page, "Created")).to_have_text("2")
    assert site.value("SELECT count(*) FROM gcrm.accounts WHERE source_key IN ('p1', 'p2') AND position IS NOT NULL") == 2

    (tmp_path / "card.vcf").write_text(CARD)
    another_file(page)
    hand_in(page, tmp_path / "card.vcf")
    expect(page.get_by_text("card.vcf")).to_be_visible()
    page.get_by_role("combobox", name="It holds").click()
    page.get_by_role("option", name="accounts").click()
    import_to_the_end(page)
    expect(figure(page, "Created")).to_have_text("1")
    assert site.value("SELECT count(*) FROM gcrm.accounts WHERE name = 'Ada Card'") == 1


def test_a_file_that_cannot_be_read_says_so(site: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit(site, "/import")
    (tmp_path / "broken.xlsx").write_bytes(b"not a workbook")
    hand_in(page, tmp_path / "broken.xlsx")
    expect(page.get_by_test_id("stAlert")).to_contain_text("broken.xlsx")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_required_field_without_a_column_is_asked_for(site: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit(site, "/import?object=accounts")
    (tmp_path / "few.csv").write_text("a;b\n1;2\n")
    hand_in(page, tmp_path / "few.csv")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Choose the column of")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()


@pytest.mark.parametrize("path", ["/import?job=999", "/import?file=00000000000000000000000000000000"])
def test_a_link_to_what_is_gone_says_so(site: Site, visit: Visit, path: str) -> None:
    page = visit(site, path)
    expect(page.get_by_test_id("stAlert")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_hostile_name_is_shown_as_text(site: Site, visit: Visit, tmp_path: Path) -> None:
    page = visit(site, "/import")
    path = tmp_path / "<img src=x onerror=alert(1)>.csv"
    path.write_text("account_key;name\n1;One\n")
    hand_in(page, path)
    expect(page.get_by_text("<img src=x onerror=alert(1)>.csv")).to_be_visible()
