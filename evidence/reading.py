"""Reading what one file says, and reading several ahead in a second process while this one saves what was read before."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import NoReturn

from evidence.checking import check_figures
from evidence.kind import Context
from evidence.opening import Table, open_file
from evidence.privacy import check_cells
from evidence.recognising import recognise
from evidence.understood import Understood
from models.collecting import collector_at_rest

_KEY = itemgetter(0, 2, 1)
Read = Callable[[Path, Context], Understood]
_AHEAD = 2  # files that wait, read, to be saved: each may take a hundred megabytes
_WORTH = 2_000_000  # bytes to read below which a second process, which takes a second to begin, saves nothing


def read_file(path: Path, context: Context) -> Understood:
    """Read one file, whatever its kind; BadFile if it cannot be used. Its figures are in the order in which they are saved."""
    with open_file(path) as table:
        watched = replace(table, rows=_without_pupils(table)) if table.watched else table
        found = recognise(table).read(watched, context)
    found.figures.sort(key=_KEY)
    check_figures(found, path.name, context.today)
    return found


@contextmanager
def reading_ahead(paths: Sequence[Path], context: Context, worth: int = _WORTH) -> Iterator[Read]:
    """Give what reads these files in their order, the later ones in a second process if there is a core for it and enough to read.

    What comes of a file is the same either way, refusals too. Only what needs the names of schools, which is in the database of this
    process and may not be saved yet, is read here in any case.
    """
    later = list(paths[1:])
    if (os.cpu_count() or 1) < 2 or sum(path.stat().st_size for path in later if path.is_file()) < worth:
        yield read_file
        return
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    try:
        yield _Ahead(pool, later, replace(context, names=_Elsewhere())).read
    finally:
        pool.shutdown(cancel_futures=True)


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
        except BrokenProcessPool:
            # Somebody ended the second process, or memory was short: nothing was lost that cannot be read here.
            found, self._later = None, []
        return found or read_file(path, context)


class _NamesNeeded(Exception):
    pass


class _Elsewhere(Mapping[tuple[str, str], int]):
    """The names of schools where they are not to be had."""

    def __getitem__(self, key: tuple[str, str]) -> NoReturn:
        raise _NamesNeeded

    def __iter__(self) -> NoReturn:
        raise _NamesNeeded

    def __len__(self) -> int:
        return 0


@collector_at_rest()
def _read_elsewhere(path: Path, context: Context) -> Understood | None:
    """Read a file in the second process; None if that takes the names of schools."""
    try:
        return read_file(path, context)
    except _NamesNeeded:
        return None


def _without_pupils(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield a table's rows; BadFile at the first that holds what looks like a pupil's number."""
    for line, row in table.rows:
        check_cells(table.name, line, row)
        yield line, row
