"""Letting Python's garbage collector rest while millions of plain values are made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_resting = 0
_was_on = True


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Stop the search for garbage in cycles inside this block or decorated function, in all threads; it may stand inside another.

    The collector looks at everything again and again while a batch grows, which takes a third of the time of a large one and finds
    nothing: figures, rows and sums refer to no one. What nobody refers to any more is freed all the same.
    """
    global _resting, _was_on
    with _lock:
        if _resting == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _resting += 1
    try:
        yield
    finally:
        with _lock:
            _resting -= 1
            if _resting == 0 and _was_on:
                gc.enable()
