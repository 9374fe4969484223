"""The link to a list: what it is filtered and sorted by, which page of it is seen, which record is open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboards.data.lists import After, ListType, Sort, Wanted
from dashboards.links.values import MOST_DIGITS, last_values

_OF_OLD = {"cell": "area"}
"""Links that were made before lists were filtered by other areas than cells."""


@dataclass(frozen=True)
class ListView:
    """The state of a list.

    Attributes:
        where: of filters of the list the members, one of which a record has.
        text: letters that its name has in it.
        area: that it lies in, as of `gcrm.pipeline.lists.areas.located`.
        sort: a column, with - before it for the last ones first; empty for the order that the list has by itself.
        after: behind which record the page begins, as of `gcrm.pipeline.lists.reading.After`; empty for the first page.
        opened: key of the record that is open; None for none.
    """

    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    text: str = ""
    area: str = ""
    sort: str = ""
    after: str = ""
    opened: int | None = None

    @classmethod
    def from_parameters(cls, of: ListType, parameters: Mapping[str, list[str]]) -> "ListView":
        """The state that a link to a list asks for.

        Raises:
            CrmError: there is no such member, column or place in the list.
            ValueError: a key is no number.
        """
        last = {_OF_OLD.get(name, name): value for name, value in last_values(parameters).items()}
        where = tuple((column.name, tuple(parameters[column.name])) for column in of.filters if parameters.get(column.name))
        for name, members in where:
            for each in members:
                of.filter(name).member(each)
        if "sort" in last:
            of.column(Sort.parse(last["sort"]).column)
        if "after" in last:
            After.parse(last["after"])
        opened = last.get(of.one)
        if opened is not None and (not opened.isdecimal() or len(opened) > MOST_DIGITS):
            raise ValueError(f"{opened!r} is no key of a {of.one}; choose it in the list.")
        return cls(where, last.get("find", ""), last.get("area", ""), last.get("sort", ""), last.get("after", ""), int(opened) if opened else None)

    def parameters(self, of: ListType) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back.

        Args:
            of: which list.
        """
        said = {"find": self.text, "area": self.area, "sort": self.sort, "after": self.after, of.one: "" if self.opened is None else str(self.opened)}
        return {**{name: list(members) for name, members in self.where}, **{name: text for name, text in said.items() if text}}

    @property
    def wanted(self) -> Wanted:
        """Which records it shows."""
        return Wanted(self.where, self.text, self.area)

    def members(self, name: str) -> tuple[str, ...]:
        """The members of a filter; none where all are shown."""
        return dict(self.where).get(name, ())

    def filtered(self, name: str, members: tuple[str, ...]) -> "ListView":
        """The same with other members of a filter, from the first page on; none of them for all."""
        kept = {**dict(self.where), name: members}
        return replace(self, where=tuple((each, chosen) for each, chosen in kept.items() if chosen), after="")

    def sorted(self, of: ListType) -> Sort:
        """By what it is sorted.

        Args:
            of: which list.
        """
        return Sort.parse(self.sort) if self.sort else of.sort
