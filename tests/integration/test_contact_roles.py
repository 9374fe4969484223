"""Roles of contacts at accounts that are not their own: given, ended, taken away; whom an activity is with; merges; nothing of a foreign territory."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gcrm.access.scope import Scope
from gcrm.crm.contact_roles import Role
from gcrm.errors import CrmError
from gcrm.pipeline import activities, activity_lists, contact_roles
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("shop")

EVERYTHING = Scope.everything()
_ROLE = Role("accountant", date(2020, 1, 1))


@pytest.fixture
def shop(database: None) -> None:
    """Accounts in two territories, and a contact of the first."""
    del database
    empty()
    import_shop("territories", "reps", "products", "accounts", "contacts")
    rows("UPDATE gcrm.accounts SET territory_id = CASE source_key WHEN 'c1' THEN 1 ELSE 2 END WHERE source_key IN ('c1', 'c2') RETURNING 1")


def _today() -> date:
    return datetime.now(UTC).date()


def _account(key: str) -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key))


def _contact(key: str) -> int:
    return int(value("SELECT min(contact_id) FROM gcrm.contacts WHERE account_id = %s", _account(key)))


def _give(role: Role = _ROLE, scope: Scope = EVERYTHING) -> int:
    return contact_roles.give(_contact("c1"), _account("c2"), role, scope, actor="anna", through="page")


def _at(key: str, scope: Scope = EVERYTHING) -> list[tuple[int, str, bool]]:
    found = contact_roles.people(_account(key), scope)
    return list(found[["contact_id", "role", "holds"]].itertuples(index=False, name=None))


def test_a_contact_has_roles_at_several_accounts() -> None:
    own = len(contact_roles.people(_account("c2"), EVERYTHING))
    key = _give()
    found = contact_roles.people(_account("c2"), EVERYTHING)
    assert len(found) == own + 1
    last = found.iloc[-1]
    assert (last["contact_id"], last["role"], last["contact_role_id"], last["own_account_id"]) == (_contact("c1"), "accountant", key, _account("c1"))
    (elsewhere,) = contact_roles.elsewhere([_contact("c1")], EVERYTHING).to_dict("records")
    assert (elsewhere["account_id"], elsewhere["role"], elsewhere["holds"]) == (_account("c2"), "accountant", True)
    other = _give(Role("user", date(2021, 1, 1)))
    assert [role for _, role, _ in _at("c2")][-2:] == ["accountant", "user"]
    contact_roles.remove(other, EVERYTHING, actor="anna", through="page")
    assert _give(Role("Accountant", date(2022, 1, 1), date(2023, 1, 1))) == key
    assert _at("c2")[-1] == (_contact("c1"), "accountant", False)


def test_a_role_ends_and_goes_on() -> None:
    key, today = _give(), _today()
    contact_roles.end(key, today, EVERYTHING, actor="anna", through="page")
    assert _at("c2")[-1][2] is False
    contact_roles.end(key, None, EVERYTHING, actor="anna", through="page")
    assert _at("c2")[-1][2] is True
    with pytest.raises(CrmError, match="began on 2020-01-01"):
        contact_roles.end(key, date(2019, 1, 1), EVERYTHING, actor="anna", through="page")


def test_it_is_refused_at_the_own_account_and_of_whom_nobody_knows() -> None:
    for contact, account, why in ((_contact("c1"), _account("c1"), "already"), (0, _account("c2"), "no contact 0"), (_contact("c1"), 0, "no account 0")):
        with pytest.raises(CrmError, match=why):
            contact_roles.give(contact, account, _ROLE, EVERYTHING, actor="anna", through="page")


def test_an_activity_is_with_somebody_who_has_a_role_there_today() -> None:
    details = activities.Details(_account("c2"), "call", "asked", contact_id=_contact("c1"))
    with pytest.raises(CrmError, match="no contact"):
        activities.log(details, EVERYTHING, actor="anna", through="page")
    key = _give()
    assert _contact("c1") in activity_lists.partners_of(_account("c2"), EVERYTHING)["key"].tolist()
    activities.log(details, EVERYTHING, actor="anna", through="page")
    contact_roles.end(key, _today(), EVERYTHING, actor="anna", through="page")
    with pytest.raises(CrmError, match="no contact"):
        activities.log(details, EVERYTHING, actor="anna", through="page")


def test_they_are_found_by_their_words_and_by_those_of_their_account() -> None:
    contact = _contact("c1")
    family, account = rows("SELECT k.family_name, a.name FROM gcrm.contacts k JOIN gcrm.accounts a USING (account_id) WHERE contact_id = %s", contact)[0]
    for text in (family, account):
        assert contact in contact_roles.find_contacts(text, EVERYTHING)["contact_id"].tolist()
    assert contact_roles.find_contacts("nobody is called like this", EVERYTHING).empty


def test_merged_accounts_keep_the_roles_and_an_undo_gives_them_back() -> None:
    key, third = _give(), _account("c3")
    merge = value("SELECT gcrm.merge_accounts(%s, %s)", third, _account("c2"))
    assert value("SELECT account_id FROM gcrm.contact_roles WHERE contact_role_id = %s", key) == third
    value("SELECT gcrm.undo_merge(%s)", merge)
    assert value("SELECT account_id FROM gcrm.contact_roles WHERE contact_role_id = %s", key) == _account("c2")


def test_only_who_sees_both_sees_it() -> None:
    key = _give()
    for territory in (1, 2):
        mine = Scope(frozenset({territory}))
        assert [role for _, role, _ in _at("c2", mine) if role == "accountant"] == []
        assert contact_roles.elsewhere([_contact("c1")], mine).empty
        with pytest.raises(CrmError, match="may not see it"):
            _give(Role("user", date(2021, 1, 1)), mine)
        with pytest.raises(CrmError, match="may not see it"):
            contact_roles.end(key, None, mine, actor="anna", through="page")
        with pytest.raises(CrmError, match="may not see it"):
            contact_roles.remove(key, mine, actor="anna", through="page")
    both = Scope(frozenset({1, 2}))
    assert [role for _, role, _ in _at("c2", both)][-1] == "accountant"


def test_the_commands() -> None:
    contact, account = _contact("c1"), _account("c2")
    since = _today() - timedelta(days=3)
    assert "is accountant of account" in well("contacts", "give", contact, account, "accountant", "--since", since, "--by", "anna")
    key = value("SELECT contact_role_id FROM gcrm.contact_roles")
    assert "accountant" in well("contacts", "list", account)
    assert str(contact) in well("contacts", "find", value("SELECT family_name FROM gcrm.contacts WHERE contact_id = %s", contact))
    assert "No contact is like that" in well("contacts", "find", "nobody is called like this")
    assert "ends on" in well("contacts", "end", key, "--by", "anna")
    assert "is removed" in well("contacts", "remove", key, "--by", "anna")
    assert "There is no role" in gcrm("contacts", "remove", key, "--by", "anna").err
