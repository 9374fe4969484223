"""A home with a cluster that no other test knows: for what has to be the only thing in its database."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gcrm.config import settings
from gcrm.db import connection
from tests.conftest import quick_home


@contextmanager
def own_home() -> Iterator[pytest.MonkeyPatch]:
    """Until the end of the block every command works in a home of its own; what the patch changes goes back with it."""
    connection.close_all()
    with pytest.MonkeyPatch.context() as patch, quick_home() as folder:
        patch.setenv("GCRM_HOME", str(folder))
        settings.cache_clear()
        yield patch
        connection.close_all()
    settings.cache_clear()
