"""Themes: what a strategic group reads across the cases of a commission, and the guides and reports it issues."""

from collections.abc import Iterator, Sequence
from typing import Any

import pendulum
from sqlmodel import Session, col, func, select

from models.case import Case
from models.database import Database, until_saved
from models.errors import BadInput, NotAllowed, NotPossible
from models.evidence import Need
from models.plan import ActionPlan, Objective
from models.programme import Themes
from models.theme import Guide, Theme
from models.trail import Event
from models.words import PlanStatus, Role
from notifications.messages import to_staff
from stages.agreed import AT_VISITS, published_notes
from stages.brief import Brief, load_brief
from stages.commission.recurring import recurring, tally
from stages.journey import NOT_TAKING_PART
from stages.record import ENGINE, Actor, Note, note

_READ = "themes.read"
# A report holds every theme, where a guide is on one.
_ALL = "all themes"


def read_themes(session: Session, brief: Brief, at: pendulum.DateTime) -> list[Theme]:
    """Count in how many cases each theme of the programme's sources was seen, keep it with its date, and return it, most frequent first."""
    if brief.programme.themes is None:
        return []
    cases = _taking_part(session, brief)
    rows: list[dict[str, Any]] = [
        {"commission_id": brief.commission_id, "theme": theme, "cases": count, "read": len(cases), "at": at}
        for theme, count in tally(_said(session, brief, cases, brief.programme.themes))
    ]
    note(session, [Note(_READ, ENGINE, brief.commission_id, detail={"themes": len(rows)}, rows=[(Theme, row) for row in rows])], at)
    return [Theme(**row) for row in rows]


def _taking_part(session: Session, brief: Brief) -> Sequence[Case]:
    query = select(Case).where(Case.commission_id == brief.commission_id, col(Case.status).not_in(NOT_TAKING_PART))
    return session.exec(query.order_by(col(Case.id))).all()


def _said(session: Session, brief: Brief, cases: Sequence[Case], themes: Themes) -> Iterator[tuple[int, str]]:
    """Yield what the programme's sources say of each case, with the number of the case."""
    mine, diagnose = [case.id for case in cases], brief.programme.diagnose
    if "focus_areas" in themes.sources:
        yield from ((case.id, diagnose.focus_areas[case.focus_area]) for case in cases if case.focus_area in diagnose.focus_areas)
    if "needs" in themes.sources:
        titles = {rule.need: rule.title for rule in diagnose.needs}
        needs = session.exec(select(Need.case_id, Need.need).where(col(Need.case_id).in_(mine)).order_by(col(Need.id))).all()
        yield from ((case_id, titles.get(need, need)) for case_id, need in needs)
    if "notes" in themes.sources:
        published = published_notes(session, mine)
        yield from recurring((case_id, one.action) for case_id, notes in published.items() for _, content in notes for one in content.actions)
    if "plans" in themes.sources:
        yield from recurring(_areas(session, brief, mine))


def _areas(session: Session, brief: Brief, mine: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield the areas of agreed plans that say what an objective is about, and not only where it came from."""
    query = select(ActionPlan.case_id, Objective.area).join(Objective, col(Objective.plan_id) == ActionPlan.id)
    agreed = query.where(col(ActionPlan.case_id).in_(mine), ActionPlan.status == PlanStatus.AGREED).order_by(col(Objective.id))
    yield from (one for one in session.exec(agreed).all() if one[1] not in (AT_VISITS, brief.programme.title))


@until_saved
def record_themes(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Read the themes of a commission now and keep them; return how many there are."""
    with database.writing() as session:
        return len(read_themes(session, load_brief(session, commission_id), at))


def last_read(session: Session, commission_id: int) -> list[Theme]:
    """Return the themes as they were last read, most frequent first; none if nothing was found then."""
    latest = session.exec(select(func.max(col(Event.at))).where(Event.commission_id == commission_id, Event.kind == _READ)).one()
    query = select(Theme).where(Theme.commission_id == commission_id, Theme.at == latest).order_by(col(Theme.id))
    # Whoever reads twice in one moment reads the same.
    rows = {row.theme: row for row in session.exec(query).all()} if latest else {}
    return sorted(rows.values(), key=lambda row: -row.cases)


def issue_guide(session: Session, brief: Brief, actor: Actor, at: pendulum.DateTime, theme: str, title: str) -> int:
    """Issue a guide on a theme to every school that takes part; return how many get it."""
    _check_may_issue(actor, "guide")
    themes = brief.programme.themes
    if themes is None or themes.into != "guides":
        raise NotPossible(f"{brief.programme.title} issues no guides.")
    seen = session.exec(select(Theme.theme).where(Theme.commission_id == brief.commission_id).distinct()).all()
    if theme not in seen:
        raise BadInput(f'There is no theme "{theme}": those that were read are {", ".join(sorted(seen)) or "none yet"}.')
    _check_title(session, brief, "guide", title)
    cases = _taking_part(session, brief)
    messages = [to_staff.guide(brief.head, brief.to_school(case.urn), case.id, title, themes.read_by) for case in cases]
    row = {"commission_id": brief.commission_id, "theme": theme, "title": title, "issued_at": at}
    note(session, [Note("guide.issued", actor, brief.commission_id, after=title, detail={"theme": theme, "to": len(messages)},
                        rows=[(Guide, row)], messages=messages)], at)  # fmt: skip
    return len(messages)


def issue_report(session: Session, brief: Brief, actor: Actor, at: pendulum.DateTime, title: str) -> int:
    """Issue a report with all themes as they were last read to every school that takes part; return how many get it."""
    _check_may_issue(actor, "report")
    themes = brief.programme.themes
    if themes is None or themes.into != "report":
        raise NotPossible(f"{brief.programme.title} makes no report of its themes.")
    found = last_read(session, brief.commission_id)
    if not found:
        raise NotPossible("There are no themes to report on yet: wait until schools have answered, or their notes of visit are published.")
    title = " ".join(title.split())
    _check_title(session, brief, "report", title)
    lines = [(row.theme, row.cases) for row in found]
    messages = [
        to_staff.themes_report(brief.head, brief.to_school(case.urn), case.id, title, themes.read_by, found[0].read, lines)
        for case in _taking_part(session, brief)
    ]
    row = {"commission_id": brief.commission_id, "theme": _ALL, "title": title, "issued_at": at}
    note(session, [Note("report.issued", actor, brief.commission_id, after=title, detail={"themes": dict(lines), "to": len(messages)},
                        rows=[(Guide, row)], messages=messages)], at)  # fmt: skip
    return len(messages)


def _check_may_issue(actor: Actor, what: str) -> None:
    if actor.role not in (Role.ADVISER, Role.LEAD):
        raise NotAllowed(f"The role {actor.role.value} cannot issue a {what}: it is for adviser, lead.")


def _check_title(session: Session, brief: Brief, what: str, title: str) -> None:
    """Raise BadInput for no title, and NotPossible for one that was used before."""
    if not title.strip():
        raise BadInput(f"A {what} needs a title: give one.")
    if session.exec(select(Guide.id).where(Guide.commission_id == brief.commission_id, Guide.title == title)).first():
        raise NotPossible(f'A {what} called "{title}" was issued already: choose another title.')
