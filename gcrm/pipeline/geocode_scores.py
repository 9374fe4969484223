"""How well the damaged addresses of the demo city are placed."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.demo.damage import NUMBER_NONEXISTENT
from gcrm.errors import GeocodeError
from gcrm.ingest.geocoding.match import FIELDS, LEVELS
from gcrm.pipeline.geocoding import geocode_addresses
from gcrm.spatial.measures import distances_m

RIGHT_WITHIN_M = {"rooftop": 200.0, "interpolated": 200.0, "street": 1000.0, "postcode": 3000.0, "place": 3000.0, "none": 0.0}
"""Metres that an answer of a level may be from the true position. Objects of one address lie up to 160 m apart in OpenStreetMap; the other levels are rough."""


def score_damaged(planted: Path, source: str) -> pd.DataFrame:
    """Looks for the damaged addresses of one system whose true positions are known; nothing is stored.

    Args:
        planted: `planted.json` of a demo city, or any JSON file with `damaged_addresses`: a list of account_key, kind, and the true longitude and latitude
            (degrees, EPSG:4326).
        source: the system of the accounts.

    Returns:
        One row per damaged address: account_key, kind, level, score (0 to 1), accepted (without a person), distance_m (metres from the true position, missing
        where nothing was found), right. An answer is right within RIGHT_WITHIN_M of its level; a rooftop for a house number that does not exist never is.

    Raises:
        GeocodeError: the file cannot be read, or there are no accounts of its keys from that system.
    """
    truth = _truth(planted)
    with connect(Role.WRITER) as connection:
        rows = list(queries("geocode").addresses_of(connection, source=source, keys=truth["account_key"].tolist()))
    if not rows:
        raise GeocodeError(f"There are no accounts of {planted.name} from {source}; run `gcrm demo`, or name another system with --source.")
    asked = truth.merge(pd.DataFrame(rows, columns=["account_key", *FIELDS]), on="account_key")
    answers = geocode_addresses(asked[list(FIELDS)])
    longitude, latitude = (answers[name].to_numpy(np.float64) for name in ("longitude", "latitude"))
    off = distances_m(longitude, latitude, asked["longitude"].to_numpy(np.float64), asked["latitude"].to_numpy(np.float64))
    invented = (asked["kind"] == NUMBER_NONEXISTENT) & (answers["geocode_level"] == "rooftop")
    return asked[["account_key", "kind"]].assign(
        level=answers["geocode_level"],
        score=answers["geocode_score"],
        accepted=answers["accepted"].astype(bool),
        distance_m=off,
        right=(off <= answers["geocode_level"].map(RIGHT_WITHIN_M)) & ~invented,
    )


def by_group(scored: pd.DataFrame, group: Literal["kind", "level"]) -> pd.DataFrame:
    """The scores of each kind of damage, or of each level.

    Args:
        scored: from `score_damaged`.
        group: what to group by.

    Returns:
        Indexed by the group: addresses, accepted, right (of the accepted; all three counts), waiting, waiting_right (what a person has to look at, and how much
        of that is right as it stands), median_m and largest_m (metres from the true position, of the accepted).
    """
    taken = scored[scored["accepted"]]
    waiting = scored[~scored["accepted"]]
    counted = pd.DataFrame(
        {
            "addresses": scored.groupby(group).size(),
            "accepted": taken.groupby(group).size(),
            "right": taken.groupby(group)["right"].sum(),
            "waiting": waiting.groupby(group).size(),
            "waiting_right": waiting.groupby(group)["right"].sum(),
        }
    )
    distances = taken.groupby(group)["distance_m"].agg(median_m="median", largest_m="max")
    order = [level for level in LEVELS if level in counted.index] if group == "level" else sorted(counted.index)
    return counted.fillna(0).astype("int64").join(distances).loc[order]


def _truth(planted: Path) -> pd.DataFrame:
    try:
        damaged = json.loads(planted.read_text(encoding="utf-8"))["damaged_addresses"]
        truth = pd.DataFrame(damaged)[["account_key", "kind", "longitude", "latitude"]]
        return truth.astype({"account_key": "str", "kind": "str", "longitude": "float64", "latitude": "float64"})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GeocodeError(f"{planted} tells of no damaged addresses ({type(error).__name__}); give the planted.json of a demo city.") from error
