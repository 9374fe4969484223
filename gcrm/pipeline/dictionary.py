"""The data dictionary: every table and column, as the database itself describes them."""

from itertools import groupby

from gcrm.db.connection import Role, connect
from gcrm.db.queries import queries
from gcrm.olap.catalogue import DIMENSIONS, FACTS, MEASURES, Measure

_HEAD = """# Data dictionary

Written by `gcrm db dictionary` (`make docs`) from the comments in the database; a test fails where the two differ.
Geometry is EPSG:4326, money is `numeric` with an ISO 4217 code beside it, time is `timestamptz`, an H3 cell is a signed
64-bit integer. Every table's first sentence states its grain.
"""


def data_dictionary() -> str:
    """The dictionary as Markdown: the tables of the database, then the cube's facts, dimensions and measures."""
    with connect(Role.OWNER) as connection:
        rows = list(queries("dictionary").columns(connection))
    parts = [_HEAD]
    for (table, comment), columns in groupby(rows, key=lambda row: (row[0], row[1])):
        parts.append(f"## {table}\n\n{comment or ''}\n\n| column | type | required | meaning |\n|---|---|---|---|")
        parts[-1] += "".join(f"\n| {name} | {kind} | {'yes' if required else ''} | {meaning or ''} |" for _, _, name, kind, required, meaning in columns)
        parts[-1] += "\n"
    parts.append(_cube())
    return "\n".join(parts)


def _cube() -> str:
    facts = "".join(f"\n| {each.name} | {each.grain} | {', '.join(('place', *each.dimensions))} |" for each in FACTS.values())
    dimensions = "".join(f"\n| {name} | {each.label} |" for name, each in DIMENSIONS.items())
    measures = "".join(f"\n| {each.name} | {each.unit} | `{each.formula}` over {each.facts} | {_adds_up(each)} |" for each in MEASURES.values())
    return (
        "## The cube\n\n"
        f"| facts | grain | dimensions besides place |\n|---|---|---|{facts}\n\n"
        f"| dimension | label |\n|---|---|{dimensions}\n\n"
        f"| measure | unit | formula | adds up |\n|---|---|---|---|{measures}\n"
    )


def _adds_up(measure: Measure) -> str:
    if measure.needs:
        return f"over none: worked out of {', '.join(measure.needs)}"
    return "over every dimension" if measure.additive else "over none: computed from the facts"
