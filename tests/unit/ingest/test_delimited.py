"""Delimiters, encodings and the records of delimited text."""

import codecs
import csv
import io
from pathlib import Path

import pytest
from gcrm.ingest.delimited import DELIMITERS, detect_delimiter, detect_encoding, records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gcrm.ingest import delimited
from gcrm.ingest.options import ReadOptions

_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from('",;|\t\n'), max_size=12)
_SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(path: Path, text: str | bytes, **options: object) -> list[list[str]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(records(path, ReadOptions.model_validate(options)))


@given(st.lists(st.lists(_VALUES, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]))
@_SAME_FOLDER
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[list[str]], delimiter: str, line_end: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=line_end).writerows(rows)

    assert _read(tmp_path / "a.csv", written.getvalue(), delimiter=delimiter) == [row for row in rows if any(row)]


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_the_delimiter_is_the_one_that_splits_evenly(delimiter: str) -> None:
    other = "," if delimiter != "," else ";"
    lines = [delimiter.join(("id", "name", "note")), *(delimiter.join((str(row), f"a{other} b" * row, "x")) for row in range(1, 4))]
    assert detect_delimiter("\n".join(lines)) == delimiter


def test_a_delimiter_in_quotes_does_not_count() -> None:
    assert detect_delimiter('a;b\n"1,2,3,4";2\n"1,2,3,4";3\n') == ";"


@pytest.mark.parametrize("text", ["", "id\n1\n2\n", "one line"])
def test_a_comma_where_nothing_splits(text: str) -> None:
    assert detect_delimiter(text) == ","


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE), ("cp1252", b"")],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, mark: bytes) -> None:
    text = "id;straße\n1;Chäs-Gässli 5 €\n"
    found = _read(tmp_path / "a.csv", mark + text.encode(encoding))
    assert found == [["id", "straße"], ["1", "Chäs-Gässli 5 €"]]


def test_a_character_cut_by_the_end_of_the_sample_is_no_other_encoding() -> None:
    assert detect_encoding(b"a" * 10 + "ß".encode()[:1]) == "utf-8"
    assert detect_encoding("Straße".encode("cp1252")) == "cp1252"


def test_delimiters_and_line_ends_of_several_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK_CHARACTERS", 7)  # ends of blocks fall inside of delimiters and line ends
    text = '1+|A "quoted"\nname+|x&|\n2+|B+|\r\ny&|\n3+||+|z'
    found = _read(tmp_path / "a.csv", text, delimiter="+|", line_end="&|\n")
    assert found == [["1", 'A "quoted"\nname', "x"], ["2", "B", "\r\ny"], ["3", "|", "z"]]


def test_a_delimiter_of_several_characters_with_plain_lines(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv", "a||b\r\n1||2\r\n\r\n3||4", delimiter="||") == [["a", "b"], ["1", "2"], ["3", "4"]]


def test_a_line_end_with_the_delimiter_left_out_splits_by_commas(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv", "a,b#1,2#", line_end="#") == [["a", "b"], ["1", "2"]]


def test_quotes_and_ragged_rows(tmp_path: Path) -> None:
    text = 'a,b\n"x, y","say ""no"""\n1\n1,2,3\n\n,,\n"two\nlines",z\n'
    assert _read(tmp_path / "a.csv", text) == [["a", "b"], ["x, y", 'say "no"'], ["1"], ["1", "2", "3"], ["two\nlines", "z"]]


@pytest.mark.parametrize("text", ['a,b\n1,"x\n2,y\n3,z\n', 'a,b\n1,"x', 'a,b\n1,2\n"'])
def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_unseen(tmp_path: Path, text: str) -> None:
    with pytest.raises(csv.Error, match="quote"):
        _read(tmp_path / "a.csv", text)


def test_a_closed_quote_at_the_end_is_well(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv", 'a,b\n1,"x\ny"') == [["a", "b"], ["1", "x\ny"]]
    assert _read(tmp_path / "a.csv", 'a,b\n1,5" pipe\n') == [["a", "b"], ["1", '5" pipe']]
