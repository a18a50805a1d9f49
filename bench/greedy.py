"""Simple rules to compare with: what a person with a spreadsheet does, and five others; books kept apart from the engine."""

from collections.abc import Callable, Iterable, Mapping

from bench.authorities import Authority
from stages.broker.matching.problem import Pairing, Problem, SettingUp

Key = Callable[[Pairing], tuple[float, ...]]


class Spreadsheet:
    """A matching made one pairing at a time, each taken only if every limit holds and it does not lose value."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.need = {need.id: need for need in problem.needs}
        self.setting_up = {(one.case, one.supporter): one for one in problem.setting_up}
        self.free = {one.id: list(one.half_days) for one in problem.supporters}
        self.cases_left = {one.id: 10**9 if one.most_cases is None else one.most_cases for one in problem.supporters}
        self.links: set[tuple[int, int]] = set()
        self.helpers: dict[int, int] = {}
        self.pence = 10**15 if problem.budget is None else problem.budget
        self.supporter_of: dict[int, int | None] = {need.id: None for need in problem.needs}

    def opens(self, pairing: Pairing) -> SettingUp | None:
        """Return what must be set up first, if anything."""
        link = (self.need[pairing.need].case, pairing.supporter)
        return None if link in self.links else self.setting_up.get(link)

    def gain(self, pairing: Pairing) -> float:
        """Return what taking a pairing adds now."""
        opened = self.opens(pairing)
        return pairing.value + self.need[pairing.need].unmet_price - (opened.value if opened else 0.0)

    def take(self, pairing: Pairing) -> bool:
        """Take a pairing if that is allowed and gains; return whether it was."""
        case, who, opened = self.need[pairing.need].case, pairing.supporter, self.opens(pairing)
        new = (case, who) not in self.links
        half_days = [n + (opened.half_days[w] if opened else 0) for w, n in enumerate(pairing.half_days)]
        pence = pairing.pence + (opened.pence if opened else 0)
        crowded = new and (self.cases_left[who] < 1 or self.helpers.get(case, 0) >= self.problem.most_supporters)
        late = any(free < taken for free, taken in zip(self.free[who], half_days, strict=True))
        if self.supporter_of[pairing.need] is not None or crowded or late or pence > self.pence or self.gain(pairing) <= 0:
            return False
        self.free[who] = [free - taken for free, taken in zip(self.free[who], half_days, strict=True)]
        self.pence -= pence
        if new:
            self.links.add((case, who))
            self.cases_left[who] -= 1
            self.helpers[case] = self.helpers.get(case, 0) + 1
        self.supporter_of[pairing.need] = who
        return True


def in_order(problem: Problem, pairings: Iterable[Pairing]) -> Mapping[int, int | None]:
    """Return the matching that takes pairings in this order."""
    sheet = Spreadsheet(problem)
    for pairing in pairings:
        sheet.take(pairing)
    return sheet.supporter_of


def rules(found: Authority) -> dict[str, Mapping[int, int | None]]:
    """Return the matching of each rule by its name; the first is what a person with a spreadsheet does."""
    problem = found.problem
    case = {need.id: need.case for need in problem.needs}
    urgency: dict[int, float] = {}
    choices: dict[int, int] = {}
    for p in problem.pairings:
        urgency[p.need] = max(urgency.get(p.need, 0.0), p.value)
        choices[p.need] = choices.get(p.need, 0) + 1
    opened = {(one.case, one.supporter): one for one in problem.setting_up}

    def distance(p: Pairing) -> float:
        return found.kilometres[case[p.need], p.supporter]

    def net(p: Pairing) -> float:
        return p.value - opened[case[p.need], p.supporter].value

    def length(p: Pairing) -> int:
        return max(1, sum(p.half_days) + sum(opened[case[p.need], p.supporter].half_days))

    keys: dict[str, Key] = {
        "nearest free, most urgent first": lambda p: (-urgency[p.need], p.need, distance(p)),
        "best value, most urgent first": lambda p: (-urgency[p.need], p.need, -net(p)),
        "highest value first": lambda p: (-net(p), p.need),
        "most value a half day first": lambda p: (-net(p) / length(p), p.need),
        "most value a pound first": lambda p: (-net(p) / max(1, p.pence), p.need),
        "fewest choices first, best value": lambda p: (choices[p.need], p.need, -net(p)),
        "nearest pairing first": lambda p: (distance(p), p.need),
    }
    return {name: in_order(problem, sorted(problem.pairings, key=key)) for name, key in keys.items()}
