"""How far two places are apart, as the crow flies. Pure."""

from math import hypot
from typing import Protocol


class Placed(Protocol):
    """Whatever has a place on the National Grid, in metres; None where it is not known."""

    @property
    def easting(self) -> int | None:
        """Return how far east it is."""

    @property
    def northing(self) -> int | None:
        """Return how far north it is."""


def kilometres(one: Placed, other: Placed) -> float | None:
    """Return the straight-line distance in kilometres; None if either place is not known."""
    if one.easting is None or one.northing is None or other.easting is None or other.northing is None:
        return None
    return hypot(one.easting - other.easting, one.northing - other.northing) / 1000
