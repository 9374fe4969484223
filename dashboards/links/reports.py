"""The link to the page of reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dashboards.data.reports import ALL, REPORTS, By, Choice, Report, report_of
from dashboards.links.values import last_values

_FIRST = next(iter(REPORTS))
_LISTS = {"rep": "reps", "territory": "territories", "region": "regions"}
_TEXTS = ("since", "until", "currency")


@dataclass(frozen=True)
class ReportsView:
    """The state of the page of reports: which one, what it is split by (None for its own first way), what it is narrowed to."""

    name: str = _FIRST
    by: By | None = None
    choice: Choice = field(default_factory=Choice)

    @property
    def report(self) -> Report:
        """The report that is shown."""
        return REPORTS[self.name]

    @property
    def split(self) -> By:
        """What it is split by."""
        return self.by or self.report.bys[0]

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "ReportsView":
        """The state that a link asks for.

        Raises:
            CrmError: there is no such report, or it cannot be split or narrowed so.
            CubeError: a month is none.
        """
        first = last_values(parameters)
        report = report_of(first.get("report", _FIRST))
        by = next((each for each in (*report.bys, ALL) if each == first.get("by")), None)
        if "by" in first and by is None:
            raise ValueError(f"The report {report.name} is by {', '.join(report.bys)}; not by {first['by']!r}.")
        reps, territories, regions = (tuple(parameters.get(name, ())) for name in _LISTS)
        choice = Choice(first.get("since", ""), first.get("until", ""), reps, territories, regions, first.get("currency", ""))
        report.check(by or report.bys[0], choice.narrowed)
        return cls(report.name, by, choice)

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {"report": self.name} if self.name != _FIRST else {}
        said |= {"by": self.by} if self.by is not None and self.by != self.report.bys[0] else {}
        said |= {name: list(members) for name, own in _LISTS.items() if (members := getattr(self.choice, own))}
        return said | {name: text for name in _TEXTS if (text := getattr(self.choice, name))}

    def to(self, name: str) -> "ReportsView":
        """Another report, narrowed to the same as far as it knows that.

        Args:
            name: of the report.
        """
        report = REPORTS[name]
        reps, territories, regions = (getattr(self.choice, own) if each in report.filters else () for each, own in _LISTS.items())
        return ReportsView(name, self.by if self.by in report.bys else None, replace(self.choice, reps=reps, territories=territories, regions=regions))
