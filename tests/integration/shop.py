"""A made-up shop in Helsinki: tests/data/shop, a small file per object."""

from pathlib import Path

import pandas as pd

from gcrm.frames import OBJECTS
from tests.integration.command_line import well

SHOP = Path(__file__).parents[1] / "data" / "shop"
RECORDS = {
    "territories": 3, "reps": 3, "products": 3, "accounts": 7, "contacts": 3, "orders": 6, "activities": 2, "opportunities": 2, "cases": 2, "consents": 3,
    "campaigns": 2, "campaign_members": 3, "leads": 4,
}  # fmt: skip


def shop_file(name: str) -> Path:
    """The file of an object."""
    return SHOP / f"{name}.csv"


def import_shop(*names: str) -> None:
    """Imports the shop, or some of its objects."""
    for name in names or OBJECTS:
        well("import", name, shop_file(name))


def accounts_frame() -> pd.DataFrame:
    """The accounts of the shop as text."""
    return pd.read_csv(shop_file("accounts"), sep=";", dtype="string").fillna("")
