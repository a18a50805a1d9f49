"""Whether the sessions of a programme can be held: each by itself, and all of them in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.programme import Lasts, Programme, Session
from programmes.sessions import is_led_inside

# The place in the file, and what is wrong there.
Problem = tuple[tuple[str | int, ...], str]


def weeks_of(lasts: Lasts | None) -> int | None:
    """Return how many weeks a length has at most; a school year has up to 53, and nothing open-ended has an end."""
    if lasts is None:
        return None
    return lasts.weeks or (53 * lasts.school_years if lasts.school_years else None)


def each_session(programme: Programme) -> Iterator[Problem]:
    """Sessions come after known ones, and their windows can be met."""
    lasts = programme.lasts
    # Weeks may begin late in one school year.
    years = lasts.school_years or (lasts.weeks // 52 + 2 if lasts.weeks else None)
    weeks = weeks_of(programme.case_lasts or lasts)
    seen: dict[str, Session] = {}
    for number, session in enumerate(programme.schedule.sessions):
        place = ("schedule", "sessions", number)
        before = seen.get(session.after) if session.after else None
        yield from _led_inside(place, session, list(seen.values()))
        if session.after and before is None:
            yield (*place, "after"), f'"{session.after}" is no earlier session of this programme'
        if before and before.window.school_year and session.window.school_year and session.window.school_year < before.window.school_year:
            yield (*place, "window"), f'it lies in an earlier school year than "{before.id}", which comes before it'
        if years and session.window.school_year and session.window.school_year > years:
            yield (*place, "window"), f"school year {session.window.school_year} is after the end of the programme"
        if weeks and session.window.from_week is not None and session.window.from_week >= weeks:
            yield (*place, "window"), f"week {session.window.from_week} is after the end of the programme"
        elif weeks and session.window.to_week is not None and session.window.to_week > weeks:
            yield (*place, "window"), f"it lasts until week {session.window.to_week}, but the programme has {weeks} weeks"
        if weeks and session.gap_weeks.at_least * (session.count - 1) > weeks:
            yield (
                (*place, "gap_weeks"),
                f"{session.count} sessions with {session.gap_weeks.at_least} weeks between them do not fit into {weeks} weeks",
            )
        elif weeks and session.gap_weeks.at_least > weeks:
            yield (*place, "gap_weeks"), f"a gap of {session.gap_weeks.at_least} weeks is longer than the programme, which has {weeks}"
        if session.with_match and session.with_match not in {match.id for match in programme.further_matches}:
            yield (*place, "with_match"), f'"{session.with_match}" is no further match of this programme'
        yield from _joint(place, session, {match.id for match in programme.further_matches})
        seen[session.id] = session


@dataclass(frozen=True, slots=True)
class _Weeks:
    """The first and the last week in which something can take place."""

    first: float
    last: float

    def then(self, session: Session) -> "_Weeks":
        """Return when a session can be that has the gap of `session` to what takes place in these weeks."""
        return _Weeks(self.first + session.gap_weeks.at_least, self.last + session.gap_weeks.at_most)

    def within(self, other: "_Weeks") -> "_Weeks":
        """Return the weeks that both have."""
        return _Weeks(max(self.first, other.first), min(self.last, other.last))


def _in_years(session: Session, weeks: int | None) -> _Weeks:
    """Return a session's window in weeks of the commission, as wide as it can be; a case is ready at a time that nobody knows yet."""
    year, until = session.window.school_year, weeks or float("inf")
    return _Weeks(52 * (year - 1), min(53 * year, until)) if year else _Weeks(session.window.from_week or 0, until)


def _in_weeks(session: Session, weeks: int | None) -> _Weeks:
    """Return a session's window in weeks of its case; a school year may begin at any time of it."""
    until = weeks or float("inf")
    return _Weeks(session.window.from_week or 0, until if session.window.to_week is None else min(session.window.to_week, until))


def _joint(place: tuple[str | int, ...], session: Session, further: set[str]) -> Iterator[Problem]:
    """Whoever comes too is of another match, to one school."""
    if session.joined_by is None:
        return
    if session.joined_by not in further:
        yield (*place, "joined_by"), f'"{session.joined_by}" is no further match of this programme'
    elif session.joined_by == session.with_match:
        yield (*place, "joined_by"), "it is held with that match already: name the other one"
    if session.held != "single" or is_led_inside(session):
        yield (*place, "joined_by"), "a joint visit is of two supporters to one school (held: single, led_by: supporter)"


def _led_inside(place: tuple[str | int, ...], session: Session, earlier: Sequence[Session]) -> Iterator[Problem]:
    """What people of a school lead is at that school, for its own staff, after they were trained; nobody else is there to write a note."""
    if not is_led_inside(session):
        return
    if session.held != "single" or session.hosts != "school":
        yield (*place, "led_by"), "people of a school lead sessions of that school alone (held: single, hosts: school)"
    if session.note:
        yield (*place, "note"), "no supporter is there who could write a note of it"
    if not any(one.kind == "training" and not is_led_inside(one) for one in earlier):
        yield (*place, "led_by"), "no training comes before it, so nobody could lead it"


def sessions_together(programme: Programme) -> Iterator[Problem]:
    """Windows and gaps can be met together, in the commission's time and in the case's."""
    told: set[int] = set()
    for window, lasts in ((_in_years, programme.lasts), (_in_weeks, programme.case_lasts or programme.lasts)):
        known: dict[str, _Weeks] = {}
        for number, session in enumerate(programme.schedule.sessions):
            allowed = window(session, weeks_of(lasts))
            before = known.get(session.after) if session.after else None
            found = allowed.within(before.then(session)) if before else allowed
            for _ in range(session.count - 1):
                found = found.then(session).within(allowed)
            if found.first > found.last:
                if number not in told:
                    yield ("schedule", "sessions", number), "its window and its gaps cannot be met together: widen the window or shorten the gaps"
                told.add(number)
                continue  # what comes after it is not blamed for it
            known[session.id] = found
