"""Groups of cases that share a supporter, in the database: who is in which, who joins, who leaves."""

import datetime
from collections.abc import Collection, Mapping, Sequence

import pendulum
from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.case import Case
from models.database import insert_returning_ids, insert_rows
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.moments import day_of
from models.words import AttendanceStatus
from programmes.sessions import FIRST, brokers, titles
from stages.brief import Brief
from stages.journey import ENDED
from stages.visits import NOT_HELD


def open_groups(session: Session, commission_id: int, further: str) -> dict[int, list[int]]:
    """Return the open cases of each group of one match, in the order in which they joined."""
    query = (
        select(GroupPlace.group_id, GroupPlace.case_id)
        .join(SupportGroup, col(SupportGroup.id) == GroupPlace.group_id)
        .join(Case, col(Case.id) == GroupPlace.case_id)
        .where(
            SupportGroup.commission_id == commission_id, SupportGroup.further == further, col(GroupPlace.left_on).is_(None),
            col(Case.status).not_in(ENDED),
        )
        .order_by(col(GroupPlace.id))
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for group_id, case_id in session.exec(query).all():
        found.setdefault(group_id, []).append(case_id)
    return found


def group_of_case(session: Session, case_id: int, further: str) -> int | None:
    """Return the group that a case is in for one of its matches."""
    query = select(GroupPlace.group_id).join(SupportGroup, col(SupportGroup.id) == GroupPlace.group_id)
    mine = (GroupPlace.case_id == case_id, SupportGroup.further == further, col(GroupPlace.left_on).is_(None))
    return session.exec(query.where(*mine).order_by(col(GroupPlace.id).desc())).first()


def groups_of_case(session: Session, case_id: int) -> set[int]:
    """Return all groups that a case is in, whatever the match."""
    return set(session.exec(select(GroupPlace.group_id).where(GroupPlace.case_id == case_id, col(GroupPlace.left_on).is_(None))).all())


def lock_with_groups(session: Session, case_id: int) -> None:
    """Lock a case and those that are in a group with it, in order of number, as whoever locks several does: none waits for one who waits for it."""
    theirs = select(GroupPlace.case_id).where(col(GroupPlace.group_id).in_(groups_of_case(session, case_id)), col(GroupPlace.left_on).is_(None))
    both = (col(Case.id) == case_id) | col(Case.id).in_(theirs)
    session.exec(select(Case.id).where(both).order_by(col(Case.id)).with_for_update()).all()


def join_groups(
    session: Session, brief: Brief, further: str, matched: Mapping[int, int], together: Sequence[Sequence[int]], joined: Mapping[int, int],
    at: pendulum.DateTime,
) -> None:  # fmt: skip
    """Give each matched case (with its supporter) its place in a group.

    Cases that are `together` make a new group, those that `joined` one (by case) have their place in it; any other is in the group of its
    supporter, or begins it.
    """
    rows, today = [], day_of(at)
    new = {case for cases in together for case in cases}
    for cases in together:
        number = _new_group(session, brief, further, matched[cases[0]], at)
        rows += [{"group_id": number, "case_id": case, "joined_on": today} for case in cases]
    for case, supporter_id in matched.items():
        if case not in new:
            known = joined.get(case) or _group_of_supporter(session, brief, further, supporter_id)
            rows.append({"group_id": known or _new_group(session, brief, further, supporter_id, at), "case_id": case, "joined_on": today})
    insert_rows(session, GroupPlace, rows)


def _new_group(session: Session, brief: Brief, further: str, supporter_id: int, at: pendulum.DateTime) -> int:
    """Make a group; a triad is called by its number, any other group by who leads it."""
    mine = (SupportGroup.commission_id == brief.commission_id, SupportGroup.further == further)
    number = len(session.exec(select(SupportGroup.id).where(*mine)).all()) + 1
    if brokers(brief.programme)[further].mode == "triad":
        title = f"Triad {number}"
    else:
        name = brief.supporters[supporter_id].name
        title = name if further == FIRST else f"{titles(brief.programme)[further]}: {name}"
    row = {"commission_id": brief.commission_id, "further": further, "supporter_id": supporter_id, "title": title, "formed_at": at}
    return insert_returning_ids(session, SupportGroup, [row])[0]


def _group_of_supporter(session: Session, brief: Brief, further: str, supporter_id: int) -> int | None:
    """Return the group that a supporter leads."""
    mine = (SupportGroup.commission_id == brief.commission_id, SupportGroup.further == further, SupportGroup.supporter_id == supporter_id)
    return session.exec(select(SupportGroup.id).where(*mine).order_by(col(SupportGroup.id).desc())).first()


def leave_groups(session: Session, case_ids: Collection[int], why: str, on: datetime.date, further: str | None = None) -> None:
    """Take cases out of their groups, all of them or those of one match, and off the lists of meetings to come."""
    query = select(GroupPlace).join(SupportGroup, col(SupportGroup.id) == GroupPlace.group_id)
    query = query.where(col(GroupPlace.case_id).in_(case_ids), col(GroupPlace.left_on).is_(None))
    places = session.exec(query if further is None else query.where(SupportGroup.further == further)).all()
    for place in places:
        place.left_on, place.why_left = on, why
        session.add(place)
    groups = {place.group_id for place in places}
    to_come = select(Meeting.id).where(col(Meeting.status).in_(NOT_HELD))
    give_back(session, case_ids, to_come if further is None else to_come.where(col(Meeting.group_id).in_(groups)), why)


def give_back(session: Session, case_ids: Collection[int], meetings: SelectOfScalar[int], why: str) -> None:
    """Give back the places of cases at some meetings (a query of their numbers), whether they were expected or had sent apologies."""
    held = (AttendanceStatus.EXPECTED, AttendanceStatus.APOLOGIES)
    session.execute(
        update(Attendance)
        .where(col(Attendance.case_id).in_(case_ids), col(Attendance.status).in_(held), col(Attendance.meeting_id).in_(meetings))
        .values(status=AttendanceStatus.GIVEN_BACK, why=why)
    )
