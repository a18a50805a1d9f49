"""The lines of worklists: one kind of thing that waits for one person, with the schools it is for."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from notifications.draft import Recipient

_MOST_NAMED = 30
# A school's name, and the day by which (or on which) something is due.
Waiting = tuple[str, datetime.date | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of thing that waits for one person, with the schools it is for, the earliest first; `dated` says what their day is."""

    to: Recipient
    says: str
    waiting: Sequence[Waiting]
    dated: str = "due"

    def as_json(self) -> dict[str, object]:
        """Return the line as the message needs it, with so many schools by name and the number of the rest."""
        schools = [{"name": name, "due": due.isoformat() if due else None} for name, due in self.waiting[:_MOST_NAMED]]
        return {"says": self.says, "dated": self.dated, "schools": schools, "more": max(0, len(self.waiting) - _MOST_NAMED)}


def counted(number: int, what: str) -> str:
    """Return a number of things: 1 case, 4 cases."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def stop(text: str) -> str:
    """Return a text as a sentence that ends."""
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."


def by_day(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return what waits, the earliest first and what has no day last."""
    return sorted(waiting, key=lambda one: (one[1] or datetime.date.max, one[0]))
