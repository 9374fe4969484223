"""The map of the application: MapLibre draws the streets, deck.gl the data, Terra Draw what is drawn by hand; layers are declared with pydeck.

Data go to the browser as the rows of a layer, or better under an address of our own server, as JSON or as an Arrow stream (a column's name is an accessor;
columns of type uint64 are H3 cells). What comes back are ids, the viewport and drawings. `src/` holds what runs in the browser, `bundle/` what `make bundle`
makes of it.
"""

import json
from collections.abc import Callable
from typing import Any

import pydeck as pdk
import streamlit as st

from dashboards import theme
from dashboards.map_component import assets, style
from dashboards.map_component.state import NOTHING_DRAWN, FeatureCollection, MapState, Picked, Tool, Viewport

__all__ = ["NOTHING_DRAWN", "FeatureCollection", "MapState", "Picked", "Tool", "Viewport", "routes", "show"]

routes = assets.routes

# Streamlit takes inline code of one line for the path of a file, and runs it under an address that others cannot be relative to.
_LOADER = """
export default async function (component) {
    const { render } = await import(new URL(component.data.bundle, location.origin));
    return render(component);
}
"""
_MOST_ZOOM = 25.0
"""More than any map has; JSON knows no infinity."""

_mount = st.components.v2.component("gcrm_map", js=_LOADER)


def show(  # noqa: PLR0913 - a map is one call; all but two have a default
    deck: pdk.Deck,
    *,
    key: str,
    streets: str = "",
    height: int | None = None,
    tools: tuple[Tool, ...] = (),
    drawn: FeatureCollection | None = None,
    selected: tuple[str, ...] = (),
    on_pick: Callable[[Picked], None] | None = None,
    on_draw: Callable[[FeatureCollection], None] | None = None,
    on_move: Callable[[Viewport], None] | None = None,
    still: tuple[float, float] | None = None,
) -> MapState:
    """Draws a map. It keeps where the reader moved it to, and what is drawn on it, over all runs; it moves when the deck's view state becomes another one.

    Args:
        deck: layers from bottom to top, each with an `id`; the view state; the tooltip, in whose `html` {names} stand for values of the object, which are
            escaped. A layer whose objects can be chosen is `pickable` and has `get_id`.
        key: of the map; the same in every run, or the reader's view would be lost.
        streets: the version of the basemap, from `data.basemap_version`; empty for none.
        height: pixels; None for that of the container.
        tools: what can be drawn with.
        drawn: the shapes that the page holds; None where it leaves them to the map.
        selected: ids of objects that are outlined.
        on_pick: told what was chosen, by a click or by Enter in the middle of the map.
        on_draw: told the shapes whenever one was drawn, changed or deleted.
        on_move: told the viewport a moment after it changed; a map without it does not run the page then.
        still: zooms between which nothing is told; None to tell every move.
    """
    data = _data(deck, streets) | {"height": height, "tools": list(tools), "drawn": drawn, "selected": list(selected), "follows": on_move is not None}
    data |= {"still": None if still is None else [max(still[0], 0.0), min(still[1], _MOST_ZOOM)]}
    result = _mount(
        key=key, data=data, height="stretch" if height is None else height,
        on_picked_change=_telling(key, "picked", on_pick and (lambda value: on_pick(Picked(**value)))),
        on_drawn_change=_telling(key, "drawn", on_draw),
        on_viewport_change=_telling(key, "viewport", on_move and (lambda value: on_move(Viewport(**value)))),
    )  # fmt: skip
    return MapState.of(result)


def _telling(key: str, name: str, tell: Callable[[Any], None] | None) -> Callable[[], None]:
    """What Streamlit calls when the map has something to tell."""

    def telling() -> None:
        value = st.session_state[key].get(name)
        if tell is not None and value is not None:
            tell(value)

    return telling


def _data(deck: pdk.Deck, streets: str) -> dict[str, Any]:
    """What the browser is given of a deck; `src/map_view.js` reads it."""
    look = theme.look()
    declared = json.loads(deck.to_json())
    card = deck._tooltip  # noqa: SLF001 - pydeck has no other way to it, and Streamlit takes the same one
    return {
        "bundle": assets.address("map.js"),
        "style": style.of(look, streets),
        "dark": look.dark,
        "accent": look.accent,
        "outline": theme.rgb(look.outline),
        "camera": declared["initialViewState"],
        "layers": declared["layers"],
        "card": card.get("html", "") if isinstance(card, dict) else "",
    }
