"""What the links to the pages say, and back; the cube page's link is its question (`CubeQuery.parameters`)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import h3

from dashboards.data import CELL_LAYERS, LEVELS, MEASURES, THEMATIC, Filter, quality, quarantine
from gcrm.errors import CubeError

_OPACITIES = (0.1, 1.0)
_DECIMALS = 6
_MOST_PAGES = 1_000_000
_MOST_DIGITS = 18
FLOWS = "movement"
"""The layer of the surroundings page that is not one of cells."""
ON_STREETS = "streets"
FLOW_MEASURES = ("", ON_STREETS)
BESIDE: Mapping[str, str] = MappingProxyType({"open": "Nothing closed or slowed", "night": "The same at 3:00 at night"})
"""What the reach page's second map shows."""
MODES, WEEKDAYS = ("car", "bicycle", "foot"), ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
REVIEW_STATUSES = ("open", "accepted", "moved", "dismissed")


@dataclass(frozen=True)
class Camera:
    """Where the map looks: degrees in EPSG:4326, and deck.gl's zoom (the world is 512 * 2**zoom pixels wide)."""

    latitude: float
    longitude: float
    zoom: float

    @classmethod
    def parse(cls, text: str) -> "Camera":
        """From `latitude,longitude,zoom`.

        Raises:
            ValueError: it is not of that form.
        """
        parts = [float(part) for part in text.split(",")]
        if len(parts) != len(("latitude", "longitude", "zoom")) or not all(math.isfinite(part) for part in parts):
            raise ValueError(f"{text!r} is no place on the map; write latitude,longitude,zoom.")
        latitude, longitude, zoom = parts
        if abs(latitude) > 85 or abs(longitude) > 180 or not 0 <= zoom <= 22:  # noqa: PLR2004 - the limits of Web Mercator and of its zoom
            raise ValueError(f"{text!r} is no place on the map; write latitude,longitude,zoom.")
        return cls(latitude, longitude, zoom)

    def __str__(self) -> str:
        return f"{self.latitude:.{_DECIMALS}f},{self.longitude:.{_DECIMALS}f},{self.zoom:.2f}"


@dataclass(frozen=True)
class MapView:
    """The state of the map page.

    Attributes:
        measure: what is shown.
        level: H3 level; None for the one that suits the data.
        where: filters; those that the measure does not know wait until it does.
        cell: the cell whose accounts are listed, hexadecimal text.
        camera: where the map looks; None for all of the data.
        opacity: of the cells, 0 to 1.
    """

    measure: str = "accounts"
    level: int | None = None
    where: tuple[Filter, ...] = ()
    cell: str | None = None
    camera: Camera | None = None
    opacity: float = 0.7

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "MapView":
        """The state that a link asks for.

        Raises:
            CubeError: it names what is not there.
            ValueError: a number in it is none.
        """
        first = {name: values[-1] for name, values in parameters.items() if values}
        view = cls(where=tuple(Filter.parse(text) for text in parameters.get("where", [])))
        if "measure" in first:
            view = replace(view, measure=first["measure"])
        if view.measure not in MEASURES:
            raise CubeError(f"There is no measure {view.measure!r}; there are {', '.join(MEASURES)}.")
        if "level" in first:
            view = replace(view, level=_within(first["level"], min(LEVELS), max(LEVELS)))
        if "cell" in first:
            if not h3.is_valid_cell(first["cell"]):
                raise CubeError(f"{first['cell']!r} is not an H3 cell.")
            view = replace(view, cell=first["cell"])
        if "at" in first:
            view = replace(view, camera=Camera.parse(first["at"]))
        if "opacity" in first:
            view = replace(view, opacity=_opacity(first["opacity"]))
        return view

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {"measure": self.measure}
        if self.level is not None:
            said["level"] = str(self.level)
        if self.where:
            said["where"] = [str(kept) for kept in self.where]
        if self.cell is not None:
            said["cell"] = self.cell
        if self.camera is not None:
            said["at"] = str(self.camera)
        if self.opacity != type(self).opacity:
            said["opacity"] = f"{self.opacity:g}"
        return said

    def filtered(self, dimension: str, members: tuple[str, ...]) -> "MapView":
        """The same with other members of a dimension; none of them for all."""
        where = tuple(kept for kept in self.where if kept.dimension != dimension)
        return replace(self, where=(*where, Filter(dimension, members)) if members else where)

    def members(self, dimension: str) -> tuple[str, ...]:
        """The members of a dimension that are filtered by; none where all are shown."""
        return next((kept.members for kept in self.where if kept.dimension == dimension), ())


@dataclass(frozen=True)
class SurroundingsView:
    """The state of the surroundings page.

    Attributes:
        layer: key of `CELL_LAYERS`, `THEMATIC` (its measures are the layers of one's own, whichever there are), or `FLOWS`.
        measure: one of the layer's; of `FLOWS` empty (between cells) or `ON_STREETS`.
        level: H3 level.
        weekday: ISO weekday, for layers by hour; None for all.
        hour: of the day; None for all.
        cell: the cell whose card is shown, hexadecimal text.
    """

    layer: str = "buildings"
    measure: str = "footprint_m2"
    level: int = 9
    weekday: int | None = None
    hour: int | None = None
    cell: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "SurroundingsView":
        """The state that a link asks for.

        Raises:
            CubeError: it names what is not there.
            ValueError: a number in it is none.
        """
        first = {name: values[-1] for name, values in parameters.items() if values}
        view = cls().showing(first.get("layer", cls.layer), first.get("measure"))
        if "level" in first:
            view = replace(view, level=_within(first["level"], min(LEVELS), max(LEVELS)))
        if "weekday" in first:
            view = replace(view, weekday=_within(first["weekday"], 1, 7))
        if "hour" in first:
            view = replace(view, hour=_within(first["hour"], 0, 23))
        if "cell" in first:
            if not h3.is_valid_cell(first["cell"]) or h3.get_resolution(first["cell"]) not in LEVELS:
                raise CubeError(f"{first['cell']!r} is not an H3 cell of level {min(LEVELS)} to {max(LEVELS)}.")
            view = replace(view, cell=first["cell"])
        return view

    def showing(self, layer: str, measure: str | None) -> "SurroundingsView":
        """The same of another layer.

        Args:
            layer: what a link calls it.
            measure: one of the layer's; its first if left out.

        Raises:
            CubeError: there is no such layer or measure.
        """
        if layer not in {*CELL_LAYERS, THEMATIC, FLOWS}:
            raise CubeError(f"There is no layer {layer!r}; there are {', '.join((*CELL_LAYERS, THEMATIC, FLOWS))}.")
        view = self.of(layer)
        if measure is None:
            return view
        if layer == FLOWS and measure not in FLOW_MEASURES:
            raise CubeError(f"Movement is shown between cells or on streets, and not as {measure!r}; leave the measure out, or write {ON_STREETS}.")
        if layer in CELL_LAYERS and measure not in CELL_LAYERS[layer].measures:
            raise CubeError(f"{layer} has no measure {measure!r}; it has {', '.join(CELL_LAYERS[layer].measures)}.")
        return replace(view, measure=measure)

    def of(self, layer: str) -> "SurroundingsView":
        """The same of another layer, with its first measure; of the layers of one's own with none."""
        return replace(self, layer=layer, measure=next(iter(CELL_LAYERS[layer].measures)) if layer in CELL_LAYERS else "")

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"layer": self.layer, "measure": self.measure, "level": self.level, "weekday": self.weekday, "hour": self.hour, "cell": self.cell}
        return {name: str(value) for name, value in said.items() if value is not None and value != ""}


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
        first = {name: values[-1] for name, values in parameters.items() if values}
        view = cls(origin=first.get("from", ""), destination=first.get("to", ""))
        view = replace(
            view,
            mode=_one_of(first.get("mode", view.mode), "mode", MODES),
            weekday=_one_of(first.get("weekday", view.weekday), "weekday", WEEKDAYS),
            beside=_one_of(first.get("beside", view.beside), "second map", tuple(BESIDE)),
        )
        if "hour" in first:
            view = replace(view, hour=_within(first["hour"], 0, 23))
        if "way" in first:
            if not first["way"].isdecimal() or len(first["way"]) > _MOST_DIGITS:
                raise ValueError(f"{first['way']!r} is no street; click one on the map.")
            view = replace(view, way=int(first["way"]))
        return view

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"from": self.origin, "to": self.destination, "mode": self.mode, "weekday": self.weekday, "hour": self.hour}
        said |= {"beside": self.beside, "way": self.way}
        return {name: str(value) for name, value in said.items() if value is not None and value != ""}


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
        first = {name: values[-1] for name, values in parameters.items() if values}
        account = first.get("account")
        if account is not None and (not account.isdecimal() or len(account) > _MOST_DIGITS):
            raise ValueError(f"{account!r} is no account; look for it by its name.")
        return cls(int(account) if account is not None else None, first.get("find", ""))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said = {"account": self.account_id, "find": self.text}
        return {name: str(value) for name, value in said.items() if value is not None and value != ""}


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
        first = {name: values[-1] for name, values in parameters.items() if values}
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


@dataclass(frozen=True)
class QualityView:
    """The state of the data-quality page.

    Attributes:
        flaw: what the map and the list show; None for the field that is missing most, yet not everywhere.
        source: accounts of one system; None for all.
        cell: the cell whose accounts are listed, hexadecimal text; None for all.
    """

    flaw: quality.Flaw | None = None
    source: str | None = None
    cell: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "QualityView":
        """The state that a link asks for.

        Raises:
            CubeError: the cell is none.
            QualityError: the flaw is none.
        """
        first = {name: values[-1] for name, values in parameters.items() if values}
        view = cls(source=first.get("source"))
        if "flaw" in first:
            view = replace(view, flaw=quality.Flaw.parse(first["flaw"]))
        if "cell" in first:
            if not h3.is_valid_cell(first["cell"]):
                raise CubeError(f"{first['cell']!r} is not an H3 cell.")
            view = replace(view, cell=first["cell"])
        return view

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {} if self.flaw is None else {"flaw": str(self.flaw)}
        if self.source is not None:
            said["source"] = self.source
        if self.cell is not None:
            said["cell"] = self.cell
        return said


@dataclass(frozen=True)
class DuplicatesView:
    """The state of the duplicates page.

    Attributes:
        least: only pairs with this probability or a higher one, 0 to 1.
        source: only pairs with an account of this system; None for all.
    """

    least: float = 0.0
    source: str | None = None

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "DuplicatesView":
        """The state that a link asks for.

        Raises:
            ValueError: the probability is none.
        """
        first = {name: values[-1] for name, values in parameters.items() if values}
        text = first.get("score", "0")
        try:
            least = float(text)
        except ValueError:
            least = math.nan
        if not 0 <= least <= 1:
            raise ValueError(f"{text!r} is no probability; write a number from 0 to 1.")
        return cls(least, first.get("source"))

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {"score": str(self.least)} if self.least else {}
        if self.source is not None:
            said["source"] = self.source
        return said


@dataclass(frozen=True)
class PositionsView:
    """The state of the positions page.

    Attributes:
        status: of the reviews that are listed.
        after: the account after which the list begins; 0 for the first.
        candidate: which candidate is chosen, 1 for the best.
    """

    status: str = "open"
    after: int = 0
    candidate: int = 1

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, list[str]]) -> "PositionsView":
        """The state that a link asks for.

        Raises:
            ValueError: it names a status that is none, or a number in it is none.
        """
        first = {name: values[-1] for name, values in parameters.items() if values}
        status = first.get("status", "open")
        if status not in REVIEW_STATUSES:
            raise ValueError(f"{status!r} is no status; there are {', '.join(REVIEW_STATUSES)}.")
        numbers = {name: first[name] for name in ("after", "candidate") if name in first}
        for name, text in numbers.items():
            if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
                raise ValueError(f"{text!r} is no number for {name}; write digits only.")
        return cls(status, **{name: int(text) for name, text in numbers.items()})

    def parameters(self) -> dict[str, str | list[str]]:
        """The state as the parameters of a link; `from_parameters` reads them back."""
        said: dict[str, str | list[str]] = {} if self.status == "open" else {"status": self.status}
        if self.after:
            said["after"] = str(self.after)
        if self.candidate > 1:
            said["candidate"] = str(self.candidate)
        return said


def _one_of(text: str, what: str, known: tuple[str, ...]) -> str:
    """A text that has to be one of some.

    Raises:
        ValueError: it is not.
    """
    if text not in known:
        raise ValueError(f"There is no {what} {text!r}; there are {', '.join(known)}.")
    return text


def _within(text: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ValueError(f"{text!r} is no level; there are {low} to {high}.")
    return int(text)


def _opacity(text: str) -> float:
    opacity = float(text)
    if not _OPACITIES[0] <= opacity <= _OPACITIES[1]:
        raise ValueError(f"{text!r} is no opacity; there are {_OPACITIES[0]} to {_OPACITIES[1]}.")
    return opacity
