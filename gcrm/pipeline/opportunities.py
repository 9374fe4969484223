"""Opportunities: the board, lists, moves between stages and what a person says of one; each change with who, through what, and an undo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import psycopg

from gcrm.access.scope import Scope
from gcrm.crm import stages
from gcrm.crm.stages import COMMITMENTS, Commitment, Pipeline, Progress
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.changes import Through, acting, last_change, undo_change
from gcrm.pipeline.stages import current_pipeline

CLOSED_SHOWN_DAYS = 30
"""The board shows what was closed in so many days."""
_MOST_LISTED = 1_000
_MOST_AMOUNT = Decimal(10) ** 12


@dataclass(frozen=True)
class Choice:
    """Which opportunities: of these reps and of accounts in these territories, by their keys; none of either for all."""

    reps: tuple[int, ...] = ()
    territories: tuple[int, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """As the statements take it."""
        return {"reps": list(self.reps), "territories": list(self.territories)}


@dataclass(frozen=True)
class Board:
    """The pipeline board.

    Attributes:
        pipeline: the stages in order.
        sums: what is in each stage, by currency: stage, currency, opportunities (count), amount.
        cards: as of `list_opportunities`; of each stage the first ones.
        at: the time that the days are counted to.
    """

    pipeline: Pipeline
    sums: pd.DataFrame
    cards: pd.DataFrame
    at: datetime


def board(choice: Choice, scope: Scope, most_of_stage: int) -> Board:
    """What is open, by stage, and what was closed in the last CLOSED_SHOWN_DAYS days.

    Args:
        choice: which ones.
        scope: who is looking.
        most_of_stage: cards of a stage at most; the sums are of all.
    """
    at = datetime.now(UTC)
    closed_after = at - timedelta(days=CLOSED_SHOWN_DAYS)
    with scoped(scope) as connection:
        pipeline = current_pipeline(connection)
        sums = read_frame(connection, queries("opportunities").sums.sql, {**choice.parameters, "closed_after": closed_after})
        cards = _listed(connection, choice, at=at, closed_after=closed_after, most_of_stage=most_of_stage)
    return Board(pipeline, sums, cards, at)


def list_opportunities(choice: Choice, scope: Scope, *, of_stages: Sequence[str] = (), overdue: bool = False) -> pd.DataFrame:
    """Opportunities by stage, those that are overdue the longest first, at most 1,000 of a stage.

    Args:
        choice: which ones.
        scope: who is looking.
        of_stages: names of stages; none for all.
        overdue: only those that are in their stage for longer than its limit.

    Returns:
        opportunity_id, name, account_id, account, stage, amount, currency, probability (0 to 1), commitment, expected_close_on, opened_at, closed_at,
        stage_since, loss_reason, rep_id, rep, territory_id, territory, days (in the stage), days_over (its limit), made_up.

    Raises:
        CrmError: there is no such stage.
    """
    with scoped(scope) as connection:
        pipeline = current_pipeline(connection)
        for name in of_stages:
            pipeline.stage(name)
        return _listed(connection, choice, of_stages=of_stages, overdue=overdue, at=datetime.now(UTC), most_of_stage=_MOST_LISTED)


def opportunity(opportunity_id: int, scope: Scope) -> dict[str, Any]:
    """One opportunity, with the columns of `list_opportunities`.

    Args:
        opportunity_id: its key.
        scope: who is looking.

    Raises:
        CrmError: there is none, or the scope does not show it.
    """
    with scoped(scope) as connection:
        found = _listed(connection, Choice(), opportunity_id=opportunity_id, at=datetime.now(UTC), most_of_stage=1)
    if found.empty:
        raise _none(opportunity_id)
    return {str(name): None if pd.isna(value) else value for name, value in found.astype(object).iloc[0].to_dict().items()}


def way(opportunity_id: int, scope: Scope) -> pd.DataFrame:
    """The way of an opportunity through the stages, in order of time.

    Args:
        opportunity_id: its key.
        scope: who is looking.

    Returns:
        stage, changed_at, reason, changed_by, through; empty where the scope does not show it.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("opportunities").way.sql, {"opportunity_id": opportunity_id})


def reps(scope: Scope) -> pd.DataFrame:
    """The reps of territories that the scope shows, and those of none, by name.

    Args:
        scope: who is looking.

    Returns:
        rep_id, name, territory_id, territory, region_id, region.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries("opportunities").reps.sql)


def move(
    opportunity_id: int, to: str, scope: Scope, *, actor: str, through: Through, reason: str | None = None, at: datetime | None = None,
) -> tuple[Progress, int]:  # fmt: skip
    """Moves an opportunity to another stage.

    Args:
        opportunity_id: its key.
        to: name of the stage.
        scope: who asks; it has to show the opportunity.
        actor: who moves it.
        through: page or command.
        reason: why it is lost.
        at: when it moved; now if left out.

    Returns:
        Where it is then, and the change, for `undo`.

    Raises:
        CrmError: there is no such opportunity, or the move is not allowed.
    """
    moment = at or datetime.now(UTC)
    if moment > datetime.now(UTC):
        raise CrmError(f"{moment:%Y-%m-%d %H:%M} is yet to come; give the time at which it moved.")
    check_visible(opportunity_id, scope)
    with acting(actor, through) as connection:
        moved = move_within(connection, current_pipeline(connection), opportunity_id, to, moment, reason)
        change = last_change(connection, "opportunities", opportunity_id)
    if change is None:
        raise CrmError(f"Opportunity {opportunity_id} was moved without a trace; look at the triggers of its table with `gcrm db check`.")
    return moved, change


def move_within(connection: psycopg.Connection[Any], pipeline: Pipeline, opportunity_id: int, to: str, at: datetime, reason: str | None = None) -> Progress:
    """As `move`, in the connection's transaction, for whoever sees the opportunity.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        pipeline: the stages.
        opportunity_id: its key.
        to: name of the stage.
        at: when it moved.
        reason: why it is lost.

    Raises:
        CrmError: there is no such opportunity, or the move is not allowed.
    """
    statements = queries("opportunities")
    row = statements.progress(connection, opportunity_id=opportunity_id)
    if row is None:
        raise _none(opportunity_id)
    moved = stages.move(pipeline, Progress(*row), to, at, reason)
    statements.set_progress(
        connection, opportunity_id=opportunity_id, stage=moved.stage, since=moved.since, closed_at=moved.closed_at, loss_reason=moved.loss_reason
    )
    return moved


@dataclass(frozen=True)
class Terms:
    """What a person says of an opportunity.

    Attributes:
        amount: expected revenue, in its currency.
        expected_close_on: day on which it is expected to close.
        probability: chance of being won, 0 to 1; None for that of its stage.
        commitment: what a forecast counts it as; None for that of its stage.
        rep_id: the rep who works on it.
    """

    amount: Decimal
    expected_close_on: date | None
    probability: float | None
    commitment: Commitment | None
    rep_id: int | None


def terms_of(opportunity_id: int, scope: Scope, **said: Any) -> Terms:  # noqa: ANN401 - each as its field of Terms
    """What is said of an opportunity at the moment, but for what is said now.

    Args:
        opportunity_id: its key.
        scope: who asks.
        said: fields of `Terms`.

    Raises:
        CrmError: there is no such opportunity, or a commitment is none.
    """
    with scoped(scope) as connection:
        return terms_within(connection, opportunity_id, **said)


def terms_within(connection: psycopg.Connection[Any], opportunity_id: int, **said: Any) -> Terms:  # noqa: ANN401 - each as its field of Terms
    """As `terms_of`, in the connection's transaction.

    Args:
        connection: that reads it.
        opportunity_id: its key.
        said: fields of `Terms`.

    Raises:
        CrmError: there is no such opportunity, or a commitment is none.
    """
    if said.get("commitment") not in (None, *COMMITMENTS):
        raise CrmError(f"{said['commitment']!r} is no commitment; there are {', '.join(COMMITMENTS)}.")
    row = queries("opportunities").terms(connection, opportunity_id=opportunity_id)
    if row is None:
        raise _none(opportunity_id)
    return replace(Terms(*row), **said)


def edit(opportunity_id: int, terms: Terms, scope: Scope, *, actor: str, through: Through) -> int | None:
    """Changes what is said of an opportunity.

    Args:
        opportunity_id: its key.
        terms: all of them.
        scope: who asks; it has to show the opportunity.
        actor: who changes it.
        through: page or command.

    Returns:
        The change, for `undo`; None where nothing differs.

    Raises:
        CrmError: there is no such opportunity or rep, or a value is out of range.
    """
    check_visible(opportunity_id, scope)
    with acting(actor, through) as connection:
        changed = edit_within(connection, opportunity_id, terms)
        return last_change(connection, "opportunities", opportunity_id) if changed else None


def edit_within(connection: psycopg.Connection[Any], opportunity_id: int, terms: Terms) -> bool:
    """As `edit`, in the connection's transaction, for whoever sees the opportunity; whether anything differs.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        opportunity_id: its key.
        terms: all of them.

    Raises:
        CrmError: there is no such rep, a value is out of range, or the amount is not that of the lines.
    """
    check_amount(terms.amount)
    _check_amount_by_lines(connection, opportunity_id, terms.amount)
    if terms.probability is not None and not 0 <= terms.probability <= 1:
        raise CrmError(f"A probability of {terms.probability:g} is none; give one from 0 to 1.")
    statements = queries("opportunities")
    if terms.rep_id is not None and not statements.rep_exists(connection, rep_id=terms.rep_id):
        raise CrmError(f"There is no rep {terms.rep_id}; see them with `gcrm leads reps`.")
    changed = statements.edit(
        connection, opportunity_id=opportunity_id, amount=terms.amount, expected_close_on=terms.expected_close_on,
        probability=terms.probability, commitment=terms.commitment, rep_id=terms.rep_id,
    )  # fmt: skip
    return bool(changed)


def check_amount(amount: Decimal) -> None:
    """Refuses an amount that cannot be stored.

    Args:
        amount: in any currency.

    Raises:
        CrmError: it is below zero, or too large.
    """
    if not 0 <= amount < _MOST_AMOUNT:
        raise CrmError(f"An amount of {amount:,} cannot be stored; give one of at least 0, with at most 12 digits before the point.")


def _check_amount_by_lines(connection: psycopg.Connection[Any], opportunity_id: int, amount: Decimal) -> None:
    """What an opportunity with lines comes to is not typed."""
    lines = queries("opportunity_lines").count(connection, opportunity_id=opportunity_id)
    if lines and amount != terms_within(connection, opportunity_id).amount:
        of_lines = "its line" if lines == 1 else f"its {lines:,} lines"
        raise CrmError(f"The amount of opportunity {opportunity_id} is the sum of {of_lines}; change these, or take them out to type another.")


def undo(opportunity_id: int, change_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back a move or another change of an opportunity.

    Args:
        opportunity_id: its key.
        change_id: from `move` or `edit`.
        scope: who asks; it has to show the opportunity.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: there is no such change, or the same was changed since.
    """
    check_visible(opportunity_id, scope)
    with acting(actor, through) as connection:
        if queries("changes").what(connection, change_id=change_id) != ("opportunities", opportunity_id):
            raise CrmError(f"Change {change_id} is none of opportunity {opportunity_id}; look at its history.")
        undo_change(connection, change_id)


def check_visible(opportunity_id: int, scope: Scope) -> None:
    """Refuses an opportunity that is not seen.

    Args:
        opportunity_id: its key.
        scope: who asks.

    Raises:
        CrmError: there is none, or the scope does not show it.
    """
    with scoped(scope) as connection:
        if not queries("opportunities").is_visible(connection, opportunity_id=opportunity_id):
            raise _none(opportunity_id)


def _none(opportunity_id: int) -> CrmError:
    return CrmError(f"There is no opportunity {opportunity_id}, or you may not see it; see them with `gcrm opportunities list`.")


def _listed(connection: psycopg.Connection[Any], choice: Choice, *, at: datetime, most_of_stage: int, of_stages: Sequence[str] = (), overdue: bool = False,
            opportunity_id: int | None = None, closed_after: datetime | None = None) -> pd.DataFrame:  # fmt: skip
    asked = {
        **choice.parameters, "stages": list(of_stages), "overdue": overdue, "opportunity_id": opportunity_id, "closed_after": closed_after,
        "most_of_stage": most_of_stage, "at": at,
    }  # fmt: skip
    return read_frame(connection, queries("opportunities").listing.sql, asked).drop(columns=["position", "place"])
