"""Encodings are told apart by what a text spells in them."""

from pathlib import Path

import pytest

from gcrm.errors import ReadError
from gcrm.ingest.readers.encodings import detect_encoding, encoding_of, usable

_TEXTS = {
    "de": ("Straße;Müller;Zürich\nBäckerei Größe;Köln\n", ["cp1252"]),
    "fr": ("Hôtel de la Gare;Besançon\nChâteau;Orléans\nCafé;Nîmes\n", ["cp1252"]),
    "es": ("Peña;Niño;Coruña\nMálaga;León\n", ["cp1252"]),
    "pt": ("São Paulo;Praça da Sé\nBelém\n", ["cp1252"]),
    "sv": ("Västerås;Göteborg;Malmö\nÅre;Örebro\n", ["cp1252"]),
    "euro": ("5 €;Tschäggätta\n", ["cp1252"]),
    "pl": ("Łódź;Kraków;Wrocław\nPoznań;Gdańsk;ul. Świętokrzyska\n", ["cp1250"]),
    "cs": ("Plzeň;Příbram;České Budějovice\nŽďár nad Sázavou\n", ["cp1250"]),
    "tr": ("İstanbul;Şişli;Beyoğlu\nİzmir;Çeşme;Ağrı\n", ["cp1254"]),
    "lt": ("Šiauliai;Panevėžys\nKlaipėda;Žvėrynas;Mažeikių gatvė\n", ["cp1257"]),
    "ru": ("Москва;улица Ленина\nСанкт-Петербург;Невский проспект\n", ["cp1251", "koi8_r", "cp866"]),
    "uk": ("Київ;вулиця Хрещатик\nЛьвів\n", ["cp1251"]),
    "el": ("Αθήνα;Οδός Ερμού\nΘεσσαλονίκη;Πάτρα\n", ["cp1253"]),
    "he": ("תל אביב;רחוב דיזנגוף\n", ["cp1255"]),
    "th": ("กรุงเทพ;ถนนสุขุมวิท\n", ["cp874"]),
    "ko": ("서울특별시;강남구 테헤란로\n부산광역시;해운대구\n", ["cp949"]),
    "ja": ("東京都;千代田区丸の内\nカフェ・ド・パリ;おおさか市\n", ["cp932", "euc_jp"]),
    "ja, no kana": ("東京都千代田区;大阪市北区\n名古屋市中区;京都市\n", ["cp932"]),
    "zh": ("北京市;朝阳区建国路\n上海市;浦东新区世纪大道\n", ["gb18030"]),
    "zh-TW": ("台北市;信義區市府路\n高雄市;中山路\n", ["big5"]),
}
_UNICODE = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16")


@pytest.mark.parametrize(
    ("language", "encoding"), [(language, encoding) for language, (_, encodings) in _TEXTS.items() for encoding in (*encodings, *_UNICODE)]
)
def test_each_language_in_its_encodings(language: str, encoding: str) -> None:
    text = "id;name\n" + _TEXTS[language][0]
    found = detect_encoding(text.encode(encoding))
    assert text.encode(encoding).decode(found.value) == text
    assert 0.5 <= found.confidence <= 1


def test_a_character_cut_by_the_end_of_the_sample_is_no_other_encoding() -> None:
    assert detect_encoding(b"a" * 10 + "ß".encode()[:1]).value == "utf-8"


def test_most_lines_decide() -> None:
    mixed = "Straße\nGröße\nMüller\n".encode() + "Bäcker\n".encode("cp1252")
    found = detect_encoding(mixed)
    assert found.value == "utf-8"
    assert found.confidence == pytest.approx(0.75)


@pytest.mark.parametrize("content", [bytes(5000), bytes(range(32)) * 100])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ReadError, match="is not text"):
        encoding_of(tmp_path / "a.csv")


def test_a_nul_in_a_text_is_no_utf_16(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,name\n1,a\0b\n2,c\0\0d\n3,e\n")
    assert encoding_of(tmp_path / "a.csv").value == "utf-8"


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", "idna", "undefined", "zlib", ""])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match="there is no encoding"):
        usable(name, "a.csv")
