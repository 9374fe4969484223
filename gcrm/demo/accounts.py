"""The accounts: who they are, where, and in which segment; as arrays first, so that a hundred times as many cost little."""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gcrm.demo import structure
from gcrm.demo.city import Floats, Indices
from gcrm.demo.places import Places
from gcrm.demo.tables import draw, draw_weighted, flags, join, keys, only_where, pick, stream

COMPANY = structure.KINDS.index("company")
PERSON = structure.KINDS.index("person")
PARTNER = structure.STATUSES.index("partner")
LOST = structure.STATUSES.index("lost")
PROSPECT = structure.STATUSES.index("prospect")

_SYLLABLES = tuple(consonant + vowel for consonant in "bdfghjklmnprstv" for vowel in "aeiou")
_ENDINGS = ("q", "x", "z")
WORDS = len(_SYLLABLES) ** 3 * len(_ENDINGS)
"""How many made-up names there are."""
TRADES = ("Bakery", "Clinic", "Courier", "Hotel", "Office", "School", "Store", "Studio", "Workshop", "Agency")
_PARENT_SHARE = 0.05
_WITHOUT_EMAIL = 0.15
_WITHOUT_PHONE = 0.10


@dataclass(frozen=True)
class Accounts:
    """One row per account, in the order of their keys.

    Attributes:
        place: position in the places.
        kind: position in KINDS.
        status: position in STATUSES.
        segment: position in SEGMENTS.
        word: number of the made-up name; shared by chance, as names are.
        given: number of the made-up given name.
        number: telephone number and mail address are made from it; a duplicate has that of its original.
        original: for a duplicate the position of its original, else -1.
        luck: evenly distributed in [0, 1): what else a record is made from.
    """

    place: Indices
    kind: Indices
    status: Indices
    segment: Indices
    word: Indices
    given: Indices
    number: Indices
    original: Indices
    luck: Floats

    def __len__(self) -> int:
        """How many there are."""
        return len(self.place)

    @property
    def is_duplicate(self) -> NDArray[np.bool_]:
        """True for the duplicate records."""
        return self.original >= 0


def draw_accounts(places: Places, share: Floats, declining: NDArray[np.bool_], scale: float, seed: int) -> Accounts:
    """Draws the accounts, a DUPLICATE_SHARE of them as second records of others.

    Args:
        places: where they can be.
        share: share of the accounts at each place.
        declining: True for the places of the areas that decline; more accounts are lost there.
        scale: 1 for BASE_ACCOUNTS.
        seed: of the random numbers.
    """
    count = max(1, round(structure.BASE_ACCOUNTS * scale))
    random = stream(seed, "accounts")
    place = draw_weighted(share, random.random(count))
    kind = draw(structure.KIND_BY_RESIDENCE, random.random(count), places.residence[place])
    status = draw((structure.STATUS_SHARE, structure.STATUS_SHARE_DECLINING), random.random(count), declining[place].astype(np.int64))
    kind[status == PARTNER] = COMPANY
    chance = random.random(count)
    private = draw(structure.PRIVATE_SEGMENT_BY_RESIDENCE, chance, places.residence[place])
    corporate = len(structure.PRIVATE_SEGMENTS) + draw(structure.COMPANY_SEGMENT_SHARE, chance)
    accounts = Accounts(
        place=place,
        kind=kind,
        status=status,
        segment=np.where(kind == COMPANY, corporate, private),
        word=random.integers(WORDS, size=count),
        given=random.integers(WORDS, size=count),
        number=np.arange(1, count + 1),
        original=np.full(count, -1, dtype=np.int64),
        luck=random.random(count),
    )
    return _with_duplicates(accounts, seed)


def _with_duplicates(accounts: Accounts, seed: int) -> Accounts:
    count = round(len(accounts) * structure.DUPLICATE_SHARE)
    pairs = stream(seed, "duplicates").permutation(len(accounts))[: 2 * count].reshape(2, -1)
    duplicate, original = pairs.max(axis=0), pairs.min(axis=0)
    arrays = {each.name: np.array(getattr(accounts, each.name)) for each in fields(Accounts)}
    for array in arrays.values():
        array[duplicate] = array[original]
    arrays["original"][duplicate] = original
    return Accounts(**arrays)


def words(numbers: Indices) -> pa.Array:
    """Made-up names such as Rimotuq: three syllables and a last letter that hardly a surname has."""
    base = len(_SYLLABLES)
    first = pick([each.capitalize() for each in _SYLLABLES], numbers % base)
    second, third = (pick(_SYLLABLES, numbers // base**power % base) for power in (1, 2))
    return join(first, second, third, pick(_ENDINGS, numbers // base**3))


def phones(numbers: Indices, prefix: str) -> pa.Array:
    """Telephone numbers under +999, a country code that is assigned to no country: nobody can be called by accident."""
    # 7,919 and 10,000,000 have no common factor: no two numbers give the same telephone.
    return keys(f"+999 {prefix} ", (numbers * 7_919 + 104_729) % 10_000_000, 7)


def account_columns(accounts: Accounts, places: Places) -> dict[str, pa.Array]:
    """The columns of accounts.csv, in the order of the fields, before anything is damaged."""
    count = len(accounts)
    word = words(accounts.word)
    person = join("Person ", words(accounts.given), " ", word)
    company = join("Sample ", pick(TRADES, accounts.given % len(TRADES)), " ", word)
    is_company = accounts.kind == COMPANY
    plain = keys("", accounts.number)
    email = _choose(is_company, join("info@", _lower(word), "-", plain, ".example"), join(_lower(word), ".", plain, "@example.org"))
    at_address = places.frame.is_address.to_numpy(bool)[accounts.place]
    texts = {name: pick(places.frame[name].tolist(), accounts.place) for name in ("street", "house_number", "postcode", "city", "country_code")}
    return {
        "account_key": keys("A", np.arange(1, count + 1)),
        "kind": pick(structure.KINDS, accounts.kind),
        "status": pick(structure.STATUSES, accounts.status),
        "name": pc.choose(pa.array(accounts.kind), company, join("Household ", word), person),
        "segment": pick(structure.SEGMENTS, accounts.segment),
        "parent_key": _parents(accounts),
        **texts,
        "phone": only_where(accounts.luck >= _WITHOUT_PHONE, phones(accounts.number, "40")),
        "email": only_where(accounts.luck < 1 - _WITHOUT_EMAIL, email),
        "longitude": only_where(~at_address, pa.array(places.degrees[accounts.place, 0])),
        "latitude": only_where(~at_address, pa.array(places.degrees[accounts.place, 1])),
        "territory_key": pa.nulls(count, pa.string()),
        "made_up": flags(count),
    }


def _lower(texts: pa.Array) -> pa.Array:
    return pc.utf8_lower(texts)


def _choose(condition: NDArray[np.bool_], yes: pa.Array, no: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(condition), yes, no)


def _parents(accounts: Accounts) -> pa.Array:
    """Some companies belong to the company before them that is no branch itself; keys point backwards only."""
    is_company = accounts.kind == COMPANY
    # Later digits of the same luck: independent of whether there is a telephone number.
    branch = is_company & (accounts.luck * 1_000 % 1 < _PARENT_SHARE)
    heads = np.where(is_company & ~branch & ~accounts.is_duplicate, np.arange(len(accounts)), -1)
    head = np.maximum.accumulate(heads)
    # A duplicate has the parent of its original.
    source = np.where(accounts.is_duplicate, accounts.original, np.arange(len(accounts)))
    branch, head = branch[source], head[source]
    return only_where(branch & (head >= 0), keys("A", head + 1))
