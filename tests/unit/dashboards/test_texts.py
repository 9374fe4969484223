"""Numbers and names as they are shown."""

from decimal import Decimal

import h3
import pytest

from dashboards import texts
from dashboards.data import LEVELS, MEASURES, Filter
from gcrm.errors import EntryError


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (1234567, "accounts", "1,234,567"),
        (Decimal("1234.56"), "revenue", "1,235"),
        (Decimal("12.50"), "revenue", "12.50"),
        (None, "revenue", "-"),
        (float("nan"), "orders", "-"),
    ],
)
def test_amounts(value: float | Decimal | None, measure: str, text: str) -> None:
    assert texts.amount(value, MEASURES[measure]) == text


@pytest.mark.parametrize("text", ["", "a lot", "1,5", "nan", "Infinity"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert texts.decimal_of("4 500.50") == Decimal("4500.50")
    with pytest.raises(EntryError, match="is no amount"):
        texts.decimal_of(text)


@pytest.mark.parametrize(("value", "text"), [(250_157_633, "250 M"), (3_581_000, "3.58 M"), (999_999, "999,999"), (2.5e9, "2.5 bn"), (0, "0")])
def test_large_numbers(value: float, text: str) -> None:
    assert texts.large(value) == text


@pytest.mark.parametrize(("part", "whole", "text"), [(11_995, 12_000, "99.9 %"), (12_000, 12_000, "100 %"), (0, 0, "-"), (1, 3, "33.3 %")])
def test_a_share_is_not_whole_before_it_is(part: int, whole: int, text: str) -> None:
    assert texts.share(part, whole) == text


@pytest.mark.parametrize("level", LEVELS)
def test_short_cells_are_as_many_as_the_cells(level: int) -> None:
    cells = h3.cell_to_children(h3.latlng_to_cell(60.17, 24.94, level - 2), level)
    shortened = {texts.short_cell(cell) for cell in cells}
    assert len(shortened) == len(cells)
    assert len({len(short) for short in shortened}) == 1


def test_filters_in_words() -> None:
    assert texts.filter_name(Filter("month", ("2025-01..2025-06",))) == "Month: Jan 2025 to Jun 2025"
    around = ("861126d37ffffff+2", "0..500@24.941,60.171", "2000..@24.941,60.171", "POLYGON((0 0, 1 0, 1 1, 0 0))")
    told = "Place: within 2 of cell 861126d37, 0 to 500 m from 60.17100, 24.94100, over 2,000 m from 60.17100, 24.94100, inside a polygon"
    assert texts.filter_name(Filter("place", around), 4) == told
    assert texts.filter_name(Filter("segment", ("a", "b", "c", "d", "(unknown)"))) == "Segment: a, b, c and 2 more"


def test_lists_in_words() -> None:
    assert texts.listed(["a"]) == "a"
    assert texts.listed(["a", "b", "c"]) == "a, b and c"
    assert texts.listed([]) == ""
