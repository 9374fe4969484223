"""The lists of records: which columns each has, what it is sorted and filtered by, and which fields a person changes in it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Literal

from gcrm.crm import cases, leads
from gcrm.crm.activities import KINDS as ACTIVITY_KINDS
from gcrm.crm.stages import COMMITMENTS
from gcrm.declared_file import meant
from gcrm.errors import CrmError
from gcrm.frames import ACCOUNTS as ACCOUNT
from gcrm.frames import LEADS as LEAD

type Kind = Literal["text", "key", "money", "share", "day", "time"]
type Value = str | int | float | Decimal | date | datetime | None

NOBODY = 0
"""As a key that is filtered by: the records that have none."""

_MOST_KEY = 2**31 - 1


@dataclass(frozen=True)
class Column:
    """A column of a list.

    Attributes:
        name: in the table, in links and in files.
        label: what people read.
        kind: text; key (a name is shown, the column `{name}_id` holds its key); money; share (0 to 1); day; time.
        choices: what it can be; empty for anything.
        always: whether every record has it.
        changes: whether a person changes it in the list.
        singly: whether that is done record by record only, since two that have the same there are no good.
        filters: whether the list is filtered by it.
        exported: whether it leaves with the file.
        shown: whether the page shows it.
    """

    name: str
    label: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    always: bool = False
    changes: bool = False
    singly: bool = False
    filters: bool = False
    exported: bool = True
    shown: bool = True

    def value(self, text: str) -> Value:
        """What somebody typed as a value of this column; None for nothing.

        Args:
            text: ISO 8601 of days and times, digits with a point of money and shares, a key of what is named by key.

        Raises:
            CrmError: it is none, or it cannot be empty.
        """
        said = text.replace("\0", "").strip()
        if not said:
            if self.always:
                raise CrmError(f"{self.label} cannot be empty; give one.")
            return None
        if self.choices and said not in self.choices:
            raise CrmError(f"{self.label} cannot be {said!r}{meant(said, self.choices)}.")
        try:
            return self._read(said)
        except (ValueError, InvalidOperation) as error:
            raise CrmError(f"{self.label} cannot be {said!r}; give {_FORMS[self.kind]}.") from error

    def member(self, text: str) -> Value:
        """A member that the list is filtered by: a value, or `NOBODY`.

        Args:
            text: as of `value`, or 0 for the records that have none of what is named by key.

        Raises:
            CrmError: it is none.
        """
        return NOBODY if self.kind == "key" and text == str(NOBODY) else self.value(text)

    def _read(self, said: str) -> Value:
        match self.kind:
            case "key":
                return _within(int(said), _MOST_KEY)
            case "money":
                return _finite(Decimal(said))
            case "share":
                return float(_finite(Decimal(said)))
            case "day":
                return date.fromisoformat(said)
            case "time":
                return _aware(datetime.fromisoformat(said))
            case _:
                return said


_FORMS: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "a text",
        "key": "the key of one",
        "money": "a number such as 1290.50",
        "share": "a number from 0 to 1",
        "day": "a day such as 2026-03-01",
        "time": "a time with its zone such as 2026-03-01T09:00+02:00",
    }
)


def _within(number: int, most: int) -> int:
    if not 0 < number <= most:
        raise ValueError(number)
    return number


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise ValueError(number)
    return number


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(moment)
    return moment


@dataclass(frozen=True)
class Sort:
    """By which column a list is sorted; what has nothing there comes last, and records that are alike stand by their keys."""

    column: str
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> "Sort":
        """From text such as `name`, or `-amount` for the largest first."""
        return cls(text.removeprefix("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"{'-' if self.descending else ''}{self.column}"


@dataclass(frozen=True)
class ListType:
    """A list of records.

    Attributes:
        name: of the table, of the query in sql/queries/lists.sql, of the command.
        one: what a record is called.
        columns: in the order in which they stand.
        sort: where nobody asked for another.
    """

    name: str
    one: str
    columns: tuple[Column, ...]
    sort: Sort

    @property
    def key(self) -> str:
        """The column of the key."""
        return f"{self.one}_id"

    @property
    def filters(self) -> tuple[Column, ...]:
        """What it is filtered by."""
        return tuple(column for column in self.columns if column.filters)

    @property
    def changes(self) -> tuple[Column, ...]:
        """What a person changes in it."""
        return tuple(column for column in self.columns if column.changes)

    def column(self, name: str) -> Column:
        """The column of a name.

        Raises:
            CrmError: there is none.
        """
        return self._of(self.columns, name, "column")

    def filter(self, name: str) -> Column:
        """The column of a name, by which the list is filtered.

        Raises:
            CrmError: there is none.
        """
        return self._of(self.filters, name, "filter")

    def change(self, name: str) -> Column:
        """The column of a name, which a person changes.

        Raises:
            CrmError: there is none.
        """
        return self._of(self.changes, name, "field that is changed in it")

    def _of(self, columns: tuple[Column, ...], name: str, what: str) -> Column:
        found = next((column for column in columns if column.name == name), None)
        if found is None:
            raise CrmError(f"The list of {self.name} has no {what} {name!r}{meant(name, [column.name for column in columns])}.")
        return found


_REP = Column("rep", "Rep", "key", changes=True, filters=True)
_TERRITORY = Column("territory", "Territory", "key", filters=True)
_ACCOUNT = Column("account", "Account", always=True)

ACCOUNTS = ListType(
    "accounts",
    "account",
    (
        Column("name", "Name", always=True, changes=True, singly=True),
        Column("status", "Status", choices=ACCOUNT.field("status").codes, always=True, changes=True, filters=True),
        Column("kind", "Kind", choices=ACCOUNT.field("kind").codes, always=True, filters=True),
        Column("segment", "Segment", changes=True, filters=True),
        Column("street", "Street", changes=True, singly=True),
        Column("house_number", "Number", changes=True, singly=True),
        Column("postcode", "Postcode", changes=True),
        Column("city", "City", changes=True),
        Column("territory", "Territory", "key", changes=True, filters=True),
        Column("updated_at", "Changed", "time", always=True),
    ),
    Sort("name"),
)

LEADS = ListType(
    "leads",
    "lead",
    (
        Column("name", "Lead", always=True, exported=False),  # of one who gave no name it is the mail address or telephone number
        Column("company", "Company", shown=False),
        Column("person", "Person"),
        Column("status", "Status", choices=leads.STATUSES, always=True, changes=True, filters=True),
        Column("rating", "Rating", choices=LEAD.field("rating").codes, changes=True, filters=True),
        Column("amount", "May be worth", "money", changes=True, singly=True),
        Column("currency", "Currency", always=True),
        Column("received_at", "Came", "time", always=True),
        _TERRITORY,
        _REP,
        Column("why", "Why"),
    ),
    Sort("received_at", descending=True),
)

OPPORTUNITIES = ListType(
    "opportunities",
    "opportunity",
    (
        Column("name", "Opportunity", always=True),
        _ACCOUNT,
        Column("stage", "Stage", always=True, changes=True, filters=True),
        Column("amount", "Amount", "money", always=True, changes=True, singly=True),
        Column("currency", "Currency", always=True),
        Column("probability", "Probability", "share", changes=True),
        Column("commitment", "Commitment", choices=COMMITMENTS, changes=True, filters=True),
        Column("expected_close_on", "Closes on", "day", changes=True),
        Column("stage_since", "In the stage since", "time", always=True),
        _REP,
        _TERRITORY,
    ),
    Sort("amount", descending=True),
)

CASES = ListType(
    "cases",
    "case",
    (
        Column("subject", "About", always=True),
        _ACCOUNT,
        Column("kind", "Kind", choices=cases.KINDS, always=True, filters=True),
        Column("priority", "Priority", choices=cases.PRIORITIES, always=True, changes=True, filters=True),
        Column("status", "Status", choices=cases.STATUSES, always=True, changes=True, filters=True),
        Column("response_due_at", "Answer until", "time", always=True),
        Column("solution_due_at", "Solve until", "time", always=True),
        Column("product", "Product"),
        _REP,
        Column("opened_at", "Came", "time", always=True),
        Column("solved_at", "Solved", "time"),
        _TERRITORY,
    ),
    Sort("solution_due_at"),
)

ACTIVITIES = ListType(
    "activities",
    "activity",
    (
        Column("at", "When", "time", always=True),
        Column("kind", "Kind", choices=ACTIVITY_KINDS, always=True, filters=True),
        Column("state", "State", choices=("planned", "done", "cancelled"), always=True, filters=True),
        _ACCOUNT,
        Column("subject", "About"),
        Column("outcome", "What came of it"),
        Column("due_at", "Due", "time", changes=True),
        _REP,
        Column("channel", "Channel"),
        Column("department", "Department"),
        _TERRITORY,
    ),
    Sort("at", descending=True),
)

LISTS: Mapping[str, ListType] = MappingProxyType({each.name: each for each in (ACCOUNTS, LEADS, OPPORTUNITIES, CASES, ACTIVITIES)})
"""Every list by its name."""
