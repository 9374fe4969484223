"""What the pages read: the one door of the dashboards to the cube and the database, one file a subject. Every read takes a Scope."""

from zoneinfo import ZoneInfo

from dashboards.data.accounts import MOST_ACCOUNTS, Accounts, accounts_in
from dashboards.data.basemap import Window, basemap_tile, basemap_version
from dashboards.data.contents import Overview, overview
from dashboards.data.cube import (
    Cube,
    answer,
    answerable,
    comes_from_layers,
    comfortable_level,
    cube_as_of,
    current_cube,
    fitting,
    for_measure,
    in_one_currency,
    kept_cubes,
    members_of,
    scenario_cube,
    scenario_labels,
    ways_to_show,
)
from dashboards.data.flaws import flawed_accounts, flawed_cells, quality_of
from dashboards.data.map_cells import MOST_CELLS, Cells, CellsByMember, cells, cells_by_member, level_of_cell
from dashboards.data.new_account import Located, NewAccount, new_account
from dashboards.data.positions import count_reviews, last_decisions, reviews
from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.crm.activities import KINDS, Plan, Urgency
from gcrm.crm.cases import KINDS as CASE_KINDS
from gcrm.crm.cases import MOVES as CASE_MOVES
from gcrm.crm.cases import PRIORITIES, STATUSES, UNSOLVED
from gcrm.olap.answer import Answer, Explanation
from gcrm.olap.calendar import span
from gcrm.olap.catalogue import DIMENSIONS, FACTS, HIERARCHIES, MEASURES, PLACE, SETS, UNKNOWN, Axis, Measure, dimensions_of, is_money, simple
from gcrm.olap.derived import Derived
from gcrm.olap.query import CubeQuery, Filter, versus_columns
from gcrm.pipeline import (
    account,
    activity_lists,
    calendar_links,
    cases,
    duplicate_review,
    duplicates,
    exports,
    jobs,
    places,
    quality,
    quarantine,
    quarantine_files,
    reach,
    search,
)
from gcrm.pipeline.account import Account
from gcrm.pipeline.cube_records import cube_records
from gcrm.pipeline.custom_values import values_of
from gcrm.pipeline.geocode_review import Review
from gcrm.pipeline.places import CELL_LAYERS, THEMATIC, CellLayer, LayerMeasure, Place
from gcrm.pipeline.reach import Origin, Reach, Street
from gcrm.pipeline.roads import Asked
from gcrm.pipeline.saved_views import SavedView
from gcrm.pipeline.saved_views import list_views as saved_views
from gcrm.spatial.roads.protocol import Route
from gcrm.spatial.shapes import Band, Polygon, Ring
from gcrm.spatial.shapes import parse as place_of
from gcrm.units import LEVELS, MOVEMENT_LEVEL

__all__ = [
    "CASE_KINDS",
    "CASE_MOVES",
    "CELL_LAYERS",
    "DIMENSIONS",
    "FACTS",
    "HIERARCHIES",
    "KINDS",
    "LEVELS",
    "MEASURES",
    "MOST_ACCOUNTS",
    "MOST_CELLS",
    "MOVEMENT_LEVEL",
    "PLACE",
    "PRIORITIES",
    "SETS",
    "STATUSES",
    "THEMATIC",
    "UNKNOWN",
    "UNSOLVED",
    "Account",
    "Accounts",
    "Answer",
    "Asked",
    "Axis",
    "Band",
    "CellLayer",
    "Cells",
    "CellsByMember",
    "Cube",
    "CubeQuery",
    "Derived",
    "Explanation",
    "Filter",
    "LayerMeasure",
    "Located",
    "Measure",
    "NewAccount",
    "Origin",
    "Overview",
    "Place",
    "Plan",
    "Polygon",
    "Reach",
    "Review",
    "Ring",
    "Route",
    "SavedView",
    "Scope",
    "Street",
    "Urgency",
    "Window",
    "account",
    "accounts_in",
    "activity_lists",
    "answer",
    "answerable",
    "basemap_tile",
    "basemap_version",
    "calendar_links",
    "cases",
    "cells",
    "cells_by_member",
    "comes_from_layers",
    "comfortable_level",
    "count_reviews",
    "cube_as_of",
    "cube_records",
    "current_cube",
    "dimensions_of",
    "duplicate_review",
    "duplicates",
    "everything",
    "exports",
    "fitting",
    "flawed_accounts",
    "flawed_cells",
    "for_measure",
    "in_one_currency",
    "is_money",
    "jobs",
    "kept_cubes",
    "last_decisions",
    "level_of_cell",
    "members_of",
    "new_account",
    "overview",
    "place_of",
    "places",
    "quality",
    "quality_of",
    "quarantine",
    "quarantine_files",
    "reach",
    "reviews",
    "saved_views",
    "scenario_cube",
    "scenario_labels",
    "search",
    "simple",
    "span",
    "values_of",
    "versus_columns",
    "ways_to_show",
    "zone",
]


def everything() -> Scope:
    """The scope of somebody who may see all that this installation shows."""
    return Scope.of_settings()


def zone() -> ZoneInfo:
    """The time zone whose clock the working day has.

    Raises:
        SettingsError: GCRM_TIME_ZONE names none.
    """
    return settings().zone
