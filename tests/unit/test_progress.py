"""The bar: a bar in a terminal, one line elsewhere."""

import os
import pty
import sys

import pytest

from gcrm.progress import progress


def test_where_there_is_no_terminal_it_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("orders from a.csv", unit="records") as advance:
        for _ in range(3):
            advance(1000)
    captured = capsys.readouterr()
    assert captured.err == "orders from a.csv: 3,000 records\n"
    assert captured.out == ""


def test_what_fails_is_not_said_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), progress("orders") as advance:
        advance(1 // 0)
    assert capsys.readouterr().err == ""


def test_in_a_terminal_it_shows_what_is_done_how_fast_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "160")
        with progress("orders", total=1000, unit="records") as advance:
            advance(400)
            advance(600)
    shown = b""
    while b"1000/1000" not in shown:
        shown += os.read(leader, 1 << 16)
    os.close(leader)
    for part in (b"orders", b"records", b"/s", b"left"):
        assert part in shown
