"""Whether a programme holds together: dangling references and combinations that cannot be."""

from collections.abc import Iterator, Sequence

from models.programme import MeasureRule, Programme
from models.words import Status
from programmes.checking_sessions import Problem, each_session, sessions_together, weeks_of
from programmes.sessions import own_half_days
from programmes.timing import INVITATION_SCHOOL_DAYS

# Facts of a case that happen once; asking for more of them could never be met.
_ONCE = frozenset({
    "taking_part", "focus_chosen", "match_agreed", "plan_agreed", "actions_done", "inspected_since", "good_or_better_since",
    "evaluated", "near_points", "member", "licence_held", "paired", "grouped", "in_induction", "in_any_programme",
    "better_than_national", "improved_since",
})  # fmt: skip


def problems_of(programme: Programme) -> list[Problem]:
    """Return everything that does not fit together, each as the place in the file and a plain sentence."""
    return [
        *_twice(programme),
        *_censuses(programme),
        *_categories(programme),
        *_taking_part(programme),
        *_entitlements(programme),
        # What one session has wrong by itself need not be told again for them all together.
        *(list(each_session(programme)) or sessions_together(programme)),
        *_notes(programme),
        *_plan(programme),
        *_kpis(programme),
        *_measures(programme),
        *_others(programme),
    ]


def _twice(programme: Programme) -> Iterator[Problem]:
    """Names that must be unique."""
    lists: list[tuple[tuple[str | int, ...], Sequence[str], str]] = [
        (("diagnose", "instruments"), [i.id for i in programme.diagnose.instruments], "id"),
        (("diagnose", "indicators"), [i.indicator for i in programme.diagnose.indicators], "indicator"),
        (("diagnose", "needs"), [n.need for n in programme.diagnose.needs], "need"),
        (("diagnose", "categories"), [c.id for c in programme.diagnose.categories], "id"),
        (("schedule", "sessions"), [s.id for s in programme.schedule.sessions], "id"),
        (("schedule", "note", "sections"), [s.id for s in programme.schedule.note.sections], "id"),
        (("schedule", "note", "school_part"), [q.id for q in programme.schedule.note.school_part], "id"),
        (("evaluate", "kpis"), [k.id for k in programme.evaluate.kpis], "id"),
        (("evaluate", "measures"), [m.id for m in programme.evaluate.measures], "id"),
        (("goals",), [g.id for g in programme.goals], "id"),
        (("commitments",), [c.id for c in programme.commitments], "id"),
    ]
    for place, names, key in lists:
        for number, name in enumerate(names):
            if name in names[:number]:
                yield (*place, number, key), f'"{name}" is used twice; each must be unique'
    for number, instrument in enumerate(programme.diagnose.instruments):
        asked = [question.id for question in instrument.questions]
        for position, name in enumerate(asked):
            if name in asked[:position]:
                yield ("diagnose", "instruments", number, "questions", position, "id"), f'question "{name}" is asked twice'
            if instrument.questions[position].kind == "choice" and not instrument.questions[position].choices:
                yield ("diagnose", "instruments", number, "questions", position), "a choice needs its choices"
            if instrument.questions[position].lowest >= instrument.questions[position].highest:
                yield ("diagnose", "instruments", number, "questions", position), "lowest must be below highest"


def _censuses(programme: Programme) -> Iterator[Problem]:
    """A census is of counts, of which the first is the whole, and says how few are too few to show."""
    for number, instrument in enumerate(programme.diagnose.instruments):
        place = ("diagnose", "instruments", number)
        if instrument.kind != "census":
            continue
        if len(instrument.questions) < 2:
            yield (*place, "questions"), "a census first counts who answered and then, in each further question, a part of them"
        for position, question in enumerate(instrument.questions):
            if question.kind != "count":
                yield (*place, "questions", position, "kind"), "a census asks for counts of pupils only"
        if instrument.suppress_below is None:
            yield (*place, "suppress_below"), "a census must say below how many pupils nothing is shown"


def _categories(programme: Programme) -> Iterator[Problem]:
    """Categories must rise from 0, so that every score has exactly one."""
    categories = programme.diagnose.categories
    if categories[0].at_or_above != 0:
        yield ("diagnose", "categories", 0), "the first category must start at a score of 0, or some schools would have none"
    if categories[0].always_when is not None:
        yield ("diagnose", "categories", 0), "the first category is for everybody, so it cannot have always_when"
    highest = categories[0].at_or_above
    for number, category in enumerate(categories[1:], start=1):
        if category.always_when is None:
            if category.at_or_above <= highest:
                yield ("diagnose", "categories", number), "a category must start at a higher score than the one before it"
            highest = max(highest, category.at_or_above)
    if len(categories) > 1 and not programme.diagnose.indicators and any(c.always_when is None for c in categories[1:]):
        yield ("diagnose", "categories"), "several categories need indicators to make up a score"
    uses = any(weight.indicator == "self_evaluation" for weight in programme.diagnose.indicators)
    if uses and not any(q.kind == "scale" for i in programme.diagnose.instruments for q in i.questions):
        yield ("diagnose", "indicators"), "the indicator self_evaluation needs an instrument with questions on a scale"


def _taking_part(programme: Programme) -> Iterator[Problem]:
    """Limited places need a ranking, unless whoever asks first has one, and a ranking needs limited places."""
    take_part = programme.take_part
    if take_part.places is not None and take_part.ranked_by is None and not take_part.limits_opt_ins:
        yield ("take_part", "places"), "places are limited, so ranked_by must say which schools come first"
    if take_part.ranked_by is not None and take_part.places is None:
        yield ("take_part", "ranked_by"), "a ranking has no use without a number of places"
    if take_part.outside_authority and "request" not in take_part.opened_by:
        yield ("take_part", "outside_authority"), "schools of other authorities come in on request, so opened_by needs request"
    if take_part.ranked_by == "score" and not programme.diagnose.indicators:
        yield ("take_part", "ranked_by"), "ranking by score needs indicators in diagnose"
    if take_part.limits_opt_ins and take_part.may_opt_in is None:
        yield ("take_part", "places"), "nobody is invited and nobody may opt in, so there is nobody for the places"
    if take_part.waiting_list_until_week is not None and not take_part.limits_opt_ins:
        yield ("take_part", "waiting_list_until_week"), "nobody waits for a place, since places are not limited among schools that opt in"
    weeks = weeks_of(programme.lasts)
    if weeks and take_part.waiting_list_until_week is not None and take_part.waiting_list_until_week > weeks:
        yield ("take_part", "waiting_list_until_week"), f"week {take_part.waiting_list_until_week} is after the end of the programme"
    answered = programme.clocks.get(Status.INVITED, INVITATION_SCHOOL_DAYS) + max(programme.messages.reminders.after, default=0) + 1
    if take_part.waiting_list_until_week is not None and 5 * take_part.waiting_list_until_week <= answered:
        yield (
            ("take_part", "waiting_list_until_week"),
            f"week {take_part.waiting_list_until_week} is over before the last reminder of an invitation, {answered} school days: give a later week",
        )


def _entitlements(programme: Programme) -> Iterator[Problem]:
    """The days of a category cover its sessions, or more would be used than was promised."""
    needed = own_half_days(programme) / 2
    for number, category in enumerate(programme.diagnose.categories):
        years = programme.lasts.school_years or 1 if category.days_per == "year" else 1
        if category.days * years < needed:
            yield (
                ("diagnose", "categories", number, "days"),
                f"{category.days * years:g} days do not cover the sessions of a case, which take {needed:g}: give more days or shorten the sessions",
            )


def _notes(programme: Programme) -> Iterator[Problem]:
    """What a note suggests and how long it takes can be."""
    note = programme.schedule.note
    if note.suggests_category and len(programme.diagnose.categories) == 1:
        yield ("schedule", "note", "suggests_category"), "there is only one category, so no other can be suggested"
    if note.turnaround_school_days < note.due_school_days:
        yield (
            ("schedule", "note", "turnaround_school_days"),
            f"a note that may be sent after {note.due_school_days} school days cannot be published within {note.turnaround_school_days}",
        )


def _plan(programme: Programme) -> Iterator[Problem]:
    """Plans refer to needs and focus areas that exist."""
    needs = {need.need for need in programme.diagnose.needs}
    for number, template in enumerate(programme.plan.objectives):
        if template.for_need and template.for_need not in needs:
            yield ("plan", "objectives", number, "for_need"), f'"{template.for_need}" is no need of this programme'
        if template.for_need is None and not programme.diagnose.focus_areas:
            yield ("plan", "objectives", number), "an objective for the focus area needs focus_areas in diagnose"
    if "focus_area" in programme.plan.drafted_from and not programme.diagnose.focus_areas:
        yield ("plan", "drafted_from"), "there are no focus_areas to draft from"
    if "notes" in programme.plan.drafted_from and not any(session.note for session in programme.schedule.sessions):
        yield ("plan", "drafted_from"), "no session writes a note to draft from"


def _kpis(programme: Programme) -> Iterator[Problem]:
    """KPIs count what the programme has."""
    visits = sum(session.count for session in programme.schedule.sessions)
    for number, kpi in enumerate(programme.evaluate.kpis):
        place = ("evaluate", "kpis", number)
        if kpi.counts in {"visited", "visits_held"} and kpi.at_least > visits:
            yield (*place, "at_least"), f"it counts {kpi.at_least} visits, but the programme has {visits}"
        if kpi.since != "opening" and kpi.within_school_days is None:
            yield (*place, "since"), "since has no use without within_school_days"
        if kpi.at_least > 1 and kpi.counts in _ONCE:
            yield (*place, "at_least"), f"{kpi.counts} happens once, so it cannot be counted {kpi.at_least} times"
        if kpi.counts == "focus_chosen" and not programme.diagnose.focus_areas:
            yield (*place, "counts"), "there are no focus_areas to choose"
        if kpi.counts in {"census_returned", "report_sent"} and not any(one.kind == "census" for one in programme.diagnose.instruments):
            yield (*place, "counts"), "there is no census among the instruments"
        if kpi.counts == "improved_since" and not any(one.kind in {"pre_post", "trend", "months_of_progress"} for one in programme.evaluate.measures):
            yield (*place, "counts"), "no measure says how a school stood before and after"
        if kpi.counts == "better_than_national" and not any(one.kind == "rate_against_national" for one in programme.evaluate.measures):
            yield (*place, "counts"), "no measure is set against the national figure"


def _measures(programme: Programme) -> Iterator[Problem]:
    """Measures refer to what the programme has."""
    instruments = {instrument.id for instrument in programme.diagnose.instruments}
    for number, measure in enumerate(programme.evaluate.measures):
        asked = {q.id for i in programme.diagnose.instruments if measure.instrument in (None, i.id) for q in i.questions}
        for key in ("question", "numerator", "denominator"):
            name = getattr(measure, key)
            if name and name not in asked:
                yield ("evaluate", "measures", number, key), f'"{name}" is no question of its instrument'
        if measure.instrument and measure.instrument not in instruments:
            yield ("evaluate", "measures", number, "instrument"), f'"{measure.instrument}" is no instrument of this programme'
        yield from ((("evaluate", "measures", number, key), says) for key, says in _of_progress(programme, measure))
        if measure.kind == "rate_against_national" and (measure.indicator is None or measure.instrument):
            yield ("evaluate", "measures", number, "kind"), "a figure is set against the national one, so give its indicator and no instrument"


def _of_progress(programme: Programme, measure: MeasureRule) -> Iterator[tuple[str, str]]:
    """Measures of progress have a sum and a number that are asked for before and after, and a group where they are about one."""
    if measure.kind == "counts" and measure.question is None:
        yield "question", "it counts, so say with question what"
    if measure.months_per_point is not None and measure.kind not in {"months_of_progress", "attainment_gap"}:
        yield "months_per_point", "only progress and gaps are converted into months"
    if measure.kind not in {"months_of_progress", "attainment_gap"}:
        return
    instrument = next((one for one in programme.diagnose.instruments if one.id == measure.instrument), None)
    if instrument is None or measure.numerator is None or measure.denominator is None:
        yield "kind", "give the instrument, with the question that adds up (numerator) and the one that counts the pupils (denominator)"
    elif instrument.repeats == "once":
        yield "instrument", f'"{instrument.id}" is asked once, so there is no progress to see'
    elif measure.pupil_group is not None and measure.pupil_group not in instrument.by_group:
        yield "pupil_group", f'"{measure.pupil_group}" is no group of "{instrument.id}"'
    elif measure.kind == "attainment_gap" and measure.pupil_group is None:
        yield "pupil_group", "a gap is between a group and all other pupils, so name the group"


def _others(programme: Programme) -> Iterator[Problem]:
    """The rest: a programme is not its own part, and the ladder rises."""
    for number, goal in enumerate(programme.goals):
        if goal.part and goal.part not in programme.parts:
            yield ("goals", number, "part"), f'"{goal.part}" is no part of this programme'
    if programme.programme in programme.parts:
        yield ("parts",), "a programme cannot be a part of itself"
    if programme.broker.mode in {"group", "triad"} and programme.broker.group_size == 1:
        yield ("broker", "group_size"), "a group has at least two schools"
    if programme.broker.mode == "triad" and programme.broker.group_size not in (None, 3):
        yield ("broker", "group_size"), "a triad has three schools"
    for name in ("before", "after"):
        days: list[int] = getattr(programme.messages.reminders, name)
        if any(day < 1 for day in days):
            yield ("messages", "reminders", name), "reminders are given in whole school days, 1 or more"
