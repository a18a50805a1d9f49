"""What would happen if: the same matching on changed values, beside the matching as things stand. Nothing is saved."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from sqlmodel import Session

from models.errors import BadInput, NotPossible
from models.moments import day_of
from programmes.sessions import FIRST
from stages.brief import Brief
from stages.broker.capacity import with_more
from stages.broker.gathering import gather_wanted
from stages.broker.newcomers import NewTime, as_candidates
from stages.broker.rules import Candidate, Matched, Wanted
from stages.broker.scene import Answer, Scene, as_agreed, parts_of, play, set_scene
from stages.broker.seeking import with_its_size
from stages.distance import kilometres

_BANDS = (("severity 67 to 100", 67), ("severity 34 to 66", 34), ("severity 0 to 33", 0))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is changed: supporters added, gone (their open cases are matched again) or frozen (nothing new), days, pence, distance cap.

    `half_days` are over the commission, `in_season` those in each term of a season, by name and season; `without` are schools that are not
    in the commission any more, nor review anybody.
    """

    added: Sequence[NewTime] = ()
    gone: Sequence[str] = ()
    frozen: Sequence[str] = ()
    half_days: Mapping[str, int] = field(default_factory=dict)
    pence: int = 0
    max_km: float | None = None
    in_season: Mapping[tuple[str, str], int] = field(default_factory=dict)
    without: Collection[int] = ()


def compare(session: Session, brief: Brief, what: WhatIf, today: datetime.date) -> dict[str, Any]:
    """Return how a commission's open cases would be matched now and then: needs met by severity, travel, cost, waits, load and groups.

    Only the first match of each case is looked at. Where schools are put together before they are matched, groups in which nothing is settled
    are put together anew, now and then alike. Both are about the same cases, but for those of schools that are not there any more. The cases of
    whoever is gone stand now as they were agreed, and are matched again then.
    """
    _check_names(brief, what)
    what = _with_their_reviewers(brief, what)
    parts = parts_of(session, brief, what.gone, what.without)
    _check_schools(brief, what, [case.urn for case, _ in (*parts.open, *parts.out)])
    scene = set_scene(session, brief, parts.open, [], today)
    freed = [*parts.leaving, *parts.out]
    both = set_scene(session, brief, [*parts.open, *parts.leaving], parts.out, today) if freed else scene
    broker, seed = with_its_size(brief, FIRST), brief.commission.seed
    now, stood = play(scene, broker, seed), as_agreed(session, brief, freed)
    now = Answer(replace(now.found, outcomes=[*now.found.outcomes, *stood.found.outcomes]), [*now.together, *stood.together])
    changed = _changed(both, what, as_candidates(session, brief, both, what.added, today))
    then = play(changed, broker if what.max_km is None else broker.model_copy(update={"max_km": what.max_km}), seed)
    before = replace(both, wanted=[*both.wanted, *gather_wanted(session, brief, [case for case, _ in parts.out])])
    # Whoever has a supporter has not waited for one.
    since = {case.id: day_of(case.since) for case, _ in parts.open} | {case.id: today for case, _ in freed}
    grouped = brief.programme.broker.mode == "triad"
    return {
        "cases": len(before.wanted),
        "now": _figures(now, before, since, today, grouped=grouped),
        "then": _figures(then, changed, since, today, grouped=grouped),
        "changes": _changes(brief, now, then, before, changed),
    }


def _check_names(brief: Brief, what: WhatIf) -> None:
    known = {one.name for one in brief.supporters.values()}
    in_season = {name for name, _ in what.in_season}
    unknown = sorted({*what.gone, *what.frozen, *what.half_days, *in_season} - known)
    if unknown:
        raise BadInput(f"There is no supporter called {', '.join(unknown)}: `lodestar supporter list` shows those there are.")
    named = [one.name for one in what.added]
    twice = sorted(name for name in set(named) if name in known or named.count(name) > 1)
    if twice:
        raise BadInput(f"{', '.join(twice)}: there would be two of that name, and nobody could tell them apart in the answer.")
    whole = sorted(one.name for one in brief.supporters.values() if one.name in in_season and one.half_days_by_term is None)
    if whole:
        raise BadInput(f"{', '.join(whole)} has no days by term, only days a year: give the change as NAME=+2.")
    both = sorted(set(what.gone) & {*what.frozen, *what.half_days, *in_season})
    if both:
        raise BadInput(f"{', '.join(both)} cannot be gone and also frozen or given other days: ask one thing.")


def _with_their_reviewers(brief: Brief, what: WhatIf) -> WhatIf:
    """Return the question with whoever reviews for a school that is out gone with it."""
    if brief.programme.broker.mode != "peer":
        return what
    theirs = [one.name for one in brief.supporters.values() if one.active and one.employer_urn in what.without and one.name not in what.gone]
    return replace(what, gone=[*what.gone, *theirs])


def _check_schools(brief: Brief, what: WhatIf, urns: Collection[int]) -> None:
    strangers = sorted(set(what.without) - set(urns))
    if strangers:
        raise BadInput(f"School {strangers[0]} has no case in {brief.commission.reference} with a match or in want of one, so it cannot be left out.")


def _check_is_there(scene: Scene, what: WhatIf) -> None:
    """Raise NotPossible if more money or time is taken away than is free, so that what was agreed would not stand."""
    if what.pence < 0 and scene.budget + what.pence < 0:
        raise NotPossible(
            f"Only £{max(0, scene.budget) / 100:,.2f} of the budget is not bound by what is agreed, so it cannot be "
            f"£{-what.pence / 100:,.2f} less: withdraw cases first."
        )
    for one in scene.candidates:
        fewer, seasons = what.half_days.get(one.name, 0), {season: n for (name, season), n in what.in_season.items() if name == one.name}
        short = [("", one.half_days_left, fewer)] if fewer < 0 else []
        for season, n in seasons.items():
            free = max((left for term, left in (one.by_term or {}).items() if term[1] == season), default=0)
            short += [(f" in any {season} term", free, n)] if n < 0 else []
        for when, free, change in short:
            if free + change < 0:
                raise NotPossible(
                    f"{one.name} has {max(0, free) / 2:g} days{when} that are not bound by what is agreed, so {-change / 2:g} fewer is not possible: "
                    f"ask with --remove what would happen without them."
                )


def _changed(scene: Scene, what: WhatIf, added: Sequence[Candidate]) -> Scene:
    """Return the scene with everything changed that is asked for, and those who are `added`."""
    _check_is_there(scene, what)
    stay = [one for one in scene.candidates if one.name not in what.gone]
    candidates = [*(_with_time(one, what) for one in stay), *added]
    there = {one.id for one in candidates}
    proposed = {case: who for case, who in scene.proposed.items() if who in there}
    left = [replace(group, members=tuple(one for one in group.members if one.urn not in what.without)) for group in scene.groups]
    return replace(
        scene, wanted=[one for one in scene.wanted if one.urn not in what.without], candidates=candidates, budget=scene.budget + what.pence,
        proposed=proposed, groups=[group for group in left if group.members and group.supporter_id in there],
    )  # fmt: skip


def _with_time(one: Candidate, what: WhatIf) -> Candidate:
    if one.name in what.frozen:
        # As many cases as they have, and no more: their days stay as they are, since nobody works more for being asked nothing new.
        return replace(one, caseload_cap=one.cases)
    one = with_more(one, what.half_days.get(one.name, 0))
    for (name, season), half_days in what.in_season.items():
        one = with_more(one, half_days, season) if name == one.name else one
    return one


def _figures(answer: Answer, scene: Scene, since: Mapping[int, datetime.date], today: datetime.date, *, grouped: bool) -> dict[str, Any]:
    """Return what a matching comes to."""
    found, wanted = answer.found, {one.case_id: one for one in scene.wanted}
    matched = [one for one in found.outcomes if isinstance(one, Matched)]
    waits = [(today - since[one.case_id]).days for one in found.outcomes if not isinstance(one, Matched)]
    taken: dict[int, int] = {}
    for one in matched:
        taken[one.supporter_id] = taken.get(one.supporter_id, 0) + one.half_days
    loads = [100 * (c.half_days - c.half_days_left + taken.get(c.id, 0)) / c.half_days for c in scene.candidates if c.half_days]
    met = {name: [0, 0] for name, _ in _BANDS}
    got = {one.case_id for one in matched}
    for number, case in wanted.items():
        band = met[next(name for name, least in _BANDS if case.severity >= least)]
        band[0] += number in got
        band[1] += 1
    return {
        **{name: f"{count} of {total}" for name, (count, total) in met.items()},
        "needs_met": len(matched), "unmet": len(waits), "days_waited_by_those": sum(waits),
        "travel_km": round(sum(one.kilometres or 0 for one in matched), 1), "cost_pence": sum(one.cost for one in matched),
        "days": sum(one.half_days for one in matched) / 2, "fullest_supporter_percent": round(max(loads, default=0)), "gap": found.gap,
    } | (_of_groups(answer, scene) if grouped else {})  # fmt: skip


def _of_groups(answer: Answer, scene: Scene) -> dict[str, Any]:
    """Return how many groups there would be among the cases that are looked at, of how many schools each, and how far those are apart."""
    places = {one.case_id: one for one in (*scene.wanted, *(member for group in scene.groups for member in group.members))}
    apart = [_apart([places[case] for case in cases if case in places]) for cases in answer.together]
    known = [distance for distance in apart if distance is not None]
    return {
        "groups": len(answer.together), "schools_in_each": ", ".join(str(len(cases)) for cases in sorted(answer.together, key=len)),
        "km_between_their_schools": round(sum(known) / len(known), 1) if known else None,
    }  # fmt: skip


def _apart(members: Sequence[Wanted]) -> float | None:
    """Return the mean distance between any two schools of a group, in kilometres; None if there are no two whose place is known."""
    found = [far for one, other in combinations(members, 2) if (far := kilometres(one, other)) is not None]
    return sum(found) / len(found) if found else None


def _changes(brief: Brief, now: Answer, then: Answer, before: Scene, after: Scene) -> list[dict[str, Any]]:
    """Return the cases for which something would be otherwise: whom they have and, in groups, with whom they are."""
    names = {one.id: one.name for one in (*before.candidates, *after.candidates)}
    everybody = [*before.wanted, *(member for group in before.groups for member in group.members)]
    schools = {one.case_id: brief.schools[one.urn].name for one in everybody}
    first, second = _by_case(now), _by_case(then)
    beside, after_that = _beside(now), _beside(then)
    grouped = bool(beside or after_that)

    def row(number: int) -> dict[str, Any]:
        found = {"case": number, "school": schools[number], "now": names.get(first[number] or 0), "then": names.get(second[number] or 0)}
        with_whom = {
            "now_with": "; ".join(schools[one] for one in sorted(beside.get(number, ()))),
            "then_with": "; ".join(schools[one] for one in sorted(after_that.get(number, ()))),
        }
        return found | (with_whom if grouped else {})

    return [row(number) for number in sorted(first.keys() & second.keys())
            if first[number] != second[number] or beside.get(number) != after_that.get(number)]  # fmt: skip


def _beside(answer: Answer) -> dict[int, frozenset[int]]:
    """Return the other cases of each case's group."""
    return {case: frozenset(cases) - {case} for cases in answer.together for case in cases}


def _by_case(answer: Answer) -> dict[int, int | None]:
    return {one.case_id: one.supporter_id if isinstance(one, Matched) else None for one in answer.found.outcomes}
