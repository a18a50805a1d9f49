"""Where a match goes next, whom that is said to, and what a case still seeks once one of its matches is agreed."""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

from sqlmodel import Session

from models.case import Case
from models.words import Status
from notifications.draft import Draft
from notifications.messages import to_school, to_staff
from programmes.sessions import FIRST, brokers, titles
from stages.brief import Brief, days_in_words
from stages.matches import agreed_supporters


def next_after(status: Status, accepted_by: Sequence[str]) -> Status:
    """Return where a match goes after `status`: to the supporter, to the school, or on to the timetable."""
    if status is Status.AWAITING_APPROVAL and "supporter" in accepted_by:
        return Status.AWAITING_SUPPORTER
    return Status.AWAITING_CONSENT if status is not Status.AWAITING_CONSENT and "school" in accepted_by else Status.TO_SCHEDULE


def onward(session: Session, brief: Brief, case: Case, done: Collection[str], supporter_id: int | None = None) -> tuple[Status, dict[str, Any]]:
    """Return where a case goes with one match done: to the next that it has not been through, or to the timetable, with the columns that change.

    `done` are matches that are settled now, or cannot be had; `supporter_id` is who was agreed for the one that was sought.
    """
    agreed = agreed_supporters(session, [case.id]).get(case.id, {})
    if supporter_id is not None:
        agreed[case.further] = supporter_id
    order = list(brokers(brief.programme))
    # What came before the one that was sought was settled or given up then.
    to_come = [further for further in order[order.index(case.further) + 1 :] if further not in agreed and further not in done]
    if to_come:
        return Status.TO_MATCH, {"further": to_come[0], "supporter_id": None}
    return Status.TO_SCHEDULE, {"further": FIRST, "supporter_id": agreed.get(FIRST)}


def offers(brief: Brief, case: Case, supporter_id: int, half_days: int, why: str, status: Status, due: datetime.date) -> list[Draft]:
    """Return the message that goes with a match arriving at `status`."""
    school, edition = brief.school(case).name, case.version
    if status is Status.AWAITING_SUPPORTER:
        need = "; ".join(brokers(brief.programme)[case.further].skills) or titles(brief.programme)[case.further]
        to = brief.to_supporter(supporter_id)
        return [to_staff.match_offer(brief.head, to, case.id, edition, school, need, days_in_words(half_days / 2), why, due)]
    if status is Status.AWAITING_CONSENT:
        name = brief.supporters[supporter_id].name
        return [to_school.support_offer(brief.head, brief.to_school(case.urn), case.id, edition, school, name, why, due)]
    return []
