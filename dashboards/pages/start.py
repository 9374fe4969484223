"""The start page: what is in the database, how fresh it is, and where to go from here."""

import pandas as pd
import streamlit as st

from dashboards import data, parts, session, texts
from dashboards.data import Cube, Overview

_READERS = (
    ("Regional manager", "map", ":material/hexagon:", "See revenue by area",
     "Where revenue, margin and buyers are, month by month; click an area to list the accounts behind it.", {"measure": "revenue"}),
    ("Territory planner", "cube", ":material/balance:", "Compare territories",
     "Accounts, orders and revenue of each territory, side by side, and what is in them.", {"rows": "territory", "columns": "status", "measures": "accounts"}),
    ("Marketer", "audiences", ":material/target:", "Find prospects",
     "Whom to write to: by area, segment, purchases and consent; ranked, kept as a list, exported, made a campaign.", {"statuses": "prospect"}),
    ("Analyst", "cube", ":material/deployed_code:", "Ask the cube",
     "Every measure by place, month, segment, category and channel; drill down, and send the link.",
     {"rows": "month", "columns": "category", "measures": "revenue"}),
)  # fmt: skip
_PROSPECTS_ON_MAP = {"measure": "accounts", "where": "status=prospect"}


def main() -> None:
    """Draws the page."""
    scope = session.scope()
    overview = data.overview(scope)
    cube = data.current_cube()
    parts.heading("Your customers, on the map", "Accounts and orders, joined with what surrounds them.")
    parts.made_up_banner(overview)
    if cube is None:
        parts.what_to_do(overview)
    else:
        _figures(overview, cube, scope)
        _readers()
    if cube is not None or overview.accounts or not overview.layers.empty:
        _state(overview, cube, scope)


def _figures(overview: Overview, cube: Cube, scope: data.Scope) -> None:
    sales = data.answer(cube, data.CubeQuery.parse(rows="currency", measures="revenue"), scope).table.to_pylist()
    months = data.members_of(cube, "month", scope, "revenue")
    period = f"{texts.month_name(months[0])} to {texts.month_name(months[-1])}" if months else "no orders yet"
    statuses = " · ".join(f"{row.accounts:,} {_plural(str(row.status))}" for row in overview.statuses.itertuples())
    unplaced = overview.accounts - overview.placed
    cards = [
        ("Accounts", f"{overview.accounts:,}", statuses),
        (
            "On the map",
            texts.share(overview.placed, overview.accounts),
            f"{unplaced:,} without a position" if unplaced else "every account has a position",
        ),
        ("Order lines", f"{overview.order_lines:,}", period),
        *((f"Revenue, {row['currency']}", texts.large(row["revenue"]), period) for row in sales if row["currency"]),
    ]
    parts.figures(cards)


def _plural(status: str) -> str:
    return status if status == "lost" else f"{status}s"


def _readers() -> None:
    """Where each of the readers begins; whoever writes to nobody sees prospects on the map."""
    addresses = session.may(session.Permission.CAMPAIGN)
    for column, (reader, page, icon, label, text, parameters) in zip(st.columns(len(_READERS), gap="small"), _READERS, strict=True):
        with column, st.container(border=True, height="stretch", key=f"card {reader}"):
            st.html(f'<div class="reader"><b>{reader}</b><p>{text}</p></div>')
            if page == "audiences" and not addresses:
                page, parameters = "map", _PROSPECTS_ON_MAP  # noqa: PLW2901 - of this reader
            st.page_link(f"pages/{'map_explorer' if page == 'map' else page}.py", label=label, icon=icon, query_params=parameters)


def _state(overview: Overview, cube: Cube | None, scope: data.Scope) -> None:
    """How fresh the figures are, what waits for a person, the layers with their sources."""
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(key="fresh"):
        st.html('<div class="group">How fresh, and what waits</div>')
        built = (f"{cube.built_at:%d %b %Y}", f"{cube.built_at:%H:%M} UTC") if cube else ("Not built yet", "gcrm update builds it")
        refused, unsure, pairs = overview.quarantined, data.count_reviews(scope).get("open", 0), data.quality.duplicates_waiting(scope)
        parts.figures([
            ("Figures of Map and Cube", *built),
            ("Quarantine", f"{refused:,}", "refused records to mend" if refused else "every record of every file was taken"),
            ("Positions", f"{unsure:,}", "accounts to place by hand" if unsure else "no account has to be placed by hand"),
            ("Duplicates", "-" if pairs is None else f"{pairs:,}", "nobody has looked yet" if pairs is None else "pairs to decide on"),
        ])  # fmt: skip
    with right:
        st.html('<div class="group">What the map is made of</div>')
        if overview.layers.empty:
            st.caption("None is loaded. `gcrm load osm FILE` brings streets, buildings and addresses of your area.")
        else:
            _layers(overview.layers)


def _layers(layers: pd.DataFrame) -> None:
    shown = layers.assign(
        layer=layers["layer"].map(texts.layer_label),
        source_date=pd.to_datetime(layers["source_date"], utc=True),
    )
    st.dataframe(
        shown, hide_index=True, key="layers", placeholder="", column_order=["layer", "dataset", "feature_count", "source_date", "attribution"],
        column_config={
            "layer": "Layer",
            "dataset": "Dataset",
            "feature_count": st.column_config.NumberColumn("Features", format="localized"),
            "source_date": st.column_config.DatetimeColumn("As of", format="D MMM YYYY", help="The newest change that the source itself records."),
            "attribution": "Source",
        },
    )  # fmt: skip


parts.guarded(main)
