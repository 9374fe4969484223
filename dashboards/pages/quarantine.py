"""The quarantine page: what was refused and why; edited in place, tried again, put aside, downloaded."""

import hashlib
import html
from dataclasses import replace
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboards import data, downloads, intake, parts, session, texts
from dashboards.data import quarantine, quarantine_files
from dashboards.links import QuarantineView

PAGE = "quarantine"
_ROWS = 50
_LONGEST = 4_000
_RESULT, _LINK, _ROUND = "quarantine result", "quarantine download", "quarantine round"
_CHOSEN, _OWN = "chosen", "file:"
_ROW_PIXELS, _TALLEST, _MOST_CARDS = 33, 12, 5
_ABOUT = (
    "A record that cannot be stored waits here with its file, row, column, value and the reason; the rest of its file is stored. "
    "Mend it here and try it again, or mend the file and import it anew."
)


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, QuarantineView.from_parameters, QuarantineView())
    parts.heading("Put aside" if view.discarded else "Quarantine", "What nobody wants to import; it can be taken back." if view.discarded else _ABOUT)
    files = quarantine.files(scope, discarded=view.discarded)
    aside = quarantine.discarded_count(scope)
    _result()
    if not files:
        _nothing(view, aside)
        return
    asked = (view.object_name, view.source, view.file_name)
    file = next((each for each in files if (each.object, each.source, each.file_name) == asked), None)
    if file is None:
        if view.file_name is not None:
            st.info(texts.plain(f"Nothing of {view.file_name} is left here; this is {files[0].file_name}."), icon=":material/check:")
        file, view = files[0], QuarantineView(discarded=view.discarded)
    own = replace(view, object_name=file.object, source=file.source, file_name=file.file_name)
    _figures(files, aside, view)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _files(files, own)
    with right:
        _reasons(own, scope)
    _head(own, file)
    _records(own, file, quarantine.count(own.selection, scope))


def _go(view: QuarantineView) -> None:
    st.session_state.pop(_LINK, None)
    session.go(PAGE, view.parameters())


def _key(name: str, *said: object) -> str:
    """A key that changes with what is shown, and with every retry, so that nothing stays chosen or edited."""
    text = repr((*said, st.session_state.get(_ROUND, 0)))
    return f"{name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _records_of(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"


def _nothing(view: QuarantineView, aside: int) -> None:
    with st.container(border=True, key="what_to_do"):
        if view.discarded:
            st.markdown("#### Nothing is put aside")
            st.button("Back to the quarantine", icon=":material/arrow_back:", on_click=_go, args=(QuarantineView(),))
            return
        st.markdown("#### The quarantine is empty\nEvery record of every file was taken. Import a file, and what cannot be stored of it comes here.")
        parts.import_link()
        if aside:
            st.button(f"See the {_records_of(aside)} put aside", icon=":material/archive:", on_click=_go, args=(QuarantineView(discarded=True),))


def _figures(files: list[quarantine.RefusedFile], aside: int, view: QuarantineView) -> None:
    total = sum(file.records for file in files)
    objects = pd.Series([file.records for file in files]).groupby([file.object for file in files]).sum().sort_values(ascending=False)
    newest = max(file.refused_at for file in files)
    of_files = f"of {len(files):,} file{'' if len(files) == 1 else 's'}; the last on {newest:%d %b %Y, %H:%M} UTC"
    cards = [(str(name).capitalize(), f"{number:,}", texts.share(int(number), total)) for name, number in objects.head(_MOST_CARDS).items()]
    with st.container(horizontal=True, vertical_alignment="center", key="quarantine_figures"):
        parts.figures([
            ("Put aside" if view.discarded else "Waiting", f"{total:,}", of_files),
            *cards,
        ])  # fmt: skip
        if view.discarded:
            st.button("Back to what waits", icon=":material/arrow_back:", on_click=_go, args=(QuarantineView(),))
        elif aside:
            st.button(f"{aside:,} put aside", icon=":material/archive:", on_click=_go, args=(QuarantineView(discarded=True),), help="See them, take them back")


def _result() -> None:
    """What the last action did, with its undo."""
    found = st.session_state.get(_RESULT)
    if found is None:
        return
    kind, text, undo = found
    with st.container(horizontal=True, vertical_alignment="center", key="quarantine_result"):
        {"success": st.success, "warning": st.warning}[kind](text, icon=":material/check_circle:" if kind == "success" else ":material/rule:")
        if undo is not None and st.button("Undo", icon=":material/undo:", key="undo"):
            del st.session_state[_RESULT]
            _undo(undo)
            _again()
        st.button("Close", icon=":material/close:", type="tertiary", key="close result", on_click=lambda: st.session_state.pop(_RESULT, None))


def _undo(undo: tuple[str, tuple[int, ...]]) -> None:
    what, keys = undo
    if what == "retry":
        kept = sum(intake.undo(job_id).kept for job_id in keys)
        but = f", but for {_records_of(kept)} that stay, changed since or in use" if kept else ""
        st.session_state[_RESULT] = ("success", f"The retry is undone; its records wait again{but}.", None)
    elif what == "discard":
        back = intake.restore_refused(quarantine.Selection(ids=keys))
        st.session_state[_RESULT] = ("success", f"{_records_of(back)} taken back.", None)


def _again() -> None:
    """Draws everything anew, without what was chosen or edited."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state.pop(_LINK, None)
    st.rerun()


def _files(files: list[quarantine.RefusedFile], view: QuarantineView) -> None:
    st.html('<div class="group">By file</div>')
    frame = pd.DataFrame([{"file": each.file_name, "object": each.object, "source": each.source, "records": each.records} for each in files])
    key = _key("files", view)
    chosen = next(number for number, each in enumerate(files) if (each.object, each.source, each.file_name) == (view.object_name, view.source, view.file_name))

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        if rows and rows[0] != chosen:
            picked = files[rows[0]]
            _go(QuarantineView(picked.object, picked.source, picked.file_name, discarded=view.discarded))

    st.dataframe(
        frame, hide_index=True, key=key, on_select=choose, selection_mode="single-row", selection_default={"selection": {"rows": [chosen]}},
        height=_height(len(frame), 6),
        column_config={
            "file": st.column_config.TextColumn("File", width="medium"), "object": "Holds", "source": "Source",
            "records": st.column_config.NumberColumn("Refused", format="localized", width="small"),
        },
    )  # fmt: skip


def _reasons(view: QuarantineView, scope: data.Scope) -> None:
    st.html(f'<div class="group">By reason <span class="hint">in {html.escape(view.file_name or "")}; choose one to see its records alone</span></div>')
    found = quarantine.reasons(view.selection, scope)
    key = _key("reasons", view)

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        picked = found.iloc[rows[0]] if rows else {"column_name": None, "rule": None}
        _go(replace(view, column=picked["column_name"], rule=picked["rule"], page=1))

    here = [number for number, each in enumerate(found.itertuples()) if (each.column_name, each.rule) == (view.column, view.rule)]

    st.dataframe(
        found, hide_index=True, key=key, on_select=choose, selection_mode="single-row", selection_default={"selection": {"rows": here}},
        column_order=["column_name", "rule", "example", "records"],
        height=_height(len(found), 6),
        column_config={
            "column_name": st.column_config.TextColumn("Column", width=160), "rule": st.column_config.TextColumn("Reason", width="large"),
            "example": st.column_config.TextColumn("Such as", width="small"),
            "records": st.column_config.ProgressColumn("Refused", format="localized", min_value=0, max_value=int(found["records"].max()), width="small"),
        },
    )  # fmt: skip


def _height(rows: int, most: int) -> int:
    return 2 + _ROW_PIXELS * (1 + min(rows, most))


def _head(view: QuarantineView, file: quarantine.RefusedFile) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="quarantine_head"):
        st.html(f'<div class="group">{html.escape(file.file_name)}: {_records_of(file.records)}</div>', width="content")
        if view.rule is not None:
            with st.container(key="filter_bar", width="content"):
                st.button(
                    texts.plain(f"{view.column}: {view.rule}"[:90]), key="remove rule", icon=":material/close:", icon_position="right", help="Show all reasons",
                    on_click=_go, args=(replace(view, column=None, rule=None, page=1),),
                )  # fmt: skip
        parts.link_button(PAGE, view.parameters())


@st.fragment
def _records(view: QuarantineView, file: quarantine.RefusedFile, found: int) -> None:
    """A page of records, and what can be done with them."""
    scope = session.scope()
    pages = max(-(-found // _ROWS), 1)
    page = min(view.page, pages)
    frame = quarantine.records(view.selection, scope, most=_ROWS, skipped=(page - 1) * _ROWS)
    if frame.empty:
        st.info("Nothing is left by this filter.", icon=":material/check:")
        return
    shown, columns = _shown(frame, file)
    edited = _editor(shown, columns, _key("records", view, page), frozen=view.discarded)
    _pager(replace(view, page=page), pages, found, len(frame))
    changes = {} if view.discarded else _changes(shown, edited, columns)
    rows = sorted({*changes, *(number for number, chosen in enumerate(edited[_CHOSEN]) if chosen)})
    keys = tuple(int(frame["quarantine_id"].iloc[number]) for number in rows)
    selection = quarantine.Selection(ids=keys, discarded=view.discarded) if keys else view.selection
    count = len(keys) or found
    edits = {int(frame["quarantine_id"].iloc[number]): values for number, values in changes.items()}
    if view.discarded:
        _take_back(selection, count, chosen=bool(keys))
    else:
        _actions(selection, count, edits, file, chosen=bool(keys))


def _shown(frame: pd.DataFrame, file: quarantine.RefusedFile) -> tuple[pd.DataFrame, list[str]]:
    """The records as the editor shows them, the columns at fault first; the columns of the file."""
    faults = list(dict.fromkeys(frame["column_name"]))
    known = {name for record in frame["record"] for name in record} | set(file.columns)
    first = [*(name for name in faults if name in known), *file.columns]
    columns = quarantine.ordered_columns(known, list(dict.fromkeys(first)))
    values = {_OWN + name: [_short(record.get(name, "")) for record in frame["record"]] for name in columns}
    own = {_CHOSEN: False, "row": frame["row_number"], "column": frame["column_name"], "reason": frame["reason"]}
    return pd.DataFrame({**own, **values}), columns


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _editor(shown: pd.DataFrame, columns: list[str], key: str, *, frozen: bool) -> pd.DataFrame:
    faults = set(shown["column"])
    config = {
        _CHOSEN: st.column_config.CheckboxColumn("", width=36, pinned=True, help="Choose this record"),
        "row": st.column_config.NumberColumn("Row", width=56, pinned=True, help="Number of the record in the file", format="localized"),
        "column": st.column_config.TextColumn("At fault", width=110),
        "reason": st.column_config.TextColumn("Reason", width=390),
        **{_OWN + name: st.column_config.TextColumn(f"⚠ {name}" if name in faults else name, width=140) for name in columns},
    }
    return st.data_editor(
        shown, hide_index=True, num_rows="fixed", key=key, column_config=config, height=_height(len(shown), _TALLEST), placeholder="",
        disabled=["row", "column", "reason", *((_OWN + name for name in columns) if frozen else ())],
    )  # fmt: skip


def _changes(before: pd.DataFrame, after: pd.DataFrame, columns: list[str]) -> dict[int, dict[str, str]]:
    """What was edited: place of the row to column of the file to its new text."""
    changes: dict[int, dict[str, str]] = {}
    for name in columns:
        old, new = before[_OWN + name].fillna(""), after[_OWN + name].fillna("")
        for number in (old.to_numpy() != new.to_numpy()).nonzero()[0]:
            changes.setdefault(int(number), {})[name] = str(new.iloc[number])
    return changes


def _pager(view: QuarantineView, pages: int, found: int, here: int) -> None:
    first = (view.page - 1) * _ROWS + 1
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="pager"):
        if pages > 1:
            for label, icon, page in (("First", "first_page", 1), ("Previous", "chevron_left", view.page - 1)):
                _turn(label, icon, page, view, disabled=view.page == 1)
        st.html(f'<span class="here">{first:,} to {first + here - 1:,} of {found:,}</span>', width="content")
        if pages > 1:
            for label, icon, page in (("Next", "chevron_right", view.page + 1), ("Last", "last_page", pages)):
                _turn(label, icon, page, view, disabled=view.page == pages)


def _turn(label: str, icon: str, page: int, view: QuarantineView, *, disabled: bool) -> None:
    if st.button(label, icon=f":material/{icon}:", key=f"page {label}", type="tertiary", disabled=disabled):
        _go(replace(view, page=page))
        st.rerun()


def _actions(selection: quarantine.Selection, count: int, edits: dict[int, dict[str, str]], file: quarantine.RefusedFile, *, chosen: bool) -> None:
    """Try again, keep the edits, put aside, download: the chosen and edited records, or all that the filter leaves."""
    which = _records_of(count) if chosen else f"all {_records_of(count)}"
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="quarantine_actions"):
        if st.button(f"Retry {which}", type="primary", icon=":material/replay:", key="retry"):
            _save(edits)
            _retry(selection, count)
        if edits and st.button(f"Keep {len(edits):,} edit{'' if len(edits) == 1 else 's'}", icon=":material/save:", key="keep"):
            _save(edits)
            st.session_state[_RESULT] = ("success", f"{_records_of(len(edits))} edited; not tried yet.", None)
            _again()
        if st.button(f"Discard {which}", icon=":material/archive:", key="discard", help="Puts them aside; nothing is deleted, and it can be undone"):
            keys = intake.discard_refused(selection)
            st.session_state[_RESULT] = ("success", f"{_records_of(len(keys))} put aside.", ("discard", keys))
            _again()
        if st.button(f"Download {which}", icon=":material/download:", key="download"):
            scope = session.scope()  # of whoever asks now: the file is written when the link is followed
            st.session_state[_LINK] = (downloads.offer(lambda folder: _written(selection, folder, scope), f"quarantine, {which}"), which)
        _download_link(file)
    st.caption("Double-click a value to edit it; a column at fault is marked ⚠. Actions concern the records that are ticked or edited, all of them if none is.")


def _written(selection: quarantine.Selection, folder: Path, scope: data.Scope) -> downloads.Written | None:
    """The file of the records of a selection within one file; None where nothing is left of them."""
    return next((downloads.Written(each.path, each.records) for each in quarantine_files.download(selection, folder, scope)), None)


def _download_link(file: quarantine.RefusedFile) -> None:
    """The link to a file that was asked for, and what format it has; it is gone once it is used."""
    found = st.session_state.get(_LINK)
    if found is not None:
        address, which = found
        note = quarantine_files.other_form(file.file_name)
        hint = f"works once, for {downloads.MINUTES} minutes" + (f"; {note}" if note else "")
        st.html(f'<a class="download" href="{address}" download>Save {which}</a><span class="hint"> {html.escape(hint)}</span>')


def _save(edits: dict[int, dict[str, str]]) -> None:
    for key, values in edits.items():
        intake.edit_refused(key, values)


def _retry(selection: quarantine.Selection, count: int) -> None:
    bar, done = st.progress(0.0, text=f"Trying {_records_of(count)}"), [0]

    def advance(records: int) -> None:
        done[0] += records
        bar.progress(min(done[0] / count, 1.0), text=f"{done[0]:,} of {count:,} tried")

    tried = intake.retry_refused(selection, advance)
    text = f"{tried.accepted:,} accepted" if tried.accepted else "None accepted"
    if tried.report.refused:
        _, row, column, value, reason = tried.again[0]
        more = f"; {tried.report.refused - 1:,} more below" if tried.report.refused > 1 else ""
        text += f", {tried.report.refused:,} refused again: row {row:,}, {column} {_quoted(value)} {reason}{more}"
    st.session_state[_RESULT] = ("warning" if tried.report.refused else "success", texts.plain(text) + ".", ("retry", tried.jobs) if tried.accepted else None)
    _again()


def _quoted(value: str | None) -> str:
    return f"“{_short(value)[:60]}”" if value else "(empty)"


def _take_back(selection: quarantine.Selection, count: int, *, chosen: bool) -> None:
    which = _records_of(count) if chosen else f"all {_records_of(count)}"
    if st.button(f"Take back {which}", type="primary", icon=":material/unarchive:", key="restore"):
        back = intake.restore_refused(selection)
        st.session_state[_RESULT] = ("success", f"{_records_of(back)} taken back.", None)
        _again()


parts.guarded(main)
