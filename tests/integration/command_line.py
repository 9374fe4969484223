"""The command line in the process of the test: the same `main`, without the seconds that a new process takes."""

import contextlib
import io
from dataclasses import dataclass

import pytest

from gcrm.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


def gcrm(*arguments: object) -> Done:
    """Runs `gcrm` with arguments."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr("sys.argv", ["gcrm", *map(str, arguments)])
        patch.setenv("COLUMNS", "400")
        with pytest.raises(SystemExit) as stopped:
            main()
    return Done(int(stopped.value.code or 0), out.getvalue(), err.getvalue())


def well(*arguments: object) -> str:
    """Runs `gcrm`, which must succeed; what it printed."""
    done = gcrm(*arguments)
    assert done.code == 0, done.err
    return done.out
