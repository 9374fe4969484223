"""The reach page: how far one gets from a place at an hour, beside the same without closures or at night; streets are closed and slowed by a click."""

import html
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import data, intake, maps, parts, reach_maps, session, street_map, texts, theme
from dashboards.data import Asked, Origin, Reach, Route, Window
from dashboards.links import BESIDE, MODES, WEEKDAYS, Camera, ReachView

PAGE = "reach"
_CHART, _BESIDE = "map of reach", "map beside"
_MINUTES = {"car": (2.0, 5.0, 10.0), "bicycle": (5.0, 10.0, 15.0), "foot": (5.0, 10.0, 15.0)}
_SIZE, _SIZE_ON_PHONE = (520, 440, 0), (358, 440, 0)
_NIGHT, _SLOW = 3, 0.5
_WORDS = {"car": "By car", "bicycle": "By bicycle", "foot": "On foot"}
_DONE = "reach done"
_LOAD = """\
# streets, and the network that is travelled on
gcrm load osm EXTRACT.osm.pbf"""
_PLACE = """\
# customers, then where they are
gcrm import accounts ACCOUNTS.csv
gcrm update"""


@dataclass(frozen=True)
class _Side:
    """What one of the two maps shows: its title, how far one gets, and the way to the destination where one is asked for and there is one."""

    title: str
    reach: Reach
    way: Route | None


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, ReachView.from_parameters, ReachView())
    if not data.reach.has_network(scope):
        _what_to_do("No road network is loaded yet", "Load an extract of OpenStreetMap; then reload this page:", _LOAD)
        return
    _controls(view)
    start, end = data.reach.origin(view.origin, scope), data.reach.origin(view.destination, scope) if view.destination else None
    if start is None and not view.origin:
        _what_to_do("There is no place to begin at yet", "Write an address at the left, or import customers; then reload this page:", _PLACE)
        return
    if start is None:
        parts.heading("Reach")
        _not_found(view.origin)
        return
    hint = " Click a street to close or slow it." if data.reach.may_set(scope) else ""
    caption = f"{parts.made_up_note(scope)}{_WORDS[view.mode]}, {view.weekday} {view.hour}:00.{hint}"
    parts.heading(f"Reach from {start.name}", caption)
    if view.destination and end is None:
        _not_found(view.destination)
    _result()
    now = _side(view, start, end, f"{view.weekday} {view.hour}:00, as the roads are", view.hour, with_conditions=True)
    beside = _side(view, start, end, BESIDE[view.beside], _NIGHT if view.beside == "night" else view.hour, with_conditions=view.beside == "night")
    window = _window(now.reach, beside.reach)
    if window is None:
        st.info("No road that can be used is near this place; choose another, or another way to travel.", icon=":material/route:")
        return
    by_hand = data.reach.set_by_hand(scope)
    left, right = st.columns(2, gap="medium")
    with left:
        streets = data.reach.streets_in((window.west, window.south, window.east, window.north), scope)
        _map(now, window, start, streets, by_hand, view)
    with right:
        _map(beside, window, start, streets.iloc[:0], by_hand if view.beside == "night" else by_hand.iloc[:0], view, second=True)
    _streets(view, by_hand)
    _figures(now, beside, end)


def _what_to_do(title: str, text: str, commands: str) -> None:
    parts.heading("Reach")
    with st.container(border=True, key="what_to_do"):
        st.markdown(f"#### {title}\n{text}")
        st.code(commands, language=None)


def _not_found(text: str) -> None:
    st.warning(f"No account and no address is found by “{texts.plain(text)}”; write another at the left.", icon=":material/search_off:")


def _go(view: ReachView) -> None:
    session.go(PAGE, view.parameters())


def _side(view: ReachView, start: Origin, end: Origin | None, title: str, hour: int, *, with_conditions: bool) -> _Side:
    asked = Asked.parse(view.mode, f"{view.weekday} {hour:02}:00")
    place = (start.longitude, start.latitude)
    found = data.reach.reach(place, _MINUTES[view.mode], asked, session.scope(), with_conditions=with_conditions)
    way = data.reach.way(place, (end.longitude, end.latitude), asked, with_conditions=with_conditions) if end is not None else None
    return _Side(title, found, way)


def _controls(view: ReachView) -> None:
    """The sidebar: from where, where to, how, when, beside what."""

    def bound(name: str) -> dict[str, Any]:
        """Binds a control to a field of the view."""
        key = f"reach {name}"
        st.session_state[key] = getattr(view, name)
        return {"key": key, "on_change": lambda: _go(replace(view, **{"way": None, name: st.session_state[key]}))}

    with st.sidebar:
        st.text_input("From", placeholder="name, address, or 24.94, 60.17", **bound("origin"))
        st.text_input("To", placeholder="for the way there", **bound("destination"))
        st.radio("How", MODES, format_func=lambda mode: _WORDS[mode], **bound("mode"))
        st.selectbox("Weekday", WEEKDAYS, **bound("weekday"))
        st.slider("Hour", 0, 23, format="%d:00", **bound("hour"))
        st.radio("Beside it", list(BESIDE), format_func=lambda what: BESIDE[what], **bound("beside"))


def _window(*found: Reach) -> Window | None:
    shapes = pd.concat([each.areas.geometry for each in found])
    return None if shapes.empty else Window(*map(float, shapes.total_bounds))


def _map(side: _Side, window: Window, start: Origin, streets: pd.DataFrame, by_hand: pd.DataFrame, view: ReachView, *, second: bool = False) -> None:
    """One of the maps; only the first one's streets can be clicked."""
    st.html(f'<div class="group">{html.escape(side.title)}</div>')
    look = theme.look()
    drawn = reach_maps.layers(side.reach.areas, start, streets, by_hand, side.way, look, None if second else view.way)
    street_map.draw(
        drawn, _camera(window), key=_BESIDE if second else _CHART, card="<div><b>{words}</b></div>",
        legend=reach_maps.legend(side.reach.areas, by_hand, side.way, look), on_pick=None if second else lambda way: _choose(view, int(way)), second=second,
    )  # fmt: skip


def _camera(window: Window) -> Camera:
    return maps.camera(window, *(_SIZE_ON_PHONE if session.on_phone() else _SIZE))


def _choose(view: ReachView, way: int) -> None:
    """A street was clicked; a second click lets it go."""
    _go(replace(view, way=None if way == view.way else way))


def _figures(now: _Side, beside: _Side, end: Origin | None) -> None:
    """Accounts and area within each time, and the way to the destination, on both maps."""
    here, there = (side.reach.areas[["minutes", "accounts", "area_km2"]] for side in (now, beside))
    rows = here.merge(there, on="minutes", how="outer", suffixes=("", "_beside"))
    rows = rows.assign(change=rows["accounts"] - rows["accounts_beside"], minutes=[f"{minutes:g} min" for minutes in rows["minutes"]])
    st.html('<div class="group">Accounts within reach</div>')
    st.dataframe(
        rows, hide_index=True, key="accounts in reach", column_order=["minutes", "accounts", "accounts_beside", "change", "area_km2", "area_km2_beside"],
        column_config={
            "minutes": st.column_config.TextColumn("Within", width=80),
            "accounts": st.column_config.NumberColumn("Accounts", format="localized"),
            "accounts_beside": st.column_config.NumberColumn("beside", format="localized", help=beside.title),
            "change": st.column_config.NumberColumn("Difference", format="%+d"),
            "area_km2": st.column_config.NumberColumn("km²", format="%.2f"),
            "area_km2_beside": st.column_config.NumberColumn("beside", format="%.2f", help=beside.title),
        },
    )  # fmt: skip
    if end is not None:
        told = [f"{way.minutes:.1f} min, {way.metres / 1000:.2f} km" if way else "there is no way" for way in (now.way, beside.way)]
        st.markdown(f"To {texts.plain(end.name)}: **{told[0]}**; {beside.title[0].lower()}{beside.title[1:]}: **{told[1]}**.")
    basis = now.reach.basis
    conditions = f"road conditions {basis.conditions}" if basis.conditions else "no road conditions"
    st.caption(f"Road network {basis.network}, {conditions}, {basis.moment}. Minutes are those of the road; the way from the place to it is in none.")


def _streets(view: ReachView, by_hand: pd.DataFrame) -> None:
    """The street that was clicked, and those that are closed or slowed; with the buttons for it where the reader may set that."""
    may_set = data.reach.may_set(session.scope())
    if view.way is not None:
        chosen = data.reach.street(view.way)
        name = chosen.name or "A street without a name"
        limit = f", {chosen.maxspeed_kmh:.0f} km/h" if chosen.maxspeed_kmh else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="street"):
            st.html(f'<div class="group">{html.escape(name)} ({html.escape(chosen.road_class)}, {chosen.length_m:,.0f} m{limit})</div>')
            if may_set:
                st.button("Close it", icon=":material/block:", on_click=_set, args=(view, "closed", chosen.way_id, name))
                st.button("Slow cars to half", icon=":material/speed:", on_click=_set, args=(view, "slowed", chosen.way_id, name))
            st.button("Let go", type="tertiary", icon=":material/close:", on_click=_go, args=(replace(view, way=None),))
    for row in by_hand.to_dict("records"):
        what = "closed" if row["kind"] == "closure" else f"slowed to {row['value']:.0%}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"set {row['way_id']}"):
            st.markdown(texts.plain(f"{row['name'] or 'A street without a name'}: {what} for {row['modes']}"))
            if may_set:
                st.button("Open again", key=f"open {row['way_id']}", icon=":material/undo:", on_click=_set, args=(view, "open", row["way_id"], row["name"]))


def _set(view: ReachView, what: str, way_id: int, name: str) -> None:
    if what == "closed":
        intake.close_street(way_id)
    elif what == "slowed":
        intake.slow_street(way_id, _SLOW)
    else:
        intake.free_street(way_id)
    st.session_state[_DONE] = f"{name or 'The street'} is {what}{' again' if what == 'open' else ''}; the left map shows it."
    _go(replace(view, way=None))


def _result() -> None:
    if said := st.session_state.pop(_DONE, None):
        st.success(texts.plain(said), icon=":material/check:")


parts.guarded(main)
