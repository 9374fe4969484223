"""Which of the installed versions runs a cluster, and what is said where none can."""

import os
from pathlib import Path

import pytest

from gcrm.db.programs import Programs, choose, installed
from gcrm.errors import ClusterError

_DATA = Path("/home/me/gcrm/postgres")


def _programs(version: str, *, has_postgis: bool = True) -> Programs:
    return Programs(Path(f"/opt/{version}/bin"), int(version.split(".", maxsplit=1)[0]), version, has_postgis)


_NEW, _OLD, _TOO_OLD, _BARE = _programs("17.2"), _programs("15.9"), _programs("14.3"), _programs("18.1", has_postgis=False)


@pytest.mark.parametrize(
    ("made_by", "found", "chosen"),
    [(None, [_BARE, _NEW, _OLD], _NEW), (15, [_NEW, _OLD], _OLD), (17, [_NEW, _OLD], _NEW), (None, [_OLD, _TOO_OLD], _OLD)],
)
def test_the_version_that_made_the_cluster_or_else_the_newest(made_by: int | None, found: list[Programs], chosen: Programs) -> None:
    assert choose(made_by, _DATA, found) == chosen


@pytest.mark.parametrize(
    ("made_by", "found", "said"),
    [
        (None, [], "installed is none; install them with `apt install .*`dnf install .*`brew install "),
        (15, [], "installed is none; install them with"),
        (None, [_TOO_OLD], r"15 or newer with PostGIS is needed, and installed is 14\.3; install"),
        (None, [_BARE], r"installed is 18\.1 without PostGIS; install"),
        (16, [_NEW, _OLD], r"made by PostgreSQL 16, and installed is 17\.2, 15\.9 .*; install PostgreSQL 16 with PostGIS to go on using it, or move"),
        (18, [_BARE], r"made by PostgreSQL 18, and installed is 18\.1 without PostGIS .*; install PostgreSQL 18 with PostGIS"),
        (14, [_NEW, _TOO_OLD], r"made by PostgreSQL 14, and installed is 17\.2, 14\.3 .*; move that folder away"),
    ],
)
def test_what_is_missing_is_said_in_one_line(made_by: int | None, found: list[Programs], said: str) -> None:
    with pytest.raises(ClusterError, match=said) as raised:
        choose(made_by, _DATA, found)
    assert "\n" not in str(raised.value)


def test_what_is_installed_can_run() -> None:
    found = installed()
    assert any(each.has_postgis for each in found)
    assert [each.major for each in found] == sorted((each.major for each in found), reverse=True)
    assert all(os.access(each.folder / "initdb", os.X_OK) and each.version.startswith(str(each.major)) for each in found)
