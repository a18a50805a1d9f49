"""Due diligence: what a programme asks of a supporter before anybody is matched with them: checks on an organisation, and training."""

from collections.abc import Collection, Mapping
from typing import Any

import pendulum
from sqlmodel import Session, select

from models.errors import BadInput, NotAllowed
from models.moments import day_of
from models.programme import Programme
from models.supporter import DueDiligence, Supporter
from models.words import Role, SupporterKind
from programmes.sessions import TRAINING, trains_first, trains_itself
from stages.record import Actor, Note, note
from stages.reminders.lines import counted

# Checks are on organisations; a partnership answers for its own advisers and mentors when it takes them on.
ORGANISATIONS = frozenset({SupporterKind.SUPPORTING_SCHOOL, SupporterKind.HUB, SupporterKind.PROVIDER})


def checks_asked(programme: Programme) -> list[str]:
    """Return everything that a programme asks of its supporters, in the order in which it is numbered; training comes last."""
    return [*programme.broker.due_diligence, *([TRAINING] if trains_first(programme) else [])]


def done_checks(session: Session, programme: str) -> dict[int, set[str]]:
    """Return the checks that are done for a programme, by supporter."""
    found: dict[int, set[str]] = {}
    for row in session.exec(select(DueDiligence).where(DueDiligence.programme == programme)).all():
        found.setdefault(row.supporter_id, set()).add(row.check)
    return found


def open_checks(programme: Programme, kind: SupporterKind, done: Mapping[int, Collection[str]], supporter_id: int) -> list[str]:
    """Return the checks that are still to be done on a supporter, in the programme's words and order."""
    asked = programme.broker.due_diligence if kind in ORGANISATIONS else []
    training = [TRAINING] if trains_first(programme) and not trains_itself(programme) else []
    return [check for check in [*asked, *training] if check not in done.get(supporter_id, ())]


def checks_of(session: Session, supporter: Supporter, programme: Programme) -> list[dict[str, Any]]:
    """Return every check of a programme with whether it is done on a supporter, and by whom."""
    query = select(DueDiligence).where(DueDiligence.supporter_id == supporter.id, DueDiligence.programme == programme.programme)
    done = {row.check: row for row in session.exec(query).all()}
    return [
        {"number": number, "check": check, "done_on": done[check].done_on if check in done else None,
         "by": done[check].done_by if check in done else None, "seen": done[check].seen if check in done else None}
        for number, check in enumerate(checks_asked(programme), start=1)
    ]  # fmt: skip


def record_check(session: Session, supporter: Supporter, programme: Programme, number: int, seen: str, actor: Actor, at: pendulum.DateTime) -> int:
    """Record that a check (by its number in the programme) is done, and return how many are left; done twice, it is kept as first done."""
    if actor.role not in {Role.ADVISER, Role.LEAD, Role.COMMISSIONER}:
        raise NotAllowed(f"The role {actor.role.value} cannot check a supporter: it is for adviser, lead, commissioner.")
    asked = checks_asked(programme)
    if not 1 <= number <= len(asked):
        raise BadInput(f"{programme.title} asks for {counted(len(asked), 'check')}, so there is no check {number}.")
    if not seen.strip():
        raise BadInput("A check needs what was seen: give it with --seen.")
    check, done = asked[number - 1], done_checks(session, programme.programme)
    if supporter.kind not in ORGANISATIONS and check != TRAINING:
        raise BadInput(f"{supporter.name} is a person ({supporter.kind.value}): this check is on organisations.")
    if check not in done.get(supporter.id, ()):
        row = {"supporter_id": supporter.id, "programme": programme.programme, "check": check, "seen": seen,
               "done_by": f"{actor.by} ({actor.role.value})", "done_on": day_of(at)}  # fmt: skip
        detail = {"supporter": supporter.name, "programme": programme.programme, "check": check, "seen": seen}
        note(session, [Note("supporter.checked", actor, detail=detail, rows=[(DueDiligence, row)])], at)
    return len(open_checks(programme, supporter.kind, done_checks(session, programme.programme), supporter.id))
