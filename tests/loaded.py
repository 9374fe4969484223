"""Loads every library that a module of gcrm uses, and forgets gcrm's own modules, some of which read the settings: what `tests.forks` forks from."""

import importlib
import pkgutil
import sys
from pathlib import Path

import gcrm

for _module in pkgutil.walk_packages(gcrm.__path__, "gcrm."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
for _file in Path(__file__).parents[1].glob("dashboards/*.py"):
    if _file.stem != "app":
        importlib.import_module(f"dashboards.{_file.stem}")
for _name in [name for name in sys.modules if name.partition(".")[0] in {"gcrm", "dashboards"}]:
    del sys.modules[_name]
