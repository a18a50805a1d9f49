"""Themes: what a strategic group reads across the cases of a commission, and the guides it issues."""

from collections import Counter
from typing import Any

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.database import Database
from models.errors import BadInput, NotAllowed, NotPossible
from models.evidence import Need
from models.theme import Guide, Theme
from models.words import Role, Status
from notifications.messages import to_staff
from stages.brief import Brief, load_brief
from stages.record import ENGINE, Actor, Note, note

_OUT = (Status.INVITED, Status.DECLINED, Status.WITHDRAWN, Status.SCHOOL_CLOSED)


def read_themes(session: Session, brief: Brief, at: pendulum.DateTime) -> list[Theme]:
    """Count in how many cases each focus area and need was seen, keep it with its date, and return it, most frequent first."""
    if brief.programme.themes is None:
        return []
    cases = session.exec(select(Case).where(Case.commission_id == brief.commission_id, col(Case.status).not_in(_OUT))).all()
    seen: Counter[str] = Counter()
    if "focus_areas" in brief.programme.themes.sources:
        areas = brief.programme.diagnose.focus_areas
        seen.update(areas[case.focus_area] for case in cases if case.focus_area in areas)
    if "needs" in brief.programme.themes.sources:
        titles = {rule.need: rule.title for rule in brief.programme.diagnose.needs}
        needs = session.exec(select(Need.need).where(col(Need.case_id).in_([case.id for case in cases]))).all()
        seen.update(titles.get(need, need) for need in needs)
    rows: list[dict[str, Any]] = [
        {"commission_id": brief.commission_id, "theme": theme, "cases": count, "read": len(cases), "at": at} for theme, count in seen.most_common()
    ]
    note(session, [Note("themes.read", ENGINE, brief.commission_id, detail={"themes": len(rows)}, rows=[(Theme, row) for row in rows])], at)
    return [Theme(**row) for row in rows]


def record_themes(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Read the themes of a commission now and keep them; return how many there are."""
    with database.writing() as session:
        return len(read_themes(session, load_brief(session, commission_id), at))


def issue_guide(session: Session, brief: Brief, actor: Actor, at: pendulum.DateTime, theme: str, title: str) -> int:
    """Issue a guide on a theme to every school that takes part; return how many get it."""
    if actor.role not in (Role.ADVISER, Role.LEAD):
        raise NotAllowed(f"The role {actor.role.value} cannot issue a guide: it is for adviser, lead.")
    themes = brief.programme.themes
    if themes is None or themes.into != "guides":
        raise NotPossible(f"{brief.programme.title} issues no guides.")
    seen = session.exec(select(Theme.theme).where(Theme.commission_id == brief.commission_id).distinct()).all()
    if theme not in seen:
        raise BadInput(f'There is no theme "{theme}": those that were read are {", ".join(sorted(seen)) or "none yet"}.')
    if session.exec(select(Guide.id).where(Guide.commission_id == brief.commission_id, Guide.title == title)).first():
        raise NotPossible(f'A guide called "{title}" was issued already: choose another title.')
    cases = session.exec(select(Case).where(Case.commission_id == brief.commission_id, col(Case.status).not_in(_OUT))).all()
    messages = [to_staff.guide(brief.head, brief.to_school(case.urn), case.id, title, themes.read_by) for case in cases]
    row = {"commission_id": brief.commission_id, "theme": theme, "title": title, "issued_at": at}
    note(session, [Note("guide.issued", actor, brief.commission_id, after=title, detail={"theme": theme, "to": len(messages)},
                        rows=[(Guide, row)], messages=messages)], at)  # fmt: skip
    return len(messages)
