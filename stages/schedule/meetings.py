"""Meetings of several schools, set by the engine: a case that comes to the timetable has its places at those there are, or new ones are set."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from models.case import Case
from models.meeting import Attendance, Meeting, SupportGroup
from models.programme import Session as Planned
from models.words import AttendanceStatus, Stage, VisitStatus
from programmes.sessions import group_of, is_led_inside, sessions_of
from programmes.timing import Wanted, expand
from stages.brief import Brief
from stages.groups import group_of_case, open_groups
from stages.journey import ENDED
from stages.record import ENGINE, Note
from stages.schedule.diaries import all_wanted, blackout_days, busy_days, closed_days
from stages.schedule.meeting_places import line_of, place_of
from stages.schedule.meeting_rules import AHEAD_SCHOOL_DAYS, Offer, join, limits_of, next_host, set_day
from stages.schedule.rules import Diary, Placed, Unplaced
from stages.schedule.timetable.problem import CLOSED, Shut, shut_for_some

_WEEKDAYS = (1, 2, 3, 4, 5)
_DONE = (AttendanceStatus.CAME, AttendanceStatus.ABSENT)


@dataclass(slots=True)
class Arranged:
    """What shared sessions mean for one case: all its sessions in order, the days of meetings by key, those it has no meeting for, and its places.

    `new` are meetings of the whole commission that were set because this case needs them, `places` those at which it has a new place;
    `notes` tell what was set, and what could not be.
    """

    wanted: list[Wanted]
    days: dict[str, datetime.date] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    rows: list[tuple[type[SQLModel], Mapping[str, Any]]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    places: list[Meeting] = field(default_factory=list)
    new: list[Meeting] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Meetings:
    """The meetings of a commission while some of its cases are timetabled; `notes` tell what was set."""

    def __init__(self, session: Session, brief: Brief, books: Mapping[int, Diary], today: datetime.date, earliest: datetime.date) -> None:
        """Read what there is."""
        self.session, self.brief, self.books, self.today, self.earliest = session, brief, books, today, earliest
        mine = select(Meeting).where(Meeting.commission_id == brief.commission_id, Meeting.status != VisitStatus.CANCELLED)
        self.meetings = list(session.exec(mine.order_by(col(Meeting.day), col(Meeting.id))).all())
        self.hosted = Counter(one.host_urn for one in self.meetings if one.host_urn is not None)
        self.notes: list[Note] = []
        self._of_group: dict[int, list[tuple[Wanted, Meeting | None]]] = {}

    def arrange(self, case: Case, begins: datetime.date) -> Arranged:
        """Return what shared sessions mean for a case, with its new places; meetings that are not there yet are set."""
        found, programme = Arranged(all_wanted(self.brief, case, begins)), self.brief.programme
        shared = [one for one in programme.schedule.sessions if one.held == "group" or is_led_inside(one)]
        closed, told = closed_days(self.session, self.brief, [case.urn])[case.urn] if shared else {}, len(self.notes)
        for one in shared:
            further = None if is_led_inside(one) else group_of(programme, one)
            if further is None:
                self._of_all(case, one, found, closed)
            else:
                self._of_its_group(case, one, further, found)
        found.notes = self.notes[told:]
        return found

    def take_back(self, without: Sequence[Arranged], others: Sequence[Arranged]) -> None:
        """Take back meetings that were set for cases that find no dates after all, but those at which others have a place."""
        needed = {row["meeting_id"] for one in others for _, row in one.rows} | {line["number"] for one in others for line in one.lines}
        gone = [meeting for one in without for meeting in one.new if meeting.id not in needed]
        for meeting in gone:
            self.meetings.remove(meeting)
            self.session.delete(meeting)
        self.session.flush()
        ids, told = {meeting.id for meeting in gone}, [note for one in without for note in one.notes]
        # What could not be set is told once the case has dates without it, not at every turn that it waits.
        self.notes = [one for one in self.notes if one not in told or (one.kind == "meeting.set" and one.detail["meeting_id"] not in ids)]

    def _of_its_group(self, case: Case, planned: Planned, further: str, found: Arranged) -> None:
        """Give a case its places at the meetings of its group; a case without a group has none."""
        group = group_of_case(self.session, case.id, further)
        whole = [one for one in found.wanted if _is_of(one, planned)]
        theirs = [pair for pair in self._group_meetings(group, further) if _is_of(pair[0], planned)] if group else []
        at = found.wanted.index(whole[0]) if whole else len(found.wanted)
        found.wanted = [one for one in found.wanted if one not in whole]
        found.wanted[at:at] = [one for one, _ in theirs]
        known = set(self.session.exec(select(Attendance.meeting_id).where(Attendance.case_id == case.id)).all())
        for one, meeting in theirs:
            # A case has one thing a day; whoever joins two groups late goes to the meeting that comes first in the programme.
            clash = meeting is not None and meeting.id not in known and meeting.day in found.days.values()
            if meeting is None or clash or (meeting.day < self.today and meeting.id not in known):
                found.gone.add(one.key)
                continue
            found.days[one.key] = meeting.day
            if meeting.id not in known and meeting.status is not VisitStatus.HELD:
                self._give_place(case, planned, meeting, found)

    def _of_all(self, case: Case, planned: Planned, found: Arranged, closed: Shut) -> None:
        """Give a case its places at meetings of the whole commission, those it can go to or new ones, or at those that its own people lead."""
        inside = is_led_inside(planned)
        wanted = {one.key: one for one in found.wanted}
        there = select(Meeting, Attendance).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
        mine = self.session.exec(there.where(Attendance.case_id == case.id, Meeting.session == planned.id).order_by(col(Meeting.day))).all()
        kept = [meeting for meeting, place in mine if place.status is not AttendanceStatus.GIVEN_BACK]
        been = [meeting for meeting in kept if meeting.status is not VisitStatus.CANCELLED]
        # Whoever only might have come may book at another; a meeting with a place was cancelled for good.
        lost = len(kept) - len(been) if planned.bookings == "assigned" else 0
        for one in [one for one in found.wanted if _is_of(one, planned)]:
            if been:
                found.days[one.key] = been.pop(0).day
                continue
            if lost:
                lost -= 1
                found.gone.add(one.key)
                continue
            limits, taken = limits_of(one, wanted, found.days, self.earliest), {**dict.fromkeys(found.days.values(), CLOSED), **closed}
            live = [m for m in self.meetings if not inside and m.session == planned.id and m.group_id is None and m.status is VisitStatus.CONFIRMED]
            offer = join([Offer(m.id, m.day) for m in live], limits, taken)
            meeting = next((m for m in live if offer and m.id == offer.id), None)
            if meeting is None:
                whole = (None, planned, one, _number(one), limits, taken, [case.urn], None)
                meeting = self._set(*whole) if inside else self._set_for_all(case, planned, one, limits, taken)
                found.new += [meeting] if meeting else []
            if meeting is None:
                found.gone.add(one.key)
                continue
            found.days[one.key] = meeting.day
            self._give_place(case, planned, meeting, found)

    def _give_place(self, case: Case, planned: Planned, meeting: Meeting, found: Arranged) -> None:
        """Enter a place, and tell of it; where places are booked freely the school is told, and books."""
        is_open = planned.bookings == "open"
        if not is_open:
            found.rows.append((Attendance, {"meeting_id": meeting.id, "case_id": case.id}))
            found.places.append(meeting)
        found.lines.append(line_of(self.session, self.brief, meeting, case.urn, book=is_open))

    def _group_meetings(self, group_id: int, further: str) -> list[tuple[Wanted, Meeting | None]]:
        """Return every meeting of a group in order, setting those that are not there yet; worked out once a turn."""
        if group_id not in self._of_group:
            self._of_group[group_id] = self._set_for_group(group_id, further)
        return self._of_group[group_id]

    def _set_for_group(self, group_id: int, further: str) -> list[tuple[Wanted, Meeting | None]]:
        group = self.session.get_one(SupportGroup, group_id)
        ids = open_groups(self.session, self.brief.commission_id, further).get(group_id, [])
        cases = sorted(self.session.exec(select(Case).where(col(Case.id).in_(ids))).all(), key=lambda case: ids.index(case.id))
        begins = min((case.begins for case in cases if case.begins), default=self.today)
        ends = max((self.brief.ends(case) for case in cases), default=self.brief.commission.ends)
        shared = [one for one in sessions_of(self.brief.programme, "group", further) if group_of(self.brief.programme, one) == further]
        names = {one.id for one in shared}
        alone = [one if one.after in names else one.model_copy(update={"after": None}) for one in shared]
        wanted = {one.key: one for one in expand(alone, self.brief.commission.starts, ends, begins, self.brief.calendar)}
        busy = {day for days in busy_days(self.session, ids).values() for day in days}
        closed = dict.fromkeys(busy, CLOSED) | shut_for_some(closed_days(self.session, self.brief, [case.urn for case in cases]).values())
        days, found = dict[str, datetime.date](), list[tuple[Wanted, Meeting | None]]()
        been = self._been(ids) | self._cancelled(group_id)
        known, notes = any(one.group_id == group_id for one in self.meetings), len(self.notes)
        for one in wanted.values():
            planned, number = next(p for p in shared if _is_of(one, p)), _number(one)
            there = [m for m in self.meetings if m.group_id == group_id and m.session == planned.id and m.ordinal == number]
            meeting = there[0] if there else None
            # A term that was over before the group could meet is nobody's fault.
            if meeting is None and (planned.id, number) not in been and one.last >= self.earliest:
                limits = limits_of(one, wanted, days, self.earliest)
                taken = closed | dict.fromkeys(days.values(), CLOSED)
                meeting = self._set(group, planned, one, number, limits, taken, [case.urn for case in cases], None)
            if meeting is not None:
                days[one.key] = meeting.day
            found.append((one, meeting))
        if known:
            # What finds no day was told when the group's first meetings were set.
            self.notes[notes:] = [one for one in self.notes[notes:] if one.kind == "meeting.set"]
        return found

    def _been(self, case_ids: Sequence[int]) -> set[tuple[str, int]]:
        """Return the sessions that cases of a group had before, in another group say."""
        query = select(Meeting.session, Meeting.ordinal).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
        return set(self.session.exec(query.where(col(Attendance.case_id).in_(case_ids), col(Attendance.status).in_(_DONE))).all())

    def _cancelled(self, group_id: int) -> set[tuple[str, int]]:
        """Return the sessions of a group that somebody cancelled for good; one to which nobody was left to come is set again when somebody is."""
        query = select(Meeting.session, Meeting.ordinal).join(Attendance, col(Attendance.meeting_id) == Meeting.id)
        mine = (Meeting.group_id == group_id, Meeting.status == VisitStatus.CANCELLED, Attendance.status != AttendanceStatus.GIVEN_BACK)
        return set(self.session.exec(query.where(*mine)).all())

    def _set_for_all(self, case: Case, planned: Planned, one: Wanted, limits: tuple[datetime.date, datetime.date],
                     taken: Shut) -> Meeting | None:  # fmt: skip
        """Set a meeting for all schools of the commission, far enough ahead for others to join."""
        # Whoever joins later may be a school of any kind.
        others = blackout_days(self.brief) | dict.fromkeys((m.day for m in self.meetings if m.group_id is None), CLOSED)
        taking_part = (Case.commission_id == self.brief.commission_id, col(Case.status).not_in(ENDED), Case.stage != Stage.DIAGNOSE)
        urns = (
            list(self.session.exec(select(Case.urn).where(*taking_part).order_by(col(Case.id))).all())
            if planned.hosts in {"rotating", "school"}
            else []
        )
        number = sum(m.session == planned.id and m.group_id is None for m in self.meetings) + 1
        ahead = self.brief.calendar.add(self.today, AHEAD_SCHOOL_DAYS)
        return self._set(None, planned, replace(one, purpose=planned.title), number, limits, {**others, **taken}, urns, ahead)

    def _set(
        self, group: SupportGroup | None, planned: Planned, one: Wanted, number: int, limits: tuple[datetime.date, datetime.date],
        closed: Shut, urns: Sequence[int], ahead: datetime.date | None,
    ) -> Meeting | None:  # fmt: skip
        """Set one meeting on the earliest day that suits, at the school whose turn it is; None, and a note why, if no day does."""
        host = next_host(urns, self.hosted) if planned.hosts in {"rotating", "school"} else None
        leader = group.supporter_id if group else None
        diary, place = self.books[leader] if leader else Diary(_WEEKDAYS), place_of(self.session, self.brief, host, leader)
        slot = set_day(one, limits, ahead, self.brief.calendar, closed, diary, place)
        if isinstance(slot, Unplaced):
            detail = {"session": planned.id, "number": number, "group": group.id if group else None}
            self.notes.append(Note("meeting.unplaced", ENGINE, self.brief.commission_id, reason=slot.why, detail=detail))
            return None
        diary.book(slot.day, slot.part, place)
        meeting = self._save(group, planned, slot, number, host, leader)
        self.meetings.append(meeting)
        self.hosted.update([host] if host is not None else [])
        return meeting

    def _save(self, group: SupportGroup | None, planned: Planned, slot: Placed, number: int, host: int | None, leader: int | None) -> Meeting:
        meeting = Meeting(
            commission_id=self.brief.commission_id, group_id=group.id if group else None, session=planned.id, ordinal=number, purpose=slot.purpose,
            supporter_id=leader, place="school" if host is not None else planned.hosts, host_urn=host, day=slot.day, part=slot.part,
            status=VisitStatus.CONFIRMED,
        )  # fmt: skip
        self.session.add(meeting)
        self.session.flush()
        detail = {"meeting_id": meeting.id, "session": planned.id, "group": meeting.group_id, "host": host}
        self.notes.append(Note("meeting.set", ENGINE, self.brief.commission_id, after=slot.day.isoformat(), detail=detail))
        return meeting


def _is_of(one: Wanted, planned: Planned) -> bool:
    return one.key.partition(".")[0] == planned.id


def _number(one: Wanted) -> int:
    return int(one.key.partition(".")[2] or 1)
