"""vCards of every version, and broken ones among them."""

from pathlib import Path

import pandas as pd
import pytest

from gcrm.errors import ReadError
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.readers import UNREADABLE, detect, read

_OLD = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg
TEL;WORK;VOICE:+49 30 1
TEL;CELL:+49 170 2
TEL;WORK;FAX:+49 30 9
ADR;WORK;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Stra=C3=9Fe des =
17. Juni 5;Berlin;;10623;Deutschland
END:VCARD
"""
_MIDDLE = """BEGIN:VCARD
VERSION:3.0
FN:Ada Lovelace
N:Lovelace;Ada;;;
ORG:Engines\\, Ltd;Research
TEL;TYPE=HOME,VOICE:1
TEL;TYPE=PREF:2
EMAIL;TYPE=INTERNET:ada@example.org
EMAIL:second@example.org
ADR;TYPE=WORK:PO 7;;12 St James's Square;London;;SW1Y 4JH;UK
NOTE:a long note that is fol
 ded over two lines\\nand has a break
GEO:51.5;-0.13
BDAY:1815-12-10
URL:https://example.org
END:VCARD
"""
_NEW = """begin:vcard
VERSION:4.0
FN:Zoë
TEL;VALUE=uri;TYPE="voice,home";PREF=1:tel:+33-1-23
ADR;LABEL="x":;;1 Rue de l'Été;Paris;;75001;FR
GEO:geo:48.1,2.3
UID:urn:uuid:4f
end:vcard
"""


def _frame(path: Path, text: str | bytes, **options: object) -> pd.DataFrame:
    path.write_bytes(text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode())
    return pd.concat(list(read(path, ReadOptions.model_validate(options))))


def _filled(frame: pd.DataFrame, row: int) -> dict[str, str]:
    return {str(name): str(value) for name, value in frame.loc[row].dropna().items() if value}


def test_each_version(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.vcf", _OLD + "\n" + _MIDDLE + _NEW)
    assert _filled(frame, 1) == {
        "full name": "Jörg Müller", "given name": "Jörg", "family name": "Müller", "phone": "+49 30 1", "mobile": "+49 170 2", "fax": "+49 30 9",
        "street": "Straße des 17. Juni 5", "postcode": "10623", "city": "Berlin", "country": "Deutschland",
    }  # fmt: skip
    assert _filled(frame, 2) == {
        "full name": "Ada Lovelace", "given name": "Ada", "family name": "Lovelace", "organisation": "Engines, Ltd", "department": "Research", "phone": "2",
        "other phones": "1", "mail": "ada@example.org", "other mails": "second@example.org", "street": "12 St James's Square", "post box": "PO 7",
        "postcode": "SW1Y 4JH", "city": "London", "country": "UK", "website": "https://example.org", "birthday": "1815-12-10", "longitude": "-0.13",
        "latitude": "51.5", "note": "a long note that is folded over two lines and has a break",
    }  # fmt: skip
    third = _filled(frame, 3)
    assert (third["full name"], third["phone"], third["city"], third["longitude"], third["uid"]) == ("Zoë", "+33-1-23", "Paris", "2.3", "urn:uuid:4f")
    assert UNREADABLE not in frame


@pytest.mark.parametrize(
    "broken",
    [
        "BEGIN:VCARD\nVERSION:3.0\nFN:cut off\n",
        "BEGIN:VCARD\nVERSION:3.0\nFN cut off without a colon\nEND:VCARD\n",
        "BEGIN:VCARD\nVERSION:3.0\nFN:x\nPHOTO;ENCODING=b:!!!not base 64\nEND:VCARD\n",
        "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=KLINGON;ENCODING=QUOTED-PRINTABLE:=FF=FF\nEND:VCARD\n",
    ],
)
def test_a_broken_card_is_one_record_at_most(tmp_path: Path, broken: str) -> None:
    frame = _frame(tmp_path / "a.vcf", _MIDDLE + broken + _NEW)
    assert frame["full name"].iloc[[0, -1]].tolist() == ["Ada Lovelace", "Zoë"]
    assert len(frame) == 3
    marked = frame.loc[2]
    assert pd.isna(marked.get(UNREADABLE, pd.NA)) or "BEGIN:VCARD" in marked["card"]


def test_a_card_that_is_cut_off_is_marked_with_its_text(tmp_path: Path) -> None:
    frame = _frame(tmp_path / "a.vcf", "BEGIN:VCARD\nVERSION:3.0\nFN:cut\n" + _NEW + "BEGIN:VCARD\nFN:at the end")
    assert frame[UNREADABLE].notna().tolist() == [True, False, True]
    assert "FN:cut" in frame["card"].iloc[0]


def test_the_encoding_of_cards(tmp_path: Path) -> None:
    text = _NEW.encode("cp1252")
    assert _frame(tmp_path / "a.vcf", text)["full name"].tolist() == ["Zoë"]
    found = detect(tmp_path / "a.vcf").encoding
    assert found is not None
    assert found.value == "cp1252"
    assert _frame(tmp_path / "b.csv", _NEW.encode("utf-16"))["full name"].tolist() == ["Zoë"]


def test_a_file_without_a_card(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no vCard"):
        _frame(tmp_path / "a.vcf", "hello\n")
