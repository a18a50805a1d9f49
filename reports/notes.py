"""A note of visit as a document: whichever version is asked for, with what its reader may see of it, as plain values."""

import unicodedata
from typing import Any, get_args

from sqlmodel import Session, select

from models.case import Case
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.note import EVIDENCE_IN_WORDS, NoteContent
from models.visit import NoteOfVisit, NoteVersion, Visit
from models.words import NoteStatus
from reports.case_file import find_case
from reports.words import day
from stages.brief import Brief, load_brief
from stages.note_history import NoteHistory, note_histories
from stages.schedule.note_publishing import versions_of
from stages.schedule.note_rules import Reader, as_read_by, beside, readers

READERS: tuple[Reader, ...] = get_args(Reader)
_INSIDE: tuple[Reader, ...] = ("adviser", "supporter")
_NOT_GIVEN = "not given"
Values = dict[str, Any]


def note_document(session: Session, number: int, key: str | None, edition: int | None, reader: Reader) -> Values:
    """Return a note as a document needs it: text only, with dates in words. NotFound, NotAllowed or NotPossible say why somebody cannot have it.

    Without an edition the adviser and the supporter get what the note says now, a school what it was sent last, and a commissioner
    what was published last.
    """
    case = find_case(session, number)
    brief = load_brief(session, case.commission_id, [case.urn])
    if reader not in _INSIDE and reader not in readers(brief.programme.schedule.note):
        raise NotAllowed(f"Notes of {brief.programme.title} do not go to the {reader}: its circulation is {', '.join(_circulation(brief))}.")
    visit, note = _find(session, case, key)
    versions = versions_of(session, note.id)
    wanted = _chosen(note, versions, edition, reader)
    content = as_read_by(NoteContent.model_validate(wanted.content if wanted else note.content), reader)
    values = _values(brief, case, visit, note, wanted, len(versions), content)
    history = note_histories(session, case.id).get(visit.id, NoteHistory())
    values |= _said(versions, wanted.edition if wanted else note.edition, history)
    # What a school says beside a note that it disputed is for those who were there, in documents as in messages.
    there = reader != "commissioner"
    values["about"] += _written(history, wanted.edition if wanted else note.edition, disputes=there)
    return values if there else {**values, "statement": None, "statement_of": None, "outcome": None}


def _circulation(brief: Brief) -> list[str]:
    return [str(one) for one in readers(brief.programme.schedule.note)]


def _find(session: Session, case: Case, key: str | None) -> tuple[Visit, NoteOfVisit]:
    query = select(Visit, NoteOfVisit).where(NoteOfVisit.visit_id == Visit.id, Visit.case_id == case.id).order_by(Visit.day)  # type: ignore[arg-type]
    rows = session.exec(query).all()
    found = [(visit, note) for visit, note in rows if key in (None, visit.session)]
    if not found:
        there = ", ".join(visit.session for visit, _ in rows) or "none yet"
        raise NotFound(f"Case {case.id} has no such note of visit; those there are: {there}.")
    if len(found) > 1:
        raise BadInput(f"Case {case.id} has several notes of visit: choose one with --session, of {', '.join(visit.session for visit, _ in found)}.")
    return found[0]


def _chosen(note: NoteOfVisit, versions: list[NoteVersion], edition: int | None, reader: Reader) -> NoteVersion | None:
    """Return the version that is meant; None for a draft as it stands, which only those who write it may have."""
    able = [one for one in versions if reader in (*_INSIDE, "headteacher") or one.published_at is not None]
    if edition is not None:
        found = next((one for one in able if one.edition == edition), None)
        if found is None:
            raise NotFound(f"There is no version {edition} of this note for you: there are {', '.join(str(one.edition) for one in able) or 'none'}.")
        return found
    if note.edition not in {one.edition for one in versions} and reader in _INSIDE:
        return None
    if not able:
        raise NotPossible("This note is a draft that nobody but its writer reads yet." if not versions else "This note is not published yet.")
    return able[-1]


def _values(brief: Brief, case: Case, visit: Visit, note: NoteOfVisit, version: NoteVersion | None, count: int, content: NoteContent) -> Values:
    school, held = brief.school(case), visit.held_on or visit.day
    edition = version.edition if version else note.edition
    published = version.published_at if version else None
    suggested = content.suggestion
    return {
        "title": printable(f"Note of visit to {school.name} on {day(held)}"),
        "partnership": printable(brief.head.partnership),
        "draft": published is None,
        "status": _status(note, version, count),
        "about": [
            (name, printable(value)) for name, value in (
                ("School", f"{school.name} (URN {case.urn})"), ("Visit", f"{visit.purpose}, {day(held)}"),
                ("Visited by", brief.names_of(visit.supporter_ids)), ("Programme", f"{brief.programme.title} ({brief.head.reference})"),
                ("Version", f"{edition}, template {content.template}"),
            )
        ],
        "told": [{"asks": printable(one.asks), "answer": printable(one.answer or _NOT_GIVEN)} for one in content.told],
        "sections": [{"title": printable(one.title), "text": printable(one.text)} for one in content.sections],
        "evidence": [printable(EVIDENCE_IN_WORDS[one.kind] + (f": {one.what}" if one.what else "")) for one in content.evidence],
        "actions": [
            {"number": str(one.number), "action": printable(one.action), "owner": printable(one.owner),
             "due": day(one.due) if one.due else "no day"}
            for one in content.actions
        ],
        "suggestion": printable(f"{suggested.title}: {suggested.why}\nNothing changes until somebody decides on it.") if suggested else None,
    }  # fmt: skip


def _written(history: NoteHistory, edition: int, *, disputes: bool) -> list[tuple[str, str]]:
    """Return who wrote a later version and why: a correction of a published note or, for those who were there, the end of a dispute."""
    correction, dispute = history.corrections.get(edition), history.settled_with(edition)
    step, what = (correction, "Corrected") if correction else (dispute.settled if dispute and disputes else None, "Corrected after a dispute")
    return [(what, printable(step.who)), ("Why", printable(step.why or "not said"))] if step else []


def _said(versions: list[NoteVersion], edition: int, history: NoteHistory) -> Values:
    """Return what the school says beside a version and how that was settled, with the version of which it said so, where that is an earlier one."""
    found = beside([(one.edition, one.statement) for one in versions], edition)
    says, of_edition = found or (None, edition)
    settled = history.left_as_it_was(of_edition)
    outcome = printable(settled.outcome) if says and settled else None
    return {"statement": printable(says) if says else None, "statement_of": None if of_edition == edition else of_edition, "outcome": outcome}


def parts_of(values: Values) -> list[Values]:
    """Return what a note is made of, in the order in which it is read: title, kind, and what is in it.

    `answers` and `actions` have `heads` and `rows`, a `list` has `lines`, a `text` and a `quote` have a `text`.
    """
    parts: list[Values] = []
    if values["told"]:
        told = [[one["asks"], one["answer"]] for one in values["told"]]
        parts.append({"title": "What the school told before the visit", "kind": "answers", "heads": ["Question", "Answer"], "rows": told})
    parts += [{"title": one["title"], "kind": "text", "text": one["text"]} for one in values["sections"]]
    if values["evidence"]:
        parts.append({"title": "Evidence seen", "kind": "list", "lines": values["evidence"]})
    actions = [[one["number"], one["action"], one["owner"], one["due"]] for one in values["actions"]]
    agreed = {"kind": "actions", "heads": ["No.", "Action", "Owner", "By"], "rows": actions}
    parts.append({"title": "Agreed actions", **(agreed if actions else {"kind": "text", "text": "No actions were agreed."})})
    earlier = values["statement_of"]
    says = f"What the school said of version {earlier} of this note" if earlier else "What the school says of this note"
    for name, title, kind in (("statement", says, "quote"), ("outcome", "What came of it", "text"), ("suggestion", "Suggested category", "text")):
        if values.get(name):
            parts.append({"title": title, "kind": kind, "text": values[name]})
    return parts


def _status(note: NoteOfVisit, version: NoteVersion | None, count: int) -> str:
    """Return in words how a version stands."""
    if version is not None and version.published_at is not None:
        later = "" if version.edition == count else " There is a later version."
        return f"Published on {day(version.published_at)}.{later}"
    if version is None or version.edition < note.edition:
        closed = "Closed with its case, before it was sent to the school."
        if version is None:
            return closed if note.status is NoteStatus.CLOSED else "Not sent to the school yet."
        return "Replaced by a later version."
    return {
        NoteStatus.WITH_SCHOOL: f"With the school, which may reply until {day(note.reply_due)}.",
        NoteStatus.DISPUTED: "The school says that it is not accurate.",
        NoteStatus.WITH_LEAD: "With the partnership lead, who reads it before it is published.",
        NoteStatus.CLOSED: "Closed with its case, before it was published.",
    }[note.status]


def printable(text: str) -> str:
    """Return text without what is no character to be read, such as controls; lines and tabs stay."""
    lines = "\n".join(text.replace("\u2029", "\n").replace("\u2028", "\n").splitlines())
    kept = (one for one in lines if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cs", "Cn"))
    return "".join(kept).replace("\t", " ")
