"""How many records a file is thought to hold."""

from pathlib import Path

import pandas as pd
import pytest

from gcrm.ingest.options import ReadOptions
from gcrm.ingest.size import expected_records


@pytest.mark.parametrize("rows", [0, 1, 100, 200_000])
def test_the_lines_of_a_text_are_estimated_closely(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text("key,name\n" + "".join(f"{number:08},somebody\n" for number in range(rows)))
    found = expected_records(path, ReadOptions())
    assert found is not None
    assert abs(found - rows) <= rows / 1000


def test_a_text_without_a_header_has_a_record_more(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1,x\n2,y\n")
    assert expected_records(path, ReadOptions(columns=("key", "name"))) == 2


def test_parquet_says_it_itself_and_a_workbook_does_not(tmp_path: Path) -> None:
    pd.DataFrame({"key": range(7)}).to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"nonsense")
    (tmp_path / "c.xlsx").write_bytes(b"")
    (tmp_path / "d.csv").write_bytes(b"")
    found = [expected_records(tmp_path / name, ReadOptions()) for name in ("a.parquet", "b.parquet", "c.xlsx", "d.csv")]
    assert found == [7, None, None, 0]
