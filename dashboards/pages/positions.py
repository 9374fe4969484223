"""The positions page: accounts whose position a person has to look at, one after the other; what was decided can be undone."""

import html
from collections.abc import Callable
from dataclasses import replace

import h3
import pandas as pd
import streamlit as st

from dashboards import data, intake, maps, parts, session, street_map, texts, theme
from dashboards.data import Review, quality
from dashboards.links import REVIEW_STATUSES, PositionsView
from gcrm.errors import GcrmError, GeocodeError

PAGE = "positions"
_CHART, _TABLE, _POINT, _ALWAYS = "map of candidates", "candidates", "point of", "always for"
_ROWS, _DECISIONS = 15, 6
_ROW_PIXELS = 33
_STATUSES = {"open": "Waiting", "accepted": "Accepted", "moved": "Set by hand", "dismissed": "Left as they were"}
_DONE = {"accepted": "accepted", "moved": "set by hand", "dismissed": "left as it was"}
_ABOUT = "Accounts whose address could not be placed surely. They stand as well as is known; a person says where they belong."
_DOUBTS = {
    "none": "Nothing in the loaded addresses is like it, so it is not on the map.",
    "place": "Only its place is known; it stands in the middle of it.",
    "postcode": "Only its postcode is known; it stands in the middle of it.",
    "street": "Only its street was found.",
    "interpolated": "Its house number was put between its neighbours.",
    "rooftop": "An address was found, but not surely this one.",
}


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, PositionsView.from_parameters, PositionsView())
    parts.heading("Positions", _ABOUT)
    counts = data.count_reviews(scope)
    if not counts:
        _nothing(data.overview(scope).accounts)
        return
    _figures(counts, scope)
    _filter(view, counts)
    found = data.reviews(scope, view.status, view.after, _ROWS + 1)
    if found:
        _account(view, found[0])
        _list(view, found, counts[view.status])
    else:
        _end(view, counts.get(view.status, 0))
    _decisions(scope)


def _go(view: PositionsView) -> None:
    session.go(PAGE, view.parameters())


def _nothing(accounts: int) -> None:
    with st.container(border=True, key="what_to_do"):
        if accounts:
            st.markdown("#### No position needs a person\nNo account waits here. Accounts that came since the last run are placed with:")
            st.code("gcrm geocode", language=None)
        else:
            st.markdown(
                "#### There are no accounts yet\nAddresses that cannot be placed surely come here, for a person to say where they are. Load, import, geocode:"
            )
            st.code("gcrm load osm EXTRACT.osm.pbf\ngcrm import accounts ACCOUNTS.csv\ngcrm geocode", language=None)


def _figures(counts: dict[str, int], scope: data.Scope) -> None:
    placed = data.quality_of(scope).placements()
    total = int(placed.sum())
    decided = sum(number for status, number in counts.items() if status != "open")
    levels = [(quality.placement_name(str(level)), f"{number:,}", texts.share(int(number), total)) for level, number in placed.items() if number]
    parts.figures([("Waiting", f"{counts.get('open', 0):,}", f"{decided:,} decided"), *levels])


def _filter(view: PositionsView, counts: dict[str, int]) -> None:
    st.session_state["review status"] = view.status

    def choose() -> None:
        chosen = st.session_state["review status"]
        _go(PositionsView(chosen or view.status))

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="positions_head"):
        st.segmented_control(
            "Show", REVIEW_STATUSES, key="review status", label_visibility="collapsed", on_change=choose, width="content",
            format_func=lambda status: f"{_STATUSES[status]} ({counts.get(status, 0):,})",
        )  # fmt: skip
        parts.link_button(PAGE, view.parameters())


def _end(view: PositionsView, number: int) -> None:
    if number:
        st.info(f"This is the end of the list; {number:,} are before it.", icon=":material/last_page:")
        st.button("From the first", icon=":material/first_page:", on_click=_go, args=(PositionsView(view.status),))
    elif view.status == "open":
        st.success("Nothing is waiting: every position is sure, or was decided on.", icon=":material/check_circle:")
    else:
        st.info("There is none.", icon=":material/info:")


def _account(view: PositionsView, review: Review) -> None:
    """The account that is asked about, or was: its doubt, its candidates, the map, what can be done."""
    chosen = view.candidate if 1 <= view.candidate <= len(review.candidates) else 1
    view = replace(view, candidate=chosen)
    typed = st.session_state.get(f"{_POINT} {review.account_id}", "").strip()
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _says(review)
        if review.candidates:
            _candidates(view, review)
        if review.status == "open":
            _actions(view, review, typed)
        else:
            st.button(
                "Undo", icon=":material/undo:", key=f"undo {review.account_id}", on_click=_attempt,
                args=(lambda: intake.undo_position(review.account_id), view, "Undone; it waits again."),
            )  # fmt: skip
    with right:
        _map(view, review, typed)


def _says(review: Review) -> None:
    doubt = _DOUBTS.get(review.level, "") if review.status == "open" else ""
    if review.status == "open" and len(review.candidates) > 1:
        doubt += f" {len(review.candidates)} candidates are like it."
    figures = [] if review.score is None else [f"score {review.score:.2f}"]
    figures += [] if review.margin is None else [f"margin to the best candidate elsewhere {review.margin:.2f}"]
    now = f"Now: {quality.placement_name(review.level).lower()}" + (f" ({', '.join(figures)})" if figures else "")
    reason = f"; {review.reason}" if review.reason else ""
    decided = f"{_STATUSES[review.status]} by {review.decided_by}, {review.decided_at:%d %b %Y, %H:%M} UTC. " if review.decided_at else ""
    st.html(
        f'<div class="account"><b>{html.escape(review.name)}</b><p>{html.escape(review.address) or "no address"}</p>'
        f"<small>{html.escape(decided + doubt)}<br>{html.escape(now + reason)}.</small></div>"
    )


def _points(review: Review) -> pd.DataFrame:
    """The candidates: number, name, level, worth, metres (from the best), longitude, latitude."""
    names = ["label", "level", "worth", "longitude", "latitude"]
    frame = pd.DataFrame([{name: each[name] for name in names} for each in review.candidates], columns=names).rename(columns={"label": "name"})
    places = list(zip(frame["latitude"], frame["longitude"], strict=True))
    return frame.assign(number=range(1, len(frame) + 1), metres=[round(h3.great_circle_distance(places[0], place, unit="m")) for place in places])


def _candidates(view: PositionsView, review: Review) -> None:
    frame = _points(review)
    frame["level"] = [quality.placement_name(level) for level in frame["level"]]
    key = f"{_TABLE} {review.account_id} {view.candidate}"

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            _go(replace(view, candidate=rows[0] + 1))

    st.dataframe(
        frame, hide_index=True, key=key, on_select=choose, selection_mode="single-row", selection_default={"selection": {"rows": [view.candidate - 1]}},
        column_order=["number", "name", "level", "worth", "metres"], height=2 + _ROW_PIXELS * (1 + len(frame)),
        column_config={
            "number": st.column_config.NumberColumn("", width=34), "name": st.column_config.TextColumn("Candidate", width=260),
            "level": st.column_config.TextColumn("Placed", width=110, help=texts.PLACED_HELP),
            "worth": st.column_config.NumberColumn("Worth", format="%.2f", width=60),
            "metres": st.column_config.NumberColumn("From best, m", format="localized", width=90),
        },
    )  # fmt: skip


def _actions(view: PositionsView, review: Review, typed: str) -> None:
    key = f"{_ALWAYS} {review.account_id}"
    st.checkbox("Always for this address", key=key, help="For every account of this address, also those that come later. Undo takes the rule back.")
    onward = PositionsView(after=view.after)
    with st.container(horizontal=True, gap="small", key="positions_actions"):
        if review.candidates:
            st.button(
                f"Accept {view.candidate}", type="primary", icon=":material/check:", key="accept", on_click=_attempt,
                args=(lambda: intake.accept_candidate(review.account_id, view.candidate, always=st.session_state.get(key, False)), onward,
                      f"{texts.plain(review.name)} is placed."),
            )  # fmt: skip
        st.button(
            "Leave it", icon=":material/do_not_disturb_on:", key="leave", help="It stays where it is, and is not asked about again", on_click=_attempt,
            args=(lambda: intake.leave_position(review.account_id), onward, f"{texts.plain(review.name)} stays where it is."),
        )  # fmt: skip
        st.button("Later", icon=":material/skip_next:", key="later", help="See the next one", on_click=_go, args=(PositionsView(after=review.account_id),))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="positions_point"):
        st.text_input(
            "Or its point: longitude, latitude", key=f"{_POINT} {review.account_id}", placeholder="such as 24.9384, 60.1699",
            help="Decimal degrees (WGS 84), the longitude first. It is shown on the map with a ring before you set it.",
        )  # fmt: skip
        st.button(
            "Set the point", icon=":material/pin_drop:", key="set", on_click=_attempt,
            args=(lambda: _set(review.account_id, always=st.session_state.get(key, False)), onward, f"{texts.plain(review.name)} is placed."),
        )  # fmt: skip
    if typed:
        _note_on(typed, review)


def _set(account_id: int, *, always: bool) -> None:
    longitude, latitude = _parsed(st.session_state.get(f"{_POINT} {account_id}", ""))
    intake.set_point(account_id, longitude, latitude, always=always)


def _parsed(text: str) -> tuple[float, float]:
    """A point as it is typed.

    Raises:
        GeocodeError: it is none.
    """
    try:
        longitude, latitude = (float(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise GeocodeError("A point is two numbers, longitude and latitude in degrees, such as 24.9384, 60.1699.") from error
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 - the globe
        raise GeocodeError(f"The point {longitude:g}, {latitude:g} is not on the globe; give longitude -180 to 180 and latitude -90 to 90.")
    return longitude, latitude


def _note_on(typed: str, review: Review) -> None:
    """What is wrong with the typed point, or how far it is from where the account was looked for."""
    try:
        longitude, latitude = _parsed(typed)
    except GeocodeError as error:
        st.warning(texts.plain(str(error)), icon=":material/rule:")
        return
    if review.candidates:
        best = review.candidates[0]
        metres = h3.great_circle_distance((latitude, longitude), (best["latitude"], best["longitude"]), unit="m")
        st.caption(f"{metres:,.0f} m from the best candidate.")


def _attempt(act: Callable[[], None], onward: PositionsView, said: str) -> None:
    """Decides; what cannot be done is said, and the account stays."""
    try:
        act()
    except GcrmError as error:
        st.toast(texts.plain(str(error)), icon=":material/error:")
        return
    st.toast(said, icon=":material/check:")
    _go(onward)


def _map(view: PositionsView, review: Review, typed: str) -> None:
    points = _points(review) if review.candidates else pd.DataFrame(columns=["number", "name", "longitude", "latitude"])
    rings = _rings(review, typed)
    places = [*zip(points["longitude"], points["latitude"], strict=True), *rings]
    if not places:
        st.caption("It has no position and no candidate, so there is nothing to show on a map. Type its point, or leave it.")
        return
    legend = "Rings: where it stands now, and the point that you typed" if typed else "Ring: where it stands now"
    street_map.draw(
        maps.point_layers(points, theme.look(), view.candidate, rings), street_map.around(places), key=_CHART,
        card="<div><span>{number}</span><b>{name}</b></div>", legend=f'<div class="legend">{legend}</div>' if rings else "",
        on_pick=lambda number: _go(replace(view, candidate=int(number))),
    )  # fmt: skip


def _rings(review: Review, typed: str) -> list[tuple[float, float]]:
    rings = [] if review.longitude is None or review.latitude is None else [(review.longitude, review.latitude)]
    try:
        return [*rings, _parsed(typed)] if typed else rings
    except GeocodeError:
        return rings


def _list(view: PositionsView, found: list[Review], total: int) -> None:
    """The ones that follow, to go to; and the pages of them."""
    here, more = found[:_ROWS], len(found) > _ROWS
    st.html(f'<div class="group">{_STATUSES[view.status]}: {total:,} <span class="hint">click one to see it</span></div>')
    frame = pd.DataFrame(
        {
            "Account": [each.name for each in here], "Address": [each.address for each in here], "Now": [quality.placement_name(each.level) for each in here],
            "Candidates": [len(each.candidates) for each in here], "Reason": [each.reason or "" for each in here],
        }
    )  # fmt: skip
    key = f"listed {view.status} {view.after} {here[0].account_id}"

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            _go(PositionsView(view.status, after=here[rows[0]].account_id - 1))

    st.dataframe(
        frame, hide_index=True, key=key, on_select=choose, selection_mode="single-row", height=2 + _ROW_PIXELS * (1 + len(frame)),
        column_config={"Account": st.column_config.TextColumn(width="medium"), "Address": st.column_config.TextColumn(width="medium"),
                       "Candidates": st.column_config.NumberColumn(width="small"), "Reason": st.column_config.TextColumn(width="large")},
    )  # fmt: skip
    if view.after or more:
        with st.container(horizontal=True, gap="xsmall", key="pager"):
            st.button("First", icon=":material/first_page:", type="tertiary", disabled=not view.after, on_click=_go, args=(PositionsView(view.status),))
            following = PositionsView(view.status, after=here[-1].account_id)
            st.button("Next", icon=":material/chevron_right:", type="tertiary", disabled=not more, on_click=_go, args=(following,))


def _decisions(scope: data.Scope) -> None:
    last = data.last_decisions(scope, _DECISIONS)
    if not last:
        return
    st.html('<div class="group">Last decisions</div>')
    for each in last:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"decision-{each.account_id}"):
            st.button(
                "Undo", icon=":material/undo:", key=f"undo decision {each.account_id}", on_click=_attempt,
                args=(lambda account=each.account_id: intake.undo_position(account), PositionsView(after=each.account_id - 1), "Undone; it waits again."),
            )  # fmt: skip
            when = f"{each.decided_at:%d %b %Y, %H:%M} UTC" if each.decided_at else ""
            text = f"{each.name}, {each.address}: {_DONE[each.status]} by {each.decided_by}, {when}"
            st.html(f'<div class="decision">{html.escape(text)}</div>')


parts.guarded(main)
