"""What a user does wrong is one line that says what, where and how to mend it, and an exit code."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from gcrm.cli.main import app
from gcrm.config import settings
from gcrm.db.connection import Role, transaction
from gcrm.spatial.extracts import helsinki
from tests.integration.command_line import Done, gcrm, well
from tests.integration.records import value

pytestmark = pytest.mark.usefixtures("database", "here")

_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 20
_FILES: dict[str, str | bytes] = {
    "good.csv": "id,name\n1,A\n",
    "empty.csv": "",
    "header.csv": "id,name\n",
    "picture.csv": _PNG,
    "zeros.csv": bytes(5000),
    "picture.xlsx": _PNG,
    "picture.parquet": _PNG,
    "picture.geojson": _PNG,
    "picture.osm.pbf": _PNG,
    "letter.docx": "no table",
    "two lines.csv": '"a\nb",c\n1,2\n',
    "open quote.csv": 'id,name\n1,"A\n2,B\n',
    "broken.yaml": "fields: {name: [",
    "unknown.yaml": "fields: {account_key: id, name: name}\ntables: {}",
    "joined.yaml": "fields: {account_key: id, name: name}\njoin: {x: {file: nowhere.csv, on: {id: id}}}",
    "footfall.csv": "cell,weekday\n1,2\n",
    "no footfall.csv": "cell,weekday,hour,people_per_hour\n",
    "bad footfall.csv": "cell,weekday,hour,people_per_hour\n8a1126d33c97fff,9,1,1\n",
    "tracks.csv": "track_key,longitude,latitude\na,1,2\n",
    "no tracks.csv": "track_key,recorded_at,longitude,latitude\n",
}


# A command whose server goes away while rows are copied into it.
_CUT_OFF_WHILE_COPYING = """
from gcrm.cli.main import main
from gcrm.db.connection import Role, connect
from gcrm.pipeline import enrichment

def cut_off(_):
    with connect(Role.WRITER) as other, connect(Role.WRITER) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (words text)")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
            while True:
                copy.write_row(["word" * 1000])

enrichment.enrich_accounts = cut_off
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("files")
    for name, content in _FILES.items():
        (made / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (made / "folder.csv").mkdir()
    return made


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder of a test is that of the files."""
    monkeypatch.chdir(folder)


@pytest.fixture
def no_cube() -> Iterator[None]:
    """No cube is published."""
    shutil.rmtree(settings().cubes, ignore_errors=True)
    yield
    shutil.rmtree(settings().cubes, ignore_errors=True)


def _one_line(done: Done, code: int = 1) -> str:
    """The error, which is the last line and the only one."""
    lines = done.err.splitlines()
    assert done.code == code, done.err
    assert [line for line in lines if line.startswith("gcrm: ")] == lines[-1:], done.err
    assert "Traceback" not in done.err
    assert "fault of the program" not in done.err
    return lines[-1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("import accounts missing.csv", "missing.csv is not a file; check the path."),
        ("import accounts folder.csv", "folder.csv holds no file that is read"),
        ("import acounts good.csv", "There is no object 'acounts'; there are territories, reps, products, accounts"),
        ("import accounts empty.csv", "empty.csv is empty; it needs at least a header line."),
        ("import accounts header.csv", "header.csv holds no record"),
        ("import accounts letter.docx", "files that end in .docx are not read; use .csv"),
        ("import accounts picture.csv", "picture.csv"),
        ("import accounts zeros.csv", "zeros.csv"),
        ("import accounts picture.xlsx", "picture.xlsx is not a workbook that can be read (it is a picture (PNG))"),
        ("import accounts picture.parquet", "picture.parquet is not a Parquet file that can be read"),
        ("import accounts picture.geojson", "picture.geojson is not GeoJSON that can be read"),
        ("import accounts two\xa0lines.csv", "no column feeds name"),
        ("import accounts two\xa0lines.csv --map account_key=ab", "two lines.csv has no column 'ab' for account_key"),
        ("import accounts open\xa0quote.csv", "a quote opens in '1,\"A' and is never closed"),
        ("import accounts good.csv --map nmae=name", "accounts have no field 'nmae' (did you mean 'name'?)."),
        ("import accounts good.csv --map name=nmae", "good.csv has no column 'nmae' for name (did you mean 'name'?); its columns are id, name."),
        ("import orders good.csv", "no column feeds"),
        ("import accounts good.csv --map missing.yaml", "missing.yaml cannot be read"),
        ("import accounts good.csv --map broken.yaml", "broken.yaml is not YAML"),
        ("import accounts good.csv --map unknown.yaml", "unknown.yaml, line 2: tables: is not known; known are source, read, join"),
        ("import accounts good.csv --map joined.yaml", "nowhere.csv is not a file"),
        ("import accounts good.csv --map broken.yaml --map unknown.yaml", "--map names two files"),
        ("import accounts good.csv --encoding klingon", "there is no encoding 'klingon'"),
        ("import accounts picture.xlsx --sheet x", "picture.xlsx is not a workbook"),
        ("load osm missing.osm.pbf", "missing.osm.pbf is not a file; check the path."),
        ("load osm picture.osm.pbf", "picture.osm.pbf is not an OSM extract that can be read"),
        ("load osm good.csv", "good.csv is not an OSM extract"),
        ("load footfall missing.csv", "missing.csv is not a file"),
        ("load footfall footfall.csv", "footfall.csv has no column hour and people_per_hour; footfall needs"),
        ("load footfall no\xa0footfall.csv", "no footfall.csv holds no record"),
        ("load footfall bad\xa0footfall.csv", "bad footfall.csv, row 1, column weekday: '9' is not between 1 and 7; mend it and load the file again."),
        ("load tracks tracks.csv", "tracks.csv has no column recorded_at; tracks need"),
        ("load tracks no\xa0tracks.csv", "no tracks.csv holds no record"),
        ("load tracks letter.docx", "are not read"),
        ("quarantine show ordres", "There is no object 'ordres'"),
        ("cube query --rows colour", "There is no dimension 'colour'"),
        ("cube query --measures profit", "There is no measure 'profit'"),
        ("cube query --where segment", "'segment' is no filter"),
        ("cube query", "No cube is published yet; import accounts and orders, then run `gcrm cube build`."),
        ("cube members segment", "No cube is published yet"),
        ("demo --extract missing.osm.pbf", "missing.osm.pbf is not a file"),
        ("demo --extract picture.osm.pbf", "picture.osm.pbf is not an OSM extract"),
    ],
)
@pytest.mark.usefixtures("no_cube")
def test_a_mistake_is_one_line(arguments: str, sentence: str) -> None:
    before = value("SELECT count(*) FROM gcrm.accounts"), value("SELECT count(*) FROM gcrm.layer_versions")
    done = gcrm(*(argument.replace("\xa0", " ") for argument in arguments.split(" ")))

    assert sentence in _one_line(done)
    assert done.out == ""
    assert (value("SELECT count(*) FROM gcrm.accounts"), value("SELECT count(*) FROM gcrm.layer_versions")) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("imprt accounts good.csv", "No such command 'imprt'"),
        ("import accounts", "Missing argument"),
        ("import accounts good.csv --delim ;", "No such option: --delim"),
        ("quarantine show --most 0", "Invalid value for '--most'"),
        ("quarantine show --most many", "Invalid value for '--most'"),
        ("demo --scale 5000", "Invalid value for '--scale'"),
        ("serve --port 99999", "Invalid value for '--port'"),
        ("cube", ""),
    ],
)
def test_a_wrong_command_line_shows_the_usage(arguments: str, sentence: str) -> None:
    done = gcrm(*arguments.split(" "))
    assert done.code == 2
    assert sentence in " ".join((done.err + done.out).split())
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("GCRM_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "The database cannot be reached"),
        ("GCRM_DATABASE_URL", "no address at all", "is no address of a database"),
        ("GCRM_PORT", "eighty", "GCRM_PORT"),
        ("GCRM_TIME_ZONE", "Europe/Nowhere", "GCRM_TIME_ZONE"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(variable: str, text: str, sentence: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, text)
        settings.cache_clear()
        done = gcrm("cube", "build")
    settings.cache_clear()
    assert sentence in _one_line(done)


def test_debug_shows_the_traceback_and_nothing_else_does(run_cli: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert gcrm("import", "accounts", "missing.csv").err == "gcrm: missing.csv is not a file; check the path.\n"
    debug = run_cli("--debug", "import", "accounts", "missing.csv")
    assert debug.returncode == 1
    assert "Traceback (most recent call last)" in debug.stderr
    assert "ReadError: missing.csv is not a file" in debug.stderr


def test_a_fault_of_the_program_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by\nzero")

    monkeypatch.setattr("gcrm.pipeline.quarantine.quarantined", broken)
    done = gcrm("quarantine", "show")
    assert (done.code, done.out) == (70, "")
    assert done.err == "gcrm: a fault of the program (ZeroDivisionError: division by zero); `gcrm --debug ...` shows where.\n"


def test_a_database_that_breaks_off_is_no_fault_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(_: object) -> int:
        with transaction(Role.WRITER) as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return 0

    monkeypatch.setattr("gcrm.pipeline.enrichment.enrich_accounts", cut_off)
    assert "the database broke off (terminating connection" in _one_line(gcrm("enrich"))


def test_a_server_that_goes_away_under_a_copy_is_one_line_without_what_its_driver_warns_of() -> None:
    # In a process of its own: pytest listens to every log, and then nothing of it is printed.
    done = subprocess.run([sys.executable, "-c", _CUT_OFF_WHILE_COPYING, "enrich"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("gcrm: the database broke off (")
    assert len(done.stderr.splitlines()) == 1


def test_an_interruption_says_that_nothing_is_lost() -> None:
    path = Path("many.csv")
    path.write_text("id,name\n" + "".join(f"{number},N\n" for number in range(300_000)))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it runs in the background ignore it, and what that starts would too
    with subprocess.Popen([sys.executable, "-m", "gcrm", "import", "accounts", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not value("SELECT count(*) FROM gcrm.imports WHERE file_name = 'many.csv'"):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err.splitlines()[-1] == "gcrm: stopped; the same command again goes on from what is stored."
    assert "Traceback" not in err


def test_an_extract_without_anything_of_use(folder: Path) -> None:
    # The first block of an extract is its header: the size of the block's own header, that header, whose last field is the size of what follows.
    data = helsinki().read_bytes()
    start = 4 + int.from_bytes(data[:4], "big")
    size = sum((byte & 0x7F) << 7 * shift for shift, byte in enumerate(data[data.rindex(b"\x18", 0, start) + 1 : start]))
    (folder / "nothing.osm.pbf").write_bytes(data[: start + size])
    assert "nothing.osm.pbf" in _one_line(gcrm("load", "osm", "nothing.osm.pbf"))


def _commands(group: typer.core.TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


def _all_commands() -> list[tuple[str, ...]]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return list(_commands(group))


@pytest.mark.parametrize("command", _all_commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    out = " ".join(well(*command, "--help").split())
    assert "Example" in out
    assert f"gcrm {' '.join(command)}" in out


def test_every_command_is_in_the_help() -> None:
    out = well("--help")
    assert {command[0] for command in _all_commands()} <= set(out.split())
    assert "--debug" in out


def test_the_version() -> None:
    assert well("--version").startswith("gcrm ")
    assert json.dumps(well("--version").split()[1]).count(".") >= 1
