"""Signing in: sessions that begin, end and are ended, users that come and go, and the audit, which is only added to."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dashboards import downloads, intake, session
from gcrm.access.roles import USER_ROLES
from gcrm.access.scope import Scope
from gcrm.access.users import User
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.errors import AccessError, SettingsError
from gcrm.pipeline import audit, sign_in

pytestmark = pytest.mark.usefixtures("database", "territories", "users")

_PASSWORD = "correct horse battery"  # noqa: S105 - of users that are made up
_HERE = "192.0.2.1"


@pytest.fixture(scope="module")
def territories() -> None:
    with connect(Role.WRITER) as writer:
        writer.execute(
            "INSERT INTO gcrm.imports (source, object, file_name, file_sha256, mapping) VALUES ('test', 'territories', 't.csv', 'f', '{}');"
            "INSERT INTO gcrm.regions (name) VALUES ('West');"
            "INSERT INTO gcrm.territories (source, source_key, name, region_id, made_up, import_id)"
            " SELECT 'test', name, name, region, true, 1 FROM (VALUES ('Harbour', 1), ('Market', 1), ('Forest', NULL)) AS t (name, region)"
        )


@pytest.fixture
def users(home: Path) -> Iterator[None]:
    sign_in.keep_user(User("anna", "admin", ("all",)).with_password(_PASSWORD))
    sign_in.keep_user(User("ben", "rep", ("West",), mail="ben@example.org").with_password(_PASSWORD))
    yield
    (home / "users.yaml").unlink()


def _ids(*names: str) -> frozenset[int]:
    with connect(Role.WRITER) as writer:
        return frozenset(row[0] for row in writer.execute("SELECT territory_id FROM gcrm.territories WHERE name = ANY(%s)", [list(names)]))


def test_a_session_is_of_whoever_began_it_until_it_is_ended() -> None:
    token = sign_in.sign_in(" Ben", _PASSWORD, _HERE)
    found = sign_in.user_of(token)
    assert found is not None
    assert found.name == "ben"
    assert sign_in.user_of("another token") is None
    sign_in.sign_out(token)
    assert sign_in.user_of(token) is None


def test_the_token_is_kept_nowhere() -> None:
    token = sign_in.sign_in("anna", _PASSWORD, _HERE)
    with connect(Role.WRITER) as writer:
        row = writer.execute("SELECT count(*) FILTER (WHERE s::text LIKE %s), count(*) FROM gcrm.sessions s", [f"%{token}%"]).fetchone()
    assert row is not None
    assert row[0] == 0 < row[1]


@pytest.mark.parametrize("column", ["ends_at", "seen_at"])
def test_a_session_ends_by_itself(column: str) -> None:
    token = sign_in.sign_in("anna", _PASSWORD, _HERE)
    with connect(Role.WRITER) as writer:
        writer.execute(f"UPDATE gcrm.sessions SET began_at = now() - interval '2 days', {column} = now() - interval '1 day'".encode())
    assert sign_in.user_of(token) is None


def test_outside_of_a_page_nobody_is_everybody() -> None:
    with pytest.raises(AccessError, match="has ended"):
        session.scope()
    with pytest.raises(AccessError, match="has ended"):
        session.scope_of("another token")
    assert session.scope_of(sign_in.sign_in("ben", _PASSWORD, _HERE)) == Scope(_ids("Harbour", "Market"))


def test_files_and_jobs_of_others_are_not_for_every_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "user", lambda: sign_in.named("ben"))
    with pytest.raises(AccessError, match="role rep may not do this"):
        downloads.offer(lambda _: None, "all")
    with connect(Role.WRITER) as writer:
        job = (
            "INSERT INTO gcrm.jobs (kind, file_name, file_sha256, mapping, created_by, state) VALUES ('entry', 'a', 'f', '{}', %s, 'finished') RETURNING job_id"
        )
        (other,), (own,) = (writer.execute(job, [name]).fetchone() or () for name in ("anna", "ben"))
    with pytest.raises(AccessError, match="is not yours"):
        intake.undo(other)
    assert intake.undo(own).kept == 0


def test_a_role_has_a_smallest_count_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("GCRM_SMALLEST_COUNT", "5")
        patch.setenv("GCRM_SMALLEST_COUNT_BY_ROLE", "analyst=20, admin=0")
        settings.cache_clear()
        counts = {role: sign_in.scope_of(User("cleo", role, ("Forest",))).smallest_count for role in USER_ROLES}
        assert counts == dict.fromkeys(USER_ROLES, 5) | {"analyst": 20, "admin": 0}
        patch.setenv("GCRM_SMALLEST_COUNT_BY_ROLE", "analysts=20")
        settings.cache_clear()
        with pytest.raises(SettingsError, match="'analysts=20'; write ROLE=COUNT"):
            sign_in.scope_of(sign_in.named("ben"))
    settings.cache_clear()


def test_a_region_stands_for_the_territories_below_it() -> None:
    assert sign_in.scope_of(sign_in.named("ben")) == Scope(_ids("Harbour", "Market"))
    assert sign_in.scope_of(sign_in.named("anna")) == Scope.everything()
    both = User("cleo", "analyst", ("Forest", "West"))
    assert sign_in.scope_of(both).territories == _ids("Harbour", "Market", "Forest")
    assert sign_in.scope_of(both).finest_level < Scope.everything().finest_level


def test_rights_that_change_end_the_sessions() -> None:
    token = sign_in.sign_in("ben", _PASSWORD, _HERE)
    ben = sign_in.named("ben")
    sign_in.keep_user(User("ben", "rep", ("Forest",), password=ben.password))
    assert sign_in.user_of(token) is None


def test_a_user_who_is_removed_is_signed_out_and_cannot_sign_in() -> None:
    token = sign_in.sign_in("ben", _PASSWORD, _HERE)
    sign_in.remove_user("ben")
    assert sign_in.user_of(token) is None
    with pytest.raises(AccessError, match="do not belong together"):
        sign_in.sign_in("ben", _PASSWORD, _HERE)


def test_somebody_who_guesses_has_to_wait_and_nobody_else() -> None:
    for _ in range(5):
        with pytest.raises(AccessError, match="do not belong together"):
            sign_in.sign_in("anna", "correct horse batterz", "192.0.2.66")
    with pytest.raises(AccessError, match="wait 15 minutes"):
        sign_in.sign_in("anna", _PASSWORD, "192.0.2.66")
    assert sign_in.sign_in("anna", _PASSWORD, _HERE)


def test_the_organisation_signs_in_whom_it_vouches_for() -> None:
    found = sign_in.user_of(sign_in.sign_in_by_mail("Ben@Example.org", _HERE))
    assert found is not None
    assert found.name == "ben"
    with pytest.raises(AccessError, match="not to gcrm"):
        sign_in.sign_in_by_mail("stranger@example.org", _HERE)
    assert "stranger" not in str(audit.lines())


def test_somebody_who_administers_is_always_left() -> None:
    with pytest.raises(AccessError, match="Nobody would be left"):
        sign_in.remove_user("anna")
    with pytest.raises(AccessError, match="Nobody would be left"):
        sign_in.keep_user(User("anna", "admin", ("West",)))


def test_a_territory_that_is_not_there_is_refused() -> None:
    with pytest.raises(AccessError, match="'East'"):
        sign_in.keep_user(User("cleo", "rep", ("West", "East")))


def test_the_audit_is_only_added_to_and_the_reader_does_not_see_it() -> None:
    sign_in.sign_in("anna", _PASSWORD, _HERE)
    assert [(line.user_name, line.action) for line in audit.lines(user_name="anna", most=1)] == [("anna", "sign in")]
    for statement in ("UPDATE gcrm.audit SET user_name = 'ben'", "DELETE FROM gcrm.audit", "TRUNCATE gcrm.audit"):
        with connect(Role.WRITER) as writer, pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute(statement.encode())
    for table in ("audit", "sessions"):
        with connect(Role.READER) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"SELECT FROM gcrm.{table}".encode())


def _gcrm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that gets the password typed in."""
    return subprocess.run([sys.executable, "-m", "gcrm", *arguments], input=f"{_PASSWORD}\n", capture_output=True, text=True, check=False)


def test_users_are_kept_by_commands(home: Path) -> None:
    (home / "users.yaml").unlink()
    assert "nobody has to sign in" in _gcrm("users", "list").stdout
    refused = _gcrm("users", "add", "cleo", "--role", "rep", "--territory", "West", "--password-stdin")
    assert refused.returncode == 1
    assert "Nobody would be left to administer" in refused.stderr
    assert _gcrm("users", "add", "cleo", "--role", "admin", "--territory", "all", "--password-stdin").returncode == 0
    assert _gcrm("users", "add", "dan", "--role", "marketer", "--territory", "West", "--no-password", "--mail", "dan@example.org").returncode == 0
    listed = _gcrm("users", "list").stdout
    assert "Marketer" in listed
    assert "dan@example.org" in listed
    assert _gcrm("users", "change", "dan", "--role", "analyst").stdout == "dan is analyst of West.\n"
    assert _gcrm("users", "remove", "dan").returncode == 0
    assert "change rights" in _gcrm("audit", "--action", "change rights").stdout
