"""Search: the accounts that a person means by some words, a telephone number, a mail address or a key, with mistakes in them too."""

import pandas as pd
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.pipeline.custom_values import alike

MOST_FOUND = 50
"""No search shows more accounts."""

LOOKED_AT = 200
"""So many accounts of each way to find them are compared; words that more have do not tell them apart."""


def find_accounts(text: str, scope: Scope, most: int = MOST_FOUND) -> pd.DataFrame:
    """The accounts that a person means.

    Every word has to be in the name, the address, the mail address or the key of an account, or of one of its contacts, at least as its beginning; accents and
    capital letters do not count. Where no account is like that, the words that nobody has are taken for mistakes: known words of names and addresses that are
    spelled alike take their place, and the likest come first (trigrams, pg_trgm).
    What is the whole value of a custom field finds those that have it, too.

    Args:
        text: words, a telephone number with or without the code of the country, a mail address or a key; empty for the accounts that came last.
        scope: who is looking.
        most: so many at most.

    Returns:
        account_id, name, status, address, contact (whose words they were, where it was a contact), those that fit best first.
    """
    written = text.strip()
    with scoped(scope) as connection:
        if not written:
            return read_frame(connection, queries("search").newest.sql, {"most": most})
        named = read_frame(connection, queries("search").found.sql, {"text": written, "most": most, "looked_at": LOOKED_AT})
        values = [Jsonb(each) for each in alike("accounts", written)]
        if not values:
            return named
        custom = read_frame(connection, queries("search").having.sql, {"values": values, "most": most})
    return pd.concat([named, custom]).drop_duplicates("account_id").head(most).reset_index(drop=True)
