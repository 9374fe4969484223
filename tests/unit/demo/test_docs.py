"""docs/demo_city.md says what the generator plants."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest

from gcrm.demo import structure
from tests.unit.demo.company import Company


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).parents[3] / "docs" / "demo_city.md").read_text(encoding="utf-8")


def _shares(rows: Sequence[str], shares: Sequence[Sequence[float]]) -> Iterator[str]:
    for row, values in zip(rows, shares, strict=True):
        yield f"| {row} | " + " | ".join(f"{value:.0%}" for value in values) + " |"


def test_the_tables_of_shares_are_the_planted_ones(page: str) -> None:
    expected = [
        *_shares(structure.RESIDENCE_TYPES, structure.KIND_BY_RESIDENCE),
        *_shares(structure.RESIDENCE_TYPES, structure.PRIVATE_SEGMENT_BY_RESIDENCE),
        *_shares(structure.SEGMENTS, structure.CATEGORY_BY_SEGMENT),
        *_shares(structure.SEGMENTS, structure.CHANNEL_BY_SEGMENT),
        *(f"| {segment} | {rate} |" for segment, rate in zip(structure.SEGMENTS, structure.ORDER_RATE, strict=True)),
        *(f"| {segment} | {factor} |" for segment, factor in zip(structure.SEGMENTS, structure.RESPONSE_BY_SEGMENT, strict=True)),
    ]
    assert [row for row in expected if row not in page] == []
    assert all(f" | {factor:.2f} |" in page or f"| {factor:.2f} |" in page for factor in structure.SEASON)


def test_what_hangs_on_places_is_that_of_helsinki(page: str, company: Company) -> None:
    truth = company.truth
    assert page.startswith("# The demo city\n\n**The company is made up.**")
    assert f"λ = {truth['demand']['lambda_m']:g} m" in page
    assert all(f"| {shop['longitude']} | {shop['latitude']} |" in page for shop in truth["shops"])
    assert all(f"| `{area['cell']}` | {area['role']} | {area['factor_per_month']} |" in page for area in truth["trends"]["areas"])
    counts = truth["territories"]["accounts"]
    assert "| accounts | " + " | ".join(f"{count:,}" for count in counts.values()) + " |" in page.replace("**", "")
    assert f"`{truth['territories']['overloaded']}` has twice the mean" in page
    for name in ("duplicates", "damaged_addresses"):
        for kind, count in pd.DataFrame(truth[name])["kind"].value_counts().items():
            assert any(line.startswith(f"| `{kind}` |") and line.endswith(f"| {count} |") for line in page.splitlines())


def test_counts_of_rows(page: str, company: Company) -> None:
    names = (
        "accounts",
        "contacts",
        "consents",
        "footfall",
        "tracks",
        "activities",
        "opportunities",
        "cases",
        "leads",
        "reps",
        "products",
        "campaigns",
        "campaign_members",
    )
    for name in names:
        path = getattr(company.files, name)
        assert f"| `{path.name}` | {len(pd.read_csv(path)):,} |" in page
    assert f"| `orders.parquet` | {len(company.orders):,} |" in page
