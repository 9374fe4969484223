"""Roles of contacts: which can be."""

from datetime import date

import pytest

from gcrm.crm.contact_roles import Role
from gcrm.errors import CrmError

_DAY = date(2026, 1, 1)


def test_a_name_is_tidied() -> None:
    assert Role("  chief \t accountant ", _DAY).check() == Role("chief accountant", _DAY)


@pytest.mark.parametrize("role", [Role(" ", _DAY), Role("x" * 81, _DAY), Role("user", _DAY, _DAY), Role("user", _DAY, date(2025, 12, 31))])
def test_what_cannot_be_says_why(role: Role) -> None:
    with pytest.raises(CrmError, match=r"; give (one|a day)"):
        role.check()
