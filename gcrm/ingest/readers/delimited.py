"""Delimited text as tables of text: fast where it is plain, exact everywhere, and the same in both ways.

A block of text is plain if every quote in it opens or closes a whole field. Its records then end where the csv module
would end them, and Arrow splits it. Where Arrow finds a record that does not fit, the csv module reads that block; where
a quote stands elsewhere, it reads all that follows.
"""

import csv
import io
from collections.abc import Generator, Iterable, Iterator
from itertools import batched
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from gcrm.errors import ReadError
from gcrm.ingest.options import WHITESPACE, ReadOptions
from gcrm.ingest.readers.dialect import LONGEST_FIELD, LONGEST_LINE, Dialect, detect, split_quoted
from gcrm.ingest.readers.frames import MOST_CELLS, MOST_COLUMNS, UNDECODED, UNREADABLE, is_undecoded, text_table, unique_names

BLOCK_CHARACTERS = 1 << 23
"""Text that is looked at at once."""

_BATCH_RECORDS = 20_000
_SHOWN_CHARACTERS = 60
_CHECKED_RECORDS = 1_000
_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'


def read(path: Path, options: ReadOptions) -> Generator[pa.Table]:
    """The records of a delimited text, without blank lines and without repetitions of its header.

    Args:
        path: the file.
        options: what is left out is detected.

    Raises:
        ReadError: the file is empty, is not in its encoding, or has a quote that is never closed.
    """
    dialect, _ = detect(path, options)
    try:
        tables = _tables(path, dialect, options)
        first: list[pa.Table] = []
        for table in tables:
            first.append(table)
            if sum(each.num_rows for each in first) >= _CHECKED_RECORDS:
                break
        _check_encoding(first, path, dialect)
        yield from first
        yield from tables
    except csv.Error as error:
        raise ReadError(f"{path.name} cannot be read as delimited text ({error}); mend it, or name its delimiter with --delimiter.") from error


def _check_encoding(first: list[pa.Table], path: Path, dialect: Dialect) -> None:
    """Refuses a file most of whose first records cannot be decoded; a few such records are refused each."""
    if not any(UNREADABLE in table.column_names for table in first):
        return
    checked = pa.concat_tables(first, promote_options="default").slice(0, _CHECKED_RECORDS)
    bad = checked[UNREADABLE].drop_null()
    if len(bad) * 2 > checked.num_rows:
        raise ReadError(f"{path.name} is not {dialect.encoding} text: {bad[0].as_py()} cannot be read; name its encoding with --encoding.")


def _tables(path: Path, dialect: Dialect, options: ReadOptions) -> Iterator[pa.Table]:
    csv.field_size_limit(LONGEST_FIELD)
    with path.open(encoding=dialect.encoding, errors=UNDECODED, newline="") as text:
        if text.read(1) != "\ufeff":
            text.seek(0)
        if dialect.line_end is not None:
            yield from _ended(text, path, dialect, options)
            return
        for _ in range(dialect.skip_lines):
            text.readline(LONGEST_LINE)
        header = None
        if dialect.header:
            header = next((record for record in split_quoted(_lines(text), dialect.delimiter) if any(record)), None)
        columns = _columns(header, path, dialect, options)
        if len(dialect.delimiter) == 1 and "\0" < dialect.delimiter < "\x80":  # as Arrow takes them
            yield from _blocks(text, header, columns, dialect.delimiter)
        else:
            yield from _exact(_lines(text), header, columns, dialect.delimiter)


def _columns(header: list[str] | None, path: Path, dialect: Dialect, options: ReadOptions) -> list[str]:
    if dialect.header and header is None:
        raise ReadError(f"{path.name} is empty; it needs at least a header line.")
    given = list(options.columns) if options.columns is not None else None
    names = given or (header if header is not None else [""] * dialect.width)
    if len(names) > MOST_COLUMNS:
        raise ReadError(f"{path.name} has {len(names):,} columns, more than the {MOST_COLUMNS:,} allowed; name its delimiter with --delimiter.")
    undecoded = next((sign for name in names for sign in name if is_undecoded(sign)), None)
    if undecoded is not None:
        byte = ord(undecoded) & 0xFF
        raise ReadError(f"{path.name} is not {dialect.encoding} text: byte 0x{byte:02x} of its header cannot be read; name its encoding with --encoding.")
    if not names:
        raise ReadError(f"{path.name} is empty; it needs at least one record.")
    return unique_names(names)


def _lines(text: TextIO) -> Iterator[str]:
    """The lines of a text; one that does not end is an error, before it fills the memory."""
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            raise csv.Error(f"a line is longer than {LONGEST_LINE:,} characters")
        yield line


def _exact(lines: Iterable[str], header: list[str] | None, columns: list[str], delimiter: str) -> Iterator[pa.Table]:
    records = _closed(lines, delimiter) if delimiter != WHITESPACE else split_quoted(lines, delimiter)
    yield from _batches((record for record in records if any(record) and record != header), columns)


def _batches(records: Iterator[list[str]], columns: list[str]) -> Iterator[pa.Table]:
    for batch in batched(records, max(1, min(_BATCH_RECORDS, MOST_CELLS // len(columns)))):
        yield text_table(list(batch), columns)


def _closed(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Records in the common form; a quote that is still open at the end would have swallowed what follows it, so it is an error."""
    read: list[str] = []
    last: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            read.append(line)
            yield line

    for record in split_quoted(remembered(), delimiter):
        last = read.copy()
        read.clear()
        yield record
    if last and len(list(split_quoted([*last, "one more line"], delimiter))) == 1:
        raise csv.Error(f"a quote opens in {last[0].strip()[:_SHOWN_CHARACTERS]!r} and is never closed")


def _ended(text: TextIO, path: Path, dialect: Dialect, options: ReadOptions) -> Iterator[pa.Table]:
    """Tables of a text whose records end in a mark of its own; quotes have no meaning in it."""
    units = (unit.rstrip("\r") for unit in _units(text, dialect.line_end or "\n"))
    for _ in range(dialect.skip_lines):
        next(units, None)
    records = (unit.split(None if dialect.delimiter == WHITESPACE else dialect.delimiter) for unit in units if unit.strip())
    header = next(records, None) if dialect.header else None
    columns = _columns(header, path, dialect, options)
    yield from _batches((record for record in records if any(record) and record != header), columns)


def _units(text: TextIO, end: str) -> Iterator[str]:
    rest = ""
    while block := text.read(BLOCK_CHARACTERS // 8):
        *units, rest = (rest + block).split(end)
        yield from units
        if len(rest) > LONGEST_LINE:
            raise csv.Error(f"a record is longer than {LONGEST_LINE:,} characters")
    if rest:
        yield rest


def _blocks(text: TextIO, header: list[str] | None, columns: list[str], delimiter: str) -> Iterator[pa.Table]:
    rest = ""
    while block := text.read(BLOCK_CHARACTERS):
        rest += block
        data = rest.encode("utf-8", "surrogatepass")
        end = _last_record_end(data)
        if end == 0 and len(rest) < LONGEST_LINE:
            continue
        if end == 0 or not _is_plain(data[:end], delimiter.encode()):
            yield from _exact(_lines_after(rest, text), header, columns, delimiter)
            return
        yield from _plain(data[:end], header, columns, delimiter)
        rest = data[end:].decode("utf-8", "surrogatepass")
    data = rest.encode("utf-8", "surrogatepass")
    if _is_plain(data, delimiter.encode()):
        yield from _plain(data, header, columns, delimiter)
    else:
        yield from _exact(io.StringIO(rest, newline=""), header, columns, delimiter)


def _lines_after(rest: str, text: TextIO) -> Iterator[str]:
    """The lines of what has been read, then those of the rest of a text; a line on the border of the two stays one."""
    yield from _lines(io.StringIO(rest + text.readline(LONGEST_LINE), newline=""))
    yield from _lines(text)


def _last_record_end(data: bytes) -> int:
    """Where the last record that is whole ends: after a line end with an even number of quotes before it; 0 where there is none."""
    quotes = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _QUOTE)
    for mark, stop in ((b"\n", len(data)), (b"\r", len(data) - 1)):  # what follows a \r at the end may be its \n
        position = data.rfind(mark, 0, stop)
        while position >= 0:
            if np.searchsorted(quotes, position) % 2 == 0:
                return position + 1
            position = data.rfind(mark, 0, position)
    return 0


def _is_plain(data: bytes, delimiter: bytes) -> bool:
    """Whether every quote opens or closes a whole field, or is one of two that stand for one."""
    signs = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(signs == _QUOTE)
    if len(quotes) == 0:
        return True
    if len(quotes) % 2:
        return False
    borders = np.zeros(256, dtype=bool)
    borders[[_QUOTE, _LINE_FEED, _RETURN, delimiter[0]]] = True
    framed = np.concatenate([[_LINE_FEED], signs, [_LINE_FEED]])
    opening, closing = quotes[::2], quotes[1::2]
    # A quote beside a quote is of the same pair, or of two fields' pairs, which a delimiter would part: so it is a doubled one.
    return bool(borders[framed[opening]].all() and borders[framed[closing + 2]].all())


def _plain(data: bytes, header: list[str] | None, columns: list[str], delimiter: str) -> Iterator[pa.Table]:
    """A plain block by Arrow; by the csv module where a record has too many or too few fields, or a byte is not decoded."""
    if not data.strip(b"\r\n"):
        return
    names = [str(position) for position in range(len(columns))]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(data),
            read_options=pa.csv.ReadOptions(column_names=names, block_size=max(1 << 20, min(len(data), 1 << 24))),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in data),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        text = data.decode("utf-8", "surrogatepass")
        yield from _exact(io.StringIO(text, newline=""), header, columns, delimiter)
        return
    table = _without(table, [""] * len(columns))
    if header is not None and len(header) == len(columns):
        table = _without(table, header)
    yield table.rename_columns(columns)


def _without(table: pa.Table, record: list[str]) -> pa.Table:
    """The rows that are not this record."""
    same = None
    for column, value in zip(table.columns, record, strict=True):
        equal = pc.equal(column, value)
        same = equal if same is None else pc.and_(same, equal)
        if not pc.any(same).as_py():
            return table
    return table.filter(pc.invert(same))
