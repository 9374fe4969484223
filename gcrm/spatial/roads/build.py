"""From OSM extracts to a version of the road network."""

import json
import subprocess
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
import valhalla
from numpy.typing import NDArray
from valhalla.baldr import GraphId
from valhalla.baldr.utils import GraphUtils

from gcrm.errors import RoadsError
from gcrm.spatial.roads import network, tiles


def configuration(folder: Path, **mjolnir: object) -> dict[str, object]:
    """Valhalla's configuration for a folder of tiles.

    Args:
        folder: of the tiles.
        mjolnir: settings of the section of that name to be set beside.
    """
    config: dict[str, object] = deepcopy(valhalla.get_config(tile_dir=str(folder), tile_extract="", verbose=False))
    section = config["mjolnir"]
    if not isinstance(section, dict):
        raise TypeError("valhalla's configuration has no section mjolnir")
    section.update({"admin": "", "timezone": "", "traffic_extract": "", **mjolnir})
    # Without a database of countries, which an extract of a city cannot fill, the driving side is right unless a way says otherwise.
    section.setdefault("data_processing", {})["use_admin_db"] = False
    return config


def build(extracts: Sequence[Path], folder: Path) -> None:
    """Builds the tiles and the search graphs of a network.

    Args:
        extracts: .osm.pbf files that do not overlap.
        folder: an empty folder; it is filled.

    Raises:
        RoadsError: the extracts cannot be read, or hold no road.
    """
    made = folder / "tiles"
    made.mkdir()
    config = folder / "build.json"
    config.write_text(json.dumps(configuration(made)), encoding="utf-8")
    program = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    run = subprocess.run([str(program), "-c", str(config), *map(str, extracts)], capture_output=True, text=True, check=False)
    config.unlink()
    if run.returncode != 0 or not any(made.rglob("*.gph")):
        last = (run.stderr or run.stdout).strip().splitlines()[-1:] or ["no road in it"]
        names = ", ".join(path.name for path in extracts)
        raise RoadsError(f"No road network can be built of {names} ({last[0]}); it must be a whole .osm.pbf file with roads.")
    graph = tiles.read_graph(made)
    owner = _owners(graph.edges)
    owners, shape_of = np.unique(owner, return_inverse=True)
    edges = graph.edges.assign(shape=shape_of.astype(np.int32), forward=(owner == np.arange(len(owner))).astype(np.int16))
    network.save(folder, replace(graph, edges=edges), _lines(edges["key"].to_numpy()[owners], made))


def _owners(edges: pd.DataFrame) -> NDArray[np.int64]:
    """By edge, the one of its two directions whose line is kept for both."""
    opposite, position = edges["opposite"].to_numpy(), np.arange(len(edges))
    # Either direction may be missing where the road crosses the edge of the extract.
    return np.where((edges["forward"].to_numpy() == 1) | (opposite < 0), position, opposite)


def _lines(keys: NDArray[np.int64], made: Path) -> NDArray[np.object_]:
    """The line of each edge in its direction, EPSG:4326."""
    reader = GraphUtils(configuration(made))
    lines = [np.asarray(reader.get_edge_shape(GraphId(int(key)))) for key in keys]
    counts = [len(line) for line in lines]
    found = shapely.linestrings(np.concatenate(lines), indices=np.repeat(np.arange(len(lines)), counts))
    return np.asarray(found)
