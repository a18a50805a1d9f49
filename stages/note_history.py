"""What happened to notes of visit after they were sent, from the trail: what a school disputed, how that ended, and why versions were written."""

import itertools
from dataclasses import dataclass, field

import pendulum
from sqlmodel import Session, col, select

from models.moments import day_of
from models.trail import Event
from models.words import Role

_KINDS = ("note.disputed", "note.settled", "note.corrected", "note.returned", "note.sent")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a person did to a note: when, who and, if they said so, why."""

    at: pendulum.DateTime
    role: Role
    by: str
    why: str | None

    @property
    def who(self) -> str:
        """Return who did it and when, in words."""
        as_what = "" if self.role.value in self.by else f" ({self.role.value})"
        return f"by {self.by}{as_what} on {day_of(self.at):%-d %B %Y}"


@dataclass(slots=True)
class Dispute:
    """What a school said against one version (`edition`) of a note, and how that was settled: by a new version, or with the note as it was."""

    edition: int
    said: Step
    settled: Step | None = None
    new_edition: int | None = None

    @property
    def outcome(self) -> str:
        """Return in words how it ended, with who settled it and why."""
        if self.settled is None:
            return "Not settled yet."
        how = "Left as it was" if self.new_edition is None else f"Corrected in version {self.new_edition}"
        return f"{how}, {self.settled.who}." + (f" Why: {self.settled.why}" if self.settled.why else "")


@dataclass(slots=True)
class NoteHistory:
    """The disputes of a note in order, and who corrected a published note and why, by the version that they wrote."""

    disputes: list[Dispute] = field(default_factory=list)
    corrections: dict[int, Step] = field(default_factory=dict)

    def settled_with(self, edition: int) -> Dispute | None:
        """Return the dispute that ended with this version being written."""
        return next((one for one in self.disputes if one.new_edition == edition), None)

    def left_as_it_was(self, edition: int) -> Dispute | None:
        """Return the dispute of this version that ended with the note left as it was."""
        return next((one for one in reversed(self.disputes) if one.edition == edition and one.settled and one.new_edition is None), None)


def note_histories(session: Session, case_id: int) -> dict[int, NoteHistory]:
    """Return what happened to each note of a case, by the number of its visit; nothing of those to which nothing happened."""
    query = select(Event).where(Event.case_id == case_id, col(Event.kind).in_(_KINDS)).order_by(col(Event.id))
    rows = sorted(session.exec(query).all(), key=lambda event: int(event.detail["visit_id"]))
    return {visit_id: _history(list(events)) for visit_id, events in itertools.groupby(rows, key=lambda event: int(event.detail["visit_id"]))}


def _history(events: list[Event]) -> NoteHistory:
    """Walk through the trail of one note, counting its versions; what the lead gives back, and why, stays between lead and writer."""
    found, edition = NoteHistory(), 1
    for event in events:
        step = Step(event.at, event.role, event.by, event.detail.get("reason"))
        if event.kind == "note.disputed":
            found.disputes.append(Dispute(edition, step))
        elif event.kind == "note.settled":
            new = not event.detail.get("left_as_it_is")
            edition += new
            if found.disputes:
                found.disputes[-1].settled, found.disputes[-1].new_edition = step, edition if new else None
        elif event.kind == "note.corrected":
            edition = event.detail["edition"]
            found.corrections[edition] = step
        elif event.kind == "note.sent":
            edition = event.detail["edition"]
        else:
            edition += 1
    return found
