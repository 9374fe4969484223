"""The numbers that are planted: what later analyses can find again. `docs/demo_city.md` shows them as tables."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

COMPANY = "Revontuli Pyörä (made-up company)"
CURRENCY = "EUR"
DOMAIN = "revontuli-pyora.example"

BASE_ACCOUNTS = 12_000
BASE_ORDERS = 120_000
BASE_ACTIVITIES = 30_000
BASE_OPPORTUNITIES = 3_000
BASE_LEADS = 600
BASE_PLANNED = 900
BASE_CASES = 1_500
SMALLEST_SCALE = 0.001
LARGEST_SCALE = 500.0

FIRST_MONTH = "2024-11"
MONTHS = 24
END = "2026-11-01"

SHOP_COUNT = 3
TERRITORY_COUNT = 6
REPS_PER_TERRITORY = 2
OVERLOAD = 2.0
"""Accounts of the overloaded territory, as a multiple of the mean of all territories."""

RESIDENCE_TYPES = ("detached", "terraced", "flats", "other_residence", "non_residential", "unknown")
RESIDENCE_WEIGHT = (1.0, 1.5, 3.0, 2.0, 1.0, 1.5)
"""Accounts at an address of each residence type, relative to detached."""

KINDS = ("company", "household", "person")
KIND_BY_RESIDENCE = (
    (0.05, 0.80, 0.15),
    (0.05, 0.75, 0.20),
    (0.05, 0.62, 0.33),
    (0.05, 0.35, 0.60),
    (0.55, 0.20, 0.25),
    (0.20, 0.50, 0.30),
)  # fmt: skip
"""Rows: RESIDENCE_TYPES; columns: KINDS."""

STATUSES = ("customer", "prospect", "lost", "partner")
STATUS_SHARE = (0.63, 0.28, 0.06, 0.03)
STATUS_SHARE_DECLINING = (0.53, 0.28, 0.16, 0.03)

PRIVATE_SEGMENTS = ("urban singles", "young families", "suburban families", "seniors", "sport riders")
COMPANY_SEGMENTS = ("office fleets", "couriers", "rentals")
SEGMENTS = PRIVATE_SEGMENTS + COMPANY_SEGMENTS
PRIVATE_SEGMENT_BY_RESIDENCE = (
    (0.03, 0.15, 0.55, 0.17, 0.10),
    (0.10, 0.45, 0.20, 0.15, 0.10),
    (0.55, 0.15, 0.02, 0.18, 0.10),
    (0.50, 0.05, 0.00, 0.40, 0.05),
    (0.30, 0.10, 0.05, 0.10, 0.45),
    (0.20, 0.20, 0.20, 0.20, 0.20),
)  # fmt: skip
"""Segment of households and persons. Rows: RESIDENCE_TYPES; columns: PRIVATE_SEGMENTS."""
COMPANY_SEGMENT_SHARE = (0.50, 0.20, 0.30)

ORDER_RATE = (1.0, 1.2, 1.1, 0.6, 1.6, 2.0, 3.0, 2.0)
"""Order rate of each of SEGMENTS at distance 0, relative to urban singles."""
PARTNER_RATE = 1.5
DUPLICATE_RATE = 0.3
"""Order rate of a duplicate record, relative to its original."""
RATE_SPREAD = 0.5
"""Standard deviation of the logarithm of an account's own factor."""
LATE_START_SHARE = 0.25
"""Share of the accounts whose first month is drawn evenly from months 1 to 17; the others are there from month 0."""
LOST_MONTHS = (6, 20)
"""A lost account orders nothing from a month drawn evenly from these on (both included)."""

SEASON = (0.55, 0.60, 0.85, 1.25, 1.50, 1.40, 1.10, 1.05, 0.95, 0.80, 0.75, 1.20)
"""January to December; the mean is 1."""

DECLINE_PER_MONTH = 0.94
GROWTH_PER_MONTH = 1.05

CHANNELS = ("shop", "web", "phone", "partner")
CHANNEL_BY_SEGMENT = (
    (0.30, 0.65, 0.03, 0.02),
    (0.55, 0.38, 0.05, 0.02),
    (0.60, 0.30, 0.08, 0.02),
    (0.62, 0.08, 0.28, 0.02),
    (0.35, 0.55, 0.02, 0.08),
    (0.10, 0.35, 0.25, 0.30),
    (0.15, 0.45, 0.30, 0.10),
    (0.10, 0.20, 0.20, 0.50),
)  # fmt: skip
"""Rows: SEGMENTS; columns: CHANNELS."""

CATEGORIES = ("city bikes", "children's bikes", "e-bikes", "outdoor clothing", "camping", "parts and service")
CATEGORY_BY_SEGMENT = (
    (0.30, 0.01, 0.09, 0.25, 0.10, 0.25),
    (0.10, 0.45, 0.10, 0.10, 0.10, 0.15),
    (0.15, 0.20, 0.15, 0.15, 0.20, 0.15),
    (0.15, 0.02, 0.45, 0.13, 0.05, 0.20),
    (0.10, 0.02, 0.08, 0.40, 0.20, 0.20),
    (0.30, 0.00, 0.40, 0.05, 0.00, 0.25),
    (0.20, 0.00, 0.15, 0.15, 0.00, 0.50),
    (0.45, 0.10, 0.20, 0.05, 0.05, 0.15),
)  # fmt: skip
"""Rows: SEGMENTS; columns: CATEGORIES."""

PRODUCTS_OF: Mapping[str, tuple[int, int, int, float]] = MappingProxyType(
    {
        "city bikes": (8, 349, 899, 0.62),
        "children's bikes": (6, 149, 399, 0.58),
        "e-bikes": (6, 1490, 3990, 0.70),
        "outdoor clothing": (8, 29, 249, 0.50),
        "camping": (6, 25, 399, 0.55),
        "parts and service": (6, 9, 149, 0.35),
    }
)
"""Of each category: products, lowest price, highest price, cost as a share of the price."""

LINES_SHARE = (0.60, 0.28, 0.12)
"""Orders with 1, 2 and 3 lines."""
PRIVATE_QUANTITY_SHARE = (0.80, 0.15, 0.05, 0.0, 0.0)
COMPANY_QUANTITY_SHARE = (0.2, 0.2, 0.2, 0.2, 0.2)
"""Lines with 1 to 5 units."""
DISCOUNT_PERCENT = (0, 5, 10)
"""Drawn evenly for each order of a company; others pay the list price."""

WIN_FLOOR = 0.20
WIN_NEAR = 0.40
"""An opportunity that closes is won with probability WIN_FLOOR + WIN_NEAR * exp(-d / lambda)."""


class Campaign(NamedTuple):
    """A campaign: name, channel, first day, cost at scale 1 (in units of CURRENCY), waves a week apart, the segments that it is meant for."""

    name: str
    channel: str
    starts_on: str
    cost: float
    waves: int
    segments: tuple[str, ...]


CAMPAIGNS = (
    Campaign("Winter service", "mail", "2025-01-13", 1_200, 1, PRIVATE_SEGMENTS),
    Campaign("First ride of spring", "mail", "2025-03-17", 1_800, 2, ("urban singles", "young families", "suburban families", "sport riders")),
    Campaign("E-bikes for those with time", "post", "2025-04-07", 5_200, 1, ("seniors",)),
    Campaign("Children grow", "mail", "2025-04-28", 1_500, 2, ("young families", "suburban families")),
    Campaign("Posters in the trams", "posters", "2025-05-05", 8_000, 0, ()),
    Campaign("Fleets on the phone", "phone", "2025-09-01", 4_500, 3, COMPANY_SEGMENTS),
    Campaign("Warm and dry", "mail", "2025-11-17", 1_100, 2, ("urban singles", "sport riders")),
    Campaign("First ride of the year", "mail", "2026-03-16", 1_900, 2, ("urban singles", "young families", "suburban families", "sport riders")),
    Campaign("An e-bike at home for a week", "post", "2026-04-13", 5_600, 1, ("seniors", "office fleets")),
    Campaign("Courier weeks", "phone", "2026-05-11", 2_600, 2, ("couriers", "rentals")),
    Campaign("Back to school", "mail", "2026-08-10", 1_400, 2, ("young families", "suburban families")),
)
"""One without waves is sent to nobody: it has a cost and no members."""

RESPONSE_BY_CHANNEL: Mapping[str, float] = MappingProxyType({"mail": 0.40, "post": 0.30, "phone": 0.50})
"""Probability that a member reacts, before the factor of its segment."""
RESPONSE_BY_SEGMENT = (0.9, 1.2, 1.1, 1.3, 1.5, 0.8, 0.7, 0.8)
"""Factor of each of SEGMENTS."""
ANSWER_FLOOR = 0.10
ANSWER_NEAR = 0.40
"""Who reacts answers with probability ANSWER_FLOOR + ANSWER_NEAR * exp(-d / lambda)."""

PLANNED_DAYS = (-5, 55)
"""What is planned is due on days drawn evenly from these, from END on."""

CASE_KINDS = ("question", "complaint", "fault")
CASE_KIND_SHARE = (0.55, 0.20, 0.25)
PRIORITIES = ("low", "normal", "high", "urgent")
PRIORITY_SHARE = (0.20, 0.55, 0.20, 0.05)
FAULTY_CATEGORY = "e-bikes"
FAULTY_SHARE = 0.20
"""So many of all cases are complaints about the faulty category by accounts in the areas whose demand declines."""

DUPLICATE_SHARE = 0.03
DAMAGE_SHARE = 0.05

TRACKS = 3_000
"""Routes of movement, at every scale."""
MODES = ("walk", "bicycle")
TRACKS_OF = (2_100, 900)
SPEED_M_S = ((1.35, 0.12), (4.5, 0.6))
"""Mean and standard deviation of a route's speed, of each of MODES."""
TRIP_M = ((300.0, 2_000.0), (700.0, 5_000.0))
"""Shortest and longest trip of each of MODES; where the city has none, the farthest it has."""
GPS_NOISE_M = 8.0
"""Root mean square of the horizontal error of a position."""
GPS_MEMORY = 0.7
"""Correlation of the error with that of the position before."""
POSITION_EVERY_S = (5, 15)
