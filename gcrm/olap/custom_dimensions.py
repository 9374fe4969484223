"""Custom fields as dimensions: what an organisation declares of its accounts becomes a column of all facts of accounts that come out of the database."""

from collections.abc import Sequence

from gcrm.custom_fields import CustomField
from gcrm.olap.declaration import CubeDeclaration, DimensionDeclaration, SharedDeclaration


def with_custom_dimensions(
    shared: SharedDeclaration, cubes: Sequence[CubeDeclaration], fields: Sequence[CustomField]
) -> tuple[SharedDeclaration, tuple[CubeDeclaration, ...]]:
    """The declarations of the cubes with one more dimension for each custom field that is one.

    Cuboids leave them out, as they do others of many members, until questions ask for them (`facts_only`).

    Args:
        shared: the dimensions of all cubes.
        cubes: every cube.
        fields: the custom fields of accounts.
    """
    labels = {each.name: each.label for each in fields if each.dimension}
    dimensions = {**shared.dimensions, **{name: DimensionDeclaration(label=label) for name, label in labels.items()}}
    return shared.model_copy(update={"dimensions": dimensions}), tuple(_extended(cube, list(labels)) if _is_extracted(cube) else cube for cube in cubes)


def _is_extracted(cube: CubeDeclaration) -> bool:
    """Whether its facts are of accounts and come out of the database."""
    return "account_id" in cube.columns and not cube.derived_from


def _extended(cube: CubeDeclaration, names: list[str]) -> CubeDeclaration:
    columns = {**cube.columns, **dict.fromkeys(names, "VARCHAR")}
    return cube.model_copy(update={"columns": columns, "dimensions": [*cube.dimensions, *names], "facts_only": [*cube.facts_only, *names]})
