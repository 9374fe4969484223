"""The reference: what is known of addresses, streets, postcodes and places, as DuckDB tables."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gcrm.ingest.geocoding.areas import place_keys, postcode_key
from gcrm.ingest.geocoding.folding.dictionary import Dictionary
from gcrm.ingest.geocoding.folding.keys import StreetKeys, street_keys
from gcrm.ingest.geocoding.folding.text import as_written
from gcrm.ingest.geocoding.house_numbers import parse_number

SAME_SITE_M = 200.0
"""Objects of one address lie up to 160 m apart in OSM; nearer than this they are one site, and no rivals of each other."""

_NEIGHBOUR_M = 1000.0
"""How far a point without postcode or place looks for one that has it."""

_METRES_PER_DEGREE = 111_195.0
_ONE_THREAD = "SET threads = 1"
"""The tables of a batch are small: a second thread takes a tenth more processor time, and brings none."""

_COLUMNS = ("street", "house_number", "postcode", "city", "country_code", "longitude", "latitude")

_SITES = """
CREATE TABLE sites AS
WITH several AS (
    SELECT * FROM numbered SEMI JOIN (SELECT stretch_id, number_key FROM numbered GROUP BY ALL HAVING count(*) > 1) USING (stretch_id, number_key)
),
sited AS (
    SELECT stretch_id, number_key, min(base) AS base, min(longitude) AS longitude, min(latitude) AS latitude, 0::DOUBLE AS spread_m
    FROM numbered GROUP BY stretch_id, number_key HAVING count(*) = 1
    UNION ALL
    SELECT stretch_id, number_key, min(base) AS base,
        arg_min(longitude, (off, longitude)) AS longitude, arg_min(latitude, (off, longitude)) AS latitude,
        greatest((max(longitude) - min(longitude)) * cos(radians(avg(latitude))), max(latitude) - min(latitude)) * 111195 AS spread_m
    FROM (
        SELECT *, ((longitude - median(longitude) OVER w) * cos(radians(latitude))) ** 2 + (latitude - median(latitude) OVER w) ** 2 AS off
        FROM several WINDOW w AS (PARTITION BY stretch_id, number_key)
    ) GROUP BY stretch_id, number_key
)
SELECT row_number() OVER (ORDER BY stretch_id, number_key)::INT AS site_id, * FROM sited
"""
"""The position of a site is that of one of its points, the nearest to the middle of all; nearly every site has one only."""

_STRETCHES = """
CREATE TABLE stretches AS
SELECT row_number() OVER (ORDER BY street_id, postcode, place, country)::INT AS stretch_id, * FROM (
    SELECT street_id, postcode, place, country, median(longitude) AS middle_x, median(latitude) AS middle_y,
        arg_min(longitude, (off, longitude)) AS longitude, arg_min(latitude, (off, longitude)) AS latitude,
        min(city) AS city, min(code) AS code, count(*) AS points
    FROM (
        SELECT *, abs(longitude - median(longitude) OVER w) * cos(radians(latitude)) + abs(latitude - median(latitude) OVER w) AS off
        FROM located WINDOW w AS (PARTITION BY street_id, postcode, place, country)
    ) GROUP BY street_id, postcode, place, country
)
"""


class Reference:
    """What is known of addresses.

    Args:
        points: columns street, house_number, postcode, city, longitude, latitude (EPSG:4326) and, where it is known, country_code: one row per address.
        streets: columns street, longitude, latitude and, where they are known, postcode, city, country_code: a point of each segment of a named road.
        areas: columns postcode, city, longitude, latitude and, where it is known, country_code: centroids of postcodes and places.
        dictionary: the words that are abbreviated.

    Attributes:
        engine: the tables: street_keys (street_id, kind, key), stretches (a street within one postcode and place), keyed (their keys side by
            side), sites (an address within a stretch), areas.
        names: names of streets by street_id.
        keys: their keys by street_id.
    """

    def __init__(self, points: pd.DataFrame, streets: pd.DataFrame, areas: pd.DataFrame, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.engine = duckdb.connect()
        located = pd.concat([_complete(points), _complete(streets)], ignore_index=True)
        written = _mapped(located["street"], as_written)
        usable = written.notna() & located["longitude"].notna() & located["latitude"].notna()
        located = located[usable].reset_index(drop=True)
        codes, known = pd.factorize(written[usable], sort=True)
        self.names: list[str] = located["street"].groupby(codes, sort=True).min().reindex(range(len(known)), fill_value="").astype("str").tolist()
        self.keys: list[StreetKeys] = [street_keys(name, dictionary) for name in self.names]
        located["street_id"] = codes.astype(np.int32)
        self._locate(located)
        self._number()
        self._index_streets()
        self._index_areas(_complete(areas.assign(street=None, house_number=None)))
        self.engine.execute(_ONE_THREAD)

    @classmethod
    def kept(cls, path: Path, dictionary: Dictionary) -> "Reference":
        """The reference that `keep` wrote.

        Args:
            path: the file.
            dictionary: the words that it was made with.

        Raises:
            duckdb.Error: it is no such file.
        """
        self = cls.__new__(cls)
        self.dictionary = dictionary
        self.engine = duckdb.connect()
        self.engine.execute(f"ATTACH {_quoted(path)} AS kept (READ_ONLY); COPY FROM DATABASE kept TO memory; DETACH kept")
        self.names = [row[0] for row in self.engine.execute("SELECT street FROM street_names ORDER BY street_id").fetchall()]
        self.keys = [street_keys(name, dictionary) for name in self.names]
        self.engine.execute(_ONE_THREAD)
        return self

    def keep(self, path: Path) -> None:
        """Writes the reference to a file, from which it is there again in a small part of the time that its making takes.

        Args:
            path: a file that is not there yet.

        Raises:
            duckdb.Error: it cannot be written.
        """
        self.engine.execute(f"ATTACH {_quoted(path)} AS kept; COPY FROM DATABASE memory TO kept; DETACH kept")

    def _locate(self, located: pd.DataFrame) -> None:
        located["postcode"], located["code"] = _mapped(located["postcode"], postcode_key), located["postcode"]
        located["place"] = _mapped(located["city"], lambda text: next(iter(place_keys(text, self.dictionary)), ""))
        located["country"] = located["country_code"]
        fill_from_neighbours(located, ["postcode", "code", "place", "city", "country", "country_code"])
        self.engine.register("located_frame", located[["street_id", "house_number", "postcode", "code", "place", "city", "country", "longitude", "latitude"]])
        self.engine.execute("CREATE TEMPORARY TABLE located AS SELECT * FROM located_frame")
        self.engine.unregister("located_frame")
        self.engine.execute(_STRETCHES)

    def _number(self) -> None:
        texts = [row[0] for row in self.engine.execute("SELECT DISTINCT house_number FROM located WHERE house_number IS NOT NULL").fetchall()]
        parsed = [(text, parse_number(text, self.dictionary)) for text in texts]
        known = [(text, key, number.base if key == number.keys[0] else int(key)) for text, number in parsed for key in number.keys[: number.exact]]
        numbers = pd.DataFrame(known, columns=["house_number", "number_key", "base"]).astype({"house_number": "str", "number_key": "str", "base": "Int64"})
        self.engine.register("number_keys", numbers)
        self.engine.execute(
            "CREATE TEMPORARY TABLE numbered AS SELECT s.stretch_id, n.number_key, n.base, l.longitude, l.latitude FROM located l "
            "JOIN number_keys n USING (house_number) JOIN stretches s ON s.street_id = l.street_id AND s.postcode IS NOT DISTINCT FROM l.postcode "
            "AND s.place IS NOT DISTINCT FROM l.place AND s.country IS NOT DISTINCT FROM l.country"
        )
        self.engine.execute(_SITES)
        self.engine.unregister("number_keys")
        self._split_wide_sites()
        self.engine.execute("DROP TABLE numbered; DROP TABLE located")

    def _split_wide_sites(self) -> None:
        """Points of one address that lie farther apart than one site reaches are several sites."""
        wide = self.engine.execute(
            "SELECT n.stretch_id, n.number_key, n.base, n.longitude, n.latitude FROM numbered n "
            "JOIN sites s USING (stretch_id, number_key) WHERE s.spread_m > $limit ORDER BY ALL",
            {"limit": SAME_SITE_M},
        ).df()
        if wide.empty:
            return
        parts = []
        for _, group in wide.groupby(["stretch_id", "number_key"], sort=True):
            labels = clusters(group["longitude"].to_numpy(), group["latitude"].to_numpy(), SAME_SITE_M)
            middle = group[["longitude", "latitude"]].groupby(labels).transform("median")
            off = (group["longitude"] - middle["longitude"]).abs() + (group["latitude"] - middle["latitude"]).abs()
            points = group.loc[off.groupby(labels).idxmin(), ["longitude", "latitude"]]
            parts.append(points.assign(**{name: group[name].iloc[0] for name in ("stretch_id", "number_key", "base")}))
        self.engine.register("split_sites", pd.concat(parts, ignore_index=True))
        self.engine.execute("DELETE FROM sites WHERE spread_m > $limit", {"limit": SAME_SITE_M})
        self.engine.execute(
            "INSERT INTO sites SELECT coalesce((SELECT max(site_id) FROM sites), 0) + row_number() OVER (), stretch_id, number_key, base, longitude, "
            "latitude, 0 "
            "FROM split_sites"
        )
        self.engine.unregister("split_sites")

    def _index_streets(self) -> None:
        rows = [
            (street, kind, key) for street, keys in enumerate(self.keys) for kind, found in (("folded", keys.folded), ("stem", keys.stems)) for key in found
        ]
        self.engine.register("keys_frame", pd.DataFrame(rows, columns=["street_id", "kind", "key"]).astype({"street_id": "int32", "kind": "str", "key": "str"}))
        self.engine.execute("CREATE TABLE street_keys AS SELECT * FROM keys_frame")
        self.engine.unregister("keys_frame")
        names = pd.DataFrame(
            {"street_id": range(len(self.keys)), "plain": [keys.plain for keys in self.keys], "kinds": [sorted(keys.kinds) for keys in self.keys]}
        )
        self.engine.register("names_frame", names.assign(street=self.names))
        self.engine.execute("CREATE TABLE street_names AS SELECT street_id::INT AS street_id, plain, kinds::VARCHAR[] AS kinds, street FROM names_frame")
        self.engine.unregister("names_frame")
        self.engine.execute("CREATE TABLE keyed AS SELECT kind, key, street_id, stretch_id, postcode, place FROM street_keys JOIN stretches USING (street_id)")

    def _index_areas(self, given: pd.DataFrame) -> None:
        given["code"] = given["postcode"]
        given["postcode"] = _mapped(given["postcode"], postcode_key)
        given["place"] = _mapped(given["city"], lambda text: next(iter(place_keys(text, self.dictionary)), ""))
        self.engine.register("given_areas", given[["postcode", "place", "code", "city", "country_code", "longitude", "latitude"]])
        self.engine.execute(
            "CREATE TABLE areas AS SELECT postcode, place, min(code) AS code, min(city) AS city, min(country) AS country, "
            "median(longitude) AS longitude, median(latitude) AS latitude, count(*) AS points FROM ("
            "SELECT postcode, place, code, city, country_code AS country, longitude, latitude FROM given_areas UNION ALL "
            "SELECT postcode, place, code, city, country, longitude, latitude FROM stretches) "
            "WHERE postcode IS NOT NULL OR place IS NOT NULL GROUP BY postcode, place"
        )
        self.engine.unregister("given_areas")

    def streets_of(self, kind: str) -> dict[str, NDArray[np.int32]]:
        """The streets of each block.

        Args:
            kind: `postcode` or `place`.

        Returns:
            Key of the postcode or place to ascending street_ids.
        """
        column = {"postcode": "postcode", "place": "place"}[kind]
        found = self.engine.execute(
            f"SELECT {column} AS block, list(DISTINCT street_id ORDER BY street_id) AS streets FROM stretches WHERE {column} IS NOT NULL GROUP BY 1"  # noqa: S608 - declared names only
        ).fetchall()
        return {block: np.asarray(streets, dtype=np.int32) for block, streets in found}


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    whole = frame.reindex(columns=_COLUMNS)
    text = [name for name in _COLUMNS if name not in ("longitude", "latitude")]
    return whole.astype(dict.fromkeys(text, "str") | {"longitude": "float64", "latitude": "float64"}).where(whole.notna(), None)


def _mapped(column: pd.Series, key: Callable[[str], str]) -> pd.Series:
    """A key per distinct text; missing where it is empty."""
    codes, texts = pd.factorize(column)
    keys: list[str | None] = [*(key(str(text)) or None for text in texts), None]
    return pd.Series([keys[code] for code in codes], index=column.index, dtype=object)


def metres(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on a sphere as x, y, z in metres: a straight line between two near ones is their distance.

    Args:
        longitude: degrees, EPSG:4326.
        latitude: degrees, EPSG:4326.
    """
    x, y = np.radians(longitude), np.radians(latitude)
    radius = _METRES_PER_DEGREE * 180 / np.pi
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)]) * radius


def fill_from_neighbours(located: pd.DataFrame, columns: list[str]) -> None:
    """Gives points that lack a postcode or place that of the nearest point within a kilometre which has it.

    Args:
        located: longitude, latitude and the columns; changed in place. The columns come in pairs: a key, and the text beside it.
        columns: keys and texts in turn.
    """
    position = metres(located["longitude"].to_numpy(), located["latitude"].to_numpy())
    for key, text in zip(columns[::2], columns[1::2], strict=True):
        has = located[key].notna().to_numpy()
        if has.all() or not has.any():
            continue
        off, nearest = cKDTree(position[has]).query(position[~has], distance_upper_bound=_NEIGHBOUR_M)
        found = np.isfinite(off)
        where = np.flatnonzero(~has)[found]
        donors = np.flatnonzero(has)[nearest[found]]
        for column in (key, text):
            values = located[column].to_numpy(dtype=object, copy=True)
            values[where] = values[donors]
            located[column] = values


def clusters(longitude: NDArray[np.float64], latitude: NDArray[np.float64], reach_m: float) -> NDArray[np.int32]:
    """A label per point: points that a chain of steps joins, none longer than the reach, have the same.

    Args:
        longitude: degrees, EPSG:4326.
        latitude: degrees, EPSG:4326.
        reach_m: metres.
    """
    pairs = cKDTree(metres(longitude, latitude)).query_pairs(reach_m, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(longitude), len(longitude)))
    labels: NDArray[np.int32] = connected_components(links, directed=False)[1]
    return labels
