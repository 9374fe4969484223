"""The page of a new account: what is typed is cleaned, placed and compared while it is typed; then it is stored, and can be taken back."""

import html
from collections.abc import Mapping

import streamlit as st

from dashboards import custom_fields, data, intake, maps, parts, session, street_map, texts, theme
from dashboards.comparison import FIELDS, evidence, percent, side_by_side
from dashboards.data import Located, NewAccount, duplicates, quality
from dashboards.intake import OBJECTS
from dashboards.links import MapView
from gcrm.custom_fields import fields_of
from gcrm.errors import GcrmError

PAGE = "new-account"
_RESULT, _ROUND, _ASKED = "new account result", "new account round", "new account asked"
_CHART = "map of the new account"
_LABELS = {**FIELDS, "longitude": "Longitude", "latitude": "Latitude"}
_ROWS = (
    ("name",), ("kind", "status", "segment"), ("street", "house_number"), ("postcode", "city", "country_code"), ("phone", "email"), ("website", "tax_number"),
    ("longitude", "latitude"),
)  # fmt: skip
_WIDE = {"street": 3, "city": 2}
_PLACEHOLDERS = {"country_code": "such as Finland or FI", "longitude": "found by the address", "latitude": "found by the address"}
_ABOUT = "What you type is cleaned, placed and compared with the accounts that are there, as an import does it. Nothing is stored before you save."


def main() -> None:
    """Draws the page."""
    parts.heading("New account", _ABOUT)
    _result()
    left, right = st.columns([1, 1], gap="large")
    with left:
        _form()
    typed = _typed()
    given = {name for name in intake.FIELDS if typed[name].strip() and not OBJECTS["accounts"].field(name).codes}
    found = data.new_account(typed, session.scope()) if given or _ASKED in st.session_state else None
    with left:
        _save_button(found)
    with right:
        if found is None:
            st.caption("Here stands what will be stored, where it is, and whether it is there already.")
        else:
            _stored_as(typed, found)
            _where(found.place)
    if found is not None and found.likely:
        _likely(found)


def _key(name: str) -> str:
    """The key of an input; another one after each account that was stored, so that the form is empty again."""
    return f"new account {st.session_state.get(_ROUND, 0)} {name}"


def _typed() -> dict[str, str]:
    return {name: custom_fields.as_text(st.session_state.get(_key(name))) for name in (*intake.FIELDS, *(each.name for each in fields_of("accounts")))}


def _form() -> None:
    account = OBJECTS["accounts"]
    for row in _ROWS:
        for column, name in zip(st.columns([_WIDE.get(name, 1) for name in row]), row, strict=True):
            field = account.field(name)
            with column:
                if field.codes:
                    st.selectbox(_LABELS[name], field.codes, key=_key(name), format_func=str.capitalize)
                else:
                    label = _LABELS[name] + (" (required)" if field.required else "")
                    st.text_input(label, key=_key(name), placeholder=_PLACEHOLDERS.get(name), help=field.text if name in ("longitude", "latitude") else None)

    for own in fields_of("accounts"):
        custom_fields.control(own, None, _key(own.name))


def _label(name: str) -> str:
    """What a field is called."""
    return next((each.label for each in fields_of("accounts") if each.name == name), _LABELS.get(name, name))


def _save_button(found: NewAccount | None) -> None:
    """Stores the account; where others look like it, only once they were shown."""
    shown = frozenset(each.account_id for each in found.likely) if found is not None else frozenset()
    if found is not None:
        for field, reason in found.checked.refused.items():
            st.warning(texts.plain(f"{_label(field)} {reason}."), icon=":material/rule:")
    if shown:
        how_many = "an account that is" if len(shown) == 1 else f"{len(shown)} accounts that are"
        st.warning(f"It looks like {how_many} there already: compare below.", icon=":material/join_inner:")
    st.button(
        "Save anyway" if shown else "Save", type="primary", icon=":material/save:", key=f"save {sorted(shown)}", on_click=_save,
        args=(st.session_state.get(_ROUND, 0), shown),
    )  # fmt: skip


def _save(form: int, shown: frozenset[int]) -> None:
    """Stores what is typed now, which may be more than what was drawn; a second click on the same form does nothing."""
    if form != st.session_state.get(_ROUND, 0):
        return
    st.session_state[_ASKED] = True
    st.session_state.pop(_RESULT, None)
    typed = _typed()
    try:
        found = data.new_account(typed, session.scope())
        if found.checked.refused or {each.account_id for each in found.likely} - shown:
            return
        created = intake.create_account(typed)
    except GcrmError as error:
        st.session_state[_RESULT] = ("warning", texts.plain(str(error)), None)
        return
    name = str(found.checked.record["name"])
    del st.session_state[_ASKED]
    st.session_state[_ROUND] = form + 1
    st.session_state[_RESULT] = ("success", texts.plain(f"{name} is stored."), created.job_id)


def _result() -> None:
    """What the last click did, with its undo."""
    kept = st.session_state.get(_RESULT)
    if kept is None:
        return
    kind, text, job_id = kept
    with st.container(horizontal=True, vertical_alignment="center", key="new_account_result"):
        {"success": st.success, "warning": st.warning}[kind](text, icon=":material/check_circle:" if kind == "success" else ":material/rule:")
        if job_id is not None:
            st.button("Undo", icon=":material/undo:", key=f"undo {job_id}", on_click=_undo, args=(job_id,))
            if session.may(session.Permission.MEND):
                st.link_button("Put it on the map", session.address("import", {"job": str(job_id)}), icon=":material/map:", help="Opens the job that stored it")


def _undo(job_id: int) -> None:
    try:
        undone = intake.undo(job_id)
    except GcrmError as error:
        st.session_state[_RESULT] = ("warning", texts.plain(str(error)), None)
        return
    stays = undone.kept > 0
    st.session_state[_RESULT] = ("warning" if stays else "success", "It stays: it was changed since, or is in use." if stays else "It is taken back.", None)


def _stored_as(typed: Mapping[str, str], found: NewAccount) -> None:
    """What cleaning changes, and what is in doubt."""
    checked = found.checked
    if checked.refused:
        st.caption("It cannot be stored like this; the form says why.")
        return
    changed = [(name, typed[name], str(value)) for name, value in checked.record.items() if value is not None and str(value) != typed[name]]
    rows = [f"<tr><th>{_LABELS[name]}</th><td>{html.escape(was)}</td><td>{html.escape(now)}</td></tr>" for name, was, now in changed if was]
    if rows:
        head = "<thead><tr><th></th><th>Typed</th><th>Stored as</th></tr></thead>"
        st.html(f'<div class="group">What is cleaned</div><table class="pair">{head}<tbody>{"".join(rows)}</tbody></table>')
    for name, reason in checked.warnings.items():
        st.warning(texts.plain(f"{_label(name)} {reason}. It is stored as you typed it."), icon=":material/info:")


def _where(place: Located | None) -> None:
    """Where the account will be, on the streets."""
    if place is None:
        return
    name = quality.placement_name(place.level)
    doubt = "" if place.sure else "; a person is asked on the page Positions"
    st.html(f'<div class="group">Where it is <span class="hint">{html.escape(name + doubt)}</span></div>')
    if place.longitude is None or place.latitude is None:
        st.caption("The loaded addresses do not have it. Save it like this, or type its longitude and latitude.")
        return
    here = (place.longitude, place.latitude)
    street_map.draw(maps.place_layers([here], theme.look()), street_map.around([here]), key=_CHART)


def _likely(found: NewAccount) -> None:
    """The accounts that it may be, each beside it."""
    st.html('<div class="group">Accounts that look like it <span class="hint">the most probable first</span></div>')
    for each in found.likely:
        with st.container(border=True, key=f"likely {each.account_id}"):
            _beside(found, each)


def _beside(found: NewAccount, each: duplicates.Possible) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="group">{percent(each.score)} probable that they are one</div>', width="content")
        if each.record.get("cell") is not None:
            st.link_button("Open on the map", session.address("map", MapView(cell=f"{each.record['cell']:x}").parameters()), icon=":material/hexagon:")
    st.html(evidence(each.why))
    st.html(side_by_side(found.checked.record, each.record, ("This one", "There already")))


parts.guarded(main)
