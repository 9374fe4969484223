"""Talks to the program that opens a workbook."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gcrm.errors import ReadError
from gcrm.ingest.readers.values import cell_text

MOST_MEMORY = 1 << 30
"""Bytes that the program may use."""

MOST_CELLS = 12_000_000
"""Cells between the first and the last used one of a sheet: it is held in memory whole, at up to 64 bytes a cell."""

MOST_SECONDS = 900
"""Processor time that the program may use."""

_PROGRAM = Path(__file__).with_name("__main__.py")
_SAVE_AGAIN = "save it again as XLSX or CSV"


@dataclass(frozen=True)
class OpenBook:
    """A workbook that is open: its sheets, those of them that are hidden, the one that is read."""

    sheets: tuple[str, ...]
    hidden: tuple[str, ...]
    chosen: str
    path: Path
    process: "subprocess.Popen[str]"

    def rows(self) -> Iterator[list[str]]:
        """The rows of the sheet that hold anything, as text.

        Raises:
            ReadError: the sheet cannot be read.
        """
        stdin = _stream(self.process.stdin)
        try:
            stdin.write("\n")
            stdin.flush()
        except OSError as error:
            raise ReadError(f"{self.path.name} is not a workbook that can be read (its reader stopped); {_SAVE_AGAIN}.") from error
        for row in _messages(self.process, self.path):
            texts = [cell_text(value) for value in row]
            if any(texts):
                yield texts


@contextmanager
def opened(path: Path, sheet: str | None) -> Iterator[OpenBook]:
    """A workbook, opened in a process of its own.

    Args:
        path: the workbook.
        sheet: name of the sheet; the first visible one if left out.

    Raises:
        ReadError: it is broken or encrypted, needs too much memory or time, or has no such sheet.
    """
    arguments = [sys.executable, "-I", str(_PROGRAM), str(path.absolute()), *map(str, (MOST_MEMORY, MOST_SECONDS, MOST_CELLS))]
    process = subprocess.Popen(
        [*arguments, *([sheet] if sheet is not None else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    try:
        about = next(_messages(process, path), None)
        if about is None:
            raise ReadError(f"{path.name} is not a workbook that can be read (it holds nothing); {_SAVE_AGAIN}.")
        if about["chosen"] not in about["sheets"]:
            raise ReadError(f"{path.name} has no sheet {about['chosen']!r}; it has {', '.join(about['sheets']) or 'none'}.")
        yield OpenBook(tuple(about["sheets"]), tuple(about["hidden"]), about["chosen"], path, process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not sent to a program that has ended
                _stream(stream).close()


def _messages(process: "subprocess.Popen[str]", path: Path) -> Iterator[Any]:
    """What the program says, until it ends well."""
    for line in _stream(process.stdout):
        if not line.endswith("\n"):
            break  # cut off: it was ended
        message = json.loads(line)
        if isinstance(message, dict) and "encrypted" in message:
            raise ReadError(f"{path.name} is encrypted; save it without a password.")
        if isinstance(message, dict) and "error" in message:
            raise ReadError(f"{path.name} is not a workbook that can be read ({message['error']}); {_SAVE_AGAIN}.")
        yield message
    if process.wait() != 0:
        raise ReadError(f"{path.name} is not a workbook that can be read in {MOST_MEMORY >> 20:,} MiB of memory and {MOST_SECONDS} s; save it as CSV.")


def _stream(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise ValueError("the program was started without this pipe")
    return stream
