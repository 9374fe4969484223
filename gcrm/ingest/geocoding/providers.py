"""Geocoders of others, asked for what the reference does not know: one Protocol, keyless ones by geopy, each with its own rate and retention."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from geopy.exc import GeopyError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import Nominatim, Photon

from gcrm.errors import SettingsError

_KINDS = {"nominatim": Nominatim, "photon": Photon}
_USER_AGENT = "gcrm"
_TIMEOUT_S = 10
_DEFAULT_PER_SECOND = 1.0
_DEFAULT_DAYS = 30
_LEVELS = {
    "rooftop": ("house", "building", "house_number", "amenity", "shop", "office"),
    "street": ("street", "road", "highway", "residential", "service", "pedestrian", "footway"),
    "postcode": ("postcode", "postal_code"),
}


@dataclass(frozen=True)
class ProviderAnswer:
    """What a provider said of one address.

    Attributes:
        longitude: degrees, EPSG:4326; None where it found nothing or failed.
        latitude: degrees, EPSG:4326.
        level: rooftop, street, postcode, place or none.
        label: its words for the place.
        failure: why there is no answer; None where there is one, or where nothing was found.
    """

    longitude: float | None
    latitude: float | None
    level: str
    label: str | None = None
    failure: str | None = None


class Geocoder(Protocol):
    """One that can say where an address is."""

    @property
    def name(self) -> str:
        """Under which its answers are kept."""
        ...

    @property
    def retention_days(self) -> int:
        """How long its answers may be kept."""
        ...

    def geocode(self, address: Mapping[str, str]) -> ProviderAnswer:
        """Where an address is.

        Args:
            address: street, house_number, postcode, city, country_code; empty where they are missing.
        """
        ...


class OnlineGeocoder:
    """A keyless service of the user's choice.

    Args:
        kind: nominatim or photon.
        url: where it answers, such as http://localhost:8080.
        per_second: questions a second at most.
        retention_days: how long its answers may be kept.
    """

    def __init__(self, kind: str, url: str, per_second: float = _DEFAULT_PER_SECOND, retention_days: int = _DEFAULT_DAYS) -> None:
        parts = urlsplit(url)
        if kind not in _KINDS or parts.scheme not in ("http", "https") or not parts.netloc:
            raise SettingsError(f"GCRM_GEOCODERS names {kind}={url}; write nominatim=URL or photon=URL with http:// or https://.")
        self.name = f"{kind} {parts.netloc}"
        self.retention_days = retention_days
        service = _KINDS[kind](scheme=parts.scheme, domain=f"{parts.netloc}{parts.path}".rstrip("/"), user_agent=_USER_AGENT, timeout=_TIMEOUT_S)
        self._ask = RateLimiter(service.geocode, min_delay_seconds=1 / per_second, max_retries=0, swallow_exceptions=False)

    def geocode(self, address: Mapping[str, str]) -> ProviderAnswer:
        """Where an address is; a failure is an answer too.

        Args:
            address: street, house_number, postcode, city, country_code; empty where they are missing.
        """
        street = f"{address['street']} {address['house_number']}".strip()
        text = ", ".join(filter(None, (street, f"{address['postcode']} {address['city']}".strip(), address["country_code"])))
        try:
            found = self._ask(text)
        except (GeopyError, ValueError) as error:
            return ProviderAnswer(None, None, "none", failure=f"{type(error).__name__}: {error}"[:500])
        if found is None:
            return ProviderAnswer(None, None, "none")
        if not (-180 <= found.longitude <= 180 and -90 <= found.latitude <= 90):  # noqa: PLR2004 - the globe
            return ProviderAnswer(None, None, "none", failure=f"a position off the globe: {found.longitude}, {found.latitude}")
        return ProviderAnswer(float(found.longitude), float(found.latitude), _level(found.raw), str(found.address)[:500])


def _level(raw: Mapping[str, Any]) -> str:
    properties = raw.get("properties", raw)
    kinds = {str(properties.get(name, "")) for name in ("addresstype", "type", "class", "osm_value")}
    return next((level for level, values in _LEVELS.items() if kinds.intersection(values)), "place")


def parse_geocoders(text: str) -> list[Geocoder]:
    """The providers of the setting GCRM_GEOCODERS, in the order in which they are asked.

    Args:
        text: such as "nominatim=http://localhost:8080;rate=5;days=30|photon=https://photon.example.org".

    Raises:
        SettingsError: it is not of that form.
    """
    found: list[Geocoder] = []
    for each in filter(None, map(str.strip, text.split("|"))):
        first, *rest = each.split(";")
        kind, _, url = first.partition("=")
        options = dict(option.partition("=")[::2] for option in rest)
        try:
            rate, days = float(options.pop("rate", _DEFAULT_PER_SECOND)), int(options.pop("days", _DEFAULT_DAYS))
        except ValueError:
            rate = days = 0
        if options or rate <= 0 or days <= 0:
            raise SettingsError(f"GCRM_GEOCODERS has {each!r}; write name=URL;rate=1;days=30 with numbers above 0.")
        found.append(OnlineGeocoder(kind.strip(), url.strip(), rate, days))
    return found
