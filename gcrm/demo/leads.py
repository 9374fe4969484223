"""Leads: people and companies of the city who asked for something in the last weeks, at its addresses."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gcrm.demo import structure
from gcrm.demo.accounts import TRADES, WORDS, phones, words
from gcrm.demo.city import Floats
from gcrm.demo.places import Places
from gcrm.demo.tables import draw, draw_weighted, flags, join, keys, money, only_where, pick, seconds_of, stream, times

_COMPANY_SHARE = 0.4
_DAYS = 60
_INTERESTS = ("a city bike", "two cargo bikes", "a repair", "helmets for the family", "a lease for the staff", "spare parts")
_WORTH = (90_000, 550_000, 12_000, 24_000, 800_000, 15_000)
_ORIGINS = ("web form", "fair", "recommendation", "newsletter")
_RATINGS = ("hot", "warm", "cold", None)
_RATING_SHARE = (0.15, 0.3, 0.25, 0.3)
_REJECTIONS = ("wanted a car", "lives elsewhere", "no answer")
_STATUSES = ("new", "working", "rejected")
_STATUS_SHARE = (0.7, 0.2, 0.1)


def leads_table(places: Places, share: Floats, scale: float, seed: int) -> pa.Table:
    """The leads, ordered by the time they came; none is a customer, and none has a rep yet.

    Args:
        places: where they are.
        share: share of the people at each place.
        scale: 1 for BASE_LEADS.
        seed: of the random numbers.
    """
    count = max(1, round(structure.BASE_LEADS * scale))
    random = stream(seed, "leads")
    place = draw_weighted(share, random.random(count))
    is_company = random.random(count) < _COMPANY_SHARE
    word, given, number = random.integers(WORDS, size=count), random.integers(WORDS, size=count), np.arange(1, count + 1)
    interest = random.integers(len(_INTERESTS), size=count)
    worth = np.asarray(_WORTH)[interest] * np.exp(0.3 * random.standard_normal(count))
    status = draw(_STATUS_SHARE, random.random(count))
    came = np.sort(seconds_of(structure.END) - random.integers(1, _DAYS * 86_400, size=count))
    at_address = places.frame.is_address.to_numpy(bool)[place]
    family = words(word)
    return pa.table(
        {
            "lead_key": keys("L", number, 6),
            "company": only_where(is_company, join("Sample ", pick(TRADES, given % len(TRADES)), " ", words(given))),
            "given_name": words(given),
            "family_name": family,
            "role": only_where(is_company, pa.repeat("Buyer", count)),
            "phone": only_where(random.random(count) < 1 / 2, phones(number, "60")),
            "email": join("lead.", pc.utf8_lower(family), ".", keys("", number), "@example.org"),
            **{name: pick(places.frame[name].tolist(), place) for name in ("street", "house_number", "postcode", "city", "country_code")},
            "longitude": only_where(~at_address, pa.array(places.degrees[place, 0])),
            "latitude": only_where(~at_address, pa.array(places.degrees[place, 1])),
            "segment": pa.nulls(count, pa.string()),
            "interest": pick(_INTERESTS, interest),
            "amount": money(np.round(worth).astype(np.int64)),
            "currency": pa.repeat(structure.CURRENCY, count),
            "origin": pick(_ORIGINS, random.integers(len(_ORIGINS), size=count)),
            "rating": pick(_RATINGS, draw(_RATING_SHARE, random.random(count))),
            "status": pick(_STATUSES, status),
            "rejected_because": only_where(status == _STATUSES.index("rejected"), pick(_REJECTIONS, random.integers(len(_REJECTIONS), size=count))),
            "received_at": times(came),
            "territory_key": pa.nulls(count, pa.string()),
            "rep_key": pa.nulls(count, pa.string()),
            "made_up": flags(count),
        }
    )
