"""What is to be matched: needs, supporters, the pairings that are allowed, and the prices and limits that weigh on them.

Half days, caseload, most supporters a case, budget and what is agreed are limits and never traded. All else is value: a
pairing's worth, what setting up loses, a need left unmet, a load above a fair share, a move away from what was proposed.
Only allowed pairings are listed: expertise, phase, conflict and distance are the caller's to sift and to count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Need:
    """A need of a case, met by one supporter or not at all; `unmet_price` is the value lost if it is not."""

    id: int
    case: int
    unmet_price: float


@dataclass(frozen=True, slots=True)
class Supporter:
    """A supporter: half days free in each window (a term, say; one number if there is one window), and most cases if capped.

    A load above `fair_half_days` (all windows together) costs what `Problem.overload_steps` says; None is never unfair.
    """

    id: int
    half_days: tuple[int, ...]
    most_cases: int | None = None
    fair_half_days: int | None = None


@dataclass(frozen=True, slots=True)
class Pairing:
    """A supporter who could meet a need: the half days it takes in each window, its cost in pence and its value."""

    need: int
    supporter: int
    half_days: tuple[int, ...]
    pence: int
    value: float


@dataclass(frozen=True, slots=True)
class SettingUp:
    """What it takes, once, to bring a supporter to a case at all: half days in each window, pence, and value lost (travel)."""

    case: int
    supporter: int
    half_days: tuple[int, ...]
    pence: int
    value: float


@dataclass(frozen=True, slots=True)
class Problem:
    """A whole matching problem.

    `most_supporters` is for each case; `budget` is in pence, None for no limit. `overload_steps` are (half days above the fair
    share, value lost for each further half day), added up. `agreed` are (need, supporter) that stay; `proposed` are those that
    cost `move_price` to leave. With `first_is_whole` the first window is the whole time and all others are parts of it: a load is then what the
    first has, and without it what all have together. `cases_window` is the window that counts cases, not half days, where a need stands for
    several of them. `districts` (case to a name) only guides which cases are solved together.
    """

    needs: tuple[Need, ...]
    supporters: tuple[Supporter, ...]
    pairings: tuple[Pairing, ...]
    setting_up: tuple[SettingUp, ...] = ()
    most_supporters: int = 1
    budget: int | None = None
    overload_steps: tuple[tuple[int, float], ...] = ()
    agreed: tuple[tuple[int, int], ...] = ()
    proposed: tuple[tuple[int, int], ...] = ()
    move_price: float = 0.0
    districts: Mapping[int, str] = field(default_factory=dict)
    first_is_whole: bool = False
    cases_window: int | None = None

    def load(self, half_days: Sequence[int]) -> int:
        """Return what half days by window come to."""
        return half_days[0] if self.first_is_whole else sum(half_days)
