"""The declarations of what files feed agree with each other, with the contracts and with the statements of the imports."""

import re

import pytest

from gcrm.config import resource
from gcrm.contracts import MONEY_PATTERN, schema
from gcrm.custom_fields import CARRIERS
from gcrm.frames import OBJECTS, Kind

_ORDER = list(OBJECTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_a_declaration_holds_together(name: str) -> None:
    declared = OBJECTS[name]
    assert declared.name == name
    assert len(set(declared.field_names)) == len(declared.field_names)
    assert set(declared.key) <= set(declared.field_names)
    assert all(declared.field(field).required for field in declared.key)
    assert set(declared.references) | set(declared.not_before) | set(declared.not_before.values()) <= set(declared.field_names)
    assert set(declared.not_beside) | set(declared.any_of) <= set(declared.field_names)
    assert all(code in declared.field(other).codes for other, code in declared.not_beside.values())
    assert not any(declared.field(field).required for field in declared.any_of)
    assert all(declared.field(field).kind is Kind.KEY for field in (*declared.references, *declared.key))
    for each in declared.fields:
        assert (each.kind is Kind.CODE) == bool(each.codes)
        assert each.default is None or not each.codes or each.default in each.codes
        assert each.text.endswith(".")


@pytest.mark.parametrize("name", OBJECTS)
def test_what_an_object_refers_to_is_imported_before_it(name: str) -> None:
    assert all(_ORDER.index(other) <= _ORDER.index(name) for other in OBJECTS[name].references.values())


def test_no_two_fields_of_an_object_are_known_by_one_header() -> None:
    for declared in OBJECTS.values():
        names = [name for each in declared.fields for name in {re.sub(r"[^a-z0-9]", "", text) for text in (each.name, *each.names)}]
        twice = {name for name in names if names.count(name) > 1}
        # A header such as "territory" may mean the name or the key; the order of the fields decides.
        assert twice <= {"territory", "rep", "position", "product", "opportunity", "title"}, declared.name


@pytest.mark.parametrize("name", OBJECTS)
def test_the_contract_has_every_field_with_its_text(name: str) -> None:
    contract = schema(OBJECTS[name])
    assert contract.strict
    assert tuple(contract.columns) == OBJECTS[name].field_names
    for each in OBJECTS[name].fields:
        column = contract.columns[each.name]
        assert column.nullable != each.required
        assert column.description == each.text


@pytest.mark.parametrize("name", OBJECTS)
def test_the_stage_of_an_import_has_the_fields_of_the_object(name: str) -> None:
    text = (resource("sql") / "queries" / f"import_{name}.sql").read_text(encoding="utf-8")
    stage = text.partition("(\n")[2].partition("\n)")[0]
    columns = {line.split()[0] for line in stage.splitlines()} - {"row_number", "source_key", "cell", "raw"}
    declared = OBJECTS[name]
    own_key = set(declared.key) if len(declared.key) == 1 else set(declared.key[1:])
    custom = {"custom"} if name in CARRIERS else set()
    assert columns == set(declared.field_names) - own_key | custom


@pytest.mark.parametrize(
    ("amount", "fits"), [("0.00", True), ("-12.50", True), ("999999999999.99", True), ("1000000000000.00", False), ("1.005", False), ("1,5", False)]
)
def test_money(amount: str, fits: bool) -> None:  # noqa: FBT001 - the flag is what is expected
    assert bool(re.fullmatch(MONEY_PATTERN, amount)) == fits


def test_of_fields_of_which_one_is_enough_the_first_is_asked_for() -> None:
    needed = {"member_key", "campaign_key", "sent_at"}
    members = OBJECTS["campaign_members"]
    assert [each.name for each in members.unfed(())] == ["member_key", "campaign_key", "account_key", "sent_at"]
    assert [each.name for each in members.unfed(needed)] == ["account_key"]
    assert members.unfed(needed | {"contact_key"}) == ()


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        OBJECTS["accounts"].field("colour")
