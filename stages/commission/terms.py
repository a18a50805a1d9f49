"""What a programme asks of a school, term by term: why a school does not meet it, or with which figures of its own it does."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence

from evidence.indicators import INDICATORS, NOTHING_HELD, Held, brought_by, figure, in_words, indicator_of, title_of
from evidence.standing import WORDS, Standing
from models.programme import Near, Programme, SchoolFilter, Threshold
from models.school import School
from stages.distance import kilometres
from stages.reminders.lines import counted


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
    asked = " or ".join(_STANDINGS[one] for one in wanted.standing)
    return None if any(holds[one] for one in wanted.standing) else f"it is not {asked} ({standing.says.removesuffix('.')})"


def _why_not_ungraded(wanted: SchoolFilter, standing: Standing | None) -> str | None:
    """Return why a school's newest inspection is not an ungraded one with one of the outcomes wanted."""
    if not wanted.ungraded_outcome:
        return None
    if standing is None:
        return "no inspection of it is known"
    if standing.ungraded_outcome is None:
        return f"its newest inspection ({standing.when}) was not an ungraded one"
    meant = {outcome.casefold() for outcome in wanted.ungraded_outcome}
    return (
        None if standing.ungraded_outcome.casefold() in meant else f'its ungraded inspection found: "{standing.ungraded_outcome}" ({standing.when})'
    )


def _why_not_figures(wanted: SchoolFilter, school: School, today: datetime.date, held: Held) -> str | None:
    """Return the first figure of a school that is not known or out of bounds."""
    for name, threshold in wanted.indicators.items():
        value = figure(name, school, None, today, held).value
        if value is None:
            return f"its {title_of(name)} is not known"
        if not within(value, threshold):
            return f"its {title_of(name)} is {_told_apart(value, threshold)}, not {_bounds(threshold)}"
    return None


def _why_too_far(near: Near | None, school: School) -> str | None:
    """Return why a school is not near any of the places."""
    if near is None:
        return None
    found = nearest(near, school)
    if found is None:
        return "it has no coordinates, so its distance is not known"
    if found[0] <= near.within_km:
        return None
    # 10.04 km would be told as 10.0, not within 10.
    far = next(text for decimals in (1, 2, 3, 9) if float(text := f"{found[0]:.{decimals}f}") > near.within_km)
    return f"the nearest place, {found[1]}, is {far} km away, not within {near.within_km:g} km"


def _a(value: str) -> str:
    words = value.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


_STANDINGS = {
    "category_of_concern": "in a category of concern",
    "safeguarding_not_met": "a school where safeguarding is not met",
    "concerns": "a school whose inspection raised concerns",
}


def _told_apart(value: float, threshold: Threshold) -> str:
    """Return a figure that is out of bounds with as many decimals as it takes to see that it is."""
    return next(text for text in (in_words(value), f"{value:.4f}", f"{value:.17g}") if not within(float(text), threshold))


def _bounds(threshold: Threshold) -> str:
    bounds = {"at or above": threshold.at_or_above, "at or below": threshold.at_or_below}
    return " and ".join(f"{side} {value:g}" for side, value in bounds.items() if value is not None)


def why_in(wanted: SchoolFilter, school: School, today: datetime.date, held: Held = NOTHING_HELD) -> list[str]:
    """Return each term of a filter that a school passes, as a phrase with the school's own figure; empty if nothing is asked."""
    return list(_terms(wanted, school, today, held))


def _terms(wanted: SchoolFilter, school: School, today: datetime.date, held: Held) -> Iterator[str]:
    standing = held.standings.get(school.urn)
    if wanted.status:
        yield f"it is {_a(school.status.value)} school"
    if wanted.phases:
        yield f"its phase is {school.phase.value.replace('_', ' ')}"
    if wanted.last_grade:
        yield f"its last grade is {_last_grade(school, held)}"
    if wanted.trusts:
        yield f"it belongs to {school.trust}"
    if wanted.standing and standing is not None:
        yield f"its standing: {standing.says.removesuffix('.')}"
    if wanted.ungraded_outcome and standing is not None:
        yield f'outcome of its ungraded inspection: "{standing.ungraded_outcome}" ({standing.when})'
    yield from _figures(wanted, school, today, held)
    for met in [one for one in wanted.any_of if why_not(one, school, today, held) is None][:1]:
        yield from _terms(met, school, today, held)


def _figures(wanted: SchoolFilter, school: School, today: datetime.date, held: Held) -> Iterator[str]:
    for name, threshold in wanted.indicators.items():
        value = figure(name, school, None, today, held).value
        if value is not None:
            yield f"its {title_of(name)} is {in_words(value)} ({_bounds(threshold)})"
    if wanted.near is not None and (found := nearest(wanted.near, school)) is not None:
        yield f"{found[0]:.1f} km from {found[1]} (within {wanted.near.within_km:g} km)"


def not_known(wanted: SchoolFilter, schools: Sequence[School], today: datetime.date, held: Held = NOTHING_HELD) -> list[str]:
    """Say of how many schools a figure that a filter asks for is not known, and what to load; empty if all figures are known."""
    lacking: Counter[tuple[str, str]] = Counter()
    for one in wanted.with_inner():
        for school in schools:
            lacking.update(_lacking(one, school, today, held))
    return [f"{what} is not known for {count} of {counted(len(schools), 'school')}: load {load}" for (what, load), count in sorted(lacking.items())]


_INSPECTIONS = "Ofsted's latest inspections with `lodestar evidence load FILE`"
_REGISTER = "the register with `lodestar register load`"


def _lacking(wanted: SchoolFilter, school: School, today: datetime.date, held: Held) -> set[tuple[str, str]]:
    """Return what is asked for and not known of a school, each with what to load."""
    standing, found = held.standings.get(school.urn), set()
    if wanted.ungraded_outcome and (standing is None or standing.ungraded_outcome is None):
        found.add(("the outcome of an ungraded inspection", _INSPECTIONS))
    if wanted.standing and standing is None:
        found.add(("the outcome of an inspection", _INSPECTIONS))
    if wanted.last_grade and _last_grade(school, held) is None:
        found.add(("the last grade", _INSPECTIONS))
    if wanted.near is not None and nearest(wanted.near, school) is None:
        found.add(("the place (coordinates)", _REGISTER))
    for name in wanted.indicators:
        if figure(name, school, None, today, held).value is None:
            found.add((f"the {title_of(name)}", _source(name)))
    return found


def _source(name: str) -> str:
    indicator = indicator_of(name)
    kept = INDICATORS[indicator].kept if indicator in INDICATORS else "figures"
    brings = f'a file of the kind "{brought_by(indicator)}" with `lodestar evidence load FILE`'
    return {"school": _REGISTER, "standing": _INSPECTIONS}.get(kept, brings)


def nobody_meets(programme: Programme, schools: Sequence[School], today: datetime.date, held: Held = NOTHING_HELD) -> str:
    """Say that no school meets the terms and, where figures are not known, of how many schools and what to load."""
    asked = [one for one in (programme.take_part.invited, programme.take_part.may_opt_in) if one is not None]
    lacking = dict.fromkeys(line for one in asked for line in not_known(one, schools, today, held))
    return f"No school meets the terms of {programme.title}: {'; '.join(lacking) or 'look at take_part in the programme file'}."
