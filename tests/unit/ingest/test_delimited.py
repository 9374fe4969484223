"""Delimited text: its dialect is found, its records are those of the csv module, fast or not."""

import codecs
import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import MISSING, SURPLUS, UNREADABLE, delimited, detect, dialect, read
from gcrm.ingest.readers.dialect import DELIMITERS, detect_delimiter

_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.sampled_from('",;|\t\n'), max_size=12)
_SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _frame(path: Path, text: str | bytes, **options: object) -> pd.DataFrame:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return pd.concat(list(read(path, ReadOptions.model_validate(options))))


def _records(path: Path, text: str | bytes, **options: object) -> list[list[str]]:
    """All records, the first line among them."""
    frame = _frame(path, text, header=False, skip_lines=0, **options)
    return [list(row) for row in frame.itertuples(index=False)]


def _padded(rows: list[list[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]


@given(st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(_VALUES, min_size=width, max_size=width), min_size=1, max_size=6)),
       st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]))  # fmt: skip
@_SAME_FOLDER
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[list[str]], delimiter: str, line_end: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    wanted = [row for row in rows if any(row)]
    if wanted:
        assert _records(tmp_path / "a.csv", written.getvalue(), delimiter=delimiter, encoding="utf-8", line_end=None) == wanted


def _outcome(path: Path) -> list[tuple[int, dict[str, str]]] | str:
    try:
        frames = list(read(path, ReadOptions(delimiter=",", encoding="utf-8", header=True, skip_lines=0)))
    except ReadError as error:
        return str(error)
    records = [(row, record) for frame in frames for row, record in frame.to_dict("index").items()]
    return [(int(str(row)), {str(name): str(value) for name, value in record.items() if not pd.isna(value)}) for row, record in records]


@given(
    st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "a", "bé", " ", "\0", "\x0b", "\u2028", "x,y\n", '"q",', "\udcff", "h,i\n"]), max_size=30),
    st.integers(2, 40),
)
@example(['"', "\r\n", '"', ",", "\n"], 3)
@example(["h,i\n", "a", ",", '""', '"', "\n"], 4)
@_SAME_FOLDER
def test_the_fast_way_reads_what_the_exact_one_reads(tmp_path: Path, parts: list[str], block: int) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"h,i\n" + "".join(parts).encode("utf-8", "surrogateescape"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_CHARACTERS", block)
        fast = _outcome(path)
        patch.setattr(delimited, "_is_plain", lambda *_: False)
        exact = _outcome(path)
    assert fast == exact


def test_a_plain_text_takes_the_fast_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_exact", lambda *_: pytest.fail("the csv module was asked"))
    frame = _frame(tmp_path / "a.csv", 'id,name\n1,"a, ""b""\r\nc"\n2,\n')
    assert frame["name"].tolist() == ['a, "b"\r\nc', ""]


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


@pytest.mark.parametrize("delimiter", ["||", "+|", "|~|", "^|^", "##", "~~"])
def test_delimiters_of_several_characters_are_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "name", "phone"], ["1", "A", "+49 30 1"], ["2", "", "+49 30 2"], ["3", "C", ""]]
    frame = _frame(tmp_path / "a.txt", "\n".join(delimiter.join(row) for row in rows))
    assert frame.columns.tolist() == rows[0]
    assert [list(row) for row in frame.itertuples(index=False)] == rows[1:]


def test_empty_fields_are_no_delimiter_of_two_characters(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.txt", "id|name|city|zip\n1||Bonn|53111\n2||Köln|50667\n3|C||\n")
    assert frame["city"].tolist() == ["Bonn", "Köln", ""]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-le", b""), ("cp1252", b"")],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, mark: bytes) -> None:
    frame = _frame(tmp_path / "a.csv", mark + "id;straße\n1;Chäs-Gässli 5 €\n".encode(encoding))
    assert frame.columns.tolist() == ["id", "straße"]
    assert frame["straße"].tolist() == ["Chäs-Gässli 5 €"]


def test_a_byte_order_mark_is_no_part_of_the_header_where_the_encoding_is_named(tmp_path: Path) -> None:
    assert _frame(tmp_path / "a.csv", codecs.BOM_UTF8 + b"id,name\n1,a\n", encoding="utf-8").columns.tolist() == ["id", "name"]
    assert _frame(tmp_path / "a.csv", codecs.BOM_UTF16_LE + "id,name\n1,a\n".encode("utf-16-le"), encoding="utf-16-le").columns.tolist() == ["id", "name"]


def test_a_line_in_another_encoding_is_a_marked_record(tmp_path: Path) -> None:
    lines = [f"{number},Straße {number}\n".encode() for number in range(1, 9)]
    lines[3] = "4,Straße 4\n".encode("cp1252")
    frame = _frame(tmp_path / "a.csv", b"id,street\n" + b"".join(lines))

    assert frame[UNREADABLE].dropna().to_dict() == {4: "street: byte 0xdf"}
    assert frame["street"][4] == r"Stra\xdfe 4"
    assert frame["street"][5] == "Straße 5"


def test_the_encoding_shows_where_the_beginning_is_plain(tmp_path: Path) -> None:
    text = "id,street\n" + "".join(f"{number},Street\n" for number in range(60_000)) + "x,Bäckerstraße\n"
    frame = _frame(tmp_path / "a.csv", text.encode("cp1252"))
    assert frame["street"].iloc[-1] == "Bäckerstraße"
    assert UNREADABLE not in frame


def test_delimiters_and_line_ends_of_several_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_CHARACTERS", 56)  # ends of blocks fall inside of delimiters and line ends
    text = '1+|A "quoted"\nname+|x&|\n2+|B+|\r\ny&|\n3+||+|z'
    assert _records(tmp_path / "a.csv", text, delimiter="+|", line_end="&|\n") == [["1", 'A "quoted"\nname', "x"], ["2", "B", "\r\ny"], ["3", "|", "z"]]


def test_a_line_end_of_its_own_is_found(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.csv", "".join(f"{row}+|name {row}+|2024-01-0{row}&|\n" for row in range(1, 6)))
    assert frame.columns.tolist() == ["column 1", "column 2", "column 3"]
    assert frame["column 3"].tolist() == [f"2024-01-0{row}" for row in range(1, 6)]


def test_a_delimiter_of_several_characters_with_plain_lines_and_quotes(tmp_path: Path) -> None:
    assert _records(tmp_path / "a.csv", 'a||b\r\n1||2\r\n\r\n3||"4||""x"""', delimiter="||") == [["a", "b"], ["1", "2"], ["3", '4||"x"']]


def test_a_line_end_with_the_delimiter_left_out_splits_by_commas(tmp_path: Path) -> None:
    assert _records(tmp_path / "a.csv", "a,b#1,2#", line_end="#") == [["a", "b"], ["1", "2"]]


def test_columns_set_apart_by_blanks(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.txt", " 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n 00005 0002 19970802  1   14.96\n")
    assert frame.iloc[1].tolist() == ["00004", "0001", "19970118", "2", "29.73"]


def test_quotes_and_ragged_rows(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.csv", 'a,b\n"x, y","say ""no"""\n1\n1,2,3\n\n,,\n"two\nlines",z\n1,2,,\n')
    assert frame["b"].tolist() == ['say "no"', "", "2", "z", "2"]
    assert frame[MISSING].dropna().to_dict() == {2: "1 of 2"}
    assert frame[SURPLUS].dropna().to_dict() == {3: "3"}  # what is empty beyond the header is no surplus


@pytest.mark.parametrize("text", ['a,b\n1,"x\n2,y\n3,z\n', 'a,b\n1,"x', 'a,b\n1,2\n"'])
def test_a_quote_that_is_never_closed_does_not_swallow_the_rest_unseen(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReadError, match=r"quote opens in .* and is never closed"):
        _frame(tmp_path / "a.csv", text)


def test_a_closed_quote_at_the_end_is_well(tmp_path: Path) -> None:
    assert _records(tmp_path / "a.csv", 'a,b\n1,"x\ny"') == [["a", "b"], ["1", "x\ny"]]
    assert _records(tmp_path / "a.csv", 'a,b\n1,5" pipe\n') == [["a", "b"], ["1", '5" pipe']]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path: Path, end: str) -> None:
    path = tmp_path / "a.csv"
    frame = _frame(path, end.join(["id,name", "1,a", "2,b", ""]))
    assert frame["name"].tolist() == ["a", "b"]
    found = detect(path).line_end
    assert found is not None
    assert found.value == end


def test_titles_above_the_header_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    frame = _frame(path, "Customers of the north\n\nAs of,2024\nid,name,city,zip\n1,A,Bonn,53111\n2,B,Köln,50667\n")
    assert frame.columns.tolist() == ["id", "name", "city", "zip"]
    assert len(frame) == 2 or frame["id"].tolist() == ["1", "2"]
    skipped = detect(path).skip_lines
    assert skipped is not None
    assert skipped.value == 3


def test_a_line_that_names_the_separator_is_obeyed(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.csv", "sep=;\nid;name\n1;a, b\n")
    assert frame.iloc[0].to_dict() == {"id": "1", "name": "a, b"}


def test_a_header_that_comes_again_is_no_record(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.csv", "id,name\n1,a\nid,name\n2,b\n")
    assert frame["id"].tolist() == ["1", "2"]
    assert frame.index.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("id,name,city\n1,Ada,Bonn\n2,Bo,Köln\n", True),
        ("1,Ada,53111\n2,Bo,50667\n3,Cy,10115\n", False),
        ("Ada,1990-01-02,a@example.org\nBo,1991-02-03,b@example.org\n", False),
        ("region,2023,2024\nnorth,5,6\nsouth,7,8\n", True),
        ("773869,767541\n64.375,67.625\n62.5,66.75\n", True),
        ("name,city\nAda,Bonn\nBo,Köln\n", True),
    ],
)
def test_whether_there_is_a_header_is_seen(tmp_path: Path, text: str, has_header: bool) -> None:  # noqa: FBT001 - a case
    path = tmp_path / "a.csv"
    path.write_text(text)
    found = detect(path).header
    assert found is not None
    assert found.value is has_header
    assert 0.5 <= found.confidence <= 1


def test_what_is_named_stands_above_what_is_detected(tmp_path: Path) -> None:
    text = "1;Ada\n2;Bo\n"
    assert _frame(tmp_path / "a.csv", text, header=True).columns.tolist() == ["1", "Ada"]
    assert _frame(tmp_path / "a.csv", "x\ny\n" + text, skip_lines=2, header=False)["column 2"].tolist() == ["Ada", "Bo"]
    assert _frame(tmp_path / "a.csv", "id;name\n" + text, columns=("k", "n"), header=True)["n"].tolist() == ["Ada", "Bo"]


def test_a_decimal_comma_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id;x\n1;1,5\n2;2.000,25\n")
    found = detect(path).decimal_comma
    assert found is not None
    assert found.value


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LONGEST_LINE", 1000)
    monkeypatch.setattr(delimited, "BLOCK_CHARACTERS", 100)
    with pytest.raises(ReadError, match="a line is longer than"):
        _frame(tmp_path / "a.csv", "id,name\n1," + "x" * 5000)


def test_a_table_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="20,000 columns"):
        _frame(tmp_path / "a.csv", ",".join(f"c{number}" for number in range(20_000)) + "\n" + ",".join("1" * 20_000))


@pytest.mark.parametrize("delimiter", ["", "\n", '"'])
def test_a_delimiter_that_cannot_be_one_is_refused(delimiter: str) -> None:
    with pytest.raises(ValueError, match="delimiter"):
        ReadOptions(delimiter=delimiter)


def test_a_delimiter_as_it_is_written() -> None:
    assert ReadOptions(delimiter=r"\t").delimiter == "\t"
    assert ReadOptions(delimiter="pipe").delimiter == "|"


def test_wide_tables_come_in_short_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gcrm.ingest.readers.frames.MOST_CELLS", 10)
    path = tmp_path / "a.csv"
    path.write_text("a,b,c,d,e\n" + "1,2,3,4,5\n" * 7)
    assert [len(frame) for frame in read(path)] == [2, 2, 2, 1]


def test_the_sample_may_end_within_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "_SAMPLE_CHARACTERS", 25)
    assert _frame(tmp_path / "a.csv", "id;name\n1;Ada\n2;Bo, the second, of many\n")["name"].tolist() == ["Ada", "Bo, the second, of many"]
