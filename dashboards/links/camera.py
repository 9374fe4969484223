"""Where a map looks."""

import math
from dataclasses import dataclass

_DECIMALS = 6


@dataclass(frozen=True)
class Camera:
    """Where the map looks: degrees in EPSG:4326, and deck.gl's zoom (the world is 512 * 2**zoom pixels wide)."""

    latitude: float
    longitude: float
    zoom: float

    @classmethod
    def parse(cls, text: str) -> "Camera":
        """From `latitude,longitude,zoom`.

        Raises:
            ValueError: it is not of that form.
        """
        parts = [float(part) for part in text.split(",")]
        if len(parts) != len(("latitude", "longitude", "zoom")) or not all(math.isfinite(part) for part in parts):
            raise ValueError(f"{text!r} is no place on the map; write latitude,longitude,zoom.")
        latitude, longitude, zoom = parts
        if abs(latitude) > 85 or abs(longitude) > 180 or not 0 <= zoom <= 22:  # noqa: PLR2004 - the limits of Web Mercator and of its zoom
            raise ValueError(f"{text!r} is no place on the map; write latitude,longitude,zoom.")
        return cls(latitude, longitude, zoom)

    def __str__(self) -> str:
        return f"{self.latitude:.{_DECIMALS}f},{self.longitude:.{_DECIMALS}f},{self.zoom:.2f}"
