"""The pandera schemas of the declarations in `gcrm.frames`; apart from them, so that a command line starts without pandas."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType

from gcrm.frames import Field, Kind, ObjectType


@contextmanager
def _spark_unseen() -> Iterator[None]:
    """While it is imported, pandera loads Spark where that is installed, which takes half a second and warns, and binds all Spark to loopback."""
    address, loaded = os.environ.get("SPARK_LOCAL_IP"), "pyspark" in sys.modules
    if not loaded:
        sys.modules["pyspark"] = None  # type: ignore[assignment] # as the import system has it for what cannot be imported
    yield
    if not loaded:
        del sys.modules["pyspark"]
    if address is None:
        os.environ.pop("SPARK_LOCAL_IP", None)


with _spark_unseen():
    import pandera.pandas as pa

BrokenSchema = pa.errors.SchemaErrors
"""All that breaks a schema; pandera is imported here only."""

MONEY_PATTERN = r"-?\d{1,12}(\.\d{1,2})?"
"""A clean amount of money: text, so that no binary fraction ever touches it."""

_PANDERA_TYPES: Mapping[Kind, object] = MappingProxyType(
    {
        Kind.NUMBER: "Float64",
        Kind.LONGITUDE: "Float64",
        Kind.LATITUDE: "Float64",
        Kind.FLAG: "boolean",
        Kind.TIME: "datetime64[us, UTC]",
        Kind.DATE: "datetime64[us]",
    }
)


_WORDS = frozenset({Kind.TEXT, Kind.NAME, Kind.KEY, Kind.POSTCODE, Kind.PHONE, Kind.MAIL, Kind.TAX_NUMBER, Kind.WEBSITE})


def _column(each: Field) -> pa.Column:
    checks = []
    if each.codes:
        checks.append(pa.Check.isin(each.codes, error=f"must be one of {', '.join(each.codes)}"))
    if each.kind is Kind.MONEY:
        checks.append(pa.Check.str_matches(f"^{MONEY_PATTERN}$", error="must be an amount with at most 12 digits before the point and 2 after it"))
        if each.minimum == 0:
            checks.append(pa.Check.str_matches("^[^-]", error="must not be negative"))
    elif each.kind in _WORDS:
        checks.append(pa.Check.str_length(max_value=each.longest, error=f"must have at most {each.longest:,} characters"))
    low = {Kind.LONGITUDE: -180.0, Kind.LATITUDE: -90.0}.get(each.kind, each.minimum)
    high = {Kind.LONGITUDE: 180.0, Kind.LATITUDE: 90.0}.get(each.kind, each.maximum)
    if low is not None and each.kind is not Kind.MONEY:
        checks.append(pa.Check.ge(low, error=f"must be at least {low:g}"))
    if high is not None:
        checks.append(pa.Check.le(high, error=f"must be at most {high:g}"))
    return pa.Column(_PANDERA_TYPES.get(each.kind, "string"), checks=checks, nullable=not each.required, description=each.text)


@cache
def schema(object_type: ObjectType) -> pa.DataFrameSchema:
    """The pandera schema of a clean frame of this object: one row per record, one column per field.

    Money is text that matches MONEY_PATTERN, time is UTC, longitude and latitude are degrees in EPSG:4326,
    geometry is WKT in EPSG:4326.
    """
    return pa.DataFrameSchema({each.name: _column(each) for each in object_type.fields}, name=object_type.name, description=object_type.grain, strict=True)
