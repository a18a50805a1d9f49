"""Messages to supporters, advisers and commissioners, one function each."""

import datetime
from collections.abc import Mapping, Sequence

from calendars.invitations import Entry
from notifications.draft import Draft, Letterhead, Recipient
from notifications.invitations import in_context, lines


def match_offer(
    head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, need: str, days: str, why: str, due: datetime.date
) -> Draft:
    """Offer a case to a supporter."""
    context = {"school": school, "need": need, "days": days, "why": why, "due": due.isoformat()}
    return Draft("match_offer", f"case-{case_id}/match_offer/{edition}", to,
                 {**head.context(to), **context}, head.commission_id, case_id, head.adviser_email)  # fmt: skip


def match_taken_back(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str) -> Draft:
    """Tell a supporter that the offer of a case does not stand any more, since its group fell apart."""
    return Draft("match_taken_back", f"case-{case_id}/match_taken_back/{edition}", to,
                 {**head.context(to), "school": school}, head.commission_id, case_id, head.adviser_email)  # fmt: skip


def overdue(head: Letterhead, to: Recipient, case_id: int, edition: int | str, school: str, what: str, whose: str, due: datetime.date) -> Draft:
    """Tell the adviser or the commissioner that something has not come, after the reminders."""
    context = {"school": school, "what": what, "whose": whose, "due": due.isoformat()}
    return Draft("overdue", f"case-{case_id}/overdue/{edition}/{to.role}", to,
                 {**head.context(to), **context}, head.commission_id, case_id, head.adviser_email)  # fmt: skip


def worklist(head: Letterhead, to: Recipient, day: datetime.date, lines: Sequence[Mapping[str, object]]) -> Draft:
    """Tell somebody, in one message a day, everything that waits for them; each line has what it `says`, its `schools` and how many `more`."""
    return Draft("worklist", f"commission-{head.commission_id}/worklist/{to.role}/{to.address}/{day.isoformat()}", to,
                 {**head.context(to), "lines": [dict(line) for line in lines]},
                 head.commission_id, None, head.adviser_email)  # fmt: skip


def newsletter(head: Letterhead, to: Recipient, urn: int, edition: str, figures: Mapping[str, str]) -> Draft:
    """The regular letter to every school, taking part or not."""
    return Draft("newsletter", f"commission-{head.commission_id}/newsletter/{edition}/{urn}", to,
                 {**head.context(to), "edition": edition, "figures": dict(figures)},
                 head.commission_id, None, head.adviser_email)  # fmt: skip


def guide(head: Letterhead, to: Recipient, case_id: int, guide_title: str, read_by: str) -> Draft:
    """Send a guide of the strategic group to a school that takes part."""
    return Draft("guide", f"case-{case_id}/guide/{guide_title}", to,
                 {**head.context(to), "guide_title": guide_title, "read_by": read_by},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def themes_report(
    head: Letterhead, to: Recipient, case_id: int, report_title: str, read_by: str, read: int, themes: Sequence[tuple[str, int]]
) -> Draft:
    """Send a school that takes part a report on the themes, each with the number of schools it was seen in, of so many `read`."""
    lines = [{"theme": theme, "schools": schools} for theme, schools in themes]
    return Draft("themes_report", f"case-{case_id}/themes_report/{report_title}", to,
                 {**head.context(to), "report_title": report_title, "read_by": read_by, "read": read, "themes": lines},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def meeting_stuck(
    head: Letterhead, to: Recipient, case_id: int, number: int, edition: str, whose: str, purpose: str, was: datetime.date, why: str
) -> Draft:
    """Tell the adviser of a meeting that must move and finds no new day."""
    about = {"number": number, "whose": whose, "purpose": purpose, "was": was.isoformat(), "why": why.removesuffix(".")}
    return Draft("meeting_stuck", f"case-{case_id}/meeting_stuck/{edition}", to, {**head.context(to), **about},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def visit_stuck(head: Letterhead, to: Recipient, case_id: int, edition: str, school: str, purpose: str, day: datetime.date, why: str) -> Draft:
    """Tell the adviser that a visit which cannot keep its date finds no other."""
    return Draft("visit_stuck", f"case-{case_id}/visit_stuck/{edition}", to,
                 {**head.context(to), "case": case_id, "school": school, "purpose": purpose, "day": day.isoformat(), "why": why},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def category_reply(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, says: str) -> Draft:
    """Tell the adviser that a school replies to its category."""
    return Draft("category_reply", f"case-{case_id}/category_reply/{edition}", to,
                 {**head.context(to), "case": case_id, "school": school, "says": says},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def new_evidence(head: Letterhead, to: Recipient, number: int, case_id: int | None, school: str, says: str, follows: str) -> Draft:
    """Tell the adviser what newly loaded evidence says of a school, and what follows; `number` is the trigger's."""
    return Draft("new_evidence", f"commission-{head.commission_id}/new_evidence/{number}", to,
                 {**head.context(to), "school": school, "says": says, "follows": follows},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def override_lapsed(head: Letterhead, to: Recipient, case_id: int, school: str, category: str, until: datetime.date) -> Draft:
    """Tell the adviser that a category set by hand has to be looked at again."""
    return Draft("override_lapsed", f"case-{case_id}/override_lapsed/{until.isoformat()}", to,
                 {**head.context(to), "case": case_id, "school": school, "category": category, "until": until.isoformat()},
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def declaration(head: Letterhead, to: Recipient, number: int, due: datetime.date) -> Draft:
    """Ask a supporter to declare links with schools."""
    return Draft("declaration", f"declaration-{number}", to, {**head.context(to), "due": due.isoformat()}, head.commission_id,
                 reply_to=head.adviser_email)  # fmt: skip


def declaration_reminder(head: Letterhead, to: Recipient, number: int, step: str, due: datetime.date, overdue: bool) -> Draft:
    """Remind a supporter of a declaration that is due, or was."""
    context = {**head.context(to), "due": due.isoformat(), "overdue": overdue}
    return Draft("declaration_reminder", f"declaration-{number}/{step}", to, context, head.commission_id, reply_to=head.adviser_email)


def declaration_missing(head: Letterhead, to: Recipient, number: int, supporter: str, due: datetime.date) -> Draft:
    """Tell the adviser that a supporter's declaration has not come, after the reminders."""
    context = {**head.context(to), "supporter": supporter, "due": due.isoformat()}
    return Draft("declaration_missing", f"declaration-{number}/missing/{to.role}", to, context, head.commission_id, reply_to=head.adviser_email)


def link_to_decide(
    head: Letterhead, to: Recipient, case_id: int, edition: str, supporter: str, urn: int, school: str, link: str, source: str
) -> Draft:
    """Tell the adviser of a link between a school and the supporter who is at work there, which is to be decided on."""
    context = {**head.context(to), "case": case_id, "supporter": supporter, "urn": urn, "school": school, "link": link,
               "source": source}  # fmt: skip
    return Draft("link_to_decide", f"case-{case_id}/link_to_decide/{edition}", to, context,
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def link_said_over(
    head: Letterhead, to: Recipient, case_id: int, edition: str, supporter: str, urn: int, school: str, link: str, outcome: str, until: datetime.date
) -> Draft:
    """Tell the adviser that a supporter says a link with a school is over, which nobody who may decide on it has said."""
    context = {**head.context(to), "case": case_id, "supporter": supporter, "urn": urn, "school": school, "link": link,
               "outcome": outcome, "until": until.isoformat()}  # fmt: skip
    return Draft("link_said_over", f"case-{case_id}/link_said_over/{edition}", to, context, head.commission_id, case_id, head.adviser_email)


def case_opened(head: Letterhead, to: Recipient, case_id: int, school: str, says: str | None) -> Draft:
    """Tell the adviser that newly loaded evidence opened a case."""
    context = {**head.context(to), "case": case_id, "school": school, "says": says}
    return Draft("case_opened", f"case-{case_id}/case_opened", to, context,
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def handover(head: Letterhead, to: Recipient, case_id: int, edition: int, school: str, parts: Sequence[Mapping[str, object]]) -> Draft:
    """Give whoever takes a case over what there is to know of it, in parts with a title and lines."""
    context = {**head.context(to), "case": case_id, "school": school, "parts": [dict(part) for part in parts]}
    return Draft("handover", f"case-{case_id}/handover/{edition}", to, context, head.commission_id, case_id, head.adviser_email)


def _diary(
    kind: str, head: Letterhead, to: Recipient, case_id: int | None, edition: str, context: Mapping[str, object], entries: Sequence[Entry]
) -> Draft:
    """Return a draft on what is in a supporter's diary; a meeting is of no one case."""
    of = f"case-{case_id}" if case_id is not None else f"commission-{head.commission_id}"
    whole = {**head.context(to), "lines": lines(entries), **context}
    return Draft(kind, f"{of}/{kind}/{edition}", to, whole, head.commission_id, case_id, head.adviser_email)


def visits_booked(head: Letterhead, to: Recipient, case_id: int | None, edition: str, entries: Sequence[Entry]) -> Draft:
    """Tell a supporter which visits or meetings are agreed."""
    return _diary("visits_booked", head, to, case_id, edition, in_context(entries), entries)


def visit_changed(head: Letterhead, to: Recipient, case_id: int | None, edition: str, was: datetime.date, entry: Entry, why: str) -> Draft:
    """Tell a supporter that a visit or meeting has another day or place."""
    return _diary("visit_changed", head, to, case_id, edition, {"was": was.isoformat(), "why": why, **in_context([entry])}, [entry])


def visits_off(head: Letterhead, to: Recipient, case_id: int | None, edition: str, entries: Sequence[Entry], why: str) -> Draft:
    """Tell a supporter that visits or meetings will not take place."""
    return _diary("visits_off", head, to, case_id, edition, {"why": why, **in_context(entries)}, entries)


def visit_ahead(head: Letterhead, to: Recipient, case_id: int | None, edition: str, entry: Entry) -> Draft:
    """Remind a supporter of a visit or meeting that is near."""
    return _diary("visit_ahead", head, to, case_id, edition, {}, [entry])


def note_returned(
    head: Letterhead, to: Recipient, case_id: int, visit_id: int, edition: int, school: str, purpose: str, held_on: datetime.date, why: str
) -> Draft:
    """Tell whoever wrote a note of visit that the lead gives it back, and what has to be better."""
    context = {**head.context(to), "school": school, "purpose": purpose, "held_on": held_on.isoformat(), "why": why}
    return Draft("note_returned", f"case-{case_id}/note_returned/visit-{visit_id}-{edition}", to, context,
                 head.commission_id, case_id, head.adviser_email)  # fmt: skip


def note_due(
    head: Letterhead, to: Recipient, case_id: int, edition: str, school: str, purpose: str, day: datetime.date, due: datetime.date, *,
    writes: bool, overdue: bool,
) -> Draft:  # fmt: skip
    """Ask a supporter for the note of a visit that has had its day or, of one that has none, whether it was held."""
    context = {**head.context(to), "school": school, "purpose": purpose, "day": day.isoformat(), "due": due.isoformat(),
               "writes": writes, "overdue": overdue}  # fmt: skip
    return Draft("note_due", f"case-{case_id}/note_due/{edition}", to, context, head.commission_id, case_id, head.adviser_email)
