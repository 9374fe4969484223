"""What the links to the pages say, and back; the cube page's link is its question (`CubeQuery.parameters`)."""

from dashboards.links.account import AccountView
from dashboards.links.audiences import AudienceView
from dashboards.links.camera import Camera
from dashboards.links.daily import DayView
from dashboards.links.duplicates import DuplicatesView
from dashboards.links.lists import ListView
from dashboards.links.map_explorer import MapView
from dashboards.links.positions import REVIEW_STATUSES, PositionsView
from dashboards.links.quality import QualityView
from dashboards.links.quarantine import QuarantineView
from dashboards.links.reach import BESIDE, MODES, WEEKDAYS, ReachView
from dashboards.links.reports import ReportsView
from dashboards.links.sales import ForecastView, PipelineView
from dashboards.links.surroundings import FLOW_MEASURES, FLOWS, ON_STREETS, SurroundingsView

__all__ = [
    "BESIDE",
    "FLOWS",
    "FLOW_MEASURES",
    "MODES",
    "ON_STREETS",
    "REVIEW_STATUSES",
    "WEEKDAYS",
    "AccountView",
    "AudienceView",
    "Camera",
    "DayView",
    "DuplicatesView",
    "ForecastView",
    "ListView",
    "MapView",
    "PipelineView",
    "PositionsView",
    "QualityView",
    "QuarantineView",
    "ReachView",
    "ReportsView",
    "SurroundingsView",
]
