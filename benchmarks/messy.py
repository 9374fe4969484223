"""Messy addresses made of real ones, with the truth beside them: what people do to an address, by a fixed seed."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from anyascii import anyascii

_SHORTEST = 4
_HALF = 0.5
_MOSTLY = 0.7
_KNOWN = 0.8
_NO_NUMBER = 0.1
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORT = (
    ("strasse", "str."), ("straße", "str."), ("Strasse", "Str."), ("Straße", "Str."), ("gasse", "g."), ("platz", "pl."), ("Street", "St"), ("Avenue", "Ave"),
    ("West ", "W "), ("East ", "E "), ("Place", "Pl"), ("Road", "Rd"), ("Boulevard", "Bd"), ("Rue ", "R. "), ("Avinguda ", "Av. "), ("Rua ", "R. "),
    ("Praça ", "Pç. "), ("katu", "k."), ("Via ", "V. "), ("Sankt ", "St. "), ("Saint-", "St "), ("Avenida ", "Av. "), ("Square", "Sq"), ("Lane", "Ln"),
)  # fmt: skip
_UNITS = (" Top {}", "/{}", ", Apt {}", " Whg. {}")
_TYPES = ("strasse", "gasse", "weg", "katu", "tie", " Street", " Avenue")

Row = dict[str, str]


class Noise:
    """Changes to one address.

    Args:
        random: where chance comes from.
        postcodes: postcodes of the extract.
        cities: cities of the extract.
    """

    def __init__(self, random: np.random.Generator, postcodes: list[str], cities: list[str]) -> None:
        self._random = random
        self._postcodes = postcodes or [""]
        self._cities = cities or [""]

    def typo(self, text: str) -> str:
        """One letter too much, too little, wrong, or two in the wrong order; never the first."""
        if len(text) < _SHORTEST:
            return text
        at = int(self._random.integers(1, len(text) - 1))
        letter = _LETTERS[int(self._random.integers(26))]
        match int(self._random.integers(4)):
            case 0:
                return text[:at] + letter + text[at:]
            case 1:
                return text[:at] + text[at + 1 :]
            case 2:
                return text[:at] + letter + text[at + 1 :]
            case _:
                return text[:at] + text[at + 1] + text[at] + text[at + 2 :]

    def street_typo(self, row: Row) -> None:
        """A slip in the street."""
        row["street"] = self.typo(row["street"])

    def abbreviated(self, row: Row) -> None:
        """A type or title shortened."""
        for long, short in _SHORT:
            if long in row["street"]:
                row["street"] = row["street"].replace(long, short)
                return

    def no_accents(self, row: Row) -> None:
        """Letters without their accents."""
        row["street"], row["city"] = anyascii(row["street"]), anyascii(row["city"])

    def german_letters(self, row: Row) -> None:
        """ae, oe, ue for the umlauts."""
        for umlaut, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
            row["street"] = row["street"].replace(umlaut, plain)

    def shouted(self, row: Row) -> None:
        """Everything in capitals."""
        row["street"], row["city"] = row["street"].upper(), row["city"].upper()

    def no_postcode(self, row: Row) -> None:
        """The postcode is missing."""
        row["postcode"] = ""

    def wrong_postcode(self, row: Row) -> None:
        """A postcode of somewhere else, or a digit wrong."""
        code = row["postcode"]
        if self._random.random() < _HALF or not code:
            row["postcode"] = self._postcodes[int(self._random.integers(len(self._postcodes)))]
        else:
            at = int(self._random.integers(len(code)))
            row["postcode"] = code[:at] + str(self._random.integers(10)) + code[at + 1 :]

    def no_city(self, row: Row) -> None:
        """The city is missing."""
        row["city"] = ""

    def city_typo(self, row: Row) -> None:
        """A slip in the city."""
        row["city"] = self.typo(row["city"])

    def wrong_city(self, row: Row) -> None:
        """Another city of the extract."""
        row["city"] = self._cities[int(self._random.integers(len(self._cities)))]

    def swapped(self, row: Row) -> None:
        """Postcode and city in each other's field, or street and city."""
        if self._random.random() < _MOSTLY:
            row["postcode"], row["city"] = row["city"], row["postcode"]
        else:
            row["street"], row["city"] = row["city"], row["street"]

    def city_with_postcode(self, row: Row) -> None:
        """Postcode and city in the field of the city."""
        row["city"], row["postcode"] = f"{row['postcode']} {row['city']}".strip(), ""

    def number_in_street(self, row: Row) -> None:
        """Street and number in one field."""
        row["street"], row["house_number"] = f"{row['street']} {row['house_number']}", ""

    def number_first(self, row: Row) -> None:
        """Number and street in one field."""
        row["street"], row["house_number"] = f"{row['house_number']} {row['street']}", ""

    def one_line(self, row: Row) -> None:
        """The whole address in one field."""
        line = f"{row['street']} {row['house_number']}, {row['postcode']} {row['city']}".strip(" ,")
        row.update(street=line, house_number="", postcode="", city="")

    def odd_number(self, row: Row) -> None:
        """A house number as people write it."""
        number = row["house_number"]
        match int(self._random.integers(3)):
            case 0 if number[-1:].isalpha():
                row["house_number"] = f"{number[:-1]} {number[-1].upper()}"
            case 1:
                row["house_number"] = f"Nr. {number}"
            case _ if number.isdigit():
                row["house_number"] = number + _UNITS[int(self._random.integers(len(_UNITS)))].format(self._random.integers(1, 9))
            case _:
                row["house_number"] = number.upper()


_SPELLING = ("street_typo", "abbreviated", "no_accents", "german_letters", "shouted", "odd_number")
_AREA = ("no_postcode", "wrong_postcode", "no_city", "city_typo")
_SHAPE = ("swapped", "city_with_postcode", "number_in_street", "number_first", "one_line")


def messy(points: pd.DataFrame, count: int, seed: int, strangers: list[str], roads: list[str] | None = None) -> pd.DataFrame:
    """Messy addresses with their truth.

    Args:
        points: addresses of an extract: street, house_number, postcode, city, longitude, latitude.
        count: how many to make.
        seed: the same seed makes the same.
        strangers: names of streets of elsewhere.
        roads: names of roads that are known without addresses: they exist.

    Returns:
        street, house_number, postcode, city as a user's file may have them (missing ones missing); kind (known, no number, no street), noise,
        true_street, true_postcode, true_city, longitude, latitude of the address that they were made of.
    """
    random = np.random.default_rng(seed)
    # A street with a comma in it is a house and a street: parts of it are streets of their own.
    plain = points["street"].notna() & points["house_number"].notna() & ~points["street"].str.contains(",", na=False)
    usable = points[plain].reset_index(drop=True)
    text = usable[["street", "house_number", "postcode", "city"]].astype("str").where(usable[["street", "house_number", "postcode", "city"]].notna(), "")
    numbers = {key: set(group) for key, group in text["house_number"].str.lower().groupby(text["street"].map(_plain))}
    streets_of = {(name, key): set(group) for name in ("city", "postcode") for key, group in text["street"].groupby(text[name])}
    streets = sorted(set(text["street"]))
    names = {_plain(street) for street in (*streets, *(roads or ()))}
    noise = Noise(random, sorted(set(text["postcode"]) - {""}), sorted(set(text["city"]) - {""}))
    records = text.to_dict("records")
    longitude, latitude = usable["longitude"].tolist(), usable["latitude"].tolist()
    made = []
    for at in random.integers(len(usable), size=count).tolist():
        row = {str(name): str(value) for name, value in records[at].items()}
        truth = {
            "true_street": row["street"],
            "true_postcode": row["postcode"],
            "true_city": row["city"],
            "longitude": longitude[at],
            "latitude": latitude[at],
        }
        chance, done = random.random(), []
        kind = "known" if chance < _KNOWN else "no number" if chance < _KNOWN + _NO_NUMBER else "no street"
        if kind == "no number":
            row["house_number"] = _no_number(random, numbers[_plain(row["street"])])
        elif kind == "no street":
            row["street"] = _no_street(random, streets, streets_of["city", row["city"]] | streets_of["postcode", row["postcode"]], strangers, names)
        for group, share in ((_SPELLING, 0.55), (_AREA, 0.3 if kind != "no street" else 0.0), (_SHAPE, 0.25)):
            if random.random() < share:
                name = group[int(random.integers(len(group)))]
                change: Callable[[Row], None] = getattr(noise, name)
                change(row)
                done.append(name)
        made.append(row | truth | {"kind": kind, "noise": "+".join(done)})
    frame = pd.DataFrame(made)
    fields = ["street", "house_number", "postcode", "city"]
    frame[fields] = frame[fields].replace("", None).astype("str").where(frame[fields] != "", None)
    return frame


def _no_number(random: np.random.Generator, numbers: set[str]) -> str:
    """A number that the street does not have: a gap, one beyond its end, or a letter too much."""
    bases = [int(digits) for digits in (("".join(filter(str.isdigit, number[:4]))) for number in numbers) if digits]
    top = max(bases, default=10)
    while True:
        tried = str(random.integers(1, 2 * top + 10)) + ("" if random.random() < _MOSTLY else _LETTERS[int(random.integers(8))])
        if tried not in numbers and not any(number.startswith(tried) or tried in number for number in numbers):
            return tried


def _no_street(random: np.random.Generator, streets: list[str], here: set[str], strangers: list[str], names: set[str]) -> str:
    """A street that the place does not have: of elsewhere, of another town of the extract, or an old name with another type."""
    near = {_plain(street) for street in here}
    while True:
        match int(random.integers(3)):
            case 0:
                tried = strangers[int(random.integers(len(strangers)))]
            case 1:
                tried = streets[int(random.integers(len(streets)))]
                if _plain(tried) in near:
                    continue
                return tried
            case _:
                base = streets[int(random.integers(len(streets)))]
                stem = next((base[: -len(each)] for each in _TYPES if base.endswith(each)), base)
                tried = stem + _TYPES[int(random.integers(len(_TYPES)))]
        if _plain(tried) not in names:
            return tried


def _plain(street: str) -> str:
    return "".join(filter(str.isalnum, anyascii(street).lower()))
