"""Who is meant by a key or a mail address: a contact, a lead, or an account of one person or household."""

from collections.abc import Sequence
from dataclasses import dataclass

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.queries import queries
from gcrm.errors import PersonError


@dataclass(frozen=True, slots=True)
class Person:
    """A record of a person.

    Attributes:
        object: contacts, leads or accounts.
        record_id: contact_id, lead_id or account_id.
        source: system the record comes from.
        source_key: its key there.
        name: what it is called; may be empty.
    """

    object: str
    record_id: int
    source: str
    source_key: str
    name: str

    @property
    def label(self) -> str:
        """How to name it on the command line without a doubt."""
        return f"{self.source}/{self.source_key}"


def find_person(text: str, scope: Scope, objects: Sequence[str] = ("contacts", "leads", "accounts")) -> Person:
    """The one person that a text means.

    Args:
        text: key, source/key, or mail address.
        scope: who is asking; others are not found.
        objects: of which kinds of record.

    Raises:
        PersonError: nobody is meant, or several.
    """
    with scoped(scope) as connection:
        found = [person for row in queries("persons").found(connection, text=text.strip()) if (person := Person(*row)).object in objects]
    if not found:
        others = ", a lead or a person" if "accounts" in objects else ""
        raise PersonError(f"Nobody has the key or mail address {text!r}; give one of a contact{others}, as `gcrm import` brought it.")
    if len(found) > 1:
        raise PersonError(
            f"{text!r} is the key or mail address of {len(found)}: {', '.join(f'{each.label} ({each.object})' for each in found)}; name one of these."
        )
    return found[0]
