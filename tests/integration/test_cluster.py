"""The private cluster: made, started, killed, refused."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from gcrm.db import processes
from gcrm.db.cluster import Cluster
from gcrm.db.os_user import OsUser
from gcrm.db.roles import Role
from gcrm.errors import ClusterError

_START = "import sys; from pathlib import Path; from gcrm.db.cluster import Cluster; Cluster(Path(sys.argv[1])).start()"


@pytest.fixture
def cluster(own_home: Path) -> Cluster:
    return Cluster(own_home)


@pytest.fixture
def other_program(cluster: Cluster) -> Iterator[int]:
    """A living process of the user that runs the cluster, which is no server."""
    root = os.geteuid() == 0
    with subprocess.Popen(["sleep", "600"], user=OsUser.for_cluster(cluster.data).uid if root else None) as process:
        yield process.pid
        process.kill()


def _start_in_a_process(cluster: Cluster) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _START, str(cluster.home)], start_new_session=True, stderr=subprocess.PIPE)


def _wait_until(condition: Callable[[], object]) -> None:
    while not condition():
        time.sleep(0.005)


def _server(cluster: Cluster) -> psutil.Process:
    found = processes.postmaster(cluster.data)
    assert found is not None
    return found.process


def _kill_server(cluster: Cluster) -> None:
    server = _server(cluster)
    server.kill()
    _wait_until(lambda: processes.postmaster(cluster.data) is None)


def _ask(cluster: Cluster, query: str, role: Role = Role.OWNER) -> object:
    with psycopg.connect(cluster.url(role)) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_from_absent_to_running_to_stopped_and_away(cluster: Cluster) -> None:
    assert cluster.status().state == "absent"
    cluster.start()
    cluster.start()
    assert cluster.status().state == "running"
    assert cluster.status().version == (cluster.data / "PG_VERSION").read_text().strip()
    for role in Role:
        assert _ask(cluster, "SELECT session_user", role) == role
    with psycopg.connect(cluster.admin_url) as admin:
        admin.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        admin.execute("GRANT SELECT ON kept TO gcrm_owner")
    cluster.stop()
    cluster.stop()
    assert cluster.status().state == "stopped"
    cluster.start()
    assert _ask(cluster, "SELECT answer FROM kept") == 42
    cluster.reset()
    cluster.reset()
    assert cluster.status().state == "absent"
    assert [each.name for each in cluster.home.iterdir()] in ([], ["cluster.lock"])


def test_is_safe_and_speaks_on_its_socket_only(cluster: Cluster) -> None:
    cluster.start()
    server = _server(cluster)
    assert server.username() == OsUser.for_cluster(cluster.data).name
    assert server.uids().effective != 0
    assert server.net_connections("inet") == []
    assert {str(each.laddr) for each in server.net_connections("unix") if each.laddr} == {str(cluster.sockets / ".s.PGSQL.5432")}
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.sockets.stat().st_mode) == 0o700
    shown = {name: _ask(cluster, f"SHOW {name}") for name in ("listen_addresses", "fsync", "full_page_writes", "data_checksums", "server_encoding", "TimeZone")}
    assert shown == {"listen_addresses": "", "fsync": "on", "full_page_writes": "on", "data_checksums": "on", "server_encoding": "UTF8", "TimeZone": "UTC"}
    rules = [line.split() for line in (cluster.data / "pg_hba.conf").read_text().splitlines() if not line.startswith("#")]
    assert {(rule[0], rule[3], rule[4]) for rule in rules} == {("local", "peer", "map=gcrm")}


def test_only_the_caller_and_the_user_that_runs_it_sign_in(cluster: Cluster) -> None:
    cluster.start()
    mapped = {line.split()[1].strip('"') for line in (cluster.data / "pg_ident.conf").read_text().splitlines() if not line.startswith("#")}
    assert mapped == {pwd.getpwuid(os.geteuid()).pw_name, OsUser.for_cluster(cluster.data).name}
    with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
        psycopg.connect(cluster.url(Role.READER), dbname="postgres")
    with pytest.raises(psycopg.OperationalError, match="requirepeer"):
        psycopg.connect(cluster.url(Role.READER), requirepeer="somebody_else")


def test_starts_after_its_server_was_killed_in_the_middle_of_work(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.admin_url) as admin:
        admin.execute("CREATE TABLE kept AS SELECT g FROM generate_series(1, 1000) AS g")
        admin.execute("GRANT SELECT ON kept TO gcrm_owner")
    busy = psycopg.connect(cluster.url(Role.OWNER))
    backend = psutil.Process(busy.info.backend_pid)

    def compute() -> None:
        with suppress(psycopg.OperationalError):
            busy.execute("SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 1000000) AS b WHERE a = -b")

    # A backend that computes does not see its postmaster die, and holds the shared memory.
    work = threading.Thread(target=compute)
    work.start()
    _wait_until(lambda: backend.cpu_times().user > 0.1)
    _kill_server(cluster)
    assert cluster.status().state == "stopped"
    cluster.start()
    work.join()
    busy.close()
    assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
    assert _ask(cluster, "SELECT count(*) FROM kept") == 1000


def test_starts_after_a_reboot_gave_its_number_to_another_program(cluster: Cluster, other_program: int) -> None:
    cluster.start()
    left = [cluster.data / "postmaster.pid", cluster.sockets / ".s.PGSQL.5432.lock"]
    texts = [path.read_text() for path in left]
    children = _server(cluster).children()
    _kill_server(cluster)
    psutil.wait_procs(children)
    for path, text in zip(left, texts, strict=True):
        path.write_text("\n".join([str(other_program), *text.split("\n")[1:]]))
    assert cluster.status().state == "stopped"
    cluster.start()
    assert cluster.status().state == "running"
    assert psutil.pid_exists(other_program)


def test_two_starts_at_once_make_one_cluster(cluster: Cluster) -> None:
    both = [_start_in_a_process(cluster) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in both] == [(b"", 0), (b"", 0)]
    servers = [each for each in psutil.process_iter() if str(cluster.data) in each.cmdline()]
    assert servers == [_server(cluster)]
    assert not list(cluster.home.glob("initdb-*"))


@pytest.mark.parametrize("with_its_children", [True, False])
def test_starts_after_initdb_was_killed(cluster: Cluster, *, with_its_children: bool) -> None:
    process = _start_in_a_process(cluster)
    _wait_until(lambda: list(cluster.home.glob("initdb-*/base/1/PG_VERSION")))
    if with_its_children:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()
    assert cluster.status().state == "absent"
    cluster.start()
    assert cluster.status().state == "running"
    cluster.reset()
    assert not list(cluster.home.glob("initdb-*"))


def test_starts_after_the_program_was_killed_while_the_server_came_up(cluster: Cluster) -> None:
    process = _start_in_a_process(cluster)
    _wait_until((cluster.data / "postmaster.pid").exists)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    cluster.start()
    assert _ask(cluster, "SELECT current_database()") == "gcrm"


def test_refuses_a_cluster_of_another_major_version(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    with pytest.raises(ClusterError, match=rf"made by PostgreSQL 14, and installed is .*{made_by.strip()}\..*; .*gcrm db start"):
        cluster.start()
    assert cluster.status().state == "stopped"
    version.write_text(made_by)
    cluster.start()


def test_a_long_home_has_its_socket_elsewhere(own_home: Path) -> None:
    cluster = Cluster(own_home / ("a" * 60) / ("ä" * 30))
    try:
        cluster.start()
        assert not cluster.sockets.is_relative_to(own_home)
        assert stat.S_IMODE(cluster.sockets.stat().st_mode) == 0o700
        assert _ask(cluster, "SELECT session_user") == "gcrm_owner"
        cluster.stop()
        cluster.sockets.chmod(0o777)
        with pytest.raises(ClusterError, match=f"{cluster.sockets}, the folder of the database's socket"):
            cluster.start()
        cluster.sockets.chmod(0o700)
        cluster.sockets.rmdir()
        cluster.sockets.symlink_to(own_home)
        with pytest.raises(ClusterError, match=f"{cluster.sockets}, the folder of the database's socket"):
            cluster.start()
        cluster.sockets.unlink()
    finally:
        cluster.reset()
    assert not cluster.sockets.exists()


@pytest.mark.parametrize("name", ["with space", "it's", "a,b", "100%", "q?x=1&y#z"])
def test_works_in_a_home_of_any_usual_name(own_home: Path, name: str) -> None:
    cluster = Cluster(own_home / name)
    try:
        cluster.start()
        assert _ask(cluster, "SELECT session_user") == "gcrm_owner"
    finally:
        cluster.reset()


def test_refuses_a_name_that_a_shell_would_take_apart(own_home: Path) -> None:
    with pytest.raises(ClusterError, match="set GCRM_HOME"):
        Cluster(own_home / "$(reboot)").start()
    assert list(own_home.iterdir()) == []


def test_a_home_that_cannot_be_used_is_named(own_home: Path) -> None:
    locked = own_home / "locked"
    locked.mkdir(mode=0o700 if os.geteuid() == 0 else 0o500)
    home = locked / "home"
    with pytest.raises(ClusterError, match=f"{home}.*set GCRM_HOME"):
        Cluster(home).start()
    assert not (home / "postgres").exists()
    file = own_home / "file"
    file.touch()
    with pytest.raises(ClusterError, match=f"{file}.*set GCRM_HOME"):
        Cluster(file / "home").start()


def test_a_folder_that_holds_no_cluster_is_left_alone(cluster: Cluster) -> None:
    cluster.data.mkdir()
    (cluster.data / "letter.txt").write_text("mine")
    with pytest.raises(ClusterError, match="move it away"):
        cluster.start()
    assert (cluster.data / "letter.txt").read_text() == "mine"


def test_says_why_the_server_does_not_start(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write("max_connections = many\n")
    with pytest.raises(ClusterError, match="did not start in"):
        cluster.start()
    assert 'invalid value for parameter "max_connections"' in (cluster.data / "server.log").read_text()
