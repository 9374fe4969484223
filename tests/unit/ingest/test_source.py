"""A file together with its mapping, and the files that are joined to it."""

from pathlib import Path

import pandas as pd
import pytest

from gcrm.errors import MappingError, ReadError
from gcrm.frames import ACCOUNTS
from gcrm.ingest import readers
from gcrm.ingest.mapping import FileMapping
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.source import open_source

_STORES = {"file": "stores.csv", "on": {"store": "key"}}
_TOWNS = {"file": "towns.txt", "on": {"shop.town": "id"}, "read": {"delimiter": "+|", "line_end": "&|\n", "columns": ["id", "name", "zip"]}}


def _mapping(**join: object) -> FileMapping:
    return FileMapping.model_validate({"join": join, "fields": {"account_key": "id", "name": "who", **({"segment": "shop.type"} if "shop" in join else {})}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text("id,who,store\n1,Ada,7\n2,Bo, 8 \n3,Cy,\n4,Di,99\n")
    (tmp_path / "stores.csv").write_text("key,type,town\n7,Bikes,a\n8,Skis,b\n8,Boats,a\n,Nothing,a\n")
    (tmp_path / "towns.txt").write_text("a+|Vaduz+|9490&|\nb+|Malbun+|9497&|\n")
    return tmp_path


def test_columns_of_joined_files_are_added_to_each_record(folder: Path) -> None:
    opened = open_source(folder / "people.csv", ACCOUNTS, _mapping(shop=_STORES, town=_TOWNS))
    records = pd.concat(list(opened.chunks()))

    assert records["shop.type"].tolist() == ["Bikes", "Skis", "", ""]  # of two rows with one key the first; none for a missing one
    assert records["town.name"].tolist() == ["Vaduz", "Malbun", "", ""]
    assert records.index.tolist() == [1, 2, 3, 4]
    assert {"store", "shop.town", "town.zip"} <= set(opened.unused)


def test_chunks_are_joined_each(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_ROWS", 1)
    opened = open_source(folder / "people.csv", ACCOUNTS, _mapping(shop=_STORES))
    assert [chunk["shop.type"].tolist() for chunk in opened.chunks()] == [["Bikes"], ["Skis"], [""], [""]]


@pytest.mark.parametrize(
    ("join", "sentence"),
    [
        ({"shop": {"file": "stores.csv", "on": {"shop": "key"}}}, r"people\.csv has no column 'shop' to join stores\.csv on; its columns are id, who, store"),
        ({"shop": {"file": "stores.csv", "on": {"store": "id"}}}, r"stores\.csv has no column 'id'; its columns are key, type, town"),
    ],
)
def test_a_join_over_a_column_that_is_not_there(folder: Path, join: dict[str, object], sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        open_source(folder / "people.csv", ACCOUNTS, _mapping(**join))


def test_a_joined_file_that_is_not_there_or_has_no_record(folder: Path) -> None:
    with pytest.raises(ReadError, match=r"shops\.csv is not a file"):
        open_source(folder / "people.csv", ACCOUNTS, _mapping(shop={"file": "shops.csv", "on": {"store": "key"}}))
    (folder / "stores.csv").write_text("key,type\n")
    with pytest.raises(ReadError, match=r"stores\.csv holds no record"):
        open_source(folder / "people.csv", ACCOUNTS, _mapping(shop=_STORES))


def test_a_guess_is_shown_and_what_is_given_stands_above_it(folder: Path) -> None:
    opened = open_source(folder / "people.csv", ACCOUNTS, given={"name": "who", "segment": "store"}, source="crm")

    assert opened.confidence == {"account_key": 1.0}
    assert opened.mapping.source == "crm"
    assert {name: source.column for name, source in opened.mapping.fields.items()} == {"account_key": "id", "name": "who", "segment": "store"}
    assert opened.sample["who"].tolist() == ["Ada", "Bo", "Cy", "Di"]
    assert opened.unused == []


def test_a_kept_mapping_is_not_guessed_at(folder: Path) -> None:
    (folder / "more.csv").write_text("id,who,city\n1,Ada,Vaduz\n")
    opened = open_source(folder / "more.csv", ACCOUNTS, _mapping())
    assert opened.confidence == {}
    assert "city" in opened.unused


def test_the_options_of_the_command_stand_above_those_of_the_mapping(folder: Path) -> None:
    (folder / "odd.csv").write_text("id#who\n1#Ada, B\n")
    opened = open_source(folder / "odd.csv", ACCOUNTS, _mapping(), read=ReadOptions(delimiter="#"))
    assert opened.sample["who"].tolist() == ["Ada, B"]


def test_a_file_without_records(folder: Path) -> None:
    (folder / "none.csv").write_text("id,who\n")
    with pytest.raises(ReadError, match=r"none\.csv holds no record"):
        open_source(folder / "none.csv", ACCOUNTS, _mapping())
