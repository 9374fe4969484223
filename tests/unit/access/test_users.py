"""Users and roles: who may sign in, and what each role may do."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.access.roles import USER_ROLES, Permission, allowed
from gcrm.access.users import SHORTEST_PASSWORD, User, password_fits, read_users, write_users
from gcrm.errors import AccessError


def test_what_is_written_is_read_and_only_by_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    kept = {
        "anna": User("anna", "admin", ("all",)).with_password("correct horse battery"),
        "ben@example.org": User("ben@example.org", "rep", ("Süd", "North"), mail="ben@example.org"),
    }
    write_users(file, kept)
    assert read_users(file) == kept
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "correct horse" not in file.read_text()


def test_a_password_fits_its_user_alone() -> None:
    anna = User("anna", "admin", ("all",)).with_password("correct horse battery")
    assert password_fits(anna, "correct horse battery")
    assert not password_fits(anna, "correct horse batterz")
    assert not password_fits(None, "correct horse battery")
    assert not password_fits(User("ben", "rep", ("South",)), "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Anna", "admin", ("all",)), "small letters"),
        (("anna", "boss", ("all",)), "there are admin"),
        (("anna", "rep", ()), "no territory"),
        (("anna", "rep", ("all", "South")), "one or the other"),
    ],
)
def test_a_user_that_cannot_be_is_refused(arguments: tuple[str, str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(AccessError, match=said):
        User(*arguments)


def test_a_password_that_is_easily_guessed_is_refused() -> None:
    with pytest.raises(AccessError, match=f"take {SHORTEST_PASSWORD}"):
        User("anna", "admin", ("all",)).with_password("short")
    with pytest.raises(AccessError, match="name of the user"):
        User("anna.lindholm", "admin", ("all",)).with_password("Anna.Lindholm")


@pytest.mark.parametrize("text", ["users: [anna]", "users:\n  anna: {role: rep}", "users:\n  anna: {role: rep, territories: [x], admin: yes}", "a: [", "\x00"])
def test_a_damaged_file_is_said_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "users.yaml"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(AccessError, match=r"users\.yaml"):
        read_users(file)


def test_a_file_that_others_may_change_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    write_users(file, {"anna": User("anna", "admin", ("all",))})
    file.chmod(0o666)
    with pytest.raises(AccessError, match="chmod 600"):
        read_users(file)


@given(role=st.sampled_from(sorted(USER_ROLES)), permission=st.sampled_from(Permission), sees_everything=st.booleans())
def test_what_concerns_every_account_is_for_those_who_see_them(*, role: str, permission: Permission, sees_everything: bool) -> None:
    may = allowed(USER_ROLES[role], permission, sees_everything=sees_everything)
    assert not may or USER_ROLES[role].may(permission)
    if permission in (Permission.MEND, Permission.ADMINISTER) and not sees_everything:
        assert not may


def test_everybody_may_look_and_only_the_admin_administers() -> None:
    assert all(role.may(Permission.LOOK) for role in USER_ROLES.values())
    assert [name for name, role in USER_ROLES.items() if role.may(Permission.ADMINISTER)] == ["admin"]
