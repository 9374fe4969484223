"""The products of an opportunity in its dialog: a row of controls for each line, what they come to, and how they are saved, with an undo."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboards import intake_sales, sales_parts, texts
from dashboards.data import sales
from gcrm.errors import EntryError, GcrmError

_OPENED = "dialogs of lines"
_PERCENT = 100
_LIST_PRICE = "Where no price is typed, it is the list price."
_SUM = "With products the amount of an opportunity is their sum; without any it is typed."


@dataclass(frozen=True)
class _Row:
    """What stands in the controls of a line."""

    product_id: int | None = None
    quantity: str = "1"
    price: str = ""
    discount: str = ""


def begin(opportunity_id: int) -> None:
    """Forgets what was typed and not saved when the dialog was open before: other controls than those of then are shown.

    Args:
        opportunity_id: whose dialog opens.
    """
    st.session_state.pop(_memory(opportunity_id), None)
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1


def table(lines: pd.DataFrame, currency: str) -> None:
    """The lines of an opportunity to be read.

    Args:
        lines: as of `sales.lines_of`.
        currency: of the opportunity.
    """
    if lines.empty:
        st.html('<div class="hint">It has no products.</div>')
        return
    rows = "".join(
        f"<tr><td>{html.escape(each['product'])}</td><td>{each['quantity'].normalize():,f}</td><td>{each['price']:,}</td>"
        f"<td>{_percent(each['discount']) or '-'}</td><td>{each['amount']:,}</td></tr>"
        for each in sales_parts.records(lines)
    )
    heads = "".join(f"<th>{head}</th>" for head in ("Product", "Quantity", "Price", "Discount, %", f"Amount, {html.escape(currency)}"))
    st.html(f'<table class="lines"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{_sum(sum(lines["amount"], Decimal(0)), currency)}')


def form(page: str, found: Mapping[str, Any], lines: pd.DataFrame, known: pd.DataFrame) -> None:
    """The lines of an opportunity to be changed; what was saved is told on the page, with an undo, when the dialog closes.

    Args:
        page: that the dialog is of.
        found: the opportunity, as of `sales.opportunity`.
        lines: its lines, as of `sales.lines_of`.
        known: what is sold, as of `sales.products`.
    """
    opportunity_id, currency = int(found["opportunity_id"]), str(found["currency"])
    products = {int(each["product_id"]): each for each in sales_parts.records(known)}
    if not products:
        st.html('<div class="hint">No product is known; import some with gcrm import products FILE.</div>')
        return
    rows: dict[int, _Row] = st.session_state.setdefault(_memory(opportunity_id), dict(enumerate(_row(each) for each in sales_parts.records(lines))))
    typed = {number: _controls(opportunity_id, number, row, products, currency, labels=place == 0) for place, (number, row) in enumerate(rows.items())}
    try:
        given = [_line(place, row, products, currency) for place, row in enumerate(typed.values(), 1)]
        told = _SUM if not given else "" if all(row.price.strip() for row in typed.values()) else _LIST_PRICE
        st.html(f'{_sum(sales.comes_to(given), currency) if given else ""}<div class="hint">{told}</div>')
        wrong = None
    except GcrmError as error:
        given, wrong = [], str(error)
        st.html(f'<div class="hint">{html.escape(wrong)}</div>')
    with st.container(horizontal=True, gap="small", key="lines_buttons"):
        st.button("Add a product", icon=":material/add:", on_click=_add, args=(opportunity_id,))
        saved = st.button("Save the products", type="primary", icon=":material/save:", disabled=wrong is not None)
    if saved:
        try:
            done = _save(opportunity_id, str(found["name"]), given)
        except GcrmError as error:
            st.warning(texts.plain(str(error)), icon=":material/rule:")
            return
        sales_parts.attempt(page, lambda: done)
        st.rerun()


def _memory(opportunity_id: int) -> str:
    return f"lines of {opportunity_id} in {st.session_state.get(_OPENED, 0)}"


def _row(line: Mapping[str, Any]) -> _Row:
    return _Row(int(line["product_id"]), f"{line['quantity'].normalize():f}", f"{line['price']}", _percent(line["discount"]))


def _percent(discount: Decimal) -> str:
    """A discount in percent; empty for none."""
    return f"{(_PERCENT * discount).normalize():f}" if discount else ""


def _controls(opportunity_id: int, number: int, row: _Row, products: Mapping[int, Mapping[str, Any]], currency: str, *, labels: bool) -> _Row:
    """The controls of a line; what stands in them."""
    said: Literal["visible", "collapsed"] = "visible" if labels else "collapsed"
    key, keys = f"{number} of {_memory(opportunity_id)}", list(products)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="bottom", key=f"line-{opportunity_id}-{number}"):
        chosen = st.selectbox(
            "Product", keys, None if row.product_id is None else keys.index(row.product_id), key=f"product {key}", placeholder="Choose a product",
            format_func=lambda product: str(products[product]["product"]), label_visibility=said,
        )  # fmt: skip
        quantity = st.text_input("Quantity", row.quantity, key=f"quantity {key}", width=90, label_visibility=said)
        listed = "" if chosen is None else f"{_listed(products[chosen], currency) or ''}"
        price = st.text_input(f"Price, {currency}", row.price, key=f"price {key}", width=130, placeholder=listed, label_visibility=said)
        discount = st.text_input("Discount, %", row.discount, key=f"discount {key}", width=100, placeholder="0", label_visibility=said)
        st.button("", icon=":material/delete:", key=f"drop {key}", type="tertiary", help="Take this product out", on_click=_drop, args=(opportunity_id, number))
    return _Row(chosen, quantity, price, discount)


def _listed(product: Mapping[str, Any], currency: str) -> Decimal | None:
    """The list price of a product, where it has one in the currency."""
    return product["unit_price"] if product["currency"] == currency else None


def _line(place: int, row: _Row, products: Mapping[int, Mapping[str, Any]], currency: str) -> intake_sales.Line:
    """A line as it was typed; without a price it is the list price."""
    if row.product_id is None:
        raise EntryError(f"Line {place} has no product yet; choose one.")
    price = texts.decimal_of(row.price) if row.price.strip() else _listed(products[row.product_id], currency)
    if price is None:
        raise EntryError(f"Line {place}: {products[row.product_id]['product']} has no list price in {currency}; give one.")
    discount = texts.decimal_of(row.discount) / _PERCENT if row.discount.strip() else Decimal(0)
    return intake_sales.Line(row.product_id, texts.decimal_of(row.quantity), price, discount)


def _sum(amount: Decimal, currency: str) -> str:
    return f'<div class="sum"><span>Together, the amount of the opportunity</span><b>{amount:,} {html.escape(currency)}</b></div>'


def _add(opportunity_id: int) -> None:
    rows = st.session_state[_memory(opportunity_id)]
    rows[max(rows, default=-1) + 1] = _Row()


def _drop(opportunity_id: int, number: int) -> None:
    del st.session_state[_memory(opportunity_id)][number]


def _save(opportunity_id: int, title: str, lines: list[intake_sales.Line]) -> tuple[str, sales_parts.Undo | None]:
    change = intake_sales.set_lines(opportunity_id, lines)
    if change is None:
        return f"{title} is like that already.", None
    return f"The products of {title} are changed.", lambda: _undo(opportunity_id, change, title)


def _undo(opportunity_id: int, change: int, title: str) -> str:
    intake_sales.undo_opportunity(opportunity_id, change)
    return f"{title} is as it was before."
