"""How the basemap looks: a style of MapLibre (https://maplibre.org/maplibre-style-spec/), made from the colours of the theme."""

from typing import Any

from dashboards.theme import Look
from dashboards.tiles import FINEST_ZOOM, TEMPLATE

ATTRIBUTION = '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">© OpenStreetMap contributors</a>'

type _Json = dict[str, Any]

# The font of the pages; MapLibre takes the weight from the name of the first.
_MEDIUM, _BOLD = ["Source Sans Medium", "Source Sans"], ["Source Sans Semibold", "Source Sans"]
_SOURCE = "streets"
# Of each class of road the width at some zooms, in pixels; the narrowest is drawn first.
_WIDTHS: dict[str, tuple[tuple[float, float], ...]] = {
    "path": ((14, 0.6), (16, 1.2), (18, 2.5), (20, 5)),
    "service": ((13, 0.4), (15, 1.8), (17, 5), (20, 22)),
    "street": ((12, 0.5), (13, 1.2), (15, 5), (17, 12), (20, 52)),
    "secondary": ((9, 0.5), (12, 1.8), (15, 8), (17, 16), (20, 70)),
    "main": ((7, 0.5), (11, 1.8), (13, 3.6), (15, 10), (17, 20), (20, 84)),
    "motorway": ((4, 0.5), (10, 2), (13, 4.5), (15, 12), (17, 24), (20, 96)),
}
_CASED = tuple(name for name in _WIDTHS if name != "path")
# From which zoom on a class is drawn, and named.
_FROM = {"path": 15.0, "service": 14.0, "street": 12.0, "secondary": 9.0, "main": 7.0, "motorway": 4.0}
_NAMED_FROM = {"street": 14.5, "secondary": 13.0, "main": 12.0, "motorway": 12.0}


def of(look: Look, version: str) -> _Json:
    """The style of a theme.

    Args:
        look: the theme.
        version: of the loaded extracts, from `data.basemap_version`; empty for a map without streets.
    """
    background = {"id": "land", "type": "background", "paint": {"background-color": look.paper}}
    if not version:
        return {"version": 8, "sources": {}, "layers": [background]}
    source = {"type": "vector", "tiles": [TEMPLATE.format(version=version)], "maxzoom": FINEST_ZOOM, "attribution": ATTRIBUTION}
    layers = [background, *_areas(look), *_roads(look), *_buildings(look), *_road_names(look), *_area_names(look)]
    return {"version": 8, "sources": {_SOURCE: source}, "light": {"intensity": 0.2}, "layers": layers}


def _layer(name: str, kind: str, of_tile: str, **rest: object) -> _Json:
    return {"id": name, "type": kind, "source": _SOURCE, "source-layer": of_tile, **rest}


def _is(kind: str) -> list[object]:
    return ["==", ["get", "kind"], kind]


def _by_zoom(*stops: tuple[float, float], base: float = 1.5, plus: float = 0.0) -> list[object]:
    steps = [part for zoom, value in stops for part in (zoom, value + plus)]
    return ["interpolate", ["exponential", base], ["zoom"], *steps]


def _areas(look: Look) -> list[_Json]:
    """Green, water and the edges of districts."""
    return [
        # One layer, since what is smaller lies above: a lake in a wood, a park on an island.
        _layer("land_cover", "fill", "land_cover", paint={"fill-color": ["match", ["get", "kind"], "water", look.water, look.green]}),
        _layer("boundaries", "line", "boundaries", minzoom=8,
               paint={"line-color": look.label, "line-opacity": 0.35, "line-width": _by_zoom((8, 0.5), (14, 1.2)), "line-dasharray": [4, 2]}),
    ]  # fmt: skip


def _roads(look: Look) -> list[_Json]:
    """All edges first, then all surfaces, so that streets run into each other where they meet."""
    round_ends = {"line-cap": "round", "line-join": "round"}
    casings = [
        _layer(f"{name}-casing", "line", "roads", filter=_is(name), minzoom=max(_FROM[name], 12.0), layout=round_ends,
               paint={"line-color": look.casing, "line-width": _by_zoom(*_WIDTHS[name], plus=1.6)})
        for name in _CASED
    ]  # fmt: skip
    surfaces = [
        _layer(name, "line", "roads", filter=_is(name), minzoom=_FROM[name], layout=round_ends,
               paint={"line-color": _surface(look, name), "line-width": _by_zoom(*_WIDTHS[name])})
        for name in _CASED
    ]  # fmt: skip
    paths = _layer("path", "line", "roads", filter=_is("path"), minzoom=_FROM["path"],
                   paint={"line-color": look.path, "line-width": _by_zoom(*_WIDTHS["path"]), "line-dasharray": [2, 1.5]})  # fmt: skip
    return [paths, *casings, *surfaces]


def _surface(look: Look, name: str) -> list[object]:
    """From afar a road is a thin dark line, near a bright surface with edges."""
    near = look.main_street if name in ("main", "motorway") else look.street
    return ["interpolate", ["linear"], ["zoom"], 11.5, look.roads[3], 13, near]


def _buildings(look: Look) -> list[_Json]:
    """Footprints, and in their place blocks where the map is tilted: `src/map_view.js` shows the one or the other."""
    appear = ["interpolate", ["linear"], ["zoom"], 13, 0, 14.5, 1]
    flat = _layer("buildings", "fill", "buildings", minzoom=13,
                  paint={"fill-color": look.building, "fill-outline-color": look.building_edge, "fill-opacity": appear})  # fmt: skip
    blocks = _layer("buildings-3d", "fill-extrusion", "buildings", minzoom=13, layout={"visibility": "none"},
                    paint={"fill-extrusion-color": look.building, "fill-extrusion-height": ["coalesce", ["get", "height"], 6], "fill-extrusion-opacity": 0.85,
                           "fill-extrusion-vertical-gradient": True})  # fmt: skip
    return [flat, blocks]


def _text(look: Look, colour: str | None = None, halo: float = 1.4) -> _Json:
    return {"text-color": colour or look.label, "text-halo-color": look.paper, "text-halo-width": halo, "text-halo-blur": 0.4}


def _road_names(look: Look) -> list[_Json]:
    sizes = {"motorway": 13.5, "main": 13.5, "secondary": 13, "street": 12.5}
    return [
        _layer(f"{name}-name", "symbol", "roads", filter=["all", _is(name), ["has", "name"]], minzoom=_NAMED_FROM[name],
               layout={"symbol-placement": "line", "text-field": ["get", "name"], "text-font": _MEDIUM, "text-size": size, "text-max-angle": 30,
                       "text-padding": 6, "symbol-spacing": 320}, paint=_text(look))
        for name, size in sizes.items()
    ]  # fmt: skip


def _area_names(look: Look) -> list[_Json]:
    """Names of water, parks and districts; what is larger goes before what is smaller."""

    def layer(kind: str, colour: str, size: object, **more: object) -> _Json:
        return _layer(f"{kind}-name", "symbol", "names", filter=_is(kind), paint=_text(look, colour),
                      layout={"text-field": ["get", "name"], "text-font": _BOLD, "text-size": size, "symbol-sort-key": ["-", ["get", "size"]],
                              "text-max-width": 7, "text-padding": 8, **more})  # fmt: skip

    by_size = ["interpolate", ["linear"], ["get", "size"], 70, 12, 500, 15, 1200, 18]
    return [
        layer("green", look.green_label, 12),
        layer("water", look.water_label, 13),
        layer("district", look.district_label, by_size, **{"text-letter-spacing": 0.08, "text-transform": "uppercase"}),
    ]
