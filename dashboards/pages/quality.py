"""The data-quality page: how complete, valid, fresh and well placed the accounts are, by source, over time and on the map."""

import hashlib
import html
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboards import charts, data, map_component, maps, parts, quality_charts, session, texts, theme
from dashboards.data import quality
from dashboards.links import QualityView

PAGE = "quality"
_MAP = "map of flaws"
_MAP_SIZE, _MAP_SIZE_ON_PHONE = (620, 330, 150), (358, 300, 0)
_EVERY = "All sources"
_FRESH = ("30 days", "90 days")
_CHART_HEIGHT = 220


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, QualityView.from_parameters, QualityView())
    found = data.quality_of(scope)
    title, tools = st.columns([5, 2], vertical_alignment="bottom")
    with title:
        parts.heading("Data quality", "How complete, valid, fresh and well placed the accounts are. Click a bar or a cell to list the accounts behind it.")
    if not found.total():
        parts.what_to_do(data.overview(scope))
        return
    if view.source is not None and view.source not in found.sources:
        st.info(texts.plain(f"No account comes from {view.source}; this is every source."), icon=":material/info:")
        view = replace(view, source=None)
    flaw = view.flaw or found.telling(view.source)
    view = replace(view, flaw=flaw)
    with tools:
        _sources(found, view)
    _figures(found, view, scope)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _completeness(found, view)
    with right:
        _map(found, view, flaw, scope)
    _classes(found, view)
    _list(found, view, flaw, scope)
    _over_time(found, view, flaw)


def _go(view: QualityView) -> None:
    session.go(PAGE, view.parameters())


def _key(name: str, *said: object) -> str:
    """A key that changes with what is shown, so that nothing stays chosen."""
    return f"{name} {hashlib.sha256(repr(said).encode()).hexdigest()[:12]}"


def _sources(found: quality.Quality, view: QualityView) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", gap="xsmall", key="quality_head"):
        if len(found.sources) > 1:
            st.session_state["quality source"] = view.source or _EVERY

            def choose() -> None:
                chosen = st.session_state["quality source"]
                _go(replace(view, source=None if chosen == _EVERY else chosen, cell=None))

            st.selectbox("Source", [_EVERY, *found.sources], key="quality source", on_change=choose, width=260)
        parts.link_button(PAGE, view.parameters())


def _figures(found: quality.Quality, view: QualityView, scope: data.Scope) -> None:
    source, total = view.source, found.total(view.source)
    complete = found.completeness(source)
    ages = found.ages(source)
    warned = found.warned_total(source)
    refused = int(found.validity(source)["refused"].sum())
    duplicates = quality.duplicates_waiting(scope)
    parts.figures([
        ("Accounts", f"{total:,}", source or f"of {len(found.sources)} source{'' if len(found.sources) == 1 else 's'}"),
        ("Fields filled", texts.share(int(complete.sum()), total * len(complete)), f"of {len(complete)} fields of each account"),
        ("On the map", texts.share(int(complete["position"]), total), f"{total - int(complete['position']):,} without a position"),
        ("Changed within 90 days", texts.share(int(ages[list(_FRESH)].sum()), total), f"{int(ages['older']):,} unchanged for two years"),
        ("Doubtful", f"{warned:,}", "accounts stored with a warning"),
        ("Refused", f"{refused:,}", "records wait in quarantine"),
        *([("Duplicates", f"{duplicates:,}", "pairs wait for a decision")] if duplicates is not None else []),
    ])  # fmt: skip


def _bars(title: str, hint: str, kind: str, counts: pd.Series, labels: list[str], view: QualityView, total: int) -> None:
    """Counts as bars of their share; a click on one chooses its flaw."""
    frame = pd.DataFrame({
        "picked": [f"{kind}:{member}" for member in counts.index], "label": labels,
        "share": [100 * count / max(total, 1) for count in counts], "text": [texts.share(int(count), total) for count in counts],
    })  # fmt: skip
    key = _key(title, view.source, view.flaw, total)

    def choose() -> None:
        picked = st.session_state[key].selection.get(charts.PICKED) or []
        if picked:
            _go(replace(view, flaw=quality.Flaw.parse(picked[0]["picked"]), cell=None))

    st.html(f'<div class="group">{title}</div><p class="hint">{hint}</p>')
    chart = quality_charts.bars(frame, theme.look(), str(view.flaw))
    st.altair_chart(chart, height=quality_charts.height(len(frame)), key=key, on_select=choose, selection_mode=charts.PICKED)


def _completeness(found: quality.Quality, view: QualityView) -> None:
    counts = found.completeness(view.source)
    labels = [quality.FIELDS[str(name)] for name in counts.index]
    _bars("Complete", "Accounts that have each field.", "missing", counts, labels, view, found.total(view.source))


def _classes(found: quality.Quality, view: QualityView) -> None:
    """Where positions come from, how old the records are, what is doubtful."""
    total = found.total(view.source)
    first, second, third = st.columns(3, gap="medium")
    with first:
        placements = found.placements(view.source)
        _bars("Placed", "How the position was found.", "placed", placements, [quality.placement_name(str(name)) for name in placements.index], view, total)
    with second:
        ages = found.ages(view.source)
        _bars("Changed", "Time since the last change.", "age", ages, [quality.AGES[str(name)] for name in ages.index], view, total)
    with third:
        warned = found.warned_fields(view.source)
        if len(warned):
            labels = [quality.FIELDS.get(str(name), str(name).replace("_", " ").capitalize()) for name in warned.index]
            _bars("Doubtful", "Accounts with a warning, by field.", "warned", warned, labels, view, total)
        else:
            st.html('<div class="group">Doubtful</div><p class="hint">No stored account has a warning.</p>')
        _by_object(found, view)


def _map(found: quality.Quality, view: QualityView, flaw: quality.Flaw, scope: data.Scope) -> None:
    """The share of flawed accounts by place."""
    count, total = found.having(flaw, view.source), found.total(view.source)
    st.html(
        f'<div class="group">Accounts {html.escape(flaw.label)}</div>'
        f'<p class="hint">{count:,} of {total:,} ({texts.share(count, total)}); share of the accounts in each cell.</p>'
    )
    if not flaw.on_map:
        st.info(
            "These accounts have no position, so no map can show them; they are listed below. `gcrm geocode` finds positions.", icon=":material/wrong_location:"
        )
        return
    look = theme.look()
    cells = data.flawed_cells(flaw, view.source, scope)
    window = maps.bounds(cells.frame["cell"].tolist())
    if window is None:
        st.info("No account has a position yet; `gcrm geocode` finds positions.", icon=":material/wrong_location:")
        return
    classes = maps.classify(cells.frame["value"].astype(float), look)
    streets = data.basemap_version(scope)
    camera = maps.camera(window, *(_MAP_SIZE_ON_PHONE if session.on_phone() else _MAP_SIZE))
    deck = maps.deck([maps.cell_layer(cells, classes, look, 0.75)], camera, "Share")
    selected = () if view.cell is None else (view.cell,)

    def choose(picked: map_component.Picked) -> None:
        _go(replace(view, cell=None if picked.id == view.cell else picked.id))

    parts.map_frame(lambda: map_component.show(deck, key=_MAP, streets=streets, selected=selected, on_pick=choose), maps.legend(cells, classes, look))


def _list(found: quality.Quality, view: QualityView, flaw: quality.Flaw, scope: data.Scope) -> None:
    """The accounts behind what was clicked."""
    listed = data.flawed_accounts(flaw, view.source, view.cell, scope)
    count = found.having(flaw, view.source)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="filter_bar"):
        st.html(f'<div class="group">The accounts {html.escape(flaw.label)}</div>')
        if view.cell is not None:
            st.button(
                texts.cell_name(view.cell), key="remove cell", icon=":material/close:", icon_position="right", help="Everywhere",
                on_click=_go, args=(replace(view, cell=None),),
            )  # fmt: skip
    if listed.empty:
        st.caption("There is none." if view.cell is None else "There is none in this cell.")
        return
    shown = listed.assign(
        updated_at=pd.to_datetime(listed["updated_at"], utc=True),
        geocode_level=[quality.placement_name(level) for level in listed["geocode_level"]],
    )
    doubts = ["value", "reason"] if flaw.kind == "warned" else []
    with st.container(key="flawed_accounts"):
        st.dataframe(
            shown, hide_index=True, placeholder="", height=2 + 33 * (1 + min(len(listed), 10)),
            column_order=["name", *doubts, "address", "phone", "email", "segment", "geocode_level", "updated_at", "source", "source_key"],
            column_config={
                "name": st.column_config.TextColumn("Name", width=190), "value": "As in the file", "reason": st.column_config.TextColumn("Doubt", width=300),
                "address": st.column_config.TextColumn("Address", width=260), "phone": "Phone", "email": "Mail address", "segment": "Segment",
                "geocode_level": st.column_config.TextColumn("Placed", help=texts.PLACED_HELP),
                "updated_at": st.column_config.DatetimeColumn("Changed", format="D MMM YYYY"),
                "source": "Source", "source_key": "Key",
            },
        )  # fmt: skip
    if len(listed) == data.MOST_ACCOUNTS:
        st.caption(f"The first {len(listed):,}{f' of {count:,}' if view.cell is None else ''}.")


def _over_time(found: quality.Quality, view: QualityView, flaw: quality.Flaw) -> None:
    first, second = st.columns(2, gap="medium")
    with first:
        st.html('<div class="group">Imports</div><p class="hint">Share of records refused, or stored with a warning, import by import.</p>')
        own = found.imports if view.source is None else found.imports[found.imports["source"] == view.source]
        if own.empty:
            st.caption("No file of this source has been imported to its end.")
        else:
            st.altair_chart(quality_charts.imports(_long(own), theme.look()), height=_CHART_HEIGHT, key=_key("imports", view.source))
    with second:
        field = flaw.member if flaw.kind == "missing" else None
        st.html('<div class="group">By month of creation</div><p class="hint">How complete the accounts are that came in each month.</p>')
        st.altair_chart(quality_charts.months(_months(found.months(view.source), field), theme.look()), height=_CHART_HEIGHT, key=_key("months", view))


def _long(imports: pd.DataFrame) -> pd.DataFrame:
    """A row per import and kind of trouble."""
    parts_of = [
        pd.DataFrame({
            "number": imports["import_id"].astype(str), "file": imports["file_name"] + " (" + imports["object"] + ")", "finished_at": imports["finished_at"],
            "kind": kind, "share": 100 * imports[column] / imports["rows_read"],
            "records": [f"{count:,} of {read:,}" for count, read in zip(imports[column], imports["rows_read"], strict=True)],
        })
        for kind, column in (("Refused", "rows_refused"), ("Doubtful", "rows_warned"))
    ]  # fmt: skip
    return pd.concat(parts_of).sort_values("number", key=lambda numbers: numbers.astype(int), kind="stable")


def _months(months: pd.DataFrame, field: str | None) -> pd.DataFrame:
    """Completeness of all fields, and of the chosen one, by month."""
    when, accounts = pd.to_datetime(months["month"]), months["accounts"]
    every = months[list(quality.FIELDS)].sum(axis=1) / len(quality.FIELDS)
    chosen = [("All fields", every), *([(quality.FIELDS[field], months[field])] if field else [])]
    return pd.concat([pd.DataFrame({"month": when, "series": name, "share": 100 * filled / accounts, "accounts": accounts}) for name, filled in chosen])


def _by_object(found: quality.Quality, view: QualityView) -> None:
    """What waits in quarantine and what is doubtful, of every object."""
    frame = found.validity(view.source)
    st.html('<div class="group">Refused, by object</div>')
    if frame.empty:
        st.caption("Nothing is refused, and nothing that is stored is doubtful.")
        return
    st.dataframe(
        frame, hide_index=True, key="by object", height="content",
        column_config={
            "object": "Object", "refused": st.column_config.NumberColumn("Refused records", format="localized"),
            "warnings": st.column_config.NumberColumn("Warnings", format="localized"),
        },
    )  # fmt: skip
    if session.may(session.Permission.MEND):
        st.page_link("pages/quarantine.py", label="Open the quarantine", icon=":material/rule:")


parts.guarded(main)
