"""The values in a link, read with care: whoever has one can write anything into it."""

from collections.abc import Mapping

MOST_DIGITS = 18
"""Of a key; more do not fit PostgreSQL's bigint."""


def last_values(parameters: Mapping[str, list[str]]) -> dict[str, str]:
    """Each parameter's last value."""
    return {name: values[-1] for name, values in parameters.items() if values}


def one_of(text: str, what: str, known: tuple[str, ...]) -> str:
    """A text that has to be one of some.

    Raises:
        ValueError: it is not.
    """
    if text not in known:
        raise ValueError(f"There is no {what} {text!r}; there are {', '.join(known)}.")
    return text


def within(text: str, what: str, low: int, high: int) -> int:
    """A whole number of a range, both ends included.

    Raises:
        ValueError: it is none.
    """
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ValueError(f"{text!r} is no {what}; there are {low} to {high}.")
    return int(text)
