"""Numbers and names as they are shown: thousands separators, units, currencies, months, cells."""

import calendar
import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from dashboards.data import DIMENSIONS, UNKNOWN, Band, Filter, Measure, Polygon, Ring, level_of_cell, place_of, span
from gcrm.errors import EntryError

_EDGE_KM = {5: 9.85, 6: 3.72, 7: 1.41, 8: 0.531, 9: 0.201, 10: 0.0759}
"""Mean length of an edge by H3 level, km (https://h3geo.org/docs/core-library/restable)."""

_RANGE = ".."
_MOST_LEVELS = 15
_SMALL = 100
_KIB = 1024
_BYTE_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_SECONDS_A_MINUTE = 60
_DERIVED = {
    ("share", ""): "Share of the sum above", ("share", "all"): "Share of all", ("rank", ""): "Rank",
    ("density", ""): "Per km² of the cell", ("prior", ""): "Period before",
    ("prior", "year"): "Same period last year", ("difference", ""): "Difference to the period before", ("difference", "year"): "Difference to last year",
    ("change", ""): "Change to the period before", ("change", "year"): "Change to last year", ("running", ""): "Running total",
    ("neighbours", ""): "Total of the cells next to it", ("area", ""): "Area of its cells, km²", ("perimeter", ""): "Perimeter of its cells, km",
}  # fmt: skip
PLACED_HELP = (
    "How the position was found: along the street is between the neighbours of the house. "
    "Database and exports say rooftop (exact address), interpolated (along the street), street, postcode, place."
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])")
_LAYERS = {"land_cover": "Water and green", "tracks": "Routes of movement", "movement": "Movement between cells", "thematic_areas": "Layer of your own"}


_EVENTS = {
    ("orders", "order"): "ordered", ("orders", "return"): "returned", ("opportunities", "opened"): "opportunity opened",
    ("opportunities", "won"): "opportunity won", ("opportunities", "lost"): "opportunity lost", ("cases", "opened"): "case opened",
    ("cases", "solved"): "case solved", ("consents", "given"): "consent given", ("consents", "withdrawn"): "consent withdrawn",
}  # fmt: skip


def event_name(object_name: str, kind: str) -> str:
    """What an event of a customer's history is called."""
    if object_name == "campaigns":
        return "campaign" if kind == "none" else f"campaign, {kind}"
    return _EVENTS.get((object_name, kind), kind)


def layer_label(layer: str) -> str:
    """The name of a layer in words."""
    return _LAYERS.get(layer, layer.replace("_", " ").capitalize())


def amount(value: float | Decimal | None, measure: Measure) -> str:
    """A value of a measure, without its unit; a dash where there is none."""
    if value is None or math.isnan(value):
        return "-"
    if measure.unit == "share":
        return f"{100 * float(value):,.1f}"
    decimals = 2 if measure.unit == "ratio" or (measure.unit == "money" and abs(float(value)) < _SMALL) else 0
    return f"{value:,.{decimals}f}"


def unit_of(measure: Measure, currency: str | None) -> str:
    """The unit of a measure's values."""
    return (currency or "money") if measure.unit == "money" else {"share": "%", "ratio": ""}.get(measure.unit, measure.unit)


def nothing(measure: Measure, smallest_count: int) -> str:
    """What stands where a measure has no value, since nothing was counted there, or too little to be shown."""
    if smallest_count > 1:
        return hidden(smallest_count)
    return "no sales" if measure.facts == "sales" else "none"


def hidden(smallest_count: int) -> str:
    """What stands in the place of a figure that stands for too few accounts."""
    return f"hidden (fewer than {smallest_count})"


def figure(value: float | Decimal | None, measure: Measure, smallest_count: int) -> str:
    """A value of a measure, without its unit, to a reader with a smallest count; a dash where there is none and none is hidden."""
    return hidden(smallest_count) if value is None and smallest_count > 1 else amount(value, measure)


def title_of(measure: Measure, currency: str | None) -> str:
    """The name of a measure, with the currency where it is money."""
    return f"{measure.label}, {unit_of(measure, currency)}" if measure.unit in ("money", "share") else measure.label


def derived_name(derived: str) -> str:
    """What a derived column such as `share(revenue, all)` shows, in words."""
    how, _, rest = derived.partition("(")
    of = rest.rstrip(")").partition(", ")[2]
    if how in ("area", "perimeter") and of:
        return f"{_DERIVED[how, '']}, of H3 level {of}"
    return _DERIVED.get((how, of), f"Total of the cells within {of} steps" if how == "neighbours" else f"Moving average of {of}")


def large(value: float | Decimal) -> str:
    """A large number in few characters, to three digits: 250 M, 3.58 M; below a million in full."""
    number = float(value)
    for size, letter in ((1e9, "bn"), (1e6, "M")):
        if abs(number) >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:,.0f}"


def share(part: int, whole: int) -> str:
    """A share in percent, rounded down, so that 100 % is all of it; a dash of nothing."""
    return f"{part * 1000 // whole / 10:g} %" if whole else "-"


def moment(when: datetime) -> str:
    """A time to the second, such as 3 Mar 2026, 14:05:09 UTC."""
    return f"{when.day} {when:%b %Y, %H:%M:%S} UTC"


def month_name(month: date | str) -> str:
    """A month as `Mar 2025`."""
    found = date.fromisoformat(f"{month}-01") if isinstance(month, str) else month
    return f"{found:%b %Y}"


def member_name(dimension: str, member: str) -> str:
    """A member of a dimension: codes and months in words, cells with their level."""
    if member == UNKNOWN:
        return "no place" if DIMENSIONS[dimension].kind == "place" else "not known"
    if DIMENSIONS[dimension].kind == "place":
        return _place_name(member)
    if DIMENSIONS[dimension].kind == "time":
        return " to ".join(_time_name(dimension, part) for part in member.split(_RANGE))
    if dimension in ("status", "residence_type", "road_class", "segment", "channel", "category", "activity", "stage"):
        return member.replace("_", " ")
    if dimension == "weekday":
        return calendar.day_name[int(member) - 1]
    return f"{member}:00" if dimension == "hour" else member


def _place_name(member: str) -> str:
    place = place_of(member)
    if isinstance(place, Ring):
        return f"within {place.steps} of cell {short_cell(place.cell)}"
    if isinstance(place, Band):
        away = f"over {place.near_m:,.0f} m" if place.far_m is None else f"{place.near_m:,.0f} to {place.far_m:,.0f} m"
        return f"{away} from {place.latitude:.5f}, {place.longitude:.5f}"
    return "inside a polygon" if isinstance(place, Polygon) else f"cell {short_cell(member)}"


def first_day(dimension: str, member: str) -> date:
    """The first day of a member of a time.

    Raises:
        CubeError: it is none.
    """
    return span(dimension, member)[0]


def _time_name(dimension: str, member: str) -> str:
    """A time in words: 2025, Q2 2025, Mar 2025, week of 3 Mar 2025, 9 Mar 2025."""
    first = first_day(dimension, member)
    if dimension == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    shown = {"year": f"{first.year}", "month": month_name(first)}.get(dimension, f"{first.day} {first:%b %Y}")
    return f"week of {shown}" if dimension == "week" else shown


def short_cell(cell: str) -> str:
    """A cell without the filling at its end, of the same length for all of a level: 881126d2d1fffff is 881126d2d1."""
    # A level takes three bits, a hexadecimal digit four.
    unused = 3 * (_MOST_LEVELS - level_of_cell(cell)) // 4
    return cell[: len(cell) - unused]


def filter_name(kept: Filter, most: int = 3) -> str:
    """A filter in words, such as `Segment: families, students`; of many members the first ones, and how many more there are."""
    names = [member_name(kept.dimension, member) for member in kept.members]
    shown = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    return f"{DIMENSIONS[kept.dimension].label}: {shown}"


def cell_name(cell: str) -> str:
    """A cell in words."""
    return f"Cell {short_cell(cell)} (level {level_of_cell(cell)})"


def width_of(level: int) -> str:
    """How wide cells of a level are, corner to corner in the mean: twice an edge."""
    across = float(f"{2 * _EDGE_KM[level]:.2g}")
    return f"{across:g} km" if across >= 1 else f"{across * 1000:g} m"


def listed(parts: Iterable[str]) -> str:
    """Parts joined as in a sentence: a, b and c."""
    every = list(parts)
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def bytes_of(size: int) -> str:
    """A number of bytes, in the unit that fits."""
    amount, unit = float(size), 0
    while amount >= _KIB and unit < len(_BYTE_UNITS) - 1:
        amount, unit = amount / _KIB, unit + 1
    return f"{amount:,.0f} {_BYTE_UNITS[unit]}" if unit == 0 else f"{amount:,.1f} {_BYTE_UNITS[unit]}"


def duration(seconds: float) -> str:
    """A time span in words: 45 s, 3 min, 2 h 5 min."""
    if seconds < _SECONDS_A_MINUTE:
        return f"{max(round(seconds), 1)} s"
    hours, minutes = divmod(round(seconds / _SECONDS_A_MINUTE), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def decimal_of(text: str) -> Decimal:
    """A number as somebody typed it, with a point before its decimals.

    Raises:
        EntryError: it is none.
    """
    try:
        number = Decimal(text.replace(" ", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise EntryError(f"{text!r} is no amount; write one such as 4500 or 4500.50.")
    return number


def plain(text: str) -> str:
    """Text of a user as it is, where Streamlit would read Markdown.

    Args:
        text: may hold anything.
    """
    return _MARKDOWN.sub(r"\\\1", text)
