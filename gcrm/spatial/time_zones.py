"""The time zone of a place."""

from functools import cache
from zoneinfo import ZoneInfo

from timezonefinder import TimezoneFinder

from gcrm.errors import LayerError


@cache
def _finder() -> TimezoneFinder:
    return TimezoneFinder()


def time_zone_at(longitude: float, latitude: float) -> str:
    """IANA name of the zone at a point (boundaries of OpenStreetMap, by timezonefinder); at sea that of the nautical zone.

    Args:
        longitude: degrees, EPSG:4326.
        latitude: degrees, EPSG:4326.
    """
    return str(_finder().timezone_at(lng=longitude, lat=latitude) or "UTC")


def check_time_zone(name: str) -> str:
    """The name, which must be one.

    Raises:
        LayerError: no such zone is known.
    """
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise LayerError(f"{name!r} is no time zone; name one such as Europe/Zurich.") from error
