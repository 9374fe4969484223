"""The account page: one account, what happened with it and what is planned, where it is, what was sent to it, and what is around it, with its versions."""

import streamlit as st

from dashboards import account_card, custom_fields, data, history, maps, parts, people, session, street_map, texts, theme
from dashboards.data import Account
from dashboards.links import AccountView, ReachView
from gcrm.custom_fields import fields_of

PAGE = "account"
_CHART, _TABLE = "map of the account", "accounts found"


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    view = session.asked(PAGE, AccountView.from_parameters, AccountView())
    with st.sidebar:
        st.session_state["account text"] = view.text
        st.text_input(
            "Account",
            key="account text",
            placeholder="name, address, phone, mail or key",
            on_change=lambda: session.go(PAGE, AccountView(text=st.session_state["account text"]).parameters()),
        )
    found = data.account.account(view.account_id, scope) if view.account_id is not None else None
    if found is None:
        _choose(view)
        return
    record = found.record
    session.note_read(f"account {view.account_id}")
    parts.heading(
        record["name"], f"{parts.made_up_note(scope)}{', '.join(filter(None, (record['status'].capitalize(), record['segment'], record['address'])))}"
    )
    left, right = st.columns([1, 1], gap="medium")
    with left, st.container(key="account_history"):
        history.draw(PAGE, view, int(record["account_id"]))
    with right:
        with st.container(key="account_where"):
            _where(found)
            _served(found)
        people.draw(int(record["account_id"]))
        custom_fields.draw("accounts", int(record["account_id"]), record["custom"])
        _contact_fields(found)
        account_card.consents(found)
        account_card.campaigns(found)
        _surroundings(found)
    _sources(found)


def _choose(view: AccountView) -> None:
    """The accounts that were found; a click opens one."""
    parts.heading("Accounts", "Write a name, an address, a telephone number, a mail address or a key at the left, or choose one.")
    if view.account_id is not None:
        st.warning("There is no such account, or you may not see it.", icon=":material/search_off:")
    found = data.search.find_accounts(view.text, session.scope())
    if found.empty and not view.text:
        parts.what_to_do(data.overview(session.scope()))
        return
    if found.empty:
        st.info(f"No account is called or lies like “{texts.plain(view.text)}”; write fewer words, or the beginnings of them.", icon=":material/search_off:")
        return

    def choose() -> None:
        rows = st.session_state[_TABLE].selection.rows
        if rows:
            session.go(PAGE, AccountView(int(found["account_id"].iloc[rows[0]])).parameters())

    columns = ["name", "status", "address", *(["contact"] if found["contact"].notna().any() else [])]
    st.dataframe(
        found, hide_index=True, key=_TABLE, on_select=choose, selection_mode="single-row", column_order=columns,
        column_config={"name": "Name", "status": "Status", "address": "Address", "contact": "Contact"},
    )  # fmt: skip


def _where(found: Account) -> None:
    record = found.record
    if record["longitude"] is None:
        st.info("It has no position yet: `gcrm geocode` looks for one.", icon=":material/wrong_location:")
        return
    place = (record["longitude"], record["latitude"])
    street_map.draw(maps.place_layers([place], theme.look()), street_map.around([place]), key=_CHART)
    reach = ReachView(origin=f"{record['longitude']:.6f}, {record['latitude']:.6f}")
    st.link_button("How far one gets from here", session.address("reach", reach.parameters()), icon=":material/route:")


def _served(found: Account) -> None:
    """By which territory it is served, and by which it was."""
    st.html('<div class="group">Served by</div>')
    if not found.served:
        st.caption("No territory serves it yet: `gcrm enrich` finds the one that its position lies in.")
        return
    for each in reversed(found.served):
        until = "today" if each.until is None else f"{each.until:%d %b %Y}"
        st.caption(f"{texts.plain(each.territory or 'nobody')}, {each.since:%d %b %Y} to {until}")


def _contact_fields(found: Account) -> None:
    """The custom fields of a contact; of several one is chosen."""
    if not found.contacts or not fields_of("contacts"):
        return
    chosen, *others = found.contacts
    if others:
        chosen = st.selectbox("Contact", list(found.contacts), format_func=found.contacts.__getitem__, key=f"contact of {found.record['account_id']}")
    custom_fields.draw("contacts", chosen, data.values_of("contacts", chosen, session.scope()), f"Fields of {found.contacts[chosen]}")


def _surroundings(found: Account) -> None:
    st.html('<div class="group">Surroundings</div>')
    if not found.has_surroundings:
        st.info("What is around its position is not worked out yet: `gcrm enrich` does it.", icon=":material/layers:")
        return
    if found.outdated:
        st.info("Layers or road conditions have changed since: `gcrm enrich` brings it up to date.", icon=":material/update:")
    account_card.draw(found)


def _sources(found: Account) -> None:
    """The versions that the surroundings come from."""
    if not found.has_surroundings:
        return
    st.html('<div class="group">What it comes from</div>')
    shown = found.sources.assign(
        layer=found.sources["layer"].map(texts.layer_label), made_up=found.sources["made_up"].map({True: "made up", False: ""}),
        state=found.sources["in_force"].map({True: "in force", False: "replaced since"}),
    )  # fmt: skip
    st.dataframe(
        shown, hide_index=True, key="sources of the account", placeholder="",
        column_order=["layer", "dataset", "layer_version_id", "state", "source_date", "made_up", "attribution"],
        column_config={
            "layer": "Layer", "dataset": "Dataset", "layer_version_id": st.column_config.NumberColumn("Version", format="%d"), "state": "State",
            "source_date": st.column_config.DateColumn("As of", format="DD MMM YYYY"), "made_up": "", "attribution": "Attribution",
        },
    )  # fmt: skip
    st.caption(f"Derived {found.record['enriched_at']:%d %b %Y, %H:%M} UTC, for the hours and the road conditions that are named above.")


parts.guarded(main)
