"""What came of one attempt to deliver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Accepted or not, with the other side's code and words; a transient failure is tried again."""

    channel: str
    accepted: bool
    code: int
    text: str
    transient: bool = False
