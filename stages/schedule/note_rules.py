"""Notes of visit: pure decisions on what one holds, who may read which part, and which the lead looks at."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evidence.privacy import refuse_person_as
from models.errors import BadInput
from models.note import EVIDENCE_IN_WORDS, Agreed, AgreedAction, EvidenceKind, Given, NoteContent, Seen, Suggestion, Told, WrittenSection
from models.programme import NoteTemplate, Programme

Reader = Literal["headteacher", "chair", "adviser", "supporter", "commissioner"]
_DAYS_A_WEEK = 5
_OPTIONS = {"strengths": "--strengths", "areas": "--areas"}
_SCHOOL: tuple[Reader, ...] = ("headteacher", "chair")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a note is written in: the programme, the day of the visit, the last day of the commission, and a day by which things are due."""

    programme: Programme
    day: datetime.date
    ends: datetime.date | None
    usual_due: datetime.date | None

    @property
    def template(self) -> NoteTemplate:
        """Return the programme's template."""
        return self.programme.schedule.note


def compose(
    setting: Setting, given: Given, earlier: NoteContent | None, told: Mapping[str, str], versions: Sequence[NoteContent] = ()
) -> NoteContent:
    """Return a note with what is given over what was there; BadInput where it does not fit the template, the dates or the programme.

    `versions` are those that were sent before: an action that comes back keeps its number, and no number is given twice.
    """
    template, before = setting.template, earlier or NoteContent()
    unknown = sorted(given.sections.keys() - {one.id for one in template.sections})
    if unknown:
        raise BadInput(f'The note of this programme has no section "{unknown[0]}": it has {", ".join(one.id for one in template.sections)}.')
    said = [one for other in (*versions, before) for one in other.actions]
    texts = {one.id: one.text for one in before.sections} | {name: text.strip() for name, text in given.sections.items()}
    return NoteContent(
        template=template.version,
        told=[Told(id=one.id, asks=one.asks, answer=told.get(one.id)) for one in template.school_part],
        sections=[WrittenSection(id=one.id, title=one.title, text=texts[one.id]) for one in template.sections if texts.get(one.id)],
        evidence=before.evidence if given.evidence is None else [_seen(template, line) for line in given.evidence],
        actions=before.actions if given.actions is None else _agreed(setting, given.actions, said),
        suggestion=_suggested(setting.programme, given) or before.suggestion,
    )


def check_whole(template: NoteTemplate, content: NoteContent) -> None:
    """Raise BadInput unless every section that has to be there is written."""
    wanted = [one for one in template.sections if one.required]
    if all(content.section(one.id) for one in wanted):
        return
    what = " and ".join(f"{'its ' if number == 0 else ''}{one.title.lower()}" for number, one in enumerate(wanted))
    options = " and ".join(_OPTIONS.get(one.id, f"--section {one.id}=...") for one in wanted)
    raise BadInput(f"A note of visit needs {what}: give {options}.")


def _seen(template: NoteTemplate, line: str) -> Seen:
    """Read a kind of evidence, with what was seen of it behind a colon."""
    kind, _, what = line.partition(":")
    name: EvidenceKind | None = next((one for one in template.evidence if one == kind.strip().replace("-", "_")), None)
    if name is None:
        known = ", ".join(template.evidence) or "none"
        raise BadInput(f'"{kind.strip()}" is no evidence that a note of this programme names: {known}. Write it as kind: what was seen.')
    return Seen(kind=name, what=what.strip())


def _agreed(setting: Setting, given: Sequence[AgreedAction], before: Sequence[Agreed]) -> list[Agreed]:
    """Return agreed actions with their numbers: one that was there before keeps its own, and its day, in whatever version it comes back."""
    numbers, days = {_folded(one.action): one.number for one in before}, {one.number: one.due for one in before}
    following, found = max(numbers.values(), default=0), list[Agreed]()
    for one in given:
        if _folded(one.action) in {_folded(other.action) for other in found}:
            raise BadInput(f'The action "{one.action}" is agreed twice: give it once.')
        number = numbers.get(_folded(one.action))
        following += number is None
        found.append(_checked(setting, one, number or following, days.get(number or following)))
    return found


def _folded(action: str) -> str:
    return " ".join(action.casefold().split()).rstrip(".")


def _checked(setting: Setting, one: AgreedAction, number: int, earlier: datetime.date | None) -> Agreed:
    refuse_person_as(one.owner, f'The owner of "{one.action}"')
    # A visit that was held later than its draft thought may have been after that day.
    due = one.due or (earlier if earlier and earlier > setting.day else setting.usual_due)
    if one.due and one.due <= setting.day:
        raise BadInput(f'"{one.action}" is due on {one.due:%-d %B %Y}, but the visit was on {setting.day:%-d %B %Y}: give a later day.')
    if one.due and setting.ends and one.due > setting.ends:
        raise BadInput(f'"{one.action}" is due on {one.due:%-d %B %Y}, after the commission ends on {setting.ends:%-d %B %Y}: give an earlier day.')
    return Agreed(number=number, action=one.action, owner=one.owner, due=due, area=_area(setting.programme, one.area))


def _area(programme: Programme, given: str | None) -> str | None:
    """Return the title of the need or focus area that an action serves; BadInput if there is none of that name."""
    if given is None:
        return None
    titles = {need.need: need.title for need in programme.diagnose.needs} | dict(programme.diagnose.focus_areas)
    found = titles.get(given) or next((title for title in titles.values() if title.casefold() == given.casefold()), None)
    if found is None:
        raise BadInput(f'"{given}" is no need or focus area of this programme: {", ".join(titles) or "it has none, so leave it out"}.')
    return found


def _suggested(programme: Programme, given: Given) -> Suggestion | None:
    if given.category is None:
        return None
    if not programme.schedule.note.suggests_category:
        raise BadInput("In a note of this programme no category is suggested: leave it out.")
    titles = {one.id: one.title for one in programme.diagnose.categories}
    if given.category not in titles:
        raise BadInput(f'There is no category "{given.category}": the programme has {", ".join(titles)}.')
    return Suggestion(category=given.category, title=titles[given.category], why=given.why or "")


def usual_due(day: datetime.date, weeks: int, school_days: Sequence[datetime.date], ends: datetime.date) -> datetime.date | None:
    """Return by when what is agreed on `day` is due if nobody says: so many school weeks on, or the end; None if that is no later day.

    `school_days` are those after `day` up to `ends`.
    """
    wanted = weeks * _DAYS_A_WEEK
    found = school_days[wanted - 1] if len(school_days) >= wanted else ends
    return found if found > day else None


def is_looked_at(template: NoteTemplate, seed: int, note_id: int) -> bool:
    """Tell whether the lead reads a note before it is published; a sample is drawn by the commission's seed, the same whenever it is asked."""
    if template.quality_assurance != "sample":
        return template.quality_assurance == "all"
    drawn = hashlib.sha256(f"{seed}/note/{note_id}".encode()).digest()
    return int.from_bytes(drawn[:4], "big") / 2**32 * 100 < template.sample_percent


def beside(versions: Iterable[tuple[int, str | None]], edition: int) -> tuple[str, int] | None:
    """Return what the school says beside a version of a note and of which version it said so; None if it never said anything.

    `versions` are editions in order, each with what was said beside it; what was said beside one stays until something else is said.
    """
    found: tuple[str, int] | None = None
    for number, says in versions:
        if number <= edition and says and (found is None or found[0] != says):
            found = says, number
    return found


def readers(template: NoteTemplate) -> list[Reader]:
    """Return who gets a published note, each once."""
    return list(dict.fromkeys(("headteacher", *template.circulation)))


def as_read_by(content: NoteContent, reader: Reader) -> NoteContent:
    """Return what somebody may read of a note.

    A suggested category is the partnership's own deliberation until it is decided on; what a school tells before a visit it tells the
    partnership and not its commissioner.
    """
    inside = reader in ("adviser", "supporter")
    told = content.told if inside or reader in _SCHOOL else []
    return content.model_copy(update={"told": told, "suggestion": content.suggestion if inside else None})


def in_message(content: NoteContent, reader: Reader) -> dict[str, object]:
    """Return a note as its messages need it: JSON values, with what only the partnership reads left out for others."""
    seen = as_read_by(content, reader)
    return {
        "told": [one.model_dump(mode="json") for one in seen.told],
        "sections": [{"title": one.title, "text": one.text} for one in seen.sections],
        "evidence": [EVIDENCE_IN_WORDS[one.kind] + (f": {one.what}" if one.what else "") for one in seen.evidence],
        "actions": [{"action": one.action, "owner": one.owner, "due": one.due.isoformat() if one.due else None} for one in seen.actions],
    }
