"""Activities in the database: logged, planned, done, undone; the history of a customer in one order of time, page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gcrm.access.scope import Scope
from gcrm.crm.activities import Plan
from gcrm.db.connection import Role, connect
from gcrm.errors import CrmError
from gcrm.pipeline import activities
from gcrm.pipeline.activities import Details, Written
from gcrm.pipeline.activity_lists import After, Choice, Event, Events, ended, history, leads_near, planned
from tests.integration.command_line import well
from tests.integration.records import rows, value
from tests.integration.shop import import_shop

ALL = Scope.everything()
WHO: dict[str, Any] = {"actor": "Ada", "through": "page"}
DUE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(database: None) -> None:
    del database
    import_shop()


@pytest.fixture(autouse=True)
def _as_imported(shop: None) -> Iterator[None]:
    """What a test writes is gone behind it."""
    del shop
    yield
    with connect(Role.WRITER) as writer:
        writer.execute("DELETE FROM gcrm.activities WHERE created_import_id IS DISTINCT FROM (SELECT min(created_import_id) FROM gcrm.activities)")


def _account(key: str = "c1") -> int:
    return int(value("SELECT account_id FROM gcrm.accounts WHERE source_key = %s", key))


def _placed() -> int:
    """An account that has a position."""
    return int(value("SELECT min(account_id) FROM gcrm.accounts WHERE cell IS NOT NULL"))


def _weekly(account: int | None = None) -> Written:
    return activities.plan(Details(account or _account(), "visit", "Round"), Plan(DUE, 30, "freq=weekly"), ALL, **WHO)


def _states() -> list[tuple[object, ...]]:
    return rows("SELECT state, due_at FROM gcrm.activities WHERE due_at IS NOT NULL ORDER BY activity_id")


def test_what_is_logged_is_in_the_history_with_who_wrote_it_and_is_taken_back() -> None:
    account = _account()
    written = activities.log(Details(account, "call", " About the order ", department="service", channel="phone"), ALL, outcome="calls back", **WHO)
    newest = history(account, Events(), ALL, 1).iloc[0]
    assert (newest["kind"], newest["title"], newest["detail"], newest["who"], newest["department"], newest["channel"]) == (
        "call", "About the order", "calls back", "Ada", "service", "phone",
    )  # fmt: skip
    activities.undo(written, ALL, **WHO)
    assert value("SELECT count(*) FROM gcrm.activities WHERE created_by IS NOT NULL") == 0
    with pytest.raises(CrmError, match="no activity"):
        activities.undo(written, ALL, **WHO)


def test_a_series_goes_on_when_one_is_done_and_undo_takes_the_next_one_back() -> None:
    first = _weekly()
    done = activities.complete(first.activity_id, ALL, outcome="sold", happened_at=DUE + timedelta(hours=2), **WHO)
    assert _states() == [("done", DUE), ("planned", DUE + timedelta(days=7))]
    assert rows("SELECT changed_by, through, undone_at FROM gcrm.changes WHERE object = 'activities'") == [("Ada", "page", None)]
    activities.undo(done, ALL, **WHO)
    assert _states() == [("planned", DUE)]
    assert rows("SELECT outcome, happened_at FROM gcrm.activities WHERE activity_id = %s", first.activity_id) == [(None, None)]
    assert rows("SELECT undone_by FROM gcrm.changes WHERE object = 'activities'") == [("Ada",)]


def test_what_went_on_since_is_not_undone() -> None:
    done = activities.complete(_weekly().activity_id, ALL, happened_at=DUE, **WHO)
    assert done.next_id is not None
    activities.postpone(done.next_id, DUE + timedelta(days=9), ALL, **WHO)
    with pytest.raises(CrmError, match="was changed since"):
        activities.undo(done, ALL, **WHO)
    assert _states() == [("done", DUE), ("planned", DUE + timedelta(days=9))]


def test_postponing_and_cancelling_are_taken_back_one_after_the_other() -> None:
    first = _weekly()
    later = activities.postpone(first.activity_id, DUE + timedelta(days=1), ALL, **WHO)
    ended_now = activities.cancel(first.activity_id, ALL, reason="ill", **WHO)
    with pytest.raises(CrmError, match="cancelled already"):
        activities.complete(first.activity_id, ALL, **WHO)
    activities.undo(ended_now, ALL, **WHO)
    activities.undo(later, ALL, **WHO)
    assert _states() == [("planned", DUE)]
    activities.cancel(first.activity_id, ALL, **WHO)
    activities.undo_last(first.activity_id, ALL, **WHO)
    assert _states() == [("planned", DUE)]


def test_a_check_in_tells_its_distance() -> None:
    account = _placed()
    longitude, latitude = rows("SELECT ST_X(position), ST_Y(position) FROM gcrm.accounts WHERE account_id = %s", account)[0]
    visit = _weekly(account).activity_id
    near = activities.check_in(visit, longitude, latitude, ALL, **WHO)
    assert near.distance_m == 0
    far = activities.check_in(visit, longitude, latitude + 0.01, ALL, **WHO)
    assert far.distance_m == pytest.approx(1_114, abs=2)  # of a meridian at 60 degrees, WGS 84
    activities.undo(far, ALL, **WHO)
    assert value("SELECT check_in_distance_m FROM gcrm.activities WHERE activity_id = %s", visit) == 0
    call = activities.plan(Details(account, "call"), Plan(DUE), ALL, **WHO)
    with pytest.raises(CrmError, match="is a call and no visit"):
        activities.check_in(call.activity_id, longitude, latitude, ALL, **WHO)
    with pytest.raises(CrmError, match="not on the globe"):
        activities.check_in(visit, 999, 0, ALL, **WHO)


def test_nobody_writes_without_a_name_or_outside_their_territories() -> None:
    foreign = Scope(frozenset({-1}))
    with pytest.raises(CrmError, match="Nobody is named"):
        activities.log(Details(_account(), "note"), ALL, actor=" ", through="page")
    with pytest.raises(CrmError, match="may not see it"):
        activities.log(Details(_account(), "note"), foreign, **WHO)
    visit = _weekly().activity_id
    for act in (activities.complete, activities.cancel, activities.undo_last):
        with pytest.raises(CrmError, match="may not see it"):
            act(visit, foreign, **WHO)
    assert planned(Choice(), foreign, 10).empty
    assert history(_account(), Events(), foreign, 10).empty


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"kind": "dance"}, "no activity 'dance'"), ({"rep_id": 999}, "no rep 999"), ({"contact_id": 999}, "no contact 999"),
        ({"opportunity_id": 999}, "no opportunity 999"), ({"duration_minutes": 0}, "duration of 0"), ({"subject": "x" * 1001}, "1,001 characters"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(details: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {"account_id": _account(), "kind": "note"} | details
    with pytest.raises(CrmError, match=said):
        activities.log(Details(**fields), ALL, **WHO)
    with pytest.raises(CrmError, match="has not happened yet"):
        activities.log(Details(_account(), "note"), ALL, happened_at=datetime.now(UTC) + timedelta(minutes=5), **WHO)


def test_a_contact_of_another_account_is_refused() -> None:
    contact, account = rows("SELECT contact_id, account_id FROM gcrm.contacts ORDER BY contact_id LIMIT 1")[0]
    other = value("SELECT min(account_id) FROM gcrm.accounts WHERE account_id <> %s", account)
    activities.log(Details(int(account), "note", contact_id=int(contact)), ALL, **WHO)
    with pytest.raises(CrmError, match=f"no contact {contact} of account {other}"):
        activities.log(Details(int(other), "note", contact_id=int(contact)), ALL, **WHO)


def test_the_history_has_every_source_and_its_pages_are_the_whole() -> None:
    account = _account()
    for number in range(7):  # at one moment, so that only their keys tell them apart
        activities.log(Details(account, "note", f"Note {number}", department="service"), ALL, happened_at=DUE - timedelta(days=400), **WHO)
    whole = history(account, Events(), ALL, 1000)
    assert set(whole["object"]) >= {"activities", "orders", "opportunities", "consents"}
    assert whole["at"].is_monotonic_decreasing
    paged, after = [], None
    while len(page := history(account, Events(), ALL, 3, after=after)):
        paged += page.to_dict("records")
        after = Event(page["at"].iloc[-1].to_pydatetime(), page["object"].iloc[-1], int(page["record_id"].iloc[-1]))
    assert [(row["object"], row["record_id"], row["kind"]) for row in paged] == list(whole[["object", "record_id", "kind"]].itertuples(index=False, name=None))
    assert set(history(account, Events(("orders",)), ALL, 100)["object"]) == {"orders"}
    assert len(history(account, Events(departments=("service",)), ALL, 100)) == 7


def test_lists_are_paged_by_their_order_and_filtered_by_rep_kind_and_area() -> None:
    account = _placed()
    rep = int(value("SELECT min(rep_id) FROM gcrm.reps"))
    for day in range(5):
        activities.plan(Details(account, "task" if day else "visit", f"Day {day}", rep_id=rep), Plan(DUE + timedelta(days=day // 2)), ALL, **WHO)
    first = planned(Choice((rep,)), ALL, 3)
    rest = planned(Choice((rep,)), ALL, 3, after=After(first["due_at"].iloc[-1].to_pydatetime(), int(first["activity_id"].iloc[-1])))
    assert [*first["subject"], *rest["subject"]] == [f"Day {day}" for day in range(5)]
    assert len(planned(Choice(kinds=("visit",)), ALL, 9)) == 1
    assert len(planned(Choice(), ALL, 9, until=DUE + timedelta(hours=1))) == 2
    cell = f"{int(value('SELECT cell FROM gcrm.accounts WHERE account_id = %s', account)):x}"
    assert len(planned(Choice(cell=cell), ALL, 9)) == 5
    assert planned(Choice(cell="8a2a1072b59ffff"), ALL, 9).empty
    with pytest.raises(CrmError, match="no H3 cell"):
        planned(Choice(cell="here"), ALL, 9)
    assert list(ended(Choice(), ALL, 9)["kind"]) == ["visit", "call"]


def test_new_leads_of_a_rep_near_a_visit_are_told_with_their_distance() -> None:
    lead, rep = rows("SELECT lead_id, (SELECT min(rep_id) FROM gcrm.reps) FROM gcrm.leads WHERE status = 'new' ORDER BY lead_id LIMIT 1")[0]
    with connect(Role.WRITER) as writer:
        writer.execute("UPDATE gcrm.leads SET position = ST_Point(24.94, 60.17, 4326), cell = 622054503267303423, rep_id = %s WHERE lead_id = %s", (rep, lead))
    near = leads_near(int(rep), [(24.5, 60.1), (24.94, 60.175)], ALL, 5)
    assert [(row["lead_id"], row["number"], round(row["metres"])) for row in near.to_dict("records")] == [(lead, 2, 557)]
    assert leads_near(int(rep), [(24.94, 60.19)], ALL, 5).empty
    assert leads_near(int(rep), [(24.94, 60.17)], Scope(frozenset({-1})), 5).empty


def test_planned_ones_come_with_a_file_and_what_was_done_here_stays_done(tmp_path: object) -> None:
    file = f"{tmp_path}/plan.csv"
    with open(file, "w", encoding="utf-8") as out:  # noqa: PTH123 - a text file
        out.write("activity_id,account,type,due,duration,contact id\np1,c1,visit,2026-04-01T08:00Z,45,\np2,c1,call,,,\np3,c1,call,2026-04-02T08:00Z,,nobody\n")
    well("import", "activities", file)
    assert rows("SELECT state, due_at, duration_minutes FROM gcrm.activities WHERE source_key = 'p1'") == [("planned", datetime(2026, 4, 1, 8, tzinfo=UTC), 45)]
    refused = dict(rows("SELECT row_number, column_name || ' ' || reason FROM gcrm.quarantine ORDER BY 1"))
    assert "is missing, and so is due_at" in refused[2]
    assert refused[3].startswith("contact")
    p1 = int(value("SELECT activity_id FROM gcrm.activities WHERE source_key = 'p1'"))
    activities.cancel(p1, ALL, **WHO)
    well("import", "activities", file)
    assert value("SELECT state FROM gcrm.activities WHERE source_key = 'p1'") == "cancelled"
