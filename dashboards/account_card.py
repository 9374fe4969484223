"""The card of an account: what was sent to it, and what is around it, part by part, each with where it comes from, when it holds for, and how good it is."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import texts
from dashboards.data import Account
from dashboards.place_card import BANDS, section, themes

_MOST_AREAS = 12
_RESIDENCE = {
    "population_per_km2": ("Inhabitants per km²", ",.0f"), "households_per_km2": ("Households per km²", ",.0f"),
    "flats_share": ("Flats among dwellings", ".0%"), "tenant_share": ("Tenants among households", ".0%"), "age_65_up_share": ("65 years and older", ".0%"),
    "vacancy_share": ("Vacant dwellings", ".0%"),
}  # fmt: skip
_FOOTFALL = {
    "footfall_morning_per_hour": ("6 to 10", ",.0f"), "footfall_midday_per_hour": ("10 to 16", ",.0f"), "footfall_evening_per_hour": ("16 to 22", ",.0f"),
    "footfall_night_per_hour": ("22 to 6", ",.0f"), "footfall_per_hour": ("Mean of the week", ",.0f"),
}  # fmt: skip

type _Rows = list[tuple[str, str]]


def draw(account: Account) -> None:
    """The sections of the card.

    Args:
        account: its surroundings hold for its position.
    """
    record, sources = account.record, account.sources
    section("Street", list(_street(record)), _source(sources, "roads", "measured"))
    section("Your sites", _sites(account), _source(sources, "sites", "modelled"))
    section("Competitors", _competitors(account), _source(sources, "competitors", "modelled"))
    section("Building", list(_building(record)), _source(sources, "buildings", "measured"))
    section("Who lives around", _numbers(record, _RESIDENCE), _source(sources, "residence", record["residence_quality"]))
    if account.shows_people:
        section("People in the street, per hour", _numbers(record, _FOOTFALL), _source(sources, "footfall", "measured"))
        section("Who passes by", _passing(record), _source(sources, "road_flows", "measured"))
    else:
        section("People in the street", [("By wider cells only", "on the page Surroundings")], {})
    section("Trading areas", list(_trade_areas(account.trade_areas)), {})
    if len(account.themes):
        section("Layers of your own", themes(account.themes), {})


def campaigns(account: Account) -> None:
    """What was sent to the account, the newest first, and what came back; who may not be contacted now is said beside it.

    Args:
        account: the campaigns among what is known of it.
    """
    if account.campaigns.empty:
        st.html('<div class="place"><h4>Campaigns</h4><p>No campaign was sent to this account.</p></div>')
        return
    section("Campaigns", [_campaign(row) for row in account.campaigns.to_dict("records")], {})


def consents(account: Account) -> None:
    """Whether the contacts of the account may be contacted, for each purpose and channel that they spoke of, and why.

    Args:
        account: the consents among what is known of it.
    """
    if not account.consents:
        st.html('<div class="place"><h4>Consents</h4><p>This account has no contacts.</p></div>')
        return
    rows = []
    for name, told in account.consents:
        rows += [(f"{name}: {each.purpose} by {each.channel}", f"{'yes' if each.decision.allowed else 'no'}. {each.decision.reason}") for each in told] or [
            (name, "no. Nothing was said, and without a consent nobody is contacted.")
        ]
    section("Consents", rows, {})


def _campaign(row: Mapping[Any, Any]) -> tuple[str, str]:
    known = {name: value for name, value in row.items() if pd.notna(value)}
    told = ", ".join(filter(None, (known.get("channel"), f"wave {known['wave']}" if "wave" in known else "", known.get("contact"))))
    response = "no response" if known["response"] == "none" else known["response"]
    when = f" on {known['responded_at']:%d %b %Y}" if "responded_at" in known else ""
    revenue = f", {known['revenue']:,.2f} {known['currency']}" if "revenue" in known else ""
    barred = f". {known['barred']}" if "barred" in known else ""
    return f"{known['sent_at']:%d %b %Y} {known['campaign']}", f"{told}{': ' if told else ''}{response}{when}{revenue}{barred}"


def _source(sources: pd.DataFrame, layer: str, quality: str | None) -> dict[str, object]:
    """What a section says of the versions of a layer; nothing where there is none."""
    found = sources[sources["layer"] == layer]
    if found.empty:
        return {}
    days = found["source_date"].dropna()
    when = days.max() if len(days) else None
    return {"dataset": texts.listed(found["dataset"]), "source_date": when, "made_up": bool(found["made_up"].any()), "quality": quality}


def _chosen(account: Account, layer: str) -> Mapping[str, Any]:
    """What was chosen for a layer; empty where it has no version."""
    found = account.sources.loc[account.sources["layer"] == layer, "parameters"]
    chosen: Mapping[str, Any] = found.iloc[0] if len(found) else {}
    return chosen


def _numbers(record: Mapping[str, Any], names: Mapping[str, tuple[str, str]]) -> _Rows:
    return [(label, f"{record[name]:{form}}") for name, (label, form) in names.items() if record[name] is not None]


def _street(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if record["road_class"]:
        yield record["road_name"] or "A street without a name", f"{record['road_class'].replace('_', ' ')}, {record['road_distance_m']:,.0f} m away"
    if record["district"]:
        yield "District", record["district"]


def _sites(account: Account) -> _Rows:
    record, chosen = account.record, _chosen(account, "sites")
    if not chosen:
        return []
    told = [
        (f"{name} ({chosen['at']})", f"{record[f'site_{way}_minutes']:,.1f} min, {account.sites.get(record[f'site_{way}_key'], 'a site that you may not see')}")
        for way, name in (("drive", "Soonest by car"), ("walk", "Soonest on foot"))
        if record[f"site_{way}_key"] is not None
    ]
    return told or [("Soonest by car and on foot", "there is no way")]


def _competitors(account: Account) -> _Rows:
    chosen, count = _chosen(account, "competitors"), account.record["competitors_near"]
    if not chosen:
        return []
    return [(f"Within {chosen['within_min']:g} min by car ({chosen['at']})", "not known: no road is near" if count is None else f"{count:,}")]


def _passing(record: Mapping[str, Any]) -> _Rows:
    return [] if record["passing_trips"] is None else [("Recorded trips on the street", f"{record['passing_trips']:,}")]


def _building(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if record["building_type"]:
        away = f", {record['building_distance_m']:,.0f} m away" if record["building_distance_m"] else ""
        yield "Building", ("use not known" if record["building_type"] == "yes" else record["building_type"].replace("_", " ")) + away
    if record["residence_type"]:
        yield "Type of residence", record["residence_type"].replace("_", " ")
    if record["built_share"] is not None:
        yield "Built share of its cell", f"{record['built_share']:.0%}"
    if record["use_mix"] is not None:
        yield "Mixture of uses, 0 to 1", f"{record['use_mix']:.2f}"


def _trade_areas(areas: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for area in areas.head(_MOST_AREAS).to_dict("records"):
        band = BANDS[area["band_unit"]].format(area["band"]) if area["band_unit"] in BANDS else area["kind"]
        chance = f", probability {area['probability']:.0%}" if pd.notna(area["probability"]) else ""
        likely = ", most likely" if area["most_likely"] else ""
        yield area["site_name"] or area["name"], f"{band}, {area['dataset']}{chance}{likely}"
    if len(areas) > _MOST_AREAS:
        yield "and more", f"{len(areas) - _MOST_AREAS:,}"
