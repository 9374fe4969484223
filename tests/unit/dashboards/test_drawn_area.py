"""What is drawn on a map becomes a filter on places, and back."""

import shapely

from dashboards.data import PLACE, Filter
from dashboards.drawn_area import area_of, drawn_in, drawn_of, members_of

SQUARE = [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
BOW = [[24.94, 60.16], [24.95, 60.17], [24.95, 60.16], [24.94, 60.17], [24.94, 60.16]]


def _drawn(*rings: list[list[float]], tool: str = "polygon") -> dict[str, object]:
    features = [{"type": "Feature", "id": "1", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"tool": tool}} for ring in rings]
    return {"type": "FeatureCollection", "features": features}


def test_a_shape_is_a_member_of_place_and_comes_back_as_it_was() -> None:
    (member,) = members_of(_drawn(SQUARE))
    assert shapely.from_wkt(member).equals(shapely.Polygon(SQUARE))
    (feature,) = drawn_of([Filter("status", ("customer",)), Filter(PLACE, (member, "891126d33a3ffff"))])["features"]
    assert [list(position) for position in feature["geometry"]["coordinates"][0]] == SQUARE
    assert members_of({"type": "FeatureCollection", "features": []}) == ()
    assert drawn_of([])["features"] == []


def test_an_outline_that_crosses_itself_is_mended() -> None:
    members = members_of(_drawn(BOW))
    assert len(members) == 2
    assert all(shapely.from_wkt(member).is_valid for member in members)
    assert Filter(PLACE, members).exact


def test_a_line_by_hand_is_simplified_and_keeps_its_area() -> None:
    ring = [[24.94 + 0.01 * x / 200, 60.16] for x in range(200)] + [[24.95, 60.16 + 0.01 * y / 200] for y in range(200)] + [SQUARE[0]]
    (member,) = members_of(_drawn(ring, tool="lasso"))
    assert shapely.get_num_coordinates(shapely.from_wkt(member)) < 10
    assert abs(shapely.from_wkt(member).area - shapely.Polygon(ring).area) < 1e-8
    assert shapely.get_num_coordinates(shapely.from_wkt(members_of(_drawn(ring))[0])) > 300


def test_shapes_are_one_area_and_come_back_as_its_polygons() -> None:
    far = [[longitude + 1, latitude] for longitude, latitude in SQUARE]
    area = area_of(_drawn(SQUARE, BOW, far))
    assert shapely.from_wkt(area).equals(shapely.union(shapely.Polygon(SQUARE), shapely.Polygon(far)))
    assert len(drawn_in(area)["features"]) == 2
    assert area_of(drawn_in(area)) == area
    assert area_of(_drawn()) == ""
    for other in ("", "891126d33a3ffff+2", "trade-area:sites/west"):
        assert drawn_in(other)["features"] == []
