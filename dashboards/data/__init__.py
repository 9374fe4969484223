"""What the pages read: the one door of the dashboards to the cube and the database, one file a subject. Every read takes a Scope."""

from dashboards.data.accounts import MOST_ACCOUNTS, Accounts, accounts_in
from dashboards.data.basemap import Window, basemap_counts, basemap_layer, basemap_version, names_on_map
from dashboards.data.contents import Overview, overview
from dashboards.data.cube import Cube, answer, answerable, comfortable_level, current_cube, fitting, for_measure, in_one_currency, members_of
from dashboards.data.flaws import flawed_accounts, flawed_cells, quality_of
from dashboards.data.map_cells import MOST_CELLS, Cells, cells, level_of_cell
from dashboards.data.new_account import Located, NewAccount, new_account
from dashboards.data.positions import count_reviews, last_decisions, reviews
from gcrm.access.scope import Scope
from gcrm.olap.answer import Answer, Explanation
from gcrm.olap.catalogue import ACCOUNTS, DIMENSIONS, FACTS, MEASURES, PLACE, UNKNOWN, Axis, Measure
from gcrm.olap.query import CubeQuery, Filter
from gcrm.pipeline import duplicate_review, duplicates, jobs, places, quality, quarantine, quarantine_files
from gcrm.pipeline.geocode_review import Review
from gcrm.pipeline.places import CELL_LAYERS, LayerMeasure, Place
from gcrm.units import LEVELS

__all__ = [
    "ACCOUNTS",
    "CELL_LAYERS",
    "DIMENSIONS",
    "FACTS",
    "LEVELS",
    "MEASURES",
    "MOST_ACCOUNTS",
    "MOST_CELLS",
    "PLACE",
    "UNKNOWN",
    "Accounts",
    "Answer",
    "Axis",
    "Cells",
    "Cube",
    "CubeQuery",
    "Explanation",
    "Filter",
    "LayerMeasure",
    "Located",
    "Measure",
    "NewAccount",
    "Overview",
    "Place",
    "Review",
    "Scope",
    "Window",
    "accounts_in",
    "answer",
    "answerable",
    "basemap_counts",
    "basemap_layer",
    "basemap_version",
    "cells",
    "comfortable_level",
    "count_reviews",
    "current_cube",
    "duplicate_review",
    "duplicates",
    "everything",
    "fitting",
    "flawed_accounts",
    "flawed_cells",
    "for_measure",
    "in_one_currency",
    "jobs",
    "last_decisions",
    "level_of_cell",
    "members_of",
    "names_on_map",
    "new_account",
    "overview",
    "places",
    "quality",
    "quality_of",
    "quarantine",
    "quarantine_files",
    "reviews",
]


def everything() -> Scope:
    """The scope of somebody who may see all."""
    return Scope.everything()
