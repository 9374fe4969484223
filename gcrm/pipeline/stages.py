"""The stages of opportunities: declared by a settings file, kept in the database, where every page, command and import reads them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from gcrm.crm.stage_declaration import declared_pipeline
from gcrm.crm.stages import Pipeline, Stage, left_behind
from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.errors import CrmError
from gcrm.frames import OPPORTUNITIES, ObjectType


def current_pipeline(connection: psycopg.Connection[Any]) -> Pipeline:
    """The stages and the reasons for a loss, as they are declared at the moment.

    Args:
        connection: of any role.
    """
    statements = queries("stages")
    stages = tuple(
        Stage(name, label, kind, probability, commitment, overdue_days, tuple(moves))
        for name, label, kind, probability, commitment, overdue_days, moves in statements.declared(connection)
    )
    return Pipeline(stages, tuple(reason for (reason,) in statements.loss_reasons(connection)))


def declared_stages() -> Pipeline:
    """The same, in a transaction of its own."""
    with connect(Role.WRITER) as connection:
        return current_pipeline(connection)


def declare_stages(path: Path) -> Pipeline:
    """Puts the stages of a settings file in the place of those that there are, in one transaction.

    Args:
        path: the file, written like gcrm/crm/stages.yaml.

    Returns:
        What is declared now.

    Raises:
        CrmError: the file cannot be read or is wrong, or opportunities are in a stage that it does not have.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CrmError(f"{path} cannot be read ({error}); give a YAML file of stages.") from error
    pipeline = declared_pipeline(path.name, text)
    statements = queries("stages")
    with connect(Role.WRITER) as connection:
        statements.lock(connection)
        gone = left_behind(pipeline, dict(statements.used(connection)))
        for name, count in gone.items():
            raise CrmError(f"{count:,} opportunities are in the stage {name}, which {path.name} does not have; move them first, or keep the stage.")
        statements.keep_only(connection, stages=list(pipeline.names))
        for position, stage in enumerate(pipeline.stages, 1):
            statements.put(
                connection, stage=stage.name, position=position, label=stage.label, kind=stage.kind, probability=stage.probability,
                commitment=stage.commitment, overdue_days=stage.overdue_days, moves=list(stage.moves),
            )  # fmt: skip
        statements.put_loss_reasons(connection, reasons=list(pipeline.loss_reasons))
    return pipeline


def with_declared_stages(connection: psycopg.Connection[Any], object_type: ObjectType) -> ObjectType:
    """An object as imports check it: opportunities with the stages that are declared, every other one as it is.

    Args:
        connection: of any role.
        object_type: what a file feeds.
    """
    if object_type.name != OPPORTUNITIES.name:
        return object_type
    names = current_pipeline(connection).names
    return replace(object_type, fields=tuple(replace(each, codes=names) if each.name == "stage" else each for each in object_type.fields))
