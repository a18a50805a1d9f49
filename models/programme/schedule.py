"""Which sessions there are, when they may be, and the notes that are written of them."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from models.base import Strict
from models.note import EvidenceKind
from models.programme.plain import DayOfYear, Name, Percent, Slug, Text


class Window(Strict):
    """When a session may take place: a school year of the commission, or weeks from its start."""

    school_year: int | None = Field(default=None, ge=1, le=10, description="Which school year of the commission, 1 for the first.")
    from_week: int | None = Field(default=None, ge=0, le=520, description="First week after the case is ready, 0 for at once.")
    to_week: int | None = Field(default=None, ge=1, le=520, description="Last week after the case is ready.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.from_week is None) != (self.to_week is None):
            raise ValueError("give from_week and to_week together")
        if self.from_week is not None and self.to_week is not None and self.from_week >= self.to_week:
            raise ValueError("from_week must be before to_week")
        return self


class Gap(Strict):
    """How many weeks lie between a session and the one before it."""

    at_least: int = Field(default=0, ge=0, le=520, description="Fewest weeks.")
    at_most: int = Field(default=104, ge=1, le=520, description="Most weeks.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError("at_least must not be more than at_most")
        return self


class Session(Strict):
    """A visit or other meeting that every case has."""

    id: Slug = Field(description="Name of the session, unique in the programme.")
    title: Text = Field(description="Its purpose in plain English.")
    kind: Literal["visit", "meeting", "training", "webinar", "module", "coaching", "supervision", "review_visit", "open_week"] = Field(
        default="visit", description="What sort of session it is."
    )
    held: Literal["single", "group"] = Field(default="single", description="For one case, or for a group of cases together.")
    length: Literal["half_day", "whole_day"] = Field(default="half_day", description="How long it takes.")
    count: int = Field(default=1, ge=1, le=60, description="How many of them there are, one after another.")
    after: Slug | None = Field(default=None, description="The session that must come before.")
    gap_weeks: Gap = Field(default=Gap(), description="Weeks since the session before, counting repeats too.")
    window: Window = Field(default=Window(), description="When it may take place; nothing given means any time in the commission.")
    hosts: Literal["school", "rotating", "supporter", "online"] = Field(default="school", description="Where it takes place.")
    bookings: Literal["assigned", "open"] = Field(default="assigned", description="Whether places are assigned or booked freely.")
    attendance: bool = Field(default=False, description="Whether attendance is taken.")
    note: bool = Field(default=True, description="Whether a note of visit is written.")
    every: Literal["once", "half_term", "term", "year"] = Field(default="once", description="Whether the session comes back.")
    with_match: Slug | None = Field(default=None, description="The further match that it is held with; none means the first.")
    joined_by: Slug | None = Field(default=None, description="The further match whose supporter comes too, at a joint visit.")
    led_by: Literal["supporter", "trained_people"] = Field(default="supporter", description="Who leads it.")
    visiting_speaker: bool = Field(default=False, description="Whether a speaker from outside comes.")
    shared_resources: bool = Field(default=False, description="Whether resources are shared afterwards.")


class SchoolQuestion(Strict):
    """A question that a school answers before a visit."""

    id: Name = Field(description="Short name of the question, unique in the note.")
    asks: Text = Field(description="The question in plain English.")
    required: bool = Field(default=False, description="Whether a school that answers has to answer this one.")


class NoteSection(Strict):
    """A part of a note of visit that whoever visited fills in."""

    id: Name = Field(description="Short name of the section, unique in the note.")
    title: Text = Field(description="Its heading.")
    required: bool = Field(default=True, description="Whether a note without it cannot be sent.")


class NoteTemplate(Strict):
    """What a note of visit holds, who reads it and how long each step may take."""

    version: int = Field(default=1, ge=1, description="Rises with every change of the template.")
    school_part: list[SchoolQuestion] = Field(default=[], description="What the school is asked before each visit of which a note is written.")
    sections: list[NoteSection] = Field(
        default=[NoteSection(id="strengths", title="Strengths"), NoteSection(id="areas", title="Areas to work on")],
        min_length=1, description="What whoever visited writes afterwards.",
    )  # fmt: skip
    evidence: list[EvidenceKind] = Field(default=[*get_args(EvidenceKind)], description="Kinds of evidence that may be named; all, if left out.")
    suggests_category: bool = Field(default=False, description="Whether the writer may suggest another category; it is never set by itself.")
    circulation: list[Literal["headteacher", "chair", "adviser", "supporter", "commissioner"]] = Field(
        default=["headteacher"], description="Who gets the published note; the headteacher always does."
    )
    due_school_days: int = Field(default=1, ge=1, le=60, description="School days from the visit until its note is with the school.")
    reply_school_days: int = Field(default=5, ge=1, le=60, description="School days in which the school may say that a note is not accurate.")
    quality_assurance: Literal["none", "all", "sample"] = Field(
        default="none", description="Which notes the partnership lead reads before they are published."
    )
    sample_percent: Percent = Field(default=20, description="How many of a hundred notes are read, where it is a sample.")
    turnaround_school_days: int = Field(default=15, ge=1, le=120, description="School days from the visit until its note is published.")


class Blackout(Strict):
    """Days of every year on which schools are not visited."""

    title: Text = Field(description="What keeps schools free then, as it is told where a session finds no day.")
    first: DayOfYear = Field(description='The first of these days, as month and day: "09-01".')
    last: DayOfYear = Field(description="The last of them; one that is earlier in the year than the first lies in the next year.")


class Schedule(Strict):
    """Which sessions there are."""

    sessions: list[Session] = Field(default=[], description="The sessions in order.")
    note: NoteTemplate = Field(default=NoteTemplate(), description="The notes that are written of visits.")
    avoid: list[Literal["ks2_tests", "gcse_exams", "phonics_check"]] = Field(
        default=[], description="Weeks in which schools are not visited whose own pupils sit these, by their ages."
    )
    blackouts: list[Blackout] = Field(default=[], description="Other days of every year on which no school is visited.")
    move_notice_school_days: int = Field(
        default=10, ge=1, le=30, description="Fewest school days from a visit's or meeting's move to its new day, where it could not keep its own."
    )
    late_cancel_working_days: int = Field(default=2, ge=0, description="A visit cancelled with fewer working days' notice is charged.")
