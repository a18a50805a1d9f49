"""The words for what else could have been: who was next and what taking them would mean, why nobody was, and what the money meets instead. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from models.money import pounds
from stages.broker.matching.explaining import Shortfall
from stages.broker.rules import ORDER, Candidate, Wanted, fit, level, way

# What is less than this is not worth a word, in kilometres.
_NOTHING = 0.05
_STOPPED = {
    "budget": "too dear for what is left of the budget",
    "capacity": "with no days left",
    "caseload": "with as many cases as they may have",
    "declaration": "without a declaration of interests",
    "due diligence": "with checks not done yet",
    "distance": "too far away or at a distance that is not known",
    "phase": "in another phase",
    "reviewed by this school": "whose own school is reviewed by this one",
    "declined before": "who declined or was declined",
    "conflict of interest": "with a conflict of interest",
    "expertise": "without the expertise",
    "kind of supporter": "of another kind than the programme asks for",
}


def nobody_else(stops: Mapping[str, int]) -> str:
    """Say why a match has no runner-up: how many supporters each limit stops, the limit that comes nearest to being met first."""
    if not stops:
        return "nobody else: there is no other supporter"
    return f"nobody else could: {', '.join(f'{stops[stop]} {_STOPPED[stop]}' for stop in ORDER if stop in stops)}"


def instead(wanted: Wanted, chosen: Candidate, other: Candidate, lost: float, kept: float = 0.0) -> str:
    """Say what it would mean to take another supporter: what would be better, what worse, how that weighs together, and the money.

    `lost` is the value lost, in kilometres; `kept` is what of it keeps a supporter who was proposed already, below 0 if that is the other.
    """
    found = [*_differences(wanted, chosen, other)]
    # What neither fit nor a proposal explains is the price of half days above a fair share of the work.
    share = lost - kept - (fit(wanted, chosen) - fit(wanted, other))
    found += [(kept < 0, "as was proposed already" if kept < 0 else "a change of what was proposed")] if kept else []
    found += [(share < 0, f"work {'more' if share < 0 else 'less'} evenly shared")] if abs(share) >= _NOTHING else []
    sides = [", ".join(words for is_better, words in found if is_better is side) for side in (True, False)]
    said = ", but ".join(side for side in sides if side) or "as good"
    pence = wanted.half_days * (other.pence_a_half_day - chosen.pence_a_half_day)
    weighs = (
        f"; weighed together, as much worse as if they had {lost:.1f} km further to travel"
        if lost >= _NOTHING
        else "; weighed together, as good"
        if found
        else ""
    )
    money = f"; {pounds(abs(pence))} {'more' if pence > 0 else 'less'} in money{' for the group' if wanted.members else ''}" if pence else ""
    return f"compared with the one chosen, if every other match stays as it is: {said}{weighs}{money}"


def _differences(wanted: Wanted, chosen: Candidate, other: Candidate) -> Iterator[tuple[bool, str]]:
    """Yield how another supporter fits otherwise, each with whether that is better."""
    here, there = way(wanted, chosen), way(wanted, other)
    if here is None or there is None:
        if here is not there:
            yield here is None, f"a distance that is {'known' if here is None else 'not known'}"
    elif abs(there - here) >= _NOTHING:
        yield there < here, f"{abs(there - here):.1f} km {'nearer' if there < here else 'further'}"
    skill = sum(level(other, one, wanted.phase) - level(chosen, one, wanted.phase) for one in wanted.skills)
    if skill:
        yield skill > 0, f"{'more' if skill > 0 else 'less'} skilled"
    for had, has, words in (
        (chosen.id in wanted.known, other.id in wanted.known, "known to the school from earlier work"),
        (_shares_faith(wanted, chosen), _shares_faith(wanted, other), "of the school's faith"),
    ):
        if had != has:
            yield has, words if has else f"not {words}"


def _shares_faith(wanted: Wanted, candidate: Candidate) -> bool:
    return candidate.faith is not None and candidate.faith == wanted.faith


def money_instead(wanted: Wanted, cost: int, short: int, lighter: Sequence[int], *, kept: bool, proven: bool) -> str:
    """Say what a need would cost for which the money is `short`, and what the money meets instead; all in pence.

    `lighter` is what each less grave need takes that is met and could give way; `kept` tells whether others were proposed already, and
    `proven` whether nothing better can be found.
    """
    what, days = "groups" if wanted.members else "needs", wanted.half_days / 2
    said = f"its {days:g} {'day' if days == 1 else 'days'} would cost {pounds(cost)}"
    stays = f", and what was proposed already stays{' besides' if lighter else ''}" if kept else ""
    if not lighter:
        return f"{said}{stays}"
    freed = list(accumulate(sorted(lighter, reverse=True)))
    fewest = next((count for count, pence in enumerate(freed, start=1) if pence >= short), None)
    if fewest is None:
        return f"{said}, and the money would not do even without the lighter {what} that it meets ({len(lighter)}){stays}"
    weigh = f"which weigh no less together, with their ways{'' if proven else ', as far as was searched'}"
    return f"{said}, and the money meets lighter {what} ({len(lighter)}), of which {fewest} or more would have to go without, {weigh}{stays}"


def more(part: Shortfall, name: str, when: str) -> str:
    """Return one part of the smallest change that would meet a need; `name` is whose limit it is, `when` in which term."""
    if part.limit == "budget":
        return f"{pounds(part.lacks)} more"
    if part.limit == "caseload":
        return f"{part.lacks} more case{'' if part.lacks == 1 else 's'} for {name}"
    days = part.lacks / 2
    return f"{days:g} more day{'' if days == 1 else 's'} of {name}{when}" if days >= 1 else f"half a day more of {name}{when}"
