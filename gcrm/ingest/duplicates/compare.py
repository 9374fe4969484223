"""Pairs of records field by field: for each field the level to which the two agree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from gcrm.ingest.duplicates.records import MISSING, Codes, Column, Records, Rows, agreement
from gcrm.ingest.duplicates.words import NEAR, Words, pair_codes

Levels = NDArray[np.int8]
"""Level of each pair; MISSING where one of the two has no value."""

FEW = 3
"""A value that so many records hold, or fewer, is a rare one."""

_SHORT_PHONE = 7
_CELL_PARENT = (0xF << 52, (1 << 18) - 1)
"""Bits that name an H3 cell's level, and those below level 9: cells of level 10 with one parent differ in the lowest of these only."""

LEVELS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "name": ("different", "shares words, but each has its own", "one is part of the other", "misspelt", "same, frequent", "same, rare"),
    "address": ("different", "same street, other number", "street alike, no number", "street alike, same number", "same, held by many", "same, held by few"),
    "area": ("different", "place alike", "same postcode"),
    "phone": ("different", "one digit off", "same, held by many", "same, held by few"),
    "email": ("different", "same company's", "misspelt or same mailbox elsewhere", "same, held by many", "same, held by few"),
    "website": ("different", "same, held by many", "same, held by few"),
    "tax_number": ("different", "one slip", "same, held by many", "same, held by few"),
    "birth_date": ("different", "one slip", "same"),
    "position": ("different", "same neighbourhood", "same spot"),
})  # fmt: skip
"""The comparisons, and what their levels mean, from 0 up."""

WHO = ("name", "tax_number", "birth_date")
"""Comparisons that say who somebody is. The others say where: they never make a duplicate alone, since families, flats and the restaurants of a hotel
share them."""

NAME_DIFFERS, NAME_PARTLY, NAME_CONTAINED, NAME_NEAR, NAME_SAME, NAME_SAME_RARE = range(6)

MAIL_SIMILAR = 2

_NEAR_SAME = 0.8
_NO_CONFLICT = 1 - NEAR + 1e-6
"""A word misspelt by the most that counts as misspelt leaves a quarter of its weight on either side; more is a word of its own."""
_CONTAINED_SAME = 0.25
_PARTLY_SAME = 0.5
_STREET_SAME = 0.6
_ONE_SLIP_LONG = 0.9
"""Least similarity of long texts, such as whole names and mail addresses, that may be one misspelt."""
_ONE_SLIP_PHONE = 0.85


@dataclass(frozen=True)
class Comparison:
    """Records made ready to be compared: their words, and their combined fields.

    Attributes:
        records: the records.
        names: words of their names.
        streets: words of their streets.
        cities: words of their places.
        address: the address as a whole, where it has a street and a number.
    """

    records: Records
    names: Words
    streets: Words
    cities: Words
    address: Column

    @classmethod
    def of(cls, records: Records, known: Mapping[str, float] | None = None) -> "Comparison":
        """Makes records ready.

        Args:
            records: normalised records.
            known: shares of frequent words of names in a larger set of records.
        """
        return cls(records, Words.of(records["name"], known), Words.of(records["street"]), Words.of(records["city"]), address_of(records))

    def levels(self, left: Rows, right: Rows, known: Mapping[str, Levels] | None = None) -> dict[str, Levels]:
        """The level of each comparison for pairs of records.

        Args:
            left: positions of records.
            right: as many.
            known: levels that are known already.
        """
        known = known or {}
        found = {name: known[name] if name in known else work(self, left, right) for name, work in _COMPARISONS.items() if self.has(name)}
        if "email" in found and "name" in found:  # who has a similar name has a similar mail address: it says the same once more
            similar = (found["email"] == MAIL_SIMILAR) & (found["name"] >= NAME_CONTAINED)
            found["email"] = np.where(similar, np.int8(MISSING), found["email"])
        if "position" in found and "address" in found:  # a position is found from the address: it says the same once more
            found["position"] = np.where(found["address"] != MISSING, np.int8(MISSING), found["position"])
        return found

    def who(self, left: Rows, right: Rows) -> dict[str, Levels]:
        """The level of the comparisons that say who somebody is: enough to leave most pairs alone."""
        return {name: _COMPARISONS[name](self, left, right) for name in WHO if self.has(name)}

    def has(self, name: str) -> bool:
        """Whether any record has what a comparison looks at."""
        return any(len(self.records[column].values) for column in _COLUMNS[name])

    def chance(self, name: str) -> Mapping[int, float]:
        """The exact probability that two records picked at random agree to the highest levels, by level: those that are equality."""
        if name not in _EQUAL:
            return {}
        column = self.address if name == "address" else self.records[_COLUMNS[name][0]]
        total = int(column.counts.sum())
        if _EQUAL[name] == 1:
            return {len(LEVELS[name]) - 1: agreement(column.counts)}
        few = column.counts <= FEW
        return {len(LEVELS[name]) - 1: agreement(column.counts[few], total), len(LEVELS[name]) - 2: agreement(column.counts[~few], total)}


def address_of(records: Records) -> Column:
    """Street, number and postcode (else city) of each record as one value; none where there is no street or no number."""
    parts = [records[name] for name in ("street", "number")]
    area = np.where(records["postcode"].codes >= 0, records["postcode"].codes, -2 - records["city"].codes)
    there = (parts[0].codes >= 0) & (parts[1].codes >= 0)
    packed = mix(parts[0].codes, parts[1].codes, area)
    values, codes = np.unique(packed[there], return_inverse=True)
    filled = np.full(records.count, MISSING, dtype=np.int32)
    filled[there] = codes
    return Column(filled, values.astype(object))


def mix(*codes: NDArray[np.integer]) -> NDArray[np.uint64]:
    """One 64-bit number for some codes (FNV-1a on words)."""
    mixed = np.full(len(codes[0]), 0xCBF29CE484222325, dtype=np.uint64)
    for part in codes:
        mixed = (mixed ^ part.astype(np.int64).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _name(of: Comparison, left: Rows, right: Rows) -> Levels:
    column = of.records["name"]
    a, b = column.codes[left], column.codes[right]
    level = np.full(len(left), MISSING, dtype=np.int8)
    there = (a >= 0) & (b >= 0)
    equal = there & (a == b)
    level[equal] = np.where(column.counts[a[equal]] <= FEW, NAME_SAME_RARE, NAME_SAME)
    at = np.flatnonzero(there & ~equal)
    first, second, inverse = pair_codes(a[at], b[at])
    level[at] = _name_levels(of, first, second)[inverse]
    return level


def _name_levels(of: Comparison, first: Codes, second: Codes) -> Levels:
    """Levels of names that are not equal."""
    column = of.records["name"]
    like = of.names.likeness(first, second)
    level = np.zeros(len(first), dtype=np.int8)
    agree = like.conflict <= _NO_CONFLICT
    level[like.same >= _PARTLY_SAME] = NAME_PARTLY
    level[agree & (like.same >= _CONTAINED_SAME) & (like.shared >= of.names.telling)] = NAME_CONTAINED
    level[agree & (like.same >= _NEAR_SAME)] = NAME_NEAR
    packed = np.array([value.replace(" ", "") for value in column.values.tolist()], dtype=object) if len(first) else column.values
    close = (
        process.cpdist(packed[first], packed[second], scorer=OSA.normalized_similarity, score_cutoff=_ONE_SLIP_LONG, dtype=np.float32, workers=2)
        if len(first)
        else np.zeros(0)
    )
    level[(close >= _ONE_SLIP_LONG) & (level < NAME_NEAR) & ~_numbered(column, first, second)] = NAME_NEAR
    few = np.maximum(column.counts[first], column.counts[second]) <= FEW
    level[like.same > 1 - 1e-6] = NAME_SAME
    level[(like.same > 1 - 1e-6) & few] = NAME_SAME_RARE
    return level


def _numbered(column: Column, first: Codes, second: Codes) -> NDArray[np.bool_]:
    """Whether two names have different numbers in them (School 12, School 13)."""
    digits = np.array(["".join(filter(str.isdigit, value)) for value in column.values.tolist()], dtype=object)
    return np.asarray(digits[first] != digits[second], dtype=bool)


def _address(of: Comparison, left: Rows, right: Rows) -> Levels:
    street, number = of.records["street"], of.records["number"]
    a, b = street.codes[left], street.codes[right]
    level = np.full(len(left), MISSING, dtype=np.int8)
    there = (a >= 0) & (b >= 0)
    level[there] = 0
    at = np.flatnonzero(there)
    first, second, inverse = pair_codes(a[at], b[at])
    equal = first == second
    like = np.ones(len(first), dtype=np.float32)
    if (~equal).any():
        found = of.streets.likeness(first[~equal], second[~equal])
        telling = found.shared >= of.streets.telling
        like[~equal] = np.where((found.conflict <= _NO_CONFLICT) & ((found.same >= _STREET_SAME) | telling), 1, 0)
    alike = like[inverse] > 0
    one, other = number.codes[left[at]], number.codes[right[at]]
    known = (one >= 0) & (other >= 0)
    level[at[alike & known & (one != other)]] = 1
    level[at[alike & ~known]] = 2
    level[at[alike & known & (one == other)]] = 3
    whole = of.address.codes
    same = (whole[left] == whole[right]) & (whole[left] >= 0)
    few = of.address.holders[left] <= FEW
    level[same] = np.where(few[same], 5, 4)
    return level


def _area(of: Comparison, left: Rows, right: Rows) -> Levels:
    postcode, city = of.records["postcode"], of.records["city"]
    codes, places = (postcode.codes[left], postcode.codes[right]), (city.codes[left], city.codes[right])
    both_codes, both_places = (codes[0] >= 0) & (codes[1] >= 0), (places[0] >= 0) & (places[1] >= 0)
    level = np.where(both_codes | both_places, 0, MISSING).astype(np.int8)
    at = np.flatnonzero(both_places)
    first, second, inverse = pair_codes(places[0][at], places[1][at])
    level[at[(of.cities.likeness(first, second).conflict <= _NO_CONFLICT)[inverse]]] = 1
    level[_near(postcode, *codes, NEAR) >= NEAR] = 1
    level[both_codes & (codes[0] == codes[1])] = 2
    return level


def _equality(name: str, of: Comparison, left: Rows, right: Rows, cutoff: float | None) -> Levels:
    """Levels of a field that is compared as one text: different, near (if there is a cutoff), same and held by many, same and held by few."""
    column = of.records[name]
    a, b = column.codes[left], column.codes[right]
    there = (a >= 0) & (b >= 0)
    level = np.where(there, 0, MISSING).astype(np.int8)
    top = len(LEVELS[name]) - 1
    if cutoff is not None:
        level[_near(column, a, b, cutoff) >= cutoff] = 1
    same = there & (a == b)
    level[same] = np.where(column.holders[left][same] <= FEW, top, top - 1) if _EQUAL[name] > 1 else top
    return level


def _near(column: Column, a: Codes, b: Codes, cutoff: float) -> NDArray[np.float32]:
    """Similarity of two texts (OSA), where both are there and differ; else 0."""
    similarity = np.zeros(len(a), dtype=np.float32)
    at = np.flatnonzero((a >= 0) & (b >= 0))
    if len(at):
        first, second, inverse = pair_codes(a[at], b[at])
        found = process.cpdist(column.values[first], column.values[second], scorer=OSA.normalized_similarity, score_cutoff=cutoff, dtype=np.float32, workers=2)
        similarity[at] = found[inverse]
    return similarity


def _phone(of: Comparison, left: Rows, right: Rows) -> Levels:
    level = _equality("phone", of, left, right, _ONE_SLIP_PHONE)
    column = of.records["phone"]
    lengths = np.array([len(value) for value in column.values], dtype=np.int64)
    tails = Column.of(np.array([value[-_SHORT_PHONE:] for value in column.values], dtype=object)).codes if len(lengths) else np.zeros(0, dtype=np.int32)
    at = np.flatnonzero(level != MISSING)
    a, b = column.codes[left[at]], column.codes[right[at]]
    local = (a != b) & (tails[a] == tails[b]) & (np.minimum(lengths[a], lengths[b]) == _SHORT_PHONE)  # one of them lacks the area's code
    level[at[local]] = 2
    return level


def _email(of: Comparison, left: Rows, right: Rows) -> Levels:
    column = of.records["email"]
    level = np.where(_equality("email", of, left, right, None) == MISSING, MISSING, 0).astype(np.int8)
    boxes = Column.of(np.array([value.partition("@")[0] for value in column.values], dtype=object)) if len(column.values) else column
    domains = Column.of(np.array([value.partition("@")[2] for value in column.values], dtype=object)) if len(column.values) else column
    at = np.flatnonzero(level != MISSING)
    a, b = column.codes[left[at]], column.codes[right[at]]
    held = np.bincount(domains.codes, weights=column.counts, minlength=len(domains.values)) if len(at) else np.zeros(0)
    shared = np.bincount(boxes.codes, weights=column.counts, minlength=len(boxes.values)) if len(at) else np.zeros(0)
    level[at[(domains.codes[a] == domains.codes[b]) & (held[domains.codes[a]] <= FEW * FEW)]] = 1
    level[at[(boxes.codes[a] == boxes.codes[b]) & (shared[boxes.codes[a]] <= FEW)]] = MAIL_SIMILAR
    near = _near(column, a, b, _ONE_SLIP_LONG) >= _ONE_SLIP_LONG
    near[near] = ~_numbered(column, a[near], b[near])
    level[at[near]] = MAIL_SIMILAR
    whole = _equality("email", of, left, right, None)
    return np.where(whole > 0, whole, level).astype(np.int8)


def _position(of: Comparison, left: Rows, right: Rows) -> Levels:
    column = of.records["cell"]
    a, b = column.codes[left], column.codes[right]
    there = (a >= 0) & (b >= 0)
    cells = np.append(column.values, 0).astype(np.int64)
    level_bits, below = _CELL_PARENT
    parents = (cells & ~level_bits) | below
    level = np.where(there, 0, MISSING).astype(np.int8)
    level[there & (parents[a] == parents[b])] = 1
    level[there & (a == b)] = 2
    return level


_COLUMNS: Mapping[str, Sequence[str]] = MappingProxyType({
    "name": ("name",), "address": ("street",), "area": ("postcode", "city"), "phone": ("phone",), "email": ("email",), "website": ("website",),
    "tax_number": ("tax_number",), "birth_date": ("birth_date",), "position": ("cell",),
})  # fmt: skip
"""The columns that a comparison looks at; it is made where any of them has a value."""

_EQUAL: Mapping[str, int] = MappingProxyType({"name": 2, "address": 2, "phone": 2, "email": 2, "website": 2, "tax_number": 2, "birth_date": 1})
"""How many of a comparison's highest levels are equality: two where rare values are told from frequent ones."""

_COMPARISONS: Mapping[str, Callable[[Comparison, Rows, Rows], Levels]] = MappingProxyType({
    "name": _name,
    "address": _address,
    "area": _area,
    "phone": _phone,
    "email": _email,
    "website": lambda of, left, right: _equality("website", of, left, right, None),
    "tax_number": lambda of, left, right: _equality("tax_number", of, left, right, NEAR),
    "birth_date": lambda of, left, right: _equality("birth_date", of, left, right, NEAR),
    "position": _position,
})  # fmt: skip
