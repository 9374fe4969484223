"""The cube page on the demo city, in a real browser."""

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from dashboards.theme import LIGHT
from tests.browser.conftest import Site, Visit
from tests.browser.intake import words
from tests.browser.seen import drawn_map, number, pixels, rows_of, until, words_of

DEARER = Path(__file__).parents[2] / "docs" / "how_to" / "dearer.yaml"


def total(page: Page) -> float:
    """The grand total of the table: the first number of its first row."""
    first = until(page, lambda: next((row for row in words_of(page)[:1] if len(row) > 1), []))
    assert first[0] == "Total"
    return number(next(word for word in first[1:] if word))


def revenue(site: Site, condition: str = "true") -> float:
    return float(str(site.value(f"SELECT sum(revenue) FROM gcrm.orders JOIN gcrm.accounts USING (account_id) WHERE {condition}")))


def test_the_table_has_the_totals_of_the_database(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&columns=segment&measures=revenue")
    assert total(page) == revenue(demo_site)


def test_totals_of_what_does_not_add_up_are_counted_not_summed(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=category&measures=buyers")
    assert total(page) == demo_site.value("SELECT count(DISTINCT account_id) FROM gcrm.orders")
    rows = words_of(page)
    assert sum(number(row[-1]) for row in rows[1:]) > total(page)


def test_drilling_down_changes_the_level_and_keeps_the_total(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=place:7&measures=revenue")
    before = total(page)
    rows = rows_of(page)
    page.get_by_role("button", name="Finer").click()
    expect(page).to_have_url(re.compile("rows=place%3A8"))
    assert until(page, lambda: rows_of(page) > rows)
    assert total(page) == before == revenue(demo_site)
    page.get_by_role("button", name="Coarser").click()
    expect(page).to_have_url(re.compile("rows=place%3A7"))
    assert until(page, lambda: rows_of(page) == rows)


def test_breaking_down_adds_a_dimension_and_keeps_the_total(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&measures=revenue")
    before = total(page)
    page.get_by_role("button", name="Break down").click()
    page.get_by_role("radio", name="Channel").click()
    expect(page).to_have_url(re.compile("rows=territory%2Cchannel"))
    assert until(page, lambda: total(page) == before)


def test_a_row_filters_table_chart_and_map_alike(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&measures=revenue")
    everything = total(page)
    table = page.get_by_test_id("stDataFrame")
    everywhere = page.locator(".legend").inner_text()
    table.get_by_test_id("data-grid-canvas").click(position={"x": 16, "y": 90}, force=True)
    expect(page.locator(".st-key-filter_bar")).to_contain_text("Territory:")
    chosen = re.search(r"Territory: (.+)", page.locator(".st-key-filter_bar").inner_text())
    assert chosen is not None
    wanted = revenue(demo_site, f"territory_id = (SELECT territory_id FROM gcrm.territories WHERE name = '{chosen.group(1).strip()}')")
    assert until(page, lambda: total(page) == wanted)
    assert page.locator(".legend").inner_text() != everywhere
    expect(page.get_by_test_id("stVegaLiteChart")).to_contain_text(chosen.group(1).strip())
    page.locator(".st-key-filter_bar").get_by_role("button").click()
    expect(page.locator(".st-key-filter_bar")).to_have_count(0)
    assert until(page, lambda: total(page) == everything)


def test_a_place_is_entered_and_left_again(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=place:8&measures=revenue")
    everything = total(page)
    table = page.get_by_test_id("stDataFrame")
    table.get_by_test_id("data-grid-canvas").click(position={"x": 16, "y": 90}, force=True)
    expect(page).to_have_url(re.compile("where=place"))
    expect(page).to_have_url(re.compile("rows=place%3A9"))
    inside = until(page, lambda: total(page) if total(page) < everything else 0)
    assert 0 < inside < everything
    drawn_map(page)
    page.get_by_role("button", name="Everywhere").click()
    expect(page).not_to_have_url(re.compile("where="))
    assert until(page, lambda: total(page) == everything)


def test_a_cell_of_the_map_is_looked_into(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=place:8&measures=revenue")
    area = drawn_map(page)
    picture = pixels(area)
    ys, xs = np.nonzero(picture.max(axis=2) - picture.min(axis=2) > 70)
    nearest = np.argmin((xs - picture.shape[1] / 2) ** 2 + (ys - picture.shape[0] / 2) ** 2)
    area.click(position={"x": float(xs[nearest]), "y": float(ys[nearest])})
    expect(page).to_have_url(re.compile("where=place%3D88[0-9a-f]{13}"))
    expect(page).to_have_url(re.compile("rows=place%3A9"))
    drawn_map(page)


def test_flows_are_gone_down_by_their_destination(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=destination:7&measures=trips")
    everything = total(page)
    assert everything == demo_site.value("SELECT sum(trips) FROM gcrm.movement WHERE NOT withheld")
    drawn_map(page)
    page.get_by_role("button", name="Finer").click()
    expect(page).to_have_url(re.compile("rows=destination%3A8"))
    expect(page.get_by_role("button", name="Finer")).to_be_disabled()  # flows are known at this level
    assert until(page, lambda: total(page) == everything)
    page.get_by_test_id("stDataFrame").get_by_test_id("data-grid-canvas").click(position={"x": 16, "y": 90}, force=True)
    expect(page).to_have_url(re.compile("where=destination"))
    expect(page.locator(".st-key-filter_bar")).to_contain_text("Destination:")
    assert until(page, lambda: 0 < total(page) < everything)


def test_months_are_a_line_and_a_link_restores_the_question(demo_site: Site, visit: Visit) -> None:
    path = "/cube?rows=month&columns=category&measures=margin&where=segment=couriers%7Cseniors"
    page = visit(demo_site, path)
    expect(page.get_by_role("heading", name="Margin, EUR")).to_be_visible()
    expect(page.locator(".st-key-filter_bar")).to_contain_text("Segment: couriers, seniors")
    assert until(page, lambda: rows_of(page) == 1 + 24)
    again = visit(demo_site, page.url.removeprefix(demo_site.url))
    assert total(again) == total(page)


def test_a_year_is_entered_and_its_quarters_are_shares_of_it(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=year&measures=revenue")
    assert total(page) == revenue(demo_site)
    page.get_by_test_id("stDataFrame").get_by_test_id("data-grid-canvas").click(position={"x": 16, "y": 125}, force=True)
    expect(page).to_have_url(re.compile("rows=quarter"))
    expect(page.locator(".st-key-filter_bar")).to_contain_text("Year: 2025")
    wanted = revenue(demo_site, "ordered_at >= '2025-01-01Z' AND ordered_at < '2026-01-01Z'")
    assert until(page, lambda: total(page) == wanted)
    assert [row[0] for row in words_of(page)[1:]] == ["Q1 2025", "Q2 2025", "Q3 2025", "Q4 2025"]
    page.get_by_label("Table shows").fill("Share of all")
    page.get_by_role("option", name="Share of all", exact=True).click()
    expect(page).to_have_url(re.compile("derived=share"))
    assert until(page, lambda: total(page) == 1)
    assert sum(number(row[-1]) for row in words_of(page)[1:]) == pytest.approx(1)


def test_another_measure_leaves_out_what_it_does_not_have(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=month&columns=segment&measures=revenue")
    expect(page.get_by_role("heading", name="Revenue")).to_be_visible()
    page.get_by_label("Measure").click()
    page.get_by_role("option", name="Accounts", exact=True).click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(page).not_to_have_url(re.compile("month"))
    assert until(page, lambda: total(page) == demo_site.value("SELECT count(*) FROM gcrm.accounts"))


def test_a_wrong_question_says_what_is_wrong(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=colour&measures=revenue")
    expect(page.get_by_text("There is no dimension 'colour'")).to_be_visible()


def test_what_is_shown_is_downloaded_and_says_what_was_asked(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&columns=quarter&measures=revenue&where=year=2025")
    wanted = total(page)
    page.get_by_role("button", name="Download", exact=True).click()
    for name, file in (("CSV", "revenue.csv"), ("Map as GeoParquet", "revenue_cells.parquet"), ("Chart as PNG", "revenue.png")):
        page.get_by_role("radio", name=name).click()
        link = page.get_by_role("link", name=f"Save {name}")
        with page.expect_download() as started:
            link.click()
        assert started.value.suggested_filename == file
        saved = started.value.path()
        if name == "CSV":
            assert "# where: year=2025" in saved.read_text().splitlines()
            assert pd.read_csv(saved, skiprows=14)["revenue"].sum() == pytest.approx(wanted)
        elif name == "Chart as PNG":
            with Image.open(saved) as picture:
                assert picture.width > 1800
        else:
            cells = gpd.read_parquet(saved)
            assert cells.attrs["where"] == "year=2025"
            assert float(cells["revenue"].sum()) == pytest.approx(wanted)


def test_the_records_behind_a_figure_lead_to_their_accounts(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&measures=revenue&where=segment=couriers")
    total(page)
    page.get_by_text("Records", exact=True).click()
    count = demo_site.value("SELECT count(*) FROM gcrm.orders JOIN gcrm.accounts USING (account_id) WHERE segment = 'couriers'")
    expect(page.get_by_text(f"The first 200 of {count:,}; one row per order line")).to_be_visible()
    table = page.locator(".st-key-records").get_by_test_id("stDataFrame")
    records = until(page, lambda: words(table))
    assert all("/account?account=" in row[0] or row[0] == "Open" for row in records)
    page.get_by_role("radio", name="CSV").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Save CSV").click()
    assert len(pd.read_csv(started.value.path(), skiprows=4)) == count


def test_a_view_is_saved_opened_and_brought_back(demo_site: Site, visit: Visit) -> None:
    name = f"<b>Couriers</b> [x](y) {secrets.token_hex(4)}"
    page = visit(demo_site, "/cube?rows=territory&columns=quarter&measures=margin&where=segment=couriers")
    total(page)
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Save as new").click()
    expect(page.get_by_text(f"“{name}” is saved.")).to_be_visible()

    other = visit(demo_site, "/cube")
    total(other)
    other.get_by_role("button", name="Views").click()
    other.get_by_label("Open a view").click()
    other.get_by_role("option", name=name).click()
    expect(other).to_have_url(re.compile("measures=margin"))
    expect(other.locator(".st-key-filter_bar")).to_contain_text("Segment: couriers")
    other.get_by_label("Name").fill(f"{name} 2")
    other.get_by_role("button", name="Rename").click()
    expect(other.get_by_text(f"is called “{name} 2” from now on.")).to_be_visible()
    other.get_by_role("button", name="Delete").click()
    expect(other.get_by_text(f"“{name} 2” is deleted.")).to_be_visible()
    assert demo_site.value("SELECT count(*) FROM gcrm.saved_views WHERE name = %s", f"{name} 2") == 0
    other.get_by_role("button", name="Undo").click()
    expect(other.get_by_text(f"“{name} 2” is back.")).to_be_visible()
    assert demo_site.value("SELECT parameters ->> 'measures' FROM gcrm.saved_views WHERE name = %s", f"{name} 2") == "margin"
    assert other.locator(".st-key-view_to_open b").count() == 0


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_there_is_a_map_for_each_member_on_one_legend(demo_site: Site, visit: Visit, *, phone: bool) -> None:
    page = visit(demo_site, "/cube?rows=territory&columns=quarter&measures=revenue&where=year=2025&maps=each", phone=phone)
    small = page.locator(".st-key-small_maps").get_by_test_id("stVegaLiteChart")
    expect(small).to_have_count(4)
    expect(page.locator(".legend")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1440)
    second, places = small.nth(1), product((0.5, 0.6, 0.4), (0.5, 0.6, 0.7))

    def entered() -> bool:
        across, down = next(places)
        box = second.bounding_box()
        assert box is not None
        second.click(position={"x": box["width"] * across, "y": box["height"] * down})
        page.wait_for_timeout(1000)
        return "where=place" in page.url

    assert until(page, entered)
    expect(page.locator(".st-key-filter_bar")).to_contain_text("Quarter: Q2 2025")
    expect(page).to_have_url(re.compile("columns=month&.*maps=each"))
    assert until(page, lambda: 1 <= small.count() <= 3)  # the months of that quarter in which anything was sold there


@pytest.fixture
def older(demo_site: Site) -> Iterator[str]:
    """A version of the cube that was built a year before, when nothing had been sold yet; its name."""
    folder = demo_site.home / "cubes"
    in_force = folder / (folder / "current").read_text()
    copy = folder / "20200101T000000.000000Z-00000000"
    shutil.copytree(in_force, copy, dirs_exist_ok=True)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"built_at": "2025-06-01T08:30:00+00:00"}))
    for path in copy.glob("sales-*.parquet"):
        table = pq.read_table(path)
        pq.write_table(table.slice(0, 0), path)
    yield copy.name
    shutil.rmtree(copy)


def test_the_cube_as_it_was(demo_site: Site, visit: Visit, older: str) -> None:
    page = visit(demo_site, "/cube?rows=territory&columns=segment&measures=accounts")
    accounts = total(page)
    page.get_by_role("combobox", name="As it was on").click()
    page.get_by_role("option", name="1 Jun 2025, 08:30:00 UTC").click()
    expect(page).to_have_url(re.compile(f"as_of={older}"))
    expect(page.get_by_role("button", name="As it was on 1 Jun 2025, 08:30:00 UTC")).to_have_count(1)
    assert until(page, lambda: total(page) == accounts)
    page.goto(f"{demo_site.url}/cube?rows=territory&measures=orders&as_of=2025-06-30")
    expect(page.get_by_role("button", name="As it was on 1 Jun 2025, 08:30:00 UTC")).to_have_count(1)
    expect(page.get_by_text("As of 01 Jun 2025, 08:30 UTC")).to_have_count(1)
    page.get_by_role("button", name="As it was on 1 Jun 2025, 08:30:00 UTC").click()
    expect(page.get_by_role("button", name="As it was on 1 Jun 2025, 08:30:00 UTC")).to_have_count(0)
    assert until(page, lambda: total(page) == demo_site.value("SELECT count(DISTINCT (source, order_key)) FROM gcrm.orders"))


def test_a_version_that_is_not_kept_is_told_and_the_newest_is_shown(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&measures=revenue&as_of=2001-01-01")
    expect(page.get_by_text("No cube of 2001-01-01 is kept")).to_have_count(1)
    assert total(page) == revenue(demo_site)


@pytest.fixture
def scenario(demo_site: Site) -> Iterator[str]:
    """A scenario in which South 2 goes to South 1; its name."""
    demo_site.gcrm("cube", "scenario", "build", str(DEARER))
    yield "dearer"
    demo_site.gcrm("cube", "scenario", "remove", "dearer")


def test_a_scenario_stands_beside_what_is(demo_site: Site, visit: Visit, scenario: str) -> None:
    page = visit(demo_site, "/cube?rows=territory&measures=accounts")
    before = total(page)
    page.get_by_role("combobox", name="Scenario").click()
    page.get_by_role("option", name="Dearer in the web, South 1 and 2 as one").click()
    expect(page).to_have_url(re.compile(f"scenario={scenario}"))
    chip = page.get_by_role("button", name="Scenario: Dearer in the web, South 1 and 2 as one")
    expect(chip).to_have_count(1)
    assert until(page, lambda: total(page) == before)
    page.get_by_role("combobox", name="Table shows").click()
    page.get_by_role("option", name="Difference to what is").click()
    expect(page).to_have_url(re.compile("beside=difference"))
    moved = demo_site.value("SELECT count(*) FROM gcrm.accounts JOIN gcrm.territories t USING (territory_id) WHERE t.name = 'South 2'")
    rows = until(page, lambda: next((row for row in words_of(page) if row[0] == "South 1" and number(row[-1]) == moved), []))
    assert rows
    assert total(page) == 0
    page.goto(f"{demo_site.url}/cube?rows=channel&measures=revenue&scenario={scenario}&beside=difference")
    legend = page.locator(".legend")
    expect(legend).to_contain_text("Revenue: difference to what is")
    expect(legend.locator("li i").first).to_have_attribute("style", f"background:{LIGHT.diverging(0, 3, middle=False)[-1]}")
    page.goto(f"{demo_site.url}/cube?rows=channel&measures=revenue&scenario={scenario}&beside=ratio")
    web = until(page, lambda: next((row for row in words_of(page) if row[0] == "web"), []))
    assert 0.8 < number(web[-1]) < 1.03
    chip.click()
    expect(chip).to_have_count(0)
    assert until(page, lambda: total(page) == revenue(demo_site))


def test_a_scenario_that_is_not_there_is_told(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=territory&measures=revenue&scenario=nowhere")
    expect(page.get_by_text("There is no scenario 'nowhere'")).to_have_count(1)
    assert total(page) == revenue(demo_site)
