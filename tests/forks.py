"""Commands of gcrm, each in a process of its own that is forked from one with every library loaded: to load them takes longer than most commands."""

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

_SECONDS_TO_END = 30
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.loaded"])


def run(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `gcrm` with arguments to its end.

    Args:
        arguments: what stands behind `gcrm`.
        environment: the variables of its process; those of the test where they are not given.
    """
    command = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        with started(command, environment, out, err) as process:
            process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(["gcrm", *command], process.exitcode, out.read_text(), err.read_text())


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str] | None, out: Path, err: Path) -> Iterator[BaseProcess]:
    """A `gcrm` that runs until it ends or the block does; what it prints goes into files, which may be one."""
    process = _FORKS.Process(target=_become, args=([*command], dict(os.environ if environment is None else environment), str(Path.cwd()), str(out), str(err)))
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(_SECONDS_TO_END)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"gcrm {' '.join(command)} did not end within {_SECONDS_TO_END} s.")


def _become(command: list[str], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    """Turns this fork into the command."""
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["gcrm", *command]
    importlib.import_module("gcrm.cli").main()
