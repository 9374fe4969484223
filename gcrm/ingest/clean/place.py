"""Longitudes and latitudes: read, brought to degrees, and looked at for the mistakes that positions have."""

import pandas as pd

from gcrm.ingest.clean.angles import angle
from gcrm.ingest.clean.frame import Findings
from gcrm.ingest.clean.numbers import number
from gcrm.ingest.clean.positions import to_degrees, unpack
from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, reasons
from gcrm.ingest.clean.text import tidy
from gcrm.ingest.mapping import POSITION, FileMapping

_DECIMAL_COMMA = r"^([+-]?\d{1,3}),(\d+)$"
_HALF_TURN, _RIGHT_ANGLE = 180, 90
_ENOUGH = 20
"""Records of a country, below which they do not say where it lies."""
_MIDDLE = (0.05, 0.95)
_AROUND_DEGREES = 2.0
"""How far a position has to lie outside of the middle nine tenths of its country's records to be asked about."""


def longitude(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Longitudes as Float64: degrees, also with minutes and seconds and the letter E or W; or whatever number a CRS has.

    Args:
        raw: text.
    """
    return _axis(raw, "longitude")


def latitude(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Latitudes as Float64: degrees, also with minutes and seconds and the letter N or S; or whatever number a CRS has.

    Args:
        raw: text.
    """
    return _axis(raw, "latitude")


def _axis(raw: pd.Series, name: str) -> Cleaned:
    pointed = raw.str.replace(_DECIMAL_COMMA, r"\1.\2", regex=True) if raw.str.contains(",", regex=False).any() else raw
    cleaned = number(pointed)
    rest = tidy(raw[cleaned.reasons.notna()])
    found = {row: read.degrees for row, text in rest.items() if (read := angle(text)) and read.axis in {None, name}}
    if not found:
        return cleaned
    degrees = pd.Series(found, dtype="Float64").reindex(raw.index)
    return Cleaned(cleaned.clean.fillna(degrees), cleaned.reasons.mask(degrees.notna()))


def settle(values: dict[str, pd.Series], raw: pd.DataFrame, mapping: FileMapping, findings: Findings) -> None:
    """Puts the positions right: unpacks them, brings them to degrees, empties 0/0, and notes those that look swapped.

    0/0 lies in the open sea off Africa, and is what a failed geocoding or two empty cells become. The record is kept without
    its position, so that its address finds one; refusing it would lose a customer over a blank.

    Args:
        values: clean values by field; `longitude` and `latitude` are replaced.
        raw: the same fields as text, with POSITION where a column packs both.
        mapping: says the form and the CRS.
        findings: takes what is wrong.
    """
    x, y = values["longitude"], values["latitude"]
    axis = mapping.fields.get("longitude")
    if axis is not None and axis.crs:
        x, y, outside = to_degrees(x, y, axis.crs)
        findings.add("longitude", raw["longitude"], outside, warns=False)
    texts = raw["latitude"]
    if POSITION in raw:
        source = mapping.fields[POSITION]
        unpacked = unpack(raw[POSITION], source.format, source.crs)
        findings.add(POSITION, raw[POSITION], unpacked["reason"], warns=False)
        packed = unpacked["longitude"].notna()
        x, y = x.mask(packed, unpacked["longitude"]), y.mask(packed, unpacked["latitude"])
        texts = raw[POSITION].where(packed, texts)
    nowhere = ((x == 0) & (y == 0)).fillna(value=False).astype(bool)
    findings.add("latitude", texts, reasons(nowhere, "was 0/0, which is in the sea; the position was left out, so that the address is geocoded"), warns=True)
    x, y = x.mask(nowhere), y.mask(nowhere)
    findings.add("latitude", texts, _swapped(x, y, values.get("country_code")), warns=True)
    values["longitude"], values["latitude"] = x, y


def _swapped(x: pd.Series, y: pd.Series, country: pd.Series | None) -> pd.Series:
    """Why a pair looks swapped: it is none in degrees unless it is turned round, or its country's other records lie where it would be then."""
    impossible = ((y.abs() > _RIGHT_ANGLE) & (y.abs() <= _HALF_TURN) & (x.abs() <= _RIGHT_ANGLE)).fillna(value=False).astype(bool)
    reason = reasons(impossible, "longitude and latitude look swapped; map them the other way round")
    known = pd.DataFrame({"x": x.astype("float64"), "y": y.astype("float64"), "country": country if country is not None else ""}).dropna()
    for _, group in known.groupby("country"):
        if len(group) < _ENOUGH:
            continue
        low, high = group[["x", "y"]].quantile(_MIDDLE[0]) - _AROUND_DEGREES, group[["x", "y"]].quantile(_MIDDLE[1]) + _AROUND_DEGREES
        here = group["x"].between(low["x"], high["x"]) & group["y"].between(low["y"], high["y"])
        turned = group["y"].between(low["x"], high["x"]) & group["x"].between(low["y"], high["y"])
        rows = group.index[~here & turned]
        reason[rows] = "longitude and latitude look swapped: turned round, it lies where the other records of its country lie"
    return reason
