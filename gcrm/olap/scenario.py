"""What-if: a scenario is a few changes to the facts of a published version; its cube stands beside that version and is never mixed into it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gcrm.access.scope import Scope
from gcrm.config import resource
from gcrm.errors import CubeError
from gcrm.olap import cuboids, delta, store
from gcrm.olap.build_engine import build_database, write_parquet
from gcrm.olap.catalogue import FACTS, Facts
from gcrm.olap.conditions import Conditions, conditions
from gcrm.olap.engine import engine
from gcrm.olap.query import CubeQuery, Filter
from gcrm.olap.versions import Version

ABOUT = "scenario.json"
"""The file beside the cuboids of a scenario that says what it is, and of which version."""

_LARGEST_PERCENT = 1000


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(_Declared):
    """One change: accounts, and all that hangs on them, move to a territory; prices change; orders are lost.

    Attributes:
        change: move, prices or lose.
        where: filters, as of a question; all facts if there are none.
        to: name of the territory that takes what is moved.
        percent: by how much prices rise, negative where they fall; or the share of orders that is lost, whole orders, chosen by their keys and always the same.
    """

    change: Literal["move", "prices", "lose"]
    where: list[str] = []
    to: str | None = None
    percent: Annotated[float, Field(ge=-100, le=_LARGEST_PERCENT)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.to is None) == (self.change == "move"):
            raise ValueError("`to` names the territory of a move, and stands with nothing else")
        if (self.percent is None) != (self.change == "move"):
            raise ValueError("`percent` stands with prices and lose, and not with move")
        if self.change == "lose" and not 0 <= (self.percent or 0) <= 100:  # noqa: PLR2004 - percent
            raise ValueError("what is lost is from 0 to 100 percent")
        try:
            CubeQuery(measures=("accounts" if self.change == "move" else "revenue",), where=self.filters)
        except CubeError as error:
            raise ValueError(str(error).removesuffix(".")) from error
        return self

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What it is about."""
        return tuple(map(Filter.parse, self.where))


class Scenario(_Declared):
    """A scenario: a name, what it is in words, its changes one after the other."""

    scenario: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
    label: str
    changes: Annotated[list[Change], Field(min_length=1)]


def read_scenario(path: Path) -> Scenario:
    """The scenario of a YAML file.

    Raises:
        CubeError: it cannot be read, or says what does not fit.
    """
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise CubeError(f"{path} cannot be read ({error}); a scenario is a YAML file.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise CubeError(f"{path.name}, line {line}: this is not YAML ({error.problem}); look at colons, brackets and indents.") from error
    except yaml.YAMLError as error:
        raise CubeError(f"{path.name} is not YAML ({error}); a scenario is a YAML file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(step + 1) if isinstance(step, int) else str(step) for step in first["loc"])
        raise CubeError(f"{path.name}, {place or 'the file'}: {first['msg'].removeprefix('Value error, ')}.") from error


def build_scenario(folder: Path, base: Version, scenario: Scenario, advance: Callable[[int], None]) -> Version:
    """Builds the cube of a scenario.

    Args:
        folder: of this scenario; what was built of it before is replaced.
        base: the published version that it changes.
        scenario: the changes.
        advance: told how many cuboids are built.

    Raises:
        CubeError: a change names a territory that is not there.
    """
    with store.building(folder) as work:
        for facts in FACTS.values():
            if not facts.derived_from:
                _copy(base, work, facts)
        for change in scenario.changes:
            _apply(change, base, work)
        for facts in FACTS.values():
            if facts.derived_from:
                store.derive_facts(work, facts.name, (resource("sql") / "cubes" / f"{facts.name}.sql").read_text(encoding="utf-8"))
        (work / ABOUT).write_text(json.dumps({"base": base.name, "scenario": scenario.model_dump()}), encoding="utf-8")
        digest = f"{base.manifest['digest']} {scenario.model_dump_json()}"
        return store.publish(folder, work, digest, base.manifest["sources"], base.built_at, 1, advance)[0]


def _copy(base: Version, work: Path, facts: Facts) -> None:
    """The facts of a version as a plain file of their own."""
    file = cuboids.facts_file(facts)
    if delta.is_changed(base.folder / file):
        ordered = f"SELECT * FROM {delta.source(base.folder / file)} ORDER BY {', '.join(facts.columns)}"  # noqa: S608 - declared names only
        with build_database() as database:
            write_parquet(database, ordered, work / file)
    else:
        shutil.copyfile(base.folder / file, work / file)


def _apply(change: Change, base: Version, work: Path) -> None:
    """Writes the facts that a change is about anew."""
    if change.change == "move":
        given = _territory(work, str(change.to))
        for facts in (each for each in FACTS.values() if each.by_territory and not each.derived_from):
            _rewrite(base, work, facts, change, dict.fromkeys(("territory_id", "territory", "region"), "?"), given)
        return
    sales = FACTS["sales"]
    part = (change.percent or 0.0) / 100
    if change.change == "prices":
        dearer = {"margin": "margin + CAST(revenue * ?::DOUBLE AS DECIMAL(14,2))", "revenue": "revenue + CAST(revenue * ?::DOUBLE AS DECIMAL(14,2))"}
        _rewrite(base, work, sales, change, dearer, [part, part])
    else:
        _lose(base, work, sales, change, part)


def _territory(work: Path, name: str) -> list[object]:
    """Key, name and region of a territory."""
    accounts = str(work / cuboids.facts_file(FACTS["accounts"]))
    found = (
        engine().execute("SELECT DISTINCT territory_id, territory, region FROM read_parquet(?) WHERE territory = ? ORDER BY ALL", [accounts, name]).fetchall()
    )
    if len(found) != 1:
        known = [row[0] for row in engine().execute("SELECT DISTINCT territory FROM read_parquet(?) ORDER BY 1", [accounts]).fetchall()]
        raise CubeError(f"Accounts are to move to {name!r}, which is {'no territory' if not found else 'more than one'}; there are {', '.join(known)}.")
    return list(found[0])


def _rewrite(base: Version, work: Path, facts: Facts, change: Change, to: dict[str, str], given: list[object]) -> None:
    """Gives columns other values where the change is about a fact; `given` stand at the question marks of `to`, in the order of the columns of the facts."""
    kept = conditions(base, change.filters, Scope.everything(), facts, facts.finest_level)
    # Every name is declared in gcrm/olap/cubes/.
    columns = ", ".join(f"CASE WHEN changes THEN {to[name]} ELSE {name} END AS {name}" if name in to else name for name in facts.columns)
    _write(work, facts, f"SELECT {columns} FROM (SELECT *, coalesce({kept.text}, false) AS changes FROM read_parquet(?))", kept, given)  # noqa: S608 - declared names only


def _lose(base: Version, work: Path, facts: Facts, change: Change, part: float) -> None:
    kept = conditions(base, change.filters, Scope.everything(), facts, facts.finest_level)
    drawn = "('0x' || substr(md5(order_key), 1, 8))::BIGINT / 4294967296.0"
    columns = ", ".join(facts.columns)
    statement = f"SELECT {columns} FROM (SELECT *, coalesce({kept.text}, false) AND {drawn} < ?::DOUBLE AS lost FROM read_parquet(?)) WHERE NOT lost"  # noqa: S608 - declared names only
    _write(work, facts, statement, kept, [], [part])


def _write(work: Path, facts: Facts, statement: str, kept: Conditions, before: list[object], behind: list[object] | None = None) -> None:
    """Writes the facts anew: the parameters of a statement are those before its conditions, theirs, those behind, the file."""
    path = work / cuboids.facts_file(facts)
    made = path.with_suffix(".changed")
    duck = engine()
    for name, table in kept.tables.items():
        duck.register(name, table)
    try:
        quoted = str(made).replace("'", "''")  # COPY takes no parameter for its target
        order = ", ".join(facts.columns)
        duck.execute(
            f"COPY ({statement} ORDER BY {order}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)",
            [*before, *kept.values, *(behind or []), str(path)],
        )
    finally:
        for name in kept.tables:
            duck.unregister(name)
    made.replace(path)
