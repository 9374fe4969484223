"""What the lists hand in: changes of a field of one record or of many, and what is taken back; the part of `intake` for every list."""

from collections.abc import Sequence

from dashboards import session
from dashboards.session import Permission, needs
from gcrm.crm.lists import ListType
from gcrm.pipeline.lists import changing
from gcrm.pipeline.lists.changing import MOST_CHANGED, Changed, Undone
from gcrm.pipeline.lists.reading import Wanted

__all__ = ["MOST_CHANGED", "Changed", "Undone"]


@needs(Permission.WORK)
def change(of: ListType, keys: Sequence[int], name: str, text: str, seen: str | None = None) -> Changed:
    """Changes a field of some records; see `gcrm.pipeline.lists.changing.change`.

    Raises:
        CrmError: the value is none, a record is not to be seen, somebody changed it meanwhile, or the rules refuse every record.
    """
    return changing.change(of, keys, name, text, session.scope(), actor=session.name(), through="page", seen=seen)


@needs(Permission.WORK)
def change_all(of: ListType, wanted: Wanted, expected: int, name: str, text: str) -> Changed:
    """Changes a field of all records of a list; see `gcrm.pipeline.lists.changing.change_all`.

    Raises:
        CrmError: as of `change`, or there are other records than were expected by now.
    """
    return changing.change_all(of, wanted, expected, name, text, session.scope(), actor=session.name(), through="page")


@needs(Permission.WORK)
def undo(of: ListType, change_set_id: int) -> Undone:
    """Takes a change back; see `gcrm.pipeline.lists.changing.undo`.

    Raises:
        CrmError: it was taken back already, or the same was changed since.
    """
    return changing.undo(of, change_set_id, session.scope(), actor=session.name(), through="page")
