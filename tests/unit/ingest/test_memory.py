"""Memory does not grow with the file; `make large` shows it on a file of gigabytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_MEGABYTES = int(os.environ.get("GCRM_LARGE_MEGABYTES", "40"))
_MOST_MEGABYTES = 1024
_READ = """
import resource, sys
from pathlib import Path
from gcrm.ingest.readers import read
rows = sum(len(frame) for frame in read(Path(sys.argv[1])))
# On Linux the kernel's own mark: ru_maxrss is handed on by the parent, which may have been larger.
status = Path("/proc/self/status")
mark = next((line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")), None) if status.is_file() else None
print(rows, (int(mark) if mark else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1024)
"""
_PLAIN = '{row},"Company, {row}",Main Street 5,9490,Vaduz,LI,+423 1,a@example.org,9.5,47.1\n'
_RAGGED = '{row},5" pipe {row},Main Street 5,9490,Vaduz,LI,+423 1,a@example.org,9.5,47.1\n'


@pytest.mark.parametrize("line", [_PLAIN, _RAGGED], ids=["fast", "exact"])
def test_a_large_text_is_read_in_bounded_memory(line: str, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    block_rows = 10_000
    written = 0
    with path.open("w") as file:
        file.write("id,name,street,postcode,city,country,phone,email,longitude,latitude\n")
        while file.tell() < _MEGABYTES * 1_000_000:
            file.write("".join(line.format(row=row) for row in range(written, written + block_rows)))
            written += block_rows
    done = subprocess.run([sys.executable, "-c", _READ, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows, megabytes = map(int, done.stdout.split())

    assert rows == written
    assert megabytes < _MOST_MEGABYTES
