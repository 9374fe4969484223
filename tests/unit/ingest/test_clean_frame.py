"""What cleaning hands on beside the records: warnings, and the text as it stood in the file."""

import json

import pandas as pd
import pytest

from gcrm.frames import ACCOUNTS, CONTACTS, OBJECTS, ORDERS, PRODUCTS, Field, Kind, ObjectType, Severity
from gcrm.ingest.clean import CleanFrame, clean
from gcrm.ingest.mapping import FieldSource, FileMapping

_ACCOUNT = {"account_key": "a", "kind": "company", "status": "customer", "name": "A", "made_up": "false"}


def _cleaned(object_type: ObjectType, *records: dict[str, str], **options: object) -> CleanFrame:
    mapping = FileMapping.model_validate({"fields": {field: field for field in records[0]}} | options)
    frame = pd.DataFrame(records, dtype="string").fillna("")
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row_number")
    return clean(mapping.apply(frame, object_type), object_type, mapping)


def _raw(cleaned: CleanFrame, row: int) -> dict[str, str] | None:
    return None if pd.isna(cleaned.raw[row]) else json.loads(cleaned.raw[row])


@pytest.mark.parametrize(
    ("field", "text"), [("phone", "n/a"), ("email", "see web"), ("postcode", "80X"), ("tax_number", "CHE-107.787.578"), ("website", "our page")]
)
def test_a_field_that_only_warns_keeps_its_text_and_its_record(field: str, text: str) -> None:
    cleaned = _cleaned(ACCOUNTS, _ACCOUNT | {"country_code": "CH", field: f" {text} "})
    assert ACCOUNTS.field(field).severity is Severity.WARN
    assert cleaned.problems.empty
    assert cleaned.records[field].tolist() == [text]
    assert cleaned.warnings[["field", "value"]].to_numpy().tolist() == [[field, f" {text} "]]
    assert cleaned.warnings.index.name == "row_number"


def test_the_severity_is_the_contract_s() -> None:
    strict = ObjectType(
        "accounts", "one row per account", (Field("account_key", Kind.KEY, "Key.", required=True), Field("phone", Kind.PHONE, "Phone.")), ("account_key",)
    )
    cleaned = _cleaned(strict, {"account_key": "a", "phone": "n/a"})
    assert cleaned.problems["field"].tolist() == ["phone"]
    assert cleaned.warnings.empty


def test_keys_dates_money_and_positions_refuse() -> None:
    for object_type in OBJECTS.values():
        for field in object_type.fields:
            assert (field.severity is Severity.WARN) == (field.kind in {Kind.PHONE, Kind.MAIL, Kind.TAX_NUMBER, Kind.POSTCODE, Kind.WEBSITE})


def test_what_differs_from_the_file_is_kept_as_it_stood() -> None:
    cleaned = _cleaned(
        ACCOUNTS,
        _ACCOUNT | {"phone": "044 668 18 00", "country_code": "Schweiz", "name": ' "A" \\ \n', "longitude": "9,5", "latitude": "47.1"},
        _ACCOUNT | {"phone": "+41446681800", "country_code": "CH", "longitude": "9.5", "latitude": "47.1"},
    )
    assert _raw(cleaned, 1) == {"phone": "044 668 18 00", "country_code": "Schweiz", "name": ' "A" \\ \n', "longitude": "9,5"}
    assert _raw(cleaned, 2) is None
    assert cleaned.raw.index.equals(cleaned.records.index)


def test_codes_and_parts_are_kept_as_they_stood() -> None:
    fields = {"account_key": "id", "name": {"column": "who", "split": {"by": ",", "part": 2}}, "status": {"column": "s", "codes": {"A": "customer"}}}
    mapping = FileMapping.model_validate({"fields": fields})
    frame = pd.DataFrame({"id": ["1"], "who": ["Lovelace, Ada"], "s": ["A"]}, index=pd.Index([1], name="row_number"), dtype="string")
    cleaned = clean(mapping.apply(frame, ACCOUNTS), ACCOUNTS, mapping)
    assert cleaned.records[["name", "status"]].to_numpy().tolist() == [["Ada", "customer"]]
    assert _raw(cleaned, 1) == {"name": "Lovelace, Ada", "status": "A"}


def test_a_default_country_is_for_records_without_one() -> None:
    contact = {"contact_key": "c", "account_key": "a", "phone": "044 668 18 00"}
    assert _cleaned(CONTACTS, contact, country="CH").records["phone"].tolist() == ["+41446681800"]
    assert "country" in _cleaned(CONTACTS, contact).warnings["reason"].tolist()[0]
    account = _ACCOUNT | {"phone": "044 668 18 00", "postcode": "1067", "country_code": ""}
    cleaned = _cleaned(ACCOUNTS, account, account | {"country_code": "DE"}, country="CH")
    assert cleaned.records["postcode"].tolist() == ["1067", "01067"]


_ORDER = {"order_key": "1", "account_key": "a", "ordered_at": "2025-01-02", "made_up": "no"}


def test_the_currency_is_that_of_the_column_of_the_mapping_of_the_amount_or_the_default() -> None:
    def of(record: dict[str, str], **options: object) -> list[str]:
        return _cleaned(ORDERS, _ORDER | record, **options).records["currency"].tolist()

    assert of({"revenue": "5"}) == ["EUR"]
    assert of({"revenue": "CHF 5"}) == ["CHF"]
    assert of({"revenue": "5", "currency": "usd"}) == ["USD"]
    assert of({"revenue": "$5", "currency": "CAD"}) == ["CAD"]
    assert of({"revenue": "CHF 5", "currency": "EUR"}) == []
    assert of({"revenue": "$5"}) == []
    fields = {field: field for field in _ORDER} | {"revenue": {"column": "revenue", "currency": "SEK"}}
    assert of({"revenue": "5 kr"}, fields=fields) == ["SEK"]
    product = {"product_key": "p", "name": "n", "category": "c", "unit_price": "5"}
    assert _cleaned(PRODUCTS, product).records["currency"].isna().all()


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "nan", "inf", "-1e999", "\0", "'; DROP TABLE x; --", "9" * 400, "\U0001f600", "\u202e\u0000", "<script>"])
def test_hostile_text_in_every_field_breaks_nothing(name: str, text: str) -> None:
    cleaned = _cleaned(OBJECTS[name], dict.fromkeys(OBJECTS[name].field_names, text))
    assert len(cleaned.records) + len(cleaned.problems) == 1


def test_text_that_a_spreadsheet_would_run_stays_text() -> None:
    assert _cleaned(ACCOUNTS, _ACCOUNT | {"name": "=1+1", "segment": "@SUM(A1)"}).records[["name", "segment"]].to_numpy().tolist() == [["=1+1", "@SUM(A1)"]]


def test_a_source_with_an_option_is_used(  # the step is told what the mapping says
) -> None:
    frame = pd.DataFrame({"id": ["1"], "a": ["a"], "d": ["03/04/2024"], "r": ["1.234"]}, index=pd.Index([1], name="row_number"), dtype="string")
    mapping = FileMapping(
        fields={
            "order_key": FieldSource(column="id"),
            "account_key": FieldSource(column="a"),
            "ordered_at": FieldSource(column="d", format="day_first", time_zone="Asia/Seoul"),
            "revenue": FieldSource(column="r", decimal=","),
        }
    )
    record = clean(mapping.apply(frame, ORDERS), ORDERS, mapping).records.iloc[0]
    assert (record["ordered_at"].isoformat(), record["revenue"]) == ("2024-04-02T15:00:00+00:00", "1234.00")
