"""The place card: everything that is known of one cell, layer by layer, each with where it comes from and how good it is."""

import html
from collections.abc import Iterator, Mapping
from datetime import datetime

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import texts
from dashboards.data import CELL_LAYERS, Place, level_of_cell
from dashboards.layer_maps import number
from dashboards.theme import Look

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST_AREAS = 8
BANDS = {"m": "{:,.0f} m", "min": "{:.0f} min", "share": "{:.0%}", "probability": "{:.0%}"}
_KNOWN = {"mean_levels": "levels_known", "mean_height_m": "height_known", "mean_year_built": "year_known"}
"""Of how many buildings a mean is: often of a few only."""
_USES = {"residential_m2": "living", "commercial_m2": "trade", "industrial_m2": "industry", "public_m2": "public", "other_m2": "other"}


def draw(place: Place, cell: str, weekday: int | None, hour: int | None, look: Look) -> None:
    """The card of a cell.

    Args:
        place: what is known of it.
        cell: the cell, hexadecimal text.
        weekday: that is looked at, ISO; None for all.
        hour: that is looked at; None for all.
        look: the theme.
    """
    st.html(f'<div class="place">{"".join(_head(place, cell))}</div>')
    section("Who lives here", _residence(place, cell), place.residence)
    section("What is built here", _buildings(place), place.buildings)
    _footfall(place, weekday, hour, look)
    section("Movement", _trips(place, hour), {})
    section("Trading areas", _areas(place), {})
    if len(place.themes):
        section("Layers of your own", themes(place.themes), {})


def _head(place: Place, cell: str) -> Iterator[str]:
    address = place.address
    where = next((address[name] for name in ("address", "municipality", "city") if address.get(name)), f"{place.latitude:.5f}, {place.longitude:.5f}")
    yield f"<b>{html.escape(str(where))}</b>"
    parts = [f"about {texts.width_of(level_of_cell(cell))} across"]
    if place.street:
        name = place.street["name"] or "a street without a name"
        parts.append(f"{name} ({place.street['class'].replace('_', ' ')}), {place.street['distance_m']:,.0f} m from its middle")
    yield f"<span>{html.escape('; '.join(parts))}</span>"
    known = ", ".join(f"{count:,} {status}" for status, count in place.accounts.items())
    yield f"<span>{html.escape(f'Accounts: {known}' if known else 'No account is here.')}</span>"


def section(title: str, rows: list[tuple[str, str]], source: Mapping[str, object]) -> None:
    """A part of a card: names and values, and where they come from.

    Args:
        title: of the part.
        rows: names and values; none where nothing is known.
        source: dataset, source_date, made_up and quality, as far as they are known.
    """
    lines = "".join(f"<li><span>{html.escape(name)}</span><b>{html.escape(value)}</b></li>" for name, value in rows)
    body = f"<ul>{lines}</ul>" if rows else "<p>Nothing is known.</p>"
    st.html(f'<div class="place"><h4>{html.escape(title)}{_chip(source)}</h4>{body}{_from(source)}</div>')


def _chip(source: Mapping[str, object]) -> str:
    return f' <i class="{source["quality"]}">{source["quality"]}</i>' if source.get("quality") else ""


def _from(source: Mapping[str, object]) -> str:
    if not source.get("dataset"):
        return ""
    when = source.get("source_date")
    date = f", as of {when:%d %b %Y}" if isinstance(when, datetime) else ""
    made_up = "; made up" if source.get("made_up") else ""
    return f"<small>{html.escape(f'Source: {source["dataset"]}{date}{made_up}.')}</small>"


def _values(found: Mapping[str, object], layer: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    measures = CELL_LAYERS[layer].measures
    for name in names:
        value = found.get(name)
        if isinstance(value, int | float):
            unit = measures[name].unit if measures[name].unit in {"m²", "m", "storeys"} else ""
            of = f", of {found[_KNOWN[name]]:,} known" if name in _KNOWN else ""
            yield measures[name].label, f"{number(float(value), measures[name])} {unit}".strip() + of


def _residence(place: Place, cell: str) -> list[tuple[str, str]]:
    found = place.residence
    if not found:
        return []
    rows = list(_values(found, "residence", tuple(CELL_LAYERS["residence"].measures)))
    own = level_of_cell(cell)
    if level_of_cell(f"{found['cell']:x}") < own:
        rows.append(("These are the figures of", f"the cell of {texts.width_of(level_of_cell(f'{found["cell"]:x}'))} around it"))
    return rows


def _buildings(place: Place) -> list[tuple[str, str]]:
    found = place.buildings
    if not found:
        return []
    rows = list(
        _values(
            found,
            "buildings",
            ("buildings", "footprint_m2", "floor_area_m2", "mean_levels", "mean_height_m", "mean_year_built", "flats", "terraced", "detached"),
        )
    )
    known = sum(float(found[name] or 0) for name in _USES)
    if known:
        shares = sorted(((float(found[name] or 0) / known, label) for name, label in _USES.items()), reverse=True)
        rows.append(("Use of the built area, where known", ", ".join(f"{label} {share:.0%}" for share, label in shares if share >= 0.01)))  # noqa: PLR2004 - 1 %
    return rows


def _footfall(place: Place, weekday: int | None, hour: int | None, look: Look) -> None:
    frame = place.footfall
    day = "mean of the week" if weekday is None else WEEKDAYS[weekday - 1]
    source = {"dataset": frame["dataset"].iloc[0], "made_up": bool(frame["made_up"].any()), "quality": "measured"} if len(frame) else {}
    if frame.empty:
        section("Floating population", [], {})
        return
    mine = frame if weekday is None else frame[frame["weekday"] == weekday]
    by_hour = mine.groupby("hour")["people_per_hour"].mean().reset_index()
    at = by_hour if hour is None else by_hour[by_hour["hour"] == hour]
    name = f"People per hour, {day}" + (f", {hour}:00" if hour is not None else "")
    section("Floating population", [(name, f"{at['people_per_hour'].mean():,.0f}" if len(at) else "not known")], source)
    st.altair_chart(_profile(by_hour, hour, look), width="stretch")


def _profile(by_hour: pd.DataFrame, hour: int | None, look: Look) -> alt.Chart:
    bars: alt.Chart = alt.Chart(by_hour.assign(chosen=by_hour["hour"] == hour), height=150).mark_bar(cornerRadiusEnd=2).encode(
        x=alt.X("hour:O", title=None, axis=alt.Axis(values=[0, 6, 12, 18, 23], labelAngle=0, grid=False)),
        y=alt.Y("people_per_hour:Q", title=None, axis=alt.Axis(tickCount=3, format="~s")),
        color=alt.condition("datum.chosen", alt.value(look.outline), alt.value(look.accent)),
        tooltip=[alt.Tooltip("hour:O", title="Hour"), alt.Tooltip("people_per_hour:Q", title="People per hour", format=",.0f")],
    )  # fmt: skip
    return bars


def _trips(place: Place, hour: int | None) -> list[tuple[str, str]]:
    frame = place.trips if hour is None else place.trips[place.trips["hour"] == hour]
    if frame.empty:
        return []
    when = "a day" if hour is None else f"at {hour}:00"
    return [(f"Trips that {verb} here {when}", f"{frame[column].sum():,.0f}") for verb, column in (("begin", "departures"), ("end", "arrivals"))]


def _areas(place: Place) -> list[tuple[str, str]]:
    rows = []
    for dataset, areas in place.trade_areas.groupby("dataset", sort=False):
        for area in areas.head(_MOST_AREAS).to_dict("records"):
            band = BANDS[area["band_unit"]].format(area["band"]) if area["band_unit"] in BANDS else area["kind"]
            rows.append((area["site_name"] or area["name"], f"{band}, {dataset}"))
        if len(areas) > _MOST_AREAS:
            rows.append((f"and {len(areas) - _MOST_AREAS:,} more", str(dataset)))
    return rows


def themes(found: pd.DataFrame) -> list[tuple[str, str]]:
    """What layers of one's own tell, as rows of a section.

    Args:
        found: dataset, kind, unit, number, category, made_up.
    """
    rows = []
    for theme in found.to_dict("records"):
        value = str(theme["category"]) if theme["kind"] == "category" else f"{theme['number']:,.6g} {theme['unit']}".strip()
        rows.append((theme["dataset"], value + ("; made up" if theme["made_up"] else "")))
    return rows
