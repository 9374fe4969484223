"""Delimited text: what its delimiter and its encoding are, and its records."""

import codecs
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from gcrm.ingest.options import ReadOptions

DELIMITERS = (",", ";", "\t", "|")
"""Delimiters that are recognised; any other one is named."""

_SAMPLE_BYTES = 1 << 16
_LONGEST_FIELD = 1 << 24
_BLOCK_CHARACTERS = 1 << 20
_SHOWN_CHARACTERS = 60


def records(path: Path, options: ReadOptions) -> Iterator[list[str]]:
    """The records of a delimited text, without blank lines.

    Args:
        path: the file.
        options: delimiter, line_end and encoding; what is left out is detected from its first 64 KiB.

    Yields:
        The fields of a record.

    Raises:
        UnicodeDecodeError: the file is not in that encoding.
        csv.Error: a field is longer than 16 million characters, or a quote is never closed.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    encoding = options.encoding or detect_encoding(sample)
    if options.line_end is not None:
        yield from _split(path, encoding, options.delimiter or ",", options.line_end)
        return
    delimiter = options.delimiter or detect_delimiter(sample.decode(encoding, errors="ignore"))
    if len(delimiter) > 1:
        yield from _split(path, encoding, delimiter, "\n")
        return
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding=encoding, newline="") as text:
        yield from (record for record in _quoted(text, delimiter) if any(record))


def _quoted(text: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Records in the common form; a quote that is still open at the end would have swallowed what follows it, so it is an error."""
    lines: list[str] = []
    last: list[str] = []

    def remembered() -> Iterator[str]:
        for line in text:
            lines.append(line)
            yield line

    for record in csv.reader(remembered(), delimiter=delimiter):
        last = lines.copy()
        lines.clear()
        yield record
    if last and len(list(csv.reader([*last, "one more line"], delimiter=delimiter))) == 1:
        raise csv.Error(f"a quote opens in {last[0].strip()[:_SHOWN_CHARACTERS]!r} and is never closed")


def _split(path: Path, encoding: str, delimiter: str, line_end: str) -> Iterator[list[str]]:
    """Records of a text whose delimiter or line end the csv module does not take; quotes have no meaning in it."""
    rest = ""
    with path.open(encoding=encoding, newline="") as text:
        while block := text.read(_BLOCK_CHARACTERS):
            *lines, rest = (rest + block).split(line_end)
            yield from (line.rstrip("\r").split(delimiter) for line in lines if line.strip())
    if rest.strip():
        yield rest.split(delimiter)


def detect_encoding(sample: bytes) -> str:
    """The encoding by byte order mark, else UTF-8 where the sample is valid UTF-8, else Windows-1252.

    Args:
        sample: the first bytes of a file.
    """
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def detect_delimiter(sample: str) -> str:
    """The delimiter that splits the first lines into the most fields of the same number; a comma where none does.

    Args:
        sample: the first lines of a file.
    """
    lines = [line for line in sample.splitlines() if line.strip()][:20]

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(record) for record in csv.reader(lines, delimiter=delimiter)]
        return (sum(width == widths[0] for width in widths), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=score)
