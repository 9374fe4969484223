"""Trading areas in the database: files of all sorts of polygons, what lies in them, and who sees it."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.pipeline.trade_areas.figures import area_figures, area_overlaps
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value

pytestmark = pytest.mark.usefixtures("database", "accounts")

_SQUARE = [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]
_FEATURES = [
    ("good", {"type": "Polygon", "coordinates": _SQUARE}),
    ("bow tie", {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}),
    ("two parts", {"type": "MultiPolygon", "coordinates": [_SQUARE, [[[5, 5], [5, 6], [6, 6], [6, 5], [5, 5]]]]}),
    ("nothing", None),
    ("empty", {"type": "Polygon", "coordinates": []}),
    ("metres", {"type": "Polygon", "coordinates": [[[3400000, 5300000], [3400000, 5300100], [3400100, 5300100], [3400000, 5300000]]]}),
    ("point", {"type": "Point", "coordinates": [1, 1]}),
    ("overlapping", {"type": "Polygon", "coordinates": [[[-5, -5], [-5, 5], [5, 5], [5, -5], [-5, -5]]]}),
]


@pytest.fixture(scope="module")
def accounts() -> None:
    fill = """
    INSERT INTO imports (source, object, file_name, file_sha256, mapping) VALUES ('test', 'accounts', 'a.csv', 'f', '{}');
    INSERT INTO territories (source, source_key, name, made_up, import_id) SELECT 'test', n, 'T' || n, true, 1 FROM generate_series(1, 2) AS n;
    INSERT INTO accounts (source, source_key, kind, status, name, territory_id, position, cell, made_up, import_id)
        SELECT 'test', n, 'person', CASE WHEN n = 4 THEN 'prospect' ELSE 'customer' END, 'A' || n, 1 + n % 2, ST_SetSRID(ST_MakePoint(x, y), 4326),
            cell, true, 1
        FROM (VALUES (1, 0.5, 0.5, 623560421467684863), (2, 5.5, 5.5, 623560421467684863), (3, 1.0, 0.5, 623560421467684863),
            (4, -3.0, -3.0, 623560421467684863), (5, 50.0, 50.0, 623560421467684863)) AS p (n, x, y, cell);
    """
    with connect(Role.WRITER) as writer:
        writer.execute(fill.encode())


def _file(folder: Path, features: list[tuple[str, object]], name: str = "areas.geojson") -> Path:
    path = folder / name
    each = [{"type": "Feature", "properties": {"name": name, "grade": "A"}, "geometry": shape} for name, shape in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": each}), encoding="utf-8")
    return path


def test_each_feature_is_loaded_repaired_or_refused(tmp_path: Path) -> None:
    said = well("load", "trade-areas", _file(tmp_path, _FEATURES))
    assert "4 areas; 1 of them repaired, 4 features refused." in said
    assert rows("SELECT feature_number, feature_name, outcome FROM layer_findings ORDER BY 1") == [
        (2, "bow tie", "repaired"),
        (4, "nothing", "refused"),
        (5, "empty", "refused"),
        (6, "metres", "refused"),
        (7, "point", "refused"),
    ]
    assert "feature 6 (metres): lies outside of the degrees of EPSG:4326" in said
    assert value("SELECT properties FROM trade_areas WHERE name = 'good'") == {"grade": "A"}
    assert value("SELECT count(*) FROM trade_areas WHERE NOT ST_IsValid(geom)") == 0
    assert rows("SELECT a.account_id, t.trade_area_id FROM accounts a JOIN trade_areas t ON ST_Intersects(t.geom, a.position) ORDER BY 1, 2") == rows(
        "SELECT account_id, trade_area_id FROM account_trade_areas ORDER BY 1, 2"
    )
    assert value("SELECT count(*) FROM account_trade_areas WHERE most_likely") == 4
    likely = "SELECT a.name, t.name FROM account_trade_areas m JOIN accounts a USING (account_id) JOIN trade_areas t USING (trade_area_id) WHERE most_likely"
    assert rows(f"{likely} AND a.name <> 'A1' ORDER BY 1") == [("A2", "two parts"), ("A3", "good"), ("A4", "overlapping")]


def test_the_same_file_is_left_alone_and_another_takes_its_place(tmp_path: Path) -> None:
    well("load", "trade-areas", _file(tmp_path, _FEATURES))
    assert "loaded already" in well("load", "trade-areas", _file(tmp_path, _FEATURES))
    well("load", "trade-areas", _file(tmp_path, _FEATURES[:1]))
    assert value("SELECT count(*) FROM trade_areas") == 1
    assert value("SELECT count(*) FROM layer_findings") == 0
    assert value("SELECT count(*) FROM account_trade_areas") == 2


def test_a_file_without_a_usable_area_changes_nothing(tmp_path: Path) -> None:
    before = rows("SELECT trade_area_id FROM trade_areas")
    done = gcrm("load", "trade-areas", _file(tmp_path, _FEATURES[6:7]))
    assert done.code == 1
    assert "feature 1 is a Point, no polygon" in done.err
    assert rows("SELECT trade_area_id FROM trade_areas") == before


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sites") / "sites.csv"
    path.write_text("site_key,name,attraction,longitude,latitude\na,North,2,0.5,0.52\nb,South,1,0.5,0.4\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("command", "kind", "count"),
    [
        (["rings", "--radius", "3000", "--radius", "20000"], "ring", 4),
        (["thiessen"], "thiessen", 2),
        (["huff", "--level", "7", "--threshold", "0.5"], "huff", 4),
    ],
)
def test_areas_are_computed_stored_and_known_to_the_accounts(sites: Path, command: list[str], kind: str, count: int) -> None:
    assert well("trade-areas", *command, "--sites", sites).startswith(f"{count} areas.")
    stored = f"FROM trade_areas WHERE kind = '{kind}'"
    assert value(f"SELECT count(*) {stored} AND ST_IsValid(geom) AND parameters ->> 'sites' = 'sites.csv' AND site IS NOT NULL") == count
    likely = "SELECT m.probability FROM account_trade_areas m JOIN accounts a USING (account_id) JOIN trade_areas t USING (trade_area_id)"
    found = rows(f"{likely} WHERE most_likely AND a.name = 'A1' AND t.site_name = 'North' AND t.kind = '{kind}'")
    assert len(found) == 1
    assert (found[0][0] is not None) == (kind == "huff")


def test_figures_are_those_of_the_scope(sites: Path) -> None:
    well("trade-areas", "rings", "--sites", sites, "--radius", "20000")
    everything, own = (area_figures(scope, "rings", Decimal(100)) for scope in (Scope.everything(), Scope(frozenset({1}))))
    assert everything["customers"].tolist() == [1, 1]
    assert own["customers"].tolist() == [0, 0]
    assert everything["households"].isna().all()
    assert everything["potential"].isna().all()
    overlaps = area_overlaps(Scope.everything(), "rings")
    assert overlaps[["name", "other_name"]].to_numpy().tolist() == [["North 20000 m", "South 20000 m"], ["South 20000 m", "North 20000 m"]]
    assert overlaps["share"].between(0.5, 0.7).all()


def test_too_few_customers_are_not_drawn(sites: Path) -> None:
    done = gcrm("trade-areas", "customers", "--sites", sites, "--share", "0.5")
    assert "No site has 10 customers" in done.err
