"""Visits and notes of visit."""

import datetime

import pendulum
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import DayPart, NoteStatus, VisitStatus


class Visit(Row, table=True):
    """A dated meeting of a supporter with a school; `sequence` rises with every change of date.

    `expected` and `attended` are numbers of people, where attendance is taken; `meeting_id` is the meeting that the visit came of,
    where a group met at the school.
    """

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("case_id", "session"),
        Index("ix_visits_diary", "supporter_id", "day"),
    )
    id: int = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    supporter_id: int = Field(foreign_key="supporters.id")
    session: str
    ordinal: int
    purpose: str
    day: datetime.date
    part: DayPart = word(DayPart)
    status: VisitStatus = word(VisitStatus, default=VisitStatus.PROPOSED)
    sequence: int = 0
    why: str | None = None
    held_on: datetime.date | None = None
    expected: int | None = None
    attended: int | None = None
    meeting_id: int | None = Field(default=None, foreign_key="meetings.id")
    version: int = 1


class NoteOfVisit(Row, table=True):
    """The record of a visit, which the school marks accurate or not."""

    __tablename__ = "notes_of_visit"
    id: int = Field(default=None, primary_key=True)
    visit_id: int = Field(foreign_key="visits.id", unique=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    status: NoteStatus = word(NoteStatus, default=NoteStatus.WITH_SCHOOL)
    strengths: str
    areas: str
    agreed_actions: list[str] = json_column(list)
    written_at: pendulum.DateTime = moment()
    reply_due: datetime.date
    reply: str | None = None
    published_at: pendulum.DateTime | None = moment(default=None)
    version: int = 1
