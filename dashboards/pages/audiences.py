"""The audiences: whom rules choose, how many fall to each, where they are and who is likeliest; and the lists that were kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import streamlit as st

from dashboards import audience_rules, cube_downloads, data, downloads, intake_audiences, map_component, maps, parts, sales_parts, session, texts, theme
from dashboards.data import audiences
from dashboards.data.audiences import FEATURES, Audience, Criteria, Preview, Terms
from dashboards.links import AudienceView

PAGE = "audiences"
_MAP = "map of the audience"
_SIZE, _SIZE_ON_PHONE = (520, 400), (358, 320)
_SHOWN = 100
_DAYS = 90
_MOST_HELD_OUT = 50
_FILES = {"CSV for a mail merge": ".csv", "Excel": ".xlsx", "Parquet": ".parquet"}
_LABELS = "Labels to print"


def main() -> None:
    """Draws the page."""
    view = session.asked(PAGE, AudienceView.from_parameters, AudienceView())
    scope = session.scope()
    with st.sidebar:
        audience_rules.draw(PAGE, view.criteria, audiences.choices(scope), _go)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        parts.heading(
            "Audiences", f"{parts.made_up_note(scope)}Whom a campaign is for: only who consented to the purpose and the channel, in the area and by the rules."
        )
    with right, st.container(horizontal=True, horizontal_alignment="right", key="audience_tools"):
        parts.link_button(PAGE, view.parameters())
    sales_parts.result(PAGE)
    chosen = audiences.preview(view.criteria, scope)
    if not chosen.accounts:
        _nothing()
        return
    _figures(chosen)
    falls, place = st.columns(2, gap="medium")
    with falls:
        _falls(chosen)
        _save(view.criteria, chosen)
    with place:
        _map(chosen, scope)
    _lists(scope)
    _likeliest(chosen)


def _go(criteria: Criteria) -> None:
    session.go(PAGE, AudienceView(criteria).parameters())


def _nothing() -> None:
    with st.container(border=True, key="what_to_do"):
        st.markdown("#### There are no accounts yet\nHand in a file of accounts, one of contacts and one of consents; then choose here whom to write to.")
        parts.import_link()


def _figures(chosen: Preview) -> None:
    left_out = sum(chosen.left_out.values())
    parts.figures([
        ("Accounts", f"{len(chosen.account_ids):,}", f"of {chosen.accounts:,}"),
        ("Contacts", f"{len(chosen.contacts):,}", "who may be contacted now"),
        ("Left out", f"{left_out:,}", texts.plain(audiences.left_out_in_words(chosen.left_out)) or "everybody may be contacted"),
    ])  # fmt: skip


def _falls(chosen: Preview) -> None:
    """How many accounts fall to each rule."""
    st.html('<div class="group">How many are left behind each rule</div>')
    shown = chosen.falls.assign(label=chosen.falls["label"].str.capitalize())
    st.dataframe(
        shown, hide_index=True, key="falls", column_order=["label", "left", "falls"],
        column_config={
            "label": st.column_config.TextColumn("Who"),
            "left": st.column_config.ProgressColumn("Left", format="localized", min_value=0, max_value=chosen.accounts),
            "falls": st.column_config.NumberColumn("Fall", format="localized"),
        },
    )  # fmt: skip


def _map(chosen: Preview, scope: data.Scope) -> None:
    """Where they are."""
    cells = audiences.cells_of(chosen, scope)
    window = maps.bounds(cells.frame["cell"].tolist())
    if window is None:
        st.info("None of them has a position.")
        return
    look = theme.look()
    classes = maps.classify(cells.frame["value"].astype(float), look)
    camera = maps.camera(window, *(_SIZE_ON_PHONE if session.on_phone() else _SIZE), 120)
    deck = maps.deck([maps.cell_layer(cells, classes, look, 0.75)], camera, cells.measure.label)
    parts.map_frame(lambda: map_component.show(deck, key=_MAP, streets=data.basemap_version(scope)), maps.legend(cells, classes, look))
    unplaced = f" {cells.unplaced_accounts:,} have no position." if cells.unplaced_accounts else ""
    st.caption(f"Cells of about {texts.width_of(cells.level)} across (H3 level {cells.level}).{unplaced}")


def _likeliest(chosen: Preview) -> None:
    """The contacts with the most points, and what each feature says."""
    if chosen.contacts.empty:
        return
    st.html(
        '<div class="group">Likeliest first</div><p class="hint">Points say how much more often accounts like this are customers: each doubles the odds.</p>'
    )
    name = chosen.contacts[["given_name", "family_name"]].fillna("").agg(" ".join, axis=1).str.strip()
    columns = chosen.contacts[["account", "status", "territory", "score"]].assign(name=name.where(name != "", chosen.contacts["source_key"]))
    shown = columns.join(chosen.points).head(_SHOWN)
    points = {feature: st.column_config.NumberColumn(label, format="%+.2f") for feature, label in FEATURES.items()}
    st.dataframe(
        shown, hide_index=True, key="likeliest", height=320, column_order=["name", "account", "status", "territory", "score", *points],
        column_config={
            "name": st.column_config.TextColumn("Contact"), "account": st.column_config.TextColumn("Account"), "status": st.column_config.TextColumn("Status"),
            "territory": st.column_config.TextColumn("Territory"), "score": st.column_config.NumberColumn("Points", format="%+.2f"), **points,
        },
    )  # fmt: skip
    if len(chosen.contacts) > len(shown):
        st.caption(f"The first {len(shown):,} of {len(chosen.contacts):,}; a list that is saved holds all of them.")


def _save(criteria: Criteria, chosen: Preview) -> None:
    """Keeps the choice as a list."""
    if chosen.contacts.empty:
        st.info("Nobody who may be contacted fits these rules; take one of them away.")
        return
    with st.form("keep the audience", border=True):
        st.markdown("#### Keep it as a list")
        name = st.text_input("Name", placeholder="such as Spring, west", max_chars=80)
        first, second = st.columns(2)
        share = first.slider("Hold out, %", 0, _MOST_HELD_OUT, 10, help="Accounts that are not addressed, by chance, to compare with.")
        expires = second.date_input("Expires on", _today() + timedelta(days=_DAYS), min_value=_today() + timedelta(days=1))
        if st.form_submit_button("Keep", icon=":material/bookmark_add:", type="primary"):
            sales_parts.attempt(PAGE, lambda: _kept(criteria, Terms(name, Decimal(share) / 100, expires)))
            st.rerun()


def _today() -> date:
    return datetime.now(UTC).date()


def _kept(criteria: Criteria, terms: Terms) -> tuple[str, Callable[[], str]]:
    key, contacts = intake_audiences.save(criteria, terms)

    def undo() -> str:
        intake_audiences.remove(key)
        return f"The list {terms.name} is gone again."

    return f"{terms.name} is kept, with {contacts:,} contacts.", undo


def _lists(scope: data.Scope) -> None:
    """The lists that were kept."""
    kept = audiences.audiences(scope)
    if not kept:
        return
    st.html('<div class="group">Lists</div>')
    for each in kept:
        with st.container(border=True, key=f"audience-{each.audience_id}"):
            _list(each, scope)


def _list(of: Audience, scope: data.Scope) -> None:
    expired = of.expires_on <= _today()
    changed = f" Since it was kept: {of.came:,} came, {of.went:,} went the last time." if of.refreshed_at > of.created_at else ""
    became = f" It became campaign {of.campaign_id}." if of.campaign_id is not None else ""
    ends = f"expired on {of.expires_on}" if expired else f"until {of.expires_on}"
    st.markdown(f"**{texts.plain(of.name)}** {of.contacts:,} contacts for {texts.plain(of.purpose)} by {texts.plain(of.channel)}, {ends}")
    st.caption(f"{of.held_out_contacts:,} held out. Chosen on {texts.moment(of.refreshed_at)} by rules of {texts.plain(of.created_by)}.{changed}{became}")
    with st.container(horizontal=True, gap="xsmall", key=f"of-audience-{of.audience_id}"):
        st.button("Show its rules", icon=":material/filter_alt:", key=f"rules {of.audience_id}", on_click=_go, args=(of.criteria,))
        st.button("Choose again", icon=":material/refresh:", key=f"refresh {of.audience_id}", on_click=sales_parts.attempt, args=(PAGE, lambda: _refreshed(of)))
        if session.may(session.Permission.EXPORT) and not expired:
            _download(of, scope)
        if of.campaign_id is None and not expired:
            _campaign(of)
        st.button("Remove", icon=":material/delete:", type="tertiary", key=f"remove {of.audience_id}",
                  on_click=sales_parts.attempt, args=(PAGE, lambda: _removed(of)))  # fmt: skip


def _refreshed(of: Audience) -> tuple[str, None]:
    came, went = intake_audiences.refresh(of.audience_id)
    return f"{of.name} was chosen again: {came:,} contacts came, {went:,} went.", None


def _removed(of: Audience) -> tuple[str, Callable[[], str]]:
    intake_audiences.remove(of.audience_id)

    def undo() -> str:
        intake_audiences.restore(of.audience_id)
        return f"{of.name} is kept as it was."

    return f"The list {of.name} is removed.", undo


def _download(of: Audience, scope: data.Scope) -> None:
    """The list as a file, through the consent of this moment."""
    endings = _FILES | ({_LABELS: ".html"} if of.channel == "post" else {})
    files: dict[str, downloads.Write] = {label: partial(_file, of.audience_id, scope, ending) for label, ending in endings.items()}
    with st.popover("Download", icon=":material/download:"):
        cube_downloads.offer(f"download audience {of.audience_id}", files, f"audience {of.audience_id}")
        st.caption("Without those held out, and only who may be contacted at this moment.")


def _file(audience_id: int, scope: data.Scope, ending: str, folder: Path) -> downloads.Written:
    target = folder / f"audience-{audience_id}{ending}"
    return downloads.Written(target, audiences.export_audience(audience_id, target, scope).contacts)


def _campaign(of: Audience) -> None:
    """Makes a campaign out of the list."""
    with st.popover("Make it a campaign", icon=":material/campaign:"), st.form(f"campaign of {of.audience_id}", border=False):
        cost = st.text_input("Cost", placeholder="1,290.50")
        currency = st.text_input("Currency", "EUR", max_chars=3)
        if st.form_submit_button("Address them", type="primary"):
            sales_parts.attempt(PAGE, lambda: _addressed(of, cost, currency))
            st.rerun()


def _addressed(of: Audience, cost: str, currency: str) -> tuple[str, None]:
    key, contacts = intake_audiences.to_campaign(of.audience_id, texts.decimal_of(cost) if cost.strip() else None, currency.strip().upper())
    return f"{of.name} is campaign {key}: {contacts:,} contacts are addressed as of now.", None


parts.guarded(main)
