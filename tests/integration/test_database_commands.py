"""`gcrm db` and `gcrm doctor` as a user runs them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from gcrm.db import migrations
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect

RunCli = Callable[..., subprocess.CompletedProcess[str]]


def test_the_life_of_a_cluster(own_home: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_HOME", str(own_home))
    assert run_cli("db", "status").stdout.split()[:2] == ["state", "absent"]
    started = run_cli("db", "start")
    assert (started.returncode, started.stderr) == (0, "")
    assert f"running in {own_home}" in started.stdout
    assert f"{len(migrations.available())} migrations applied" in started.stdout
    assert run_cli("db", "status").stdout.split()[:2] == ["state", "running"]

    address = run_cli("db", "url", "--role", "writer").stdout.strip()
    with psycopg.connect(address) as writer:
        writer.execute("INSERT INTO gcrm.regions (name) VALUES ('North')")
    count = ["-At", "-c", "SELECT count(*), current_user FROM gcrm.regions"]
    assert run_cli("db", "psql", *count).stdout == "1|gcrm_reader\n"

    declined = run_cli("db", "reset")
    assert declined.returncode == 1
    assert "Nothing was deleted" in declined.stdout
    assert run_cli("db", "psql", "--role", "owner", *count).stdout == "1|gcrm_owner\n"
    assert run_cli("db", "reset", "--yes").returncode == 0
    assert run_cli("db", "psql", *count).stdout == "0|gcrm_reader\n"

    assert run_cli("db", "stop").returncode == 0
    assert run_cli("db", "status").stdout.split()[:2] == ["state", "stopped"]


@pytest.mark.parametrize("command", ["start", "stop", "status", "reset", "migrate", "url", "psql"])
def test_help_has_an_example(run_cli: RunCli, command: str) -> None:
    assert f"Example: gcrm db {command}" in run_cli("db", command, "--help").stdout


@pytest.mark.usefixtures("database")
def test_doctor_finds_all_well(run_cli: RunCli) -> None:
    done = run_cli("doctor")
    assert [line for line in done.stdout.splitlines() if not line.startswith("ok ")] == []
    assert (done.returncode, done.stderr) == (0, "")
    parts = [line.split()[1].rstrip(":") for line in done.stdout.splitlines()]
    assert parts == ["Python", "packages", "disk", "cubes", "programs", "cluster", "database", "roles", "migrations"]


@pytest.mark.usefixtures("database")
def test_doctor_finds_a_reader_that_may_write(run_cli: RunCli) -> None:
    with connect(Role.OWNER) as owner:
        owner.execute("GRANT INSERT ON gcrm.regions TO gcrm_reader")
    done = run_cli("doctor")
    with connect(Role.OWNER) as owner:
        owner.execute("REVOKE INSERT ON gcrm.regions FROM gcrm_reader")
        assert owner.execute("SELECT count(*) FROM gcrm.regions").fetchone() == (0,)
    assert "PROBLEM roles: the reader may insert region; " in done.stdout
    assert done.returncode == 1


@pytest.mark.usefixtures("database")
def test_doctor_finds_pending_and_changed_migrations(home: Path, run_cli: RunCli) -> None:
    last = migrations.available()[-1]
    with psycopg.connect(Cluster(home).admin_url) as admin:
        admin.execute("DELETE FROM gcrm.schema_migrations WHERE number = %s", [last.number])
    assert f"PROBLEM migrations: not applied yet: {last.name}; run `gcrm db migrate`." in run_cli("doctor").stdout
    with psycopg.connect(Cluster(home).admin_url) as admin:
        admin.execute("INSERT INTO gcrm.schema_migrations (number, name, sha256) VALUES (%s, %s, 'other')", [last.number, last.name])
    assert f"PROBLEM migrations: The migration {last.name} was changed" in run_cli("doctor").stdout


def test_doctor_names_the_mend_where_there_is_no_database(own_home: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_HOME", str(own_home))
    (own_home / "cubes").touch()
    done = run_cli("doctor")
    problems = [line for line in done.stdout.splitlines() if line.startswith("PROBLEM")]
    assert [line.split()[1] for line in problems] == ["cubes:", "cluster:", "database:"]
    assert all("gcrm db start" in line for line in problems[1:])
    assert (done.returncode, done.stderr) == (1, "")
