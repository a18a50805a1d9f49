"""Groups of cases that meet, their meetings, and who came."""

import datetime
from typing import Any

import pendulum
from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from models.base import Row, json_column, moment, word
from models.words import AttendanceStatus, DayPart, VisitStatus


class SupportGroup(Row, table=True):
    """Cases that share a supporter and meet together, such as a triad or a hub; `further` names the match it came from, empty for the first."""

    __tablename__ = "support_groups"
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    further: str = ""
    supporter_id: int | None = Field(default=None, foreign_key="supporters.id")
    title: str
    formed_at: pendulum.DateTime = moment()


class GroupPlace(Row, table=True):
    """One case's place in a group, for as long as it has one."""

    __tablename__ = "group_places"
    id: int = Field(default=None, primary_key=True)
    group_id: int = Field(foreign_key="support_groups.id", index=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    joined_on: datetime.date
    left_on: datetime.date | None = None
    why_left: str | None = None


class Meeting(Row, table=True):
    """A session that several schools attend: of a group, or of the whole commission (no group).

    It is at a school (`host_urn`), where its supporter is, or online (`place` says which); without a supporter the partnership leads it, or
    people of the school where it is. `noted` is the note of one that no school hosts: strengths, areas to work on and actions, for all.
    """

    __tablename__ = "meetings"
    __table_args__ = (Index("ix_meetings_diary", "supporter_id", "day"),)
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    group_id: int | None = Field(default=None, foreign_key="support_groups.id", index=True)
    session: str
    ordinal: int = 1
    purpose: str
    supporter_id: int | None = Field(default=None, foreign_key="supporters.id")
    place: str
    host_urn: int | None = None
    day: datetime.date
    part: DayPart = word(DayPart)
    status: VisitStatus = word(VisitStatus, default=VisitStatus.CONFIRMED)
    not_on: list[str] = json_column(list)
    why: str | None = None
    held_on: datetime.date | None = None
    speaker: str | None = None
    resources: list[str] = json_column(list)
    noted: dict[str, Any] = json_column()
    sequence: int = 0
    version: int = 1


class Attendance(Row, table=True):
    """One case at one meeting: whether it is expected and whether somebody came; `people` is how many did."""

    __tablename__ = "attendances"
    __table_args__ = (UniqueConstraint("meeting_id", "case_id"),)
    id: int = Field(default=None, primary_key=True)
    meeting_id: int = Field(foreign_key="meetings.id", index=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
    status: AttendanceStatus = word(AttendanceStatus, default=AttendanceStatus.EXPECTED)
    booked: bool = False
    people: int | None = None
    why: str | None = None
