"""Refused records go back in the format they came in, and come in again as they were."""

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gcrm.errors import ExportError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import MISSING, read
from gcrm.ingest.readers.mended import REASON_COLUMNS
from gcrm.ingest.writers import refused_name, write_refused

_FORMULAS = ["=1+1", "+49 30 123", "-cmd", "@SUM(A1)", "\t=1", "plain", '=HYPERLINK("http://x")']  # fmt: skip


def _records() -> pd.DataFrame:
    frame = pd.DataFrame(
        {"id": [str(row) for row in range(1, 8)], "name": _FORMULAS, "note": ['a "b"', "x;y", "x||y", "two\nlines", "", "é", "~"]}, dtype="string"
    )
    return frame.assign(**{MISSING: pd.Series(pd.NA, index=frame.index, dtype="string")}).set_axis(pd.RangeIndex(11, 18, name="row_number"))


def _reasons(records: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"column": "name", "value": records.iloc[:, 1], "reason": "=is not a name"}, index=records.index)


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.csv", {}), ("a.csv", {"delimiter": ";", "encoding": "cp1252"}), ("a.csv", {"encoding": "utf-16"}), ("a.txt", {"delimiter": "||"}), ("a.tsv", {}),
     ("a.csv", {"delimiter": "+|", "line_end": "&|\n"}), ("a.xlsx", {}), ("a.parquet", {})],
)  # fmt: skip
def test_what_is_written_is_read_again_without_the_reasons(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    records, how = _records(), ReadOptions.model_validate(options)
    assert write_refused(records, _reasons(records), tmp_path / name, how) == 7
    again = pd.concat(list(read(tmp_path / name, how)))

    assert again.columns.tolist() == ["id", "name", "note"]
    for column in again:
        assert again[column].tolist() == records[column].tolist()


def test_the_reasons_stand_behind_the_columns_of_the_source(tmp_path: Path) -> None:
    records = _records()
    write_refused(records, _reasons(records), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "name", "note", *REASON_COLUMNS]
    assert [rows[0][name] for name in REASON_COLUMNS] == ["11", "name", "'=1+1", "'=is not a name"]
    assert [row["name"][0] for row in rows[:5]] == ["'"] * 5


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    records = _records()
    write_refused(records, _reasons(records), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["refused"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=8), st.text(st.characters(codec="utf-8"), max_size=8)), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_from_parquet(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    records = pd.DataFrame(rows, columns=["a", "b"], dtype="string").set_axis(pd.RangeIndex(1, len(rows) + 1, name="row_number"))
    write_refused(records, _reasons(records), tmp_path / "a.parquet")
    again = pd.concat(list(read(tmp_path / "a.parquet")))
    wanted = records.apply(lambda column: column.str.replace(r"^'([=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])", r"\1", regex=True))
    assert again.to_numpy().tolist() == wanted.to_numpy().tolist()


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg"])
def test_geometry_comes_back_and_what_is_none_is_kept_as_text(tmp_path: Path, name: str) -> None:
    shapes = ["POINT (9.5 47.1)", "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))", "POINT (Infinity 1)", "nonsense", ""]
    records = pd.DataFrame(
        {"id": list("12345"), "longitude": ["9.5", "", "inf", "", ""], "latitude": ["47.1", "", "1", "", ""], "geometry": shapes}, dtype="string"
    )
    records.index = pd.RangeIndex(1, 6, name="row_number")
    write_refused(records, _reasons(records), tmp_path / name)
    again = pd.concat(list(read(tmp_path / name)))

    assert again["id"].tolist() == list("12345")
    assert again["geometry"].tolist()[:2] == shapes[:2]
    assert again["longitude"].tolist()[0] == "9.5"
    assert again["geometry as text"].tolist() == ["", "", *shapes[2:]]


def test_cards_come_back(tmp_path: Path) -> None:
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\\, B\r\nN:B;Ada;;;\r\nTEL;TYPE=CELL:1\r\nADR:;;St. 5\\;a;Bonn;;53111;DE\r\nNOTE:=x\r\nEND:VCARD\r\n"
    (tmp_path / "a.vcf").write_text(card + "BEGIN:VCARD\nVERSION:3.0\nFN broken\nEND:VCARD\n", newline="")
    records = pd.concat(list(read(tmp_path / "a.vcf")))
    write_refused(records, _reasons(records), tmp_path / "b.vcf")
    again = pd.concat(list(read(tmp_path / "b.vcf")))

    assert again.loc[1].drop("card").dropna().to_dict() == records.loc[1].drop("card").dropna().to_dict()
    assert "FN broken" in again.loc[2]["card"]
    assert "X-REFUSED-BECAUSE:=is not a name" in (tmp_path / "b.vcf").read_text()


@pytest.mark.parametrize(
    ("name", "refused"),
    [("a.csv", "a.refused.csv"), ("b.c.ods", "b.c.refused.xlsx"), ("a.XLS", "a.refused.xlsx"), ("a.shp", "a.refused.gpkg"), ("a.zip", "a.refused.gpkg"),
     ("a.ndjson", "a.refused.geojson"), ("a.vcard", "a.refused.vcf"), ("a.other", "a.refused.csv")],
)  # fmt: skip
def test_the_name_of_what_was_refused(name: str, refused: str) -> None:
    assert refused_name(name) == refused


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    records = _records()
    with pytest.raises(ExportError, match=r"files that end in \.doc are not written"):
        write_refused(records, _reasons(records), tmp_path / "a.doc")
    with pytest.raises(ExportError, match=r"a\.csv cannot be written \(No such file or directory\)"):
        write_refused(records, _reasons(records), tmp_path / "nowhere" / "a.csv")
    assert list(tmp_path.iterdir()) == []
