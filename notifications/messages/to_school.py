"""Messages to a school, one function each; dates are given as dates and travel as ISO text."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from calendars.invitations import Entry
from models.programme import Instrument
from notifications.draft import Draft, Letterhead, Recipient, case_key
from notifications.invitations import in_context, lines


def _draft(
    kind: str, head: Letterhead, to: Recipient, case_id: int, edition: int | str, context: Mapping[str, Any], entries: Sequence[Entry] = ()
) -> Draft:
    """Return a draft whose key is the case, the kind and the edition of the case it speaks of; `entries` are for the recipient's calendar."""
    return Draft(
        kind=kind,
        key=case_key(case_id, kind, edition),
        to=to,
        context={**head.context(to), **context, **in_context(entries)},
        commission_id=head.commission_id,
        case_id=case_id,
        reply_to=head.adviser_email,
    )


def invitation(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, summary: str, due: datetime.date) -> Draft:
    """Ask a school whether it wants to take part."""
    return _draft("invitation", head, to, case_id, edition, {"school": school, "summary": summary, "due": due.isoformat()})


def welcome(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, summary: str) -> Draft:
    """Tell a school that it takes part."""
    return _draft("welcome", head, to, case_id, edition, {"school": school, "summary": summary})


def place_wanted(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, places: int, known_by: datetime.date | None) -> Draft:
    """Tell a school that its wish for one of the places is noted, and when they are given."""
    context = {"school": school, "places": places, "known_by": known_by.isoformat() if known_by else None}
    return _draft("place_wanted", head, to, case_id, edition, context)


def place_given(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, summary: str, *, waited: bool) -> Draft:
    """Tell a school that it has a place; `waited` if it was told before that it waits."""
    return _draft("place_given", head, to, case_id, edition, {"school": school, "summary": summary, "waited": waited})


def place_waiting(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, places: int, number: int, until: datetime.date) -> Draft:
    """Tell a school that all places are taken, how manieth it is on the list, and until when places move on."""
    context = {"school": school, "places": places, "number": number, "until": until.isoformat()}
    return _draft("place_waiting", head, to, case_id, edition, context)


def no_place(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, places: int) -> Draft:
    """Tell a school that no place came free."""
    return _draft("no_place", head, to, case_id, edition, {"school": school, "places": places})


def self_evaluation(
    head: Letterhead, to: Recipient, case_id: int, edition: int | str, school: str,
    instrument: Instrument, focus_areas: Sequence[str], due: datetime.date, *, again: bool = False,
) -> Draft:  # fmt: skip
    """Ask a school for its own view, the first time or once more."""
    questions = [question.model_dump(mode="json", exclude={"id"}) for question in instrument.questions]
    context = {"school": school, "title": instrument.title, "questions": questions, "groups": [g.replace("_", " ") for g in instrument.by_group],
               "focus_areas": list(focus_areas), "due": due.isoformat(), "again": again, "census": instrument.kind == "census"}  # fmt: skip
    return _draft("self_evaluation", head, to, case_id, edition, context)


def census_report(
    head: Letterhead, to: Recipient, case_id: int, instrument: str, year: int, school: str, title: str, lines: Sequence[Mapping[str, Any]],
    schools: int, limit: int,
) -> Draft:  # fmt: skip
    """Give a school its report of a census: its own shares beside all schools', and its trend; `limit` is below how many pupils nothing is shown."""
    context = {"school": school, "title": title, "year": f"{year}/{(year + 1) % 100:02d}", "lines": [dict(one) for one in lines],
               "schools": schools, "limit": limit}  # fmt: skip
    return _draft("census_report", head, to, case_id, f"{instrument}-{year}", context)


def category(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, title: str, days: str, why: str, reply_days: int,
    *, set_by: str | None = None, summed: bool = False,
) -> Draft:  # fmt: skip
    """Tell a school its category of support, why, and within how many school days it may reply.

    `set_by` is the office of the person who set it against the diagnosis, `why` then that person's reason; `summed` says that `why` has a score.
    """
    context = {"school": school, "title": title, "days": days, "why": why, "reply_days": reply_days, "set_by": set_by, "summed": summed}
    return _draft("category", head, to, case_id, edition, context)


def category_moderated(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, outcome: str, title: str, days: str, why: str, *, replied: bool
) -> Draft:
    """Tell a school that its category was looked at again, after its reply or without one."""
    context = {"school": school, "outcome": outcome, "title": title, "days": days, "why": why, "replied": replied}
    return _draft("category_moderated", head, to, case_id, edition, context)


def support_offer(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, supporter: str, why: str, due: datetime.date) -> Draft:
    """Offer a supporter to a school."""
    context = {"school": school, "supporter": supporter, "why": why, "due": due.isoformat()}
    return _draft("support_offer", head, to, case_id, edition, context)


def support_taken_back(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, supporter: str) -> Draft:
    """Tell a school that the support it was offered does not stand any more, since its group fell apart, and that another is sought."""
    return _draft("support_taken_back", head, to, case_id, edition, {"school": school, "supporter": supporter})


def dates(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, supporter: str,
    visits: Sequence[Mapping[str, str]], due: datetime.date,
) -> Draft:  # fmt: skip
    """Offer visit dates to a school."""
    context = {"school": school, "supporter": supporter, "visits": [dict(v) for v in visits], "due": due.isoformat()}
    return _draft("dates", head, to, case_id, edition, context)


def meetings(
    head: Letterhead, to: Recipient, case_id: int, edition: int | str, school: str, title: str, places: Sequence[Mapping[str, Any]],
    levels: Sequence[str] = (), entries: Sequence[Entry] = (),
) -> Draft:  # fmt: skip
    """Tell a school when and where it meets with others: where it has a place, where it may book one, and which of its leaders it is for."""
    context = {
        "school": school, "title": title, "expected": [dict(one) for one in places if not one["book"]],
        "open": [dict(one) for one in places if one["book"]], "levels": [level.replace("_", " ") for level in levels],
    }  # fmt: skip
    return _draft("meetings", head, to, case_id, edition, context, entries)


def meeting_changed(
    head: Letterhead, to: Recipient, case_id: int, meeting_id: int, sequence: int, school: str, purpose: str,
    was: datetime.date, day: datetime.date, part: str, where: str, why: str, entries: Sequence[Entry] = (),
) -> Draft:  # fmt: skip
    """Tell a school that a meeting has another day or place."""
    context = {"school": school, "purpose": purpose, "was": was.isoformat(), "day": day.isoformat(), "part": part, "where": where, "why": why}
    return _draft("meeting_changed", head, to, case_id, f"meeting-{meeting_id}-{sequence}", context, entries)


def meeting_cancelled(
    head: Letterhead, to: Recipient, case_id: int, meeting_id: int, school: str, purpose: str, was: datetime.date, why: str,
    entries: Sequence[Entry] = (),
) -> Draft:  # fmt: skip
    """Tell a school that a meeting will not take place."""
    context = {"school": school, "purpose": purpose, "was": was.isoformat(), "why": why}
    return _draft("meeting_cancelled", head, to, case_id, f"meeting-{meeting_id}", context, entries)


def meeting_held(
    head: Letterhead, to: Recipient, case_id: int, meeting_id: int, school: str, purpose: str, held_on: datetime.date,
    speaker: str | None, resources: Sequence[str], noted: Mapping[str, object] | None, *, came: bool,
) -> Draft:  # fmt: skip
    """Share with a school what a meeting leaves: who spoke, the resources and, where there is one, the note."""
    context = {"school": school, "purpose": purpose, "held_on": held_on.isoformat(), "speaker": speaker, "resources": list(resources),
               "note": dict(noted) if noted else None, "came": came}  # fmt: skip
    return _draft("meeting_held", head, to, case_id, f"meeting-{meeting_id}", context)


def dates_confirmed(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, supporter: str, visits: Sequence[Mapping[str, str]],
    entries: Sequence[Entry] = (), asks: Sequence[str] = (),
) -> Draft:  # fmt: skip
    """Confirm agreed visit dates, with what the school is asked before each visit."""
    context = {"school": school, "supporter": supporter, "visits": [dict(v) for v in visits], "asks": list(asks)}
    return _draft("dates_confirmed", head, to, case_id, edition, context, entries)


def visit_moved(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, sequence: int, school: str,
    purpose: str, was: tuple[datetime.date, str], now: tuple[datetime.date, str], why: str, entries: Sequence[Entry] = (), *,
    chosen: bool = False,
) -> Draft:  # fmt: skip
    """Tell a school that a visit has a new date, which may be the one that it chose; `was` and `now` are a day with its part in words."""
    (before, before_part), (day, part) = was, now
    context = {"school": school, "purpose": purpose, "was": before.isoformat(), "was_part": before_part, "day": day.isoformat(), "part": part,
               "why": why, "chosen": chosen}  # fmt: skip
    return _draft("visit_moved", head, to, case_id, f"visit-{visit_id}-{sequence}", context, entries)


def visit_joined(
    head: Letterhead, to: Recipient, case_id: int, edition: str, school: str, purpose: str, day: datetime.date, part: str, names: tuple[str, str],
    entry: Entry,
) -> Draft:  # fmt: skip
    """Tell a school that two come to an agreed visit, where one was to come; `names` are theirs, who joins last."""
    context = {"school": school, "purpose": purpose, "day": day.isoformat(), "part": part, "first": names[0], "second": names[1]}
    return _draft("visit_joined", head, to, case_id, edition, context, [entry])


def visit_undated(
    head: Letterhead,
    to: Recipient,
    case_id: int,
    edition: str,
    school: str,
    purpose: str,
    was: datetime.date,
    why: str,
    entries: Sequence[Entry] = (),
) -> Draft:
    """Tell a school that a visit cannot be on its day, and that there is no other yet."""
    context = {"school": school, "purpose": purpose, "was": was.isoformat(), "why": why}
    return _draft("visit_undated", head, to, case_id, f"visit-{edition}", context, entries)


def date_choice(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, sequence: int, school: str, purpose: str, was: datetime.date, supporter: str,
    days: Sequence[Mapping[str, str]], due: datetime.date,
) -> Draft:  # fmt: skip
    """Let a school choose the new date of a visit."""
    context = {"school": school, "purpose": purpose, "was": was.isoformat(), "supporter": supporter, "days": [dict(one) for one in days],
               "due": due.isoformat()}  # fmt: skip
    return _draft("date_choice", head, to, case_id, f"visit-{visit_id}-{sequence}", context)


def visit_missed(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, sequence: int, school: str, purpose: str, day: datetime.date, supporter: str,
    why: str, time: Mapping[str, str],
) -> Draft:  # fmt: skip
    """Tell a school that its supporter came and found nobody to meet, and why as was said; `time` is what that takes, what is left and needed."""
    context = {"school": school, "purpose": purpose, "day": day.isoformat(), "supporter": supporter, "why": why, "time": dict(time)}
    return _draft("visit_missed", head, to, case_id, f"visit-{visit_id}-{sequence}", context)


def visit_cancelled(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, sequence: int, school: str, purpose: str, was: datetime.date, why: str,
    entries: Sequence[Entry] = (), *, charged: bool = False,
) -> Draft:  # fmt: skip
    """Tell a school that a visit will not take place, and whether its time is charged since that came late."""
    context = {"school": school, "purpose": purpose, "was": was.isoformat(), "why": why, "charged": charged}
    return _draft("visit_cancelled", head, to, case_id, f"visit-{visit_id}-{sequence}", context, entries)


def dates_off(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, entries: Sequence[Entry], why: str) -> Draft:
    """Tell a school that dates which were agreed do not stand any more."""
    return _draft("dates_off", head, to, case_id, edition, {"school": school, "lines": lines(entries), "why": why}, entries)


def visit_soon(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, sequence: int, school: str, supporter: str, purpose: str,
    day: datetime.date, part: str, asks: Sequence[str] = (),
) -> Draft:  # fmt: skip
    """Remind a school of a visit that is near, and of what it is still asked before it."""
    context = {"school": school, "supporter": supporter, "purpose": purpose, "day": day.isoformat(), "part": part, "asks": list(asks)}
    return _draft("visit_soon", head, to, case_id, f"visit-{visit_id}-{sequence}", context)


def meeting_soon(
    head: Letterhead, to: Recipient, case_id: int, meeting_id: int, sequence: int, school: str, purpose: str,
    day: datetime.date, part: str, where: str,
) -> Draft:  # fmt: skip
    """Remind a school of a meeting that is near."""
    context = {"school": school, "purpose": purpose, "day": day.isoformat(), "part": part, "where": where}
    return _draft("meeting_soon", head, to, case_id, f"meeting-{meeting_id}-{sequence}", context)


def note_for_reply(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, edition: int, school: str, held_on: datetime.date,
    note: Mapping[str, Any], due: datetime.date, why: str | None = None,
) -> Draft:  # fmt: skip
    """Send a note of visit for the school to mark accurate or not; `why` says what a further version of it is for."""
    context = {"school": school, "held_on": held_on.isoformat(), "note": dict(note), "due": due.isoformat(), "why": why}
    return _draft("note_for_reply", head, to, case_id, f"visit-{visit_id}-{edition}", context)


def note_published(
    head: Letterhead, to: Recipient, reader: str, case_id: int, visit_id: int, edition: int, school: str, purpose: str, held_on: datetime.date,
    note: Mapping[str, Any], statement: tuple[str, int] | None, *, corrected: bool,
) -> Draft:  # fmt: skip
    """Give a published note of visit to one of those who are to read it, with what the school says beside it (and of which version), if it does."""
    says, of_edition = statement or (None, edition)
    context = {
        "school": school, "purpose": purpose, "held_on": held_on.isoformat(), "note": dict(note), "statement": says, "corrected": corrected,
        "statement_of": None if of_edition == edition else of_edition, "to_school": reader in ("headteacher", "chair"),
    }  # fmt: skip
    return _draft("note_published", head, to, case_id, f"visit-{visit_id}-{edition}/{reader}", context)


def plan_for_agreement(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, objectives: Sequence[str], due: datetime.date
) -> Draft:
    """Send a plan to the school to agree."""
    context = {"school": school, "objectives": list(objectives), "due": due.isoformat()}
    return _draft("plan_for_agreement", head, to, case_id, edition, context)


def plan_agreed(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, objectives: Sequence[str], first_review: datetime.date
) -> Draft:
    """Confirm that the plan is agreed."""
    context = {"school": school, "objectives": list(objectives), "first_review": first_review.isoformat()}
    return _draft("plan_agreed", head, to, case_id, edition, context)


def evaluation(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, figures: Sequence[str], judgement: str) -> Draft:
    """Share the evaluation with the school."""
    return _draft("evaluation", head, to, case_id, edition, {"school": school, "figures": list(figures), "judgement": judgement})


def standing(kind: str, head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, why: str, entries: Sequence[Entry] = ()) -> Draft:
    """Tell a school that its case was paused, resumed, withdrawn, or moved to its successor (`kind` names which)."""
    return _draft(kind, head, to, case_id, edition, {"school": school, "why": why}, entries)


def reminder(
    head: Letterhead, to: Recipient, case_id: int, edition: int | str, step: str, school: str, what: str, due: datetime.date, overdue: bool
) -> Draft:
    """Remind of something that is due, or was."""
    context = {"school": school, "what": what, "due": due.isoformat(), "overdue": overdue}
    return _draft("reminder", head, to, case_id, f"{edition}/{step}", context)
