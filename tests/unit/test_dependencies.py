import tomllib
from pathlib import Path

from packaging.requirements import Requirement

CHECKOUT = Path(__file__).parents[2]
PINNED = (CHECKOUT / "requirements.txt").read_text().splitlines()


def test_the_pinned_file_holds_pins_only_and_no_address() -> None:
    assert all("==" in line and "://" not in line and not line.startswith("-") for line in PINNED)


def test_every_dependency_is_pinned_within_its_range() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    pins = {pin.name: str(pin.specifier).removeprefix("==") for pin in map(Requirement, PINNED)}
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[requirement.name]), requirement
