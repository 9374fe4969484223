"""Assignment: fair, complete, the same every time, and explained."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcrm.crm.assignment import WAYS, Rep, Territory, Waiting, Way, assign

NORTH, SOUTH, EAST, ISLE = Territory(1, "North", 1, "City"), Territory(2, "South", 1, "City"), Territory(3, "East"), Territory(4, "Isle", 2, "Sea")
TERRITORIES = {each.territory_id: each for each in (NORTH, SOUTH, EAST, ISLE)}

REPS = st.lists(
    st.builds(Rep, st.integers(1, 40), st.just("Rep"), st.sampled_from([None, 1, 2, 3]), st.integers(0, 30), st.integers(0, 5).map(float)),
    max_size=12, unique_by=lambda rep: rep.rep_id,
)  # fmt: skip
LEADS = st.lists(st.sampled_from([None, 1, 2, 3, 4, 99]), max_size=60).map(lambda where: [Waiting(number, each) for number, each in enumerate(where)])


def _served(territory_id: int, reps: list[Rep]) -> set[int]:
    own = {rep.rep_id for rep in reps if rep.territory_id == territory_id}
    region = TERRITORIES[territory_id].region_id
    of_region = {rep.rep_id for rep in reps if rep.territory_id is not None and TERRITORIES[rep.territory_id].region_id == region is not None}
    return own or of_region


@given(LEADS, REPS, st.sampled_from(WAYS))
def test_every_lead_whose_territory_or_region_has_reps_gets_one_of_them_and_every_other_none(leads: list[Waiting], reps: list[Rep], way: Way) -> None:
    done = assign(leads, reps, TERRITORIES, way)
    assert [each.lead_id for each in done] == [lead.lead_id for lead in leads]
    for lead, each in zip(leads, done, strict=True):
        able = _served(lead.territory_id, reps) if lead.territory_id in TERRITORIES else set()
        assert (each.rep_id in able) if able else each.rep_id is None
        assert each.because.startswith("assigned to Rep because it lies in " if able else "not assigned because it lies in ")


@given(st.lists(st.sampled_from([1, 2, 3]), max_size=80), REPS)
def test_in_turn_no_two_reps_of_a_territory_differ_by_more_than_one(where: list[int], reps: list[Rep]) -> None:
    done = assign([Waiting(number, each) for number, each in enumerate(where)], reps, TERRITORIES, "turn")
    for territory_id in (1, 2, 3):
        own = [rep.rep_id for rep in reps if rep.territory_id == territory_id]
        if own:
            counts = Counter(each.rep_id for each, lies in zip(done, where, strict=True) if lies == territory_id)
            assert max(counts[rep] for rep in own) - min(counts[rep] for rep in own) <= 1


@given(st.integers(0, 80), REPS)
def test_by_load_nobody_gets_a_lead_while_another_has_fewer(count: int, reps: list[Rep]) -> None:
    load = {rep.rep_id: rep.open_leads for rep in reps if rep.territory_id == 1}
    for each in assign([Waiting(number, 1) for number in range(count)], reps, TERRITORIES, "load") if load else ():
        assert each.rep_id is not None
        assert load[each.rep_id] == min(load.values())
        load[each.rep_id] += 1


@given(LEADS, REPS, st.sampled_from(WAYS), st.randoms(use_true_random=False))
def test_the_order_of_the_reps_makes_no_difference(leads: list[Waiting], reps: list[Rep], way: Way, random: object) -> None:
    other = list(reps)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert assign(leads, reps, TERRITORIES, way) == assign(leads, other, TERRITORIES, way)


@given(st.lists(st.sampled_from([1, 2, 3]), max_size=40), REPS, st.integers(0, 40))
def test_in_turn_a_run_goes_on_where_the_last_one_ended(where: list[int], reps: list[Rep], cut: int) -> None:
    leads = [Waiting(number, each) for number, each in enumerate(where)]
    first = assign(leads[:cut], reps, TERRITORIES, "turn")
    later = {each.rep_id: 100.0 + place for place, each in enumerate(first)}
    then = [Rep(rep.rep_id, rep.name, rep.territory_id, rep.open_leads, later.get(rep.rep_id, rep.last_assigned)) for rep in reps]
    alone = {rep.territory_id for rep in reps}
    own = [place for place, each in enumerate(where) if each in alone and place >= cut]
    whole, second = assign(leads, reps, TERRITORIES, "turn"), assign(leads[cut:], then, TERRITORIES, "turn")
    counts = {territory: [rep.rep_id for rep in reps if rep.territory_id == territory] for territory in (1, 2, 3)}
    assert all(whole[place].rep_id in counts[where[place]] and second[place - cut].rep_id in counts[where[place]] for place in own)
    for territory, team in counts.items():
        got = Counter(each.rep_id for each, lies in zip([*first, *second], where, strict=True) if lies == territory)
        assert not team or max(got[rep] for rep in team) - min(got[rep] for rep in team) <= 1


@pytest.mark.parametrize(
    ("lead", "reps", "way", "because"),
    [
        (Waiting(1, 1), [Rep(1, "Ada", 1)], "turn", "assigned to Ada because it lies in North and is the only rep there"),
        (Waiting(1, 1, territory_given=True), [Rep(1, "Ada", 1), Rep(2, "Ben", 1, last_assigned=-1)], "turn",
         "assigned to Ben because it was given to North and was next in turn of 2 reps"),
        (Waiting(1, 1), [Rep(1, "Ada", 1, 7), Rep(2, "Ben", 1, 3)], "load",
         "assigned to Ben because it lies in North and had the fewest open leads (3) of 2 reps"),
        (Waiting(1, 1), [Rep(1, "Ada", 2)], "turn",
         "assigned to Ada because it lies in North, which no rep serves, in the region City, and is the only rep there"),
        (Waiting(1, 4), [Rep(1, "Ada", 2)], "turn", "not assigned because it lies in Isle, and no rep serves that or its region"),
        (Waiting(1, None), [Rep(1, "Ada", 2)], "turn", "not assigned because it lies in no territory"),
    ],
)  # fmt: skip
def test_the_reason_is_said_in_words(lead: Waiting, reps: list[Rep], way: Way, because: str) -> None:
    assert assign([lead], reps, TERRITORIES, way)[0].because == because
