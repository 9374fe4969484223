"""The docs tell the truth: the dictionary is the database's, every command and setting is named."""

from pathlib import Path

import pytest
import typer

from gcrm.cli.main import app
from gcrm.config import Settings
from gcrm.olap.catalogue import DIMENSIONS, MEASURES
from gcrm.pipeline.checks import broken_checks
from gcrm.pipeline.dictionary import data_dictionary

DOCS = Path(__file__).parents[2] / "docs"


def _all_docs() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md")))


def _commands() -> list[str]:
    root = typer.main.get_command(app)
    names = []
    for name, command in getattr(root, "commands", {}).items():
        below = getattr(command, "commands", None)
        names += [f"gcrm {name} {each}" for each in below] if below else [f"gcrm {name}"]
    return names


@pytest.mark.usefixtures("database")
def test_the_data_dictionary_is_that_of_the_database() -> None:
    assert (DOCS / "data_dictionary.md").read_text(encoding="utf-8") == data_dictionary(), "run `make docs`"


@pytest.mark.usefixtures("database")
def test_every_table_and_column_is_described() -> None:
    assert "|  |\n" not in data_dictionary()
    assert "None" not in data_dictionary()


@pytest.mark.usefixtures("database")
def test_checks_run_and_find_nothing_in_an_empty_database() -> None:
    names, broken = broken_checks()
    assert names
    assert broken == {}


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_in_the_docs(command: str) -> None:
    assert command in _all_docs()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_docs(name: str) -> None:
    assert f"GCRM_{name.upper()}" in _all_docs()


@pytest.mark.parametrize("name", [*DIMENSIONS, *MEASURES])
def test_every_dimension_and_measure_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in (DOCS / "how_to" / "cube.md").read_text(encoding="utf-8")
