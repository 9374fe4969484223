"""Leads: imported, placed, given to reps by rules with a reason, converted, rejected; everything with who and through what, and taken back."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypedDict

import pytest

from gcrm.access.scope import Scope
from gcrm.db.connection import Role, connect
from gcrm.errors import CrmError, EntryError
from gcrm.pipeline import duplicates, jobs, leads
from gcrm.pipeline.changes import Through
from gcrm.pipeline.lead_assignment import assign_leads, take_back
from gcrm.pipeline.lead_conversion import Sale, convert, likely_accounts
from gcrm.pipeline.leads import Choice, lead, list_leads
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop, shop_file

pytestmark = pytest.mark.usefixtures("database", "shop")

ALL = Scope.everything()


class Who(TypedDict):
    """Who writes, and through what."""

    actor: str
    through: Through


WHO = Who(actor="ada", through="page")


@pytest.fixture(scope="module")
def city(database: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One street of the city, so that an address is found; the shop's territories, reps and accounts."""
    del database
    empty()
    path = tmp_path_factory.mktemp("city") / "helsinki.csv"
    path.write_text("LON,LAT,NUMBER,STREET,CITY,POSTCODE\n24.9389,60.1719,5,Mannerheimintie,Helsinki,00100\n24.9430,60.1710,1,Kaivokatu,Helsinki,00100\n")
    well("load", "addresses", path, "--attribution", "made up")
    import_shop("territories", "reps", "accounts")


@pytest.fixture
def shop(city: None) -> None:
    """The shop's four leads, as they came."""
    del city
    with connect(Role.OWNER) as connection:
        for table in ("leads", "opportunities", "contacts", "changes", "quarantine", "mended"):
            connection.execute(f"DELETE FROM gcrm.{table}".encode())
        connection.execute("DELETE FROM gcrm.accounts WHERE source = 'by hand'")
    import_shop("leads")


def _key(source_key: str) -> int:
    return int(value("SELECT lead_id FROM gcrm.leads WHERE source_key = %s", source_key))


def _state() -> list[tuple[object, ...]]:
    return rows("""
        SELECT l.source_key, t.source_key, r.source_key, assigned_by, assigned_because
        FROM gcrm.leads l LEFT JOIN gcrm.territories t USING (territory_id) LEFT JOIN gcrm.reps r USING (rep_id) ORDER BY 1""")


def test_a_lead_is_called_by_its_company_its_person_or_its_address() -> None:
    assert rows("SELECT name, status, amount, currency, geocode_level FROM gcrm.leads ORDER BY source_key") == [
        ("Kahvila Aalto", "new", Decimal("6000.00"), "EUR", "given"),
        ("Onni Laine", "new", None, "EUR", "given"),
        ("Torikauppa Oy", "new", Decimal("500.50"), "EUR", None),
        ("who@example.org", "new", None, "EUR", None),
    ]


def test_what_names_nobody_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Lead ID,Company,Last name,made_up\nl9,,,yes\nl10,Yes Oy,,yes\n")
    assert "1 created" in well("import", "leads", file)
    assert "is missing, and so is family_name" in well("quarantine", "show", "leads")
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("Lead ID,City\nl9,Helsinki\n")
    done = gcrm("import", "leads", nothing)
    assert (done.code, "no column feeds company" in done.err) == (1, True)


def test_the_rules_give_what_lies_in_a_territory_to_its_reps_and_say_why() -> None:
    done = assign_leads(ALL, **WHO)
    assert (done.assigned, done.left) == (2, 2)
    assert _state() == [
        ("l1", "north", "r1", "ada", "assigned to Rep One because it lies in North and is the only rep there"),
        ("l2", "south", "r2", "ada", "assigned to Rep Two because it lies in South and is the only rep there"),
        ("l3", None, None, None, "not assigned because it lies in no territory"),
        ("l4", None, None, None, "not assigned because it lies in no territory"),
    ]
    assert value("SELECT count(*) FROM gcrm.changes") == 0
    again = assign_leads(ALL, **WHO)
    assert (again.assigned, again.left) == (0, 2)
    assert take_back(done.at, ALL, **WHO) == 2
    assert value("SELECT count(rep_id) FROM gcrm.leads") == 0


def test_an_import_whose_leads_were_assigned_can_still_be_undone() -> None:
    assign_leads(ALL, **WHO)
    well("jobs", "undo", value("SELECT max(job_id) FROM gcrm.jobs"))
    assert value("SELECT count(*) FROM gcrm.leads") == 0


def test_an_import_gives_what_has_a_place_to_reps_as_the_rules_would(tmp_path: Path) -> None:
    assign_leads(ALL, **WHO)
    query = """SELECT l.source_key, t.name, r.name, l.assigned_because FROM gcrm.leads l LEFT JOIN gcrm.territories t USING (territory_id)
        LEFT JOIN gcrm.reps r USING (rep_id) ORDER BY 1"""
    by_rules = rows(query)
    with connect(Role.OWNER) as connection:
        connection.execute("DELETE FROM gcrm.leads")
    well("import", "leads", shop_file("leads"), "--assign")
    assert [row[:3] for row in rows(query)] == [row[:3] if row[0] in {"l1", "l2"} else (row[0], None, None) for row in by_rules]
    assert [row[3] for row in rows(query)][:2] == [row[3] for row in by_rules][:2]
    assert value("SELECT count(*) FROM gcrm.leads WHERE assigned_at IS NOT NULL AND assigned_by IS NOT NULL") == 2
    again = tmp_path / "leads.csv"
    again.write_text(shop_file("leads").read_text().replace("Two cargo bikes", "Three cargo bikes"))
    assert "1 updated" in well("import", "leads", again, "--assign")
    assert [row[:3] for row in rows(query)][:2] == [row[:3] for row in by_rules][:2]
    refused = gcrm("import", "accounts", shop_file("accounts"), "--assign")
    assert (refused.code, refused.err) == (1, "gcrm: --assign gives leads to reps, and accounts are none; leave it out.\n")


def test_only_who_sees_every_lead_runs_the_rules() -> None:
    with pytest.raises(CrmError, match="who sees them all"):
        assign_leads(Scope(frozenset({1})), **WHO)


def test_by_load_the_one_with_the_fewest_gets_the_next(tmp_path: Path) -> None:
    rep = tmp_path / "reps.csv"
    rep.write_text("Rep ID,Name,Territory,made_up\nr4,Rep Four,north,yes\n")
    well("import", "reps", rep)
    file = tmp_path / "leads.csv"
    file.write_text("Lead ID,Company,Lat,Lng,Rep,made_up\n" + "".join(f"n{n},North {n},60.1719,24.9389,{'r1' if n < 2 else ''},yes\n" for n in range(7)))
    well("import", "leads", file)
    assert value("SELECT assigned_because FROM gcrm.leads WHERE source_key = 'n0'") == "the file names the rep"
    well("leads", "assign", "--way", "load")
    given = rows("""
        SELECT r.source_key FROM gcrm.leads l JOIN gcrm.reps r USING (rep_id) JOIN gcrm.territories t ON t.territory_id = l.territory_id
        WHERE t.source_key = 'north'""")
    assert Counter(each for (each,) in given) == {"r1": 4, "r4": 4}
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.leads")
        connection.execute("DELETE FROM gcrm.reps WHERE source_key = 'r4'")


def test_one_that_is_typed_in_is_placed_by_its_address_and_given_at_once() -> None:
    key, job = leads.create({"company": "Uusi Oy", "street": "Kaivokatu 1", "city": "Helsinki", "country_code": "FI"}, **WHO)
    found = lead(key, ALL)
    assert (found["geocode_level"], found["rep"], found["territory"], found["assigned_by"]) == ("rooftop", "Rep One", "North", "ada")
    assert jobs.undo(job).removed == 1
    with pytest.raises(EntryError, match="Company is missing, and so is"):
        leads.create({"city": "Helsinki"}, **WHO)
    assert value("SELECT count(*) FROM gcrm.leads") == 4


def test_a_reader_sees_the_leads_of_its_territories_and_nobody_else_what_lies_in_none() -> None:
    assign_leads(ALL, **WHO)
    north = Scope(frozenset({value("SELECT territory_id FROM gcrm.territories WHERE source_key = 'north'")}))
    assert list(list_leads(Choice(), north)["name"]) == ["Kahvila Aalto"]
    assert len(list_leads(Choice(), ALL)) == 4
    for do in (
        lambda key: leads.set_status(key, "working", north, **WHO),
        lambda key: leads.give(key, 1, north, **WHO),
        lambda key: convert(key, north, **WHO, sale=Sale()),
        lambda key: lead(key, north),
        lambda key: likely_accounts(key, north),
    ):
        with pytest.raises(CrmError, match="or you may not see it"):
            do(_key("l2"))
    assert value("SELECT count(*) FROM gcrm.changes") == 0


def test_lists_are_filtered() -> None:
    assign_leads(ALL, **WHO)
    assert set(list_leads(Choice(unassigned=True), ALL)["name"]) == {"Torikauppa Oy", "who@example.org"}
    assert list(list_leads(Choice(text=" AALT"), ALL)["name"]) == ["Kahvila Aalto"]
    assert list_leads(Choice(text="%"), ALL).empty
    assert list(list_leads(Choice(reps=(value("SELECT rep_id FROM gcrm.reps WHERE source_key = 'r2'"),)), ALL)["name"]) == ["Onni Laine"]
    assert list_leads(Choice(statuses=("rejected",)), ALL).empty
    assert set(leads.count_leads(ALL).itertuples(index=False, name=None)) == {("new", 4, 2)}


def test_a_rejection_has_a_reason_and_is_taken_back() -> None:
    key = _key("l4")
    with pytest.raises(CrmError, match="Why it is rejected is missing"):
        leads.set_status(key, "rejected", ALL, **WHO)
    change = leads.set_status(key, "rejected", ALL, reason="wanted a car", **WHO)
    assert rows("SELECT status, rejected_because FROM gcrm.leads WHERE lead_id = %s", key) == [("rejected", "wanted a car")]
    assert rows("SELECT object, changed_by, through FROM gcrm.changes") == [("leads", "ada", "page")]
    assert change is not None
    leads.undo(key, change, ALL, **WHO)
    assert rows("SELECT status, rejected_because FROM gcrm.leads WHERE lead_id = %s", key) == [("new", None)]


def test_one_that_lies_nowhere_gets_the_territory_of_the_rep_it_is_given_to() -> None:
    key = _key("l4")
    change = leads.give(key, value("SELECT rep_id FROM gcrm.reps WHERE source_key = 'r2'"), ALL, **WHO)
    found = lead(key, ALL)
    assert (found["rep"], found["territory"], found["assigned_because"]) == ("Rep Two", "South", "given by ada")
    import_shop("leads")
    assert lead(key, ALL)["rep"] == "Rep Two"
    assert change is not None
    leads.undo(key, change, ALL, **WHO)
    assert lead(key, ALL)["territory"] is None


def test_a_conversion_makes_three_records_and_is_taken_back_whole() -> None:
    assign_leads(ALL, **WHO)
    key, before = _key("l1"), value("SELECT count(*) FROM gcrm.accounts")
    done = convert(key, ALL, sale=Sale(expected_close_on=date(2026, 12, 24)), **WHO)
    told = rows("SELECT name, kind, status, geocode_level, territory_id, made_up FROM gcrm.accounts WHERE account_id = %s", done.account_id)
    assert told == [("Kahvila Aalto", "company", "prospect", "given", lead(key, ALL)["territory_id"], True)]
    contact = rows("SELECT given_name, email, account_id FROM gcrm.contacts WHERE contact_id = %s", done.contact_id)
    assert contact == [("Saara", "saara@example.org", done.account_id)]
    opened = "SELECT o.name, amount, stage, expected_close_on, r.name FROM gcrm.opportunities o JOIN gcrm.reps r USING (rep_id) WHERE opportunity_id = %s"
    assert rows(opened, done.opportunity_id) == [("Two cargo bikes", Decimal("6000.00"), "new", date(2026, 12, 24), "Rep One")]
    found = lead(key, ALL)
    assert (found["status"], found["converted_account_id"], found["converted_opportunity_id"]) == ("converted", done.account_id, done.opportunity_id)
    assert rows("SELECT kind, state, created_by FROM gcrm.jobs WHERE job_id = %s", done.job_id) == [("entry", "finished", "ada")]
    with pytest.raises(CrmError, match="is an account now"):
        convert(key, ALL, **WHO)
    with pytest.raises(CrmError, match="is an account now"):
        leads.set_status(key, "new", ALL, **WHO)
    undone = jobs.undo(done.job_id)
    assert (undone.restored, undone.removed, undone.kept) == (1, 3, 0)
    assert lead(key, ALL)["status"] == "new"
    assert value("SELECT count(*) FROM gcrm.accounts") == before
    assert value("SELECT count(*) FROM gcrm.opportunities") == value("SELECT count(*) FROM gcrm.contacts") == 0
    convert(key, ALL, **WHO)


def test_one_that_is_an_account_already_becomes_a_contact_and_an_opportunity_there() -> None:
    key, _ = leads.create({"company": "Velo Oy", "street": "Mannerheimintie 5", "postcode": "00100", "city": "Helsinki", "country_code": "FI",
                           "phone": "+358 9 1", "given_name": "Aino"}, **WHO)  # fmt: skip
    likely = likely_accounts(key, ALL)
    velo = value("SELECT account_id FROM gcrm.accounts WHERE source_key = 'c1'")
    assert velo in {each.account_id for each in likely}
    done = gcrm("leads", "convert", key)
    assert (done.code, "may be an account already" in done.err) == (1, True)
    before = value("SELECT count(*) FROM gcrm.accounts")
    found = convert(key, ALL, account_id=velo, sale=Sale("Bikes", Decimal(100)), **WHO)
    assert (found.account_id, value("SELECT count(*) FROM gcrm.accounts")) == (velo, before)
    assert rows("SELECT account_id FROM gcrm.opportunities UNION ALL SELECT account_id FROM gcrm.contacts") == [(velo,), (velo,)]
    assert jobs.undo(found.job_id).kept == 0
    with pytest.raises(CrmError, match="There is no account 999999"):
        convert(key, ALL, account_id=999_999, **WHO)


def test_what_cannot_be_stored_leaves_nothing_of_a_conversion() -> None:
    before = value("SELECT (SELECT count(*) FROM gcrm.accounts) + (SELECT count(*) FROM gcrm.jobs)")
    with pytest.raises(EntryError, match=r"Amount .*; mend it and save again"):
        convert(_key("l1"), ALL, sale=Sale(amount=Decimal(-5)), **WHO)
    assert value("SELECT (SELECT count(*) FROM gcrm.accounts) + (SELECT count(*) FROM gcrm.jobs)") == before
    assert lead(_key("l1"), ALL)["status"] == "new"
    assert value("SELECT count(*) FROM gcrm.quarantine") == 0


def test_a_merge_takes_the_lead_along_and_its_undo_brings_it_back() -> None:
    done = convert(_key("l1"), ALL, **WHO)
    velo = value("SELECT account_id FROM gcrm.accounts WHERE source_key = 'c1'")
    with connect(Role.WRITER) as connection:
        merge = connection.execute("SELECT gcrm.merge_accounts(%s, %s)", [velo, done.account_id]).fetchone()
    assert merge is not None
    assert lead(_key("l1"), ALL)["converted_account_id"] == velo
    assert duplicates.undo(merge[0]) == []
    assert lead(_key("l1"), ALL)["converted_account_id"] == done.account_id


def test_a_file_that_comes_again_changes_what_differs_and_a_new_address_forgets_the_place(tmp_path: Path) -> None:
    assign_leads(ALL, **WHO)
    convert(_key("l2"), ALL, **WHO)
    import_shop("leads")
    assert value("SELECT rows_unchanged FROM gcrm.imports ORDER BY import_id DESC LIMIT 1") == 4
    assert lead(_key("l2"), ALL)["status"] == "converted"
    file = tmp_path / "leads.csv"
    file.write_text("Lead ID,Company,Street,House no,ZIP,Town\nl1,Kahvila Aalto,Kaivokatu,1,00100,Helsinki\n")
    well("import", "leads", file)
    assert rows("SELECT geocode_level, territory_id, name, rating FROM gcrm.leads WHERE source_key = 'l1'") == [(None, None, "Kahvila Aalto", "hot")]
    assign_leads(ALL, **WHO)
    found = lead(_key("l1"), ALL)
    assert (found["geocode_level"], found["territory"], found["rep"]) == ("rooftop", "North", "Rep One")


def test_the_command_line_does_all_of_it() -> None:
    assert "2 leads were given to reps, 2 wait" in well("leads", "assign", "--by", "ada")
    assert "lies in no territory" in well("leads", "list", "--unassigned")
    key = _key("l1")
    assert "is working" in well("leads", "work", key)
    out = well("leads", "reject", _key("l4"), "spam", "--by", "ada")
    well("leads", *out.strip().rpartition("gcrm leads ")[2].rstrip("`.").split())
    assert "spam" not in well("leads", "list")
    assert "Rep Three" in well("leads", "reps")
    assert "was given to rep" in well("leads", "give", key, value("SELECT rep_id FROM gcrm.reps WHERE source_key = 'r3'"))
    converted = well("leads", "convert", key, "--amount", "10", "--closes", "2026-12-24", "--new")
    assert "account" in converted
    assert "opportunity" in converted
    assert "converted" in well("leads", "show", key)
    assert "is stored, assigned to Rep One" in well("leads", "add", "company=Uusi Oy", "street=Kaivokatu 1", "city=Helsinki")
    for arguments, sentence in (
        (("list", "--status", "old"), "there are new, working"),
        (("assign", "--way", "luck"), "there are turn, load"),
        (("add", "colour=red"), "is no FIELD=VALUE of a lead"),
        (("show", 999_999), "There is no lead 999999"),
        (("give", key, 999_999), "There is no rep 999999"),
        (("convert", key, "--amount", "much", "--new"), "'much' is no number"),
    ):
        done = gcrm("leads", *arguments)
        assert (done.code, sentence in done.err) == (1, True), done.err
