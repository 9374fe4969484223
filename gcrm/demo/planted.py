"""The ground truth: everything that was planted, for later analyses to be scored against."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from gcrm.demo import footfall, structure
from gcrm.demo.accounts import Accounts
from gcrm.demo.places import Places
from gcrm.demo.tables import keys
from gcrm.demo.territories import Territories
from gcrm.demo.trends import Trends

Json = dict[str, Any]


def positions_table(accounts: Accounts, places: Places) -> pa.Table:
    """The true position of every account: account_key, longitude, latitude (degrees, EPSG:4326)."""
    return pa.table(
        {
            "account_key": keys("A", np.arange(1, len(accounts) + 1)),
            "longitude": places.degrees[accounts.place, 0],
            "latitude": places.degrees[accounts.place, 1],
        }
    )


def _rows(rows: Sequence[str], columns: Sequence[str], shares: Sequence[Sequence[float]]) -> dict[str, dict[str, float]]:
    return {row: dict(zip(columns, values, strict=True)) for row, values in zip(rows, shares, strict=True)}


def rules() -> Json:
    """The structure that is the same in every city."""
    return {
        "months": {"first": structure.FIRST_MONTH, "count": structure.MONTHS},
        "season_by_month": list(structure.SEASON),
        "order_rate_by_segment": dict(zip(structure.SEGMENTS, structure.ORDER_RATE, strict=True)),
        "partner_rate": structure.PARTNER_RATE,
        "duplicate_rate": structure.DUPLICATE_RATE,
        "rate_spread": structure.RATE_SPREAD,
        "late_start_share": structure.LATE_START_SHARE,
        "lost_between_months": list(structure.LOST_MONTHS),
        "status_share": dict(zip(structure.STATUSES, structure.STATUS_SHARE, strict=True)),
        "status_share_declining": dict(zip(structure.STATUSES, structure.STATUS_SHARE_DECLINING, strict=True)),
        "kind_by_residence": _rows(structure.RESIDENCE_TYPES, structure.KINDS, structure.KIND_BY_RESIDENCE),
        "private_segment_by_residence": _rows(structure.RESIDENCE_TYPES, structure.PRIVATE_SEGMENTS, structure.PRIVATE_SEGMENT_BY_RESIDENCE),
        "company_segment_share": dict(zip(structure.COMPANY_SEGMENTS, structure.COMPANY_SEGMENT_SHARE, strict=True)),
        "channel_by_segment": _rows(structure.SEGMENTS, structure.CHANNELS, structure.CHANNEL_BY_SEGMENT),
        "category_by_segment": _rows(structure.SEGMENTS, structure.CATEGORIES, structure.CATEGORY_BY_SEGMENT),
        "win_probability": {"floor": structure.WIN_FLOOR, "near": structure.WIN_NEAR, "formula": "floor + near * exp(-d / lambda_m)"},
        "campaigns": {
            "reacts": {
                "by_channel": dict(structure.RESPONSE_BY_CHANNEL),
                "factor_by_segment": dict(zip(structure.SEGMENTS, structure.RESPONSE_BY_SEGMENT, strict=True)),
            },
            "answers": {"floor": structure.ANSWER_FLOOR, "near": structure.ANSWER_NEAR, "formula": "floor + near * exp(-d / lambda_m)"},
        },
        "cases": {
            "kind_share": dict(zip(structure.CASE_KINDS, structure.CASE_KIND_SHARE, strict=True)),
            "faulty": {"category": structure.FAULTY_CATEGORY, "kind": "complaint", "share": structure.FAULTY_SHARE, "where": "the areas that decline"},
        },
        "footfall": {
            "people_per_point": footfall.PEOPLE_PER_POINT,
            "points": {
                "street": 1.0,
                "shop": footfall.POINT_PER_SHOP,
                "shop_next_door": footfall.POINT_PER_SHOP_NEXT_DOOR,
                "metre_of_main_road": footfall.POINT_PER_MAIN_ROAD_M,
            },
            "workday_peaks": list(footfall.WORKDAY_PEAKS),
            "shopping_peaks": list(footfall.SHOPPING_PEAKS),
            "noise": footfall.NOISE,
        },
        "tracks": {
            "count_by_mode": dict(zip(structure.MODES, structure.TRACKS_OF, strict=True)),
            "speed_m_s": _rows(structure.MODES, ("mean", "standard_deviation"), structure.SPEED_M_S),
            "gps_noise_rms_m": structure.GPS_NOISE_M,
            "gps_noise_memory": structure.GPS_MEMORY,
        },
    }


def of_city(shops: pd.DataFrame, lambda_m: float, territories: Territories, trends: Trends, accounts: Accounts) -> Json:
    """The structure that depends on the city."""
    counts = np.bincount(territories.of_place[accounts.place], minlength=len(territories.keys))
    rates = {"declines": structure.DECLINE_PER_MONTH, "grows": structure.GROWTH_PER_MONTH}
    return {
        "demand": {"formula": "order rate ~ exp(-d / lambda_m), d = metres to the nearest shop as the crow flies", "lambda_m": lambda_m},
        "shops": shops[["longitude", "latitude"]].to_dict("records"),
        "territories": {
            "h3_level": territories.level,
            "overloaded": territories.keys[territories.overloaded],
            "overload": structure.OVERLOAD,
            "accounts": dict(zip(territories.keys, counts.tolist(), strict=True)),
        },
        "trends": {
            "h3_level": trends.level,
            "areas": [{"cell": cell, "role": role, "factor_per_month": rates[role]} for cell, role in trends.cells],
        },
    }


def ground_truth(about: Mapping[str, Any], city: Json, duplicates: Sequence[Mapping[str, Any]], damage: Sequence[Mapping[str, Any]]) -> Json:
    """All of it, as written to planted.json."""
    return {
        "company": structure.COMPANY,
        "made_up": True,
        **about,
        **city,
        **rules(),
        "duplicates": list(duplicates),
        "damaged_addresses": list(damage),
    }
