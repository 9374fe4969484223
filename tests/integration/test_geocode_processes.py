"""Geocoding in several processes places as one does; its reference is kept in a file until the layers change."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.errors import GeocodeError
from gcrm.ingest.geocoding.reference import Reference
from gcrm.pipeline import geocoding
from gcrm.pipeline.geocode_processes import place_in_processes
from gcrm.pipeline.geocode_reference import load_reference, prepare_reference
from tests.integration.command_line import well
from tests.integration.records import rows

_STREETS = ("Dorfstrasse", "Haldenweg", "Quellenrain", "Ahornallee")
_PLACED = "SELECT source_key, ST_X(position), ST_Y(position), cell, geocode_level, geocode_score, geocode_reason FROM gcrm.accounts ORDER BY source_key"
_FORGET = (
    "UPDATE gcrm.accounts SET position = NULL, cell = NULL, geocode_level = NULL, geocode_score = NULL, geocode_margin = NULL, geocode_reason = NULL,"
    " geocoded_at = NULL"
)


@pytest.fixture(scope="module", autouse=True)
def country(database: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made village and forty accounts in it, each at a number of its own; some do not exist."""
    del database
    folder = tmp_path_factory.mktemp("country")
    known = [(9.5 + at / 1000, 47.1, number, street) for at, street in enumerate(_STREETS) for number in range(1, 9)]
    lines = [f"{x},{47.1 + number / 1000},{number},{street},,Oberau,,,9001,,{at}" for at, (x, _, number, street) in enumerate(known)]
    (folder / "au.csv").write_text("\n".join(["LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH", *lines, ""]))
    accounts = [f"k{street}{number},N{street}{number},{street},{number},9001,Oberau" for street in _STREETS for number in range(1, 11)]
    (folder / "accounts.csv").write_text("\n".join(["key,name,street,number,postcode,city", *accounts, ""]))
    well("load", "addresses", folder / "au.csv")
    well("import", "accounts", folder / "accounts.csv", "--source", "t")
    return folder


@pytest.fixture
def shared_out(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every account is worth a process of its own, and chunks are small; tells how many processes there were."""
    asked: list[int] = []

    def watched(*arguments: object) -> None:
        asked.append(int(str(arguments[2])))
        place_in_processes(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(geocoding, "_ROWS_PER_PROCESS", 1)
    monkeypatch.setattr(geocoding, "_CHUNK_ROWS", 7)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(geocoding, "place_in_processes", watched)
    return asked


def _forget() -> None:
    with connect(Role.WRITER) as connection:
        connection.execute(_FORGET)
        connection.execute("DELETE FROM gcrm.geocode_reviews")


def _chunks() -> Iterator[pd.DataFrame]:
    with connect(Role.WRITER) as connection:
        yield from geocoding._chunks(connection)


def test_several_processes_place_as_one(shared_out: list[int], capfd: pytest.CaptureFixture[str]) -> None:
    _forget()
    done: list[int] = []
    geocoding.geocode_accounts(done.append)
    several, reviews = rows(_PLACED), rows("SELECT account_id, address_key, candidates FROM gcrm.geocode_reviews ORDER BY 1")
    assert capfd.readouterr().err == ""
    assert shared_out == [2]
    assert (sum(done), len(done)) == (40, 6)
    _forget()
    geocoding._ROWS_PER_PROCESS = 1000
    geocoding.geocode_accounts(done.append)
    assert shared_out == [2]
    assert rows(_PLACED) == several
    assert rows("SELECT account_id, address_key, candidates FROM gcrm.geocode_reviews ORDER BY 1") == reviews
    assert {level for *_, level, _, _ in several} == {"rooftop", "street"}


@pytest.mark.usefixtures("shared_out")
def test_a_process_that_is_ended_is_told_and_the_rest_is_done_by_the_next_run() -> None:
    _forget()

    def ending(_more: int) -> None:
        for each in multiprocessing.active_children():
            each.kill()

    with pytest.raises(GeocodeError, match="run it again"):
        geocoding.geocode_accounts(ending)
    assert 0 < geocoding.count_open() < 40
    geocoding.geocode_accounts(lambda _more: None)
    assert geocoding.count_open() == 0


def test_the_processes_end_with_their_parent() -> None:
    _forget()
    program = (
        "import time\n"
        "from gcrm.pipeline import geocoding\n"
        "from tests.integration.test_geocode_processes import _chunks\n"
        "from gcrm.pipeline.geocode_processes import place_in_processes\n"
        "geocoding._CHUNK_ROWS = 7\n"
        "def waiting():\n    yield from _chunks()\n    time.sleep(60)\n"
        "place_in_processes(waiting(), 1, 2, lambda more: print(more, flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == "7"
        children = [each for each in psutil.Process(parent.pid).children(recursive=True) if "spawn_main" in " ".join(each.cmdline())]
        parent.kill()
    assert children
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


def _kept() -> list[Path]:
    return sorted(settings().reference.glob("*.duckdb"))


def test_the_reference_is_kept_until_the_layers_change(country: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = _kept()  # by the loading of the layer
    with connect(Role.READER) as connection, monkeypatch.context() as never:
        never.setattr(Reference, "__init__", lambda *_: pytest.fail("made once more"))
        kept = load_reference(connection)
        prepare_reference()
    assert sorted(kept.names) == sorted(_STREETS)
    (country / "newer").mkdir()
    (country / "newer" / "au.csv").write_text((country / "au.csv").read_text() + "9.52,47.12,1,Neuweg,,Oberau,,,9001,,n\n")
    well("load", "addresses", country / "newer" / "au.csv", "--date", "2025-06-01")
    (second,) = _kept()
    assert second != first
    with connect(Role.READER) as connection:
        assert "Neuweg" in load_reference(connection).names


def test_a_broken_file_is_made_again() -> None:
    (path,) = _kept()
    path.write_bytes(b"no reference")
    with connect(Role.READER) as connection:
        assert "Dorfstrasse" in load_reference(connection).names
    assert path.read_bytes() != b"no reference"


def test_a_disk_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in _kept():
        path.unlink()
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with connect(Role.READER) as connection:
        assert "Dorfstrasse" in load_reference(connection).names
    assert _kept() == []


def test_providers_are_asked_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    many = 10**7
    assert [geocoding._processes(count) for count in (0, 1, many)] == [0, 1, min(os.cpu_count() or 1, 4)]
    monkeypatch.setenv("GCRM_GEOCODERS", "nominatim=http://127.0.0.1:1;rate=1;days=7")
    settings.cache_clear()
    assert geocoding._processes(many) == 1
    monkeypatch.undo()
    settings.cache_clear()
