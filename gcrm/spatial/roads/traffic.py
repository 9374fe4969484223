"""Road conditions as Valhalla's live traffic: a tar of one record per edge (valhalla/baldr/traffictile.h)."""

import io
import os
import tarfile
import time
from pathlib import Path

import numpy as np
from valhalla.baldr import GraphId, GraphTileHeader

from gcrm.spatial.roads.conditions import Slice
from gcrm.spatial.roads.network import Network
from gcrm.spatial.roads.protocol import Mode

_VERSION = 3
_TILE_BITS = (1 << 25) - 1
_EDGE_SHIFT = 25
_STEP_KMH = 2
_WHOLE = 255 << 28
"""The first of three parts is the whole edge."""


def write_traffic(path: Path, network: Network, conditions: Slice) -> None:
    """Writes the speeds and closures for cars; edges without a condition keep their own speed.

    Args:
        path: of the tar; what is there is replaced by rename.
        network: whose edges they are.
        conditions: of a moment.
    """
    closed = conditions.closed(Mode.CAR)
    told = closed | conditions.measured
    encoded = np.where(closed | ~told, 0, np.nan_to_num(conditions.speeds) / _STEP_KMH).astype(np.uint64)
    records = np.where(told, encoded | encoded << np.uint64(7) | np.uint64(_WHOLE), np.uint64(0))
    base, number = network.keys & _TILE_BITS, network.keys >> _EDGE_SHIFT
    waiting = path.with_suffix(".new")
    with tarfile.open(waiting, "w") as archive:
        for tile in np.unique(base):
            name = os.fspath(GraphId(int(tile)))
            count = GraphTileHeader.from_file(network.tiles / name).directededgecount
            speeds = np.zeros(count, dtype="<u8")
            here = base == tile
            speeds[number[here]] = records[here]
            header = np.array([tile, int(time.time())], dtype="<u8").tobytes() + np.array([count, _VERSION, 0, 0], dtype="<u4").tobytes()
            content = header + speeds.tobytes()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    waiting.replace(path)
