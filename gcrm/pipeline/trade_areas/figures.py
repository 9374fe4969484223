"""What lies in each trading area, as far as a scope sees accounts."""

from decimal import Decimal

import pandas as pd

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries

_RESIDENCE = ["population", "households", "expected_households"]


def area_figures(scope: Scope, dataset: str | None = None, spend_per_household: Decimal | None = None) -> pd.DataFrame:
    """Figures of each area in force.

    Args:
        scope: who asks; customers and prospects are those of its territories, and areas around accounts are seen with them.
        dataset: one set; all if left out.
        spend_per_household: what a household spends in a year, in the currency of the user.

    Returns:
        One row per area: trade_area_id, dataset, kind, name, site_key, site_name, band, band_unit, area_km2, customers, private_customers
        (households and persons), prospects, population, households, expected_households (those of a Huff area times their probability),
        penetration (private customers per household), potential (Decimal: expected households, or else households, times the spending);
        missing where no residence layer or no spending says it.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    named = queries("trade_areas")
    with scoped(scope) as connection:
        found = read_frame(connection, named.figures.sql, {"dataset": dataset})
        lived = read_frame(connection, named.residence.sql, {"dataset": dataset}) if named.has_residence(connection) else pd.DataFrame()
    residence = lived.set_index("trade_area_id").reindex(columns=_RESIDENCE) if len(lived) else pd.DataFrame(columns=_RESIDENCE)
    found = found.join(residence.astype("Float64"), on="trade_area_id")
    found["penetration"] = found["private_customers"] / found["households"].where(found["households"] > 0)
    homes = found["expected_households"].fillna(found["households"])
    spent = [None if spend_per_household is None or pd.isna(each) else Decimal(str(round(each, 2))) * spend_per_household for each in homes]
    return found.assign(potential=pd.Series(spent, index=found.index, dtype="object"))


def area_overlaps(scope: Scope, dataset: str) -> pd.DataFrame:
    """Each two areas of a set that overlap.

    Args:
        scope: who asks.
        dataset: the set.

    Returns:
        trade_area_id, name, other_id, other_name, overlap_km2, share (of the first one's area, 0 to 1); each pair from both sides.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("trade_areas").overlaps.sql, {"dataset": dataset})


def area_findings(scope: Scope, dataset: str) -> pd.DataFrame:
    """What of the file of a set was repaired and refused: feature_number, feature_name, problem, outcome.

    Args:
        scope: who asks.
        dataset: the set.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("trade_areas").findings.sql, {"layer": "trade_areas", "dataset": dataset})
