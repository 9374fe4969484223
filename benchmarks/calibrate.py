"""Fits the score of the geocoder to extracts, each held out in turn, and writes the weights, the thresholds and the reliability.

`python -m benchmarks.calibrate FOLDER`: the folder holds OSM extracts with addresses.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.messy import messy
from gcrm.errors import LayerError
from gcrm.ingest.geocoding.areas import place_keys, postcode_key
from gcrm.ingest.geocoding.folding.dictionary import dictionary
from gcrm.ingest.geocoding.folding.keys import street_keys
from gcrm.ingest.geocoding.match import Matcher, clean_fields
from gcrm.ingest.geocoding.reference import Reference
from gcrm.ingest.geocoding.score import CALIBRATION, FAMILIES, Calibration, features, undecided
from gcrm.spatial import osm
from gcrm.spatial.extracts import dataset_name

_REPORT = Path(__file__).parents[1] / "docs" / "how_to" / "geocode_reliability.md"
_SEED = 11
_MOST_ROWS = 12_000
_ROWS_PER_ADDRESS = 8
_FEWEST_ADDRESSES = 20
_RIGHT_M = 200.0
_STREET_M = 3000.0
_PRECISION = {"rooftop": 0.9995, "street": 0.99, "area": 0.97}
"""What is accepted without a person is to be right this often. For an address the bar is 99.8 %, and a little for what the noise here does not know; a
position along a street or of a postcode says by its level that it is rough."""

_EXPECTED = {
    "how no type": (-2.0, -1), "how other type": (-4.0, -1), "how near": (-1.0, -1), "how part": (-4.0, -1),
    "postcode_state near": (-1.0, -1), "postcode_state other": (-3.0, -1), "place_state near": (-1.0, -1), "place_state other": (-3.0, -1),
    "nothing to compare": (-1.0, -1),
    "number_state part": (-0.5, -1), "number_state unread": (-1.0, -1),
    "dissimilarity": (-4.0, -1), "edits": (-1.0, -1), "weak area": (-4.0, -1), "dissimilar in a weak area": (-4.0, -1),
    "margin": (2.0, 1), "another reading": (-0.5, -1),
    "dissimilar in another reading": (-4.0, -1), "weak area in another reading": (-2.0, -1),
}  # fmt: skip
"""What a weight is where no extract says otherwise, and its sign: an extract of one town cannot tell what a wrong town is worth."""

_PULL = 1.0
_CLAIM = 0.5
"""A level is claimed where it is likelier right than wrong; an address besides where no more of what does not exist is called one than this."""

_FALSE_ADDRESSES = {"no number": 0.0015, "no street": 0.004}
_BINS = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0001]


def extracts(folder: Path) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Address points and street points of every extract below a folder that has enough addresses."""
    found = {}
    for path in sorted(folder.rglob("*.pbf")):
        try:
            extract = osm.read_extract(path)
        except LayerError:
            continue
        points, roads = extract.address_points, extract.roads[extract.roads["name"].notna()].reset_index(drop=True)
        if len(points) >= _FEWEST_ADDRESSES:
            middle = shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
            known = pd.DataFrame(points.drop(columns="geometry")).assign(longitude=points.geometry.x, latitude=points.geometry.y)
            found[dataset_name(path)] = known, pd.DataFrame({"street": roads["name"], "longitude": shapely.get_x(middle), "latitude": shapely.get_y(middle)})
    return found


def judged(points: pd.DataFrame, streets: pd.DataFrame, strangers: list[str], seed: int) -> dict[str, pd.DataFrame]:
    """The evidence for messy addresses of an extract by family, with a column `right`."""
    asked = messy(points, min(_MOST_ROWS, _ROWS_PER_ADDRESS * len(points)), seed, strangers, sorted(set(streets["street"])))
    reference = Reference(points, streets, pd.DataFrame(columns=["postcode", "city", "longitude", "latitude"]), dictionary())
    evidence = Matcher(reference).evidence(clean_fields(asked))
    found = evidence.streets.join(asked[["true_street", "kind"]].assign(true_x=asked["longitude"], true_y=asked["latitude"]), on="q")
    off = 111_195 * np.hypot((found["longitude"] - found["true_x"]) * np.cos(np.radians(found["true_y"])), found["latitude"] - found["true_y"])
    key = {name: street_keys(name, dictionary()).folded for name in {*found["true_street"], *reference.names}}
    same_street = pd.Series(
        [bool(set(key[true]) & set(key[reference.names[street]])) for true, street in zip(found["true_street"], found["street_id"], strict=True)], found.index
    )
    rooftop = found["number_state"].isin(["exact", "part"])
    known = found["kind"] == "known"
    found["right"] = np.where(rooftop, known & (off <= _RIGHT_M), (found["kind"] != "no street") & same_street & (off <= _STREET_M))
    areas = evidence.areas(np.arange(len(asked), dtype=np.int32)).join(asked[["true_postcode", "true_city"]], on="q")
    same_code = areas["true_postcode"].map(postcode_key) == areas["postcode"].fillna("")
    same_city = [
        bool(set(place_keys(true, dictionary())) & set(place_keys(city or "", dictionary())))
        for true, city in zip(areas["true_city"], areas["city"].astype(object).where(areas["city"].notna(), None), strict=True)
    ]
    areas["right"] = np.where(areas["postcode_state"] == "same", same_code, same_city)
    return {"rooftop": found[rooftop], "street": found[~rooftop], "area": areas, "asked": asked}


def fit(family: str, parts: list[pd.DataFrame]) -> dict[str, float]:
    """Weights of a family; each extract counts the same, however large it is."""
    rows = pd.concat([part.assign(share=1000 / max(len(part), 1)) for part in parts], ignore_index=True)
    rows = rows[~undecided(family, features(rows))]
    table = features(rows)
    design = np.column_stack([np.ones(len(table)), table.to_numpy()])
    right = rows["right"].to_numpy(dtype=np.float64)
    share = rows["share"].to_numpy()
    names = ["intercept", *table.columns]
    prior = np.array([_EXPECTED.get(name, (0.0, 0))[0] for name in names])
    bounds = [{-1: (None, 0.0), 1: (0.0, None)}.get(_EXPECTED.get(name, (0.0, 0))[1], (None, None)) for name in names]
    pull = np.array([0.0, *np.full(len(table.columns), _PULL)])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = design @ weights
        value = share @ (np.logaddexp(0, logit) - right * logit) + (pull * (weights - prior) ** 2).sum() / 2
        return float(value), design.T @ (share * (1 / (1 + np.exp(-logit)) - right)) + pull * (weights - prior)

    best = minimize(loss, prior, jac=True, bounds=bounds, method="L-BFGS-B").x
    return {name: round(float(weight), 4) for name, weight in zip(names, best, strict=True)}


def threshold(held_out: pd.DataFrame, precision: float) -> float:
    """The lowest score from which on what was held out is right often enough; of equal scores all or none are taken."""
    ordered = held_out.sort_values("score", ascending=False)
    totals = ordered.groupby("score", sort=False)["right"].agg(["sum", "size"]).cumsum()
    good = totals.index[(totals["sum"] / totals["size"]) >= precision]
    return round(float(good.min()), 4) if len(good) else 1.0


def false_claims(held_out: pd.DataFrame, asked: dict[str, int]) -> float:
    """The lowest score from which on few enough of what does not exist is called an address.

    Args:
        held_out: score, kind.
        asked: how many there were of each kind.
    """
    limits = [_CLAIM]
    for kind, share in _FALSE_ADDRESSES.items():
        scores = held_out.loc[held_out["kind"] == kind, "score"].sort_values(ascending=False).to_numpy()
        allowed = int(share * asked[kind])
        if len(scores) > allowed:
            limits.append(float(scores[allowed]) + 1e-4)
    return round(max(limits), 4)


def reliability(held_out: pd.DataFrame) -> pd.DataFrame:
    """By bins of the score: how many, mean score, share that is right."""
    groups = held_out.groupby(pd.cut(held_out["score"], _BINS, right=False), observed=True)
    return groups.agg(answers=("right", "size"), score=("score", "mean"), right=("right", "mean")).reset_index(names="bin")


def main() -> None:
    """Fits, holds out, writes."""
    parser = argparse.ArgumentParser(description="Fits the score of the geocoder.")
    parser.add_argument("folder", type=Path, help="folder of OSM extracts")
    known = extracts(parser.parse_args().folder)
    streets = {name: sorted(set(points["street"].dropna())) for name, (points, _) in known.items()}
    parts = {
        name: judged(points, roads, [street for other in known if other != name for street in streets[other]], _SEED + at)
        for at, (name, (points, roads)) in enumerate(known.items())
    }
    weights, accept, claim, lines = {}, {}, dict.fromkeys(FAMILIES, _CLAIM), []
    for family in FAMILIES:
        held_out = []
        for name, part in parts.items():
            others = fit(family, [each[family] for other, each in parts.items() if other != name])
            judge = Calibration({family: others}, {}, {})
            held_out.append(part[family].assign(score=judge.scores(family, part[family]), extract=name))
        together = pd.concat(held_out, ignore_index=True)
        weights[family] = fit(family, [part[family] for part in parts.values()])
        accept[family] = threshold(together, _PRECISION[family])
        if family == "rooftop":
            claim[family] = false_claims(together, {kind: sum((part["asked"]["kind"] == kind).sum() for part in parts.values()) for kind in _FALSE_ADDRESSES})
        lines += _section(family, together, accept[family], claim[family])
    stored = {"extracts": sorted(known), "precision": _PRECISION, "claim": claim, "accept": accept, "weights": weights}
    CALIBRATION.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    _REPORT.write_text("\n".join(_head(parts) + lines) + "\n", encoding="utf-8")


def _head(parts: dict[str, dict[str, pd.DataFrame]]) -> list[str]:
    counts = ", ".join(f"{name} {len(part['area']):,}" for name, part in parts.items())
    return [
        "# Reliability of the score", "",
        "Written by `python -m benchmarks.calibrate FOLDER`. Every answer below was scored by weights that had not seen its extract.", "",
        f"Messy addresses whose postcode or place is known, by extract: {counts}.", "",
    ]  # fmt: skip


def _section(family: str, held_out: pd.DataFrame, accept: float, claim: float) -> list[str]:
    rows = [f"| {row.bin} | {row.answers:,} | {row.score:.3f} | {row.right:.3f} |" for row in reliability(held_out).itertuples()]
    by_extract = []
    for name, part in held_out.groupby("extract"):
        taken = part[part["score"] >= accept]
        by_extract.append(
            f"| {name} | {len(part):,} | {len(taken) / len(part):.1%} | {taken['right'].mean():.2%} |" if len(taken) else f"| {name} | {len(part):,} | 0 | |"
        )
    return [
        f"## {family}", "", f"Accepted from {accept:g} on, claimed from {claim:g} on.", "",
        "| score | answers | mean score | right |", "|---|---|---|---|", *rows, "",
        "| extract | answers | accepted | of these right |", "|---|---|---|---|", *by_extract, "",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
