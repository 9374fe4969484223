"""The settings, from the environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gcrm import config
from gcrm.config import resource, settings
from gcrm.errors import SettingsError


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_PORT", "9000")
    assert settings().port == 9000
    monkeypatch.setenv("GCRM_PORT", "9001")
    assert settings().port == 9000


def test_the_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    for given, home in (("~/gcrm", tmp_path / "me" / "gcrm"), ("here", tmp_path / "here"), ("/srv/gcrm", Path("/srv/gcrm"))):
        settings.cache_clear()
        monkeypatch.setenv("GCRM_HOME", given)
        assert settings().home == home
        assert settings().cubes == home / "cubes"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("GCRM_PORT", "eighty", "GCRM_PORT is 'eighty': input should be a valid integer"),
        ("GCRM_PORT", "70000", "GCRM_PORT is '70000': input should be less than or equal to 65535"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=sentence):
        settings()


@pytest.mark.parametrize("folder", ["sql", "dashboards"])
def test_the_resources_of_a_checkout_lie_beside_the_package(folder: str) -> None:
    assert resource(folder) == Path(config.__file__).parents[1] / folder
    assert resource(folder).is_dir()
