"""What customers ask and complain about: cases, more of them where sales decline, about the products that break."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gcrm.demo import structure
from gcrm.demo.accounts import Accounts
from gcrm.demo.city import Indices
from gcrm.demo.company import products
from gcrm.demo.tables import draw, draw_weighted, flags, keys, only_where, pick, seconds_of, stream, times
from gcrm.demo.territories import Territories

_DAY, _HOUR = 86_400, 3_600
_CHANNELS = ("phone", "mail", "shop", "web")
_SUBJECTS = ("opening hours", "delivery", "does not work as it should", "came damaged", "invoice", "spare part", "stopped working")
_OF_KIND = ((0.35, 0.25, 0.0, 0.0, 0.25, 0.15, 0.0), (0.0, 0.25, 0.30, 0.35, 0.10, 0.0, 0.0), (0.0, 0.0, 0.40, 0.0, 0.0, 0.10, 0.50))
_ANSWER_HOURS, _SOLUTION_HOURS = 6.0, 60.0


def cases_table(accounts: Accounts, declining: NDArray[np.bool_], territories: Territories, scale: float, seed: int) -> pa.Table:
    """The cases, ordered by the time they came.

    Args:
        accounts: the accounts.
        declining: true for the places in areas whose demand declines: FAULTY_SHARE of all cases are complaints from there about FAULTY_CATEGORY.
        territories: for the reps.
        scale: 1 for BASE_CASES.
        seed: of the random numbers.
    """
    count = round(structure.BASE_CASES * scale)
    random = stream(seed, "cases")
    inside = declining[accounts.place].astype(np.float64)
    faulty = (random.random(count) < structure.FAULTY_SHARE) & inside.any()
    account = draw_weighted(np.ones(len(accounts)), random.random(count))
    account = np.where(faulty, draw_weighted(inside if inside.any() else np.ones(len(accounts)), random.random(count)), account)
    kind = np.where(faulty, structure.CASE_KINDS.index("complaint"), draw(structure.CASE_KIND_SHARE, random.random(count)))
    opened = np.sort(seconds_of(structure.FIRST_MONTH) + random.integers(0, seconds_of(structure.END) - seconds_of(structure.FIRST_MONTH), size=count))
    responded = opened + (random.exponential(_ANSWER_HOURS, count) * _HOUR).astype(np.int64)
    solved = responded + (random.exponential(_SOLUTION_HOURS, count) * _HOUR).astype(np.int64)
    end = seconds_of(structure.END)
    status = np.where(solved < end, "closed", np.where(responded < end, "open", "new"))
    rep = territories.of_place[accounts.place[account]] * structure.REPS_PER_TERRITORY + random.integers(structure.REPS_PER_TERRITORY, size=count)
    return pa.table(
        {
            "case_key": keys("S", np.arange(1, count + 1)),
            "account_key": keys("A", account + 1),
            "contact_key": pa.nulls(count, pa.string()),
            "product_key": keys("P", _products(faulty, random) + 1, 3),
            "rep_key": keys("R", rep + 1, 2),
            "kind": pick(structure.CASE_KINDS, kind),
            "priority": pick(structure.PRIORITIES, draw(structure.PRIORITY_SHARE, random.random(count))),
            "status": pa.array(status.tolist()),
            "subject": pick(_SUBJECTS, draw(_OF_KIND, random.random(count), kind)),
            "channel": pick(_CHANNELS, random.integers(len(_CHANNELS), size=count)),
            "opened_at": times(opened),
            "response_due_at": pa.nulls(count, pa.string()),
            "solution_due_at": pa.nulls(count, pa.string()),
            "responded_at": only_where(responded < end, times(responded)),
            "solved_at": only_where(solved < end, times(solved)),
            "made_up": flags(count),
        }
    )


def _products(faulty: NDArray[np.bool_], random: np.random.Generator) -> Indices:
    """The product of each case, by its position: of a faulty one one of the faulty category."""
    category = products()["category"].to_numpy()
    broken = np.flatnonzero(category == structure.CATEGORIES.index(structure.FAULTY_CATEGORY))
    chosen = np.where(faulty, random.choice(broken, size=len(faulty)), random.integers(len(category), size=len(faulty)))
    return np.asarray(chosen, dtype=np.int64)
