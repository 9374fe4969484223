"""Answers as tables in the terminal."""

from datetime import date
from pathlib import Path

import pytest

from gcrm.access.scope import Scope
from gcrm.cli.tables import show_answer
from gcrm.olap.analysis import ask
from gcrm.olap.query import CubeQuery
from tests.unit.olap.cube import made_up_facts, publish


def test_a_second_question_stands_in_the_table_also_with_columns_across(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    version, _ = publish(tmp_path, *made_up_facts(11, accounts=80, lines=600), "eleven")
    query = CubeQuery.parse("territory", "year", "revenue", ["segment=families"], derived="rank(revenue)", versus=["segment=students"])
    show_answer(query, ask(version, query, Scope.everything()))
    heading = capsys.readouterr().out.splitlines()[0]
    for name in query.answer_columns[len(query.axes) :]:
        assert f"{name} / {date(2025, 1, 1).year}" in heading
