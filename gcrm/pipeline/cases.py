"""Cases: opened, moved, assigned, commented; lists by deadline. Each write says who and through what, and can be taken back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import psycopg
from psycopg.rows import TupleRow

from gcrm.access.scope import Scope
from gcrm.crm.cases import KINDS, Case, moved
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.activity_lists import After, Choice, records
from gcrm.pipeline.case_deadlines import promised
from gcrm.pipeline.changes import Through, acting, last_change, undo_change
from gcrm.pipeline.entry import SOURCE

_OBJECT = "cases"
_LONGEST_TEXT = 1_000


@dataclass(frozen=True)
class NewCase:
    """A case as it comes in.

    Attributes:
        account_id: whose it is.
        kind: one of `gcrm.crm.cases.KINDS`.
        subject: what it is about.
        priority: says its deadlines.
        contact_id: the person, who is of the account or has a role there.
        product_id: the product it is about.
        rep_id: who works on it.
        channel: through what it came.
    """

    account_id: int
    kind: str
    subject: str
    priority: str = "normal"
    contact_id: int | None = None
    product_id: int | None = None
    rep_id: int | None = None
    channel: str = ""


@dataclass(frozen=True)
class Written:
    """What was written, for `undo`: the case, the change that was made to it (None where it was opened), the comment that was written, if one was."""

    case_id: int
    change_id: int | None
    comment_id: int | None = None


def open_case(case: NewCase, scope: Scope, *, actor: str, through: Through) -> Written:
    """Opens a case now; its deadlines follow from its priority.

    Args:
        case: what it is.
        scope: who asks; it has to show the account.
        actor: who writes.
        through: page or command.

    Raises:
        CrmError: the account is not to be seen, or something does not fit it.
        SettingsError: the settings of the deadlines cannot be understood.
    """
    if case.kind not in KINDS:
        raise CrmError(f"There is no kind of case {case.kind!r}; there are {', '.join(KINDS)}.")
    at = datetime.now(UTC)
    response, solution = promised().deadlines(case.priority, at)
    subject = _text(case.subject)
    with scoped(scope) as reader:
        if not queries("activities").sees_account(reader, account_id=case.account_id):
            raise CrmError(f"There is no account {case.account_id}, or you may not see it; look for it by its name.")
    with acting(actor, through) as connection:
        references = {"account_id": case.account_id, "contact_id": case.contact_id, "product_id": case.product_id, "rep_id": case.rep_id}
        for what, key in queries(_OBJECT).unknown_references(connection, **references):
            raise CrmError(f"There is no {what} {key} of account {case.account_id}; choose another, or leave it out.")
        created = queries(_OBJECT).create(
            connection, **references, **_key(), kind=case.kind, priority=case.priority, subject=subject, channel=case.channel.strip() or None, opened_at=at,
            response_due_at=response, solution_due_at=solution, actor=actor,
        )  # fmt: skip
    return Written(int(created), None)


def move(case_id: int, to: str, scope: Scope, *, actor: str, through: Through, comment: str = "") -> Written:
    """Moves a case to another status; see `gcrm.crm.cases.moved`.

    Args:
        case_id: its key.
        to: the status.
        scope: who asks; it has to show the case.
        actor: who writes.
        through: page or command.
        comment: what is said of it; empty for nothing.

    Raises:
        CrmError: there is no such case, or it may not go there from here.
    """
    at = datetime.now(UTC)
    with _held(case_id, scope, actor, through) as (connection, case):
        move_within(connection, case_id, case, to, at)
        comment_id = _comment(connection, case_id, comment, at, actor) if comment.strip() else None
        return Written(case_id, last_change(connection, _OBJECT, case_id), comment_id)


def move_within(connection: psycopg.Connection[Any], case_id: int, case: Case, to: str, at: datetime) -> None:
    """As `move`, in the connection's transaction, for whoever sees the case.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        case_id: its key.
        case: where it stands.
        to: the status.
        at: when.

    Raises:
        CrmError: it may not go there from here.
    """
    after = moved(case, to, at)
    queries(_OBJECT).move(connection, case_id=case_id, status=after.status, responded_at=after.responded_at, solved_at=after.solved_at)


def assign(case_id: int, rep_id: int, scope: Scope, *, actor: str, through: Through) -> Written:
    """Gives a case to a rep.

    Args:
        case_id: its key.
        rep_id: who works on it from now on.
        scope: who asks; it has to show the case.
        actor: who writes.
        through: page or command.

    Raises:
        CrmError: there is no such case or rep, or the rep has it already.
    """
    with _held(case_id, scope, actor, through) as (connection, _):
        assign_within(connection, case_id, rep_id)
        return Written(case_id, last_change(connection, _OBJECT, case_id))


def assign_within(connection: psycopg.Connection[Any], case_id: int, rep_id: int) -> None:
    """As `assign`, in the connection's transaction, for whoever sees the case.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        case_id: its key.
        rep_id: who works on it from now on.

    Raises:
        CrmError: there is no such rep, or the rep has it already.
    """
    for what, key in queries(_OBJECT).unknown_references(connection, account_id=None, contact_id=None, product_id=None, rep_id=rep_id):
        raise CrmError(f"There is no {what} {key}; see them with `gcrm activities reps`.")
    if not queries(_OBJECT).assign(connection, case_id=case_id, rep_id=rep_id):
        raise CrmError(f"Case {case_id} is with rep {rep_id} already; choose another.")


def set_priority(case_id: int, priority: str, scope: Scope, *, actor: str, through: Through) -> Written:
    """Gives a case another priority, and with it other deadlines, from the time it came.

    Args:
        case_id: its key.
        priority: the new one.
        scope: who asks; it has to show the case.
        actor: who writes.
        through: page or command.

    Raises:
        CrmError: there is no such case or priority, or it has this priority.
        SettingsError: the settings of the deadlines cannot be understood.
    """
    with _held(case_id, scope, actor, through) as (connection, case):
        set_priority_within(connection, case_id, case, priority)
        return Written(case_id, last_change(connection, _OBJECT, case_id))


def set_priority_within(connection: psycopg.Connection[Any], case_id: int, case: Case, priority: str) -> None:
    """As `set_priority`, in the connection's transaction, for whoever sees the case.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        case_id: its key.
        case: where it stands.
        priority: the new one.

    Raises:
        CrmError: there is no such priority, or it has this one.
        SettingsError: the settings of the deadlines cannot be understood.
    """
    response, solution = promised().deadlines(priority, case.opened_at)
    if not queries(_OBJECT).set_priority(connection, case_id=case_id, priority=priority, response_due_at=response, solution_due_at=solution):
        raise CrmError(f"Case {case_id} has the priority {priority} already; choose another.")


def comment(case_id: int, text: str, scope: Scope, *, actor: str, through: Through) -> Written:
    """Writes a note on a case; it is in the history of the customer too.

    Args:
        case_id: its key.
        text: what is said.
        scope: who asks; it has to show the case.
        actor: who writes.
        through: page or command.

    Raises:
        CrmError: there is no such case, or nothing is said.
    """
    with _held(case_id, scope, actor, through) as (connection, _):
        return Written(case_id, None, _comment(connection, case_id, text, datetime.now(UTC), actor))


def undo(written: Written, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back what was written: a case that was opened goes, one that was changed is as it was, a comment goes.

    Args:
        written: from the function that wrote it.
        scope: who asks; it has to show the case.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: somebody changed it since, or it was undone already.
    """
    with _held(written.case_id, scope, actor, through) as (connection, _):
        if written.comment_id is not None and not queries("activities").remove_untouched(connection, activity_id=written.comment_id):
            raise CrmError("The comment cannot be taken back: it is gone, or was changed since; look at the case.")
        if written.change_id is not None:
            if queries("changes").what(connection, change_id=written.change_id) != (_OBJECT, written.case_id):
                raise CrmError(f"Change {written.change_id} is none of case {written.case_id}; look at its history.")
            undo_change(connection, written.change_id)
        elif written.comment_id is None and not queries(_OBJECT).remove_untouched(connection, case_id=written.case_id):
            raise CrmError(f"Case {written.case_id} cannot be taken back: it was changed since, or something was said of it; close it instead.")


def undo_last(case_id: int, scope: Scope, *, actor: str, through: Through) -> None:
    """Takes back the last change of a case, or the case itself where nothing was changed.

    Args:
        case_id: its key.
        scope: who asks; it has to show the case.
        actor: who undoes it.
        through: page or command.

    Raises:
        CrmError: there is none, or something was said of it.
    """
    with _held(case_id, scope, actor, through) as (connection, _):
        written = Written(case_id, last_change(connection, _OBJECT, case_id))
    undo(written, scope, actor=actor, through=through)


def cases(
    choice: Choice, scope: Scope, most: int, *, unsolved: bool = True, statuses: tuple[str, ...] = (), until: datetime | None = None,
    account_id: int | None = None, after: After | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Cases: what is unsolved by its deadline, or all, the newest first.

    Args:
        choice: of which reps, kinds and area.
        scope: who is looking.
        most: so many at most.
        unsolved: only what still has a deadline.
        statuses: only these; none for all.
        until: only those with a deadline before this time.
        account_id: only those of this account.
        after: behind the last one of the page before: its solution deadline, or of all its opening, and its key.

    Returns:
        case_id, account_id, account, address, longitude, latitude, kind, priority, status, subject, channel, product, rep_id, rep, contact, phone, opened_at,
        response_due_at, solution_due_at, responded_at, solved_at, comments.

    Raises:
        CrmError: the cell is none.
    """
    asked = {
        **choice.parameters(), "unsolved": unsolved, "statuses": list(statuses), "until": until, "account_id": account_id, "case_id": None,
        "at": after.at if after else None, "key": after.key if after else None, "most": most,
    }  # fmt: skip
    with scoped(scope) as connection:
        return read_frame(connection, queries(_OBJECT).listing.sql, asked)


def case(case_id: int, scope: Scope) -> dict[str, Any] | None:
    """One case, with the columns of `cases`; None where there is none that the scope shows."""
    asked = {
        **Choice().parameters(), "unsolved": False, "statuses": [], "until": None, "account_id": None, "case_id": case_id, "at": None, "key": None, "most": 1,
    }  # fmt: skip
    with scoped(scope) as connection:
        found = records(read_frame(connection, queries(_OBJECT).listing.sql, asked))
    return found[0] if found else None


def comments(case_id: int, scope: Scope) -> pd.DataFrame:
    """What was said and done for a case, in order of time: activity_id, at, kind, state, text, who."""
    with scoped(scope) as connection:
        return read_frame(connection, queries(_OBJECT).comments.sql, {"case_id": case_id})


def products(scope: Scope) -> pd.DataFrame:
    """The products, by name: product_id, name."""
    with scoped(scope) as connection:
        return read_frame(connection, queries(_OBJECT).products.sql)


def standing(row: dict[Any, Any]) -> Case:
    """A row of `cases` as the rules take it."""
    return Case(row["status"], row["opened_at"], row["response_due_at"], row["solution_due_at"], row["responded_at"], row["solved_at"])


@contextmanager
def _held(case_id: int, scope: Scope, actor: str, through: Through) -> Iterator[tuple[psycopg.Connection[TupleRow], Case]]:
    """A transaction in which a case is held, and where it stands.

    Raises:
        CrmError: there is no such case that the scope shows.
    """
    with scoped(scope) as reader:
        visible = queries(_OBJECT).is_visible(reader, case_id=case_id)
    with acting(actor, through) as connection:
        if not visible:
            raise _none(case_id)
        yield connection, standing_within(connection, case_id)


def standing_within(connection: psycopg.Connection[Any], case_id: int) -> Case:
    """Where a case stands, which is held until the end of the connection's transaction.

    Args:
        connection: of `gcrm.pipeline.changes.acting`.
        case_id: its key.

    Raises:
        CrmError: there is none.
    """
    found = queries(_OBJECT).standing(connection, case_id=case_id)
    if found is None:
        raise _none(case_id)
    return Case(*found)


def _none(case_id: int) -> CrmError:
    return CrmError(f"There is no case {case_id}, or you may not see it; see them with `gcrm cases list`.")


def _comment(connection: psycopg.Connection[Any], case_id: int, text: str, at: datetime, actor: str) -> int:
    written = queries(_OBJECT).comment(connection, case_id=case_id, **_key(), happened_at=at, text=_text(text), department="service", actor=actor)
    return int(written)


def _key() -> dict[str, str]:
    """Of a record that a person makes."""
    return {"source": SOURCE, "source_key": str(uuid.uuid4())}


def _text(text: str) -> str:
    """What somebody typed as it is stored.

    Raises:
        CrmError: it is nothing, or too long.
    """
    tidy = text.replace("\0", "").strip()
    if not tidy or len(tidy) > _LONGEST_TEXT:
        raise CrmError(f"Say what it is about, in 1 to {_LONGEST_TEXT:,} characters; this has {len(tidy):,}.")
    return tidy
