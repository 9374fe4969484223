"""What Spark needs on this machine is looked for first, and said in one sentence where it is missing."""

from pathlib import Path

import pytest

from gcrm.errors import CubeError
from gcrm.olap import spark
from gcrm.olap.java import find_java
from gcrm.olap.spark import spark_engine


def _java(folder: Path, says: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def _no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_without_java_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CubeError, match=r"Spark needs Java 17 or newer, and there is none on PATH; .*apt-get install"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    with pytest.raises(CubeError, match=r"JAVA_HOME is .*gone, which has no bin/java"):
        find_java()


@pytest.mark.parametrize("said", ['openjdk version "17.0.15" 2025-04-15', 'openjdk version "21" 2023-09-19', 'java version "25-ea" 2025-09-16'])
def test_java_is_found_on_path(tmp_path: Path, said: str) -> None:
    program = _java(tmp_path, f"echo '{said}' >&2")
    assert find_java() == program


def test_java_home_goes_before_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _java(tmp_path, "exit 1")
    program = _java(tmp_path / "home", "echo 'openjdk version \"17.0.1\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == program


@pytest.mark.parametrize(
    ("says", "what"),
    [("echo 'java version \"1.8.0_392\"' >&2", "is Java 8"), ("echo 'openjdk version \"11.0.2\"' >&2", "is Java 11"), ("exit 1", "does not run")],
)
def test_a_java_that_will_not_do_is_refused(tmp_path: Path, says: str, what: str) -> None:
    program = _java(tmp_path, says)
    with pytest.raises(CubeError, match=rf"{program} {what}"):
        find_java()


def test_where_spark_or_java_is_missing_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _name: True)
    with pytest.raises(CubeError, match="needs Java"):
        spark_engine("local[1]", {})
    monkeypatch.setattr(spark, "find_spec", lambda _name: None)
    with pytest.raises(CubeError, match=r"Spark is not installed; .*gcrm\[spark\]"):
        spark_engine("local[1]", {})
