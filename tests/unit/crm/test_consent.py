"""Whether somebody may be contacted: what holds for every ledger, and the rules one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gcrm.crm.consent import ANY, Decision, Statement, Why, channel_named, may_contact
from gcrm.errors import ConsentError

_START = datetime(2025, 1, 1, tzinfo=UTC)
_CHANNELS = ("mail", "phone", "post")
_moments = st.integers(0, 12).map(lambda days: _START + timedelta(days=days))  # few, so that times coincide
_statements = st.builds(
    Statement,
    purpose=st.sampled_from(("marketing", "survey")),
    channel=st.sampled_from((*_CHANNELS, ANY)),
    given=st.booleans(),
    at=_moments,
    source=st.sampled_from(("web form", "call")),
)
_ledgers = st.lists(_statements, max_size=12)
_asked = st.tuples(st.sampled_from(("marketing", "survey")), st.sampled_from(_CHANNELS), _moments)


def _yes(channel: str, day: int) -> Statement:
    return Statement("marketing", channel, given=True, at=_START + timedelta(days=day), source="web form")


def _no(channel: str, day: int) -> Statement:
    return replace(_yes(channel, day), given=False)


def _asking(*statements: Statement, channel: str = "mail", day: int = 12) -> Decision:
    return may_contact(statements, "marketing", channel, _START + timedelta(days=day))


@given(ledger=_ledgers, withdrawal=_statements, channel=st.sampled_from(_CHANNELS), at=_moments)
def test_a_withdrawal_always_wins_from_its_time_on(ledger: list[Statement], withdrawal: Statement, channel: str, at: datetime) -> None:
    """Until a later consent that is at least as exact."""
    assume(not withdrawal.given and at >= withdrawal.at and withdrawal.channel in {channel, ANY})
    lifting = {channel} if withdrawal.channel == channel else {channel, ANY}
    later = [each for each in ledger if each.given and withdrawal.at < each.at <= at and each.purpose == withdrawal.purpose and each.channel in lifting]
    decision = may_contact([*ledger, withdrawal], withdrawal.purpose, channel, at)
    if not later:
        assert not decision.allowed
        assert decision.why is Why.WITHDRAWN


@given(ledger=_ledgers, asked=_asked)
def test_nobody_is_contacted_without_a_consent_of_their_own(ledger: list[Statement], asked: tuple[str, str, datetime]) -> None:
    purpose, channel, at = asked
    decision = may_contact(ledger, purpose, channel, at)
    deciding = decision.statement
    if decision.allowed:
        assert deciding is not None
        assert deciding.given
        assert deciding in ledger
        assert (deciding.purpose, deciding.at <= at, deciding.channel in {channel, ANY}) == (purpose, True, True)


@given(ledger=_ledgers, asked=_asked)
def test_what_is_said_later_or_about_something_else_changes_nothing(ledger: list[Statement], asked: tuple[str, str, datetime]) -> None:
    purpose, channel, at = asked
    kept = [each for each in ledger if each.at <= at and each.purpose == purpose and each.channel in {channel, ANY}]
    assert may_contact(ledger, purpose, channel, at) == may_contact(kept, purpose, channel, at)


@given(ledgers=_ledgers.flatmap(lambda ledger: st.tuples(st.just(ledger), st.permutations(ledger))), asked=_asked)
def test_the_order_of_the_ledger_does_not_matter(ledgers: tuple[list[Statement], list[Statement]], asked: tuple[str, str, datetime]) -> None:
    decisions = [may_contact(ledger, *asked) for ledger in ledgers]
    assert decisions[0].why is decisions[1].why


@given(ledger=_ledgers, asked=_asked)
def test_the_suppressed_are_never_contacted(ledger: list[Statement], asked: tuple[str, str, datetime]) -> None:
    decision = may_contact(ledger, *asked, suppressed=True)
    assert (decision.allowed, decision.why) == (False, Why.SUPPRESSED)


def test_nothing_said_is_no_consent() -> None:
    assert _asking().reason == "No consent to marketing by mail is known, and without one nobody is contacted."


def test_the_last_statement_decides() -> None:
    given, withdrawn, again = _yes("mail", 1), _no("mail", 2), _yes("mail", 3)
    assert _asking(given, withdrawn, again, day=1).statement is given
    assert _asking(given, withdrawn, again, day=2).statement is withdrawn
    assert _asking(given, withdrawn, again, day=3).statement is again
    assert not _asking(given, withdrawn, again, day=0).allowed


def test_at_the_same_time_the_withdrawal_wins() -> None:
    assert not _asking(_no("mail", 1), _yes("mail", 1)).allowed
    assert not _asking(_no(ANY, 1), _yes("mail", 1)).allowed


def test_any_channel_counts_for_each_and_for_none_that_was_withdrawn_by_name() -> None:
    every, no_mail = _yes(ANY, 5), _no("mail", 1)
    assert _asking(every, channel="post").allowed
    decision = _asking(no_mail, every)
    assert (decision.allowed, decision.statement) == (False, no_mail)
    assert "does not lift that" in decision.reason
    assert _asking(no_mail, every, _yes("mail", 6)).allowed


def test_a_withdrawal_from_any_channel_ends_a_consent_to_one() -> None:
    assert not _asking(_yes("mail", 1), _no(ANY, 2)).allowed
    assert _asking(_yes("mail", 1), _no(ANY, 2), _yes("mail", 3)).allowed


@pytest.mark.parametrize(("written", "channel"), [("E-Mail", "mail"), (" email ", "mail"), ("Telephone", "phone"), ("ALL", ANY), ("sms", "sms")])
def test_a_channel_has_one_name(written: str, channel: str) -> None:
    assert channel_named(written) == channel
    assert not _asking(_yes("mail", 1), _no("Email", 2)).allowed


@pytest.mark.parametrize(("purpose", "channel"), [("", "mail"), ("marketing", " "), ("marketing", "any")])
def test_a_question_names_a_purpose_and_one_channel(purpose: str, channel: str) -> None:
    with pytest.raises(ConsentError):
        may_contact([], purpose, channel, _START)
