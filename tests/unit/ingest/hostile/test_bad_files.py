"""Whatever a file holds, it ends in one clear sentence or in records, kept or refused: no other error, no hang, no flood of memory."""

import gc
import resource
from pathlib import Path

import pandas as pd
import pytest

from gcrm.errors import GcrmError
from gcrm.frames import ACCOUNTS
from gcrm.ingest import readers
from gcrm.ingest.clean import clean
from gcrm.ingest.mapping import FieldSource
from gcrm.ingest.source import open_source
from tests.unit.ingest.hostile.bad_files import BAD_FILES, KINDS, valid

_MOST_MEGABYTES = 1024


def _resident() -> float:
    """Megabytes in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _peak() -> float:
    """Megabytes in use at most since `_forget_peak`."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def _forget_peak() -> float:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _resident()


def _imported(path: Path) -> tuple[int, int]:
    """Clean and refused records, by the way that `gcrm import` takes up to the database."""
    opened = open_source(path, ACCOUNTS)
    fields = {"account_key": FieldSource(column=opened.sample.columns[0]), "name": FieldSource(column=opened.sample.columns[-1])} | opened.mapping.fields
    mapping = opened.mapping.model_copy(update={"fields": fields})
    assert opened.detection.format
    kept = refused = 0
    for chunk in opened.chunks():
        assert all(pd.api.types.is_string_dtype(dtype) for dtype in chunk.dtypes)
        assert not chunk[[column for column in chunk if column not in readers.MARKS]].isna().any(axis=None)
        assert chunk.columns.is_unique
        fitting = chunk[~chunk.reindex(columns=list(readers.MARKS)).notna().any(axis=1)]
        records, problems, _, _ = clean(mapping.apply(fitting, ACCOUNTS), ACCOUNTS, mapping)
        assert len(records) + len(problems) == len(fitting)
        _is_placed(records)
        kept, refused = kept + len(records), refused + len(chunk) - len(records)
    return kept, refused


def _is_placed(records: pd.DataFrame) -> None:
    assert records["longitude"].dropna().between(-180, 180).all()
    assert records["latitude"].dropna().between(-90, 90).all()


def test_there_are_at_least_two_hundred() -> None:
    assert len(BAD_FILES) >= 200


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_ends_in_a_sentence_or_in_records(name: str, tmp_path: Path) -> None:
    path = BAD_FILES[name](tmp_path)
    before = _forget_peak()
    sentence, records = "", 0
    try:
        records = sum(_imported(path))
    except GcrmError as error:
        sentence = str(error)
    assert records or (path.name in sentence and sentence.endswith("."))
    assert "\n" not in sentence
    assert _peak() - before < _MOST_MEGABYTES


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_files_they_are_made_of_are_good(kind: str, tmp_path: Path) -> None:
    assert _imported(valid(tmp_path, kind)) == (3, 0)


@pytest.mark.parametrize(("value", "kept"), [("NaN", 2), ("inf", 2), ("999", 2), ("-181", 2), ("180", 3), ("", 2)])
def test_a_bad_coordinate_refuses_its_record_and_no_other(value: str, kept: int, tmp_path: Path) -> None:
    rows = "".join(f"{row},A,{value if row == 2 else 9.5},47.1\n" for row in (1, 2, 3))
    (tmp_path / "a.csv").write_text("id,name,longitude,latitude\n" + rows)
    assert _imported(tmp_path / "a.csv") == (kept, 3 - kept)
