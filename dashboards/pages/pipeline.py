"""The pipeline board: opportunities by stage, moved on by a choice on their card, with an undo."""

import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from dashboards import custom_fields, data, intake_sales, opportunity_lines, parts, sales_parts, session, texts
from dashboards.data import sales
from dashboards.links import AccountView, PipelineView
from gcrm.custom_fields import fields_of
from gcrm.errors import GcrmError

PAGE = "pipeline"
_CARDS = 8
_STEP = 12
_MOST = "cards of a stage"
_COMMITMENTS = {"commit": "Commit", "best_case": "Best case", "pipeline": "Pipeline"}
_ABOUT = "What is open, by stage: those that are in theirs for too long come first. Choose on a card where it goes next."


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, PipelineView.from_parameters, PipelineView())
    parts.heading("Pipeline", f"{parts.made_up_note(scope)}{_ABOUT}")
    sales_parts.result(PAGE)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="pipeline_head"):
        sales_parts.filters(sales.staff(scope), view.rep, view.territory, lambda rep, territory: _go(replace(view, rep=rep, territory=territory)))
        parts.link_button(PAGE, view.parameters())
    most = st.session_state.setdefault(_MOST, _CARDS)
    board = sales.board(view.choice, scope, most)
    if board.sums.empty:
        _nothing(view, scope)
        return
    if session.on_phone():
        _one_stage(view, board)
    else:
        for column, stage in zip(st.columns(len(board.pipeline.stages), gap="small"), board.pipeline.stages, strict=True):
            with column:
                _stage(board, stage)
    if board.cards.groupby("stage").size().max() >= most:
        st.button("More of each stage", icon=":material/expand_more:", type="tertiary", on_click=_more)


def _go(view: PipelineView) -> None:
    session.go(PAGE, view.parameters())


def _more() -> None:
    st.session_state[_MOST] += _STEP


def _nothing(view: PipelineView, scope: data.Scope) -> None:
    if view != PipelineView(stage=view.stage):
        st.info("Nothing is open here, and nothing was closed lately.", icon=":material/filter_alt_off:")
        st.button("Show all", on_click=_go, args=(PipelineView(),))
    elif data.overview(scope).accounts:
        with st.container(border=True, key="what_to_do"):
            st.markdown("#### There are no opportunities yet\nConvert a lead into one, or hand in a file of them:")
            st.page_link("pages/leads.py", label="Leads", icon=":material/person_search:")
            parts.import_link()
    else:
        parts.what_to_do(data.overview(scope))


def _one_stage(view: PipelineView, board: sales.Board) -> None:
    """A phone shows one stage at a time."""
    counts = board.sums.groupby("stage")["opportunities"].sum()
    names = list(board.pipeline.names)
    shown = view.stage if view.stage in names else next(name for name in names if name in counts.index)
    st.session_state["stage shown"] = shown

    def choose() -> None:
        _go(replace(view, stage=st.session_state["stage shown"] or shown))

    st.segmented_control(
        "Stage", names, key="stage shown", label_visibility="collapsed", on_change=choose,
        format_func=lambda name: f"{board.pipeline.stage(name).label} ({counts.get(name, 0):,})",
    )  # fmt: skip
    _stage(board, board.pipeline.stage(shown))


def _stage(board: sales.Board, stage: sales.Stage) -> None:
    """A column: how many there are and what they sum up to in each currency, then the cards."""
    mine = board.sums[board.sums["stage"] == stage.name]
    amounts = "".join(f"<li>{html.escape(sales_parts.money(each['amount'], each['currency']))}</li>" for each in mine.to_dict("records"))
    closed = f" in the last {sales.CLOSED_SHOWN_DAYS} days" if stage.kind != "open" else ""
    st.html(
        f'<div class="stage {stage.kind}"><header><b>{html.escape(stage.label)}</b><span>{mine["opportunities"].sum():,}{closed}</span></header>'
        f"<ul>{amounts or '<li>nothing</li>'}</ul></div>"
    )
    for card in sales_parts.records(board.cards[board.cards["stage"] == stage.name]):
        with st.container(border=True, key=f"opportunity-{card['opportunity_id']}", gap="xsmall"):
            _card(board.pipeline, stage, card)


def _card(pipeline: sales.Pipeline, stage: sales.Stage, card: Mapping[str, Any]) -> None:
    key = card["opportunity_id"]
    account = session.address("account", AccountView(int(card["account_id"])).parameters())
    told = [f"closes {_day(card['expected_close_on'])}"] if card["expected_close_on"] and stage.kind == "open" else []
    told += [card["loss_reason"]] if card["loss_reason"] else []
    told += [card["rep"] or "no rep"]
    age = _age(stage, card)
    st.html(
        f'<div class="deal"><b>{html.escape(card["name"])}</b><a href="{html.escape(account)}" target="_self">{html.escape(card["account"])}</a>'
        f"<span>{html.escape(sales_parts.money(card['amount'], card['currency']))}</span><small>{html.escape(' · '.join(told))}</small>{age}</div>"
    )
    if not sales_parts.can_write():
        return
    moves = _moves(pipeline, stage)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        choice = f"move {key} from {stage.name} {card['stage_since']}"
        st.selectbox(
            f"Move {card['name']}", list(moves), index=None, key=choice, placeholder="Move to", label_visibility="collapsed", format_func=moves.__getitem__,
            on_change=_move, args=(key, card["name"], moves, choice),
        )  # fmt: skip
        if st.button("", icon=":material/edit:", key=f"edit {key}", type="tertiary", help="What is said of it, its products, and its way through the stages"):
            opportunity_lines.begin(key)
            _details(key)


def _age(stage: sales.Stage, card: Mapping[str, Any]) -> str:
    """How long it has been where it is; what is beyond the limit stands out."""
    if stage.kind != "open":
        return f"<em>{_day(card['closed_at'] or card['stage_since'])}</em>"
    days, over = int(card["days"]), int(card["days_over"] or 0)
    here = f"{days:,} day{'' if days == 1 else 's'} here"
    return f'<em class="late" title="{stage.label} is left within {stage.overdue_days} days">{here}, {over:,} too long</em>' if over else f"<em>{here}</em>"


def _day(when: date) -> str:
    return f"{when.day} {when:%b %Y}"


def _moves(pipeline: sales.Pipeline, stage: sales.Stage) -> dict[tuple[str, str | None], str]:
    """Where it may go from here: stage and reason to what is read."""
    moves: dict[tuple[str, str | None], str] = {}
    for name in stage.moves:
        to = pipeline.stage(name)
        if to.kind == "lost":
            moves |= {(name, reason): f"{to.label}: {reason}" for reason in pipeline.loss_reasons}
        else:
            moves[name, None] = to.label
    return moves


def _move(opportunity_id: int, title: str, moves: Mapping[tuple[str, str | None], str], choice: str) -> None:
    chosen = st.session_state[choice]
    if chosen is None:
        return

    def act() -> tuple[str, sales_parts.Undo]:
        change = intake_sales.move_opportunity(opportunity_id, *chosen)
        return f"{title}: {moves[chosen]}.", lambda: _undo(opportunity_id, change, title)

    sales_parts.attempt(PAGE, act)


def _undo(opportunity_id: int, change: int, title: str) -> str:
    intake_sales.undo_opportunity(opportunity_id, change)
    return f"{title} is as it was before."


@st.dialog("Opportunity", width="medium")
def _details(opportunity_id: int) -> None:
    """What is said of an opportunity, to be changed, and its way through the stages."""
    scope = session.scope()
    try:
        found = sales.opportunity(opportunity_id, scope)
    except GcrmError as error:
        st.error(str(error), icon=":material/error:")
        return
    st.html(f'<div class="account"><b>{html.escape(found["name"])}</b><p>{html.escape(found["account"])}</p></div>')
    lines = sales.lines_of(opportunity_id, scope)
    changes = found["commitment"] is not None and sales_parts.can_write()
    own = bool(fields_of("opportunities"))
    terms, products, *fields = st.tabs(["Terms", f"Products ({len(lines)})", *(["Fields of your own"] if own else [])])
    with terms:
        if changes:
            _terms(opportunity_id, found, len(lines), scope)
        _way(opportunity_id, scope)
    with products:
        if changes:
            opportunity_lines.form(PAGE, found, lines, sales.products(scope))
        else:
            opportunity_lines.table(lines, found["currency"])
    for tab in fields:
        with tab:
            custom_fields.in_dialog(PAGE, "opportunities", opportunity_id, data.values_of("opportunities", opportunity_id, scope))


def _terms(opportunity_id: int, found: Mapping[str, Any], lines: int, scope: data.Scope) -> None:
    """What is said of an open opportunity, as a form."""
    staff = sales.staff(scope)
    rep = None if found["rep_id"] is None else int(found["rep_id"])
    reps = list(dict.fromkeys((None, *([] if rep is None else [rep]), *staff.reps)))
    if lines:
        st.html('<div class="hint">The amount is the sum of its products: change these, or take them out to type it.</div>')
    with st.form(f"terms {opportunity_id}", border=False):
        left, right = st.columns(2)
        with left:
            amount = st.text_input(f"Amount, {found['currency']}", f"{found['amount']}", disabled=bool(lines))
            closes = st.date_input("Closes on", found["expected_close_on"], format="YYYY-MM-DD")
        with right:
            chance = st.slider("Chance of being won, %", 0, 100, round(100 * found["probability"]), 5, help="That of its stage, until you say another.")
            commitment = st.selectbox("Counts as", sales.COMMITMENTS, sales.COMMITMENTS.index(found["commitment"]), format_func=_COMMITMENTS.__getitem__)
        chosen = st.selectbox("Rep", reps, reps.index(rep), format_func=lambda key: "nobody" if key is None else staff.reps.get(key, found["rep"]))
        saved = st.form_submit_button("Save", type="primary", icon=":material/save:")
    if saved:
        said: dict[str, Any] = {"expected_close_on": closes, "rep_id": chosen}
        said |= {"probability": chance / 100} if chance != round(100 * found["probability"]) else {}
        said |= {"commitment": commitment} if commitment != found["commitment"] else {}
        try:
            done = _save(opportunity_id, found["name"], amount, said)
        except GcrmError as error:
            st.warning(texts.plain(str(error)), icon=":material/rule:")
            return
        sales_parts.attempt(PAGE, lambda: done)
        st.rerun()


def _save(opportunity_id: int, title: str, amount: str, said: dict[str, Any]) -> tuple[str, sales_parts.Undo | None]:
    change = intake_sales.edit_opportunity(opportunity_id, amount=texts.decimal_of(amount), **said)
    return (f"{title} is changed.", lambda: _undo(opportunity_id, change, title)) if change is not None else (f"{title} is like that already.", None)


def _way(opportunity_id: int, scope: data.Scope) -> None:
    steps = [_step(each) for each in sales_parts.records(sales.way(opportunity_id, scope))]
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in step)}</tr>" for step in steps)
    st.html(f'<div class="group">Its way</div><table class="pair"><thead><tr><th>Since</th><th>Stage</th><th>By</th></tr></thead><tbody>{rows}</tbody></table>')


def _step(arrival: Mapping[str, Any]) -> tuple[str, str, str]:
    """One step of the way: since when, which stage and why, by whom and through what."""
    why = f" ({arrival['reason']})" if arrival["reason"] else ""
    through = f", {arrival['through']}" if arrival["through"] else ""
    return _day(arrival["changed_at"]), f"{arrival['stage']}{why}", f"{arrival['changed_by'] or 'not known'}{through}"


parts.guarded(main)
