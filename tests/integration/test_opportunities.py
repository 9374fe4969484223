"""Opportunities move through declared stages; each change says who and through what, and can be taken back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.config import resource
from gcrm.crm.stage_declaration import declared_pipeline
from gcrm.db.connection import Role, connect
from gcrm.errors import CrmError
from gcrm.pipeline import opportunities
from gcrm.pipeline.opportunities import Choice, board, list_opportunities, opportunity, way
from gcrm.pipeline.stages import declared_stages
from tests.integration.command_line import gcrm, well
from tests.integration.records import empty, rows, value
from tests.integration.shop import import_shop

pytestmark = pytest.mark.usefixtures("database", "shop")

ALL = Scope.everything()
DECLARED = Path(__file__).parents[2] / "gcrm/crm/stages.yaml"


@pytest.fixture(scope="module")
def accounts(database: None) -> None:
    """The shop, but for its opportunities."""
    del database
    empty()
    import_shop("territories", "reps", "accounts")


@pytest.fixture
def shop(accounts: None) -> None:
    """The shop's opportunities: d1 in proposal, d2 won."""
    del accounts
    with connect(Role.WRITER) as connection:
        connection.execute("DELETE FROM gcrm.opportunities")
    well("opportunities", "stages", DECLARED)
    import_shop("opportunities")


def _key(source_key: str) -> int:
    return int(value("SELECT opportunity_id FROM gcrm.opportunities WHERE source_key = %s", source_key))


def _move(key: int, to: str, reason: str | None = None) -> int:
    _, change = opportunities.move(key, to, ALL, actor="ada", through="page", reason=reason)
    return change


def _healthy() -> None:
    assert "stages_by_history" not in well("db", "check")


def test_the_stages_of_the_program_are_those_of_the_database() -> None:
    assert declared_stages() == declared_pipeline(DECLARED.name, DECLARED.read_text(encoding="utf-8"))
    assert (resource("sql") / "checks/stages_by_history.sql").is_file()


def test_an_import_says_since_when_or_the_dates_do() -> None:
    assert rows("SELECT stage, stage_since FROM gcrm.opportunities ORDER BY source_key") == [
        ("proposal", datetime(2025, 1, 5, 8, tzinfo=UTC)), ("won", datetime(2024, 12, 15, tzinfo=UTC)),
    ]  # fmt: skip
    assert rows("SELECT stage, through FROM gcrm.stage_changes ORDER BY opportunity_id") == [("proposal", "import"), ("won", "import")]
    _healthy()


def test_a_move_is_kept_with_who_and_through_what_and_is_taken_back() -> None:
    key = _key("d1")
    change = _move(key, "lost", "price")
    assert rows("SELECT stage, loss_reason, closed_at = stage_since FROM gcrm.opportunities WHERE opportunity_id = %s", key) == [("lost", "price", True)]
    assert list(way(key, ALL)[["stage", "reason", "changed_by", "through"]].itertuples(index=False, name=None))[-1] == ("lost", "price", "ada", "page")
    assert rows("SELECT object, changed_by, through, before ->> 'stage' FROM gcrm.changes") == [("opportunities", "ada", "page", "proposal")]
    _healthy()
    opportunities.undo(key, change, ALL, actor="ben", through="command")
    assert rows("SELECT stage, loss_reason, closed_at FROM gcrm.opportunities WHERE opportunity_id = %s", key) == [("proposal", None, None)]
    assert list(way(key, ALL)["stage"]) == ["proposal"]
    assert rows("SELECT undone_by, undone_at IS NOT NULL FROM gcrm.changes") == [("ben", True)]
    _healthy()
    with pytest.raises(CrmError, match="cannot be undone"):
        opportunities.undo(key, change, ALL, actor="ben", through="command")


def test_what_was_moved_on_since_is_not_taken_back() -> None:
    key = _key("d1")
    first = _move(key, "negotiation")
    second = _move(key, "won")
    with pytest.raises(CrmError, match="the same was changed since"):
        opportunities.undo(key, first, ALL, actor="ada", through="page")
    opportunities.undo(key, second, ALL, actor="ada", through="page")
    opportunities.undo(key, first, ALL, actor="ada", through="page")
    assert value("SELECT stage FROM gcrm.opportunities WHERE opportunity_id = %s", key) == "proposal"
    _healthy()


def test_a_change_of_one_record_is_no_change_of_another() -> None:
    change = _move(_key("d1"), "negotiation")
    with pytest.raises(CrmError, match="is none of opportunity"):
        opportunities.undo(_key("d2"), change, ALL, actor="ada", through="page")


def test_what_is_not_allowed_leaves_no_trace() -> None:
    key = _key("d1")
    for to, reason, sentence in (("new", None, "allowed from here: qualified, negotiation, won, lost"), ("lost", None, "Why it was lost is missing")):
        with pytest.raises(CrmError, match=sentence):
            _move(key, to, reason)
    with pytest.raises(CrmError, match="yet to come"):
        opportunities.move(key, "won", ALL, actor="ada", through="page", at=datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(CrmError, match="Nobody is named"):
        opportunities.move(key, "won", ALL, actor=" ", through="page")
    assert value("SELECT count(*) FROM gcrm.changes") == 0


def test_who_does_not_see_the_account_moves_nothing_and_sees_nothing() -> None:
    key = _key("d1")
    nobody = Scope(territories=frozenset({999_999}))
    with pytest.raises(CrmError, match="There is no opportunity"):
        opportunities.move(key, "won", nobody, actor="eve", through="page")
    with pytest.raises(CrmError, match="There is no opportunity"):
        opportunity(key, nobody)
    assert list_opportunities(Choice(), nobody).empty
    assert way(key, nobody).empty
    assert board(Choice(), nobody, 10).sums.empty


def test_a_file_that_knows_better_takes_the_place_of_what_was_moved(tmp_path: Path) -> None:
    key = _key("d1")
    _move(key, "lost", "price")
    file = tmp_path / "opportunities.csv"
    file.write_text(
        "deal_id,account,rep,title,stage,value,currency,opened_at,close_date,closed_at,stage_since,made_up\n"
        "d1,c3,r2,Ten bikes,negotiation,12990,EUR,2025-01-05T08:00Z,2025-06-30,,2025-02-01,yes\n"
    )
    well("import", "opportunities", file)
    assert rows("SELECT stage, stage_since, loss_reason FROM gcrm.opportunities WHERE opportunity_id = %s", key) == [
        ("negotiation", datetime(2025, 2, 1, tzinfo=UTC), None)
    ]
    assert list(way(key, ALL)["stage"]) == ["proposal", "negotiation"]
    _healthy()
    job = value("SELECT max(job_id) FROM gcrm.jobs")
    well("jobs", "undo", job)
    assert rows("SELECT stage, loss_reason FROM gcrm.opportunities WHERE opportunity_id = %s", key) == [("lost", "price")]
    _healthy()
    well("import", "opportunities", file)
    assert value("SELECT rows_unchanged FROM gcrm.imports ORDER BY import_id DESC LIMIT 1") == 0
    well("import", "opportunities", file)
    assert value("SELECT rows_unchanged FROM gcrm.imports ORDER BY import_id DESC LIMIT 1") == 1


def test_other_stages_can_be_declared_but_none_that_is_in_use_goes(tmp_path: Path) -> None:
    text = DECLARED.read_text(encoding="utf-8")
    file = tmp_path / "ours.yaml"
    file.write_text(text.replace("proposal", "offer"), encoding="utf-8")
    done = gcrm("opportunities", "stages", file)
    assert (done.code, "1 opportunities are in the stage proposal, which ours.yaml does not have" in done.err) == (1, True)
    file.write_text(text.replace("  won:\n", "  pilot: {label: Pilot, kind: open, probability: 0.9, commitment: commit, moves: [won]}\n  won:\n"))
    assert "pilot" in well("opportunities", "stages", file)
    assert declared_stages().names == ("new", "qualified", "proposal", "negotiation", "pilot", "won", "lost")
    opportunities_file = tmp_path / "opportunities.csv"
    opportunities_file.write_text(
        "deal_id,account,title,stage,value,opened_at,made_up\nd3,c1,Ebikes,pilot,10,2025-01-05,yes\nd4,c1,Ebikes,offer,10,2025-01-05,yes\n"
    )
    assert "1 created" in well("import", "opportunities", opportunities_file)
    assert "must be one of new, qualified, proposal, negotiation, pilot, won, lost" in well("quarantine", "show", "opportunities")


def test_the_board_sums_every_currency_by_itself() -> None:
    found = board(Choice(), ALL, 10)
    assert list(found.sums.itertuples(index=False, name=None)) == [("proposal", "EUR", 1, Decimal("12990.00"))]
    assert list(found.cards["name"]) == ["Ten bikes"]
    assert found.cards["days_over"].iloc[0] > 30
    rep = value("SELECT rep_id FROM gcrm.reps WHERE source_key = 'r1'")
    assert board(Choice(reps=(rep,)), ALL, 10).cards.empty
    _move(_key("d1"), "won")
    assert list(board(Choice(), ALL, 10).sums["stage"]) == ["won"]


def test_what_is_said_of_one_holds_before_its_stage_and_is_taken_back() -> None:
    key = _key("d1")
    assert opportunity(key, ALL)["probability"] == 0.5
    out = well("opportunities", "edit", key, "--probability", "0.9", "--commitment", "commit", "--amount", "100.50", "--by", "ada")
    found = opportunity(key, ALL)
    assert (found["probability"], found["commitment"], found["amount"]) == (0.9, "commit", Decimal("100.50"))
    assert "is like that already" in well("opportunities", "edit", key, "--probability", "0.9")
    well("opportunities", *out.strip().rpartition("gcrm opportunities ")[2].rstrip("`.").split())
    found = opportunity(key, ALL)
    assert (found["probability"], found["commitment"], found["amount"]) == (0.5, "best_case", Decimal("12990.00"))
    well("opportunities", "edit", key, "--probability", "0.9")
    well("opportunities", "edit", key, "--probability", "stage")
    assert opportunity(key, ALL)["probability"] == 0.5
    for wrong, sentence in (
        (["--probability", "2"], "is none; give one from 0 to 1"),
        (["--commitment", "sure"], "there are commit"),
        (["--rep", "9"], "no rep 9"),
    ):
        done = gcrm("opportunities", "edit", key, *wrong)
        assert (done.code, sentence in done.err) == (1, True), done.err


def test_the_command_line_moves_lists_and_shows() -> None:
    key = _key("d1")
    assert "too long" in well("opportunities", "list", "--overdue")
    out = well("opportunities", "move", key, "lost", "--reason", "timing", "--by", "ada")
    assert f"gcrm opportunities undo {key}" in out
    assert "timing" in well("opportunities", "show", key)
    assert "No opportunity is like that" in well("opportunities", "list", "--overdue")
    done = gcrm("opportunities", "list", "--stage", "prposal")
    assert (done.code, "did you mean 'proposal'?" in done.err) == (1, True)
