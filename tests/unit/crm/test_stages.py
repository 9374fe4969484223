"""Stages: what is allowed, what is refused and why, and that a history tells where an opportunity is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.stage_declaration import declared_pipeline
from gcrm.crm.stages import Move, Pipeline, Progress, Stage, days_in_stage, left_behind, move, overdue_days, replay
from gcrm.errors import CrmError

TEXT = (Path(__file__).parents[3] / "gcrm/crm/stages.yaml").read_text(encoding="utf-8")
PIPELINE = declared_pipeline("stages.yaml", TEXT)
START = datetime(2025, 3, 1, 9, tzinfo=UTC)
NEW = Progress("new", START)


def pipelines() -> st.SearchStrategy[Pipeline]:
    """Pipelines with any moves between up to six stages."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Pipeline:
        names = [f"stage_{number}" for number in range(draw(st.integers(3, 6)))]
        kinds = ["open", "won", "lost", *draw(st.lists(st.sampled_from(["open", "won", "lost"]), min_size=len(names) - 3, max_size=len(names) - 3))]
        stages = []
        for name, kind in zip(names, kinds, strict=True):
            moves = draw(st.lists(st.sampled_from([each for each in names if each != name]), unique=True))
            stages.append(Stage(name, name, kind, {"won": 1.0, "lost": 0.0}.get(kind, 0.5), "pipeline" if kind == "open" else None, 10, tuple(moves)))  # type: ignore[arg-type]
        return Pipeline(tuple(stages), ("price", "other"))

    return drawn()


def walk(pipeline: Pipeline, wanted: list[tuple[int, int]]) -> tuple[list[Move], list[Progress]]:
    """A walk through the stages: of each step the wish for a stage and hours later; what is not allowed is not walked."""
    progress = Progress(pipeline.stages[0].name, START)
    moves, states = [Move(progress.stage, progress.since)], [progress]
    at = START
    for number, hours in wanted:
        at += timedelta(hours=hours)
        to = pipeline.stages[number % len(pipeline.stages)]
        reason = "price" if to.kind == "lost" else None
        if to.name in pipeline.stage(progress.stage).moves:
            progress = move(pipeline, progress, to.name, at, reason)
            moves.append(Move(to.name, at, reason))
            states.append(progress)
        else:
            with pytest.raises(CrmError, match="cannot become"):
                move(pipeline, progress, to.name, at, reason)
    return moves, states


WISHES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 500)), max_size=12)


@given(pipelines(), WISHES)
def test_every_step_of_a_walk_is_an_allowed_move_and_what_is_closed_has_a_time(pipeline: Pipeline, wanted: list[tuple[int, int]]) -> None:
    _, states = walk(pipeline, wanted)
    for before, after in pairwise(states):
        assert after.stage in pipeline.stage(before.stage).moves
    for state in states[1:]:
        kind = pipeline.stage(state.stage).kind
        assert (state.closed_at == state.since) if kind != "open" else state.closed_at is None
        assert (state.loss_reason is not None) == (kind == "lost")


@given(pipelines(), WISHES)
def test_nothing_leads_out_of_a_closed_stage_that_has_no_moves(pipeline: Pipeline, wanted: list[tuple[int, int]]) -> None:
    shut = Pipeline(tuple(each if each.kind == "open" else Stage(each.name, each.label, each.kind, each.probability, None, None, ())
                          for each in pipeline.stages), pipeline.loss_reasons)  # fmt: skip
    _, states = walk(shut, wanted)
    assert all(shut.stage(state.stage).kind == "open" for state in states[:-1])


@given(pipelines(), WISHES, st.integers(0, 2000))
def test_the_history_tells_where_it_is_and_where_it_was(pipeline: Pipeline, wanted: list[tuple[int, int]], hours: int) -> None:
    moves, states = walk(pipeline, wanted)
    assert replay(pipeline, moves) == states[-1]
    then = START + timedelta(hours=hours)
    assert replay(pipeline, moves, then) == [state for state in states if state.since <= then][-1]
    assert replay(pipeline, moves, START - timedelta(seconds=1)) is None


@given(st.floats(0, 400))
def test_ageing_counts_days_and_says_what_is_beyond_the_limit(days: float) -> None:
    now = START + timedelta(days=days)
    assert days_in_stage(NEW, now) == pytest.approx(days, abs=1e-6)
    assert overdue_days(PIPELINE, NEW, now) == pytest.approx(max(days - 14, 0), abs=1e-6)
    assert overdue_days(PIPELINE, Progress("won", START, START), now) == 0


def test_the_default_stages_are_those_that_there_always_were() -> None:
    assert PIPELINE.names == ("new", "qualified", "proposal", "negotiation", "won", "lost")
    assert [each.kind for each in PIPELINE.stages] == ["open"] * 4 + ["won", "lost"]
    lost = move(PIPELINE, NEW, "lost", START + timedelta(days=1), "price")
    assert (lost.closed_at, lost.loss_reason) == (START + timedelta(days=1), "price")
    assert move(PIPELINE, lost, "qualified", START + timedelta(days=2)) == Progress("qualified", START + timedelta(days=2))


@pytest.mark.parametrize(
    ("to", "days", "reason", "sentence"),
    [
        ("won", 1, None, "An opportunity that is new cannot become won; allowed from here: qualified, proposal, lost."),
        ("qualifed", 1, None, r"There is no stage 'qualifed'; did you mean 'qualified'\?"),
        ("lost", 1, None, "Why it was lost is missing; give one of price, competitor"),
        ("lost", 1, "prize", r"'prize' is no reason for a loss; did you mean 'price'\?"),
        ("qualified", 1, "price", "A reason is given for a loss only, and qualified is none"),
        ("qualified", -1, None, "It came into new on 2025-03-01 09:00, and cannot leave it before"),
    ],
)
def test_what_is_not_allowed_is_explained(to: str, days: int, reason: str | None, sentence: str) -> None:
    with pytest.raises(CrmError, match=sentence):
        move(PIPELINE, NEW, to, START + timedelta(days=days), reason)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("moves: [qualified, proposal, lost]", "moves: [qualifed, lost]", r"stages\.yaml, line 11: there is no stage 'qualifed'; did you mean 'qualified'\?"),
        ("overdue_days: 14", "overdue_day: 14", r"stages\.yaml, line 11: 'overdue_day' is not known here; did you mean 'overdue_days'\?"),
        ("moves: [negotiation]", "moves: [won]", "line 19: won is where it is already"),
        ("kind: lost, probability: 0", "kind: lost, probability: 0.2", "what is lost has the probability 0"),
        ("kind: lost, probability: 0", "kind: open, probability: 0, commitment: pipeline", "no stage is lost"),
        ("commitment: commit, ", "", "an open stage needs a commitment"),
        ("probability: 1,", "probability: 1, commitment: commit,", "only an open stage has a commitment"),
        ("probability: 0.5", "probability: 50", "line 15: stages proposal probability: Input should be less than or equal to 1"),
        ("  qualified:\n", "  new:\n", "new stands twice"),
        ("[price, competitor, no budget, no need, timing, no answer, other]", "[]", "loss_reasons: List should have at least 1 item"),
        ("loss_reasons:", "loss_reason:", r"'loss_reason' is not known here; did you mean 'loss_reasons'\?"),
        ("stages:", "stages: [", "this is not YAML"),
        ("label: New", "label: \a", r"stages\.yaml: this is not YAML \(unacceptable character"),
    ],
)
def test_a_wrong_file_is_explained(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(CrmError, match=sentence):
        declared_pipeline("stages.yaml", TEXT.replace(old, new, 1))


def test_where_opportunities_begin_is_open() -> None:
    begin, end = TEXT.index("  new:"), TEXT.index("  won:")
    with pytest.raises(CrmError, match="put an open one before it"):
        declared_pipeline("stages.yaml", TEXT[:begin] + TEXT[end : TEXT.index("  lost:")] + TEXT[begin:end] + TEXT[TEXT.index("  lost:") :])


def test_stages_that_are_in_use_are_told() -> None:
    fewer = Pipeline(PIPELINE.stages[1:], PIPELINE.loss_reasons)
    assert left_behind(fewer, {"new": 3, "won": 2}) == {"new": 3}
    assert left_behind(fewer, {"new": 0, "won": 2}) == {}
