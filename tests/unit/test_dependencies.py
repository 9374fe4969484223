import tomllib
from pathlib import Path

from packaging.requirements import Requirement

CHECKOUT = Path(__file__).parents[2]
PINNED = [line for name in ("requirements.txt", "requirements-spark.txt", "requirements-rivals.txt") for line in (CHECKOUT / name).read_text().splitlines()]


def test_the_pinned_files_hold_pins_only_and_no_address() -> None:
    assert all("==" in line and "://" not in line and not line.startswith("-") for line in PINNED)


def test_every_dependency_is_pinned_within_its_range() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    pins = {pin.name: str(pin.specifier).removeprefix("==") for pin in map(Requirement, PINNED)}
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[requirement.name]), requirement


def test_the_demo_does_not_fetch_spark() -> None:
    assert "pyspark" not in (CHECKOUT / "requirements.txt").read_text()
    assert len({requirement.name for requirement in map(Requirement, PINNED)}) == len(PINNED)
