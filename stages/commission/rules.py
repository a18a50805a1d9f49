"""Who is in: pure decisions on the selection of schools, each with its reason."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from calendars.school_days import school_year
from evidence.indicators import NOTHING_HELD, Held, figure, title_of
from evidence.standing import WORDS, Standing
from models.errors import BadInput
from models.membership import Membership
from models.programme import Near, Programme, SchoolFilter, Threshold
from models.school import School
from stages.distance import kilometres
from stages.ranks import ranks
from stages.reminders.lines import counted

NO_MEMBER = "it is no member of the partnership"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One school's place in a commission: in, asked or out, and why."""

    urn: int
    outcome: str
    reason: str


def nearest(near: Near, school: School) -> tuple[float, str] | None:
    """Return the distance to the nearest of the named places and its name; None if the school has no coordinates."""
    return min(((far, point.name) for point in near.points if (far := kilometres(school, point)) is not None), default=None)


def within(value: float, threshold: Threshold) -> bool:
    """Tell whether a value keeps to the bounds."""
    above = threshold.at_or_above is None or value >= threshold.at_or_above
    return above and (threshold.at_or_below is None or value <= threshold.at_or_below)


def why_not(wanted: SchoolFilter, school: School, today: datetime.date, held: Held = NOTHING_HELD) -> str | None:
    """Return why a school does not pass a filter, as a phrase; None if it passes. `held` is what was loaded about schools."""
    against = [why_not(one, school, today, held) for one in wanted.any_of]
    if against and None not in against:
        return " and ".join(reason for reason in against if reason)
    if wanted.status and school.status not in wanted.status:
        return f"it is {_a(school.status.value)} school"
    if wanted.phases and school.phase not in wanted.phases:
        return f"its phase is {school.phase.value.replace('_', ' ')}"
    if wanted.last_grade and (grade := _last_grade(school, held)) not in wanted.last_grade:
        return f"its last grade is {grade or 'not known'}"
    if wanted.trusts and school.trust not in wanted.trusts:
        return f"it belongs to {school.trust}" if school.trust else "it belongs to no trust"
    return (
        _why_not_standing(wanted, held.standings.get(school.urn))
        or _why_not_ungraded(wanted, held.standings.get(school.urn))
        or _why_not_figures(wanted, school, today, held)
        or _why_too_far(wanted.near, school)
    )


def _last_grade(school: School, held: Held) -> str | None:
    """Return a school's last overall grade in words: by its inspections where they are loaded, else as the register has it."""
    standing = held.standings.get(school.urn)
    return WORDS.get(standing.grade) if standing is not None and standing.grade is not None else school.last_grade


def _why_not_standing(wanted: SchoolFilter, standing: Standing | None) -> str | None:
    """Return why a school's standing is not among those wanted."""
    if not wanted.standing:
        return None
    if standing is None:
        return "no inspection of it is known"
    holds = {
        "category_of_concern": standing.in_category, "safeguarding_not_met": standing.safeguarding_not_met, "concerns": standing.concerns,
    }  # fmt: skip
    return None if any(holds[one] for one in wanted.standing) else "its standing is not among those wanted"


def _why_not_ungraded(wanted: SchoolFilter, standing: Standing | None) -> str | None:
    """Return why a school's newest inspection is not an ungraded one with one of the outcomes wanted."""
    if not wanted.ungraded_outcome:
        return None
    if standing is None:
        return "no inspection of it is known"
    if standing.ungraded_outcome is None:
        return "its newest inspection was not an ungraded one"
    meant = {outcome.casefold() for outcome in wanted.ungraded_outcome}
    return None if standing.ungraded_outcome.casefold() in meant else f'its ungraded inspection found: "{standing.ungraded_outcome}"'


def _why_not_figures(wanted: SchoolFilter, school: School, today: datetime.date, held: Held) -> str | None:
    """Return the first figure of a school that is not known or out of bounds."""
    for name, threshold in wanted.indicators.items():
        value = figure(name, school, None, today, held).value
        if value is None:
            return f"its {title_of(name)} is not known"
        if not within(value, threshold):
            return f"its {title_of(name)} is {value:g}"
    return None


def _why_too_far(near: Near | None, school: School) -> str | None:
    """Return why a school is not near any of the places."""
    if near is None:
        return None
    found = nearest(near, school)
    if found is None:
        return "it has no coordinates, so its distance is not known"
    return f"the nearest place, {found[1]}, is {found[0]:.1f} km away" if found[0] > near.within_km else None


def _a(value: str) -> str:
    words = value.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


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
            chosen.append(Chosen(school.urn, "invited", "it meets the programme's terms"))
            continue
        may = take_part.may_opt_in
        against_asking = why_not(may, school, today, held) if may else "the programme has no opt-in"
        if may and against_asking is None:
            chosen.append(Chosen(school.urn, "asked", f"{against}, and may opt in"))
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
    for_places, there_are = f" for {counted(places, 'place')}", f", and there {'is' if places == 1 else 'are'} {counted(places, 'place')}"
    return [
        one if one.urn not in rank
        else Chosen(one.urn, "invited" if one.urn in inside else "out",
                    f"rank {rank[one.urn]} of {len(order)}{for_places if one.urn in inside else there_are}"
                    f"{said_of_tie(ranking.get(one.urn), values, places, by, 'the lower URN')}")
        for one in chosen
    ]  # fmt: skip


def said_of_tie(value: float | None, values: Sequence[float | None], places: int, by: str, decided_by: str) -> str:
    """Return what decided, as the end of a sentence, for one of several equal `values` of which some have a place and some not; else nothing.

    All `values` are in the order in which places are given.
    """
    if not 0 < places < len(values) or not value == values[places - 1] == values[places]:
        return ""
    others = counted(values.count(value) - 1, "other")
    alike = f"its {by} is not known, nor is that of {others}" if value is None else f"equal in {by} with {others}"
    return f"; {alike}, decided by {decided_by}"


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
        figure = "it asked" if ranking is None else f"its {by} is {'not known' if value is None else f'{value:g}'}"
        free_now = f"{free} {'place was' if free == 1 else 'places were'} free"
        says = f"{figure}, which made it number {number} of {len(queue)} that wanted a place when {free_now}"
        says += said_of_tie(value, values, free, by, "who asked first")
        found.append(Turned(wish, number <= free, number, says))
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
