"""Work that is done ahead of its use."""

import threading
from collections.abc import Iterator

import pytest

from gcrm.pipeline.ahead import ahead


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_the_items_come_in_their_order(most: int, count: int) -> None:
    assert list(ahead(iter(range(count)), most)) == list(range(count))


def test_at_most_so_many_lie_ready() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    for used, _ in enumerate(ahead(items(), 2)):
        assert len(made) <= used + 4  # the one in use, two ready, one in hand


def test_an_error_comes_where_its_item_would() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    made = ahead(items())
    assert next(made) == 1
    with pytest.raises(ValueError, match="broken"):
        next(made)


def test_whoever_stops_asking_stops_the_thread() -> None:
    for item in ahead(iter(range(1000))):
        if item == 3:
            break
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())
