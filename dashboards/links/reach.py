"""The link to the reach page."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dashboards.links.values import MOST_DIGITS, last_values, one_of, within

BESIDE: Mapping[str, str] = MappingProxyType({"open": "Nothing closed or slowed", "night": "The same at 3:00 at night"})
"""What the reach page's second map shows."""

MODES, WEEKDAYS = ("car", "bicycle", "foot"), ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class ReachView:
    """The state of the reach page.

    Attributes:
        origin: an account, an address, or longitude and latitude; empty for a place to begin with.
        destination: the same, of a way from the origin; empty for none.
        mode: of travel.
        weekday: three letters.
        hour: of the day.
        beside: what the second map shows, one of `BESIDE`.
        way: the street that was clicked, an OSM way.
    """

    origin: str = ""
    destination: str = ""
    mode: str = "car"
    weekday: str = "Tue"
    hour: int = 8
    beside: str = "open"
    way: int | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "ReachView":
        """The state that a link asks for.

        Raises:
            ValueError: it names what is not there.
        """
        first = last_values(parameters)
        view = cls(origin=first.get("from", ""), destination=first.get("to", ""))
        view = replace(
            view,
            mode=one_of(first.get("mode", view.mode), "mode", MODES),
            weekday=one_of(first.get("weekday", view.weekday), "weekday", WEEKDAYS),
            beside=one_of(first.get("beside", view.beside), "second map", tuple(BESIDE)),
        )
        if "hour" in first:
            view = replace(view, hour=within(first["hour"], "hour", 0, 23))
        if "way" in first:
            if not first["way"].isdecimal() or len(first["way"]) > MOST_DIGITS:
                raise ValueError(f"{first['way']!r} is no street; click one on the map.")
            view = replace(view, way=int(first["way"]))
        return view

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"from": self.origin, "to": self.destination, "mode": self.mode, "weekday": self.weekday, "hour": self.hour}
        said |= {"beside": self.beside, "way": self.way}
        return {name: str(value) for name, value in said.items() if value is not None and value != ""}
