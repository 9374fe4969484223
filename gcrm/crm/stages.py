"""The stages of opportunities: which moves are allowed, what a move makes of an opportunity, and how long it has been where it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from gcrm.declared_file import meant
from gcrm.errors import CrmError

type Kind = Literal["open", "won", "lost"]
type Commitment = Literal["commit", "best_case", "pipeline"]
COMMITMENTS: tuple[Commitment, ...] = ("commit", "best_case", "pipeline")
"""What a forecast counts an open opportunity as, the surest first."""

_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline.

    Attributes:
        name: under which records name it.
        label: what people read.
        kind: open, won or lost.
        probability: chance of being won, 0 to 1.
        commitment: what a forecast counts it as; None where it is not open.
        overdue_days: days after which it has been here for too long; None where there is no limit.
        moves: names of the stages that it may go to from here.
    """

    name: str
    label: str
    kind: Kind
    probability: float
    commitment: Commitment | None
    overdue_days: int | None
    moves: tuple[str, ...]


@dataclass(frozen=True)
class Pipeline:
    """The stages in the order of the board, and the reasons for a loss."""

    stages: tuple[Stage, ...]
    loss_reasons: tuple[str, ...]

    def stage(self, name: str) -> Stage:
        """The stage of a name.

        Raises:
            CrmError: there is none.
        """
        found = next((each for each in self.stages if each.name == name), None)
        if found is None:
            raise CrmError(f"There is no stage {name!r}{meant(name, self.names)}.")
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stages, in order."""
        return tuple(each.name for each in self.stages)


@dataclass(frozen=True)
class Progress:
    """How far an opportunity is: the part of it that a move changes.

    Attributes:
        stage: name of its stage.
        since: when it came into it.
        closed_at: when it was won or lost; None while it is open.
        loss_reason: why it was lost; None where it was not, or nobody knows.
    """

    stage: str
    since: datetime
    closed_at: datetime | None = None
    loss_reason: str | None = None


@dataclass(frozen=True)
class Move:
    """One move of an opportunity: to which stage, when, and, where it was lost, why."""

    to: str
    at: datetime
    reason: str | None = None


def move(pipeline: Pipeline, progress: Progress, to: str, at: datetime, reason: str | None = None) -> Progress:
    """Moves an opportunity to another stage.

    Args:
        pipeline: says which moves are allowed.
        progress: where it is.
        to: the stage that it goes to.
        at: when.
        reason: why it is lost; of a move to a lost stage only.

    Returns:
        Where it is then.

    Raises:
        CrmError: there is no such stage, the move is not allowed from here, it lies before the last one, or the reason is missing, unknown or out of place.
    """
    here, there = pipeline.stage(progress.stage), pipeline.stage(to)
    if to not in here.moves:
        allowed = ", ".join(here.moves) or "none"
        raise CrmError(f"An opportunity that is {here.name} cannot become {to}; allowed from here: {allowed}.")
    if at < progress.since:
        raise CrmError(f"It came into {here.name} on {progress.since:%Y-%m-%d %H:%M}, and cannot leave it before; give a later time.")
    _check_reason(pipeline, there, reason)
    return _arrived(there, at, reason)


def replay(pipeline: Pipeline, moves: Iterable[Move], until: datetime | None = None) -> Progress | None:
    """Where an opportunity was, by its history.

    Args:
        pipeline: the stages.
        moves: every move, the first one that into its first stage, in order of time.
        until: leaves out what came later; None for all.

    Returns:
        None where it was nowhere yet.

    Raises:
        CrmError: the history names a stage that is not there.
    """
    last = None
    for each in moves:
        if until is not None and each.at > until:
            break
        last = each
    return None if last is None else _arrived(pipeline.stage(last.to), last.at, last.reason)


def days_in_stage(progress: Progress, at: datetime) -> float:
    """How long it has been in its stage, in days of 24 hours.

    Args:
        progress: where it is.
        at: now.
    """
    return (at - progress.since).total_seconds() / _SECONDS_A_DAY


def overdue_days(pipeline: Pipeline, progress: Progress, at: datetime) -> float:
    """By how many days it has been in its stage for too long; 0 where it has not, or where the stage has no limit.

    Args:
        pipeline: the limits.
        progress: where it is.
        at: now.
    """
    limit = pipeline.stage(progress.stage).overdue_days
    return 0.0 if limit is None else max(days_in_stage(progress, at) - limit, 0.0)


def left_behind(pipeline: Pipeline, used: Mapping[str, int]) -> dict[str, int]:
    """The stages that opportunities are in and that a pipeline does not have, with how many these are.

    Args:
        pipeline: that shall hold from now on.
        used: opportunities by stage.
    """
    return {name: count for name, count in used.items() if count and name not in pipeline.names}


def _arrived(stage: Stage, at: datetime, reason: str | None) -> Progress:
    arrived = Progress(stage.name, at)
    return arrived if stage.kind == "open" else replace(arrived, closed_at=at, loss_reason=reason if stage.kind == "lost" else None)


def _check_reason(pipeline: Pipeline, there: Stage, reason: str | None) -> None:
    if there.kind != "lost":
        if reason is not None:
            raise CrmError(f"A reason is given for a loss only, and {there.name} is none; leave it out.")
    elif reason is None:
        raise CrmError(f"Why it was lost is missing; give one of {', '.join(pipeline.loss_reasons)}.")
    elif reason not in pipeline.loss_reasons:
        raise CrmError(f"{reason!r} is no reason for a loss{meant(reason, pipeline.loss_reasons)}.")
