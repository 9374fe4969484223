"""Commands that are killed, or whose server is, at random moments and that are run again leave what an undisturbed run leaves.

GCRM_KILLS sets how many moments have to hit a running command at least (6; of the demo a quarter), GCRM_KILL_SEED which ones.
"""

import os
import random
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gcrm.access.scope import Scope
from gcrm.config import settings
from gcrm.db.connection import Role, connect
from gcrm.demo.city import CitySurroundings
from gcrm.demo.generate import generate
from gcrm.frames import OBJECTS
from gcrm.ingest import readers
from gcrm.olap.catalogue import MEASURES, finest_level
from gcrm.olap.query import CubeQuery
from gcrm.pipeline import geocoding
from gcrm.pipeline.cubes import ask_cube
from gcrm.pipeline.demo import TRADE_AREAS, Demo
from gcrm.spatial.extracts import helsinki
from gcrm.spatial.osm import read_extract
from gcrm.units import FINEST_LEVEL
from tests.integration.command_line import well
from tests.integration.disturbance import CHUNK_ROWS, Disturbance, Moment, Usual, disturbed_run, undisturbed_run
from tests.integration.own_home import own_home

KILLS = int(os.environ.get("GCRM_KILLS", "6"))
SEED = int(os.environ.get("GCRM_KILL_SEED", "1"))
DEMO = Demo(helsinki(), 0.05, 20240501)
DEMO_COMMAND = ["demo", "--scale", "0.05"]
_MOST_PAUSE_S = 0.1
_INTAKE_MOMENTS, _OTHER_MOMENTS = 10, 4
"""Of a round from an empty database: a command that has come to its end is not broken off again, so that many moments need many rounds."""

# A command that is killed between the end of its job and its own is run again, as a job of its own that changes nothing: that one is not counted.
_KEPT = """
    SELECT i.* FROM imports i WHERE i.rows_created > 0 OR i.rows_updated > 0 OR NOT EXISTS (
        SELECT FROM imports e WHERE (e.source, e.object, e.file_sha256) = (i.source, i.object, i.file_sha256) AND e.import_id < i.import_id
            AND e.finished_at IS NOT NULL)"""

# One query a table: what the rows say, by the keys that the files know, without surrogate keys and clocks.
DIGESTS = {
    "territories": "SELECT t.source, t.source_key, t.name, r.name, ST_AsEWKB(boundary) FROM territories t LEFT JOIN regions r USING (region_id)",
    "reps": "SELECT p.source, p.source_key, p.name, p.email, t.source_key, p.home FROM reps p LEFT JOIN territories t USING (territory_id)",
    "products": "SELECT source, source_key, name, category, unit_price, unit_cost, currency FROM products",
    "accounts": """
        SELECT a.source, a.source_key, a.kind, a.status, a.name, a.segment, p.source_key, a.street, a.house_number, a.postcode, a.city, a.country_code,
            a.phone, a.email, a.website, a.tax_number, a.raw, a.position, a.cell, a.geocode_level, a.geocode_score, a.geocode_margin, a.geocode_reason,
            a.geocode_stale, t.source_key, a.territory_given, a.made_up
        FROM accounts a LEFT JOIN territories t USING (territory_id) LEFT JOIN accounts p ON p.account_id = a.parent_account_id""",
    "contacts": """
        SELECT c.source, c.source_key, a.source_key, given_name, family_name, role, c.phone, c.email
        FROM contacts c JOIN accounts a USING (account_id)""",
    "orders": """
        SELECT o.source, o.source_key, o.order_key, a.source_key, p.source_key, ordered_at, channel, quantity, revenue, cost, o.currency
        FROM orders o JOIN accounts a USING (account_id) LEFT JOIN products p USING (product_id)""",
    "activities": """
        SELECT v.source, v.source_key, a.source_key, r.source_key, c.source_key, v.kind, state, happened_at, due_at, duration_minutes,
            channel, department, subject, outcome
        FROM activities v JOIN accounts a USING (account_id) LEFT JOIN reps r USING (rep_id) LEFT JOIN contacts c USING (contact_id)""",
    "cases": """
        SELECT q.source, q.source_key, a.source_key, c.source_key, p.source_key, r.source_key, q.kind, priority, q.status, subject, channel, opened_at,
            response_due_at, solution_due_at, responded_at, solved_at
        FROM cases q JOIN accounts a USING (account_id) LEFT JOIN contacts c USING (contact_id) LEFT JOIN products p USING (product_id)
        LEFT JOIN reps r USING (rep_id)""",
    "opportunities": """
        SELECT o.source, o.source_key, a.source_key, o.name, stage, amount, currency, opened_at, expected_close_on, closed_at, stage_since, loss_reason
        FROM opportunities o JOIN accounts a USING (account_id)""",
    "stage_changes": """
        SELECT o.source, o.source_key, c.stage, c.changed_at, c.reason, c.through
        FROM stage_changes c JOIN opportunities o USING (opportunity_id)""",
    "leads": """
        SELECT l.source, l.source_key, l.name, l.email, l.phone, l.street, l.position, l.cell, l.geocode_level, l.amount, l.status, l.rejected_because,
            l.received_at, t.source_key, r.source_key, l.assigned_because
        FROM leads l LEFT JOIN territories t USING (territory_id) LEFT JOIN reps r USING (rep_id)""",
    "consents": "SELECT s.source, s.source_key, c.source_key, purpose, channel, given, recorded_at FROM consents s JOIN contacts c USING (contact_id)",
    "campaigns": "SELECT source, source_key, name, channel, audience, starts_on, ends_on, cost, currency, attribution_days FROM campaigns",
    "campaign_members": """
        SELECT m.source, m.source_key, c.source_key, a.source_key, k.source_key, wave, sent_at, response, responded_at
        FROM campaign_members m JOIN campaigns c USING (campaign_id) JOIN accounts a USING (account_id) LEFT JOIN contacts k USING (contact_id)""",
    "jobs": f"""
        SELECT kind, file_name, file_path, file_sha256, mapping::text, state, message, rows_expected, cancel_requested
        FROM jobs WHERE job_id IN (SELECT job_id FROM ({_KEPT}) AS kept)""",
    "imports": f"""
        SELECT source, object, file_name, finished_at IS NOT NULL, rows_read, rows_created, rows_updated, rows_unchanged, rows_refused, rows_warned,
            rows_skipped
        FROM ({_KEPT}) AS kept""",
    "ledger": f"""
        SELECT source, object, file_name, first_row, k.rows_read, k.rows_created, k.rows_updated, k.rows_refused, k.rows_warned, k.rows_skipped
        FROM import_chunks k JOIN ({_KEPT}) AS kept USING (import_id)""",
    "changes": """
        SELECT c.object, a.source_key, c.before - ARRAY['import_id', 'territory_id', 'geocode_reference_id', 'geocoded_at'], c.undone_at, i.file_name
        FROM changes c LEFT JOIN accounts a ON c.object = 'accounts' AND a.account_id = c.record_id LEFT JOIN imports i ON i.import_id = c.import_id""",
    "warnings": "SELECT w.object, w.source, source_key, field, value, reason, i.file_name FROM warnings w JOIN imports i USING (import_id)",
    "quarantine": "SELECT source, object, file_name, row_number, column_name, value, reason, record FROM quarantine",
    "references": "SELECT matcher, cardinality(layer_version_ids) FROM geocode_references",
    "reviews": """
        SELECT a.source, a.source_key, address_key, candidates, r.status, decided_by, before
        FROM geocode_reviews r JOIN accounts a USING (account_id)""",
    "positions": """
        SELECT a.source, a.source_key, p.address, p.position, p.geocode_level, p.geocode_score, p.geocode_reason
        FROM account_positions p JOIN accounts a USING (account_id)""",
    "layers": "SELECT layer, dataset, file_name, file_sha256, source_date, made_up, feature_count FROM layer_versions WHERE retired_at IS NULL",
    "roads": "SELECT osm_id, class, name, surface, oneway, maxspeed_kmh, length_m, ST_AsEWKB(geom) FROM roads",
    "buildings": "SELECT osm_id, type, residence_type, levels, height_m, footprint_m2, ST_AsEWKB(geom) FROM buildings",
    "address_points": "SELECT osm_id, street, house_number, postcode, city, geom FROM address_points",
    "shops": "SELECT osm_id, type, name, geom FROM shops",
    "land_cover": "SELECT osm_id, kind, name, ST_AsEWKB(geom) FROM land_cover",
    "footfall": "SELECT cell, weekday, hour, people_per_hour FROM footfall",
    "tracks": "SELECT track_key, trip, mode, started_at, ended_at, ST_AsEWKB(geom) FROM tracks",
    "movement": "SELECT origin_cell, destination_cell, hour, trips, tracks, withheld FROM movement",
    "road flow edges": "SELECT way_id, class, length_m, withheld, ST_AsEWKB(geom) FROM road_flow_edges",
    "road flows": """
        SELECT ST_AsEWKB(geom), mode, hour, trips, tracks, speed_kmh, f.withheld FROM road_flows f JOIN road_flow_edges USING (layer_version_id, edge)""",
    "stops": "SELECT track_key, arrived_at, left_at, ST_AsEWKB(geom) FROM track_stops",
    "stays": "SELECT cell, hour, stops, dwell_minutes, tracks, withheld FROM cell_stops",
    "surroundings": """
        SELECT a.source, a.source_key, district, road_class, road_name, road_distance_m, building_type, residence_type, building_distance_m, footfall_per_hour,
            built_share, use_mix, footfall_morning_per_hour, site_drive_key, site_drive_minutes, site_walk_key,
            site_walk_minutes, competitors_near, passing_trips, derived_position
        FROM account_surroundings JOIN accounts a USING (account_id)""",
}
QUESTIONS = (
    CubeQuery.parse("place:10", measures=",".join(name for name in MEASURES if finest_level([name]) == FINEST_LEVEL)),
    CubeQuery.parse("place:8", measures=",".join(name for name in MEASURES if finest_level([name]) < FINEST_LEVEL)),
    CubeQuery.parse("month,territory", "channel", "revenue,margin,orders,buyers"),
    CubeQuery.parse("segment,residence_type", "status", "accounts"),
)


def _state() -> dict[str, Any]:
    """What is there: a digest of each table, the answers of the cube, the folders."""
    state: dict[str, Any] = {}
    with connect(Role.OWNER) as owner:
        for name, query in DIGESTS.items():
            text = f"SELECT count(*), md5(string_agg(row_text, '|' ORDER BY row_text)) FROM (SELECT row_text::text FROM ({query}) AS row_text) AS all_rows"
            state[name] = owner.execute(text.encode()).fetchone()
    for question in QUESTIONS:
        state[str(question.parameters())] = ask_cube(question, Scope.everything()).table.to_pylist()
    whole = {manifest.parent.name for manifest in settings().cubes.glob("*/manifest.json")}
    state["orphans"] = sorted(
        {path.name for path in settings().cubes.iterdir()} - whole - {"current", ".lock", *(path.name for path in settings().cubes.glob("queries.sqlite*"))}
    )
    return state


def _commands() -> dict[str, list[str]]:
    """The way of the data, from the extract to the cube."""
    files = DEMO.files
    return {
        "load osm": ["load", "osm", str(DEMO.extract)],
        **{f"import {name}": ["import", name, str(getattr(files, name)), "--source", DEMO.source] for name in OBJECTS},
        "load footfall": ["load", "footfall", str(files.footfall), "--name", "helsinki-demo", "--made-up"],
        "load tracks": ["load", "tracks", str(files.tracks), "--name", "helsinki-demo", "--made-up"],
        "match tracks": ["tracks", "match", "--name", "helsinki-demo", "--accuracy", "6"],
        "geocode": ["geocode"],
        "load sites": ["load", "sites", str(files.sites), "--made-up"],
        "trade areas": ["trade-areas", "rings", "--sites", str(files.sites), "--radius", "300", "--radius", "800", "--name", TRADE_AREAS],
        "load competitors": ["load", "competitors", "--shop", "supermarket", "--shop", "convenience", "--minutes", "3"],
        "enrich": ["enrich"],
        "leads assign": ["leads", "assign"],
        "cube build": ["cube", "build"],
    }


def _later_commands() -> dict[str, list[str]]:
    """The next delivery: accounts that changed, doubtful and refused ones, each in many chunks; and routes with stops, which those of the demo have none of."""
    return {
        "import changed": ["import", "accounts", str(_changed_accounts()), "--source", DEMO.source],
        "geocode changed": ["geocode"],
        "load stops": ["load", "tracks", str(_deliveries()), "--name", "deliveries"],
    }


INTAKE = ("import accounts", "import contacts", "import orders", "geocode", "import changed", "geocode changed")
OTHERS = ("load osm", "load footfall", "load tracks", "match tracks", "enrich", "cube build", "load stops")


def _changed_accounts() -> Path:
    return settings().home / "accounts_changed.csv"


def _deliveries() -> Path:
    return settings().home / "deliveries.csv"


def _write_deliveries() -> None:
    """Twelve rounds of an hour, each with a stop of half an hour in the middle, at 20 seconds a position."""
    second = np.arange(0, 3600, 20)
    latitude = 60.17 + 2e-6 * (np.minimum(second, 900) + np.maximum(second - 2700, 0))
    days = [pd.Timestamp(2026, 9, 1 + round_, 6, tz="UTC") for round_ in range(12)]
    rounds = [
        pd.DataFrame({"track_key": f"k{day.day}", "recorded_at": day + pd.to_timedelta(second, unit="s"), "longitude": 24.94, "latitude": latitude})
        for day in days
    ]
    pd.concat(rounds).to_csv(_deliveries(), index=False)


def _write_changed_accounts() -> None:
    accounts = pd.read_csv(DEMO.files.accounts, dtype=str, keep_default_na=False)
    number = np.arange(len(accounts))
    accounts.loc[number % 3 == 0, "house_number"] = "2"
    accounts.loc[number % 5 == 0, "email"] = "no address"
    accounts.loc[number % 7 == 0, "name"] = ""
    repeated = accounts.iloc[[1, -1]]  # in another chunk than the first time
    pd.concat([accounts, repeated]).to_csv(_changed_accounts(), index=False)


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[None]:
    """A home with a cluster of this module alone, since it is emptied in between; files have many chunks."""
    with own_home() as patch:
        patch.setattr(readers, "CHUNK_ROWS", CHUNK_ROWS)
        patch.setattr(geocoding, "_CHUNK_ROWS", CHUNK_ROWS)
        yield


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed: what was there behind the first commands and behind the later ones, and what is usual for each that is going to be."""

    state: dict[str, Any]
    later_state: dict[str, Any]
    usual: Mapping[str, Usual]


@pytest.fixture(scope="module")
def undisturbed(own_cluster: None) -> Undisturbed:
    """Makes the company's files and runs every command once; those that are going to be disturbed in a process of their own."""
    del own_cluster
    layers = read_extract(DEMO.extract).layers
    city = CitySurroundings(**{name: layers[name] for name in ("address_points", "roads", "buildings", "shops")})
    generate(city, DEMO.files.planted.parent, scale=DEMO.scale, seed=DEMO.seed)
    _write_changed_accounts()
    _write_deliveries()
    well("db", "start")  # else the first command makes the cluster, and that is no work of its own
    usual: dict[str, Usual] = {}
    states = []
    for commands in (_commands(), _later_commands()):
        for name, arguments in commands.items():
            if name in (*INTAKE, *OTHERS):
                usual[name] = undisturbed_run(arguments)
            else:
                well(*arguments)
        states.append(_state())
    empty = {name for name in DIGESTS if not states[-1][name][0]}
    assert not empty, f"a table without a row compares nothing: {empty}"
    return Undisturbed(states[0], states[1], usual)


def _emptied() -> None:
    well("db", "reset", "--yes")
    (settings().cubes / "current").unlink()


def _disturbed(commands: Mapping[str, list[str]], moments: list[str], undisturbed: Undisturbed, chance: random.Random) -> int:
    """Runs commands, each broken off as often as its name is among the moments, or until it was done; how many moments hit a running command."""
    hit = 0
    for name, arguments in commands.items():
        for _ in range(moments.count(name)):
            usual = undisturbed.usual[name]
            share, how = chance.random(), chance.choice(list(Disturbance))
            broken_off = disturbed_run(arguments, Moment(share * usual.work_s, chance.uniform(0.0, _MOST_PAUSE_S)), how, usual.told)
            sys.stdout.write(f"{name}: {how} after {share:.0%} of its work{'' if broken_off else ', which was done by then'}" + "\n")
            hit += broken_off
            if not broken_off:
                break
        else:
            well(*arguments)
    return hit


def test_each_command_broken_off_and_run_again(undisturbed: Undisturbed) -> None:
    chance = random.Random(SEED)  # noqa: S311 - chance, not a secret
    hit = 0
    while hit < KILLS:
        _emptied()
        moments = [*chance.choices(INTAKE, k=_INTAKE_MOMENTS), *chance.choices(OTHERS, k=_OTHER_MOMENTS)]
        hits = _disturbed(_commands(), moments, undisturbed, chance)
        assert _state() == undisturbed.state, f"seed {SEED}, behind {hit} moments"
        hits += _disturbed(_later_commands(), moments, undisturbed, chance)
        assert _state() == undisturbed.later_state, f"seed {SEED}, behind {hit} moments"
        well("db", "check")
        assert hits, "no moment of a round hit a running command"
        hit += hits
        sys.stdout.write(f"{hit} moments hit a running command\n")


def test_the_demo_killed_and_run_again_leaves_what_the_commands_leave(undisturbed: Undisturbed) -> None:
    chance = random.Random(SEED + 1)  # noqa: S311 - chance, not a secret
    work_s = sum(undisturbed.usual[name].work_s for name in _commands() if name in undisturbed.usual)
    kills = max(KILLS // 4, 1)
    done = 0
    came_to_its_end = True
    for _ in range(kills):
        if came_to_its_end:
            _emptied()
            shutil.rmtree(DEMO.files.planted.parent)
        came_to_its_end = not disturbed_run(DEMO_COMMAND, Moment(chance.uniform(0.0, work_s), 0.0), Disturbance.KILL)
        done += not came_to_its_end
        assert not came_to_its_end or _state() == undisturbed.state, f"seed {SEED}"
    well(*DEMO_COMMAND)
    assert _state() == undisturbed.state, f"seed {SEED}"
    assert done >= kills // 2, f"only {done} kills hit a running demo"
