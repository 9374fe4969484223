"""Commands that are killed at random moments and run again leave what an undisturbed run leaves.

GCRM_KILLS sets how many kills (20), GCRM_KILL_SEED which ones.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db import connection
from gcrm.db.cluster import Cluster
from gcrm.db.connection import Role, connect
from gcrm.demo.city import CitySurroundings
from gcrm.demo.generate import generate
from gcrm.frames import OBJECTS
from gcrm.olap.catalogue import MEASURES
from gcrm.olap.query import CubeQuery
from gcrm.pipeline.cubes import ask_cube
from gcrm.pipeline.demo import Demo
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.osm import read_extract
from tests.integration.command_line import well

KILLS = int(os.environ.get("GCRM_KILLS", "20"))
SEED = int(os.environ.get("GCRM_KILL_SEED", "1"))
DEMO = Demo(helsinki(), 0.05, 20240501)
DEMO_COMMAND = ["demo", "--scale", "0.05"]

# One query a table: what the rows say, by the keys that the files know, without surrogate keys and clocks.
DIGESTS = {
    "territories": "SELECT t.source, t.source_key, t.name, r.name, ST_AsEWKB(boundary) FROM territories t LEFT JOIN regions r USING (region_id)",
    "reps": "SELECT p.source, p.source_key, p.name, p.email, t.source_key, p.home FROM reps p LEFT JOIN territories t USING (territory_id)",
    "products": "SELECT source, source_key, name, category, unit_price, unit_cost, currency FROM products",
    "accounts": """
        SELECT a.source, a.source_key, a.kind, a.status, a.name, a.segment, p.source_key, a.street, a.house_number, a.postcode, a.city, a.country_code,
            a.phone, a.email, a.website, a.tax_number, a.raw, a.position, a.cell, a.geocode_level, a.geocode_score, t.source_key, a.territory_given, a.made_up
        FROM accounts a LEFT JOIN territories t USING (territory_id) LEFT JOIN accounts p ON p.account_id = a.parent_account_id""",
    "contacts": """
        SELECT c.source, c.source_key, a.source_key, given_name, family_name, role, c.phone, c.email
        FROM contacts c JOIN accounts a USING (account_id)""",
    "orders": """
        SELECT o.source, o.source_key, o.order_key, a.source_key, p.source_key, ordered_at, channel, quantity, revenue, cost, o.currency
        FROM orders o JOIN accounts a USING (account_id) LEFT JOIN products p USING (product_id)""",
    "activities": """
        SELECT v.source, v.source_key, a.source_key, r.source_key, v.kind, happened_at, subject, outcome
        FROM activities v JOIN accounts a USING (account_id) LEFT JOIN reps r USING (rep_id)""",
    "opportunities": """
        SELECT o.source, o.source_key, a.source_key, o.name, stage, amount, currency, opened_at, expected_close_on, closed_at
        FROM opportunities o JOIN accounts a USING (account_id)""",
    "consents": "SELECT s.source, s.source_key, c.source_key, purpose, channel, given, recorded_at FROM consents s JOIN contacts c USING (contact_id)",
    "imports": """
        SELECT source, object, file_name, rows_read, rows_created, rows_updated, rows_unchanged, rows_refused, rows_warned, rows_skipped
        FROM imports WHERE finished_at IS NOT NULL""",
    "changes": "SELECT object, before - 'import_id' FROM changes",
    "warnings": "SELECT object, source, source_key, field, value, reason FROM warnings",
    "quarantine": "SELECT source, object, file_name, row_number, column_name, value, reason, record FROM quarantine",
    "layers": "SELECT layer, dataset, file_name, file_sha256, source_date, made_up, feature_count FROM layer_versions WHERE retired_at IS NULL",
    "roads": "SELECT osm_id, class, name, surface, oneway, maxspeed_kmh, length_m, ST_AsEWKB(geom) FROM roads",
    "buildings": "SELECT osm_id, type, residence_type, levels, height_m, footprint_m2, ST_AsEWKB(geom) FROM buildings",
    "address_points": "SELECT osm_id, street, house_number, postcode, city, geom FROM address_points",
    "shops": "SELECT osm_id, type, name, geom FROM shops",
    "land_cover": "SELECT osm_id, kind, name, ST_AsEWKB(geom) FROM land_cover",
    "footfall": "SELECT cell, weekday, hour, people_per_hour FROM footfall",
    "tracks": "SELECT track_key, trip, mode, started_at, ended_at, ST_AsEWKB(geom) FROM tracks",
    "movement": "SELECT origin_cell, destination_cell, hour, trips, tracks, withheld FROM movement",
    "stops": "SELECT track_key, arrived_at, left_at, ST_AsEWKB(geom) FROM track_stops",
    "stays": "SELECT cell, hour, stops, dwell_minutes, tracks, withheld FROM cell_stops",
    "surroundings": """
        SELECT a.source, a.source_key, district, road_class, road_name, road_distance_m, building_type, residence_type, building_distance_m, footfall_per_hour
        FROM account_surroundings JOIN accounts a USING (account_id)""",
}
QUESTIONS = (
    CubeQuery.parse("place:10", measures=",".join(MEASURES)),
    CubeQuery.parse("month,territory", "channel", "revenue,margin,orders,buyers"),
    CubeQuery.parse("segment,residence_type", "status", "accounts"),
)


def _state() -> dict[str, object]:
    """What is there: a digest of each table, the answers of the cube, the folders."""
    state: dict[str, object] = {}
    with connect(Role.OWNER) as owner:
        for name, query in DIGESTS.items():
            text = f"SELECT count(*), md5(string_agg(row_text, '|' ORDER BY row_text)) FROM (SELECT row_text::text FROM ({query}) AS row_text) AS all_rows"
            state[name] = owner.execute(text.encode()).fetchone()
    for question in QUESTIONS:
        state[str(question.parameters())] = ask_cube(question, Scope.everything()).table.to_pylist()
    whole = {manifest.parent.name for manifest in settings().cubes.glob("*/manifest.json")}
    state["orphans"] = sorted({path.name for path in settings().cubes.iterdir()} - whole - {"current", ".lock"})
    return state


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _usual_cpu_s(arguments: list[str]) -> float:
    """Runs a command in a process of its own, as it is going to be killed; the seconds of work that it takes, whatever else the machine does."""
    with tempfile.TemporaryFile() as errors, subprocess.Popen([sys.executable, "-m", "gcrm", *arguments], stdout=subprocess.DEVNULL, stderr=errors) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        assert process.returncode == 0, errors.read().decode()
    return usage.ru_utime + usage.ru_stime


def _kill(arguments: list[str], after_cpu_s: float) -> bool:
    """Starts a command and kills it after some seconds of work; whether it was still running."""
    with subprocess.Popen([sys.executable, "-m", "gcrm", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None and _cpu_s(watched) < after_cpu_s:
            time.sleep(0.005)
        process.kill()
        return process.wait() == -signal.SIGKILL


def _disturbed(arguments: list[str], between_cpu_s: tuple[float, float], kills: int, chance: random.Random) -> int:
    """Kills a command so many times at random moments, then lets it run to its end; how often it was still running."""
    done = sum(_kill(arguments, chance.uniform(*between_cpu_s)) for _ in range(kills))
    well(*arguments)
    return done


def _name(arguments: list[str]) -> str:
    """`import orders` of an import of orders, `geocode` of a command of one word."""
    return " ".join(arguments[: 2 if arguments[0] in ("import", "load", "cube") else 1])


def _commands() -> list[list[str]]:
    files = DEMO.files
    return [
        ["load", "osm", str(DEMO.extract)],
        *(["import", name, str(getattr(files, name)), "--source", DEMO.source] for name in OBJECTS),
        ["load", "footfall", str(files.footfall), "--name", "helsinki-demo", "--made-up"],
        ["load", "tracks", str(files.tracks), "--name", "helsinki-demo", "--made-up"],
        ["geocode"],
        ["enrich"],
        ["cube", "build"],
    ]


KILLED = ("load osm", "import accounts", "import contacts", "import orders", "load footfall", "load tracks", "geocode", "enrich", "cube build")


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Path]:
    """A home with a cluster of this module alone, since it is emptied in between."""

    folder = Path(tempfile.mkdtemp(prefix="gcrm-kill-", dir="/tmp"))
    folder.chmod(0o755)
    connection.close_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GCRM_HOME", str(folder))
        settings.cache_clear()
        yield folder
        connection.close_all()
        Cluster(folder).reset()
    settings.cache_clear()
    shutil.rmtree(folder)


@dataclass(frozen=True)
class Undisturbed:
    """The end state of a run that nobody killed, and the usual seconds of work of each command."""

    state: dict[str, object]
    usual_cpu_s: dict[str, float]


@pytest.fixture(scope="module")
def undisturbed(own_cluster: Path) -> Undisturbed:
    """Makes the company's files and runs every command once; those that are going to be killed in a process of their own."""
    del own_cluster
    layers = read_extract(DEMO.extract).layers
    city = CitySurroundings(**{name: layers[name] for name in ("address_points", "roads", "buildings", "shops")})
    generate(city, DEMO.files.planted.parent, scale=DEMO.scale, seed=DEMO.seed)
    usual_cpu_s: dict[str, float] = {}
    for arguments in _commands():
        if _name(arguments) in KILLED:
            usual_cpu_s[_name(arguments)] = _usual_cpu_s(arguments)
        else:
            well(*arguments)
    return Undisturbed(_state(), usual_cpu_s)


def _emptied() -> None:
    well("db", "reset", "--yes")
    (settings().cubes / "current").unlink()


def test_each_command_killed_and_run_again(undisturbed: Undisturbed) -> None:
    _emptied()
    chance = random.Random(SEED)  # noqa: S311 - chance, not a secret
    kills = dict.fromkeys(KILLED, 0)
    for number in range(KILLS * 3 // 4):
        kills[KILLED[number % len(KILLED)]] += 1
    done = 0
    for arguments in _commands():
        # The first part of its time loads the program; the moments worth a test come after it.
        usual_s = undisturbed.usual_cpu_s.get(_name(arguments), 0.0)
        done += _disturbed(arguments, (0.3 * usual_s, usual_s), kills.get(_name(arguments), 0), chance)
    assert _state() == undisturbed.state, f"seed {SEED}"
    assert done >= KILLS // 2, f"only {done} kills hit a running command"


def test_the_demo_killed_and_run_again_leaves_what_the_commands_leave(undisturbed: Undisturbed) -> None:
    chance = random.Random(SEED + 1)  # noqa: S311 - chance, not a secret
    seconds = sum(undisturbed.usual_cpu_s.values()) / 2  # each command alone loads the program anew
    kills = KILLS - KILLS * 3 // 4
    done = 0
    came_to_its_end = True
    for _ in range(kills):
        if came_to_its_end:
            _emptied()
            shutil.rmtree(DEMO.files.planted.parent)
        came_to_its_end = not _kill(DEMO_COMMAND, chance.uniform(0.1 * seconds, 0.6 * seconds))
        done += not came_to_its_end
        assert not came_to_its_end or _state() == undisturbed.state, f"seed {SEED}"
    well(*DEMO_COMMAND)
    assert _state() == undisturbed.state, f"seed {SEED}"
    assert done >= kills // 2, f"only {done} kills hit a running demo"
