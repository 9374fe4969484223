"""The link to the quarantine page."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.data import quarantine
from dashboards.links.values import last_values

_MOST_PAGES = 1_000_000


@dataclass(frozen=True)
class QuarantineView:
    """The state of the quarantine page.

    Attributes:
        object_name: what the chosen file holds; None, as the next two, for the file with most refused records.
        source: the system it comes from.
        file_name: its name.
        column: only records with a fault in this column.
        rule: only records refused for this reason.
        page: of the records, from 1.
        discarded: what was put aside, in place of what waits.
    """

    object_name: str | None = None
    source: str | None = None
    file_name: str | None = None
    column: str | None = None
    rule: str | None = None
    page: int = 1
    discarded: bool = False

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "QuarantineView":
        """The state that a link asks for.

        Raises:
            ValueError: the page is no number.
        """
        first = last_values(parameters)
        page = first.get("page", "1")
        if not page.isdecimal() or not 1 <= int(page) <= _MOST_PAGES:
            raise ValueError(f"{page!r} is no page; write a number from 1 on.")
        names = {"object_name": first.get("object"), **{name: first.get(name) for name in ("source", "column", "rule")}}
        return cls(**names, file_name=first.get("file"), page=int(page), discarded=first.get("state") == "discarded")

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        names = {"object": self.object_name, "source": self.source, "file": self.file_name, "column": self.column, "rule": self.rule}
        said: dict[str, str | list[str]] = {name: text for name, text in names.items() if text is not None}
        if self.page > 1:
            said["page"] = str(self.page)
        if self.discarded:
            said["state"] = "discarded"
        return said

    @property
    def selection(self) -> quarantine.Selection:
        """The records of all of its pages."""
        return quarantine.Selection(self.object_name, self.source, self.file_name, self.column, self.rule, discarded=self.discarded)
