"""A home with a cluster that no other test knows: for what has to be the only thing in its database."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gcrm.config import settings
from gcrm.db import connection
from gcrm.db.cluster import Cluster


@contextmanager
def own_home(name: str) -> Iterator[pytest.MonkeyPatch]:
    """Until the end of the block every command works in a home of its own; what the patch changes goes back with it.

    Args:
        name: part of the folder's name.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"gcrm-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    connection.close_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GCRM_HOME", str(folder))
        settings.cache_clear()
        yield patch
        connection.close_all()
        Cluster(folder).reset()
    settings.cache_clear()
    shutil.rmtree(folder)
