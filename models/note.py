"""What a note of visit says, as it is kept in each of its versions: complete in itself, with the titles that its template had then."""

import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from models.base import Strict

EvidenceKind = Literal[
    "lesson_visits", "work_scrutiny", "pupil_voice", "documents", "data", "leaders", "staff", "governors", "parents", "environment",
]  # fmt: skip
EVIDENCE_IN_WORDS: dict[str, str] = {
    "lesson_visits": "Visits to lessons", "work_scrutiny": "Pupils' work, looked through", "pupil_voice": "Pupils' views, as a summary",
    "documents": "Documents", "data": "Data of the school", "leaders": "Meeting with leaders", "staff": "Conversations with staff",
    "governors": "Meeting with governors", "parents": "Views of parents and carers", "environment": "Walk through the school",
}  # fmt: skip
_PARTS_OF_AN_ACTION = 4


def _from_text(value: Any) -> Any:
    """Read `what | owner | day | area`, of which only the first is needed; anything else stays as it is."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split("|")]
    if len(parts) > _PARTS_OF_AN_ACTION:
        raise ValueError("an agreed action is written as: what | owner | YYYY-MM-DD | area")
    return {name: part for name, part in zip(("action", "owner", "due", "area"), parts, strict=False) if part}


class AgreedAction(Strict):
    """An action that school and adviser agree at a visit, as it is given."""

    action: str = Field(min_length=1, max_length=2000, description="What is to be done.")
    owner: str = Field(default="headteacher", min_length=1, max_length=120, description="Who does it, as a role or post.")
    due: datetime.date | None = Field(default=None, description="By when; the programme's next review if left out.")
    area: str | None = Field(default=None, max_length=200, description="The need or focus area it serves.")


# An action may be given as a line of text as well.
GivenAction = Annotated[AgreedAction, BeforeValidator(_from_text)]


class Told(Strict):
    """One question that the school was asked before the visit, with its answer; None where it gave none."""

    id: str
    asks: str
    answer: str | None = None


class WrittenSection(Strict):
    """One section of a note as its writer filled it."""

    id: str
    title: str
    text: str


class Seen(Strict):
    """A kind of evidence that was seen, and what of it."""

    kind: EvidenceKind
    what: str = ""


class Agreed(AgreedAction):
    """An agreed action with the number by which it is known through all versions of its note."""

    number: int = Field(ge=1)

    @property
    def in_words(self) -> str:
        """Return the action with who does it and by when."""
        due = f", by {self.due:%-d %B %Y}" if self.due else ""
        return f"{self.action.rstrip('. ')} ({self.owner}{due})"


class Suggestion(Strict):
    """The category that the writer suggests, and why."""

    category: str
    title: str
    why: str


class NoteContent(Strict):
    """All that a note of visit says."""

    template: int = 1
    told: list[Told] = Field(default=[])
    sections: list[WrittenSection] = Field(default=[])
    evidence: list[Seen] = Field(default=[])
    actions: list[Agreed] = Field(default=[])
    suggestion: Suggestion | None = None

    def section(self, name: str) -> str:
        """Return the text of a section; empty if there is none."""
        return next((one.text for one in self.sections if one.id == name), "")

    def plain(self) -> dict[str, Any]:
        """Return the content as JSON values."""
        return self.model_dump(mode="json")


class Given(Strict):
    """What a writer gives for a note; whatever is left out stays as it was, and no evidence or actions at all are given as an empty list."""

    sections: dict[str, str] = Field(default={})
    evidence: list[str] | None = None
    actions: list[GivenAction] | None = None
    category: str | None = None
    why: str | None = None

    @model_validator(mode="after")
    def _with_its_reason(self) -> Self:
        if (self.category is None) != (not (self.why or "").strip()):
            raise ValueError("a suggested category needs its reason, and the reason a category")
        return self

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is given."""
        return not (self.sections or self.category) and self.evidence is None and self.actions is None
