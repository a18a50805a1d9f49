"""A first answer from the relaxation: each session where the relaxation has it most, then where it costs least; and room for those left out."""

import numpy as np

from stages.schedule.timetable.books import Books
from stages.schedule.timetable.indexing import ANY, At, Floats
from stages.schedule.timetable.tours import Tours

_MOST_SENT = 4


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
            if books.why_not(session, day, parts)[0] is None:
                found[local] = day, books.free_part(session, day, parts) or 0
                books.put(session, (day, books.free_part(session, day, parts) or 0))
    for session in tours.sessions:
        books.remove(session)
    return found


def make_room(books: Books, session: int) -> bool:
    """Give a session a date by sending a few others elsewhere, each to its cheapest day that is free; return whether that went.

    All keep their dates, or the books are as they were.
    """
    for day in books.ix.days_of[session].tolist():
        sent = _send_away(books, session, day)
        if sent is None:
            continue
        books.put(session, (day, books.free_part(session, day) or 0))
        if all(_put_cheapest(books, one) for one in sent):
            return True
        books.remove(session)
        for one in sent:
            books.remove(one)
        for one, slot in sent.items():
            books.put(one, slot)
    return False


def _send_away(books: Books, session: int, day: int) -> dict[int, At] | None:
    """Take out of the books what keeps a session from a day and return it; None, and the books as they were, if it is too much or locked."""
    sent: dict[int, At] = {}
    while (found := books.stops(session, day))[0] is not None:
        movable = [one for one in found[1] if one >= 0 and books.ix.fixed[one] is None]
        slot = books.at[movable[0]] if movable else None
        if slot is None or len(sent) == _MOST_SENT:
            for one, before in sent.items():
                books.put(one, before)
            return None
        sent[movable[0]] = slot
        books.remove(movable[0])
    return sent


def _put_cheapest(books: Books, session: int) -> bool:
    """Enter a session on the free day nearest to its ideal; return whether there is one."""
    ix, days = books.ix, books.ix.days_of[session]
    for day in days[np.argsort(ix.day_price(session, days), kind="stable")].tolist():
        if books.why_not(session, day)[0] is None:
            books.put(session, (day, books.free_part(session, day) or 0))
            return True
    return False
