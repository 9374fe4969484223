"""The configuration files of the private cluster."""

import sys
from pathlib import Path

import psutil

from gcrm.db.roles import Role

DATABASE = "gcrm"
"""Name of the database."""

ADMIN = "postgres"
"""The cluster's superuser: makes the database, the roles and the extension, and nothing else."""

PORT = 5432
"""Port of the cluster; on a Unix socket it is only a part of the socket's name."""

LOCALE = "C.UTF-8" if sys.platform.startswith("linux") else "C"
"""Locale of the database: order by code point, and letters beyond ASCII known where the system has that locale."""

_MIB = 1024 * 1024
_GIB = 1024 * _MIB
_HEADER = "# Written anew by gcrm at every start.\n"


def settings(sockets: Path, cluster_name: str) -> str:
    """The server's settings (gcrm.conf), by the machine's memory.

    The cluster is one of several programs on the machine, so it takes half of the usual advice for a
    machine of its own (a quarter of the memory for shared_buffers, PostgreSQL 15 documentation, 20.4.1).

    Args:
        sockets: folder of the Unix socket.
        cluster_name: name shown in the titles of its processes.

    Returns:
        The text of the file.
    """
    memory = psutil.virtual_memory().total
    values = {
        "listen_addresses": "''",
        "port": PORT,
        "unix_socket_directories": "'{}'".format(f'"{sockets}"'.replace("'", "''")),
        "unix_socket_permissions": "0700",
        "cluster_name": f"'{cluster_name}'",
        "shared_buffers": _memory(memory // 8, least=64 * _MIB, most=2 * _GIB),
        "effective_cache_size": _memory(memory // 2, least=256 * _MIB, most=64 * _GIB),
        "maintenance_work_mem": _memory(memory // 16, least=64 * _MIB, most=_GIB),
        "work_mem": _memory(memory // 256, least=8 * _MIB, most=64 * _MIB),
        "min_wal_size": "256MB",
        "max_wal_size": "4GB",
        # Compression would spare a fifth of the log, for a tenth of the processor time of a bulk write.
        "wal_compression": "off",
        # The data folder is on a solid-state disk on nearly every machine of today.
        "random_page_cost": "1.1",
        # Spatial functions have high planner costs, which would compile queries of a few milliseconds.
        "jit": "off",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
    }
    return _HEADER + "".join(f"{name} = {value}\n" for name, value in values.items())


def _memory(size: int, *, least: int, most: int) -> str:
    return f"{min(max(size, least), most) // _MIB}MB"


def host_based_authentication() -> str:
    """Who may sign in (pg_hba.conf): over the Unix socket only, by the name of the operating system's user, with no password.

    Returns:
        The text of the file.
    """
    roles = ",".join(Role)
    return f"{_HEADER}local {DATABASE} {roles} peer map=gcrm\nlocal all {ADMIN} peer map=gcrm\n"


def user_name_map(users: set[str]) -> str:
    """Which users of the operating system may sign in as which roles (pg_ident.conf).

    Args:
        users: names of the users.

    Returns:
        The text of the file.
    """
    quoted = ['"{}"'.format(user.replace('"', '""')) for user in sorted(users)]
    return _HEADER + "".join(f"gcrm {user} {role}\n" for user in quoted for role in (*Role, ADMIN))
