"""Whether a problem holds together, and whether what is agreed keeps within the limits by itself."""

from collections import Counter
from collections.abc import Hashable, Iterable

from models.errors import BadInput, NotPossible
from stages.broker.matching.problem import Pairing, Problem, SettingUp


def check_problem(problem: Problem) -> None:
    """Raise BadInput if the problem does not hold together, NotPossible if what is agreed breaks a limit by itself."""
    needs, supporters = {need.id for need in problem.needs}, {one.id for one in problem.supporters}
    _check_once("need", (need.id for need in problem.needs))
    _check_once("supporter", (one.id for one in problem.supporters))
    _check_once("pairing", ((p.need, p.supporter) for p in problem.pairings))
    _check_once("agreed need", (need for need, _ in problem.agreed))
    _check_once("proposed need", (need for need, _ in problem.proposed))
    pairs = {(p.need, p.supporter) for p in problem.pairings}
    for need, supporter in pairs:
        if need not in needs or supporter not in supporters:
            raise BadInput(f"The pairing of need {need} with supporter {supporter} names one that is not in the problem.")
    for need, supporter in problem.agreed:
        if (need, supporter) not in pairs:
            raise BadInput(f"Need {need} is agreed with supporter {supporter}, but that pairing is not listed: list it with its half days.")
    for need, supporter in problem.proposed:
        if need not in needs or supporter not in supporters:
            raise BadInput(f"Need {need} is proposed for supporter {supporter}, but one of them is not in the problem.")
    _check_sizes(problem)
    _check_agreed(problem)


def _check_once(what: str, names: Iterable[Hashable]) -> None:
    name, count = next(iter(Counter(names).most_common(1)), (None, 0))
    if count > 1:
        raise BadInput(f"The {what} {name} is listed {count} times: list it once.")


def _check_sizes(problem: Problem) -> None:
    takers: list[Pairing | SettingUp] = [*problem.pairings, *problem.setting_up]
    windows = {len(one.half_days) for one in takers} | {len(one.half_days) for one in problem.supporters}
    if len(windows) > 1:
        raise BadInput(f"Half days are given for {' and for '.join(map(str, sorted(windows)))} windows: give as many everywhere.")
    taken = [number for one in takers for number in (*one.half_days, one.pence)]
    if min(taken, default=0) < 0 or any(one.value < 0 for one in problem.setting_up) or any(price < 0 for _, price in problem.overload_steps):
        raise BadInput("Half days, pence, what setting up loses and overload prices cannot be below nothing.")


def _check_agreed(problem: Problem) -> None:
    """Add up what the agreed pairings take and compare it with every limit."""
    case_of, agreed = {need.id: need.case for need in problem.needs}, set(problem.agreed)
    links = {(case_of[need], supporter) for need, supporter in agreed}
    taken: Counter[tuple[int, int]] = Counter()
    pence = 0
    mine = [(p.supporter, p.half_days, p.pence) for p in problem.pairings if (p.need, p.supporter) in agreed]
    mine += [(one.supporter, one.half_days, one.pence) for one in problem.setting_up if (one.case, one.supporter) in links]
    for supporter, half_days, cost in mine:
        pence += cost
        taken.update({(supporter, window): number for window, number in enumerate(half_days)})
    cases, helpers = Counter(supporter for _, supporter in links), Counter(case for case, _ in links)
    for one in problem.supporters:
        if any(taken[one.id, window] > room for window, room in enumerate(one.half_days) if taken[one.id, window]):
            raise NotPossible(f"Supporter {one.id} has agreed to more half days than are free: raise them or end a match.")
        if one.most_cases is not None and cases[one.id] > one.most_cases:
            raise NotPossible(f"Supporter {one.id} has agreed to more cases than the caseload allows: raise it or end a match.")
    for case, count in helpers.items():
        if count > problem.most_supporters:
            raise NotPossible(f"Case {case} has agreed matches with {count} supporters, {problem.most_supporters} at most may help: end a match.")
    if problem.budget is not None and pence > problem.budget:
        raise NotPossible(f"What is agreed costs {pence / 100:.2f} pounds, more than the budget: raise it or end a match.")
