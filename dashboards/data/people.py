"""The people who may sign in, their sessions, and the audit."""

from collections.abc import Sequence

import pandas as pd

from gcrm.access.roles import USER_ROLES
from gcrm.access.scope import Scope
from gcrm.access.users import EVERYTHING, User
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.pipeline import audit, sign_in

__all__ = ["EVERYTHING", "USER_ROLES", "User", "audit_lines", "people", "places_to_see"]

MOST_LINES = 500


def people() -> tuple[dict[str, User], pd.DataFrame]:
    """The users by name, and a row for each: name, role, territories, ways (how the person signs in), sessions, seen_at."""
    known = dict(sign_in.users())
    sessions = sign_in.sessions()
    rows = [
        {
            "name": user.name,
            "role": user.user_role.label,
            "territories": ", ".join(user.territories),
            "ways": ", ".join([*(["password"] if user.password else []), *([user.mail] if user.mail else [])]),
            "sessions": sum(each.user_name == user.name for each in sessions),
            "seen_at": max((each.seen_at for each in sessions if each.user_name == user.name), default=None),
        }
        for user in known.values()
    ]
    return known, pd.DataFrame(rows, columns=["name", "role", "territories", "ways", "sessions", "seen_at"])


def places_to_see(scope: Scope) -> Sequence[str]:
    """What a user may be given to see: EVERYTHING, the regions, the territories.

    Args:
        scope: who is looking.
    """
    with scoped(scope) as connection:
        return [EVERYTHING, *(name for (name,) in queries("sign_in").places_to_see(connection))]


def audit_lines(user_name: str | None, action: str | None) -> pd.DataFrame:
    """The newest MOST_LINES lines of the audit: happened_at, user_name, action, subject, more.

    Args:
        user_name: of one user; None for all.
        action: of one action; None for all.
    """
    found = audit.lines(user_name=user_name, action=action, most=MOST_LINES)
    rows = [(each.happened_at, each.user_name, each.action, each.subject, ", ".join(f"{key} {value}" for key, value in each.detail.items())) for each in found]
    return pd.DataFrame(rows, columns=["happened_at", "user_name", "action", "subject", "more"])
