"""Parts that the pages of sales share: what the last click did, with its undo, and the filters by rep and territory."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import session, texts
from dashboards.data import sales
from gcrm.errors import GcrmError

_WARNING, _RESULT = "warning", "result of the last click"

type Undo = Callable[[], str]
"""Takes a click back, and says so."""


def attempt(page: str, act: Callable[[], tuple[str, Undo | None]]) -> None:
    """Does what was clicked and keeps what is said of it for `result`; what cannot be done is said too.

    Args:
        page: path of the page, or name of the card, that tells it.
        act: does it; what is said then, and the undo (None where there is none).
    """
    try:
        said, undo = act()
    except GcrmError as error:
        refuse(page, error)
    else:
        st.session_state[_RESULT] = (page, "success", texts.plain(said), undo)


def refuse(page: str, error: GcrmError) -> None:
    """Keeps for `result` why something cannot be.

    Args:
        page: path of the page.
        error: why.
    """
    st.session_state[_RESULT] = (page, _WARNING, texts.plain(str(error)), None)


def forget(page: str) -> None:
    """Leaves what the last click did unsaid.

    Args:
        page: path of the page.
    """
    if st.session_state.get(_RESULT, ("",))[0] == page:
        del st.session_state[_RESULT]


def failed(page: str) -> bool:
    """Whether the last click could not be done.

    Args:
        page: path of the page.
    """
    return bool(st.session_state.get(_RESULT, ("", ""))[:2] == (page, _WARNING))


def result(page: str) -> None:
    """What the last click did, with its undo; nothing where it was one of another page or card, so that a page with cards tells one result.

    Args:
        page: path of the page, or name of the card.
    """
    of, kind, text, undo = st.session_state.get(_RESULT, ("", "", "", None))
    if of != page:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="sales_result"):
        {"success": st.success, "warning": st.warning}[kind](text, icon=":material/check_circle:" if kind == "success" else ":material/rule:")
        if undo is not None:
            st.button("Undo", icon=":material/undo:", key=f"undo of {page}", on_click=attempt, args=(page, lambda: (undo(), None)))


def filters(staff: sales.Staff, rep: int | None, territory: int | None, change: Callable[[int | None, int | None], None]) -> None:
    """The choice of a rep and of a territory; not there where there is nothing to choose.

    Args:
        staff: who there is.
        rep: the chosen one; None for all.
        territory: the chosen one; None for all.
        change: told both when one of them was chosen.
    """
    chosen = {"rep": rep, "territory": territory}

    def choose() -> None:
        change(*(st.session_state.get(f"sales {what}", chosen[what]) for what in ("rep", "territory")))

    for what, names, everybody in (("rep", staff.reps, "All reps"), ("territory", staff.territories, "All territories")):
        if len(names) > 1 or chosen[what] is not None:
            st.session_state[f"sales {what}"] = chosen[what] if chosen[what] in names else None
            st.selectbox(
                what.capitalize(), list(names), index=None, key=f"sales {what}", placeholder=everybody, label_visibility="collapsed", width=220,
                format_func=names.__getitem__, on_change=choose,
            )  # fmt: skip


def money(amount: Decimal | float, currency: str) -> str:
    """An amount in whole units, such as 12,990 EUR."""
    return f"{amount:,.0f} {currency}"


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, with None for what is missing.

    Args:
        frame: any.
    """
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")]


def can_write() -> bool:
    """Whether the reader works with customers."""
    return session.may(session.Permission.WORK)
