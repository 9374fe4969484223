import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TOOLS = ("bash", "cat", "dirname", "env", "id", "mkdir", "sort")


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder for PATH in which there is no Python, no uv, no apt: only what the scripts themselves call."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} on this machine"))
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the scripts read."""
    folder = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "scripts", folder / "scripts")
    for name in ("pyproject.toml", "requirements.txt", "requirements-spark.txt"):
        shutil.copy(CHECKOUT / name, folder)
    return folder


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def bash(command: str, checkout: Path, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": str(checkout)} | variables
    script = f'source "{checkout}/scripts/bootstrap.sh"; {command}'
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)


def refused_in_one_line(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 1 and done.stderr.startswith("gcrm: ") and len(done.stderr.splitlines()) == 1


def test_python_is_found_among_pyenvs_versions_where_its_shim_refuses(checkout: Path, bin_folder: Path, tmp_path: Path) -> None:
    for name in ("python3.13", "python3.12", "python3"):
        program(bin_folder / name, f"echo 'pyenv: {name}: command not found' >&2; exit 127")
    versions = tmp_path / "pyenv" / "versions"
    program(versions / "3.13.10/bin/python", "exit 1")
    for version in ("3.12.4", "3.12.11", "3.11.2"):
        (versions / version / "bin").mkdir(parents=True)
        (versions / version / "bin/python").symlink_to(Path(sys.executable).resolve())
    done = bash("find_python", checkout, bin_folder, PYENV_ROOT=str(tmp_path / "pyenv"))
    assert (done.returncode, done.stdout) == (0, f"{versions}/3.12.11/bin/python\n")


def test_the_newest_python_on_path_that_runs_is_taken(checkout: Path, bin_folder: Path) -> None:
    program(bin_folder / "python3.13", "exit 127")
    (bin_folder / "python3").symlink_to(Path(sys.executable).resolve())
    done = bash("find_python", checkout, bin_folder)
    assert (done.returncode, done.stdout) == (0, f"{bin_folder}/python3\n")


def test_gcrm_python_goes_first_and_is_refused_where_it_does_not_fit(checkout: Path, bin_folder: Path, tmp_path: Path) -> None:
    (bin_folder / "python3").symlink_to(Path(sys.executable).resolve())
    mine = tmp_path / "mine"
    mine.symlink_to(Path(sys.executable).resolve())
    assert bash("find_python", checkout, bin_folder, GCRM_PYTHON=str(mine)).stdout == f"{mine}\n"
    assert refused_in_one_line(bash("find_python", checkout, bin_folder, GCRM_PYTHON="/bin/false"))


def test_without_a_python_that_makes_environments_and_without_apt_one_line_says_what_to_install(checkout: Path, bin_folder: Path) -> None:
    program(bin_folder / "python3", "exit 1")
    done = bash("python_with_venv", checkout, bin_folder)
    if done.returncode == 0:  # this machine's /usr/bin/python3, looked for by its full path, makes environments
        assert subprocess.run([done.stdout.strip(), "-c", "import ensurepip, venv"], check=False).returncode == 0
    else:
        assert refused_in_one_line(done)
        assert "python3-venv" in done.stderr


def test_a_second_run_does_nothing_until_a_dependency_changes(checkout: Path, bin_folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    assert bash("venv_is_current", checkout, bin_folder).returncode == 1
    assert bash('venv_recipe >"$VENV/gcrm-recipe"', checkout, bin_folder).returncode == 0
    again = bash("ensure_venv", checkout, bin_folder)  # there is no uv on this PATH that it could call
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    with (checkout / "requirements.txt").open("a") as pinned:
        pinned.write("one-more==1.0\n")
    assert bash("venv_is_current", checkout, bin_folder).returncode == 1


def test_a_venv_whose_python_is_gone_is_not_current(checkout: Path, bin_folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    bash('venv_recipe >"$VENV/gcrm-recipe"', checkout, bin_folder)
    (checkout / ".venv/bin/python").unlink()
    assert bash("venv_is_current", checkout, bin_folder).returncode == 1


def test_the_programs_own_search_finds_postgis(bin_folder: Path) -> None:
    done = bash(f'VENV="{sys.prefix}"; ensure_postgis', CHECKOUT, bin_folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_where_postgis_is_missing_and_apt_may_not_be_used_one_line_says_so(checkout: Path, bin_folder: Path) -> None:
    program(checkout / ".venv/bin/python", "echo 'gcrm: PostgreSQL 15 or newer with PostGIS is needed' >&2; exit 1")
    assert refused_in_one_line(bash("ensure_postgis", checkout, bin_folder))
    assert bash("ensure_postgis", checkout, bin_folder, GCRM_DATABASE_URL="postgresql://server/gcrm").returncode == 0


def test_spark_is_installed_once_and_again_where_its_pins_change(checkout: Path, bin_folder: Path) -> None:
    program(checkout / ".venv/bin/python", "exit 0")
    program(bin_folder / "uv", 'echo "$@" >>"$HOME/called"')
    for tool in ("cmp", "cp"):
        (bin_folder / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} on this machine"))
    for _ in range(2):
        assert bash("ensure_spark", checkout, bin_folder).returncode == 0
    installed = [line for line in (checkout / "called").read_text().splitlines() if "install" in line]
    assert len(installed) == 1
    assert installed[0].endswith("requirements-spark.txt")
    with (checkout / "requirements-spark.txt").open("a") as pinned:
        pinned.write("one-more==1.0\n")
    bash("ensure_spark", checkout, bin_folder)
    assert (checkout / "called").read_text().count(" install ") == 2


def test_where_java_is_missing_and_apt_may_not_be_used_one_line_says_so(checkout: Path, bin_folder: Path) -> None:
    done = bash(f'VENV="{sys.prefix}"; ensure_spark', checkout, bin_folder)
    assert refused_in_one_line(done)
    assert "Java 17" in done.stderr


def test_a_browser_counts_only_where_it_runs(checkout: Path, bin_folder: Path) -> None:
    assert refused_in_one_line(bash("ensure_chromium", checkout, bin_folder))
    program(bin_folder / "chromium-browser", "echo 'requires the chromium snap to be installed' >&2; exit 1")
    chrome = program(bin_folder / "google-chrome", "echo Google Chrome 140.0")
    assert bash("ensure_chromium", checkout, bin_folder).stdout == f"{chrome}\n"
    assert refused_in_one_line(bash("ensure_chromium", checkout, bin_folder, GCRM_CHROMIUM="/bin/false"))


def test_a_failed_step_names_its_log_and_keeps_its_noise_there(checkout: Path, bin_folder: Path) -> None:
    noisy = program(bin_folder / "noisy", "echo noise; exit 100")
    done = bash(f'quietly "Making noise" {noisy}', checkout, bin_folder)
    log = checkout / ".tools/setup.log"
    assert refused_in_one_line(done)
    assert str(log) in done.stderr
    assert "noise\n" in log.read_text()


def test_make_lists_every_target() -> None:
    phony = next(line for line in (CHECKOUT / "Makefile").read_text().splitlines() if line.startswith(".PHONY:"))
    listed = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in listed.splitlines()] == phony.split()[1:]


def test_ci_runs_make_test_with_the_real_data_by_its_full_path(tmp_path: Path) -> None:
    program(tmp_path / "bin/make", 'echo "$@" "$CI" "$GCRM_REAL_DATA"')
    (tmp_path / "data").mkdir()
    (tmp_path / "project/.ci").mkdir(parents=True)
    shutil.copy(CHECKOUT / ".ci/run", tmp_path / "project/.ci/run")
    environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GCRM_REAL_DATA": "../data"}
    done = subprocess.run([tmp_path / "project/.ci/run"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"test true {tmp_path}/data\n"
