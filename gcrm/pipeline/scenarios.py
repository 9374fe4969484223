"""Scenarios: what-if cubes beside the published one, by their names."""

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.errors import CubeError
from gcrm.olap import versions
from gcrm.olap.analysis import ask
from gcrm.olap.answer import Answer
from gcrm.olap.query import CubeQuery
from gcrm.olap.scenario import ABOUT, Scenario, build_scenario, read_scenario
from gcrm.olap.versions import Version
from gcrm.progress import Advance


@dataclass(frozen=True)
class BuiltScenario:
    """A scenario whose cube is built: what it is, of which version, when it was built."""

    scenario: Scenario
    base: str
    built_at: datetime


def build(path: Path, base: Version, advance: Advance) -> BuiltScenario:
    """Builds the cube of a scenario; one of the same name is replaced.

    Args:
        path: a YAML file; see `gcrm.olap.scenario.Scenario`.
        base: the published version that it changes.
        advance: told how many cuboids are built.

    Raises:
        CubeError: the file cannot be read, or says what does not fit.
    """
    scenario = read_scenario(path)
    built = build_scenario(_folder() / scenario.scenario, base, scenario, advance)
    return BuiltScenario(scenario, base.name, built.built_at)


def scenarios() -> list[BuiltScenario]:
    """The scenarios that can be asked, by name; those that another version of gcrm built are passed over."""
    found = []
    for folder in sorted(_folder().glob("*")):
        try:
            version = versions.current(folder)
        except CubeError:
            continue
        if version is not None:
            found.append(_built(version))
    return found


def remove(name: str) -> None:
    """Removes a scenario.

    Raises:
        CubeError: there is none of this name.
    """
    shutil.rmtree(_version(name).folder.parent)


def ask_scenario(query: CubeQuery, scope: Scope) -> Answer:
    """Answers a question to a scenario; behind each measure stand that of the version it changes, the difference to it and the ratio.

    Args:
        query: the question; it names the scenario.
        scope: who asks.

    Raises:
        CubeError: there is no such scenario, its version is kept no more, the scope does not allow it, or the question does not fit.
    """
    version, base = opened(query.scenario, scope)
    return ask(version, query, scope, base)


def opened(name: str, scope: Scope) -> tuple[Version, Version]:
    """The version of a scenario, and the published one that it changes.

    Args:
        name: of the scenario.
        scope: who asks; a scenario moves accounts from territory to territory, so that only who sees all of them may.

    Raises:
        CubeError: there is no such scenario, the version that it changes is kept no more, or the scope does not allow it.
    """
    if not scope.sees_everything:
        raise CubeError("A scenario may move accounts of others into your territories; only who sees all territories can ask it.")
    if scope.hides:
        raise CubeError(f"A scenario and what it changes may differ by fewer than {scope.smallest_count} accounts, which you are not shown; ask the cube.")
    version = _version(name)
    base = next((each for each in versions.versions(settings().cubes) if each.name == _built(version).base), None)
    if base is None:
        raise CubeError(f"The version that the scenario {name} changes is kept no more; build it again with `gcrm cube scenario build`.")
    return version, base


def _folder() -> Path:
    return settings().cubes / "scenarios"


def _version(name: str) -> Version:
    known = {each.scenario.scenario for each in scenarios()}
    version = versions.current(_folder() / name) if name in known else None
    if version is None:
        raise CubeError(f"There is no scenario {name!r}; {f'there are {", ".join(sorted(known))}' if known else 'build one with `gcrm cube scenario build`'}.")
    return version


def _built(version: Version) -> BuiltScenario:
    said = json.loads((version.folder / ABOUT).read_text(encoding="utf-8"))
    return BuiltScenario(Scenario.model_validate(said["scenario"]), said["base"], version.built_at)
