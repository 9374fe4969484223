"""Search: what a person writes finds the account that is meant, in the territories of whoever asks, and nothing of what was erased or changed since."""

from collections.abc import Sequence

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.pipeline.search import find_accounts
from tests.integration.command_line import well
from tests.integration.records import empty, value
from tests.integration.shop import import_shop

EVERYTHING = Scope.everything()


@pytest.fixture(scope="module", autouse=True)
def _shop(database: None) -> None:
    del database
    empty()
    import_shop("territories", "reps", "products", "accounts", "contacts")
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET phone = '+358 40 765 4321', email = 'orders@meri-bau.example.org' WHERE source_key = 'c3'")
        writer.execute("UPDATE gcrm.accounts SET street = 'Hämeentie', territory_id = 1 WHERE source_key = 'c4'")


def _keys(text: str, scope: Scope = EVERYTHING) -> Sequence[str]:
    found = find_accounts(text, scope)["account_id"].tolist()
    return [str(value("SELECT source_key FROM gcrm.accounts WHERE account_id = %s", each)) for each in found]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Velo Oy", "c1"), ("velo OY", "c1"), ("velo filiale", "c2"), ("filiale velo", "c2"), ("Mannerheimintie 12", "c2"), ("hameentie", "c4"),
        ("Hämeentie", "c4"), ("pyora", "c4"), ("Pyörä & Co.", "c4"), ("0407654321", "c3"), ("+358 40 765 4321", "c3"), ("orders@meri-bau.example.org", "c3"),
        ("meri-bau", "c3"), ("c5", "c5"), ("muster 99999", "c5"), ("kaivok", "c3"), ("Manerheimintie 5", "c1"), ("familie mustr", "c5"),
    ],
)  # fmt: skip
def test_what_is_meant_comes_first(text: str, key: str) -> None:
    assert _keys(text)[:1] == [key]


def test_what_is_found_by_its_words_or_number_is_not_looked_for_with_mistakes() -> None:
    for text in ("0407654321", "velo filiale"):
        with connect(Role.WRITER) as writer:
            writer.execute("SELECT set_config('gcrm.territories', 'all', true)")
            steps = {step for (step,) in writer.execute("SELECT DISTINCT step FROM gcrm.search_accounts(%s, 200)", [text])}
        assert steps
        assert max(steps) < 3, text


@pytest.mark.parametrize("text", ["Vertoliini GmbH", "Veroliini GmbH", "Vetroliini GmbH", "gmbh vertolini", "Vertoliny"])
def test_a_name_with_a_mistake_comes_before_what_only_the_kind_of_company_is_like(text: str) -> None:
    names = ["Aalto GmbH", "Averto GmbH", "Linja GmbH & Co. KG", "Vertoliini GmbH Nord", "Zeta GmbH", "Vertolli Bau"]
    with connect(Role.WRITER) as writer:
        for name in names:
            writer.execute(
                "INSERT INTO gcrm.accounts (source, source_key, kind, status, name, made_up, import_id)"
                " VALUES ('alike', %s, 'company', 'customer', %s, true, (SELECT min(import_id) FROM gcrm.imports))", [name, name],
            )  # fmt: skip
    try:
        assert find_accounts(text, EVERYTHING)["name"].tolist()[:1] == ["Vertoliini GmbH Nord"]
    finally:
        with connect(Role.WRITER) as writer:
            writer.execute("DELETE FROM gcrm.accounts WHERE source = 'alike'")


def test_a_contact_leads_to_the_account() -> None:
    found = find_accounts(str(value("SELECT email FROM gcrm.contacts WHERE email IS NOT NULL ORDER BY contact_id LIMIT 1")), EVERYTHING)
    assert len(found) == 1
    assert found["contact"].iloc[0]
    assert found["account_id"].iloc[0] == value("SELECT account_id FROM gcrm.contacts WHERE email IS NOT NULL ORDER BY contact_id LIMIT 1")


@pytest.mark.parametrize("text", ["nobody is called so", "%", "'; DROP TABLE gcrm.accounts; --", "\\", "&|!():*", "x" * 5000, "", "日本"])
def test_what_nobody_is_called_finds_nobody_and_breaks_nothing(text: str) -> None:
    found = find_accounts(text, EVERYTHING)
    assert list(found.columns) == ["account_id", "name", "status", "address", "contact"]
    assert len(found) == (0 if text.strip() else 7)


def test_nothing_of_a_foreign_territory_is_found_by_whatever_is_written() -> None:
    mine = {str(value("SELECT source_key FROM gcrm.accounts WHERE account_id = %s", key)) for key in find_accounts("", Scope(frozenset({1})))["account_id"]}
    assert mine == {"c4", "c7"}
    for text in ("velo", "Velo Oy", "mannerheimintie", "0407654321", "Manerheimintie", "familie mustr", "helsinki", "c1"):
        assert set(_keys(text, Scope(frozenset({1})))) <= mine
    assert _keys("hameentie", Scope(frozenset({1}))) == ["c4"]


def test_what_changes_is_found_as_it_is_now() -> None:
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.accounts SET name = 'Uusi Nimi', street = 'Toinen Katu' WHERE source_key = 'c5'")
    assert _keys("uusi nimi") == ["c5"]
    assert _keys("toinen katu") == ["c5"]
    assert _keys("Familie Muster") == []
    well("jobs", "undo", value("SELECT max(job_id) FROM gcrm.jobs WHERE file_name = 'contacts.csv'"))
    assert value("SELECT count(*) FROM gcrm.contact_words") == 0


def test_the_command_shows_what_is_found() -> None:
    assert "Velo Oy" in well("find", "velo", "mannerheimintie")
    assert "write fewer words" in well("find", "nobody is called so")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café Zürich, Bahnhofstraße 5", ["cafe", "zurich", "bahnhofstraße", "5"]),
        ("O'Neill & Söhne (Wien)\\Nord/Süd|Ost", ["o", "neill", "sohne", "wien", "nord", "sud", "ost"]),
        ('[a]{b}<c>"d"`e`´f’“g”„h&i+j*k=l#m@n_o-p.q;r:s!t?u', list("abcdefghijklmnopqrstu")),  # noqa: RUF001 - the signs that are meant
        ("서울특별시 중구", ["서울특별시", "중구"]),
        ("100 % $5 ~", ["100", "%", "$5", "~"]),
        ("  . - ", []),
        ("", []),
    ],
)
def test_signs_part_words_and_accents_go(database: None, text: str, words: list[str]) -> None:
    del database
    assert value("SELECT gcrm.words_of(%s)", text) == words
