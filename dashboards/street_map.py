"""Maps of a page: its layers on the streets, with a legend, as high as the window leaves room for."""

from collections.abc import Callable, Sequence

import pydeck as pdk

from dashboards import data, map_component, maps, parts, session
from dashboards.data import Window
from dashboards.links import Camera

_LEAST_DEGREES = 0.002
_SIZE, _SIZE_ON_PHONE = (640, 400, 0), (358, 440, 0)


def around(places: Sequence[tuple[float, float]]) -> Camera:
    """The camera that shows all of the places, not so near that no street is seen.

    Args:
        places: longitude and latitude, degrees in EPSG:4326; at least one.
    """
    longitudes, latitudes = zip(*places, strict=True)
    seen = Window(min(longitudes) - _LEAST_DEGREES, min(latitudes) - _LEAST_DEGREES / 2, max(longitudes) + _LEAST_DEGREES, max(latitudes) + _LEAST_DEGREES / 2)
    return maps.camera(seen, *(_SIZE_ON_PHONE if session.on_phone() else _SIZE))


def draw(
    layers: Sequence[pdk.Layer],
    camera: Camera,
    *,
    key: str,
    card: str = "",
    legend: str = "",
    selected: tuple[str, ...] = (),
    on_pick: Callable[[str], None] | None = None,
    second: bool = False,
) -> None:
    """Draws the map.

    Args:
        layers: from bottom to top; one whose objects can be chosen is `pickable` and has `get_id`.
        camera: where it looks until the reader moves it.
        key: of the map; the same in every run, or the reader's view would be lost.
        card: HTML of what is said of the object under the pointer, in which {names} stand for its values.
        legend: HTML; empty for none.
        selected: ids of objects that are outlined.
        on_pick: told the id of an object that was chosen.
        second: whether the page has another map before it.
    """
    deck = maps.deck(layers, camera, card=card)
    streets = data.basemap_version(session.scope())

    def choose(picked: map_component.Picked) -> None:
        if on_pick is not None:
            on_pick(picked.id)

    parts.map_frame(lambda: map_component.show(deck, key=key, streets=streets, selected=selected, on_pick=choose), legend, second=second)
