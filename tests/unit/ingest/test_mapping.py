"""Which column feeds which field."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gcrm.errors import MappingError
from gcrm.frames import ACCOUNTS, OBJECTS, ORDERS
from gcrm.ingest.guess import guess
from gcrm.ingest.mapping import FieldSource, FileMapping, dump, load


def _frame(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="string")


def _guessed(object_name: str, *columns: str) -> dict[str, str | None]:
    return {field: source.column for field, (source, _) in guess(OBJECTS[object_name], columns).items()}


def test_headers_that_people_write_are_guessed() -> None:
    found = _guessed("accounts", "Customer ID", "Company Name", "ZIP", "Town", "E-Mail", "Street_Address", "houseNo", "lat", "LNG", "Favourite colour")
    assert found == {
        "account_key": "Customer ID",
        "name": "Company Name",
        "postcode": "ZIP",
        "city": "Town",
        "email": "E-Mail",
        "street": "Street_Address",
        "house_number": "houseNo",
        "latitude": "lat",
        "longitude": "LNG",
    }


def test_a_misspelt_header_is_less_sure_than_a_right_one() -> None:
    found = guess(ACCOUNTS, ["account_key", "postcodde"])
    assert found["account_key"][1] == 1
    assert 0.9 <= found["postcode"][1] < 1


def test_the_surest_column_wins_and_each_is_used_once() -> None:
    assert _guessed("orders", "order id", "order_key")["order_key"] == "order_key"
    found = _guessed("reps", "rep", "rep id")
    assert found["rep_key"] == "rep id"
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_own_names_of_an_object_are_all_found(name: str) -> None:
    fields = OBJECTS[name].field_names
    assert _guessed(name, *reversed(fields)) == {field: field for field in fields}


@given(st.lists(st.text(max_size=15), max_size=12))
def test_a_guess_uses_only_what_is_there(columns: list[str]) -> None:
    found = guess(ORDERS, columns)
    assert {source.column for source, _ in found.values()} <= set(columns)
    assert all(0.9 <= sure <= 1 for _, sure in found.values())


def test_a_template_joins_columns_and_is_empty_where_one_is() -> None:
    source = FieldSource(template="{first} {last} ({store.Name})")
    frame = _frame(first=["Ada", " Bo ", ""], last=["L", "M", "N"], **{"store.Name": ["S", "T", "U"]})

    assert source.columns == ("first", "last", "store.Name")
    assert source.resolve(frame).tolist() == ["Ada L (S)", "Bo M (T)", ""]


def test_codes_replace_what_is_listed_and_leave_the_rest() -> None:
    source = FieldSource(column="state", codes={"A": "customer", "": "lost"})
    assert source.resolve(_frame(state=[" A ", "", "B", "a"])).tolist() == ["customer", "lost", "B", "a"]


def test_a_fixed_value_and_the_first_of_several_columns() -> None:
    frame = _frame(person=["1", " ", ""], store=["7", "8", ""])

    assert FieldSource(value="customer").resolve(frame).tolist() == ["customer"] * 3
    source = FieldSource.model_validate({"first_of": ["person", {"template": "store {store}"}]})
    assert source.columns == ("person", "store")
    assert source.resolve(frame).tolist() == ["1", "store 8", ""]
    assert str(source) == "person, else store {store}"


def test_what_is_empty_takes_its_default() -> None:
    mapping = FileMapping(fields={"account_key": FieldSource(column="id"), "name": FieldSource(column="n"), "status": FieldSource(column="s")})
    raw = mapping.apply(_frame(id=["1", "2"], n=["a", ""], s=["lost", " "]), ACCOUNTS)

    assert raw.columns.tolist() == list(ACCOUNTS.field_names)
    assert raw["status"].tolist() == ["lost", "customer"]
    assert raw["kind"].tolist() == ["company", "company"]
    assert raw["name"].tolist() == ["a", ""]
    assert raw["city"].tolist() == ["", ""]


@pytest.mark.parametrize(
    "given_source",
    [
        {},
        {"column": "a", "value": "b"},
        {"column": "a", "template": "{b}"},
        {"template": "{a"},
        {"template": "plain"},
        {"template": "{}"},
        {"first_of": []},
        {"colum": "a"},
    ],
)
def test_a_source_that_says_nothing_or_too_much(given_source: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FieldSource.model_validate(given_source)


def _checked(fields: dict[str, str], columns: list[str], object_name: str = "accounts") -> None:
    FileMapping.model_validate({"fields": fields}).check(OBJECTS[object_name], columns, "a.csv")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"nmae": "n"}, r"accounts have no field 'nmae' \(did you mean 'name'\?\)\."),
        ({"account_key": "id", "name": "Compny"}, r"a\.csv has no column 'Compny' for name \(did you mean 'Company'\?\); its columns are Company, id\."),
        ({"qqq": "x"}, r"accounts have no field 'qqq'\."),
    ],
)
def test_what_does_not_fit_is_said_with_a_suggestion(fields: dict[str, str], sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        _checked(fields, ["id", "Company"])


def test_a_required_field_needs_a_source() -> None:
    mapping = FileMapping.model_validate({"fields": {"name": "Company"}})
    mapping.check(ACCOUNTS, ["id", "Company"], "a.csv")
    with pytest.raises(MappingError, match=r"a\.csv: no column feeds account_key .* give it with --map account_key=COLUMN\."):
        mapping.check_complete(ACCOUNTS, "a.csv")


def test_a_packed_position_is_for_what_has_one() -> None:
    _checked({"account_key": "id", "name": "id", "position": "p"}, ["id", "p"])
    with pytest.raises(MappingError, match="orders have no field 'position'"):
        _checked({"position": "p"}, ["p"], "orders")


def test_a_packing_that_nobody_knows() -> None:
    mapping = FileMapping.model_validate({"fields": {"account_key": "id", "name": "id", "position": {"column": "p", "format": "geohash"}}})
    with pytest.raises(MappingError, match=r"'geohash' is no form of a position; .*wkt.*sql_server_geography"):
        mapping.check(ACCOUNTS, ["id", "p"], "a.csv")


_KEPT = """
source: crm
read: {delimiter: "|", columns: [id, name, store]}
join:
  shop: {file: shops.csv, on: {store: key}}
fields:
  account_key: {template: "customer-{id}"}
  name: name
  segment: {column: shop.type, codes: {NO: Norway, 007: Bond}}
"""


def test_a_kept_mapping(tmp_path: Path) -> None:
    path = tmp_path / "customers.yaml"
    path.write_text(_KEPT)
    mapping = load(path)

    assert mapping.source == "crm"
    assert mapping.read.columns == ("id", "name", "store")
    assert mapping.join["shop"].on == {"store": "key"}
    assert mapping.fields["segment"].codes == {"NO": "Norway", "007": "Bond"}
    assert mapping.fields["name"] == FieldSource(column="name")
    assert FileMapping.model_validate(mapping.model_dump(exclude_defaults=True)) == mapping


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("fields: {name: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        ("", "a.yaml: the file: input should be"),
        ("fields: {name: {column: a, value: b}}", r"a.yaml, line 1: fields.name: .*exactly one of"),
        ("fields: {name: {column: [a]}}", r"a.yaml, line 1: fields.name.column: input should be a valid string"),
        ("fields: {name: {template: '{a'}}", r"a.yaml, line 1: fields.name: .*"),
        ("feilds: {name: a}", r"a.yaml, line 1: feilds: is not known \(did you mean 'fields'\?\)"),
        ("fields: {}\njoin: {x: {file: a.csv, on: {}}}", "a.yaml, line 2: join.x.on"),
        ("fields: {}\nsource: ''", "a.yaml, line 2: source"),
    ],
)
def test_a_broken_mapping_file_is_one_sentence(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(MappingError, match=sentence) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load(tmp_path / "missing.yaml")
    with pytest.raises(MappingError, match="cannot be read"):
        load(tmp_path)


_SEVERAL = """
source: shop
country: CH
objects:
  accounts:
    repeats: first
    fields: {account_key: customer, name: company}
  orders:
    fields:
      order_key: order
      account_key: customer
      ordered_at: {column: date, format: day_first}
"""


def test_several_objects_from_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(_SEVERAL)
    mapping = load(path)
    assert mapping.object_names() == ("accounts", "orders")
    accounts, orders = mapping.for_object("accounts"), mapping.for_object("orders")
    assert (accounts.source, accounts.country, accounts.repeats, accounts.objects) == ("shop", "CH", "first", {})
    assert (orders.repeats, orders.fields["ordered_at"].format) == ("refuse", "day_first")
    with pytest.raises(MappingError, match=r"no object 'order' \(did you mean 'orders'\?\)"):
        mapping.for_object("order")
    with pytest.raises(MappingError, match=r"a\.yaml, line 10: b\.csv has no column 'order' for order_key"):
        orders.check(ORDERS, ["customer", "date"], "b.csv")


def test_a_mapping_of_one_object_is_that_object_s() -> None:
    mapping = FileMapping.model_validate({"fields": {"name": "n"}})
    assert mapping.for_object("accounts") is mapping
    assert mapping.object_names() == ()


@pytest.mark.parametrize(
    ("given_mapping", "sentence"),
    [
        ({"fields": {"name": "n"}, "objects": {"accounts": {"fields": {}}}}, "either fields"),
        ({"objects": {"acounts": {"fields": {}}}}, r"did you mean 'accounts'"),
        ({"objects": {"accounts": {"fields": {}, "repeats": "last"}}}, "refuse"),
        ({"fields": {"name": {"column": "n", "split": {"by": ",", "pattern": "x"}}}}, "one of by and pattern"),
        ({"fields": {"name": {"column": "n", "split": {"pattern": "(["}}}}, "no regular expression"),
        ({"fields": {"name": {"column": "n", "split": {"by": ",", "part": 0}}}}, "counted from 1"),
        ({"fields": {"revenue": {"column": "n", "decimal": ";"}}}, "pattern"),
    ],
)
def test_a_mapping_that_cannot_be(given_mapping: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        FileMapping.model_validate(given_mapping)


def test_a_part_of_a_column() -> None:
    frame = _frame(a=["9490 Vaduz", "Ruggell", ""], b=["Lovelace, Ada", "Prince", ""])
    assert FieldSource.model_validate({"column": "b", "split": {"by": ",", "part": "2"}}).resolve(frame).tolist() == ["Ada", "", ""]
    assert FieldSource.model_validate({"column": "b", "split": {"by": ",", "part": -1}}).resolve(frame).tolist() == ["Ada", "Prince", ""]
    assert FieldSource.model_validate({"column": "a", "split": {"pattern": r"^(\d+)"}}).resolve(frame).tolist() == ["9490", "", ""]
    assert FieldSource.model_validate({"column": "a", "split": {"pattern": r"(?P<value>\pL+)$"}}).resolve(frame).tolist() == ["Vaduz", "Ruggell", ""]


_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)


@given(
    st.dictionaries(
        _NAMES, st.one_of(_NAMES, st.builds(dict, value=_NAMES), st.builds(dict, column=_NAMES, codes=st.dictionaries(_NAMES, _NAMES, max_size=2))), max_size=4
    )
)
def test_a_mapping_that_is_kept_is_the_same(tmp_path_factory: pytest.TempPathFactory, fields: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("kept") / "a.yaml"
    mapping = FileMapping.model_validate({"source": "crm", "fields": fields})
    dump(mapping, path)
    assert load(path) == mapping
    assert [each.name for each in path.parent.iterdir()] == ["a.yaml"]


def test_a_mapping_of_several_objects_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(_SEVERAL)
    mapping = load(tmp_path / "a.yaml")
    dump(mapping, tmp_path / "b.yaml")
    assert load(tmp_path / "b.yaml") == mapping
    assert "account_key: customer" in (tmp_path / "b.yaml").read_text()
    with pytest.raises(MappingError, match="cannot be written"):
        dump(mapping, tmp_path / "nowhere" / "b.yaml")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("fields:\n  name:\n    colum: n\n", r"a\.yaml, line 3: fields\.name\.colum: is not known \(did you mean 'column'\?\)"),
        ("fields: {}\nsorce: x\n", r"a\.yaml, line 2: sorce: is not known \(did you mean 'source'\?\)"),
        ("read:\n  delimeter: x\n", r"line 2: read\.delimeter"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(content)
    with pytest.raises(MappingError, match=sentence):
        load(path)
