"""The files of the made-up company: their places, and how they come to be there all at once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from gcrm.errors import ExportError


@dataclass(frozen=True)
class DemoFiles:
    """Paths of the files. Those of objects have the field names of `gcrm.frames` as headers.

    Attributes:
        territories: GeoJSON, one feature per territory.
        reps: one row per rep.
        products: one row per product.
        accounts: one row per account.
        contacts: one row per contact.
        orders: Parquet, one row per order line.
        activities: one row per activity, done or planned.
        opportunities: one row per opportunity.
        cases: one row per case.
        consents: one row per consent given or withdrawn.
        campaigns: one row per campaign.
        campaign_members: one row per contact that a campaign was sent to.
        leads: one row per lead.
        sites: one row per shop of the company: site_key, name, longitude, latitude.
        footfall: one row per H3-10 cell (hex), weekday (1 to 7) and hour (0 to 23): people_per_hour.
        tracks: one row per recorded position: track_key, recorded_at, longitude, latitude.
        planted: what was planted, as JSON.
        planted_positions: Parquet, the true longitude and latitude of each account.
        planted_routes: the true way of each track.
    """

    territories: Path
    reps: Path
    products: Path
    accounts: Path
    contacts: Path
    orders: Path
    activities: Path
    opportunities: Path
    cases: Path
    consents: Path
    campaigns: Path
    campaign_members: Path
    leads: Path
    sites: Path
    footfall: Path
    tracks: Path
    planted: Path
    planted_positions: Path
    planted_routes: Path

    def are_written(self) -> bool:
        """Whether every file is there."""
        return all(getattr(self, each.name).is_file() for each in fields(self))


_ENDINGS = {"territories": "geojson", "orders": "parquet", "planted": "json", "planted_positions": "parquet"}


def files_in(folder: Path) -> DemoFiles:
    """The paths of the files in a folder."""
    return DemoFiles(**{each.name: folder / f"{each.name}.{_ENDINGS.get(each.name, 'csv')}" for each in fields(DemoFiles)})


@contextmanager
def written_at_once(folder: Path) -> Iterator[DemoFiles]:
    """Gives paths in a folder beside the wanted one, which takes its place when everything is written.

    A run that is killed leaves the files of the last good run, or none; the next run clears away what it left.

    Raises:
        ExportError: the folder holds something else.
    """
    if folder.exists() and not (folder.is_dir() and (files_in(folder).planted.exists() or not any(folder.iterdir()))):
        raise ExportError(f"{folder} holds something that is no demo company; name another folder or clear it.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial, former = (folder.with_name(f".{folder.name}.{state}") for state in ("partial", "former"))
    for left in (partial, former):
        if left.exists():
            shutil.rmtree(left)
    partial.mkdir()
    yield files_in(partial)
    if folder.exists():
        folder.rename(former)
    partial.rename(folder)
    if former.exists():
        shutil.rmtree(former)
