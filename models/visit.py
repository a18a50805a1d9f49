"""Visits and notes of visit."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import DayPart, NoteStatus, Role, Slip, VisitStatus


class Visit(Row, table=True):
    """A dated meeting of a supporter with a school; `sequence` rises with every change of date.

    `second_id` is the supporter who comes too, where the visit is a joint one: its time is taken of both, and the first writes the note.
    `expected` and `attended` are numbers of people, where attendance is taken; `meeting_id` is the meeting that the visit came of,
    where a group met at the school. `first_agreed` is the day that the school agreed first, `slip` why a visit that must move cannot keep its day.
    """

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("case_id", "session"),
        Index("ix_visits_diary", "supporter_id", "day"),
        Index("ix_visits_second", "second_id", "day"),
    )
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    supporter_id: int = Field(foreign_key="supporters.id")
    second_id: int | None = Field(default=None, foreign_key="supporters.id")
    session: str
    ordinal: int
    purpose: str
    day: datetime.date
    part: DayPart = word(DayPart)
    status: VisitStatus = word(VisitStatus, default=VisitStatus.PROPOSED)
    sequence: int = 0
    why: str | None = None
    slip: Slip | None = word(Slip, default=None, nullable=True)
    first_agreed: datetime.date | None = None
    held_on: datetime.date | None = None
    expected: int | None = None
    attended: int | None = None
    meeting_id: int | None = Field(default=None, foreign_key="meetings.id")
    version: int = 1

    @property
    def supporter_ids(self) -> tuple[int, ...]:
        """Return everybody who comes, whoever writes the note first."""
        return (self.supporter_id,) if self.second_id is None else (self.supporter_id, self.second_id)


class VisitSlip(Row, table=True):
    """A visit that did not keep an agreed day: from which day to which (none: it was not held at all), why, and what it cost.

    `reason` is missing where nobody said. `charged` is in half days.
    """

    __tablename__ = "visit_slips"
    id: int = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visits.id", index=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    day: datetime.date
    to_day: datetime.date | None = None
    reason: Slip | None = word(Slip, default=None, nullable=True)
    charged: int = 0
    at: pendulum.DateTime = moment()


class DateOffer(Row, table=True):
    """A day that a school may choose for a visit that it could not have; it is kept free in the supporter's diary until `due`.

    It stands only as long as the visit is in the edition (`sequence`) for which it was offered.
    """

    __tablename__ = "date_offers"
    id: int = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visits.id", index=True)
    supporter_id: int = Field(foreign_key="supporters.id", index=True)
    sequence: int
    day: datetime.date
    part: DayPart = word(DayPart)
    due: datetime.date


class SchoolPart(Row, table=True):
    """What a school tells before a visit, by question."""

    __tablename__ = "school_parts"
    id: int = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visits.id", unique=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    answers: dict[str, str] = json_column()
    role: Role = word(Role)
    by: str
    at: pendulum.DateTime = moment()
    version: int = 1


class NoteOfVisit(Row, table=True):
    """The record of a visit, which the school marks accurate or not; `content` is a `models.note.NoteContent`.

    While it is a draft, `edition` is the one to come. `written_at`, `replied_at` and `published_at` are of the first time; `reply` is the
    school's to the newest edition, `statement` what it says beside a note that was left as it is, `returned` why the lead gave it back.
    """

    __tablename__ = "notes_of_visit"
    id: int = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visits.id", unique=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    status: NoteStatus = word(NoteStatus, default=NoteStatus.WITH_SCHOOL)
    content: dict[str, Any] = json_column()
    edition: int = 1
    written_at: pendulum.DateTime | None = moment(default=None)
    reply_due: datetime.date | None = None
    replied_at: pendulum.DateTime | None = moment(default=None)
    reply: str | None = None
    statement: str | None = None
    returned: str | None = None
    published_at: pendulum.DateTime | None = moment(default=None)
    version: int = 1


class NoteVersion(Row, table=True):
    """One text of a note that was sent or published, as it was then; never changed but for the day on which it was published."""

    __tablename__ = "note_versions"
    __table_args__ = (UniqueConstraint("note_id", "edition"),)
    id: int = Field(default=None, primary_key=True)
    note_id: int = Field(foreign_key="notes_of_visit.id")
    edition: int = 1
    content: dict[str, Any] = json_column()
    role: Role = word(Role)
    by: str
    why: str | None = None
    statement: str | None = None
    at: pendulum.DateTime = moment()
    published_at: pendulum.DateTime | None = moment(default=None)
