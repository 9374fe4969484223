"""Every public function of the pipeline and of `dashboards.data` that takes a scope, with arguments that ask for what is foreign, and what it tells."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import pandas as pd
import pyarrow as pa
import pytest

import gcrm.pipeline
from dashboards import data
from gcrm.access.scope import Scope
from gcrm.crm.activities import Plan
from gcrm.crm.audiences import Criteria
from gcrm.crm.audiences import Terms as AudienceTerms
from gcrm.crm.contact_roles import Role
from gcrm.crm.lists import ACCOUNTS
from gcrm.crm.partners import Terms as PartnerTerms
from gcrm.errors import GcrmError
from gcrm.olap.query import CubeQuery
from gcrm.pipeline import activities, cases
from gcrm.pipeline.audiences import Preview
from gcrm.pipeline.opportunities import Terms
from gcrm.pipeline.persons import Person
from gcrm.pipeline.roads import Asked
from tests.integration.foreign_rows import Foreign


def _found() -> dict[str, Callable[..., object]]:
    names = [each.name for package in (gcrm.pipeline, data) for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return {
        f"{module.__name__.rsplit('.', 1)[-1]}.{name}": function
        for module in map(importlib.import_module, names)
        for name, function in vars(module).items()
        if not name.startswith("_") and inspect.isfunction(inspect.unwrap(function)) and function.__module__ == module.__name__
        and "scope" in inspect.signature(function).parameters
    }  # fmt: skip


_NOWHERE = pd.DataFrame({"cell": pd.Series(dtype="int64"), "accounts": pd.Series(dtype="int64")})

FUNCTIONS = _found()
"""By `module.function`."""

WRITES = {name for name, function in FUNCTIONS.items() if "actor" in inspect.signature(function).parameters} | {
    "quarantine.edit", "quarantine.discard", "quarantine.restore", "quarantine_retry.retry", "reach.close_street", "reach.slow_street", "reach.free_street",
    "calendar_links.make_link",
}  # fmt: skip
"""Those that write: they name who does, or are named here."""

READS = FUNCTIONS.keys() - WRITES


def ask(name: str, of: Foreign, scope: Scope, folder: Path) -> str:
    """What a function tells of what is foreign, in its answer and in the files that it writes; a refusal is told too.

    Args:
        name: of FUNCTIONS.
        of: what is asked for.
        scope: who asks.
        folder: an empty one for files.
    """
    try:
        answer = call(name, of, scope, folder)
    except GcrmError as error:
        return str(error)
    return "".join([*texts(answer), *(text_of(path) for path in folder.rglob("*") if path.is_file())])


def call(name: str, of: Foreign, scope: Scope, folder: Path) -> object:
    """Calls a function with arguments that ask for what is foreign; what has a default keeps it.

    Raises:
        GcrmError: it refuses.
    """
    known = _known(of, scope, folder) | _special(of).get(name, {})
    needed = [each for each in inspect.signature(FUNCTIONS[name]).parameters.values() if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    return FUNCTIONS[name](**{each.name: known[each.name] if each.name in known else _filter(name, each) for each in needed})


def _filter(name: str, parameter: inspect.Parameter) -> object:
    """A class whose fields all have defaults is a filter; without arguments it keeps everything."""
    if not (isinstance(parameter.annotation, type) and dataclasses.is_dataclass(parameter.annotation)):
        pytest.fail(f"{name} takes {parameter.name}, which this walk does not know: say in {__name__} what it is.")
    return parameter.annotation()


def _known(of: Foreign, scope: Scope, folder: Path) -> dict[str, Any]:
    """Arguments by the names of parameters."""
    keys = {f"{name}_id": key for name, key in dataclasses.asdict(of).items() if isinstance(key, int)}
    return keys | {
        "scope": scope, "actor": "anna", "user_name": "anna", "through": "page", "most": 5_000, "most_of_stage": 5_000, "limit": 5_000, "after": 0,
        "text": of.name, "texts": {"name": of.name, "kind": "company", "status": "prospect"}, "record": {"name": of.name}, "name": "shops", "dataset": "shops",
        "person": Person("accounts", of.account, "files", "1", of.name), "folder": folder, "target": folder / "out.csv", "contact_ids": [of.contact],
        "purpose": "marketing", "channel": "mail", "at": datetime.now(UTC), "by": "territory", "status": "open", "source": None, "span": None,
        "flaw": data.quality.Flaw("missing", "phone"), "cube": data.current_cube(), "query": CubeQuery(), "dimension": "territory", "measure": "revenue",
        "level": 7, "where": (), "cell": of.cell, "longitude": of.longitude, "latitude": of.latitude, "place": (of.longitude, of.latitude),
        "places": [(of.longitude, of.latitude)], "minutes": (5.0,), "asked": Asked.parse("car", "Tue 08:30"), "window": data.Window(24, 60, 26, 61),
        "version": data.basemap_version(scope), "layer": "roads", "tolerance": 0.0, "due_at": datetime.now(UTC), "when": Plan(datetime.now(UTC)),
        "comment": "x", "priority": "high", "change_id": 1, "quarantine_id": 1, "values": {}, "way_id": 1, "factor": 0.5, "advance": lambda _: None,
        "of": ACCOUNTS, "sort": ACCOUNTS.sort, "keys": [of.account], "expected": 1, "change_set_id": 1, "area": of.cell, "lines": (),
        "audience_id": 1, "partner_id": 1, "contact_role_id": 1,
        "frame": pd.DataFrame({"contact_id": [of.contact], "email": [of.name], "phone": None, "city": None}),
    }  # fmt: skip


def _special(of: Foreign) -> dict[str, dict[str, Any]]:
    """Arguments of functions that call something else by the same name."""
    return {
        "activities.log": {"details": activities.Details(of.account, "call")}, "activities.plan": {"details": activities.Details(of.account, "call")},
        "activities.undo": {"written": activities.Written(of.activity, 1)}, "cases.open_case": {"case": cases.NewCase(of.account, "complaint", "x")},
        "cases.undo": {"written": cases.Written(of.case, 1)}, "cases.move": {"to": "solved"}, "cases.comment": {"text": "x"},
        "opportunities.move": {"to": "won"}, "opportunities.edit": {"terms": Terms(Decimal(1), None, None, None, None)}, "leads.set_status": {"to": "working"},
        **{f"custom_values.{name}": {"object_name": "accounts", "record_id": of.account} for name in ("values_of", "change", "undo")},
        "cube_records.cube_records": {"cube": "sales"}, "places.place": {"cell": h3.str_to_int(of.cell)},
        "changing.change": {"name": "status", "text": "lost"}, "changing.change_all": {"name": "status", "text": "lost"},
        "reach.streets_in": {"window": (24.0, 60.0, 26.0, 61.0)}, "places.layer_cells": {"layer": "footfall", "measure": "people_per_hour"},
        "reports.report": {"name": "win-rate"}, "basemap.basemap_tile": {"z": 0, "x": 0, "y": 0},
        "audiences.save": {"criteria": Criteria(area=of.cell), "terms": AudienceTerms("x", Decimal(0), date(2100, 1, 1))},
        "contact_roles.give": {"account_id": of.account, "contact_id": of.contact, "role": Role("x", date(2020, 1, 1))},
        "contact_roles.end": {"until": date(2100, 1, 1)},
        "partners.agree": {"terms": PartnerTerms("gold", date(2020, 1, 1)), "area": ""},
        "audiences.cells_of": {"chosen": Preview(0, pd.DataFrame(), [], pd.DataFrame(), {}, pd.DataFrame(), _NOWHERE)},
        "opportunity_lines.parse_lines": {"texts": ["b1,1"], "currency": "EUR"},
    }  # fmt: skip


def texts(value: object) -> Iterator[str]:
    """All texts in an answer, however deep."""
    if isinstance(value, pa.Table):
        value = value.to_pandas()
    if isinstance(value, pd.DataFrame | pd.Series):
        yield value.to_csv()
    elif dataclasses.is_dataclass(value):
        yield from texts([getattr(value, field.name) for field in dataclasses.fields(value)])
    elif isinstance(value, Mapping):
        yield from texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from texts(each)
    else:
        yield value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def text_of(path: Path) -> str:
    """All texts in a file that was written."""
    if path.suffix == ".parquet":
        return str(pd.read_parquet(path).to_csv())
    if path.suffix == ".xlsx":
        return "".join(sheet.to_csv() for sheet in pd.read_excel(path, sheet_name=None, engine="openpyxl").values())
    if path.suffix == ".geojson":
        return str(gpd.read_file(path).to_csv())
    return path.read_text(encoding="utf-8", errors="replace")
