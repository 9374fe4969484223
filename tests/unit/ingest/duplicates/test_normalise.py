import pandas as pd
import pyarrow as pa
import pytest

from gcrm.ingest.duplicates.normalise import fold, hosts, mails, names, normalise, phones


def _one(work: object, text: str) -> str:
    return str(work(pa.array([text])).to_pylist()[0])  # type: ignore[operator]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller & Söhne GmbH", "MUELLER UND SOEHNE"),
        ("Miller & Co. KG", "miller"),
        ("S.A. Dupont", "Dupont S.A."),
        ("Smith Ltd.", "SMITH LIMITED"),
        ("トヨタ株式会社", "トヨタ"),
        ("(주)삼성", "삼성"),
        ("O'Neill\u2019s", "oneills"),
        ("Ørsted A/S", "oersted"),
    ],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert _one(names, one).replace(" und ", " and ") == _one(names, other).replace(" und ", " and ")


@pytest.mark.parametrize("name", ["AG", "GmbH", "& Co. KG", "SA", "Ltd Ltd"])
def test_a_name_that_is_nothing_but_a_legal_form_keeps_something(name: str) -> None:
    assert _one(names, name) != ""


@pytest.mark.parametrize("name", ["", " ", "!!!", "\0", "\u200b"])
def test_what_says_nothing_is_missing(name: str) -> None:
    assert normalise(pd.DataFrame({"name": [name]}))["name"].codes.tolist() == [-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+49 30 1234567", "030/1234567"),
        ("0049 (0)30 123 45 67", "030 1234567"),
        ("+999 40 1234567", "00999401234567"),
        ("310/246-1501", "+1 310 246 1501"),
        ("1-310-246-1501", "310.246.1501 ext 12"),
        ("+39 06 1234567", "061234567"),
    ],
)
def test_telephone_numbers_that_are_the_same(one: str, other: str) -> None:
    assert _one(phones, one) == _one(phones, other) != ""


@pytest.mark.parametrize("text", ["", "-", "none", "0", "1234", "+", "ext 5"])
def test_what_is_no_telephone_number(text: str) -> None:
    assert _one(phones, text) == ""


def test_mail_addresses_and_hosts() -> None:
    assert mails(pa.array([" A.B+news@X.example ", "nobody", "a@b", "@", "a b@c"])).to_pylist() == ["a.b@x.example", "", "a@b", "", ""]
    assert hosts(pa.array(["https://www.X.example/a?b", "x.example", "HTTP://x.example:80"])).to_pylist() == ["x.example"] * 3


def test_house_numbers_come_out_of_the_street() -> None:
    frame = pd.DataFrame(
        {
            "street": ["12 Main Street", "Hauptstr. 12a", "4th Street", "Weg", "Ring 7", "Straße des 17. Juni 3", "3000 W. Paradise Rd.", "Fifth Avenue 5"],
            "house_number": [None, None, None, "9 B", "8", None, None, None],
        }
    )
    records = normalise(frame)
    numbers, streets = records["number"].texts(), records["street"].texts()
    assert numbers.tolist() == ["12", "12a", None, "9b", "8", "3", "3000", "5"]
    assert streets.tolist() == ["main street", "hauptstr", "4th street", "weg", "ring 7", "strasse des 17 juni", "w paradise rd", "5th avenue"]


def test_given_and_family_name_make_a_name_where_there_is_none() -> None:
    records = normalise(pd.DataFrame({"given_name": ["Ada", None, None], "family_name": ["Byron", "Byron", None], "name": [None, None, "Xa Yb"]}))
    assert records["name"].texts().tolist() == ["ada byron", "byron", "xa yb"]


def test_any_script_becomes_ascii_and_long_text_is_cut() -> None:
    folded = fold(pa.array(["Ελλάδα", "Москва", "서울", "北京", "🙂 smile", "x" * 10_000_000, "É" * 1000]))
    assert all(text.isascii() for text in folded.to_pylist())
    assert max(map(len, folded.to_pylist())) <= 1000


def test_columns_that_are_missing_are_missing() -> None:
    records = normalise(pd.DataFrame({"other": [1, 2]}))
    assert records.count == 2
    assert all((column.codes == -1).all() for column in records.columns.values())
