"""Extracts by dataset become the published network."""

from pathlib import Path

import numpy as np
import pytest

from gcrm.config import settings
from gcrm.errors import RoadsError
from gcrm.pipeline.roads import add_extract, roads
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.roads.moment import Moment
from gcrm.spatial.roads.protocol import Mode


def test_an_extract_becomes_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCRM_HOME", str(tmp_path))
    settings.cache_clear()
    try:
        with pytest.raises(RoadsError, match="load osm"):
            roads()
        assert add_extract(helsinki(), None)
        assert not add_extract(helsinki(), None)
        station, cathedral = np.array([24.9414, 60.1713]), np.array([24.9522, 60.1700])
        times = roads().one_to_many(station, cathedral.reshape(1, 2), Mode.FOOT, Moment.parse("Tue 08:30"), metres=True)
        assert times.metres is not None
        assert times.metres[0, 0] > 600  # as the crow flies
    finally:
        settings.cache_clear()
