"""The contract's rules, checked on clean values: required, codes, ranges, lengths, order of times, fields that need or exclude each other."""

import pandas as pd

from gcrm.contracts import BrokenSchema, schema
from gcrm.frames import ObjectType

_LONGEST_TEXT_OF_A_CHECK = 200


def broken_rules(frame: pd.DataFrame, raw: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
    """What breaks the contract.

    Args:
        frame: clean values, index `row_number`.
        raw: the same fields as text, for the report.
        object_type: whose contract it is.

    Returns:
        Columns order (of the field), field, value, reason; index `row_number`; a record may come more than once.
    """
    found = [_broken_schema(frame, raw, object_type)]
    for later, earlier in object_type.not_before.items():
        bad = (frame[later] < frame[earlier]).fillna(value=False)
        found.append(_problems(raw, frame.index[bad], later, f"must not be before {earlier}", object_type))
    for name, (other, code) in object_type.not_beside.items():
        bad = frame[name].notna() & (frame[other] == code).fillna(value=False)
        found.append(_problems(raw, frame.index[bad], name, f"is given, though {other} is {code}", object_type))
    if object_type.any_of:
        first, *others = object_type.any_of
        bad = frame[list(object_type.any_of)].isna().all(axis="columns")
        found.append(_problems(raw, frame.index[bad], first, f"is missing, and so is {' and '.join(others)}; one of them is required", object_type))
    for axis, other in (("longitude", "latitude"), ("latitude", "longitude")):
        if axis in frame:
            bad = frame[axis].isna() & frame[other].notna()
            found.append(_problems(raw, frame.index[bad], axis, f"is missing, though {other} is given", object_type))
    return pd.concat(found)


def _problems(raw: pd.DataFrame, rows: pd.Index, field: str, reason: str, object_type: ObjectType) -> pd.DataFrame:
    order = object_type.field_names.index(field)
    return pd.DataFrame({"order": order, "field": field, "value": raw.loc[rows, field], "reason": reason}, index=rows)


def _broken_schema(frame: pd.DataFrame, raw: pd.DataFrame, object_type: ObjectType) -> pd.DataFrame:
    try:
        schema(object_type).validate(frame, lazy=True)
    except BrokenSchema as errors:
        cases = errors.failure_cases
    else:
        return _problems(raw, frame.index[:0], object_type.field_names[0], "", object_type)
    cases = cases[cases["index"].notna()]
    return pd.concat([
        _problems(raw, pd.Index(group["index"].astype("int64"), name="row_number"), str(field), _reason(str(check)), object_type)
        for (field, check), group in cases.groupby(["column", "check"], sort=False)
    ])  # fmt: skip


def _reason(check: str) -> str:
    return "is missing, and is required" if check == "not_nullable" else check[:_LONGEST_TEXT_OF_A_CHECK]
