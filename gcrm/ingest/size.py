"""How many records a file is thought to hold, for the time that an import will take."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gcrm.ingest.options import ReadOptions

_SAMPLE_BYTES = 1 << 20
_TEXTS = {".csv", ".tsv", ".txt"}


def expected_records(path: Path, options: ReadOptions) -> int | None:
    """Records of a file: counted by its own word (Parquet), or estimated from the lines of its first MiB.

    Args:
        path: the file.
        options: how it is read.

    Returns:
        The number; None where it cannot be told without reading the file.
    """
    ending = path.suffix.lower()
    if ending == ".parquet":
        try:
            return int(pq.read_metadata(path).num_rows)
        except pa.ArrowException:
            return None
    if ending not in _TEXTS:
        return None
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    lines = sample.count((options.line_end or "\n").encode())
    every = lines * path.stat().st_size / max(len(sample), 1)
    return max(round(every) - (options.columns is None), 0)
