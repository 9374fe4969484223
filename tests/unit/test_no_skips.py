import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TESTS = {
    "mark": "import pytest\n\n@pytest.mark.skip(reason='no reason')\ndef test_it(): pass\n",
    "call": "import pytest\n\ndef test_it(): pytest.skip('no data')\n",
    "module": "import pytest\n\npytest.skip('no library', allow_module_level=True)\n",
    "expected failure": "import pytest\n\n@pytest.mark.xfail(strict=True)\ndef test_it(): raise ValueError\n",
}


def run(folder: Path, test: str, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(TESTS[test])
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.no_skips", "test_it.py"]
    environment = os.environ | {"CI": ci, "PYTHONPATH": str(CHECKOUT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("test", "summary"), [("mark", "1 error"), ("call", "1 failed"), ("module", "1 error")])
def test_a_skip_fails_in_ci_and_the_summary_stays_the_last_line(tmp_path: Path, test: str, summary: str) -> None:
    done = run(tmp_path, test, ci="true")
    assert done.returncode != 0
    assert summary in done.stdout.splitlines()[-1]
    assert "was skipped, which CI does not allow" in done.stdout


@pytest.mark.parametrize("test", ["mark", "call"])
def test_a_skip_passes_elsewhere(tmp_path: Path, test: str) -> None:
    done = run(tmp_path, test, ci="")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout.splitlines()[-1]


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    done = run(tmp_path, "expected failure", ci="true")
    assert done.returncode == 0
    assert "1 xfailed" in done.stdout.splitlines()[-1]
