"""A first answer from the relaxation: each session where the relaxation has it most, then where it costs least."""

import numpy as np

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.indexing import ANY, At, Floats
from stages.schedule.timetable.tours import Tours


def rounded(books: Books, tours: Tours, taken: Floats) -> list[At | None]:
    """Return a place for each freed session, None where nothing is left; `taken` (N,) is how much of each stop the relaxation takes.

    The books are as they were when this returns.
    """
    leads = np.flatnonzero(tours.lead)
    price = tours.cost[: len(tours.session)]
    order = leads[np.lexsort((price[leads], -np.round(taken[leads], 6)))]
    found: list[At | None] = [None] * len(tours.sessions)
    for stop in order.tolist():
        local = int(tours.session[stop])
        session, day, part = tours.sessions[local], int(tours.day[stop]), int(tours.part[stop])
        if found[local] is None:
            parts = None if part == ANY else (part,)
            if books.stops(session, day, parts)[0] is None:
                found[local] = day, books.free_part(session, day, parts) or 0
                books.put(session, (day, books.free_part(session, day, parts) or 0))
    for session in tours.sessions:
        books.remove(session)
    return found
