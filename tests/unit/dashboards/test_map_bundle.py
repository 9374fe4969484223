"""The bundle that is committed is what its sources and its lock give."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

COMPONENT = Path(__file__).parents[3] / "dashboards/map_component"
BUNDLE = COMPONENT / "bundle"


def test_the_committed_bundle_is_what_the_sources_give(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("There is no node here to build the map's bundle with; it is needed for that alone.")
    shutil.copytree(COMPONENT, tmp_path / "map", ignore=shutil.ignore_patterns("node_modules", "bundle", "__pycache__"))
    for command in (["npm", "ci", "--silent", "--no-audit", "--no-fund"], ["node", "build.mjs"]):
        done = subprocess.run(command, cwd=tmp_path / "map", capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    built = tmp_path / "map/bundle"
    assert sorted(path.name for path in built.iterdir()) == sorted(path.name for path in BUNDLE.iterdir())
    for path in built.iterdir():
        assert path.read_bytes() == (BUNDLE / path.name).read_bytes(), f"{path.name} is not what `make bundle` makes"


def test_versions_are_pinned_and_the_lock_names_no_registry() -> None:
    package = json.loads((COMPONENT / "package.json").read_text())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in (package["dependencies"] | package["devDependencies"]).values())
    lock = (COMPONENT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_what_is_bundled_is_noticed_with_its_licence() -> None:
    notices = (BUNDLE / "NOTICES.txt").read_text()
    for name, version in json.loads((COMPONENT / "package.json").read_text())["dependencies"].items():
        assert f"\n{name} {version} (" in notices
    licences = set(re.findall(r"^\S+ \d[\w.]* \((.+)\)$", notices, re.MULTILINE))
    assert licences <= {"MIT", "ISC", "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "(MIT OR Apache-2.0)"}
