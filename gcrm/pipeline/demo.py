"""The demo: a made-up company in a real city; whether it is there already, and the steps that make it."""

from dataclasses import dataclass
from pathlib import Path

from gcrm.config import settings
from gcrm.db.connection import Role, connect, ensure_ready
from gcrm.db.queries import queries
from gcrm.demo.files import DemoFiles, files_in
from gcrm.frames import OBJECTS
from gcrm.ingest.digest import file_sha256
from gcrm.progress import Report
from gcrm.spatial.extracts import dataset_name, helsinki

_SEED = 20240501

TRADE_AREAS = "shops"
"""The set of trading areas of the company."""


@dataclass(frozen=True)
class Demo:
    """A made-up company: its extract, how large it is, and the seed that it is made from."""

    extract: Path
    scale: float
    seed: int

    @property
    def dataset(self) -> str:
        """The name of the extract."""
        return dataset_name(self.extract)

    @property
    def source(self) -> str:
        """The system that the company's records come from."""
        return f"demo-{self.dataset}"

    @property
    def files(self) -> DemoFiles:
        """Where the company's files lie."""
        return files_in(settings().home / "demo" / f"{self.dataset}-{self.scale:g}-{self.seed}")

    @property
    def layers(self) -> tuple[tuple[str, str, Path], ...]:
        """The layers that are loaded from files of their own: layer, dataset, file."""
        made_up = f"{self.dataset}-demo"
        of_company = (("footfall", made_up, self.files.footfall), ("tracks", made_up, self.files.tracks), ("sites", "sites", self.files.sites))
        return ("roads", self.dataset, self.extract), *of_company


def demo_city() -> tuple[Path, str]:
    """The planted.json of `gcrm demo`, and the name of the system that its accounts come from."""
    demo = Demo(helsinki(), 1.0, _SEED)
    return demo.files.planted, demo.source


def run(extract: Path | None, scale: float, seed: int, report: Report) -> None:
    """Loads a city, makes up a company in it, imports, geocodes, enriches and builds the cube; what is done already is left alone.

    Args:
        extract: an .osm.pbf file; the centre of Helsinki if left out.
        scale: 1 makes 12,000 accounts and 120,000 orders.
        seed: the same seed makes the same company.
        report: told each step and its seconds.

    Raises:
        LayerError: the extract cannot be read, or holds neither addresses nor buildings.
    """
    demo = Demo(extract or helsinki(), scale, seed)
    ensure_ready()
    if not is_there(demo):
        from gcrm.pipeline.demo_steps import make  # noqa: PLC0415 - the stages take seconds to load, and a second run needs none of them

        make(demo, report)


def is_there(demo: Demo) -> bool:
    """Whether every file of the demo is loaded as it is now, every account tried, and a cube published that knows of it all."""
    files, cube = demo.files, settings().cubes / "current"
    if not (demo.extract.is_file() and files.are_written() and cube.is_file()):
        return False
    with connect(Role.WRITER) as connection:
        for layer, dataset, path in demo.layers:
            version = queries("layers").in_force(connection, layer=layer, dataset=dataset)
            if version is None or version[1] != file_sha256(path):
                return False
        if queries("layers").in_force(connection, layer="road_flows", dataset=f"{demo.dataset}-demo") is None or not has_trade_areas():
            return False
        changed_at = queries("demo").changed_at(connection)
        if changed_at.timestamp() > cube.stat().st_mtime or queries("geocode").count_open(connection):
            return False
        return all(is_imported(demo, name) for name in OBJECTS)


def has_trade_areas() -> bool:
    """Whether the trading areas of the company are there."""
    with connect(Role.WRITER) as connection:
        return queries("layers").in_force(connection, layer="trade_areas", dataset=TRADE_AREAS) is not None


def is_imported(demo: Demo, name: str) -> bool:
    """Whether a file of the company was the last of its name that was imported to the end."""
    path: Path = getattr(demo.files, name)
    with connect(Role.WRITER) as connection:
        done: bool = queries("imports").imported(connection, source=demo.source, object=name, file_name=path.name, file_sha256=file_sha256(path))
        return done
