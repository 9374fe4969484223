"""What may become of a lead: it waits, is worked on, is rejected with a reason, or becomes an account with a contact and an opportunity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gcrm.errors import CrmError

type Status = Literal["new", "working", "converted", "rejected"]
STATUSES: tuple[Status, ...] = ("new", "working", "converted", "rejected")

_ALLOWED: dict[Status, tuple[Status, ...]] = {
    "new": ("working", "converted", "rejected"), "working": ("new", "converted", "rejected"), "converted": (), "rejected": ("new", "working"),
}  # fmt: skip
_LONGEST_REASON = 1_000
_LONGEST_TITLE = 200


def become(status: Status, to: Status, reason: str | None = None) -> str | None:
    """Whether a lead may become something, and why.

    Args:
        status: what it is.
        to: what it shall be.
        reason: why it is rejected.

    Returns:
        The reason as it is kept; None where there is none.

    Raises:
        CrmError: it may not, or the reason is missing or out of place.
    """
    if to not in _ALLOWED[status]:
        if status == "converted":
            raise CrmError("A lead that was converted is an account now; undo the conversion first.")
        raise CrmError(f"A lead that is {status} cannot become {to}; it can become {', '.join(_ALLOWED[status])}.")
    said = (reason or "").strip()
    if to == "rejected" and not said:
        raise CrmError("Why it is rejected is missing; say it in a few words.")
    if to != "rejected" and said:
        raise CrmError("A reason is given for a rejection only; leave it out.")
    if len(said) > _LONGEST_REASON:
        raise CrmError(f"The reason has {len(said):,} characters; say it in at most {_LONGEST_REASON:,}.")
    return said or None


@dataclass(frozen=True)
class Lead:
    """What a conversion has to know of a lead; texts are empty where nobody knows, the address has the names of `gcrm.frames.ACCOUNTS`."""

    company: str
    given_name: str
    family_name: str
    role: str
    phone: str
    email: str
    address: Mapping[str, str]
    segment: str = ""
    website: str = ""
    interest: str = ""
    amount: str = ""
    currency: str = "EUR"
    made_up: bool = False

    @property
    def person(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def name(self) -> str:
        """What the account will be called."""
        return self.company or self.person or self.email or self.phone


def account_of(lead: Lead) -> dict[str, str]:
    """The account that a lead becomes, as texts by field: its company, else the person alone. Phone and mail address go to the contact, where there is one.

    Args:
        lead: what is converted.
    """
    reach = {} if lead.person else {"phone": lead.phone, "email": lead.email}
    kind = "company" if lead.company else "person"
    told = {"kind": kind, "status": "prospect", "name": lead.name, "segment": lead.segment, "website": lead.website, **lead.address, **reach}
    return {**told, "made_up": str(lead.made_up).lower()}


def contact_of(lead: Lead) -> dict[str, str] | None:
    """The contact that the person of a lead becomes, as texts by field; None where it names nobody.

    Args:
        lead: what is converted.
    """
    if not lead.person:
        return None
    told = {"given_name": lead.given_name, "family_name": lead.family_name, "role": lead.role, "phone": lead.phone, "email": lead.email}
    return {**told, "made_up": str(lead.made_up).lower()}


def opportunity_of(lead: Lead, stage: str, opened_at: datetime) -> dict[str, str]:
    """The opportunity that is opened for a lead, as texts by field, but for the day on which it is expected to close.

    Args:
        lead: what is converted.
        stage: the stage where opportunities begin.
        opened_at: when.
    """
    title = lead.interest or f"First sale to {lead.name}"
    told = {"name": title[:_LONGEST_TITLE], "stage": stage, "amount": lead.amount or "0", "currency": lead.currency, "opened_at": opened_at.isoformat()}
    return {**told, "made_up": str(lead.made_up).lower()}
