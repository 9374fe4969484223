"""What a person is known by after the record is gone: keyed hashes of mail addresses, telephone numbers and keys in their normal form."""

import hashlib
import hmac
import re
from collections.abc import Collection
from typing import Any

import pandas as pd
import psycopg

from gcrm.db.queries import queries
from gcrm.ingest.clean.mail import mail
from gcrm.ingest.clean.phone import phone
from gcrm.ingest.clean.result import PLAIN, Context

_EXTENSION = re.compile(r"\s*ext\. .*$")


def normal_mail(text: str) -> str | None:
    """A mail address in the normal form under which it is hashed: as an import stores it, in lower case throughout; None where it is none."""
    cleaned = mail(pd.Series([text], dtype="string"))
    return None if cleaned.reasons.notna().any() else _comparable_mails(cleaned.clean).iloc[0]


def normal_phone(text: str, country: str | None = None) -> str | None:
    """A telephone number in the normal form under which it is hashed: as an import stores it (E.164), without an extension; None where it is none.

    Args:
        text: the number.
        country: ISO 3166-1 alpha-2 code of where it is dialled, for one without a calling code.
    """
    context = PLAIN if country is None else Context(country=pd.Series([country.upper()], dtype="string"))
    cleaned = phone(pd.Series([text], dtype="string"), context)
    return None if cleaned.reasons.notna().any() else _comparable_phones(cleaned.clean).iloc[0]


def _comparable_mails(clean: pd.Series) -> pd.Series:
    return clean.str.casefold()


def _comparable_phones(clean: pd.Series) -> pd.Series:
    return clean.str.replace(_EXTENSION, "", regex=True)


def among(hashed: pd.Series, known: Collection[bytes]) -> pd.Series:
    """Which hashes are among some known ones; False for a missing one."""
    return pd.Series([value in known for value in hashed], index=hashed.index, dtype=bool)


class Hashes:
    """The keyed hashes of one database: HMAC-SHA-256, 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    @classmethod
    def of(cls, connection: psycopg.Connection[Any]) -> "Hashes":
        """Those of the database of a connection.

        Args:
            connection: of the writer, since readers have no right to the key.
        """
        return cls(queries("consent").privacy_key(connection))

    def of_mails(self, values: pd.Series) -> pd.Series:
        """The hash of each mail address, of one that is not valid that of its text; missing for nothing."""
        return self._each(("mail",), _comparable_mails(mail(values.astype("string")).clean))

    def of_phones(self, values: pd.Series) -> pd.Series:
        """The hash of each telephone number, of one that is not valid that of its text; missing for nothing."""
        return self._each(("phone",), _comparable_phones(phone(values.astype("string")).clean))

    def of_keys(self, object_name: str, source: str, values: pd.Series) -> pd.Series:
        """The hash of the key of each record of an object, in the system it comes from; missing for nothing."""
        return self._each(("key", object_name, source), values)

    def _each(self, what: tuple[str, ...], values: pd.Series) -> pd.Series:
        return pd.Series([None if pd.isna(value) or not value else self.hash(*what, value) for value in values], index=values.index, dtype="object")

    def hash(self, *parts: str) -> bytes:
        """The hash of a value that has a normal form already.

        Args:
            parts: what it is, such as mail, then the value; joined so that no two lists give the same text.
        """
        return hmac.digest(self.key, "\0".join(parts).encode(), hashlib.sha256)
