"""The people who may sign in on this machine: a file of names, roles, territories and hashes of passwords.

A hash is Argon2id (RFC 9106) as argon2-cffi makes it, with the parameters that it recommends. Nobody's password is kept.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gcrm.access.roles import USER_ROLES, Permission, UserRole, allowed
from gcrm.errors import AccessError

EVERYTHING = "all"
"""In place of territories: every account, those without a territory included."""

SHORTEST_PASSWORD = 12
"""Characters of a password at least (NIST SP 800-63B asks for 8, and for 15 where nothing else is asked)."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_COLUMNS = {"role", "territories", "mail", "password"}


@dataclass(frozen=True)
class User:
    """A person who may sign in.

    Attributes:
        name: in small letters.
        role: a name of USER_ROLES.
        territories: names of territories and regions, each of which stands for all that is below it; EVERYTHING alone for every account.
        mail: the address by which the organisation's own sign-in knows the person; empty where there is none.
        password: hash of the password; empty where the person signs in through the organisation only.
    """

    name: str
    role: str
    territories: tuple[str, ...]
    mail: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise AccessError(f"{self.name!r} is no name of a user; write small letters, digits, and . _ @ - between them, at most 64.")
        if self.role not in USER_ROLES:
            raise AccessError(f"{self.role!r} is no role; there are {', '.join(USER_ROLES)}.")
        if not self.territories:
            raise AccessError(f"{self.name} sees no territory; name at least one, or {EVERYTHING}.")
        if EVERYTHING in self.territories and len(self.territories) > 1:
            raise AccessError(f"{self.name} sees {EVERYTHING} and others beside it; write one or the other.")

    @property
    def user_role(self) -> UserRole:
        """What the role says."""
        return USER_ROLES[self.role]

    @property
    def sees_everything(self) -> bool:
        """Whether every account is in the person's territories."""
        return self.territories == (EVERYTHING,)

    def may(self, permission: Permission) -> bool:
        """Whether the person may do something."""
        return allowed(self.user_role, permission, sees_everything=self.sees_everything)

    def with_password(self, password: str) -> "User":
        """The same person with another password.

        Raises:
            AccessError: it is too short, or the name of the person.
        """
        if len(password) < SHORTEST_PASSWORD:
            raise AccessError(f"The password has {len(password)} characters; take {SHORTEST_PASSWORD} or more, such as four words.")
        if password.casefold() == self.name.casefold():
            raise AccessError("The password is the name of the user; take another.")
        return replace(self, password=_hasher().hash(password))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash to check against where there is no such user, so that it takes as long."""
    return _hasher().hash(os.urandom(16))


def password_fits(user: User | None, password: str) -> bool:
    """Whether a password is that of a person; it takes as long where there is no such person.

    Args:
        user: the person, or None.
        password: what was typed.
    """
    known = user.password if user is not None else ""
    try:
        return _hasher().verify(known or _nobody(), password) and bool(known)
    except (VerificationError, InvalidHashError):
        return False


def read_users(file: Path) -> dict[str, User]:
    """The people by their names; none where there is no file.

    Args:
        file: YAML: `users:` with a name to each role, territories, mail, password.

    Raises:
        AccessError: the file cannot be read, or others than its owner may change it.
    """
    if not file.is_file():
        return {}
    if file.stat().st_mode & 0o022:
        raise AccessError(f"{file} can be changed by others than its owner; take that away with `chmod 600 {file}`.")
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise AccessError(f"{file} cannot be read ({_first_line(error)}); mend it, or make it anew with `gcrm users add`.") from error
    listed = said.get("users") if isinstance(said, dict) else None
    if not isinstance(listed, dict):
        raise AccessError(f"{file} has no `users:` with a name to each; mend it, or make it anew with `gcrm users add`.")
    return {str(name): _user(file, str(name), told) for name, told in listed.items()}


def _user(file: Path, name: str, told: object) -> User:
    if not isinstance(told, dict) or not told.keys() <= _COLUMNS:
        raise AccessError(f"{file}: {name} needs a role and territories, and may have mail and password; nothing else.")
    territories = told.get("territories") or []
    try:
        names = (territories,) if isinstance(territories, str) else tuple(map(str, territories))
        return User(name, str(told.get("role", "")), names, str(told.get("mail") or ""), str(told.get("password") or ""))
    except AccessError as error:
        raise AccessError(f"{file}: {error}") from error


def write_users(file: Path, users: Mapping[str, User]) -> None:
    """Writes the people, so that only the owner can read the file, and it is whole or as before.

    Args:
        file: as of `read_users`.
        users: by their names.
    """
    listed = {
        name: {"role": user.role, "territories": list(user.territories)} | {key: value for key in ("mail", "password") if (value := getattr(user, key))}
        for name, user in sorted(users.items())
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f".{file.name}-", delete=False, encoding="utf-8") as waiting:  # for its owner alone
        yaml.safe_dump({"users": listed}, waiting, allow_unicode=True, sort_keys=False)
        waiting.flush()
        os.fsync(waiting.fileno())
    Path(waiting.name).replace(file)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
