"""The made-up company as tests look at it: the files of a run, and what is in them."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gcrm.demo.files import DemoFiles


@dataclass(frozen=True)
class Company:
    files: DemoFiles
    truth: dict[str, Any]
    accounts: pd.DataFrame
    positions: pd.DataFrame
    orders: pd.DataFrame


def load(files: DemoFiles) -> Company:
    return Company(
        files,
        json.loads(files.planted.read_text(encoding="utf-8")),
        pd.read_csv(files.accounts, dtype="string").set_index("account_key"),
        pd.read_parquet(files.planted_positions).set_index("account_key"),
        pd.read_parquet(files.orders),
    )
