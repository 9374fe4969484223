"""The roles of the people who sign in: what each may do, and the finest cells that it sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gcrm.config import settings
from gcrm.errors import SettingsError
from gcrm.units import FINEST_LEVEL

_NEIGHBOURHOODS = 9
"""H3 level whose cells are some 0.1 km², a few streets (https://h3geo.org/docs/core-library/restable)."""


class Permission(StrEnum):
    """Something that a role may do, within the territories of the person who has it."""

    LOOK = "look"
    """See maps, cubes and accounts."""
    EXPORT = "export"
    """Take tables with them."""
    WORK = "work"
    """Work with customers: activities, leads, opportunities, cases."""
    CAMPAIGN = "campaign"
    """Address many customers at once."""
    PLAN = "plan"
    """Change territories and what hangs on roads and sites."""
    MEND = "mend"
    """Import, and mend what is wrong in the data; of those who see every account only."""
    ADMINISTER = "administer"
    """Users, sessions, the audit; of those who see every account only."""


@dataclass(frozen=True)
class UserRole:
    """A role: its name, what a page calls it, what it may do, the finest H3 level at which it sees figures."""

    name: str
    label: str
    permissions: frozenset[Permission]
    finest_level: int = FINEST_LEVEL

    def may(self, permission: Permission) -> bool:
        """Whether the role may do something."""
        return permission in self.permissions


def _role(name: str, *permissions: Permission, finest_level: int = FINEST_LEVEL) -> UserRole:
    return UserRole(name, name.replace("_", " ").capitalize(), frozenset({Permission.LOOK, *permissions}), finest_level)


USER_ROLES: Mapping[str, UserRole] = MappingProxyType(
    {
        each.name: each
        for each in (
            _role("admin", *Permission),
            _role("regional_manager", Permission.EXPORT, Permission.WORK, Permission.MEND),
            _role("territory_planner", Permission.EXPORT, Permission.PLAN),
            _role("marketer", Permission.EXPORT, Permission.CAMPAIGN, finest_level=_NEIGHBOURHOODS),
            _role("analyst", Permission.EXPORT, finest_level=_NEIGHBOURHOODS),
            _role("rep", Permission.WORK),
            _role("read_only", finest_level=_NEIGHBOURHOODS),
        )
    }
)
"""Every role by its name."""


def smallest_count(role: UserRole) -> int:
    """Accounts that a figure stands for at least which somebody with a role is shown: what GCRM_SMALLEST_COUNT_BY_ROLE says, else GCRM_SMALLEST_COUNT.

    Args:
        role: of the person.

    Raises:
        SettingsError: GCRM_SMALLEST_COUNT_BY_ROLE cannot be read.
    """
    said: dict[str, int] = {}
    for rule in filter(None, map(str.strip, settings().smallest_count_by_role.split(","))):
        name, _, count = map(str.strip, rule.partition("="))
        if name not in USER_ROLES or not count.isdecimal():
            raise SettingsError(f"GCRM_SMALLEST_COUNT_BY_ROLE has {rule!r}; write ROLE=COUNT, with commas between, of {', '.join(USER_ROLES)}.")
        said[name] = int(count)
    return said.get(role.name, settings().smallest_count)


_OF_ALL_ACCOUNTS = frozenset({Permission.MEND, Permission.ADMINISTER})


def allowed(role: UserRole, permission: Permission, *, sees_everything: bool) -> bool:
    """Whether somebody may do something.

    Args:
        role: of the person.
        permission: what it is.
        sees_everything: whether the person sees every account: what concerns all of them is for those alone.
    """
    return role.may(permission) and (sees_everything or permission not in _OF_ALL_ACCOUNTS)
