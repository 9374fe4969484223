"""Geocoding in several processes: each reads the reference, then places chunk after chunk."""

import atexit
import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from threading import Thread
from typing import ClassVar

import pandas as pd

from gcrm.db.connection import Role, connect
from gcrm.errors import GeocodeError
from gcrm.ingest.geocoding.match import Matcher
from gcrm.pipeline.geocode_placing import Placer, write_answers
from gcrm.pipeline.geocode_reference import load_reference
from gcrm.progress import Advance


def place_in_processes(chunks: Iterable[pd.DataFrame], reference_id: int, processes: int, advance: Advance) -> None:
    """Places the accounts of chunks; while one process waits for PostgreSQL, another matches.

    Args:
        chunks: account_id, updated_at and the columns of an address; each is a transaction.
        reference_id: the reference as the layers are now.
        processes: how many.
        advance: told how many accounts are done.

    Raises:
        GeocodeError: a process was ended from outside, for want of memory for example.
    """
    # A copy of this process would share connections and the threads of DuckDB: each begins anew.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _begin, (reference_id,)) as pool:
        running: deque[Future[int]] = deque()
        try:
            for chunk in chunks:
                running.append(pool.submit(_place, chunk))
                if len(running) > processes:
                    advance(running.popleft().result())
            while running:
                advance(running.popleft().result())
        except BrokenProcessPool as error:
            raise GeocodeError("A process of the geocoder was ended from outside, perhaps for want of memory; run it again, what is placed stays.") from error
        finally:
            for future in running:
                future.cancel()


@dataclass(frozen=True)
class _Work:
    """What a process of the pool keeps from chunk to chunk."""

    placer: Placer
    reference_id: int
    of_process: ClassVar["_Work"]


def _begin(reference_id: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    connection = connect(Role.WRITER)
    _Work.of_process = _Work(Placer(connection, Matcher(load_reference(connection))), reference_id)
    connection.commit()
    # A chunk makes millions of texts, whose every thousand would start a search for cycles: it is made between the chunks alone.
    gc.freeze()
    gc.disable()
    # There is nothing to tear down, and DuckDB would complain on standard error of what is left of it.
    atexit.register(os._exit, 0)


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its processes to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _place(chunk: pd.DataFrame) -> int:
    work = _Work.of_process
    gc.collect()
    gc.freeze()  # what is left are caches; the next search need not look at them
    return write_answers(work.placer.answers(chunk), work.reference_id)
