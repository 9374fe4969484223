"""A whole chunk of records is cleaned: what is well goes on, what is not is named by its first fault."""

import pandas as pd
import pytest

from gcrm.contracts import schema
from gcrm.frames import ACCOUNTS, CAMPAIGN_MEMBERS, CONTACTS, OBJECTS, OPPORTUNITIES, ORDERS, PRODUCTS, TERRITORIES, Kind, ObjectType
from gcrm.ingest.clean import STEPS, clean
from gcrm.ingest.mapping import FieldSource, FileMapping

_ORDER = {
    "order_key": "1",
    "line_number": "1",
    "account_key": "a",
    "ordered_at": "2025-01-02",
    "quantity": "1",
    "revenue": "10",
    "currency": "EUR",
    "made_up": "no",
}
_ACCOUNT = {"account_key": "a", "kind": "company", "status": "customer", "name": "A", "made_up": "no"}


def _cleaned(object_type: ObjectType, *records: dict[str, str], **sources: FieldSource) -> tuple[pd.DataFrame, pd.DataFrame]:
    raw = pd.DataFrame([{**dict.fromkeys(object_type.field_names, ""), **record} for record in records], columns=object_type.field_names, dtype="string")
    raw.index = pd.RangeIndex(1, len(raw) + 1, name="row_number")
    return clean(raw, object_type, FileMapping(fields=sources))[:2]


def _reasons(problems: pd.DataFrame) -> dict[int, tuple[str, str, str]]:
    return {int(row): (str(field), str(value), str(reason)) for row, field, value, reason in problems.reset_index().itertuples(index=False)}


def test_every_kind_has_a_step() -> None:
    assert set(STEPS) == set(Kind)


def test_good_records_go_on_and_bad_ones_are_named() -> None:
    records, problems = _cleaned(
        ORDERS,
        _ORDER,
        _ORDER | {"revenue": "ten"},
        _ORDER | {"account_key": ""},
        _ORDER | {"ordered_at": "soon", "currency": "Euro"},
        _ORDER | {"quantity": "9999999999"},
        _ORDER | {"revenue": "1234567890123.00"},
    )

    assert records.index.tolist() == [1]
    assert list(records.columns) == list(ORDERS.field_names)
    assert {row: (field, value) for row, (field, value, _) in _reasons(problems).items()} == {
        2: ("revenue", "ten"),
        3: ("account_key", ""),
        4: ("ordered_at", "soon"),
        5: ("quantity", "9999999999"),
        6: ("revenue", "1234567890123.00"),
    }
    assert _reasons(problems)[3][2] == "is missing, and is required"
    assert _reasons(problems)[5][2] == "must be at most 1e+09"
    schema(ORDERS).validate(records)


def test_codes_outside_of_their_list_are_refused_with_the_list() -> None:
    _, problems = _cleaned(ACCOUNTS, _ACCOUNT | {"status": "dormant"}, _ACCOUNT | {"kind": "COMPANY"})
    assert _reasons(problems) == {1: ("status", "dormant", "must be one of customer, prospect, lost, partner, competitor")}


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        ({"longitude": "181", "latitude": "0"}, "longitude", "must be at most 180"),
        ({"longitude": "0", "latitude": "-90.01"}, "latitude", "must be at least -90"),
        ({"longitude": "9.5"}, "latitude", "is missing, though longitude is given"),
        ({"latitude": "47.1"}, "longitude", "is missing, though latitude is given"),
        ({"longitude": "nan", "latitude": "1"}, "longitude", "is not a number"),
        ({"name": "x" * 1001}, "name", "must have at most 1,000 characters"),
        ({"account_key": "\U0001f6b2" * 201}, "account_key", "must have at most 200 characters"),
    ],
)
def test_limits(record: dict[str, str], field: str, reason: str) -> None:
    records, problems = _cleaned(ACCOUNTS, _ACCOUNT | record)
    assert records.empty
    assert _reasons(problems)[1][0::2] == (field, reason)


def test_a_time_may_not_precede_another() -> None:
    opportunity = {"opportunity_key": "1", "account_key": "a", "name": "n", "stage": "won", "amount": "5", "currency": "EUR", "made_up": "no"}
    records, problems = _cleaned(
        OPPORTUNITIES,
        opportunity | {"opened_at": "2025-01-02", "closed_at": "2025-01-01T23:59:59Z"},
        opportunity | {"opened_at": "2025-01-02", "closed_at": "2025-01-02"},
        opportunity | {"opened_at": "2025-01-02"},
        opportunity | {"opened_at": "2025-01-02", "amount": "-5"},
    )
    assert records.index.tolist() == [2, 3]
    assert {row: (field, reason) for row, (field, _, reason) in _reasons(problems).items()} == {
        1: ("closed_at", "must not be before opened_at"),
        4: ("amount", "must not be negative"),
    }


def test_fields_that_need_or_exclude_each_other() -> None:
    member = {"member_key": "1", "campaign_key": "s", "sent_at": "2025-01-02", "response": "none", "made_up": "no"}
    records, problems = _cleaned(
        CAMPAIGN_MEMBERS,
        member | {"contact_key": "p"},
        member | {"account_key": "a", "response": "opened", "responded_at": "2025-01-03"},
        member,
        member | {"account_key": "a", "responded_at": "2025-01-03"},
    )
    assert records.index.tolist() == [1, 2]
    assert {row: (field, reason) for row, (field, _, reason) in _reasons(problems).items()} == {
        3: ("account_key", "is missing, and so is contact_key; one of them is required"),
        4: ("responded_at", "is given, though response is none"),
    }


def test_a_zero_with_a_minus_is_not_negative() -> None:
    records, _ = _cleaned(PRODUCTS, {"product_key": "p", "name": "n", "category": "c", "unit_price": "-0.00", "made_up": "no"})
    assert len(records) == 1


def test_a_packed_position_that_is_none_is_named_by_its_column() -> None:
    raw = pd.DataFrame(
        [{**dict.fromkeys(ACCOUNTS.field_names, ""), **_ACCOUNT, "position": value} for value in ("POINT(9.5 47.1)", "nowhere", "")], dtype="string"
    )
    raw.index = pd.RangeIndex(1, 4, name="row_number")
    records, problems, _, _ = clean(raw, ACCOUNTS, FileMapping(fields={"position": FieldSource(column="place")}))

    assert records["longitude"].fillna(-1).tolist() == [9.5, -1]
    assert _reasons(problems)[2][0:2] == ("position", "nowhere")


def test_a_format_of_the_mapping_is_used() -> None:
    records, _ = _cleaned(ORDERS, _ORDER | {"ordered_at": "02.01.2025"}, ordered_at=FieldSource(column="d", format="%d.%m.%Y"))
    assert records["ordered_at"].tolist() == [pd.Timestamp("2025-01-02", tz="UTC")]


def test_a_boundary_is_cleaned_with_its_territory() -> None:
    territory = {"territory_key": "t", "name": "T", "made_up": "no"}
    records, problems = _cleaned(TERRITORIES, territory | {"boundary": "POLYGON((0 0, 1 0, 1 1, 0 0))"}, territory | {"boundary": "POINT(1 1)"}, territory)
    assert records.index.tolist() == [1, 3]
    assert _reasons(problems)[2][0] == "boundary"


@pytest.mark.parametrize("name", OBJECTS)
def test_no_records_are_clean(name: str) -> None:
    records, problems = _cleaned(OBJECTS[name])
    assert len(records) == len(problems) == 0
    assert list(records.columns) == list(OBJECTS[name].field_names)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_empty_record_is_refused_for_its_first_required_field(name: str) -> None:
    _, problems = _cleaned(OBJECTS[name], {})
    first = next(field.name for field in OBJECTS[name].fields if field.required)
    assert _reasons(problems)[1][0::2] == (first, "is missing, and is required")


def test_only_text_and_keys_are_free_of_refusal() -> None:
    records, problems = _cleaned(CONTACTS, {"contact_key": " c\u200b1 ", "account_key": "a", "given_name": "  Zo\u0065\u0308 ", "made_up": "x"})
    assert problems.empty
    assert records[["contact_key", "given_name", "made_up"]].to_numpy().tolist() == [["c1", "Zoë", True]]
