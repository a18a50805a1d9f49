"""Reading what one file says, and reading several ahead in a second process while this one saves what was read before."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import NoReturn

from evidence.checking import check_figures
from evidence.ending import to_the_end
from evidence.figures import Figures
from evidence.kind import Context
from evidence.opening import Table, open_file
from evidence.privacy import check_cells
from evidence.recognising import recognise
from evidence.understood import Understood

Read = Callable[[Path, Context], Understood]
_AHEAD = 2  # files that wait, read, to be saved: each may take a hundred megabytes
_WORTH = 2_000_000  # bytes to read below which a second process, which takes a second to begin, saves nothing


def read_file(path: Path, context: Context) -> Understood:
    """Read one file, whatever its kind; BadFile if it cannot be used. Its figures are in the order in which they are saved."""
    with open_file(path) as opened:
        table = to_the_end(opened)
        watched = replace(table, rows=_without_pupils(table)) if table.watched else table
        found = recognise(table).read(watched, context)
    found.figures = Figures.of(found.figures).in_order()
    check_figures(found, path.name, context.today)
    return found


@contextmanager
def reading_ahead(paths: Sequence[Path], context: Context, worth: int = _WORTH, cores: int | None = None) -> Iterator[Read]:
    """Give what reads these files in their order, the later ones in a second process if there is a core for it and enough to read.

    What comes of a file is the same either way, refusals too. Only what needs the names of schools, which is in the database of this
    process and may not be saved yet, is read here in any case. `cores` are those to reckon with, all that this process may use if left out.
    """
    later = list(paths[1:])
    if (cores or _cores()) < 2 or sum(path.stat().st_size for path in later if path.is_file()) < worth:
        yield read_file
        return
    with ExitStack() as ending:
        try:
            pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_begin)
            ending.callback(pool.shutdown, cancel_futures=True)
            _start(pool)
        except OSError:
            # There is no room for another process or its pipes: this one reads all.
            read: Read = read_file
        else:
            read = _Ahead(pool, later, replace(context, names=_Elsewhere())).read
        yield read


def _cores() -> int:
    """Return how many cores this process may use; the machine may have more."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(pool: ProcessPoolExecutor) -> None:
    """Start the second process; Ctrl-C is held back meanwhile, here and, until it can answer to it, there."""
    ensure_running()  # otherwise the pool does so, which lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool.submit(int)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Have the second process end without a word at Ctrl-C, and with the process that it reads for, however that ends."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(1))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    gc.disable()  # it would look through all that was read while that is handed over; see below
    gc.freeze()  # nor is there anything to find among what programs are made of
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Ahead:
    """The files that are read ahead, and those that wait to be."""

    def __init__(self, pool: ProcessPoolExecutor, later: list[Path], context: Context) -> None:
        self._pool, self._later, self._context = pool, later, context
        self._reading: dict[Path, Future[Understood | None]] = {}

    def read(self, path: Path, context: Context) -> Understood:
        """Return what a file says: what the second process read, or what is read now."""
        mine = self._reading.pop(path, None)
        if path in self._later:
            self._later.remove(path)
        try:
            while self._later and len(self._reading) < _AHEAD:
                following = self._later.pop(0)
                self._reading[following] = self._pool.submit(_read_elsewhere, following, self._context)
            found = mine.result() if mine else None
        except (BrokenProcessPool, OSError):
            # Somebody ended the second process, or memory was short: nothing was lost that cannot be read here.
            found, self._later = None, []
        if found is None:
            found = read_file(path, context)
        self._name_next(found, context)
        return found

    def _name_next(self, found: Understood, context: Context) -> None:
        """Have the next file read with the names of schools if it takes them, and if they stay as they are while this one is saved."""
        following = next(iter(self._reading), None)
        if following is None or found.schools or not self._reading[following].done() or self._reading[following].exception() is not None:
            return
        if self._reading[following].result() is None:
            named = replace(self._context, names=dict(context.names))
            # Whether it is read there is known when it is asked for.
            with suppress(BrokenProcessPool, OSError):
                self._reading[following] = self._pool.submit(_read_elsewhere, following, named)


class _NamesNeeded(Exception):
    pass


class _Elsewhere(Mapping[tuple[str, str], int]):
    """The names of schools where they are not to be had."""

    def __getitem__(self, key: tuple[str, str]) -> NoReturn:
        raise _NamesNeeded

    def __iter__(self) -> NoReturn:
        raise _NamesNeeded

    def __len__(self) -> NoReturn:
        raise _NamesNeeded


def _read_elsewhere(path: Path, context: Context) -> Understood | None:
    """Read a file in the second process; None if that takes the names of schools."""
    gc.collect()  # now there is little to look through: what was read before has been handed over
    try:
        return read_file(path, context)
    except _NamesNeeded:
        return None


def _without_pupils(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield a table's rows; BadFile at the first that holds what looks like a pupil's number."""
    for line, row in table.rows:
        check_cells(table.name, line, row)
        yield line, row
