"""The settings file of custom fields: what it declares, and what is said of one that is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gcrm.config import settings
from gcrm.custom_fields import CARRIERS, CustomField, FieldsDeclaration, Value, declared, field, fields_of, held, object_type, read_declaration, shown
from gcrm.errors import FieldError
from gcrm.frames import OBJECTS, Kind

_FILE = """
accounts:
  x_level:
    label: Loyalty level
    type: choice
    members: [Gold, Silver]
    dimension: true
  x_employees: {label: Employees, type: number, description: People who work there.}
contacts:
  x_born: {label: Born on, type: date, personal: true}
"""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A home whose settings are read anew."""
    monkeypatch.setenv("GCRM_HOME", str(tmp_path))
    monkeypatch.delenv("GCRM_FIELDS", raising=False)
    for cached in (settings, declared):
        cached.cache_clear()
    yield tmp_path
    for cached in (settings, declared):
        cached.cache_clear()


def test_fields_are_declared_by_object_and_name() -> None:
    found = read_declaration("fields.yaml", _FILE)
    assert list(found) == ["accounts", "contacts"]
    assert found["accounts"][0] == CustomField("x_level", "Loyalty level", "choice", members=("Gold", "Silver"), dimension=True)
    assert found["contacts"] == (CustomField("x_born", "Born on", "date", personal=True),)
    assert dict(read_declaration("fields.yaml", "# nothing yet\n")) == dict(read_declaration("fields.yaml", "")) == {}


def test_every_object_but_the_ledger_of_consents_can_have_some() -> None:
    assert set(FieldsDeclaration.model_fields) == set(CARRIERS) == set(OBJECTS) - {"consents"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts:\n  level: {label: Level, type: text}", "fields.yaml, line 2: the name of a custom field begins with x_, .*; write x_level"),
        ("accounts:\n  x_Level: {label: Level, type: text}", "line 2: 'x_Level' is no name; write small letters"),
        ("accounts:\n  x_: {label: Level, type: text}", "line 2: 'x_' is no name"),
        ("account:\n  x_level: {label: Level, type: text}", "line 1: 'account' is not known here; did you mean 'accounts'"),
        ("accounts:\n  x_level:\n    lable: Level\n    type: text", "line 3: 'lable' is not known here; did you mean 'label'"),
        ("accounts:\n  x_level:\n    label: Level\n    type: word", "line 4: accounts x_level type: Input should be 'text', 'number', 'date'"),
        ("accounts:\n  x_level: {label: Level, type: choice}", "line 2: .*a choice needs members"),
        ("accounts:\n  x_level: {label: Level, type: choice, members: [Gold, gold]}", "two members are the same word"),
        ("accounts:\n  x_level: {label: Level, type: text, members: [Gold]}", "only a choice has members, and this is text"),
        ("accounts:\n  x_size: {label: Size, type: number, dimension: true}", "a number has no members to group by"),
        ("accounts:\n  x_note: {label: Note, type: text, dimension: true, personal: true}", "what is personal is no dimension"),
        ("orders:\n  x_note: {label: Note, type: text, dimension: true}", "cubes have dimensions of accounts, and this is a field of orders"),
        ("accounts:\n  x_a: {label: A, type: text}\n  x_a: {label: B, type: text}", "line 3: x_a stands twice"),
        ("consents:\n  x_a: {label: A, type: text}", "line 1: 'consents' is not known here"),
        ("- accounts", "line 1: "),
        ("accounts: [", "this is not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        read_declaration("fields.yaml", text)


def test_the_file_of_the_home_is_read_unless_another_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fields_of("accounts") == ()
    assert object_type("accounts") == OBJECTS["accounts"]
    (place / "fields.yaml").write_text(_FILE, encoding="utf-8")
    declared.cache_clear()
    assert [each.name for each in fields_of("accounts")] == ["x_level", "x_employees"]
    monkeypatch.setenv("GCRM_FIELDS", str(place / "none.yaml"))
    settings.cache_clear()
    declared.cache_clear()
    with pytest.raises(FieldError, match=r"none\.yaml cannot be read"):
        fields_of("accounts")


def test_objects_have_them_behind_their_own_fields(place: Path) -> None:
    (place / "fields.yaml").write_text(_FILE, encoding="utf-8")
    accounts = object_type("accounts")
    assert accounts.field_names == (*OBJECTS["accounts"].field_names, "x_level", "x_employees")
    level, employees = accounts.fields[-2:]
    assert (level.kind, level.codes, level.names, level.text) == (Kind.CHOICE, ("Gold", "Silver"), ("Loyalty level", "level"), "Loyalty level.")
    assert (employees.kind, employees.text, employees.required) == (Kind.NUMBER, "People who work there.", False)
    assert object_type("orders") == OBJECTS["orders"]
    with pytest.raises(FieldError, match=r"Accounts have no custom field 'x_levl'; did you mean 'x_level'\?"):
        field("accounts", "x_levl")
    with pytest.raises(FieldError, match="Orders have no custom field 'x_a'; none is declared"):
        field("orders", "x_a")


def test_what_is_of_another_type_or_not_declared_any_more_is_left_out(place: Path) -> None:
    text = "accounts:\n" + "".join(f"  x_{name}: {{label: {name}, type: {name}}}\n" for name in ("text", "number", "date"))
    (place / "fields.yaml").write_text(f"{text}  x_yes: {{label: Agreed, type: yes/no}}\n", encoding="utf-8")
    fitting: dict[str, Value] = {"x_text": "2020-01-01", "x_number": 2.5, "x_date": "2020-01-01", "x_yes": False}
    assert held("accounts", {**fitting, "x_gone": "old"}) == fitting
    assert held("accounts", {"x_text": 1, "x_number": True, "x_date": "soon", "x_yes": "yes"}) == {}
    assert held("accounts", {"x_text": False, "x_number": "1", "x_date": 1, "x_yes": 1}) == {}


def test_values_are_shown_in_words() -> None:
    assert [shown(value) for value in (True, False, 1200, 0.5, "Gold", None)] == ["yes", "no", "1,200", "0.5", "Gold", ""]
