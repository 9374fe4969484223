"""The scope and the text that the database gets of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.access.scope import Scope


def test_everything_is_all() -> None:
    assert Scope.everything() == Scope(territories=None, finest_level=10)
    assert Scope.everything().setting == "all"


@given(st.frozensets(st.integers(min_value=1, max_value=2**31 - 1)))
def test_the_setting_names_each_territory_once(territories: frozenset[int]) -> None:
    setting = Scope(territories=territories).setting
    assert sorted(territories) == [int(each) for each in setting.split(",") if each]


@pytest.mark.parametrize("level", [-1, 16])
def test_a_level_that_makes_no_sense_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match=f"H3 has no level {level}"):
        Scope(territories=None, finest_level=level)
