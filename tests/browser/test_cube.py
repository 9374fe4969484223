"""The cube page on the demo city, in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Visit
from tests.browser.seen import drawn_map, number, rows_of, until, words_of


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


def test_months_are_a_line_and_a_link_restores_the_question(demo_site: Site, visit: Visit) -> None:
    path = "/cube?rows=month&columns=category&measures=margin&where=segment=couriers%7Cseniors"
    page = visit(demo_site, path)
    expect(page.get_by_role("heading", name="Margin, EUR")).to_be_visible()
    expect(page.locator(".st-key-filter_bar")).to_contain_text("Segment: couriers, seniors")
    assert until(page, lambda: rows_of(page) == 1 + 24)
    again = visit(demo_site, page.url.removeprefix(demo_site.url))
    assert total(again) == total(page)


def test_another_measure_leaves_out_what_it_does_not_have(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=month&columns=segment&measures=revenue")
    expect(page.get_by_role("heading", name="Revenue")).to_be_visible()
    page.get_by_label("Measure").click()
    page.get_by_role("option", name="Accounts").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(page).not_to_have_url(re.compile("month"))
    assert until(page, lambda: total(page) == demo_site.value("SELECT count(*) FROM gcrm.accounts"))


def test_a_wrong_question_says_what_is_wrong(demo_site: Site, visit: Visit) -> None:
    page = visit(demo_site, "/cube?rows=colour&measures=revenue")
    expect(page.get_by_text("There is no dimension 'colour'")).to_be_visible()
