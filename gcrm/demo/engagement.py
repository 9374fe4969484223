"""What the reps do: activities with accounts, and sales opportunities."""

import numpy as np
import pyarrow as pa

from gcrm.demo import structure
from gcrm.demo.accounts import COMPANY, LOST, Accounts
from gcrm.demo.city import Floats, Indices
from gcrm.demo.tables import draw, draw_weighted, flags, join, keys, money, only_where, pick, seconds_of, stream, times
from gcrm.demo.territories import Territories

_KINDS = ("call", "visit", "mail", "meeting", "note", "task")
_KIND_SHARE = (0.35, 0.20, 0.25, 0.08, 0.08, 0.04)
_PLANNED_SHARE = (0.30, 0.40, 0.05, 0.10, 0.0, 0.15)
_SUBJECTS = ("spring offer", "service reminder", "new models", "open order", "complaint", "first talk")
_OUTCOMES = ("interested", "no answer", "ordered", "not interested", "call again", None)
_OPEN_STAGES = ("new", "qualified", "proposal", "negotiation")
_STAGES = (*_OPEN_STAGES, "won", "lost")
_LOSS_REASONS = ("price", "competitor", "no budget", "no need", "timing", "no answer", "other")
_DAY = 86_400
_LONGEST_SALE_DAYS = 120


def _moments(random: np.random.Generator, count: int) -> Indices:
    """Seconds since 1970 of working hours (07:00 to 16:00 UTC) of days of the data, in order."""
    first, end = seconds_of(structure.FIRST_MONTH), seconds_of(structure.END)
    day = random.integers((end - first) // _DAY, size=count)
    return np.sort(first + _DAY * day + random.integers(7 * 3_600, 16 * 3_600, size=count))


def _rep_keys(territory: Indices, random: np.random.Generator) -> pa.Array:
    rep = territory * structure.REPS_PER_TERRITORY + random.integers(structure.REPS_PER_TERRITORY, size=len(territory))
    return keys("R", rep + 1, 2)


def activities_table(accounts: Accounts, territories: Territories, scale: float, seed: int) -> pa.Table:
    """The activities, ordered by time, those that are planned behind the others.

    Every territory has the same number, so an account of the overloaded one sees less of its rep.
    """
    return pa.concat_tables([_done(accounts, territories, scale, seed), _planned(accounts, territories, scale, seed)])


def _even(accounts: Accounts, territories: Territories, count: int, random: np.random.Generator) -> tuple[Indices, Indices]:
    """Accounts, of every territory as many, and their territories."""
    territory = territories.of_place[accounts.place]
    inhabitants = np.bincount(territory, minlength=len(territories.keys))
    account = draw_weighted(1.0 / inhabitants[territory], random.random(count))
    return account, territory[account]


def _planned(accounts: Accounts, territories: Territories, scale: float, seed: int) -> pa.Table:
    """What is planned around the end of the data, in working hours, to the quarter of an hour."""
    count = round(structure.BASE_PLANNED * scale)
    random = stream(seed, "planned")
    account, territory = _even(accounts, territories, count, random)
    first, last = structure.PLANNED_DAYS
    due = seconds_of(structure.END) + _DAY * random.integers(first, last + 1, size=count) + 900 * random.integers(28, 60, size=count)
    return pa.table(
        {
            "activity_key": keys("W", np.arange(1, count + 1), 8),
            "account_key": keys("A", account + 1),
            "rep_key": _rep_keys(territory, random),
            "kind": pick(_KINDS, draw(_PLANNED_SHARE, random.random(count))),
            "happened_at": pa.nulls(count, pa.string()),
            "due_at": times(np.sort(due)),
            "duration_minutes": pa.array(random.choice([15, 30, 45, 60], size=count)),
            **_unsaid(count),
            "subject": pick(_SUBJECTS, random.integers(len(_SUBJECTS), size=count)),
            "outcome": pa.nulls(count, pa.string()),
            "made_up": flags(count),
        }
    )


def _unsaid(count: int) -> dict[str, pa.Array]:
    """What the reps of the company do not write down."""
    return {name: pa.nulls(count, pa.string()) for name in ("contact_key", "channel", "department")}


def _done(accounts: Accounts, territories: Territories, scale: float, seed: int) -> pa.Table:
    count = round(structure.BASE_ACTIVITIES * scale)
    random = stream(seed, "activities")
    account, territory = _even(accounts, territories, count, random)
    return pa.table(
        {
            "activity_key": keys("V", np.arange(1, count + 1), 8),
            "account_key": keys("A", account + 1),
            "rep_key": _rep_keys(territory, random),
            "kind": pick(_KINDS, draw(_KIND_SHARE, random.random(count))),
            "happened_at": times(_moments(random, count)),
            "due_at": pa.nulls(count, pa.string()),
            "duration_minutes": pa.nulls(count, pa.int64()),
            **_unsaid(count),
            "subject": pick(_SUBJECTS, random.integers(len(_SUBJECTS), size=count)),
            "outcome": pick(_OUTCOMES, random.integers(len(_OUTCOMES), size=count)),
            "made_up": flags(count),
        }
    )


def opportunities_table(accounts: Accounts, territories: Territories, nearness: Floats, scale: float, seed: int) -> pa.Table:
    """The opportunities, ordered by the time they were opened.

    Args:
        accounts: the accounts; those that are lost have none, companies have three times as many.
        territories: for the reps.
        nearness: exp(-d / lambda) of each place; what is near is won more often.
        scale: 1 for BASE_OPPORTUNITIES.
        seed: of the random numbers.
    """
    count = round(structure.BASE_OPPORTUNITIES * scale)
    random = stream(seed, "opportunities")
    weight = np.where(accounts.kind == COMPANY, 3.0, 1.0) * (accounts.status != LOST)
    account = draw_weighted(weight if weight.any() else np.ones(len(accounts)), random.random(count))
    opened = _moments(random, count)
    closes = opened + random.integers(10 * _DAY, _LONGEST_SALE_DAYS * _DAY, size=count)
    closed = closes < seconds_of(structure.END)
    won = random.random(count) < structure.WIN_FLOOR + structure.WIN_NEAR * nearness[accounts.place[account]]
    age = (seconds_of(structure.END) - opened) / (_LONGEST_SALE_DAYS * _DAY)
    open_stage = np.minimum(age * len(_OPEN_STAGES), len(_OPEN_STAGES) - 1).astype(np.int64)
    stage = np.where(closed, np.where(won, _STAGES.index("won"), _STAGES.index("lost")), open_stage)
    middle = np.where(accounts.kind[account] == COMPANY, 250_000, 60_000)
    expected = closes // _DAY + random.integers(-10, 11, size=count)
    more = stream(seed, "opportunities", 1)
    # Whatever is open came into its stage in the last part of its time, most of it lately.
    since = opened + ((seconds_of(structure.END) - opened) * np.sqrt(more.random(count))).astype(np.int64)
    reason = more.integers(len(_LOSS_REASONS), size=count)
    return pa.table(
        {
            "opportunity_key": keys("D", np.arange(1, count + 1)),
            "account_key": keys("A", account + 1),
            "rep_key": _rep_keys(territories.of_place[accounts.place[account]], random),
            "name": join("Opportunity ", keys("", np.arange(1, count + 1))),
            "stage": pick(_STAGES, stage),
            "amount": money(np.round(middle * np.exp(0.6 * random.standard_normal(count))).astype(np.int64)),
            "currency": pa.repeat(structure.CURRENCY, count),
            "opened_at": times(opened),
            "expected_close_on": pa.array(expected.astype(np.int32)).cast(pa.date32()),
            "closed_at": only_where(closed, times(closes)),
            "stage_since": times(np.where(closed, closes, since)),
            "loss_reason": only_where(closed & ~won, pick(_LOSS_REASONS, reason)),
            "made_up": flags(count),
        }
    )
