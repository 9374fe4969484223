"""What the generator promises of its files: counts, headers, references, the same bytes, all or nothing."""

from dataclasses import asdict, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from gcrm.demo.city import CitySurroundings
from gcrm.demo.files import files_in, written_at_once
from gcrm.demo.generate import generate
from gcrm.errors import ExportError, GcrmError, LayerError
from gcrm.frames import OBJECTS
from gcrm.ingest.clean import clean
from gcrm.ingest.guess import guess
from gcrm.ingest.mapping import FileMapping
from gcrm.ingest.readers import read
from tests.unit.demo.company import Company, load


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _shuffled(city: CitySurroundings) -> CitySurroundings:
    layers = (city.address_points, city.roads, city.buildings, city.shops)
    return CitySurroundings(*(layer.sample(frac=1, random_state=3).reset_index(drop=True) for layer in layers))


def test_same_seed_and_input_give_the_same_bytes_in_any_order_of_rows(helsinki: CitySurroundings, tmp_path: Path) -> None:
    generate(helsinki, tmp_path / "first", scale=0.02)
    generate(_shuffled(helsinki), tmp_path / "second", scale=0.02)
    generate(helsinki, tmp_path / "other", scale=0.02, seed=7)
    assert _contents(tmp_path / "first") == _contents(tmp_path / "second")
    different = {name for name, content in _contents(tmp_path / "other").items() if content != _contents(tmp_path / "first")[name]}
    assert different >= {"accounts.csv", "orders.parquet", "tracks.csv", "footfall.csv"}


def test_counts_at_scale_1(company: Company) -> None:
    rows = {name: len(pd.read_csv(path)) for name, path in asdict(company.files).items() if path.suffix == ".csv"}
    assert len(company.accounts) == company.accounts.index.nunique() == 12_000
    assert company.orders["order_key"].nunique() == 120_000
    assert company.orders.groupby("order_key").size().between(1, 3).all()
    assert (rows["reps"], rows["products"], rows["activities"], rows["opportunities"], rows["cases"]) == (12, 40, 30_900, 3_000, 1_500)
    assert rows["contacts"] > 12_000
    assert rows["consents"] > rows["contacts"]
    assert rows["footfall"] % (7 * 24) == 0
    assert pd.read_csv(company.files.tracks)["track_key"].nunique() == 3000
    territories = gpd.read_file(company.files.territories)
    assert (len(territories), territories["region"].nunique()) == (6, 2)
    assert pd.read_csv(company.files.products)["category"].nunique() == 6
    assert set(company.orders["channel"]) == {"shop", "web", "phone", "partner"}
    ordered_at = company.orders["ordered_at"]
    assert ordered_at.min() >= pd.Timestamp("2024-11-01", tz="UTC")
    assert ordered_at.max() < pd.Timestamp("2026-11-01", tz="UTC")
    assert ordered_at.dt.strftime("%Y-%m").nunique() == 24


@pytest.mark.parametrize("scale", [0.001, 0.02, 0.35])
def test_counts_follow_the_scale(helsinki: CitySurroundings, tmp_path: Path, scale: float) -> None:
    made = load(generate(helsinki, tmp_path / "demo", scale=scale))
    assert len(made.accounts) == round(12_000 * scale)
    assert made.orders["order_key"].nunique() == round(120_000 * scale)
    assert len(pd.read_csv(made.files.reps)) == 12
    assert pd.read_csv(made.files.tracks)["track_key"].nunique() == 3000


_NOT_INVENTED = {"website", "tax_number"}


@pytest.mark.parametrize("name", list(OBJECTS))
def test_files_go_the_ordinary_way_and_nothing_is_refused(company: Company, name: str) -> None:
    object_type = OBJECTS[name]
    path = getattr(company.files, name)
    for chunk in read(path):
        guessed = guess(object_type, chunk.columns)
        assert all(confidence == 1 for _, confidence in guessed.values())
        if path.suffix != ".geojson":
            given = tuple(field for field in object_type.field_names if field not in _NOT_INVENTED)
            assert tuple(chunk.columns) == given
            assert {field: source.column for field, (source, _) in guessed.items()} == {field: field for field in given}
        mapping = FileMapping(fields={field: source for field, (source, _) in guessed.items()})
        frame, problems, _, _ = clean(mapping.apply(chunk, object_type), object_type, mapping)
        assert problems.empty
        assert frame["made_up"].all()


def test_every_reference_leads_to_a_record(company: Company) -> None:
    keys = {"territories": set(gpd.read_file(company.files.territories)["territory_key"]), "accounts": set(company.accounts.index)}
    for name in ("reps", "products", "contacts", "campaigns"):
        keys[name] = set(pd.read_csv(getattr(company.files, name), dtype="string").iloc[:, 0])
    for name, object_type in OBJECTS.items():
        path = getattr(company.files, name)
        if path.suffix == ".geojson":
            continue
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype="string")
        for column, target in object_type.references.items():
            assert set(frame[column].dropna()) <= keys[target], (name, column)


def test_a_parent_comes_before_its_branches(company: Company) -> None:
    parents = company.accounts["parent_key"].dropna()
    assert len(parents) > 20
    assert (parents < parents.index).all()


def test_money_adds_up(company: Company) -> None:
    products = pd.read_csv(company.files.products).set_index("product_key")
    lines = company.orders.sample(5_000, random_state=1)
    full = products["unit_price"].reindex(lines["product_key"]).to_numpy() * lines["quantity"].to_numpy()
    revenue = lines["revenue"].astype(float).to_numpy()
    assert ((revenue <= full + 0.005) & (revenue >= 0.9 * full - 0.01)).all()
    assert (lines["cost"].astype(float).to_numpy() < revenue).all()


def test_nothing_can_be_called_or_mailed(company: Company) -> None:
    for name in ("accounts", "contacts"):
        frame = pd.read_csv(getattr(company.files, name), dtype="string")
        assert frame["phone"].dropna().str.match(r"(\+|00)999").all()
        assert frame["email"].dropna().str.match(r".*(@example\.org|\.example)$").all()


def test_a_run_that_dies_leaves_the_last_good_files(helsinki: CitySurroundings, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    generate(helsinki, folder, scale=0.01)
    before = _contents(folder)

    def die() -> None:
        with written_at_once(folder) as files:
            files.accounts.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        die()
    assert _contents(folder) == before
    generate(helsinki, folder, scale=0.02)
    assert len(pd.read_csv(files_in(folder).accounts)) == 240
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_folder_of_something_else_is_left_alone(helsinki: CitySurroundings, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(ExportError, match="no demo company"):
        generate(helsinki, tmp_path, scale=0.01)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_city_without_addresses_and_buildings_is_refused(helsinki: CitySurroundings, tmp_path: Path) -> None:
    empty = replace(helsinki, address_points=helsinki.address_points.iloc[:0], buildings=helsinki.buildings.iloc[:0])
    with pytest.raises(LayerError, match="gcrm load osm"):
        generate(empty, tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("scale", [0.0, -1.0, 501.0, float("nan")])
def test_a_scale_out_of_range_is_refused(helsinki: CitySurroundings, tmp_path: Path, scale: float) -> None:
    with pytest.raises(GcrmError, match="choose a scale"):
        generate(helsinki, tmp_path / "demo", scale=scale)
