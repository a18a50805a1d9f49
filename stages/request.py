"""A decision as a person puts it, whoever asks for it: its kind by name, and what may be given with it."""

import datetime
from typing import Annotated, Literal

from pydantic import Field

from models.base import Strict
from models.note import GivenAction
from models.words import Rag, Role, Slip

KindName = Literal[
    "opt-in", "decline", "answer", "confirm", "override", "unable-to-assess", "assess-again", "revise-answers",
    "reply-to-category", "moderate", "approve", "refuse", "accept-case",
    "decline-case", "accept-support", "decline-support", "replace-supporter", "confirm-dates", "ask-other-dates", "move-visit",
    "choose-date", "cancel-visit", "no-show",
    "prepare-visit", "hold-visit", "draft-note", "write-note", "note-accurate", "note-inaccurate", "settle-note", "pass-note", "return-note",
    "correct-note", "agree-plan", "ask-changes", "action-done", "hold-review", "judge",
    "book-place", "send-apologies",
    "pause", "resume", "withdraw", "take-up-again", "close-school", "succeed",
]  # fmt: skip


_Text = Annotated[str, Field(max_length=8000)]


class Request(Strict):
    """A decision as a person puts it; which of the further fields matter depends on its kind."""

    kind: KindName = Field(description="What is decided.")
    case: int = Field(ge=1, le=2**31 - 1, description="Number of the case.")
    role: Role = Field(description="As what the person acts.")
    by: str = Field(min_length=1, max_length=120, description="Who decides, as an office: headteacher, link adviser...")
    reason: str | None = Field(None, max_length=4000, description="Why; some decisions cannot do without it.")
    category: str | None = Field(None, description="Category, for an override or a moderation that changes it.")
    focus: str | None = Field(None, description="Chosen focus area, for an answer.")
    answers: dict[str, float | int | _Text] = Field({}, description="Answers by question, for an answer or a further one.")
    instrument: str | None = Field(None, max_length=60, description="Instrument that is answered, where there are several.")
    not_on: list[datetime.date] = Field([], description="Days that do not suit, when asking for other dates or to have a visit moved.")
    visit: str | None = Field(None, description="Session of the visit; the next one if left out.")
    day: datetime.date | None = Field(None, description="The day that is chosen of those on offer for a visit.")
    slip: Slip | None = Field(None, description="Whose doing it is that an agreed visit is moved, cancelled or held on another day.")
    away: str | None = Field(None, max_length=120, description="Which supporter cannot come, by name, where a visit of two is moved for that.")
    held_on: datetime.date | None = Field(None, description="Day on which a visit was held, if not the planned day.")
    strengths: str = Field("", max_length=8000, description="Strengths, for a note of visit.")
    areas: str = Field("", max_length=8000, description="Areas to work on, for a note of visit.")
    sections: dict[str, _Text] = Field({}, description="Further sections of a note of visit, by name.")
    evidence: list[str] | None = Field(None, max_length=50, description="Evidence seen, for a note of visit, as kind or kind: what was seen.")
    actions: list[GivenAction] | None = Field(None, max_length=50, description="Agreed actions, for a note of visit: what | owner | day | area.")
    suggest_category: str | None = Field(None, description="Category that a note of visit suggests.")
    suggest_why: str | None = Field(None, max_length=2000, description="Why it suggests it.")
    action_number: int | None = Field(None, ge=1, le=10_000, description="Number of an action of the plan, as the case shows it.")
    done_on: datetime.date | None = Field(None, description="Day on which an action of the plan was done, if not today.")
    expected: int | None = Field(None, ge=1, le=10_000, description="How many people were expected, where attendance is taken.")
    attended: int | None = Field(None, ge=0, le=10_000, description="How many of them came.")
    rag: Rag | None = Field(None, description="Rating, for a review.")
    until: datetime.date | None = Field(None, description="Last day of an override; without it, as long as the programme says.")
    meeting: int | None = Field(None, ge=1, le=2**31 - 1, description="Number of the meeting, to book a place or send apologies.")
    match: str | None = Field(None, max_length=60, description="Which of a case's further matches, where a supporter is replaced.")
    urn: int | None = Field(None, ge=100_000, le=999_999, description="URN of the successor school.")
