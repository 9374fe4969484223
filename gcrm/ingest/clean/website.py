"""Addresses of web pages: with a scheme, the host in lower case."""

import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

import pandas as pd

from gcrm.ingest.clean.result import PLAIN, Cleaned, Context, found, nothing
from gcrm.ingest.clean.text import tidy

_PLAIN = r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}(?:/[A-Za-z0-9._~/?=&%+-]*[A-Za-z0-9_~=&%+-])?"
_HOST = re.compile(r"(?:(?!-)[\w-]{1,63}(?<!-)\.)+(?!\d+$)[^\W_][\w-]{0,61}[^\W_]\.?")
_REASON = "is not the address of a web page"
_CACHED = 100_000


@lru_cache(_CACHED)
def _read(text: str) -> tuple[str, str | None]:
    """An address in normal form, and the reason where it is none."""
    with_scheme = text if re.match(r"[a-zA-Z][\w+.-]*:(?!\d)", text) else f"https://{text.removeprefix('//')}"
    try:
        parts = urlsplit(with_scheme)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return text, _REASON
    if parts.scheme.lower() not in {"http", "https"} or not _HOST.fullmatch(host) or re.search(r"\s", with_scheme) or "@" in parts.netloc:
        return text, _REASON
    place = host.rstrip(".") + (f":{port}" if port else "")
    path = "" if parts.path == "/" and not parts.query and not parts.fragment else parts.path
    return urlunsplit((parts.scheme.lower(), place, path, parts.query, parts.fragment)), None


def website(raw: pd.Series, _context: Context = PLAIN) -> Cleaned:
    """Addresses of web pages with http or https, which is added where it is missing; what is none keeps its text.

    Args:
        raw: text.
    """
    value = tidy(raw)
    rest = value[value.notna() & ~found(value, _PLAIN)]
    problems = nothing(raw.index)
    if len(rest):
        value = value.copy()
        read = [_read(text) for text in rest]
        value[rest.index] = pd.array([clean for clean, _ in read], dtype="string")
        problems[rest.index] = pd.array([reason for _, reason in read], dtype="string")
    return Cleaned(value, problems)
