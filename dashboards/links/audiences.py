"""The link to the page of audiences: the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.data.audiences import Criteria


@dataclass(frozen=True)
class AudienceView:
    """The state of the page of audiences: the rules that choose."""

    criteria: Criteria = field(default_factory=Criteria)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "AudienceView":
        """The state that a link asks for.

        Raises:
            AudienceError: there is no such rule, or its value is none.
            ConsentError: the purpose is empty.
        """
        return cls(Criteria.read({name: values if Criteria.takes_several(name) else values[-1] for name, values in parameters.items() if values}))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        usual = Criteria().told
        told = {name: value for name, value in self.criteria.told.items() if usual.get(name) != value}
        return {name: list(map(str, value)) if isinstance(value, list) else str(value) for name, value in told.items()}
