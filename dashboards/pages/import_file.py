"""The import page: hand in a file, see how it is understood, try it, run it, take it back."""

import html
import time
from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboards import intake, parts, session, texts
from dashboards.intake import OBJECTS, DryRun, Job, Preview, ReadOptions, Source
from gcrm.errors import GcrmError

_PAGE = "import"
_NOTHING = ""
_STATES = {
    "waiting": "Waiting", "running": "Running", "finished": "Done", "cancelled": "Cancelled", "failed": "Failed", "undone": "Undone",
    "broken off": "Broken off", "not begun": "Not begun",
}  # fmt: skip
_SHOWN_JOBS = 12
_UPDATING = "map is being brought up to date since"
_SECONDS_TO_BEGIN = 8


def main() -> None:
    """Draws the page."""
    link = session.link(_PAGE)
    parts.heading("Import", "A file of customers, orders or contacts: understood, checked and tried before anything is stored.")
    if "job" in link:
        _job_page(int(link["job"][0]))
    elif "file" in link:
        _file_page(link["file"][0], link.get("object", [_NOTHING])[0])
    else:
        _start()


def _start() -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html('<div class="group">Hand in a file</div>')
        st.file_uploader("A file", type=list(intake.ENDINGS), key="handed in", on_change=_take, label_visibility="collapsed")
        st.caption("Nothing is stored before you say so. Every import can be undone.")
        st.caption(
            "CSV and its relatives, Excel, OpenDocument, Parquet, GeoJSON, GeoPackage, vCard, zipped Shapefiles; at most 1 GB. "
            "What is larger, a folder or a table of a database goes in with `gcrm import`."
        )
    with right:
        st.html('<div class="group">Last imports</div>')
        _jobs(intake.last_jobs(_SHOWN_JOBS))


def _take() -> None:
    """Keeps the file that was handed in, and goes on with it."""
    handed = st.session_state["handed in"]
    if handed is not None:
        session.go(_PAGE, {"file": intake.keep(handed.name, handed)})


def _jobs(jobs: list[Job]) -> None:
    if not jobs:
        st.caption("None yet. Hand in a file, or use `gcrm import` on the command line.")
        return
    frame = pd.DataFrame(
        {
            "Job": [session.address(_PAGE, {"job": str(each.job_id)}) for each in jobs],
            "File": [each.file_name for each in jobs],
            "Holds": [each.objects or "" for each in jobs],
            "State": [_STATES[each.shown_state] for each in jobs],
            "Read": [each.rows_read for each in jobs],
            "Created": [each.rows_created for each in jobs],
            "Changed": [each.rows_updated for each in jobs],
            "Refused": [each.rows_refused for each in jobs],
            "Begun": [each.started_at for each in jobs],
        }
    )
    number = {name: st.column_config.NumberColumn(name, format="localized") for name in ("Read", "Created", "Changed", "Refused")}
    st.dataframe(
        frame, hide_index=True, key="jobs",
        column_config={
            "Job": st.column_config.LinkColumn("Job", display_text=r"job=(\d+)", width="small"),
            "Begun": st.column_config.DatetimeColumn("Begun", format="D MMM YYYY, HH:mm"),
            **number,
        },
    )  # fmt: skip


def _file_page(token: str, object_name: str) -> None:
    path = intake.file_of(token)
    read = _options(token)
    with st.spinner(f"Looking at {texts.plain(path.name)}: which columns it has, and what they hold"):
        name = object_name if object_name in OBJECTS else intake.likely_object(token, read)
        source = intake.opened(token, name, read)
    st.html(f'<div class="group">{html.escape(path.name)} · {texts.bytes_of(path.stat().st_size)} · {len(source.sample.columns)} columns</div>')

    def choose() -> None:
        # A browser that is slow tells of the same choice once more after the page was left for that of a job.
        if st.session_state[f"object {token}"] != name:
            session.go(_PAGE, {"file": token, "object": st.session_state[f"object {token}"]})

    first, second, third = st.columns([1, 1, 2], vertical_alignment="bottom")
    with first:
        st.selectbox(
            "It holds", list(OBJECTS), index=list(OBJECTS).index(name), key=f"object {token}", on_change=choose, help=OBJECTS[name].grain,
        )  # fmt: skip
    with second:
        system = st.text_input("System it comes from", "files", key=f"system {token}", help="Keys are unique within it; orders find their accounts by it.")
    with third, st.popover("Read it differently", icon=":material/tune:"):
        _read_controls(token)
    source = _mapping_table(token, name, source, system)
    _actions(token, name, source)


def _options(token: str) -> ReadOptions:
    kept = st.session_state.get(f"read {token}", {})
    return ReadOptions(**{name: value for name, value in kept.items() if value})


def _read_controls(token: str) -> None:
    """What was detected wrongly can be said."""

    def keep() -> None:
        st.session_state[f"read {token}"] = {name: st.session_state[f"{name} {token}"].strip() for name in ("delimiter", "encoding", "sheet")}

    st.caption("Detected; say it here where that went wrong.")
    st.text_input("Delimiter", key=f"delimiter {token}", on_change=keep, placeholder="detected")
    st.text_input("Encoding", key=f"encoding {token}", on_change=keep, placeholder="detected, such as utf-8 or cp1252")
    st.text_input("Sheet of a workbook", key=f"sheet {token}", on_change=keep, placeholder="the first one")


def _mapping_table(token: str, name: str, source: Source, system: str) -> Source:
    """The columns of the file, each with the field that it feeds, to be changed in place."""
    uses = intake.columns(source)
    frame = pd.DataFrame(
        {
            "Column": [use.column for use in uses],
            "Feeds": [use.field or None for use in uses],
            "Sure": [None if use.confidence is None else round(use.confidence * 100) for use in uses],
            "First values": [use.first_values for use in uses],
        }
    )
    edited = st.data_editor(
        frame, hide_index=True, key=f"mapping {token} {name}", disabled=["Column", "First values", "Sure"],
        column_config={
            "Column": st.column_config.TextColumn(width="medium"),
            "First values": st.column_config.TextColumn(width="large"),
            "Feeds": st.column_config.SelectboxColumn("Feeds", options=[_NOTHING, *source.object_type.field_names], help="Leave empty to pass over."),
            "Sure": st.column_config.ProgressColumn("How sure", format="%d %%", min_value=0, max_value=100, width="small"),
        },
    )  # fmt: skip
    chosen = {str(column): str(field) if isinstance(field, str) else _NOTHING for column, field in zip(edited["Column"], edited["Feeds"], strict=True)}
    return intake.mapped(source, chosen, system.strip() or "files")


def _actions(token: str, name: str, source: Source) -> None:
    missing = intake.missing(source)
    if missing:
        fields = {each: source.object_type.field(each).text for each in missing}
        st.warning(
            "Choose the column of " + texts.listed(f"**{each}** ({text.rstrip('.').lower()})" for each, text in fields.items()) + ".", icon=":material/rule:"
        )
    with st.container(horizontal=True):
        tried = st.button("Try it", icon=":material/science:", disabled=bool(missing), help="Runs the whole import and stores nothing.")
        begun = st.button("Import", icon=":material/database_upload:", type="primary", disabled=bool(missing))
        if st.button("Another file", type="tertiary"):
            session.go(_PAGE, {})
            st.rerun()
    if begun:
        session.go(_PAGE, {"job": str(intake.begin(source))})
        st.rerun()
    key = f"tried {token} {name}"
    if tried:
        with st.status("Trying", expanded=False) as status:
            done = 0

            def advance(more: int) -> None:
                nonlocal done
                done += more
                status.update(label=f"{done:,} records tried")

            st.session_state[key] = (source.mapping, intake.dry_run(source, advance))
            status.update(label="Tried; nothing is stored", state="complete")
    if key in st.session_state and st.session_state[key][0] == source.mapping:
        _dry_run(st.session_state[key][1])


def _dry_run(found: DryRun) -> None:
    for report in found.reports.values():
        parts.figures([
            ("Would be created", f"{report.created:,}", f"of {report.read:,} records"),
            ("Would be changed", f"{report.updated:,}", f"{report.unchanged:,} stay the same"),
            ("Would be refused", f"{report.refused:,}", "with a reason each, to be mended" if report.refused else "every record is fit"),
            ("With a warning", f"{report.warned:,}", "stored, and noted" if report.warned else "no doubtful value"),
        ])  # fmt: skip
    if found.duplicates is not None and found.duplicates.accounts:
        _likely(found.duplicates)
    if found.changes:
        st.html('<div class="group">What would change (the first records)</div>')
        rows = [
            (name, key, column, _text(before), _text(after))
            for name, key, columns in found.changes
            for column, (before, after) in columns.items()
            if column not in {"raw", "import_id"}
        ]
        st.dataframe(pd.DataFrame(rows, columns=["Object", "Key", "Field", "Is now", "Would be"]), hide_index=True, key="changes")
    if found.refused:
        st.html('<div class="group">What would be refused (the first records)</div>')
        refused = pd.DataFrame(found.refused, columns=["Object", "Row", "Column", "Value", "Because it"])
        st.dataframe(refused, hide_index=True, key="refused")


def _likely(found: Preview) -> None:
    """Accounts of the file that look like others, and what a search for duplicates would do with them."""
    part = "" if found.whole else f", of the first {found.compared:,} of {found.accounts:,}"
    at_once = f"from {found.automatic:.1%} on, without a person" if found.automatic is not None else "never without a person"
    st.html('<div class="group">Accounts that look like others</div>')
    parts.figures([
        ("Within the file", f"{found.within_file:,}", f"of {found.compared:,} accounts compared{part}"),
        ("In the database", f"{found.in_database:,}", "like an account that was there before"),
        ("Would be merged", f"{found.merged:,}", at_once),
        ("Would be asked about", f"{found.queued:,}", "pairs for the page Duplicates"),
    ])  # fmt: skip
    if not found.whole:
        st.caption(
            "File and database are large: only the first accounts of the file were compared, with each other and with accounts that share a number, "
            "a mail address or an address. Duplicates, Look again, compares all."
        )
    rows = [
        (f"{pair.score:.1%}", pair.right["name"], pair.right["source_key"], pair.left["name"], f"{pair.left['source']} {pair.left['source_key']}",
         "of the file" if pair.within_file else "in the database", "merged" if pair.automatic else "asked about")
        for pair in found.pairs
    ]  # fmt: skip
    if rows:
        columns = ["Probable", "Account", "Its key", "Looks like", "Key of that", "Which is", "Would be"]
        st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, key="likely duplicates")


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _job_page(job_id: int) -> None:
    job = intake.job(job_id)
    st.fragment(_job, run_every=1.0 if job.busy else None)(job_id, job.busy)


def _job(job_id: int, at_work: bool) -> None:  # noqa: FBT001 - a fragment's arguments are positional
    job = intake.job(job_id)
    busy = job.busy
    if at_work and not busy:
        st.rerun()
    st.html(f'<div class="group">Job {job.job_id} · {html.escape(job.file_name)} · {_STATES[job.shown_state]}</div>')
    if busy:
        _progress(job)
    elif job.message:
        st.warning(job.message, icon=":material/info:")
    stored = "are in the database" if job.state != "undone" else "were in the database"
    parts.figures([
        ("Read", f"{job.rows_read:,}", f"{job.rate:,.0f} a second" if job.rate else "not begun"),
        ("Created", f"{job.rows_created:,}", stored),
        ("Changed", f"{job.rows_updated:,}", f"{job.rows_read - job.rows_created - job.rows_updated - job.rows_refused - job.rows_skipped:,} were the same"),
        ("Refused", f"{job.rows_refused:,}", "with a reason each" if job.rows_refused else "none"),
        ("With a warning", f"{job.rows_warned:,}", "stored, and noted" if job.rows_warned else "none"),
    ])  # fmt: skip
    _job_actions(job, busy=busy)
    if job.state in {"finished", "undone"}:
        st.fragment(_on_the_map, run_every=2.0 if st.session_state.get(_UPDATING) else None)()


def _on_the_map() -> None:
    """What was imported is on the map once it has a position and the cube knows of it."""
    begun = st.session_state.get(_UPDATING)
    if begun and (intake.is_updating() or time.monotonic() - begun < _SECONDS_TO_BEGIN):
        st.info("Positions, surroundings and the cube are being brought up to date; you may leave this page.", icon=":material/progress_activity:")
        return
    if begun:
        st.success("The map is up to date.", icon=":material/map:")
        st.page_link("pages/map_explorer.py", label="See the map", icon=":material/hexagon:")
        return
    st.caption("The map and the cube show this once positions and surroundings are found.")
    if st.button("Put it on the map", icon=":material/map:", type="primary"):
        intake.update()
        st.session_state[_UPDATING] = time.monotonic()
        st.rerun(scope="app")


def _progress(job: Job) -> None:
    share = min(job.rows_read / job.rows_expected, 1.0) if job.rows_expected else 0.0
    left = f", {texts.duration(job.seconds_left)} left" if job.seconds_left is not None and job.rows_read else ""
    expected = f" of about {job.rows_expected:,}" if job.rows_expected else ""
    st.progress(share, text=f"{job.rows_read:,}{expected} records{left}" if job.state == "running" else "About to begin")


def _job_actions(job: Job, *, busy: bool) -> None:
    with st.container(horizontal=True):
        if busy:
            st.button("Cancel", icon=":material/stop_circle:", on_click=_attempt, args=(intake.cancel, job.job_id), help="Stops behind the records in hand.")
        elif job.resumable:
            st.button("Go on", icon=":material/play_arrow:", type="primary", on_click=_attempt, args=(intake.resume, job.job_id))
        if not busy and job.state != "undone" and (job.rows_created or job.rows_updated):
            with st.popover("Undo", icon=":material/undo:"):
                _undo(job)
        if st.button("Another file", type="tertiary", key="another"):
            session.go(_PAGE, {})
            st.rerun(scope="app")


def _undo(job: Job) -> None:
    found = intake.conflicts(job.job_id)
    st.markdown(f"Takes back the {job.rows_created:,} created and {job.rows_updated:,} changed records of this job.")
    if found:
        st.caption(f"{len(found):,} stay as they are, since they were changed since or are in use:")
        st.dataframe(pd.DataFrame(found, columns=["Object", "Source", "Key", "Why it stays"]), hide_index=True, key="conflicts")
    st.button("Undo it", type="primary", on_click=_attempt, args=(intake.undo, job.job_id))


def _attempt(act: Callable[[int], object], job_id: int) -> None:
    """Does something to a job; what cannot be done is said on the page."""
    try:
        act(job_id)
    except GcrmError as error:
        st.toast(str(error), icon=":material/error:")


parts.guarded(main)
