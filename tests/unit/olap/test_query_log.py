"""The query log: what is noted of a question, by many processes at once, and that no answer fails by it."""

import multiprocessing
import time
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.olap import query_log
from gcrm.olap.answer import ask
from gcrm.olap.plan import QueryShape
from gcrm.olap.query import CubeQuery
from gcrm.olap.query_log import LOG, asked, clear, note
from tests.unit.olap.cube import made_up_facts, publish

_EVERYTHING = Scope.everything()
_SOME = QueryShape.parse("place:8,segment", "revenue", "month")


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        (
            CubeQuery.parse("segment", "month", "revenue,buyers", ["month=2025-01|2025-03", "place=861f8d6dfffffff"]),
            ("month,segment", "buyers,revenue", "month,place:6"),
        ),
        (CubeQuery.parse("place:8", where=["place=831f8dfffffffff|871f8d6d0ffffff"]), ("place:8", "revenue", "place:7")),
        (CubeQuery.parse("place:8", where=["place=(unknown)"]), ("place:8", "revenue", "place:5")),
        (CubeQuery.parse(where=["place=0..500@9.5,47.1", "place=871f8d6d0ffffff"]), ("", "revenue", "place")),
    ],
)
def test_a_shape_has_no_members(query: CubeQuery, texts: tuple[str, str, str]) -> None:
    assert QueryShape.of(query).texts == texts
    assert QueryShape.parse(*texts) == QueryShape.of(query)


def test_an_answer_is_noted_with_what_it_took_and_nothing_of_its_members(tmp_path: Path) -> None:
    version, _ = publish(tmp_path, *made_up_facts(1), "one")
    for member in ("families", "students"):
        answer = ask(version, CubeQuery.parse("month", measures="revenue", where=[f"segment={member}"]), Scope(frozenset({1})))
    (line,) = asked(tmp_path)
    assert (line.shape.texts, line.times) == (("month", "revenue", "segment"), 2)
    assert line.rows_read == 2 * sum(answer.explanation.read.values())
    assert line.milliseconds > answer.explanation.milliseconds > 0
    content = (tmp_path / LOG).read_bytes()
    assert b"segment" in content
    assert b"families" not in content


def _note_many(folder: Path) -> None:
    query_log._PATIENCE_S = 60  # nothing may be left out here
    for number in range(50):
        note(folder, _SOME if number % 2 else QueryShape.parse("", "revenue", ""), 1, 10)


def test_many_processes_note_at_once(tmp_path: Path) -> None:
    processes = [multiprocessing.get_context("spawn").Process(target=_note_many, args=(tmp_path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert {line.shape: (line.times, line.rows_read) for line in asked(tmp_path)} == {_SOME: (100, 1000), QueryShape.parse("", "revenue", ""): (100, 1000)}


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "MOST_SHAPES", 20)
    filtered = ("", "month", "segment", "status", "channel", "region", "year")
    shapes = [QueryShape.parse(f"place:{level}", "revenue", name) for level in (5, 6, 7) for name in filtered]
    for shape in shapes:
        note(tmp_path, shape, 1, 1)
        time.sleep(0.002)  # the clock of the log has milliseconds
    assert len(asked(tmp_path)) == 18
    assert shapes[-1] in {line.shape for line in asked(tmp_path)}


@pytest.mark.parametrize("broken", ["no database", "a folder"])
def test_no_answer_fails_by_the_log(tmp_path: Path, broken: str) -> None:
    version, _ = publish(tmp_path, *made_up_facts(1), "one")
    (tmp_path / LOG).mkdir() if broken == "a folder" else (tmp_path / LOG).write_bytes(b"nothing that SQLite reads" * 100)
    assert ask(version, CubeQuery.parse(), _EVERYTHING).table.num_rows == 1
    assert asked(tmp_path) == []
    assert publish(tmp_path, *made_up_facts(2), "two")[1]


def test_one_who_holds_the_log_holds_no_answer_up(tmp_path: Path) -> None:
    note(tmp_path, _SOME, 1, 1)
    with query_log._opened(tmp_path) as other:
        other.execute("DELETE FROM asked")
        note(tmp_path, _SOME, 1, 1)
    assert asked(tmp_path) == []


def test_what_is_not_declared_any_more_is_passed_over(tmp_path: Path) -> None:
    note(tmp_path, QueryShape((), ("nothing",), ()), 1, 1)
    note(tmp_path, _SOME, 1, 1)
    assert [line.shape for line in asked(tmp_path)] == [_SOME]
    clear(tmp_path)
    clear(tmp_path)
    assert asked(tmp_path) == []
    assert not (tmp_path / LOG).exists()
