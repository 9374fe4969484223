"""The built wheel, installed into an empty environment, far from the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import gcrm

CHECKOUT = Path(__file__).parents[2]
WHERE = """
import json, sys, gcrm
from gcrm.config import resource
print(json.dumps({"gcrm": gcrm.__file__, "path": sys.path, "sql": str(resource("sql")), "dashboards": str(resource("dashboards"))}))
"""


def files(folder: Path) -> set[Path]:
    left = {"__pycache__", "node_modules"}  # what programs leave
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and not left & set(path.parts)}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, made from the source archive, in it; its dependencies are those of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    made = folder / "venv"
    venv.create(made, symlinks=True)
    install: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        made / "bin/python",
        "install",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)
    (site_packages,) = made.glob("lib/python*/site-packages")
    # A folder that a .pth file adds comes after the environment's own, and the .pth files in it, the checkout's among them, are not read.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return made


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """A data folder that the database's user can enter, with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="gcrm-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def run(environment: Path, elsewhere: Path, *command: str) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("GCRM_", "PYTHON", "VIRTUAL_ENV"))}
    program, *arguments = command
    done = subprocess.run(
        [environment / "bin" / program, *arguments], cwd=elsewhere, env=variables | {"GCRM_HOME": str(elsewhere)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheels_own_package_is_the_one_that_runs(environment: Path, elsewhere: Path) -> None:
    where = json.loads(run(environment, elsewhere, "python", "-c", WHERE))
    assert Path(where["gcrm"]).is_relative_to(environment)
    assert str(CHECKOUT) not in where["path"]


@pytest.mark.parametrize("folder", ["sql", "dashboards"])
def test_the_wheel_carries_every_file(environment: Path, elsewhere: Path, folder: str) -> None:
    carried = Path(json.loads(run(environment, elsewhere, "python", "-c", WHERE))[folder])
    assert carried.is_relative_to(environment)
    assert files(carried) == files(CHECKOUT / folder) != set()


def test_the_command_answers(environment: Path, elsewhere: Path) -> None:
    assert gcrm.__version__ in run(environment, elsewhere, "gcrm", "--version")
    assert "import" in run(environment, elsewhere, "gcrm", "--help")


def test_it_starts_a_database_and_migrates_it(environment: Path, elsewhere: Path) -> None:
    try:
        run(environment, elsewhere, "gcrm", "db", "start")
        with psycopg.connect(run(environment, elsewhere, "gcrm", "db", "url", "--role", "owner").strip()) as connection:
            applied = [name for (name,) in connection.execute("SELECT name FROM gcrm.schema_migrations ORDER BY number")]
        assert applied == sorted(path.name for path in (CHECKOUT / "sql/migrations").glob("*.sql"))
        assert "nothing to apply" in run(environment, elsewhere, "gcrm", "db", "migrate")
    finally:
        run(environment, elsewhere, "gcrm", "db", "stop")
