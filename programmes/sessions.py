"""What a programme's matches and sessions are made of: who leads which, how often, and the time that takes. Pure."""

from math import ceil

from models.programme import Broker, Lasts, Programme, Session

# The first match of a case has no name; further ones go by theirs.
FIRST = ""
# In these modes schools meet as the group that their match makes; in all others a group session is of the whole commission.
# What a programme that trains its supporters first asks to have recorded of each.
TRAINING = "Training for this programme"
GROUPED = frozenset({"group", "triad", "hub"})
# Where a meeting that no school hosts is.
NOBODY_HOSTS = frozenset({"online", "supporter"})
TIMES_A_YEAR = {"half_term": 6, "term": 3, "year": 1}


def brokers(programme: Programme) -> dict[str, Broker]:
    """Return how each match of a case is found, the first one first."""
    return {FIRST: programme.broker} | {match.id: match.broker for match in programme.further_matches}


def titles(programme: Programme) -> dict[str, str]:
    """Return what each match is for."""
    return {FIRST: programme.title} | {match.id: match.title for match in programme.further_matches}


def match_of(session: Session) -> str:
    """Return the match that a session is held with."""
    return session.with_match or FIRST


def matches_of(session: Session) -> tuple[str, ...]:
    """Return every match whose supporter a session takes time of: at a joint visit there are two."""
    return (match_of(session),) if session.joined_by is None else (match_of(session), session.joined_by)


def sessions_of(programme: Programme, held: str, further: str | None = None) -> list[Session]:
    """Return the visits of supporters (single) or the group sessions, of one match or of all; what a school leads itself is neither."""
    return [one for one in programme.schedule.sessions if one.held == held and further in (None, *matches_of(one)) and not is_led_inside(one)]


def is_led_inside(session: Session) -> bool:
    """Tell whether a session at a school is led by people of that school who were trained for it, and by no supporter."""
    return session.led_by == "trained_people"


def group_of(programme: Programme, session: Session) -> str | None:
    """Return the match whose group meets in a group session; None if all cases of the commission do."""
    return match_of(session) if brokers(programme)[match_of(session)].mode in GROUPED else None


def years_of(lasts: Lasts | None) -> int:
    """Return how many school years a length has, at least one."""
    return 1 if lasts is None else lasts.school_years or max(1, (lasts.weeks or 52) // 52)


def times(session: Session, years: int) -> int:
    """Return how often a session takes place in so many years."""
    return session.count * (1 if session.every == "once" else TIMES_A_YEAR[session.every] * years)


def half_days_each(session: Session) -> int:
    """Return the half days that a session takes each time."""
    return 2 if session.length == "whole_day" else 1


def half_days(session: Session, years: int) -> int:
    """Return the half days that a session takes, all repeats together."""
    return times(session, years) * half_days_each(session)


def own_half_days(programme: Programme, further: str = FIRST) -> int:
    """Return the half days that the supporter of one match spends with a single school; group sessions are not among them."""
    years = years_of(programme.case_lasts or programme.lasts)
    return sum(half_days(one, years) for one in sessions_of(programme, "single", further))


def match_half_days(programme: Programme, further: str, entitlement: int) -> int:
    """Return the half days that a match takes of its supporter: what is the school's alone, and its share of the group's meetings.

    Of the `entitlement`, in half days, the first match has what no group session and no further match takes.
    """
    years = years_of(programme.case_lasts or programme.lasts)
    alone = own_half_days(programme, further)
    if further == FIRST:
        others = sum(half_days(one, years) for one in programme.schedule.sessions if one.held == "group" or match_of(one) != FIRST)
        alone = max(alone, entitlement - others)
    together = sum(half_days(one, years) for one in sessions_of(programme, "group", further) if group_of(programme, one) == further)
    return max(1, alone + ceil(together / (group_size(programme, further) or 1)))


def group_size(programme: Programme, further: str) -> int | None:
    """Return how many schools a group of a match has, the programme's own number or what its mode means; None where it makes no groups."""
    broker = brokers(programme)[further]
    if broker.mode not in GROUPED:
        return None
    return 3 if broker.mode == "triad" else broker.group_size or broker.cases_per_supporter or 10


def trains_first(programme: Programme) -> bool:
    """Tell whether supporters are trained before they support."""
    return any(broker.trained_first for broker in brokers(programme).values())


def trains_itself(programme: Programme) -> bool:
    """Tell whether supporters are trained in a session of the programme, which comes after their match."""
    return any(one.kind == "training" and one.held == "group" for one in programme.schedule.sessions)
