"""The deadlines of cases, by what the settings promise."""

from functools import lru_cache

import pandas as pd

from gcrm.config import settings
from gcrm.crm.cases import Service, service


def promised() -> Service:
    """What the settings promise.

    Raises:
        SettingsError: GCRM_CASE_HOURS or GCRM_SERVICE_HOURS cannot be understood.
    """
    return _service(settings().case_hours, settings().service_hours, settings().time_zone)


@lru_cache(maxsize=8)
def _service(hours: str, week: str, _: str) -> Service:
    return service(hours, week, settings().zone)


def with_deadlines(cases: pd.DataFrame) -> pd.DataFrame:
    """Cases with a deadline wherever their file gives none.

    Args:
        cases: priority, opened_at, response_due_at, solution_due_at and whatever else they have.

    Raises:
        SettingsError: as of `promised`.
    """
    due = [promised().deadlines(priority, opened_at) for priority, opened_at in zip(cases["priority"], cases["opened_at"], strict=True)]
    frame = pd.DataFrame(due, columns=["response_due_at", "solution_due_at"], index=cases.index).astype("datetime64[us, UTC]")
    return cases.assign(**{name: cases[name].fillna(frame[name]) for name in frame.columns})
