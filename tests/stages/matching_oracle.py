"""Small matching problems drawn at random, and their best matching found by trying every one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import strategies as st

from stages.broker.matching.problem import Need, Pairing, Problem, SettingUp, Supporter

Matching = Mapping[int, int | None]


@st.composite
def problems(draw: st.DrawFn, most_needs: int = 5, most_supporters: int = 3) -> Problem:
    windows = draw(st.integers(1, 2))
    half_days = st.tuples(*[st.integers(0, 3)] * windows)
    needs = tuple(Need(n, 10 + draw(st.integers(0, 2)), draw(st.sampled_from([0.0, 3.0, 20.0]))) for n in range(draw(st.integers(1, most_needs))))
    supporters = tuple(
        Supporter(100 + s, draw(st.tuples(*[st.integers(0, 7)] * windows)), draw(st.none() | st.integers(0, 2)), draw(st.none() | st.integers(0, 5)))
        for s in range(draw(st.integers(1, most_supporters)))
    )
    pairings = tuple(
        Pairing(need.id, one.id, draw(half_days), draw(st.integers(0, 5)) * 100, draw(st.integers(-20, 100)) / 10)
        for need in needs
        for one in supporters
        if draw(st.integers(0, 4))
    )
    links = sorted({(needs[p.need].case, p.supporter) for p in pairings})
    setting_up = tuple(
        SettingUp(*link, draw(half_days), draw(st.integers(0, 3)) * 100, draw(st.integers(0, 40)) / 10) for link in links if draw(st.booleans())
    )
    proposed = tuple((p.need, p.supporter) for p in {p.need: p for p in pairings}.values() if draw(st.booleans()))
    return Problem(
        needs, supporters, pairings, setting_up, draw(st.integers(1, 2)), draw(st.none() | st.integers(0, 15).map(lambda n: n * 100)),
        draw(st.sampled_from([(), ((0, 0.5),), ((0, 0.3), (2, 1.0))])), (), proposed, draw(st.sampled_from([0.0, 2.0])),
        {case: "a" if case == 10 else "b" for case in (10, 11, 12)},
    )  # fmt: skip


def broken(problem: Problem, matching: Matching) -> list[str]:
    """Return which limits a matching breaks, kept as books apart from the solver."""
    case, pairs = {n.id: n.case for n in problem.needs}, {(p.need, p.supporter): p for p in problem.pairings}
    taken = [(need, who) for need, who in matching.items() if who is not None]
    if any(pair not in pairs for pair in taken):
        return ["not allowed"]
    links = {(case[need], who) for need, who in taken}
    entries: list[Pairing | SettingUp] = [pairs[pair] for pair in taken]
    entries += [one for one in problem.setting_up if (one.case, one.supporter) in links]
    found = []
    for one in problem.supporters:
        mine = [entry.half_days for entry in entries if entry.supporter == one.id]
        if any(sum(column) > room for column, room in zip(zip(*mine, strict=True), one.half_days, strict=False)):
            found.append("capacity")
        if one.most_cases is not None and sum(who == one.id for _, who in links) > one.most_cases:
            found.append("caseload")
    if any(count > problem.most_supporters for count in Counter(which for which, _ in links).values()):
        found.append("supporters")
    if problem.budget is not None and sum(entry.pence for entry in entries) > problem.budget:
        found.append("budget")
    if any(matching[need] != who for need, who in problem.agreed):
        found.append("agreed")
    return found


def value(problem: Problem, matching: Matching) -> float:
    case, pairs = {n.id: n.case for n in problem.needs}, {(p.need, p.supporter): p for p in problem.pairings}
    taken = [(need, who) for need, who in matching.items() if who is not None]
    links = {(case[need], who) for need, who in taken}
    total = sum(pairs[pair].value for pair in taken) - sum(need.unmet_price for need in problem.needs if matching[need.id] is None)
    total -= sum(one.value for one in problem.setting_up if (one.case, one.supporter) in links)
    total -= problem.move_price * sum(matching[need] != who for need, who in problem.proposed)
    for one in problem.supporters:
        load = sum(sum(pairs[need, who].half_days) for need, who in taken if who == one.id)
        load += sum(sum(s.half_days) for s in problem.setting_up if (s.case, s.supporter) in links and s.supporter == one.id)
        if one.fair_half_days is not None:
            total -= sum(price * max(0, load - one.fair_half_days - start) for start, price in problem.overload_steps)
    return total


def everything(problem: Problem) -> Iterator[Matching]:
    could: dict[int, list[int | None]] = {need.id: [None] for need in problem.needs}
    for pairing in problem.pairings:
        could[pairing.need].append(pairing.supporter)
    for choice in product(*could.values()):
        matching = dict(zip(could, choice, strict=True))
        if not broken(problem, matching):
            yield matching


def best(problem: Problem) -> float:
    return max(value(problem, matching) for matching in everything(problem))
