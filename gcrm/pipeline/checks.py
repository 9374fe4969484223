"""The checks of sql/checks: each is a query that must find nothing."""

from gcrm.config import resource
from gcrm.db.connection import Role, connect


def broken_checks() -> tuple[list[str], dict[str, int]]:
    """Runs every check.

    Returns:
        The names of the checks, and for each that found something how many rows.
    """
    files = sorted((resource("sql") / "checks").glob("*.sql"))
    broken = {}
    with connect(Role.WRITER) as connection:
        for file in files:
            rows = connection.execute(file.read_bytes()).fetchall()
            if rows:
                broken[file.stem] = len(rows)
    return [file.stem for file in files], broken
