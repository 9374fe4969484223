"""Cases in the database: opened with deadlines, moved, assigned, commented, undone; imported, and seen where their account is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.errors import CrmError
from gcrm.pipeline import activities, cases, duplicates, jobs
from gcrm.pipeline.activity_lists import Choice, Events, history
from gcrm.pipeline.cases import NewCase
from gcrm.pipeline.checks import broken_checks
from tests.integration.command_line import gcrm, well
from tests.integration.records import rows, value
from tests.integration.shop import import_shop, shop_file

ALL = Scope.everything()
WHO: dict[str, Any] = {"actor": "Ada", "through": "page"}


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    del database
    import_shop()


@pytest.fixture(autouse=True)
def _as_imported(shop: None) -> Iterator[None]:
    """What a person writes in a test is gone behind it."""
    del shop
    yield
    with connect(Role.WRITER) as writer:
        writer.execute("DELETE FROM gcrm.activities WHERE created_import_id IS NULL")
        writer.execute("DELETE FROM gcrm.cases WHERE created_import_id IS NULL")


def _account(key: str = "c1") -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key))


def _complaint(**more: Any) -> cases.Written:  # noqa: ANN401 - fields of a case
    fields: dict[str, Any] = {"account_id": _account(), "kind": "complaint", "subject": "Brake squeals", "priority": "high"} | more
    return cases.open_case(NewCase(**fields), ALL, **WHO)


def _case(written: cases.Written) -> dict[str, Any]:
    found = cases.case(written.case_id, ALL)
    assert found is not None
    return found


def test_a_case_has_the_deadlines_of_its_priority_and_goes_its_way() -> None:
    product = int(value("SELECT min(product_id) FROM gcrm.products"))
    opened = _complaint(product_id=product)
    case = _case(opened)
    assert (case["response_due_at"] - case["opened_at"], case["solution_due_at"] - case["opened_at"]) == (timedelta(hours=4), timedelta(hours=24))
    assert (case["status"], case["responded_at"]) == ("new", None)
    with pytest.raises(CrmError, match="that is new cannot become closed"):
        cases.move(opened.case_id, "closed", ALL, **WHO)
    cases.move(opened.case_id, "open", ALL, comment="Called back", **WHO)
    solved = cases.move(opened.case_id, "solved", ALL, comment="Brake set", **WHO)
    case = _case(opened)
    assert case["opened_at"] <= case["responded_at"] <= case["solved_at"]
    assert list(cases.comments(opened.case_id, ALL)["text"]) == ["Called back", "Brake set"]
    told = history(_account(), Events(("cases",)), ALL, 9)
    assert {("cases", "opened"), ("cases", "solved")} <= set(zip(told["object"], told["kind"], strict=True))
    cases.undo(solved, ALL, **WHO)
    assert (_case(opened)["status"], _case(opened)["solved_at"]) == ("open", None)
    assert list(cases.comments(opened.case_id, ALL)["text"]) == ["Called back"]


def test_what_was_written_is_taken_back_and_what_was_said_since_is_kept() -> None:
    opened = _complaint()
    cases.undo(opened, ALL, **WHO)
    assert cases.case(opened.case_id, ALL) is None
    kept = _complaint()
    said = cases.comment(kept.case_id, "It is loud", ALL, **WHO)
    with pytest.raises(CrmError, match="something was said of it"):
        cases.undo_last(kept.case_id, ALL, **WHO)
    cases.undo(said, ALL, **WHO)
    cases.undo_last(kept.case_id, ALL, **WHO)
    assert cases.case(kept.case_id, ALL) is None


def test_a_rep_and_another_priority_are_given_and_taken_back() -> None:
    rep = int(value("SELECT min(rep_id) FROM gcrm.reps"))
    opened = _complaint()
    cases.assign(opened.case_id, rep, ALL, **WHO)
    with pytest.raises(CrmError, match="already"):
        cases.assign(opened.case_id, rep, ALL, **WHO)
    urgent = cases.set_priority(opened.case_id, "urgent", ALL, **WHO)
    assert _case(opened)["solution_due_at"] - _case(opened)["opened_at"] == timedelta(hours=8)
    cases.undo(urgent, ALL, **WHO)
    assert (_case(opened)["priority"], _case(opened)["rep_id"]) == ("high", rep)
    assert _case(opened)["solution_due_at"] - _case(opened)["opened_at"] == timedelta(hours=24)


def test_lists_stand_by_deadline_and_show_what_the_scope_shows() -> None:
    later, sooner = _complaint(priority="low"), _complaint(priority="urgent")
    listed = cases.cases(Choice(kinds=("complaint",)), ALL, 10)
    assert list(listed["case_id"]) == [sooner.case_id, later.case_id]
    soon = cases.cases(Choice(kinds=("complaint",)), ALL, 10, until=datetime.now(UTC) + timedelta(hours=10))
    assert list(soon["case_id"]) == [sooner.case_id]
    foreign = Scope(frozenset({-1}))
    assert cases.cases(Choice(), foreign, 10, unsolved=False).empty
    assert cases.case(sooner.case_id, foreign) is None
    with pytest.raises(CrmError, match="may not see it"):
        cases.move(sooner.case_id, "open", foreign, **WHO)
    with pytest.raises(CrmError, match="may not see it"):
        cases.open_case(NewCase(_account(), "fault", "x"), foreign, **WHO)


@pytest.mark.parametrize(
    ("more", "said"),
    [({"kind": "wish"}, "no kind of case"), ({"priority": "soon"}, "no priority"), ({"subject": " "}, "Say what it is about"),
     ({"product_id": 999}, "no product 999"), ({"contact_id": 999}, "no contact 999")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(CrmError, match=said):
        _complaint(**more)


def test_they_are_imported_with_deadlines_by_their_priority_and_undone() -> None:
    assert rows("SELECT c.source_key, status, p.source_key, response_due_at - opened_at, solution_due_at - opened_at FROM gcrm.cases c"
                " LEFT JOIN gcrm.products p USING (product_id) ORDER BY 1") == [
        ("q1", "solved", "b1", timedelta(hours=4), timedelta(hours=24)), ("q2", "new", None, timedelta(hours=8), timedelta(hours=72)),
    ]  # fmt: skip
    assert "0 created, 0 updated" in well("import", "cases", shop_file("cases"))
    assert broken_checks()[1] == {}


def test_a_merge_moves_them_and_an_undo_of_it_brings_them_back() -> None:
    first, second = _account("c1"), _account("c2")
    opened = _complaint(account_id=second)
    with connect(Role.WRITER) as writer:
        merge_id = writer.execute("SELECT gcrm.merge_accounts(%s, %s, false)", (first, second)).fetchone()
    assert merge_id is not None
    assert _case(opened)["account_id"] == first
    assert duplicates.undo(int(merge_id[0])) == []
    assert _case(opened)["account_id"] == second


def test_an_undo_of_an_import_leaves_an_account_that_somebody_has_a_case_with() -> None:
    opened = _complaint(account_id=_account("c3"))
    job = int(value("SELECT job_id FROM gcrm.imports WHERE object = 'accounts' ORDER BY import_id LIMIT 1"))
    conflicts = {(name, key): why for name, _, key, why in jobs.undo_conflicts(job)}
    assert "that stay" in conflicts["accounts", "c3"]
    cases.undo(opened, ALL, **WHO)


def test_the_command_line_opens_moves_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_CASE_HOURS", "low=24/240,normal=8/72,high=4/24,urgent=1/8")
    settings.cache_clear()
    said = well("cases", "open", _account(), "fault", "Chain broke", "--priority", "urgent", "--by", "Ada")
    key = int(said.split()[1])
    assert "Chain broke" in well("cases", "list")
    well("cases", "move", key, "solved", "--comment", "New chain", "--by", "Ada")
    assert "New chain" in well("cases", "show", key)
    assert gcrm("cases", "move", key, "new", "--by", "Ada").err == "gcrm: A case that is solved cannot become new; it can become closed or open.\n"
    well("cases", "undo", key, "--by", "Ada")
    assert value("SELECT status FROM gcrm.cases WHERE case_id = %s", key) == "new"


def test_what_a_planned_visit_of_a_series_and_a_feed_are_on_the_command_line(tmp_path: Any) -> None:  # noqa: ANN401 - a folder
    rep = int(value("SELECT min(rep_id) FROM gcrm.reps"))
    said = well("activities", "plan", _account(), "visit", "Round", "2030-05-06T09:00", "--rep", rep, "--remind", 30, "--repeat", "FREQ=WEEKLY", "--by", "Ada")
    key = int(said.split()[1])
    assert "Round" in well("activities", "list", "--rep", rep)
    file = tmp_path / "rep.ics"
    well("activities", "ics", rep, "--output", file)
    text = file.read_text(encoding="utf-8")
    assert text.count("BEGIN:VEVENT") == 13
    assert "BEGIN:VALARM" in text
    assert "next one of its series" in well("activities", "done", key, "--by", "Ada")
    well("activities", "undo", key, "--by", "Ada")
    assert activities.Written(key, None).activity_id == value("SELECT max(activity_id) FROM gcrm.activities")
    assert gcrm("activities", "ics", 999).err == "gcrm: There is no rep 999; see them with `gcrm activities reps`.\n"
