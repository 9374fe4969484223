"""The engine at size: points to cells, the cuboids of millions of facts beside other tools, how time and bytes grow, readers while a build runs.

`make scale`, which installs the rivals that requirements-rivals.txt pins; `ARGS="--facts 1000000 --growth"` for a smaller one.
"""

import argparse
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import vl_convert
from rich.console import Console

from benchmarks import cells, cube_rivals
from benchmarks.__main__ import own_home, show, show_figures
from benchmarks.measure import Figure, Row, beside, in_turns
from benchmarks.readers import readers_while_building
from benchmarks.sales_facts import make

_RESULTS = Path(__file__).parent / "results" / "scale.json"
_CURVE = Path(__file__).parent.parent / "docs" / "images" / "growth.svg"
_POINTS = 10_000_000
_OF_FASTEST, _OF_LOOP = 1.15, 1 / 2
_OF_FASTEST_BUILD, _OF_POSTGRESQL = 1.25, 1 / 6
_MOST_MIB = {10_000_000: 2048, 100_000_000: 4096}


@contextmanager
def _facts(lines: int) -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="gcrm-scale-"))
    try:
        yield make(folder, lines)
    finally:
        shutil.rmtree(folder)


def index_rows() -> list[Row]:
    """Points to cells beside each library alone."""
    asked = (_POINTS,)
    measured = in_turns(
        {
            "gcrm": (cells.index_ours, asked),
            "h3ronpy": (cells.index_h3ronpy, asked),
            "polars-h3": (cells.index_polars, asked),
            "chDB": (cells.index_chdb, asked),
            "h3 in a loop": (cells.index_h3_loop, asked),
        },
        rounds=3,
    )
    ours, size = measured.pop("gcrm"), f"{_POINTS:,} points"
    return [beside("index points to H3 10", size, ours, name, seconds, _OF_LOOP if "loop" in name else _OF_FASTEST) for name, (seconds, _) in measured.items()]


def build_rows(lines: int) -> tuple[list[Row], list[Figure]]:
    """The cuboids of the sales beside the same ones made bare, and the memory that ours took."""
    with _facts(lines) as facts:
        rivals = {"DuckDB": cube_rivals.plain_duckdb, "polars": cube_rivals.polars, "chDB": cube_rivals.chdb}
        measured = in_turns({name: (work, (facts,)) for name, work in {"gcrm": cube_rivals.ours, **rivals}.items()}, rounds=2)
        ours, size = measured.pop("gcrm"), f"{lines:,} order lines"
        # Longer than this it would not have to be waited for: the bar holds.
        postgresql = in_turns({"it": (cube_rivals.postgresql, (facts, 1.5 * ours[0] / _OF_POSTGRESQL))}, rounds=1)["it"][0]
    name = "build the sales cuboids"
    rows = [beside(name, size, ours, rival, seconds, _OF_FASTEST_BUILD) for rival, (seconds, _) in measured.items()]
    return [*rows, beside(name, size, ours, "PostgreSQL, GROUPING SETS", postgresql, _OF_POSTGRESQL)], [_memory(lines, ours[1])]


def _memory(lines: int, peak_mib: float) -> Figure:
    return Figure("memory of building the sales cuboids", f"{lines:,} order lines", peak_mib, " MiB", _MOST_MIB.get(lines, 2048), above=False)


def growth(sizes: list[int]) -> tuple[list[dict[str, float]], list[Figure]]:
    """Seconds and bytes of the facts and all cuboids at several sizes, and the memory at the largest."""
    points, peak = [], 0.0
    for lines in sizes:
        with _facts(lines) as facts:
            seconds, peak = in_turns({"it": (cube_rivals.ours, (facts,))}, rounds=1)["it"]
            size = sum(path.stat().st_size for path in facts.parent.rglob("*.parquet") if not path.is_symlink())
        points.append({"lines": lines, "seconds": seconds, "megabytes": size / 1e6})
        Console().print(f"{lines:,} order lines: {seconds:.1f} s, {size / 1e6:,.0f} MB, {peak:,.0f} MiB of memory")
    return points, [_memory(sizes[-1], peak)]


def draw(points: list[dict[str, float]], target: Path) -> None:
    """Draws the curve, both axes logarithmic: what is linear is a straight line of slope one."""
    rows = [
        {"lines": each["lines"], "what": what, "value": each[key]}
        for each in points
        for key, what in (("seconds", "seconds to build"), ("megabytes", "megabytes, facts and cuboids"))
    ]
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "width": 420,
        "height": 260,
        "data": {"values": rows},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "lines", "type": "quantitative", "scale": {"type": "log"}, "axis": {"format": "~s", "title": "order lines"}},
            "y": {"field": "value", "type": "quantitative", "scale": {"type": "log"}, "axis": {"format": "~s", "title": None}},
            "color": {"field": "what", "type": "nominal", "title": None, "legend": {"orient": "top"}},
        },
    }
    target.write_text(vl_convert.vegalite_to_svg(json.dumps(chart)), encoding="utf-8")


def main() -> None:
    """Measures, prints and keeps."""
    parser = argparse.ArgumentParser(description="The engine at size, beside other tools.")
    parser.add_argument("--facts", type=int, default=10_000_000, help="order lines to build cuboids of beside other tools; 0 leaves that out")
    parser.add_argument("--growth", type=int, nargs="*", default=[1_000_000, 10_000_000, 100_000_000], help="sizes of the curve, from small to large")
    asked = parser.parse_args()
    rows, figures, points = list[Row](), list[Figure](), list[dict[str, float]]()
    started = time.monotonic()
    with own_home():
        if asked.facts:
            rows += index_rows()
            built, memory = build_rows(asked.facts)
            rows, figures = rows + built, figures + memory
            show(rows)
        if asked.growth:
            points, memory = growth(asked.growth)
            figures += memory
            draw(points, _CURVE)
        figures += readers_while_building()
    show_figures(figures)
    kept = {"rows": [row.as_dict() for row in rows], "figures": [figure.as_dict() for figure in figures], "growth": points}
    _RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    Console().print(f"{time.monotonic() - started:,.0f} s in all")


if __name__ == "__main__":
    main()
