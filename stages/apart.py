"""Long work that is done apart from transactions, so that whoever wants to save meanwhile does not wait for it.

A transaction that comes to such work is undone, and begun again once the answer is there. If what is asked has changed meanwhile it is asked
again, and at last within the transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple, cast

from models.database import until_saved

T = TypeVar("T")
P = TypeVarTuple("P")
# Less than so many sessions or cases are done at once: to begin again would take longer.
_LARGE = 40
# After so many answers all else is done within the transaction, so that it ends however much others change.
_MOST = 6


@dataclass(frozen=True, slots=True)
class _Question:
    """A pure function and what it is asked; `==` of all of it tells whether an answer is still of this question."""

    function: Callable[..., Any]
    given: tuple[Any, ...]

    def answer(self) -> Any:
        return self.function(*self.given)


class _Unanswered(Exception):
    """A transaction came to a question that is to be answered apart from it."""

    def __init__(self, question: _Question) -> None:
        super().__init__()
        self.question = question


class Apart:
    """The answers that are known already in one piece of work, of which it may have so many."""

    def __init__(self, most: int = _MOST) -> None:
        self._known: list[tuple[_Question, Any]] = []
        self._most = most

    def of(self, size: int, function: Callable[[*P], T], *given: *P) -> T:
        """Return what a pure function says of what is given, which nothing may change afterwards; by its `size` it is done apart."""
        question = _Question(function, given)
        for known, answer in self._known:
            if known == question:
                return cast("T", answer)
        if size < _LARGE or len(self._known) >= self._most:
            return function(*given)
        raise _Unanswered(question)

    def answer(self, question: _Question) -> None:
        """Answer a question, with no transaction open."""
        self._known.append((question, question.answer()))


AT_ONCE = Apart(most=0)


def apart(work: Callable[[Apart], T]) -> T:
    """Do a piece of work that saves all it does in one transaction; its long questions are answered between attempts."""
    answers = Apart()
    while True:
        try:
            return until_saved(work)(answers)
        except _Unanswered as one:
            answers.answer(one.question)
