"""Who is looking, and what the link in their browser says: the state of a page is its link, and nothing else."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from dashboards import data
from gcrm.errors import GcrmError

type Parameters = Mapping[str, str | list[str]]


def scope() -> data.Scope:
    """What the reader may see; the only place where the pages get it from."""
    return data.everything()


def link(page: str) -> dict[str, list[str]]:
    """The parameters of the link; where it has none, those that the page had last in this session.

    Args:
        page: name of the page.
    """
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    if not given and _memory(page) in st.session_state:
        go(page, st.session_state[_memory(page)])
        return {name: [value] if isinstance(value, str) else list(value) for name, value in st.session_state[_memory(page)].items()}
    st.session_state[_memory(page)] = given
    return given


def go(page: str, parameters: Parameters) -> None:
    """Makes the link say this; the page is drawn from it.

    Args:
        page: name of the page.
        parameters: what the link shall say; empty for the page as it is at first.
    """
    st.query_params.from_dict(dict(parameters))
    st.session_state[_memory(page)] = dict(parameters)


def asked[T](page: str, read: Callable[[dict[str, list[str]]], T], otherwise: T) -> T:
    """What the link asks for; where it asks for what is not there, that is said and `otherwise` is shown.

    Args:
        page: name of the page.
        read: makes the state out of the parameters; raises GcrmError or ValueError where it cannot.
        otherwise: the state of a page without a link.
    """
    try:
        return read(link(page))
    except (GcrmError, ValueError) as error:
        st.warning(f"The link cannot be followed: {error}", icon=":material/link_off:")
        return otherwise


def _memory(page: str) -> str:
    return f"link of {page}"


def address(page: str, parameters: Parameters) -> str:
    """The whole link to what is seen.

    Args:
        page: path of the page.
        parameters: what the link says.
    """
    parts = urlsplit(st.context.url or "")
    return urlunsplit((parts.scheme, parts.netloc, f"/{page}", urlencode(parameters, doseq=True), ""))


def on_phone() -> bool:
    """Whether the reader's browser says that it is a phone's: the map then starts with a view for a narrow screen."""
    return "Mobi" in st.context.headers.get("User-Agent", "")
