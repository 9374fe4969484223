"""Standard input, folders and tables of databases become files for the time of a run."""

import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from gcrm.config import settings
from gcrm.errors import ReadError
from gcrm.frames import ACCOUNTS
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import MISSING, read
from gcrm.ingest.source import open_source
from gcrm.ingest.spool import FILE_COLUMN, local_files

_AT_THE_GATE = "s3cr3t/+ä"


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GCRM_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home" / "spool"
    settings.cache_clear()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE "our customers" (id INTEGER, name TEXT, amount REAL, photo BLOB, note TEXT)')
        connection.executemany('INSERT INTO "our customers" VALUES (?, ?, ?, ?, ?)', [(1, "Ada", 1.5, b"\x01\xff", None), (2, "Bo: the 2nd", 2.0, None, "=1")])
    connection.close()
    return path


def _all(path: Path) -> pd.DataFrame:
    return pd.concat(list(read(path)))


def _feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_file_is_itself(tmp_path: Path) -> None:
    with local_files(str(tmp_path / "a.csv"), ReadOptions()) as files:
        assert files == [tmp_path / "a.csv"]


def test_standard_input_is_kept_for_the_run_and_named_by_its_content(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    names = []
    for _ in range(2):
        _feed(monkeypatch, b"id;name\n1;Ada\n")
        with local_files("-", ReadOptions()) as (path,):
            assert path.is_relative_to(spool)
            assert spool.stat().st_mode & 0o077 == 0
            assert _all(path)["name"].tolist() == ["Ada"]
            names.append(path.name)
        assert list(spool.iterdir()) == []
    assert names[0] == names[1]
    assert names[0].endswith(".csv")


def test_standard_input_of_another_format(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pd.DataFrame({"id": [1]}).to_excel(tmp_path / "a.xlsx", index=False)
    _feed(monkeypatch, (tmp_path / "a.xlsx").read_bytes())
    with local_files("-", ReadOptions()) as (path,):
        assert path.suffix == ".xlsx"
        assert _all(path)["id"].tolist() == ["1"]


def test_empty_standard_input(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    _feed(monkeypatch, b"")
    with pytest.raises(ReadError, match="Standard input is empty"), local_files("-", ReadOptions()):
        pass
    assert list(spool.iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_what_another_uses_is_not(monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    for name in ("left", "used"):
        (spool / name).mkdir(parents=True)
        (spool / name / "in use").touch()
    _feed(monkeypatch, b"id\n1\n")
    with FileLock(spool / "used" / "in use"), local_files("-", ReadOptions()):
        assert not (spool / "left").exists()
        assert (spool / "used").exists()


def test_a_folder_is_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden.csv", "notes.pdf"):
        (tmp_path / name).write_text("id,name\n1,x\n")
    with local_files(str(tmp_path), ReadOptions()) as files:
        assert [path.name for path in files] == ["a.csv", "b.csv"]


def test_the_files_of_a_folder_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("id,name\n1,Ada\n2\n")
    (folder / "b.csv").write_text("id;name\n3;Cy\n")
    with local_files(str(folder), ReadOptions(), together=True) as (path,):
        frame = _all(path)
    assert frame[["id", "name", FILE_COLUMN]].to_numpy().tolist() == [["1", "Ada", "a.csv"], ["2", "", "a.csv"], ["3", "Cy", "b.csv"]]
    assert frame.index.tolist() == [1, 2, 3]
    assert frame[MISSING].dropna().to_dict() == {2: "1 of 2"}

    (folder / "c.csv").write_text("id,town\n1,Bonn\n")
    with pytest.raises(ReadError, match=r"c\.csv has other columns than a\.csv"), local_files(str(folder), ReadOptions(), together=True):
        pass


def test_a_folder_without_a_file_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no file that is read"), local_files(str(tmp_path), ReadOptions()):
        pass


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("/our customers", {}),
        ("", {"table": "our customers"}),
        ("", {"table": "main.our customers"}),
        ("", {"query": "SELECT * FROM \"our customers\" WHERE name <> 'a:b'"}),
    ],
)
def test_a_table_of_a_database(database: Path, ending: str, options: dict[str, str]) -> None:
    with local_files(f"sqlite:///{database}{ending}", ReadOptions.model_validate(options)) as (path,):
        opened = open_source(path, ACCOUNTS, read=ReadOptions.model_validate(options))
        frame = _all(path)
    assert frame.to_dict("records") == [
        {"id": "1", "name": "Ada", "amount": "1.5", "photo": "01ff", "note": ""},
        {"id": "2", "name": "Bo: the 2nd", "amount": "2", "photo": "", "note": "=1"},
    ]
    assert opened.mapping.fields["name"].column == "name"
    assert str(database) not in opened.mapping.model_dump_json()


@pytest.mark.parametrize(
    ("address", "options", "sentence"),
    [
        ("sqlite:///{db}", {}, "names no table"),
        ("sqlite:///{db}/nowhere", {}, "no such table: nowhere"),
        ("sqlite:////nowhere/x.db/people", {}, "x.db is not a file"),
        ("sqlite:///{db}", {"query": "SELEC 1"}, "syntax error"),
        ("sqlite:///{db}", {"query": 'DELETE FROM "our customers"'}, "readonly"),
        ("nonsense://", {}, "names no table"),
        ("mysql+nodriver://u:{password}@h/db/t", {}, "cannot be read"),
        ("postgresql+psycopg://u:{password}@127.0.0.1:1/db/t", {}, "cannot be read"),
        ("http://[bad", {}, "The address of the database"),
    ],
)
def test_a_database_that_cannot_be_read(database: Path, address: str, options: dict[str, str], sentence: str, spool: Path) -> None:
    given = address.replace("{db}", str(database)).replace("{password}", _AT_THE_GATE.replace("/", "%2F").replace("+", "%2B").replace("ä", "%C3%A4"))
    with pytest.raises(ReadError, match=sentence) as caught, local_files(given, ReadOptions.model_validate(options)):
        pass
    assert "s3cr3t" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(spool.iterdir()) == []
    with sqlite3.connect(database) as connection:
        assert connection.execute('SELECT count(*) FROM "our customers"').fetchone() == (2,)
    connection.close()
