"""The program that opens a workbook: a line of JSON about it, then, once it is told to go on, a line of JSON for each row."""

import contextlib
import json
import resource
import sys
from collections.abc import Iterable, Sequence

from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum


def _limit(memory: int, seconds: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system can
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _say(message: object) -> None:
    sys.stdout.write(json.dumps(message, default=_plain) + "\n")


def _plain(value: object) -> str:
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat else str(value)


def _rows(path: str, most_cells: int, wanted: str | None) -> Iterable[Sequence[object]]:
    book = CalamineWorkbook.from_path(path)
    names = book.sheet_names
    hidden = [each.name for each in book.sheets_metadata if each.visible != SheetVisibleEnum.Visible]
    visible = [name for name in names if name not in hidden]
    chosen = wanted if wanted is not None else next(iter(visible or names), None)
    _say({"sheets": names, "hidden": hidden, "chosen": chosen})
    sys.stdout.flush()
    if chosen not in names or not sys.stdin.readline():
        return
    sheet = book.get_sheet_by_name(chosen)
    first, last = sheet.start or (0, 0), sheet.end or (0, 0)
    cells = (last[0] + 1) * (last[1] + 1)
    if cells > most_cells:
        raise ValueError(f"sheet {chosen!r} spreads over {cells:,} cells, more than the {most_cells:,} allowed")
    for row in sheet.iter_rows():
        # Some kinds of sheet come with the columns that stand empty before the first used one.
        yield row[first[1] :] if len(row) > last[1] - first[1] + 1 else row


def main() -> None:
    """Arguments: path, memory in bytes, seconds, cells at most, and the sheet if it is named."""
    path, memory, seconds, cells, *sheet = sys.argv[1:]
    _limit(int(memory), int(seconds))
    try:
        for row in _rows(path, int(cells), sheet[0] if sheet else None):
            if any(value not in {"", None} for value in row):
                _say(row)
    except BrokenPipeError:
        sys.exit(1)
    except PasswordError:
        _say({"encrypted": True})
    except BaseException as error:  # noqa: BLE001 - also the panics of the Rust library, which are no Exception
        _say({"error": " ".join(str(error).split())[:300] or type(error).__name__})


if __name__ == "__main__":
    main()
