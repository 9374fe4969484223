"""Parts that several pages lay out: headings, the filters, the bar of what is filtered by, what to do where there is nothing yet."""

import html
from collections.abc import Callable, Sequence

import streamlit as st

from dashboards import data, session, texts
from dashboards.data import DIMENSIONS, Filter, Overview
from gcrm.errors import GcrmError

Change = Callable[[str, tuple[str, ...]], None]
"""Told a dimension and the members that it is filtered by from now on; none for all."""

# A comment stands above its command, so that a phone shows both.
_COMMANDS_FROM_NOTHING = """\
# streets and addresses of your area
gcrm load osm EXTRACT.osm.pbf
# customers, then what they bought
gcrm import accounts ACCOUNTS.csv
gcrm import orders ORDERS.csv
# positions, then the figures
gcrm update"""


def heading(title: str, text: str = "") -> None:
    """The heading of a page, with a line below it.

    Args:
        title: a few words.
        text: what is shown.
    """
    below = f"<p>{html.escape(text)}</p>" if text else ""
    st.html(f'<div class="heading"><h1>{html.escape(title)}</h1>{below}</div>')


def who_is_signed_in() -> None:
    """Who is signed in, with the way out; nothing while nobody has to be."""
    user = session.user()
    if user is not None:
        seen = "all territories" if user.sees_everything else ", ".join(user.territories)
        st.html(
            f'<div class="who"><span title="{html.escape(seen)}">{html.escape(user.name)} · {html.escape(user.user_role.label)}</span>'
            '<a href="/sign-out" target="_self">Sign out</a></div>'
        )


def not_for_this_role() -> None:
    """In place of a page that the reader's role does not have."""
    user = session.user()
    role = user.user_role.label.lower() if user is not None else ""
    st.info(f"The role {role} does not have this page; whoever administers gcrm can change that.", icon=":material/lock:")


def cube_or_what_to_do(scope: data.Scope, title: str) -> data.Cube:
    """The published cube; where there is none, says what to do and ends the page.

    Args:
        scope: who is looking.
        title: heads the page that has nothing to show.
    """
    cube = data.current_cube()
    if cube is None:
        heading(title)
        what_to_do(data.overview(scope))
        st.stop()
    return cube


def what_to_do(overview: Overview) -> None:
    """Says what to do where there is no cube yet.

    Args:
        overview: what is in the database.
    """
    with st.container(border=True, key="what_to_do"):
        if overview.accounts:
            st.markdown(
                f"#### One step is missing\n{overview.accounts:,} accounts are stored, but they are not on the map yet. Run this, then reload this page:"
            )
            st.code("gcrm update", language=None)
            st.caption("It finds positions and surroundings, and computes the figures of these pages.")
        else:
            st.markdown("#### There is nothing here yet\nHand in a file of your customers, and one of what they bought:")
            import_link()
            st.markdown("Or do it all on the command line, in this order; then reload this page:")
            st.code(_COMMANDS_FROM_NOTHING, language=None)
            st.markdown("Or look around first, with a made-up company in the real centre of Helsinki (about two minutes):")
            st.code("gcrm demo", language=None)


def import_link() -> None:
    """The way to the page where files are handed in."""
    if session.may(session.Permission.MEND):
        st.page_link("pages/import_file.py", label="Import a file", icon=":material/upload_file:")


def made_up_banner(overview: Overview) -> None:
    """Marks made-up data wherever they are shown.

    Args:
        overview: what is in the database.
    """
    if not overview.made_up:
        return
    real = overview.layers[~overview.layers["made_up"] & (overview.layers["layer"] == "roads")]
    places = texts.listed(_place_name(name) for name in sorted(set(real["dataset"])))
    if overview.made_up == overview.accounts:
        text = f"Demo: a made-up company in the real {places}." if places else "Demo: a made-up company."
        text += " Streets, buildings and addresses are real; accounts, orders, footfall and movement are invented."
    else:
        text = f"{overview.made_up:,} of {overview.accounts:,} accounts are made up."
    st.html(f'<div class="made-up"><b>Made-up data</b> {html.escape(text)}</div>')


def _place_name(dataset: str) -> str:
    """A dataset as a place: the extract that `gcrm demo` uses is Helsinki's centre alone."""
    return {"helsinki": "centre of Helsinki"}.get(dataset, f"streets of {dataset.replace('-', ' ').replace('_', ' ').title()}")


def made_up_note(scope: data.Scope) -> str:
    """A short mark for a page's caption: that some of what it shows is invented; empty where nothing is.

    Args:
        scope: who is looking.
    """
    return "Made-up company. " if data.overview(scope).made_up else ""


def figures(cards: Sequence[tuple[str, str, str]]) -> None:
    """Figures side by side.

    Args:
        cards: of each its name, its value, and a line below it.
    """
    inner = "".join(f"<div><span>{html.escape(name)}</span><b>{html.escape(value)}</b><small>{html.escape(text)}</small></div>" for name, value, text in cards)
    st.html(f'<div class="figures">{inner}</div>')


def filters(cube: data.Cube, measure: str, where: Sequence[Filter], change: Change, scope: data.Scope) -> None:
    """The controls that filter: one for each dimension with names that the measure has, and one for its months.

    Args:
        cube: the published cube.
        measure: what is shown; says which filters there are.
        where: what is filtered by.
        change: told what the reader chooses.
        scope: who is looking.
    """
    chosen = {kept.dimension: kept.members for kept in where}
    dimensions = data.dimensions_of(measure)
    for dimension in dimensions:
        if DIMENSIONS[dimension].kind == "text" and dimension != "currency":
            _members(dimension, data.members_of(cube, dimension, scope, measure), chosen.get(dimension, ()), change)
    if "month" in dimensions:
        _months(data.members_of(cube, "month", scope, measure), chosen.get("month", ()), change)
    if data.is_money(measure) and len(cube.currencies) > 1:
        _currency(cube, chosen.get("currency", ()), change)


def _members(dimension: str, members: list[str], chosen: tuple[str, ...], change: Change) -> None:
    if len(members) < 2 and not chosen:  # noqa: PLR2004 - one member leaves nothing to choose
        return
    key = f"filter {dimension}"
    st.session_state[key] = [member for member in chosen if member in members]

    sets = {f"@{name}": each for name, each in data.SETS.items() if each.dimension == dimension}

    def choose() -> None:
        picked = [sets[each].members if each in sets else (each,) for each in st.session_state[key]]
        wanted = tuple(dict.fromkeys(member for several in picked for member in several))
        change(dimension, () if set(members) <= set(wanted) else wanted)

    st.multiselect(
        DIMENSIONS[dimension].label, [*members, *sets], key=key, placeholder="All", on_change=choose,
        format_func=lambda member: sets[member].label if member in sets else texts.member_name(dimension, member),
    )  # fmt: skip


def _months(months: list[str], chosen: tuple[str, ...], change: Change) -> None:
    if len(months) < 2:  # noqa: PLR2004 - one month leaves nothing to choose
        return
    first, last = (chosen[0].split("..")[0], chosen[-1].split("..")[-1]) if chosen else (months[0], months[-1])
    key = "filter month"
    st.session_state[key] = (first if first in months else months[0], last if last in months else months[-1])

    def choose() -> None:
        begin, end = st.session_state[key]
        change("month", () if (begin, end) == (months[0], months[-1]) else (f"{begin}..{end}" if begin != end else begin,))

    st.select_slider(DIMENSIONS["month"].label, months, (months[0], months[-1]), key=key, format_func=texts.month_name, on_change=choose)


def _currency(cube: data.Cube, chosen: tuple[str, ...], change: Change) -> None:
    key = "filter currency"
    st.session_state[key] = chosen[0] if chosen and chosen[0] in cube.currencies else cube.currencies[0]
    st.selectbox(DIMENSIONS["currency"].label, cube.currencies, key=key, on_change=lambda: change("currency", (st.session_state[key],)))


def filter_bar(where: Sequence[Filter], change: Change, clear: Callable[[], None]) -> None:
    """What is filtered by, each with a button that removes it.

    Args:
        where: what is filtered by.
        change: told the dimension whose filter is removed.
        clear: called to remove all.
    """
    if not where:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="filter_bar"):
        for kept in where:
            st.button(
                texts.filter_name(kept), key=f"remove {kept.dimension}", icon=":material/close:", icon_position="right", help="Remove this filter",
                on_click=change, args=(kept.dimension, ()),
            )  # fmt: skip
        if len(where) > 1:
            st.button("Clear all", key="remove all", type="tertiary", on_click=clear)


def link_button(page: str, parameters: session.Parameters, note: str = "") -> None:
    """A button that shows the link to what is seen, to be copied.

    Args:
        page: path of the page.
        parameters: what the link says.
        note: what the link does not say.
    """
    with st.popover("Link", icon=":material/link:"):
        st.code(session.address(page, parameters), language=None, wrap_lines=True)
        st.caption(f"Whoever opens it sees what you see, with the data they may see. {note}".strip())


def explanation(cube: data.Cube, given: data.Explanation) -> None:
    """Says of when an answer is, and, to who asks, how it came about.

    Args:
        cube: the published cube.
        given: of the answer.
    """
    files = texts.listed(f"{name} ({rows:,} rows)" for name, rows in given.read.items())
    money = f" Money in {given.currency}." if given.currency else ""
    how = f"Cube version {cube.name}; read {files} in {given.milliseconds:.0f} ms."
    st.caption(f"As of {cube.built_at:%d %b %Y, %H:%M} UTC.{money} {given.hidden}".rstrip(), help=how, width="content")


def map_frame(draw: Callable[[], object], legend: str, *, second: bool = False) -> None:
    """The place of a map that is as high as the window leaves room for, with its legend in it, or below it on a phone.

    Args:
        draw: draws the map, as high as its place.
        legend: HTML; empty for none.
        second: whether the page has another map before it.
    """
    suffix = "_beside" if second else ""
    with st.container(key=f"map_frame{suffix}", gap=None):
        with st.container(key=f"map{suffix}", gap=None):
            draw()
        if legend:
            with st.container(key=f"legend{suffix}"):
                st.html(legend)


def guarded(page: Callable[[], None]) -> None:
    """Draws a page; an error that the reader can mend is shown as its sentence.

    Args:
        page: draws it.
    """
    try:
        page()
    except GcrmError as error:
        st.error(str(error), icon=":material/error:")
