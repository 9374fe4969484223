"""Rows of the database, for comparisons."""

from typing import Any

from gcrm.db.connection import Role, connect


def rows(query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """The rows of a query, as the writer sees them."""
    with connect(Role.WRITER) as connection:
        return connection.execute(query.encode(), parameters or None).fetchall()


def value(query: str, *parameters: object) -> Any:  # noqa: ANN401 - whatever the query gives
    """The one value of a query."""
    return rows(query, *parameters)[0][0]


EMPTY = (
    "TRUNCATE gcrm.tracks, gcrm.track_stops, gcrm.contact_ranges, gcrm.contact_routes, gcrm.contact_sites,"
    " gcrm.contact_roles, gcrm.partner_leads, gcrm.partners,"
    " gcrm.leads, gcrm.stage_changes, gcrm.audience_members, gcrm.audiences, gcrm.campaign_members, gcrm.campaigns, gcrm.account_territories,"
    " gcrm.account_words, gcrm.contact_words, gcrm.search_terms,"
    " gcrm.consents, gcrm.opportunity_lines, gcrm.opportunities, gcrm.activities, gcrm.cases, gcrm.orders, gcrm.contacts, gcrm.account_surroundings,"
    " gcrm.sites, gcrm.account_positions, gcrm.geocode_reviews, gcrm.geocode_corrections,"
    " gcrm.duplicates, gcrm.duplicate_runs, gcrm.account_merges, gcrm.account_keys,"
    " gcrm.account_thematic, gcrm.account_trade_areas, gcrm.cell_trade_areas, gcrm.trade_areas,"
    " gcrm.accounts, gcrm.products, gcrm.calendar_links, gcrm.reps, gcrm.territories, gcrm.regions, gcrm.quarantine, gcrm.mended,"
    " gcrm.warnings, gcrm.changes, gcrm.change_sets, gcrm.import_chunks, gcrm.imports, gcrm.jobs RESTART IDENTITY"
)


def empty() -> None:
    """Takes every record of the CRM out of the database; layers stay."""
    with connect(Role.OWNER) as connection:
        connection.execute(EMPTY)
