"""Addresses find their positions in a reference, and say how."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gcrm.ingest.geocoding.batch import Batch
from gcrm.ingest.geocoding.candidates import NearStreets
from gcrm.ingest.geocoding.evaluate import AGREES, alternatives, best_areas, evaluate, find_equal
from gcrm.ingest.geocoding.folding.dictionary import Dictionary
from gcrm.ingest.geocoding.parse import Reading, first_reading, more_readings
from gcrm.ingest.geocoding.reasons import reasons
from gcrm.ingest.geocoding.reference import Reference
from gcrm.ingest.geocoding.score import Calibration, calibration

MATCHER_VERSION = "2"
"""Changes whenever the same address may get another answer from the same layers, or the tables of the reference are others: kept ones go by it."""

FIELDS = ("street", "house_number", "postcode", "city", "country_code")
LEVELS = ("rooftop", "interpolated", "street", "postcode", "place", "none")

_LEVEL_OF = {"exact": "rooftop", "part": "rooftop", "between": "interpolated", "beside": "interpolated"}
_EQUAL = 0.99
_MARKS = re.compile(r"[\W_]+")
_MATCHED = """
SELECT DISTINCT reading_id FROM found f JOIN readings r USING (reading_id) JOIN stretches s USING (stretch_id)
WHERE f.similarity >= 0.99
    AND (EXISTS (SELECT 1 FROM postcodes p WHERE p.text_id = r.postcode_id AND p.postcode = s.postcode)
        OR EXISTS (SELECT 1 FROM places c WHERE c.text_id = r.place_id AND c.place = s.place))
"""


@dataclass(frozen=True)
class Evidence:
    """What was found for distinct addresses, before it is judged.

    Attributes:
        streets: as `evaluate` gives it: the best candidate of each address that has one.
        batch: the tables it was found in.
    """

    streets: pd.DataFrame
    batch: Batch

    def areas(self, q: NDArray[np.int32]) -> pd.DataFrame:
        """The postcode or place of addresses, as `best_areas` gives it.

        Args:
            q: numbers of the addresses.
        """
        return best_areas(self.batch.engine, pd.DataFrame({"q": q}))


class Matcher:
    """Places addresses by a reference.

    Args:
        reference: what is known of addresses.
        judged_by: weights and thresholds; those of the program if left out.
    """

    def __init__(self, reference: Reference, judged_by: Calibration | None = None) -> None:
        self._reference = reference
        self._near = NearStreets(reference)
        self._judged_by = judged_by

    def match(self, addresses: pd.DataFrame) -> pd.DataFrame:
        """The position of each address.

        Args:
            addresses: columns street, house_number, postcode, city, country_code; any may be missing.

        Returns:
            On the same index: longitude, latitude (EPSG:4326, missing where nothing was found), geocode_level (rooftop, interpolated, street, postcode,
            place, none), geocode_score (0 to 1: how likely it is right), geocode_margin (0 to 1, to the best candidate elsewhere), geocode_reason,
            rival_m (metres to that candidate), accepted (whether it needs no person), address_key (equal for equal addresses), candidates (a list of
            dicts label, level, worth, longitude, latitude where a person has to look, else None).
        """
        fields = clean_fields(addresses)
        code, distinct = _distinct(fields)
        answers = self._judged(self.evidence(distinct), distinct)
        return answers.iloc[code].set_axis(addresses.index)

    def evidence(self, distinct: pd.DataFrame) -> Evidence:
        """What speaks for the best candidate of each address.

        Args:
            distinct: the fields as `clean_fields` gives them, without doubles.
        """
        batch = Batch(self._reference)
        batch.add(_first_readings(distinct, self._reference.dictionary))
        find_equal(batch.engine, ["folded"], 0)
        found = evaluate(batch.engine, 0)
        clear = _clear(found, distinct)
        rest = np.setdiff1d(np.arange(len(distinct)), found.loc[clear, "q"].to_numpy())
        if len(rest):
            first = batch.size
            batch.add(_more_readings(distinct.iloc[rest], self._reference.dictionary))
            find_equal(batch.engine, ["folded"], first, anywhere=True)
            equal = evaluate(batch.engine, first)
            dominant = set(equal.loc[(equal["similarity"] >= _EQUAL) & (equal["area"] >= AGREES), "q"].tolist())
            find_equal(batch.engine, ["stem"], first)
            self._find_near(batch, first, dominant)
            found = pd.concat([found[clear], evaluate(batch.engine, first)], ignore_index=True)
        return Evidence(found, batch)

    def _find_near(self, batch: Batch, first: int, without: set[int]) -> None:
        """Adds to the candidates the streets that are near to what no street of the postcode or place is equal to."""
        exact = batch.engine.execute(_MATCHED).fetchnumpy()["reading_id"]
        readings = batch.readings_since(first)
        named = np.array([bool(keys.plain) for keys in batch.street_keys])
        asked = readings[~readings["q"].isin(without) & ~readings["reading_id"].isin(exact) & named[readings["street_id"]]]
        wheres = list(zip(asked["postcode_id"].tolist(), asked["place_id"].tolist(), strict=True))
        block_of = {where: self._near.block_of(batch.postcodes[where[0]], batch.places[where[1]]) for where in dict.fromkeys(wheres)}
        wanted: dict[tuple[str, ...], dict[int, None]] = {block: {} for block in block_of.values()}
        for where, street in zip(wheres, asked["street_id"].tolist(), strict=True):
            wanted[block_of[where]][street] = None
        numbers = {block: number for number, block in enumerate(wanted)}
        near = self._near.near({block: list(texts) for block, texts in wanted.items()}, batch.street_keys)
        blocks = [numbers[block_of[where]] for where in wheres]
        batch.add_near(near, asked[["reading_id", "street_id"]].set_axis(["reading_id", "text_id"], axis=1).assign(block=blocks))

    def _judged(self, evidence: Evidence, distinct: pd.DataFrame) -> pd.DataFrame:
        judge = self._judged_by or calibration()
        answers = pd.DataFrame({name: pd.Series(index=distinct.index, dtype="float64") for name in ("longitude", "latitude", "geocode_margin", "rival_m")})
        answers = answers.assign(geocode_level="none", geocode_reason="not found", geocode_score=0.0, accepted=False)
        streets = evidence.streets.set_index("q")
        level = streets["number_state"].map(_LEVEL_OF).fillna("street")
        family = level.where(level == "rooftop", "street")
        for name in ("rooftop", "street"):
            here = streets[family == name]
            scores = pd.Series(judge.scores(name, here), index=here.index)
            _answer(answers, here[scores >= judge.claim[name]], scores, level, judge.accept[name])
        areas = evidence.areas(answers.index[answers["geocode_level"] == "none"].to_numpy(dtype=np.int32)).set_index("q")
        scores = pd.Series(judge.scores("area", areas), index=areas.index)
        area_level = pd.Series(np.where(areas["postcode_state"] == "same", "postcode", "place"), index=areas.index)
        _answer(answers, areas[scores >= judge.claim["area"]], scores, area_level, judge.accept["area"])
        # A street that was asked for and not found is for a person to look at, however sure the postcode is.
        named = distinct["street"].str.contains(r"\w") & ~evidence.batch.without_street(len(distinct))
        answers["accepted"] &= ~(answers["geocode_level"].isin(["postcode", "place"]) & named)
        answers["address_key"] = address_keys(distinct)
        answers["candidates"] = self._candidates(evidence.batch, answers)
        return answers

    def _candidates(self, batch: Batch, answers: pd.DataFrame) -> pd.Series:
        """For answers that a person has to look at, what there is to choose from."""
        open_ = answers.index[~answers["accepted"]]
        found: dict[int, list[dict[str, Any]]] = {q: [] for q in open_.tolist()}
        for row in alternatives(batch.engine, pd.DataFrame({"q": open_})).to_dict("records"):
            found[row.pop("q")].append({str(name): of for name, of in row.items()})
        return pd.Series([found.get(q) for q in answers.index.tolist()], index=answers.index, dtype=object)


def _clear(found: pd.DataFrame, distinct: pd.DataFrame) -> pd.Series:
    """Whether a first look is enough: the street is equal where it is looked for, and its number is there or stands in a field of its own."""
    alone = (distinct["house_number"] != "") & ~distinct["street"].str.contains(r"\d")
    return (found["area"] >= AGREES) & (found["number_state"].isin(["exact", "none"]) | alone.reindex(found["q"]).to_numpy())


def _answer(answers: pd.DataFrame, found: pd.DataFrame, scores: pd.Series, level: pd.Series, accept: float) -> None:
    where = found.index
    answers.loc[where, ["longitude", "latitude"]] = found[["longitude", "latitude"]]
    answers.loc[where, "geocode_level"] = level[where]
    answers.loc[where, "geocode_score"] = scores[where]
    answers.loc[where, "geocode_reason"] = reasons(found)
    answers.loc[where, "accepted"] = scores[where] >= accept
    if "margin" in found:
        answers.loc[where, "geocode_margin"] = found["margin"].clip(0, 1)
        answers.loc[where, "rival_m"] = found["rival_m"]


def _first_readings(distinct: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """The first reading of each address, as `Batch.add` takes them; only an address without a number of its own has to be looked at by itself."""
    readings = distinct.set_axis([*Reading._fields, "country"], axis=1).assign(q=np.arange(len(distinct), dtype=np.int32), rank=0)
    joined = np.flatnonzero(distinct["house_number"] == "")
    streets = distinct["street"].iloc[joined].tolist()
    apart = [first_reading(street, "", "", "", dictionary) for street in streets]
    for name in ("street", "number"):
        column = readings[name].to_numpy(dtype=object, copy=True)
        column[joined] = [getattr(each, name) for each in apart]
        readings[name] = column
    return readings


def _more_readings(distinct: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """Every reading of each address, as `Batch.add` takes them; q is its label."""
    fields = (distinct[name].tolist() for name in ("street", "house_number", "postcode", "city"))
    found = [more_readings(street, number, postcode, place, dictionary) for street, number, postcode, place in zip(*fields, strict=True)]
    counts = np.array([len(each) for each in found])
    readings = dict(zip(Reading._fields, map(list, zip(*chain.from_iterable(found), strict=True)), strict=True))
    rank = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    country = np.repeat(distinct["country_code"].to_numpy(dtype=object), counts)
    return pd.DataFrame({"q": np.repeat(distinct.index.to_numpy(), counts), "rank": rank, **readings, "country": country})


def clean_fields(addresses: pd.DataFrame) -> pd.DataFrame:
    """The fields of addresses as text, empty where they are missing, without control characters and blanks around them.

    Args:
        addresses: columns street, house_number, postcode, city, country_code; any may be missing.
    """
    fields = addresses.reindex(columns=FIELDS)
    text = fields.astype("str").where(fields.notna(), "")
    for name in FIELDS:
        text[name] = text[name].str.replace(r"[\x00-\x1f\x7f]+", " ", regex=True).str.strip()
    text["country_code"] = text["country_code"].str.upper().where(text["country_code"].str.fullmatch("[A-Za-z]{2}"), "")
    return text.reset_index(drop=True)


def _distinct(fields: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """For each row the number of its distinct address, and those."""
    code = fields.groupby(list(FIELDS), sort=False, dropna=False).ngroup()
    return code, fields.drop_duplicates(ignore_index=True)


def address_keys(fields: pd.DataFrame) -> pd.Series:
    """A key per address by which a correction is found again: its fields in lower case without marks.

    Args:
        fields: as `clean_fields` gives them.
    """
    parts = [_by_text(fields[name], lambda text: _MARKS.sub(" ", text.lower()).strip()) for name in FIELDS]
    return pd.Series(list(map("|".join, zip(*parts, strict=True))), index=fields.index, dtype="str")


def _by_text(column: pd.Series, function: Callable[[str], str]) -> list[str]:
    """What a function makes of each text, computed once per distinct one."""
    codes, texts = pd.factorize(column)
    made = [function(text) for text in texts.tolist()]
    return [made[code] for code in codes.tolist()]
