"""Tables of text become numbered frames of bounded size; records that do not fit the table are marked, never dropped."""

import codecs
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import pandas as pd
import pyarrow as pa

SURPLUS = "(more than the header has)"
"""Column of the fields that a record has beyond its header; a record with them is refused."""

MISSING = "(fewer than the header has)"
"""Column that marks a record with fewer fields than the header; such a record is refused."""

UNREADABLE = "(cannot be read)"
"""Column that says what of a record cannot be read; such a record is refused."""

MARKS: Mapping[str, str] = MappingProxyType(
    {
        SURPLUS: "has more fields than the header; quote fields that hold the delimiter",
        MISSING: "has fewer fields than the header; the record may be cut off",
        UNREADABLE: "cannot be read; mend it in the file, or name the file's encoding if that is what is wrong",
    }
)
"""The marks of records that do not fit their table, and why such a record is refused."""

MOST_COLUMNS = 16_384
"""As many as a spreadsheet has; a table with more is no table of records."""

MOST_CELLS = 4_000_000
"""Cells in a frame: a wide table comes in frames of fewer rows."""

MOST_BYTES = 1 << 26
"""Text in a frame."""

FIRST_BYTE = 0xDC00
"""A byte that cannot be decoded stands in the text as this code point plus the byte: no text has such a lone surrogate."""

UNDECODED = "gcrm-undecoded"
"""Name of the handler that keeps bytes which cannot be decoded, for any encoding."""


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(FIRST_BYTE + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(UNDECODED, _keep_bytes)


def unique_names(header: list[str]) -> list[str]:
    """Header names without blanks around them, and without NUL, which no database takes; an empty or repeated one gets its position."""
    names: list[str] = []
    used: set[str] = set(MARKS)
    for position, raw in enumerate(header, start=1):
        name = "".join(f"\\x{ord(sign) - FIRST_BYTE:02x}" if is_undecoded(sign) else sign for sign in raw).replace("\0", "").strip() or f"column {position}"
        while name in used:
            name = f"{name} ({position})"
        used.add(name)
        names.append(name)
    return names


def is_undecoded(sign: str) -> bool:
    """Whether a character stands for a byte that could not be decoded."""
    return FIRST_BYTE <= ord(sign) <= FIRST_BYTE + 0xFF


def text_table(records: list[list[str]], columns: list[str]) -> pa.Table:
    """Records as a table of text.

    A record with other than empty fields beyond the columns is marked in SURPLUS, one with fewer fields in MISSING, one
    with bytes that could not be decoded in UNREADABLE.

    Args:
        records: the fields of each; what handler UNDECODED made of bytes is written as their hexadecimal codes.
        columns: unique names.
    """
    width = len(columns)
    marks: dict[str, dict[int, str]] = {SURPLUS: {}, MISSING: {}, UNREADABLE: {}}
    for position, record in enumerate(records):
        if len(record) > width:
            if any(record[width:]):
                marks[SURPLUS][position] = _written(" | ".join(record[width:]))
            records[position] = record[:width]
        elif len(record) < width:
            marks[MISSING][position] = f"{len(record)} of {width}"
            records[position] = record + [""] * (width - len(record))
    arrays = [_text_array(list(values), column, marks[UNREADABLE]) for column, values in zip(columns, zip(*records, strict=True), strict=True)]
    table = pa.table(dict(zip(columns, arrays, strict=True)) if records else {column: pa.array([], pa.string()) for column in columns})
    return with_marks(table, marks)


def with_marks(table: pa.Table, marks: Mapping[str, Mapping[int, str]]) -> pa.Table:
    """The table with a column of each mark that at least one record has.

    Args:
        table: of text.
        marks: mark to position in the table to text.
    """
    for mark, texts in marks.items():
        if texts:
            table = table.append_column(mark, pa.array([texts.get(position) for position in range(table.num_rows)], pa.string()))
    return table


def _text_array(values: list[str], column: str, unreadable: dict[int, str]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        for position, value in enumerate(values):
            undecoded = next((sign for sign in value if is_undecoded(sign)), None)
            if undecoded is not None:
                unreadable.setdefault(position, f"{column}: byte 0x{ord(undecoded) - FIRST_BYTE:02x}")
            values[position] = _written(value)
        return pa.array(values, pa.string())


def _written(value: str) -> str:
    """Text without lone surrogates, which no encoding has: a byte as its hexadecimal code, another one as its code point."""
    if value.isascii():
        return value
    kept = "".join(f"\\x{ord(sign) - FIRST_BYTE:02x}" if is_undecoded(sign) else sign for sign in value)
    return kept.encode("utf-8", "backslashreplace").decode()


def numbered_frames(tables: Iterable[pa.Table], most_rows: int) -> Iterator[pd.DataFrame]:
    """Numbered frames out of tables of any length.

    Args:
        tables: columns of text, the same in each but for marks.
        most_rows: rows of a frame at most; fewer where the table is wide or its text long.

    Yields:
        Frames, every column text with "" for nothing (in marks missing for nothing), index `row_number` from 1.
    """
    waiting: list[pa.Table] = []
    first = 1
    for table in tables:
        most = min(most_rows, max(1, MOST_CELLS // max(1, table.num_columns)))
        waiting.append(table)
        while waiting and (sum(each.num_rows for each in waiting) >= most or sum(each.nbytes for each in waiting) >= MOST_BYTES):
            whole = pa.concat_tables(waiting, promote_options="default")
            taken = whole.slice(0, most)
            waiting = [whole.slice(most)] if whole.num_rows > most else []
            if taken.num_rows:
                yield _frame(taken, first)
            first += taken.num_rows
    if rest := [table for table in waiting if table.num_rows]:
        yield _frame(pa.concat_tables(rest, promote_options="default"), first)


def _frame(table: pa.Table, first: int) -> pd.DataFrame:
    present = [name for name in table.column_names if name not in MARKS or table[name].null_count < table.num_rows]
    filled = {name: table[name] if name in MARKS or not table[name].null_count else table[name].fill_null("") for name in present}
    frame: pd.DataFrame = pa.table(filled).to_pandas(types_mapper={pa.string(): pd.StringDtype()}.get)
    frame.index = pd.RangeIndex(first, first + len(frame), name="row_number")
    return frame
