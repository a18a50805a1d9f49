"""Between what a figure can lie at all: outside, a file is damaged or a cell was mistyped, and every later sum would be wrong."""

from collections.abc import Sequence
from typing import NamedTuple


class Bounds(NamedTuple):
    """The lowest and the highest that a figure can be; `whole` if it is counted and never in between."""

    lowest: float
    highest: float
    whole: bool = False

    def why_not(self, value: float | None) -> str | None:
        """Return why a value cannot be, to follow the value in a sentence; None if it can, or if there is none."""
        if value is None or (self.lowest <= value <= self.highest and (not self.whole or value == int(value))):
            return None
        return f"is not {'a whole number ' if self.whole else ''}from {self.lowest:,g} to {self.highest:,g}"

    def first_outside(self, values: Sequence[float | None]) -> tuple[int, str] | None:
        """Return the place of the first value that cannot be, and why it cannot; None if all can."""
        known = [value for value in values if value is not None]
        if not known or (self.lowest <= min(known) and max(known) <= self.highest and not (self.whole and any(value % 1 for value in known))):
            return None
        return next(((place, why) for place, value in enumerate(values) if (why := self.why_not(value)) is not None), None)


SHARE, MARK, DECILE, COUNT = Bounds(0, 100), Bounds(0, 1, whole=True), Bounds(1, 10, whole=True), Bounds(0, 100_000_000, whole=True)
# Pupils with a plan can be on roll elsewhere, so that special schools print more than 100 per cent (104.17 is the most so far).
OF_OTHERS = Bounds(0, 200)
# Wide enough for every school so far, with room: progress at 11 went from -25.4 to 31.2, Progress 8 from -3.62 to 2.17.
PROGRESS, PROGRESS_8, SCALED, POINTS = Bounds(-60, 60), Bounds(-10, 10), Bounds(60, 140), Bounds(0, 140)
GRADE, YEARS, RATE, ROLL = Bounds(1, 4), Bounds(0, 200), Bounds(0, 2000), Bounds(0, 20_000)
# Those of a school that a figure is of.
PUPILS = ROLL._replace(whole=True)
