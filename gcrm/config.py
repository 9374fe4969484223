"""The settings: environment variables that start with GCRM_, and the places of the program's own files."""

import os
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gcrm.errors import SettingsError


def _default_home() -> Path:
    """The user's data folder; for root a folder that the unprivileged database user can enter."""
    if sys.platform.startswith("linux") and os.geteuid() == 0:
        return Path("/var/lib/gcrm")
    return platformdirs.user_data_path("gcrm", appauthor=False)


class Settings(BaseSettings):
    """Settings, each from the environment variable of its name with GCRM_ before it."""

    model_config = SettingsConfigDict(env_prefix="GCRM_")

    home: Path = Field(default_factory=_default_home, description="Folder of the private cluster, the cubes and the demo's files.")
    fields: Path | None = Field(None, description="File that declares custom fields; fields.yaml in the home where it is not set.")
    database_url: str | None = Field(None, description="PostgreSQL server to use in place of the private cluster.")
    reader_url: str | None = Field(None, description="The same server, signed in as a role that has gcrm_reader only.")
    address: str = Field("127.0.0.1", description="Address on which `gcrm serve` listens.")
    time_zone: str = Field("UTC", description="Time zone whose months the cubes count by and whose clock the working day has, such as Europe/Helsinki.")
    duplicates_automatic: float | None = Field(
        None, ge=0.99, le=1, description="Probability from which `gcrm duplicates find` merges without a person; where it is not set, never."
    )
    duplicates_unique: str = Field("", description="Systems that hold nobody twice, with commas between them; every search for duplicates keeps to it.")
    lead_assignment: Literal["turn", "load"] = Field(
        "turn", description="Who of the reps of a territory gets the next lead: the one whose turn it is, or (load) the one with the fewest open leads."
    )
    dictionaries: Path | None = Field(None, description="Folder of dictionaries in libpostal's format, added to the geocoder's own words.")
    geocoders: str = Field("", description="Providers asked for what the reference does not know: name=URL;rate=1;days=30 and so on, with | between them.")
    case_hours: str = Field(
        "low=24/240,normal=8/72,high=4/24,urgent=1/8", description="Hours until the answer to a case and until its solution, by its priority."
    )
    service_hours: str = Field("", description="Days and hours in which those of cases count, such as Mon-Fri 08:00-17:00; every hour where it is not set.")
    cube_versions: int = Field(10, ge=1, description="Versions of the cube that are kept, so that it can be asked as it was.")
    cube_budget_mb: int = Field(512, ge=0, description="MiB of a version of the cube for cuboids that are chosen by the declared queries and the query log.")
    smallest_count: int = Field(0, ge=0, description="Accounts that a figure of the cube stands for at least, or it is hidden; none is where it is not set.")
    smallest_count_by_role: str = Field(
        "", description="Another smallest count for whoever has a role, such as analyst=20,marketer=10; in place of GCRM_SMALLEST_COUNT."
    )
    tracks_days: int = Field(90, ge=1, description="Days after loading for which recorded routes are kept; their flows stay.")
    session_hours: int = Field(12, ge=1, le=24 * 30, description="Hours after which whoever signed in has to do so again.")
    session_idle_hours: int = Field(2, ge=1, description="Hours without a click after which whoever signed in has to do so again.")
    oidc_issuer: str = Field("", description="Address of the organisation's own sign-in (OpenID Connect), such as https://login.example.org.")
    oidc_client_id: str = Field("", description="Name under which the organisation's sign-in knows gcrm.")
    oidc_client_secret: str = Field("", description="Secret that gcrm shares with the organisation's sign-in.")
    retention: str = Field("", description="What `gcrm privacy retain` keeps for how many days: activities=1095, quarantine=90 and so on, with commas between.")
    port: int = Field(8501, ge=1, le=65535, description="Port on which `gcrm serve` listens.")

    @property
    def unique_sources(self) -> tuple[str, ...]:
        """The systems that hold nobody twice."""
        return tuple(filter(None, map(str.strip, self.duplicates_unique.split(","))))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone whose days and hours count.

        Raises:
            SettingsError: GCRM_TIME_ZONE names none.
        """
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(f"GCRM_TIME_ZONE is {self.time_zone!r}, which is no time zone; write one such as Europe/Helsinki.") from error

    @property
    def fields_file(self) -> Path:
        """The file that declares custom fields."""
        return self.fields.expanduser() if self.fields is not None else self.home / "fields.yaml"

    @property
    def cubes(self) -> Path:
        """Folder of the published cubes."""
        return self.home / "cubes"

    @property
    def reference(self) -> Path:
        """Folder of the geocoder's reference as it was made last."""
        return self.home / "reference"

    @property
    def roads(self) -> Path:
        """Folder of the published road networks and of the extracts they are built of."""
        return self.home / "roads"


@cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingsError: an environment variable holds what it cannot.
    """
    try:
        found = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"GCRM_{str(first['loc'][0]).upper()} is {first['input']!r}: {first['msg'].lower()}.") from error
    return found.model_copy(update={"home": found.home.expanduser().absolute()})


def resource(folder: str) -> Path:
    """Folder `sql` or `dashboards`: inside the installed package, else beside it in a checkout.

    Args:
        folder: name of the folder.

    Returns:
        Its path.
    """
    installed = Path(str(files("gcrm"))) / "_resources" / folder
    return installed if installed.is_dir() else Path(str(files("gcrm"))).parent / folder
