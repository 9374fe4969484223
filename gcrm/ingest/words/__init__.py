"""Words of many languages that files are recognised by, one YAML file a subject."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FIRST_LANGUAGES = ("en", "de", "fr", "it", "es", "pt", "nl", "fi", "sv", "da", "nb", "pl", "cs", "sk", "hu", "ro", "hr", "sl", "el", "tr", "ru", "uk")
"""Languages of CLDR whose words are looked at first; a subject adds those that it needs besides."""


@cache
def words(subject: str) -> Any:  # noqa: ANN401 - what the file of the subject holds
    """The words of a subject; every value is text.

    Args:
        subject: name of the file without its ending.
    """
    text = (Path(__file__).parent / f"{subject}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text only
