"""The links to the pages of sales: the pipeline board, the forecast."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.data import sales
from dashboards.links.values import MOST_DIGITS, last_values


def _key(parameters: Mapping[str, str], name: str) -> int | None:
    """A key of the link.

    Raises:
        ValueError: it is no number.
    """
    text = parameters.get(name)
    if text is None:
        return None
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise ValueError(f"{text!r} is no key of a {name}; choose it on the page.")
    return int(text)


def _said(**values: object) -> dict[str, str | list[str]]:
    return {name: str(value) for name, value in values.items() if value not in (None, "", False)}


@dataclass(frozen=True)
class PipelineView:
    """The state of the pipeline board: whose opportunities, and of which territory; the stage that a phone shows."""

    rep: int | None = None
    territory: int | None = None
    stage: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "PipelineView":
        """The state that a link asks for.

        Raises:
            ValueError: a key is no number.
        """
        first = last_values(parameters)
        return cls(_key(first, "rep"), _key(first, "territory"), first.get("stage"))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        return _said(rep=self.rep, territory=self.territory, stage=self.stage)

    @property
    def choice(self) -> sales.OpportunityChoice:
        """The opportunities that are shown."""
        return sales.OpportunityChoice(() if self.rep is None else (self.rep,), () if self.territory is None else (self.territory,))


@dataclass(frozen=True)
class ForecastView:
    """The state of the forecast: who answers for it, and, where there are several currencies, which one is drawn."""

    by: sales.By = "region"
    currency: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "ForecastView":
        """The state that a link asks for.

        Raises:
            ValueError: a forecast is not made by that.
        """
        first = last_values(parameters)
        by = next((each for each in sales.BYS if each == first.get("by", "region")), None)
        if by is None:
            raise ValueError(f"A forecast is made by {', '.join(sales.BYS)}; not by {first['by']!r}.")
        return cls(by, first.get("currency"))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        return _said(by=self.by if self.by != "region" else None, currency=self.currency)
