"""The duplicates page: accounts that may be one, side by side; merged, told apart or left for later by a key, and taken back."""

import hashlib
import html
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import data, intake, parts, session, texts
from dashboards.comparison import evidence, percent, side_by_side
from dashboards.data import duplicate_review as review
from dashboards.data import duplicates
from dashboards.links import DuplicatesView
from gcrm.errors import GcrmError

PAGE = "duplicates"
_RESULT, _LATER, _BEGUN = "duplicates result", "duplicates later", "duplicates search"
_NEXT, _DECISIONS = 20, 8
_SECONDS_TO_BEGIN = 30
_LONGEST_NAME = 60
_EVERY = "All sources"
_LEAST = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
_ABOUT = "Accounts that may be one, the most probable first. Say what they are; nothing is lost, and every decision can be undone."


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, DuplicatesView.from_parameters, DuplicatesView())
    parts.heading("Duplicates", _ABOUT)
    overview = data.overview(scope)
    if not overview.accounts:
        parts.what_to_do(overview)
        return
    search = review.newest_search()
    figures = review.figures(scope)
    later = st.session_state.setdefault(_LATER, [])
    busy = search.working or _BEGUN in st.session_state
    if busy:
        st.fragment(_searching, run_every=1.0)()
    _result()
    if figures.waiting or figures.merged or figures.separate:
        parts.figures([
            ("Waiting", f"{figures.waiting:,}", "pairs that may be one" + (f"; {len(later):,} left for later" if later else "")),
            ("Merged", f"{figures.merged:,}", "accounts that are part of another now"),
            ("Two different", f"{figures.separate:,}", "pairs that are never asked about again"),
        ])  # fmt: skip
    if figures.waiting:
        _head(view, scope, busy=busy)
        pairs, found = duplicates.queue(scope, statuses=review.WAITING, least=view.least, source=view.source, most=1 + _NEXT, but=later)
        if pairs:
            _pair(pairs[0], found)
            _coming(pairs[1:], found - 1)
        else:
            _none_here(view, later)
    elif not busy:
        _nothing(searched=search.run_id > 0)
    _decisions(scope)


def _go(view: DuplicatesView) -> None:
    session.go(PAGE, view.parameters())


def _nothing(*, searched: bool) -> None:
    with st.container(border=True, key="what_to_do"):
        if searched:
            st.markdown("#### Nothing waits\nEvery pair is decided. Look again when accounts were imported or changed.")
        else:
            st.markdown(
                "#### Nobody has looked for duplicates yet\nThe search compares names, addresses, telephone numbers and mail addresses of all accounts."
            )
        st.button("Look for duplicates", icon=":material/search:", type="primary", key="search", on_click=_search)


def _none_here(view: DuplicatesView, later: list[int]) -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### No pair is left here")
        with st.container(horizontal=True):
            if later:
                st.button(f"See the {len(later):,} left for later", icon=":material/schedule:", type="primary", on_click=later.clear)
            if view != DuplicatesView():
                st.button("Show all pairs", icon=":material/filter_alt_off:", on_click=_go, args=(DuplicatesView(),))


def _search() -> None:
    st.session_state.pop(_RESULT, None)
    st.session_state[_BEGUN] = (time.monotonic(), review.newest_search().run_id)
    intake.look_for_duplicates()


def _searching() -> None:
    """Says that a search runs, and draws the page anew once it is done; a process of its own does it."""
    search = review.newest_search()
    begun, before = st.session_state.get(_BEGUN, (-math.inf, search.run_id))
    if search.working or (search.run_id == before and time.monotonic() - begun < _SECONDS_TO_BEGIN):
        st.info("Looking for duplicates; you may leave this page.", icon=":material/progress_activity:")
        return
    if st.session_state.pop(_BEGUN, None) is not None:
        if search.run_id > before:
            _say("success", f"Looked at every account: {search.found:,} pair{'' if search.found == 1 else 's'} may be one.")
        else:
            _say("warning", "The search broke off; run `gcrm duplicates find` to see why.")
    st.rerun(scope="app")


def _say(kind: str, text: str, undo: tuple[str, int] | None = None) -> None:
    st.session_state[_RESULT] = (kind, text, undo)


def _result() -> None:
    """What the last action did, with its undo."""
    found = st.session_state.get(_RESULT)
    if found is None:
        return
    kind, text, undo = found
    with st.container(horizontal=True, vertical_alignment="center", key="duplicates_result"):
        {"success": st.success, "warning": st.warning}[kind](text, icon=":material/check_circle:" if kind == "success" else ":material/rule:")
        if undo is not None:
            st.button("Undo", icon=":material/undo:", key=f"undo now {undo}", shortcut="U", on_click=_attempt, args=(_undo, *undo))
        st.button("Close", icon=":material/close:", type="tertiary", key="close result", on_click=lambda: st.session_state.pop(_RESULT, None))


def _head(view: DuplicatesView, scope: data.Scope, *, busy: bool) -> None:
    sources = review.sources(scope)
    steps = sorted({*_LEAST, view.least})
    st.session_state["least score"] = view.least
    st.session_state["duplicates source"] = view.source if view.source in sources else _EVERY

    def choose() -> None:
        source = st.session_state["duplicates source"]
        _go(replace(view, least=st.session_state["least score"], source=None if source == _EVERY else source))

    if view.source is not None and view.source not in sources:
        st.info(texts.plain(f"No pair that waits has an account of {view.source}."), icon=":material/info:")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="duplicates_head"):
        st.selectbox("Least probability", steps, key="least score", on_change=choose, format_func=lambda step: percent(step) if step else "Any", width=170)
        if len(sources) > 1:
            st.selectbox("Source", [_EVERY, *sources], key="duplicates source", on_change=choose, width=220)
        st.button("Look again", icon=":material/search:", key="search", on_click=_search, disabled=busy, help="Searches all accounts; what is decided stays")
        parts.link_button(PAGE, view.parameters())


def _pair(pair: duplicates.Pair, found: int) -> None:
    """The pair on top of the queue, what speaks for and against, and what can be said of it."""
    again = "; a merge of these two was taken back" if pair.status == "undone" else ""
    with st.container(border=True, key="pair"):
        st.html(f'<div class="group">{percent(pair.score)} probable that they are one <span class="hint">the first of {found:,}{again}</span></div>')
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="pair_actions"):
            _button("Merge into the left", "1", "keyboard_arrow_left", pair, lambda: _merge(pair, "left"), primary=True)
            _button("Merge into the right", "2", "keyboard_arrow_right", pair, lambda: _merge(pair, "right"), primary=True)
            _button("Two different", "3", "call_split", pair, lambda: _separate(pair))
            _button("Later", "4", "schedule", pair, lambda: st.session_state[_LATER].append(pair.duplicate_id))
        st.html(evidence(pair.why))
        st.html(side_by_side(pair.left, pair.right))
        st.caption("Keys: 1 and 2 merge into the left and the right, 3 says two different, 4 leaves the pair for later, U undoes.")


def _button(label: str, key: str, icon: str, pair: duplicates.Pair, act: Callable[[], None], *, primary: bool = False) -> None:
    # The key holds the pair: a second stroke that was meant for this pair does nothing to the next.
    st.button(
        label, icon=f":material/{icon}:", key=f"{label} {pair.duplicate_id}", shortcut=key, type="primary" if primary else "secondary",
        on_click=_attempt, args=(act,),
    )  # fmt: skip


def _attempt(act: Callable[..., None], *arguments: object) -> None:
    """Decides; what cannot be done is said on the page."""
    st.session_state.pop(_RESULT, None)
    try:
        act(*arguments)
    except GcrmError as error:
        _say("warning", texts.plain(str(error)))


def _merge(pair: duplicates.Pair, keep: duplicates.Keep) -> None:
    stays, goes = (pair.left, pair.right) if keep == "left" else (pair.right, pair.left)
    merge_id = intake.merge(pair.duplicate_id, keep)
    _say("success", texts.plain(f"{_short(goes['name'])} is part of {_short(stays['name'])} now."), ("merged", merge_id))


def _separate(pair: duplicates.Pair) -> None:
    intake.separate(pair.duplicate_id)
    _say("success", texts.plain(f"{_short(pair.left['name'])} and {_short(pair.right['name'])} are two."), ("separate", pair.duplicate_id))


def _undo(what: str, key: int) -> None:
    if what == "separate":
        intake.undo_separate(key)
        _say("success", "Undone; the pair waits again.")
        return
    conflicts = intake.undo_merge(key)
    if conflicts:
        said = "; ".join(f"{each['what']}{' (' + format(each['count'], ',') + ')' if each.get('count') else ''}: {each['why']}" for each in conflicts)
        _say("warning", texts.plain(f"The merge is undone, but for what was changed since. {said}."))
    else:
        _say("success", "The merge is undone; the pair waits again.")


def _short(name: object) -> str:
    text = str(name)
    return text if len(text) <= _LONGEST_NAME else text[:_LONGEST_NAME] + "…"


def _coming(pairs: list[duplicates.Pair], left: int) -> None:
    if not pairs:
        return
    st.html(f'<div class="group">Next <span class="hint">{len(pairs):,} of {left:,}</span></div>')
    frame = pd.DataFrame([
        {"score": percent(pair.score), "left": pair.left["name"], "right": pair.right["name"], "place": _place(pair.left), "other": _place(pair.right),
         "sources": " · ".join(dict.fromkeys((pair.left["source"], pair.right["source"])))}
        for pair in pairs
    ])  # fmt: skip
    key = hashlib.sha256(repr([pair.duplicate_id for pair in pairs]).encode()).hexdigest()[:12]
    st.dataframe(
        frame, hide_index=True, key=f"coming {key}",
        column_config={"score": st.column_config.TextColumn("Probable", width=80), "left": "Left", "right": "Right", "place": "Left lies at",
                       "other": "Right lies at", "sources": "From"},
    )  # fmt: skip


def _place(record: Mapping[str, Any]) -> str:
    street, town = (" ".join(str(record[name]) for name in names if record.get(name)) for names in (("street", "house_number"), ("postcode", "city")))
    return ", ".join(filter(None, (street, town)))


def _decisions(scope: data.Scope) -> None:
    """The last decisions that stand, each with its undo."""
    decisions = review.decisions(scope, _DECISIONS)
    if not decisions:
        return
    st.html('<div class="group">Decided last</div>')
    for each in decisions:
        left, right = (f"<b>{html.escape(_short(name))}</b>" for name in (each.left, each.right))
        said = f"{right} merged into {left}" if each.what == "merged" else f"{left} and {right} are two"
        by = ", without a person" if each.automatic else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"decision {each.what} {each.key}"):
            st.html(f'<div class="decision">{said} <span class="hint">{each.decided_at:%d %b %Y, %H:%M} UTC{by}</span></div>')
            st.button("Undo", icon=":material/undo:", type="tertiary", key=f"undo {each.what} {each.key}", on_click=_attempt, args=(_undo, each.what, each.key))


parts.guarded(main)
