"""What the pages hand in: who may."""

from collections.abc import Callable

import pytest

from dashboards import data, intake, session
from gcrm.errors import GeocodeError, RoadsError


@pytest.mark.parametrize(
    "decide",
    [
        lambda: intake.accept_candidate(1, 1, always=True),
        lambda: intake.set_point(1, 24.9, 60.2, always=False),
        lambda: intake.leave_position(1),
        lambda: intake.undo_position(1),
    ],
)
def test_who_sees_a_part_only_decides_on_no_position(decide: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "scope", lambda: data.Scope(frozenset({1})))
    with pytest.raises(GeocodeError, match="those who see every account"):
        decide()


@pytest.mark.parametrize("change", [lambda: intake.close_street(1), lambda: intake.slow_street(1, 0.5), lambda: intake.free_street(1)])
def test_who_sees_a_part_only_closes_and_slows_no_street(change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "scope", lambda: data.Scope(frozenset({1})))
    with pytest.raises(RoadsError, match="those who see every account"):
        change()
