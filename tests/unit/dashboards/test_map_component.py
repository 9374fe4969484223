"""The style of the basemap, and what the map tells."""

import re
from itertools import pairwise
from typing import Any

import pytest

from dashboards.map_component import NOTHING_DRAWN, MapState, Picked, Viewport, style
from dashboards.theme import DARK, LIGHT, Look

LOOKS = pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])


@LOOKS
def test_without_streets_the_map_is_paper(look: Look) -> None:
    made = style.of(look, "")
    assert made["sources"] == {}
    assert [layer["paint"]["background-color"] for layer in made["layers"]] == [look.paper]


@LOOKS
def test_the_style_names_no_other_host_and_its_source(look: Look) -> None:
    made = style.of(look, "1-2")
    (source,) = made["sources"].values()
    assert source["tiles"] == ["/tiles/1-2/{z}/{x}/{y}.mvt"]
    assert "© OpenStreetMap contributors" in source["attribution"]
    # The attribution is a link that the reader may follow; nothing else leads away. Without glyphs the browser's own fonts are drawn.
    assert not re.search(r"https?://", str(made["layers"]))
    assert not {"glyphs", "sprite"} & made.keys()


@LOOKS
def test_names_lie_above_streets_and_surfaces_above_their_edges(look: Look) -> None:
    layers: list[dict[str, Any]] = style.of(look, "1")["layers"]
    order = [layer["id"] for layer in layers]
    assert len(set(order)) == len(order)
    assert [kind == "symbol" for kind in (layer["type"] for layer in layers)] == sorted(layer["type"] == "symbol" for layer in layers)
    last_edge = max(place for place, name in enumerate(order) if name.endswith("-casing"))
    assert all(order.index(name) > last_edge for name in ("service", "street", "secondary", "main", "motorway"))


@LOOKS
def test_wider_classes_are_wider_and_grow_with_the_zoom(look: Look) -> None:
    widths = {
        layer["id"]: layer["paint"]["line-width"] for layer in style.of(look, "1")["layers"] if layer["id"] in ("street", "secondary", "main", "motorway")
    }
    for width in widths.values():
        stops = width[3:]
        assert all(before < after for before, after in pairwise(stops[::2]))
        assert all(before < after for before, after in pairwise(stops[1::2]))
    assert widths["street"][-1] < widths["secondary"][-1] < widths["main"][-1] < widths["motorway"][-1]


def test_the_state_is_what_the_map_told() -> None:
    assert MapState.of({}) == MapState(None, None, NOTHING_DRAWN)
    seen = {"west": 24.9, "south": 60.1, "east": 25.0, "north": 60.2, "zoom": 14.5}
    told = MapState.of({"viewport": seen, "picked": {"layer": "cells", "id": "8a1126d331b7fff"}, "drawn": None})
    assert told.viewport == Viewport(24.9, 60.1, 25.0, 60.2, 14.5)
    assert told.picked == Picked("cells", "8a1126d331b7fff")
