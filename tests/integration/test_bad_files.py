"""Bad files by the command itself: an exit code, one line, no traceback, a database that is as it was, or the bad records in quarantine."""

from pathlib import Path

import pytest

from tests.integration.command_line import gcrm
from tests.integration.records import value
from tests.unit.ingest.hostile.bad_files import BAD_FILES

pytestmark = pytest.mark.usefixtures("database")

_REFUSED = (
    "text: only NUL", "text: web page", "text: quote never closed", "a million columns", "a quoted field of 100 MB", "xlsx cut at 0.5",
    "parquet cut at 0.9", "gpkg cut at 0.1", "JSON: deeper", "JSON: pipeline", "workbook: billion laughs", "workbook: macros",
    "workbook: cells far apart", "workbook: slip", "a pipe", "a link to itself", "a link to a device without end", "a Shapefile alone", "a zip in a zip",
)  # fmt: skip


def _counts() -> tuple[object, ...]:
    return tuple(value(f"SELECT count(*) FROM gcrm.{table}") for table in ("accounts", "quarantine", "imports"))


@pytest.mark.parametrize("name", _REFUSED)
def test_a_bad_file_is_one_line_and_changes_nothing(name: str, tmp_path: Path) -> None:
    path, before = BAD_FILES[name](tmp_path), _counts()
    done = gcrm("import", "accounts", path, "--map", "account_key=id", "--map", "name=name")

    lines = done.err.splitlines()
    assert done.code == 1, done.err
    assert [line for line in lines if line.startswith("gcrm: ")] == lines[-1:]
    assert path.name in lines[-1]
    assert "Traceback" not in done.err
    assert "fault of the program" not in done.err
    assert _counts() == before


@pytest.mark.parametrize(
    ("name", "kept"), [("longitude 0 'NaN'", 2), ("longitude 3 '-inf'", 2), ("latitude 31 '90.1'", 2), ("shape: bow tie", 2), ("text: mixed encodings", 5)]
)
def test_bad_records_go_to_quarantine_and_the_rest_is_stored(name: str, kept: int, tmp_path: Path) -> None:
    path, source = BAD_FILES[name](tmp_path), name.replace("'", "")
    done = gcrm("import", "accounts", path, "--source", source)
    stored = value("SELECT count(*) FROM gcrm.accounts WHERE source = %s", source)
    refused = value("SELECT count(*) FROM gcrm.quarantine WHERE file_name = %s AND source = %s", path.name, source)

    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert refused >= 1
    assert stored + refused >= kept
    assert f"{refused:,} refused" in done.out


def test_how_a_file_is_read_is_shown_and_can_be_overruled(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("1;Ada;Zürich\n2;Bo;Köln\n3;Cy;Bern\n".encode("cp1252"))
    shown = gcrm("import", "accounts", tmp_path / "a.csv", "--map", "account_key=column 1", "--map", "name=column 2", "--dry-run").err
    assert "a.csv: delimited text, encoding 'cp1252'" in shown
    assert "header no" in shown
    done = gcrm("import", "accounts", tmp_path / "a.csv", "--header", "--map", "account_key=1", "--map", "name=Ada", "--source", "overruled")
    assert done.out.startswith("2 read: 2 created")


def test_a_folder_is_imported_file_by_file_or_as_one(tmp_path: Path) -> None:
    for name, key in (("a.csv", 1), ("b.csv", 2)):
        (tmp_path / name).write_text(f"id,name\n{key},Ada\n")
    assert gcrm("import", "accounts", tmp_path, "--source", "each").out.splitlines() == ["1 read: 1 created, 0 updated, 0 unchanged, 0 refused."] * 2
    assert gcrm("import", "accounts", tmp_path, "--source", "one", "--together").out == "2 read: 2 created, 0 updated, 0 unchanged, 0 refused.\n"


@pytest.mark.parametrize(("option", "given"), [("--skip-lines", "200000"), ("--delimiter", '"')])
def test_an_option_that_cannot_be(option: str, given: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,Ada\n")
    done = gcrm("import", "accounts", tmp_path / "a.csv", option, given)
    assert done.code == 1
    assert done.err.startswith(f"gcrm: {option} is ")
