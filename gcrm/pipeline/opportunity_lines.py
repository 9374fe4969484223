"""The lines of opportunities: read within a scope, and set as a whole; `gcrm.pipeline.opportunities.undo` takes that back."""

import csv
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import pandas as pd
from psycopg.errors import ForeignKeyViolation
from psycopg.types.json import Jsonb

from gcrm.access.scope import Scope
from gcrm.crm.opportunity_lines import Line, check
from gcrm.db.connection import scoped
from gcrm.db.load import read_frame
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.pipeline.changes import Through, acting
from gcrm.pipeline.opportunities import check_visible

_OBJECT = "opportunity_lines"
_LEAST, _MOST = 2, 4
"""Parts of a line that is written in one text."""


def lines_of(opportunity_id: int, scope: Scope) -> pd.DataFrame:
    """The lines of an opportunity, in order.

    Args:
        opportunity_id: its key.
        scope: who is looking.

    Returns:
        line_number, product_id, product_key (in the system that it comes from), product, quantity, price (of a unit, in the currency of the opportunity),
        discount (share), amount (in that currency); empty where the scope does not show the opportunity.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries(_OBJECT).of.sql, {"opportunity_id": opportunity_id})


def products(scope: Scope) -> pd.DataFrame:
    """What is sold, by name.

    Args:
        scope: who is looking; products are everybody's.

    Returns:
        product_id, product_key (in the system that it comes from), product, unit_price (in the currency beside it; missing where there is none), currency.
    """
    with scoped(scope) as connection:
        return read_frame(connection, queries(_OBJECT).products.sql)


def parse_lines(texts: Sequence[str], currency: str, scope: Scope) -> list[Line]:
    """Lines out of PRODUCT,QUANTITY[,PRICE[,DISCOUNT]]; without a price it is the list price of the product.

    Args:
        texts: a line each; a product is named by its key in the system that it comes from.
        currency: of the opportunity.
        scope: who asks.

    Raises:
        CrmError: one is not written like that, or there is no such product or price.
    """
    known = products(scope)
    return [_parsed(text, currency, known) for text in texts]


def _parsed(text: str, currency: str, known: pd.DataFrame) -> Line:
    parts = next(csv.reader([text]), [])
    if not _LEAST <= len(parts) <= _MOST:
        raise CrmError(f"{text!r} is no line; write PRODUCT,QUANTITY,PRICE,DISCOUNT such as b1,10,1299,0.05.")
    key, quantity, price, discount = (part.strip() for part in (*parts, *[""] * (_MOST - len(parts))))
    of_key = known[known["product_key"] == key]
    if len(of_key) != 1:
        found = "There is no product" if of_key.empty else "More than one system has a product"
        raise CrmError(f"{found} {key!r}; see them with `gcrm opportunities products`.")
    product = of_key.iloc[0]
    if not price and (pd.isna(product["unit_price"]) or product["currency"] != currency):
        raise CrmError(f"{product['product']} has no list price in {currency}; write its price behind the quantity.")
    return Line(int(product["product_id"]), _number(quantity), _number(price) if price else Decimal(product["unit_price"]), _number(discount or "0"))


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CrmError(f"{text!r} is no number; write one such as 10 or 0.05.") from error


def set_lines(opportunity_id: int, lines: Sequence[Line], scope: Scope, *, actor: str, through: Through) -> int | None:
    """Puts lines in the place of those that an opportunity has, and makes their sum its amount; without lines the amount stays, to be typed again.

    Args:
        opportunity_id: its key.
        lines: all of them, in order; none to take all out.
        scope: who asks; it has to show the opportunity.
        actor: who sets them.
        through: page or command.

    Returns:
        The change, for `gcrm.pipeline.opportunities.undo`; None where nothing differs.

    Raises:
        CrmError: there is no such opportunity or product, or a line is out of range.
    """
    check(lines)
    check_visible(opportunity_id, scope)
    # As text, so that no digit is lost.
    given = [
        {"line_number": number, "product_id": each.product_id, "quantity": f"{each.quantity:f}", "price": f"{each.price:f}", "discount": f"{each.discount:f}"}
        for number, each in enumerate(lines, 1)
    ]
    with acting(actor, through) as connection:
        try:
            change: int | None = queries(_OBJECT).set(connection, opportunity_id=opportunity_id, lines=Jsonb(given))
        except ForeignKeyViolation as error:
            raise CrmError(f"A line of opportunity {opportunity_id} is about a product that is not there; choose one of those that are imported.") from error
    return change
