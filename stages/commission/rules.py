"""Who is in: pure decisions on the selection of schools, each with its reason."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from calendars.school_days import school_year
from evidence.indicators import NOTHING_HELD, Held, in_words
from models.errors import BadInput
from models.membership import Membership
from models.programme import Programme
from models.school import School
from stages.commission.terms import why_in, why_not
from stages.ranks import ranks
from stages.reminders.lines import counted

NO_MEMBER = "it is no member of the partnership"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One school's place in a commission: in, asked or out, and why."""

    urn: int
    outcome: str
    reason: str


def members_on(memberships: Iterable[Membership], day: datetime.date) -> frozenset[int]:
    """Return the URNs of the schools that are members on a day: by a membership of its school year, once they have joined and until they leave."""
    year = school_year(day)
    return frozenset(one.urn for one in memberships if one.school_year == year and one.joined <= day and (one.left is None or day <= one.left))


def choose(
    programme: Programme, schools: Sequence[School], today: datetime.date, held: Held = NOTHING_HELD, members: Collection[int] = frozenset()
) -> list[Chosen]:
    """Decide for every open state-funded school whether it is in, asked to opt in, or out (before places are limited).

    `members` are the URNs of the partnership's members, of whom alone a programme for members takes schools in.
    """
    take_part, chosen = programme.take_part, []
    for school in schools:
        if take_part.members_only and school.urn not in members:
            chosen.append(Chosen(school.urn, "out", NO_MEMBER))
            continue
        against = why_not(take_part.invited, school, today, held) if take_part.invited else "nobody is in without asking"
        if against is None:
            terms = why_in(take_part.invited, school, today, held) if take_part.invited else []
            if take_part.members_only:
                terms.insert(0, "it is a member of the partnership")
            chosen.append(Chosen(school.urn, "invited", f"it meets the programme's terms: {'; '.join(terms) or 'every school is in'}"))
            continue
        may = take_part.may_opt_in
        against_asking = why_not(may, school, today, held) if may else "the programme has no opt-in"
        if may and against_asking is None:
            terms = why_in(may, school, today, held)
            chosen.append(Chosen(school.urn, "asked", f"{against}, and may opt in{': ' if terms else ''}{'; '.join(terms)}"))
        else:
            chosen.append(Chosen(school.urn, "out", against))
    return chosen


def limit_places(chosen: Sequence[Chosen], places: int, ranking: Mapping[int, float | None], by: str) -> list[Chosen]:
    """Keep the `places` invited schools with the highest figure, called `by` in a sentence; of equals those with the lower URN.

    A school whose figure is unknown comes after all others. Equals share a rank; where they do not all have a place, each is told what decided.
    """
    invited = [one for one in chosen if one.outcome == "invited"]

    def place(one: Chosen) -> tuple[float, int]:
        value = ranking.get(one.urn)
        return (inf if value is None else -value, one.urn)

    order = sorted(invited, key=place)
    values = [ranking.get(one.urn) for one in order]
    rank = dict(zip((one.urn for one in order), ranks(values), strict=True))
    inside = {one.urn for one in order[:places]}
    count = counted(places, "place")
    place_or_not = {True: ("invited", f" for {count}"), False: ("out", f", and there {'is' if places == 1 else 'are'} {count}")}

    def ranked(one: Chosen) -> Chosen:
        value, (outcome, places_there) = ranking.get(one.urn), place_or_not[one.urn in inside]
        its = f"its {by} is {'not known' if value is None else in_words(value)}"
        says = [its, said_of_tie(value, values, places, by, "the lower URN"), one.reason]
        return Chosen(one.urn, outcome, f"rank {rank[one.urn]} of {len(order)}{places_there}: {'; '.join(filter(None, says))}")

    return [ranked(one) if one.urn in rank else one for one in chosen]


def said_of_tie(value: float | None, values: Sequence[float | None], places: int, by: str, decided_by: str) -> str:
    """Return what decided, as a part of a sentence, for one of several equal `values` of which some have a place and some not; else nothing.

    All `values` are in the order in which places are given.
    """
    if not 0 < places < len(values) or not value == values[places - 1] == values[places]:
        return ""
    others = counted(values.count(value) - 1, "other")
    alike = f"the {by} of {others} is not known either" if value is None else f"equal in {by} with {others}"
    return f"{alike}, decided by {decided_by}"


@dataclass(frozen=True, slots=True)
class Wish:
    """A school that opted in and wants one of the places: the number of its case, its URN, and since when it has wanted one."""

    case_id: int
    urn: int
    since: datetime.datetime


@dataclass(frozen=True, slots=True)
class Turned:
    """What became of a wish: whether the school has a place now, how manieth it is in the queue, and why, as a phrase."""

    wish: Wish
    has_place: bool
    number: int
    reason: str


def give_places(wishes: Sequence[Wish], free: int, ranking: Mapping[int, float | None] | None, by: str = "") -> list[Turned]:
    """Give the `free` places to the schools that come first, and say of each why it has one or waits; in the order of the queue.

    With a `ranking` (by URN, called `by` in a sentence) the highest figure comes first, one that is unknown after all others, and of equals who
    asked first; without one, who asked first does. A queue is worked out anew each time, so that a school that left leaves no gap.
    """

    def place(one: Wish) -> tuple[float, datetime.datetime, int]:
        value = (ranking or {}).get(one.urn)
        return (inf if value is None else -value, one.since, one.urn)

    queue, found = sorted(wishes, key=place), []
    values = [ranking.get(one.urn) for one in queue] if ranking is not None else []
    for number, wish in enumerate(queue, start=1):
        value = (ranking or {}).get(wish.urn)
        figure = "it asked" if ranking is None else f"its {by} is {'not known' if value is None else in_words(value)}"
        free_now = f"{free} {'place was' if free == 1 else 'places were'} free"
        says = f"{figure}, which made it number {number} of {len(queue)} that wanted a place when {free_now}"
        tie = said_of_tie(value, values, free, by, "who asked first")
        found.append(Turned(wish, number <= free, number, f"{says}; {tie}" if tie else says))
    return found


def check_terms(programme: Programme, kind: str, starts: datetime.date, ends: datetime.date, budget: int, today: datetime.date) -> None:
    """Raise BadInput if the commission's terms make no sense."""
    if kind not in {k.value for k in programme.commissioned_by}:
        may = ", ".join(k.value.replace("_", " ") for k in programme.commissioned_by)
        raise BadInput(f"{programme.title} cannot be commissioned by a {kind.replace('_', ' ')}: it is for {may}.")
    if budget <= 0:
        raise BadInput("The budget is nothing: give what the commissioner pays, in pounds, with --budget.")
    if ends.year > today.year + 15:
        raise BadInput("The commission would last beyond any term dates: look at --starts and --ends.")
    if starts < today:
        raise BadInput(f"The commission would start on {starts:%-d %B %Y}, which is past: give a date from today with --starts.")
    if ends <= starts:
        raise BadInput("The commission would end before it starts: look at --starts and --ends.")
