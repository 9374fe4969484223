"""What is wrong with the records on purpose: duplicates with typos, damaged addresses. Everything is written down."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gcrm.demo import structure
from gcrm.demo.accounts import Accounts
from gcrm.demo.city import Indices
from gcrm.demo.places import Places
from gcrm.demo.tables import stream

Columns = dict[str, pa.Array]
Record = dict[str, str | None]
Change = Callable[[Record, np.random.Generator], Record]

_ABBREVIATIONS = (
    ("katu", "k."), ("tie", "t."), ("kuja", "kj."), ("polku", "p."), ("gatan", "g."), ("vägen", "v."),
    ("strasse", "str."), ("straße", "str."), ("gasse", "g."), ("Street", "St"), ("Road", "Rd"),
    ("Avenue", "Av."), ("Boulevard", "Bd"), ("Rue", "R."), ("Chemin", "Ch."), ("Place", "Pl."),
)  # fmt: skip

_SHORT = 4
_OTHERWISE_CHANGED = 0.5
"""Share of the duplicates without a mail address, and of those with the telephone number written in another way."""


def typo(text: str, random: np.random.Generator) -> str:
    """The text with one slip of a finger among its letters: two swapped, one left out, one doubled or one replaced."""
    spots = [spot for spot in range(1, len(text)) if text[spot].isalpha() and text[spot - 1].isalpha()]
    if not spots:
        return text + "e"
    spot = spots[int(random.integers(len(spots)))]
    before, letter, after = text[:spot], text[spot], text[spot + 1 :]
    slips = (
        text[: spot - 1] + letter + text[spot - 1] + after,
        before + after,
        before + letter + letter + after,
        before + ("e" if letter != "e" else "a") + after,
    )
    slip = slips[int(random.integers(len(slips)))]
    return slip if slip != text else slips[1]


def abbreviated(street: str) -> str:
    """The street with its type written short; a street without a type that is known is cut after four letters."""
    for long, short in _ABBREVIATIONS:
        if street.endswith(long) and len(street) > len(long):
            return street.removesuffix(long) + short
        if street.startswith(long + " "):
            return short + street.removeprefix(long)
    return street[:_SHORT] + "."


def _name_typo(record: Record, random: np.random.Generator) -> Record:
    head, _, last = str(record["name"]).rpartition(" ")
    return {"name": f"{head} {typo(last, random)}"}


def _name_order(record: Record, _random: np.random.Generator) -> Record:
    head, _, last = str(record["name"]).rpartition(" ")
    return {"name": f"{last} {head}"}


def _name_upper(record: Record, random: np.random.Generator) -> Record:
    return {"name": str(_name_typo(record, random)["name"]).upper()}


def _street_typo(record: Record, random: np.random.Generator) -> Record:
    return {"street": typo(record["street"] or "", random)}


def _street_short(record: Record, _random: np.random.Generator) -> Record:
    return {"street": abbreviated(record["street"] or "")}


DUPLICATE_KINDS: Mapping[str, Change] = MappingProxyType(
    {
        "name_typo": _name_typo,
        "name_order": _name_order,
        "name_upper_typo": _name_upper,
        "street_typo": _street_typo,
        "street_abbreviated": _street_short,
    }
)
"""How a duplicate differs; a half of them have no mail address, and a half write the telephone number in another way."""


def change_duplicates(columns: Columns, accounts: Accounts, seed: int) -> list[dict[str, str]]:
    """Puts the typos into the duplicates' columns, in place; gives the pairs: original, duplicate, kind."""
    random = stream(seed, "duplicates", 1)
    rows = np.flatnonzero(accounts.is_duplicate)
    names = ("account_key", "name", "street", "phone", "email")
    records = _records(columns, names, rows)
    originals = columns["account_key"].take(pa.array(accounts.original[rows])).to_pylist()
    pairs = []
    for position, (record, original) in enumerate(zip(records, originals, strict=True)):
        kinds = [kind for kind in DUPLICATE_KINDS if record["street"] or not kind.startswith("street")]
        kind = kinds[position % len(kinds)]
        record.update(DUPLICATE_KINDS[kind](record, random))
        if random.random() < _OTHERWISE_CHANGED:
            record["email"] = None
        if record["phone"] and random.random() < _OTHERWISE_CHANGED:
            record["phone"] = record["phone"].replace("+", "00").replace(" ", "")
        pairs.append({"original": original, "duplicate": str(record["account_key"]), "kind": kind})
    _put(columns, ("name", "street", "phone", "email"), rows, records)
    return pairs


def _postcode_missing(_record: Record, _random: np.random.Generator) -> Record:
    return {"postcode": None}


def _fields_swapped(record: Record, _random: np.random.Generator) -> Record:
    return {"postcode": record["city"], "city": record["postcode"]}


def _number_nonexistent(_record: Record, random: np.random.Generator) -> Record:
    return {"house_number": str(900 + int(random.integers(100)))}


NUMBER_NONEXISTENT = "house_number_nonexistent"
"""The kind of damage after which the address has no position of its own."""

DAMAGE_KINDS: Mapping[str, Change] = MappingProxyType(
    {
        "street_typo": _street_typo,
        "postcode_missing": _postcode_missing,
        "fields_swapped": _fields_swapped,
        "street_abbreviated": _street_short,
        NUMBER_NONEXISTENT: _number_nonexistent,
    }
)
"""How an address is damaged; the first one stands in where an address has no postcode to lose or to swap, or really has such a number."""


def damage_addresses(columns: Columns, accounts: Accounts, places: Places, seed: int) -> list[dict[str, object]]:
    """Damages DAMAGE_SHARE of the accounts with an address, in place, none of them of a duplicate pair.

    Returns:
        account_key, kind, and the true longitude and latitude of each.
    """
    random = stream(seed, "damage")
    at_address = places.frame.is_address.to_numpy(bool)[accounts.place]
    paired = accounts.is_duplicate.copy()
    paired[accounts.original[accounts.is_duplicate]] = True
    able = random.permutation(np.flatnonzero(at_address & ~paired))
    rows = np.sort(able[: round(at_address.sum() * structure.DAMAGE_SHARE)])
    records = _records(columns, ("account_key", "street", "house_number", "postcode", "city"), rows)
    real = set(zip(places.frame.street, places.frame.house_number, strict=True))
    done: list[dict[str, object]] = []
    for position, (row, record) in enumerate(zip(rows, records, strict=True)):
        kind = tuple(DAMAGE_KINDS)[position % len(DAMAGE_KINDS)]
        change = DAMAGE_KINDS[kind](record, random)
        lacks_postcode = record["postcode"] is None and "postcode" in change
        if lacks_postcode or ("house_number" in change and (record["street"], change["house_number"]) in real):
            kind, change = "street_typo", _street_typo(record, random)
        record.update(change)
        longitude, latitude = places.degrees[accounts.place[row]].tolist()
        done.append({"account_key": record["account_key"], "kind": kind, "longitude": longitude, "latitude": latitude})
    _put(columns, ("street", "house_number", "postcode", "city"), rows, records)
    return done


def _records(columns: Columns, names: tuple[str, ...], rows: Indices) -> list[Record]:
    picked = pa.table({name: columns[name].take(pa.array(rows)) for name in names})
    return list(picked.to_pylist())


def _put(columns: Columns, names: tuple[str, ...], rows: Indices, records: list[Record]) -> None:
    mask = np.zeros(len(columns["account_key"]), dtype=bool)
    mask[rows] = True
    for name in names:
        columns[name] = pc.replace_with_mask(columns[name], pa.array(mask), pa.array([record[name] for record in records], pa.string()))
