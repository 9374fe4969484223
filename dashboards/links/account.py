"""The link to the account page."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.links.values import MOST_DIGITS, last_values


@dataclass(frozen=True)
class AccountView:
    """The state of the account page.

    Attributes:
        account_id: of the account; None where one is looked for.
        text: that it is looked for by.
    """

    account_id: int | None = None
    text: str = ""

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "AccountView":
        """The state that a link asks for.

        Raises:
            ValueError: the account is no number.
        """
        first = last_values(parameters)
        account = first.get("account")
        if account is not None and (not account.isdecimal() or len(account) > MOST_DIGITS):
            raise ValueError(f"{account!r} is no account; look for it by its name.")
        return cls(int(account) if account is not None else None, first.get("find", ""))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"account": self.account_id, "find": self.text}
        return {name: str(value) for name, value in said.items() if value is not None and value != ""}
