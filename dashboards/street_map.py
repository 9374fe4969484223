"""The streets around some places: what lies below the points of a page."""

from collections.abc import Sequence

import pydeck as pdk

from dashboards import basemap, data, maps, session
from dashboards.data import Window
from dashboards.links import Camera
from dashboards.theme import Look

_MOST_NAMES = 60
_LEAST_DEGREES = 0.002
_SIZE, _SIZE_ON_PHONE = (640, 400, 0), (358, 440, 0)


def around(places: Sequence[tuple[float, float]], look: Look) -> tuple[Camera, list[pdk.Layer]]:
    """A camera that shows all of the places, not so near that no street is seen, and the streets with their names.

    Args:
        places: longitude and latitude, degrees in EPSG:4326; at least one.
        look: the theme.
    """
    longitudes, latitudes = zip(*places, strict=True)
    seen = Window(min(longitudes) - _LEAST_DEGREES, min(latitudes) - _LEAST_DEGREES / 2, max(longitudes) + _LEAST_DEGREES, max(latitudes) + _LEAST_DEGREES / 2)
    camera = maps.camera(seen, *(_SIZE_ON_PHONE if session.on_phone() else _SIZE))
    scope = session.scope()
    streets = data.basemap_version(scope)
    if not streets:
        return camera, []
    window = basemap.around(seen)
    return camera, [*maps.basemap_layers(streets, window, look), maps.label_layer(data.names_on_map(streets, window, _MOST_NAMES, scope), camera, look)]
