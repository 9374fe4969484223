"""Which column feeds which field, from headers of many languages and from values."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcrm.frames import ACCOUNTS, CONTACTS, OBJECTS, ORDERS, REPS
from gcrm.ingest import readers
from gcrm.ingest.guess import guess, profiles, rank, settle
from gcrm.ingest.headers import matches, plain
from gcrm.ingest.mapping import FileMapping
from gcrm.ingest.options import ReadOptions
from gcrm.ingest.words import words


def _headers(object_name: str, *columns: str) -> dict[str, str]:
    return {field: str(source) for field, (source, _) in guess(OBJECTS[object_name], columns).items()}


@pytest.mark.parametrize(
    "columns",
    [
        ["Kundennummer", "Firma", "Straße", "Hausnr.", "PLZ", "Ort", "Land", "Telefon", "E-Mail-Adresse"],
        ["N° client", "Raison sociale", "Adresse", "Numéro de voie", "Code postal", "Ville", "Pays", "Téléphone", "Courriel"],
        ["Codice cliente", "Ragione sociale", "Indirizzo", "Civico", "CAP", "Città", "Paese", "Telefono", "Indirizzo email"],
        ["Código cliente", "Razón social", "Dirección", "Número exterior", "Código postal", "Población", "País", "Teléfono", "Correo electrónico"],
        ["Código do cliente", "Razão social", "Endereço", "Número da porta", "CEP", "Cidade", "País", "Telefone", "Correio eletrônico"],
        ["Klantnummer", "Bedrijfsnaam", "Straat", "Huisnummer", "Postcode", "Plaats", "Landcode", "Telefoonnummer", "E-mailadres"],
        ["Asiakasnumero", "Yrityksen nimi", "Katuosoite", "Talonumero", "Postinumero", "Postitoimipaikka", "Maa", "Puhelinnumero", "Sähköposti"],
        ["Kundnr", "Företagsnamn", "Gatuadress", "Husnummer", "Postnummer", "Postort", "Landskod", "Mobilnummer", "E-post"],
        ["Numer klienta", "Nazwa firmy", "Ulica", "Nr domu", "Kod pocztowy", "Miejscowość", "Kraj", "Telefon", "Adres e-mail"],
        ["Číslo zákazníka", "Název firmy", "Ulice", "Číslo popisné", "PSČ", "Město", "Země", "Telefonní číslo", "E-mailová adresa"],
        ["고객번호", "고객명", "주소", "건물번호", "우편번호", "도시", "국가", "전화번호", "이메일"],
        ["顧客番号", "会社名", "住所", "番地号", "郵便番号", "市区町村", "国名", "電話番号", "メールアドレス"],
        ["cust_id", "cust_name", "billing_address_street1", "addr_housenumber", "ship_zip", "billTo City", "mailing country", "contact_phone", "primaryEmail"],
    ],
)
def test_headers_of_many_languages(columns: list[str]) -> None:
    fields = ["account_key", "name", "street", "house_number", "postcode", "city", "country_code", "phone", "email"]
    assert _headers("accounts", *columns) == dict(zip(fields, columns, strict=True))


@pytest.mark.parametrize(
    "columns",
    [
        ["Auftragsnummer", "Kundennummer", "Artikelnummer", "Bestelldatum", "Menge", "Umsatz", "Währung"],
        ["Numéro de commande", "Code client", "Référence", "Date de commande", "Quantité", "Montant HT", "Devise"],
        ["주문번호", "고객번호", "상품코드", "주문일자", "수량", "매출액", "통화"],
    ],
)
def test_headers_of_orders(columns: list[str]) -> None:
    fields = ["order_key", "account_key", "product_key", "ordered_at", "quantity", "revenue", "currency"]
    assert _headers("orders", *columns) == dict(zip(fields, columns, strict=True))


def test_people_and_their_names() -> None:
    found = _headers("contacts", "Kontaktnummer", "Kundennummer", "Vorname", "Nachname", "Funktion")
    assert found == {"contact_key": "Kontaktnummer", "account_key": "Kundennummer", "given_name": "Vorname", "family_name": "Nachname", "role": "Funktion"}
    assert _headers("accounts", "ID", "Vorname", "Nachname")["name"] == "{Vorname} {Nachname}"


@pytest.mark.parametrize("name", words("headers")["fields"])
def test_every_word_of_the_lists_is_found(name: str) -> None:
    objects = (
        [OBJECTS[name.partition(".")[0]]]
        if "." in name
        else [each for each in OBJECTS.values() if name in (*each.field_names, "position" if each is ACCOUNTS else "")]
    )
    field = name.rpartition(".")[2]
    for word in words("headers")["fields"][name]:
        assert matches(objects[0], word).get(field), word


def _frame(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="string")


_PEOPLE = _frame(
    a=["K1", "K2", "K3"],
    b=["Müller GmbH", "Meier AG", "Huber & Co. KG"],
    c=["Hauptstr. 5", "Bahnweg 7", "Ring 1a"],
    d=["9490", "9491", "9492"],
    e=["Vaduz", "Ruggell", "Triesen"],
    f=["+423 232 11 11", "+423 232 11 12", ""],
    g=["a@b.li", "c@d.li", ""],
    h=["POINT(9.5 47.1)", "POINT(9.6 47.2)", ""],
)


def test_a_file_without_headers_is_guessed_from_its_values() -> None:
    sample = _PEOPLE.set_axis([f"column {number}" for number in range(1, 9)], axis="columns")
    found = guess(ACCOUNTS, sample.columns, profiles(sample))
    assert {field: str(source) for field, (source, _) in found.items()} == {
        "account_key": "column 1",
        "name": "column 2",
        "street": "column 3",
        "postcode": "column 4",
        "city": "column 5",
        "phone": "column 6",
        "email": "column 7",
        "position": "column 8",
    }
    assert all(0.5 <= confidence < 1 for _, confidence in found.values())


def test_what_a_column_is_like_does_not_depend_on_the_others() -> None:
    others = _frame(
        dates=["3.4.2024", "25.4.2024", "1.5.2024"], open=["3/4/2024", "4/5/2024", "1/2/2024"], amounts=["1.234,50", "12,5", "3"],
        points=["1.234", "2", "0.5"], empty=["", " ", ""],
        seconds=["1700000000", "1700000001", "1700000002"], swapped=["47.1, 9.5", "47.2, 9.6", "47.3, 120.5"],
    )  # fmt: skip
    sample = pd.concat([_PEOPLE, others], axis="columns")
    alone = {column: profiles(sample[[column]])[column] for column in sample.columns}
    assert profiles(sample) == alone
    assert alone["dates"].shares["date"] == 1
    assert alone["amounts"].shares["number"] == 1
    assert alone["swapped"].shares["position"] == 1
    assert not alone["empty"].given


def test_values_that_contradict_their_header_are_not_used() -> None:
    sample = _frame(id=["1", "2"], name=["A", "B"], phone=["a@b.ch", "c@d.ch"], latitude=["north", "south"])
    assert set(guess(ACCOUNTS, sample.columns, profiles(sample))) == {"account_key", "name"}


def test_what_is_none_of_ours_is_left_alone() -> None:
    sample = _frame(id=["1", "2"], Fax=["+423 232 11 11", "+423 232 11 12"], Geburtsdatum=["1.1.1970", "2.2.1980"])
    assert set(guess(ACCOUNTS, sample.columns, profiles(sample))) == {"account_key"}


def test_a_candidate_says_why() -> None:
    ranked = rank(ACCOUNTS, ["E-Mail", "x1"], profiles(_frame(**{"E-Mail": ["a@b.ch", "nobody"], "x1": ["c@d.ch", "e@f.ch"]})))
    first = ranked["E-Mail"][0]
    assert first.field == "email"
    assert first.confidence == pytest.approx(0.7)
    assert "the header is" in first.evidence
    assert "50% are mail addresses" in first.evidence
    assert ranked["x1"][0].field == "email"


@given(st.lists(st.tuples(st.text(max_size=12), st.lists(st.text(max_size=12), min_size=3, max_size=3)), max_size=5, unique_by=lambda column: column[0]))
@settings(max_examples=6)
def test_no_file_breaks_a_guess(columns: list[tuple[str, list[str]]]) -> None:
    sample = pd.DataFrame({header: pd.Series(values, dtype="string") for header, values in columns})
    for object_type in (ACCOUNTS, ORDERS):
        found = guess(object_type, sample.columns, profiles(sample))
        used = [column for source, _ in found.values() for column in source.columns]
        assert set(used) <= set(sample.columns)
        assert len(set(used)) == len(used)


@given(st.text(max_size=20))
def test_a_plain_header_has_neither_case_nor_signs(header: str) -> None:
    assert plain(plain(header)) == plain(header)


def test_what_the_columns_prove_is_kept_with_the_mapping() -> None:
    mapping = FileMapping.model_validate({"fields": {"order_key": "id", "ordered_at": "d", "revenue": "r", "quantity": "q"}})
    chunks = [_frame(id=["1"], d=["03/04/2024"], r=["1.234"], q=["1"]), _frame(id=["2"], d=["25/04/2024"], r=["12,50"], q=["2"])]
    settled = settle(mapping, ORDERS, chunks)
    assert settled.fields["ordered_at"].format == "day_first"
    assert settled.fields["revenue"].decimal == ","
    assert settled.fields["quantity"] == mapping.fields["quantity"]
    contradiction = [*chunks, _frame(id=["3"], d=["04/25/2024"], r=["0.5"], q=["3"])]
    assert settle(mapping, ORDERS, contradiction).fields == mapping.fields


_REAL = {
    "chicago_dedupe/csv_example_messy_input.csv": {
        "account_key": "Id",
        "name": "Site name",
        "street": "Address",
        "postcode": "Zip",
        "phone": "Phone",
        "email": "Email Address",
        "website": "Website",
    },
    "us/all_us_zipcodes.csv": {"account_key": "code", "city": "city", "longitude": "lon", "latitude": "lat"},
    "us/1962_2006_walmart_store_openings.csv": {
        "account_key": "storenum",
        "street": "STREETADDR",
        "city": "STRCITY",
        "postcode": "ZIPCODE",
        "longitude": "LON",
        "latitude": "LAT",
    },
    "fodors_zagat/restaurant.csv": {"name": "name", "street": "addr", "city": "city", "phone": "phone", "segment": "type"},
    "saopaulo/municipios.csv": {"account_key": "codigo_ibge", "name": "nome", "longitude": "longitude", "latitude": "latitude"},
    "zurich/StationLocations-Foot.csv": {"account_key": "station_id", "name": "station_name", "longitude": "lon", "latitude": "lat"},
    "zurich/taz.view_eco_standorte.csv": {"account_key": "objectid", "name": "bezeichnung", "position": "geometry"},
    "metrla/graph_sensor_locations.csv": {"account_key": "sensor_id", "longitude": "longitude", "latitude": "latitude"},
    "helsinki/addresses.txt": {"account_key": "id", "street": "addr"},
    "huff_freiburg/Freiburg_Stadtbezirke_Einwohner.xlsx": {"account_key": "nr", "name": "name"},
}
_HEADERLESS = {
    "adventureworks/ProspectiveBuyer.csv": ("|", 24, {"account_key": 1, "street": 17, "city": 19, "postcode": 21, "phone": 22, "email": 9}),
    "adventureworks/DimReseller.csv": ("|", 20, {"account_key": 1, "name": 6, "street": 13, "phone": 4}),
    "adventureworks/Address.csv": ("\t", 9, {"account_key": 1, "street": 2, "city": 4, "postcode": 6, "position": 7}),
    "adventureworks/DimGeography.csv": ("|", 11, {"account_key": 1, "city": 2, "country_code": 5, "postcode": 9}),
}


def _right_and_wrong(path: Path, options: ReadOptions, truth: dict[str, str]) -> tuple[int, int]:
    sample = next(readers.read(path, options)).head(2_000)
    found = {field: str(source) for field, (source, _) in guess(ACCOUNTS, sample.columns, profiles(sample)).items()}
    return sum(found.get(field) == column for field, column in truth.items()), sum(truth.get(field) != column for field, column in found.items())


def test_the_columns_of_real_files_are_mapped_right(real_data: Path) -> None:
    counts = [_right_and_wrong(real_data / name, ReadOptions(), truth) for name, truth in _REAL.items()]
    share = sum(right for right, _ in counts) / sum(map(len, _REAL.values()))
    assert share >= 0.95
    assert sum(wrong for _, wrong in counts) <= 2


def test_most_columns_of_real_files_without_headers_are_mapped_right(real_data: Path) -> None:
    counts = []
    for name, (delimiter, width, truth) in _HEADERLESS.items():
        options = ReadOptions(delimiter=delimiter, columns=tuple(f"column {number}" for number in range(1, width + 1)))
        counts.append(_right_and_wrong(real_data / name, options, {field: f"column {number}" for field, number in truth.items()}))
    share = sum(right for right, _ in counts) / sum(len(truth) for _, _, truth in _HEADERLESS.values())
    assert share >= 0.75
    assert sum(wrong for _, wrong in counts) <= 4


def test_reps_and_contacts_have_no_position_of_their_own_kind() -> None:
    assert "position" not in guess(CONTACTS, ["position"])
    assert guess(REPS, ["territory_key", "rep id", "name"])["rep_key"][0].column == "rep id"
