"""Work that is done ahead, in a thread of its own, while its last results are in use."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

_END = object()


def ahead[T](items: Iterable[T], most: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, made in another thread, at most so many before they are asked for.

    What waits for the database and what computes in Arrow or numpy leave each other room, so that the two together take
    little longer than the slower one. Whoever stops asking (closes this iterator) stops the thread behind the item in hand.

    Args:
        items: made one after the other in the other thread.
        most: how many may lie ready.

    Raises:
        Exception: whatever making an item raised, in its place.
    """
    source = iter(items)
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        waiting = deque(pool.submit(next, source, _END) for _ in range(most))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(pool.submit(next, source, _END))
            yield cast("T", item)
    finally:
        pool.shutdown(cancel_futures=True)
