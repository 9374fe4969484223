"""The road network: extracts by dataset become one published version, and `Roads` on it."""

import shutil
from pathlib import Path

from gcrm.config import settings
from gcrm.errors import RoadsError
from gcrm.spatial.extracts import dataset_name
from gcrm.spatial.roads import network, store
from gcrm.spatial.roads.engines import NetworkRoads


def add_extract(path: Path, dataset: str | None) -> bool:
    """Puts an extract in the place of the one of its dataset, and publishes the network of all of them.

    Args:
        path: an .osm.pbf file; its roads are in no other dataset.
        dataset: its name; from the file's name if left out.

    Returns:
        Whether there is a new version of the network.

    Raises:
        RoadsError: it cannot be read, or holds no road; the network stays as it was.
    """
    kept = settings().roads / "extracts"
    kept.mkdir(parents=True, exist_ok=True)
    target = kept / f"{dataset or dataset_name(path)}.osm.pbf"
    others = sorted(extract for extract in kept.glob("*.osm.pbf") if extract != target)
    _, new = store.publish(settings().roads, [path, *others])
    waiting = target.with_suffix(".new")
    shutil.copyfile(path, waiting)
    waiting.replace(target)
    return new


def roads() -> NetworkRoads:
    """Roads on the network that is published, without conditions.

    Raises:
        RoadsError: none is published yet, or it is damaged.
    """
    version = store.current(settings().roads)
    if version is None:
        raise RoadsError("No road network is published yet; load an extract with `gcrm load osm FILE`.")
    return NetworkRoads(network.load(version))
