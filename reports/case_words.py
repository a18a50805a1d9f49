"""A case file as a person reads it: short paragraphs, with who decided what and why beside each part."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from models.money import pounds
from models.note import EVIDENCE_IN_WORDS
from reports.case_answers import answered_in_words, asked_in_words
from reports.case_diagnosis import diagnosed_on, diagnoses, findings, reply
from reports.words import day, plainly, who_decided
from stages.brief import days_in_words
from stages.evaluate.figures import figures_in_words
from stages.reminders.lines import counted, stop
from stages.schedule.note_rules import beside

Values = dict[str, Any]
_OFFERED = {"awaiting_approval", "awaiting_supporter", "awaiting_consent"}
_TURNED_DOWN = {
    "refuse": "not approved by the commissioner",
    "decline-case": "declined by the supporter",
    "decline-support": "declined by the school",
}


def _about(value: Values) -> Iterator[str]:
    case = value["case"]
    yield f"Case {case['id']}: {case['school']} (URN {case['urn']})"
    paused = f" Paused since {day(case['paused_since'])}: {stop(case['pause_reason'])}" if case["paused_since"] else ""
    due = f", due {day(case['due'])}" if case["due"] else ""
    stands = f"{case['means'].capitalize()} ({case['stage']}, {plainly(case['status'])}) since {day(case['since'])}"
    yield f"{stands}; next: {case['next_in_words']}{due}.{paused}"
    if case["why"]:
        yield f"Why: {stop(case['why'])}"
    if case["category"]:
        title = case["category_title"] or case["category"]
        yield f"Category: {title}, {days_in_words(case['entitlement'] / 2)} of support. Focus: {case['focus_area'] or 'none chosen'}."
    if case["supporter"]:
        yield f"{'Proposed supporter' if case['status'] in _OFFERED else 'Supporter'}: {case['supporter']}."
    overdue = sum(action["overdue"] for action in value["actions"])
    if overdue:
        yield f"Overdue: {counted(overdue, 'action')} of the plan."


def _matches(value: Values) -> Iterator[str]:
    for match in value["matches"]:
        ended = f" Ended: {stop(match['ended_reason'])}" if match["ended_reason"] else ""
        next_one = f" Runner-up: {stop(match['runner_up_reason'] or match['runner_up'])}" if match["runner_up"] else ""
        if match["runner_up_reason"] and not match["runner_up"]:
            next_one = f" {stop(match['runner_up_reason'][0].upper() + match['runner_up_reason'][1:])}"
        what = f"{match['for']}: " if match["for"] else ""
        yield (
            f"{what}{match['supporter']} ({_standing_of(match, value['decisions'])}): "
            f"{days_in_words(match['half_days'] / 2)}, {pounds(match['cost'])}. "
            f"{stop(match['reason'])}{next_one}{ended}"
        )


def _standing_of(match: Values, decisions: list[Values]) -> str:
    """Return how a match stands, with who turned it down."""
    for one in decisions:
        if match["status"] == "refused" and one["kind"] in _TURNED_DOWN and one["detail"].get("supporter_id") == match["supporter_id"]:
            return f"{_TURNED_DOWN[one['kind']]} on {day(one['at'])}"
    return plainly(match["status"])


def _visits(value: Values) -> Iterator[str]:
    for visit in value["visits"]:
        held = f" on {day(visit['held_on'])}" if visit["held_on"] else ""
        held += f", {visit['attended']} of {visit['expected']} came" if visit["attended"] is not None else ""
        why = f". {stop(visit['why'])}" if visit["why"] else ""
        yield f"{day(visit['day'])}, {plainly(visit['part'])}: {visit['purpose']}{_with(visit)} ({visit['means']}{held}){why}{_days_to_choose(visit)}"


def _with(visit: Values) -> str:
    """Return who comes to a joint visit; to another the supporter of the case does."""
    return f" with {visit['with']}" if visit["with"] else ""


def _days_to_choose(visit: Values) -> str:
    """Return the days that a school may choose from, or why there are none."""
    if visit["no_day"]:
        return f" {stop(visit['no_day']['why'])} It is tried again at every turn."
    days = "; ".join(f"{day(one['day'])} ({plainly(one['part'])})" for one in visit["offers"])
    return f" On offer: {days}." if days else ""


def _meetings(value: Values) -> Iterator[str]:
    for one in value["meetings"]:
        people = f", {one['people']} people" if one["people"] else ""
        shared = f". Shared: {stop('; '.join(one['resources']))}" if one["resources"] and one["place"] == "came" else ""
        how = plainly(one["place"]) if one["status"] in {"confirmed", "held"} else plainly(one["status"])
        put_right = "".join(f". Recorded as {row['was']} until {row['by']} put it right on {day(row['at'])}: {stop(row['why'])}"
                            for row in one["corrections"])  # fmt: skip
        note = "".join(f". {part['title']}: {stop(part['text'])}" for part in one["noted"].get("sections", ()))
        yield f"{day(one['day'])}: {one['purpose']}, {one['where']} ({how}{people}){shared}{note}{put_right}"


def _before(value: Values) -> Iterator[str]:
    """Yield what the school told before its visits."""
    visits = {visit["id"]: visit["purpose"] for visit in value["visits"]}
    for row in value["school_parts"]:
        told = "; ".join(f"{name.replace('_', ' ')}: {answer}" for name, answer in row["answers"].items())
        yield f"{day(row['at'])}, before {visits[row['visit_id']]}: {stop(told)}"


def _notes(value: Values) -> Iterator[str]:
    for note in value["notes"]:
        content = note["content"]
        sections = " ".join(f"{one['title'].capitalize() if number else one['title'].lower()}: {stop(one['text'])}"
                            for number, one in enumerate(content["sections"]))  # fmt: skip
        reply = f" The school says: {stop(note['reply'])}" if note["reply"] else _said_earlier(value, note)
        back = f" Given back by the lead: {stop(note['returned'])}" if note["returned"] else ""
        when = day(note["written_at"]) if note["written_at"] else "not sent yet"
        edition = f", version {note['edition']}" if note["edition"] > 1 else ""
        words = f"{when} ({plainly(note['status'])}{edition}): {sections}{_looked_at(content)}{_agreed(content)}{_suggested(content)}"
        yield f"{words}{reply}{back}" + "".join(_settled(one, note) for one in value["decisions"] if _is_settling(one, note))


def _said_earlier(value: Values, note: Values) -> str:
    """Return what the school said beside an earlier version of a note that was left as it is."""
    found = beside([(one["edition"], one["statement"]) for one in value["note_versions"] if one["note_id"] == note["id"]], note["edition"])
    return f" The school said of version {found[1]}: {stop(found[0])}" if found else ""


def _looked_at(content: Values) -> str:
    seen = [EVIDENCE_IN_WORDS[one["kind"]].lower() + (f" ({one['what']})" if one["what"] else "") for one in content["evidence"]]
    return f" Seen: {stop('; '.join(seen))}" if seen else ""


def _agreed(content: Values) -> str:
    lines = [f"{one['action'].rstrip('. ')} ({one['owner']}" + (f", by {day(one['due'])})" if one["due"] else ")") for one in content["actions"]]
    return f" Agreed: {stop('; '.join(lines))}" if lines else ""


def _suggested(content: Values) -> str:
    found = content["suggestion"]
    return f" Suggests the category {found['title']}: {stop(found['why'])}" if found else ""


def _is_settling(decision: Values, note: Values) -> bool:
    return bool(decision["kind"] == "note.settled" and decision["detail"].get("visit_id") == note["visit_id"])


def _settled(decision: Values, note: Values) -> str:
    """Return how a disputed note was settled: what was changed, by whom and why."""
    was: Mapping[str, str] = decision["detail"].get("was", {})
    now = {one["id"]: one["text"] for one in note["content"]["sections"]}
    changed = [f'{name} were "{text}"' for name, text in was.items() if now.get(name) != text]
    left = decision["detail"].get("left_as_it_is", not changed)
    how = "left as it was" if left else f"corrected ({'; '.join(changed)})" if changed else "corrected"
    return f" Settled {who_decided(decision)}: {how}." + (f" Why: {stop(decision['reason'])}" if decision["reason"] else "")


def _plan(plan: Values) -> str:
    changes = f" Changes asked: {stop(plan['asked_changes'])}" if plan["asked_changes"] else ""
    agreed = f"agreed {day(plan['agreed_at'])}" if plan["agreed_at"] else "not agreed yet" if plan["status"] == "draft" else "not agreed"
    return f"Edition {plan['edition']} ({plainly(plan['status'])}), drafted {day(plan['drafted_at'])}, {agreed}.{changes}"


def _action(action: Values) -> str:
    done = f"done on {day(action['done_on'])}" if action["done_on"] else "overdue" if action["overdue"] else "not done yet"
    serves = action["objective"].rstrip(". ")
    return f"Action {action['number']}: {action['action'].rstrip('. ')} ({action['owner']}), due {day(action['due'])}: {done}. Serves: {serves}."


def _review(review: Values) -> str:
    if review["held_on"]:
        return f"Held {day(review['held_on'])}: {review['rag'] or 'not rated'}. {stop(review['summary'] or 'No summary')}"
    return f"Not needed: {stop(review['not_needed'])}" if review["not_needed"] else f"Due {day(review['due'])}."


def _evaluation(row: Values) -> str:
    figures = "; ".join(figures_in_words(row["figures"]))
    judged = f" Judged {day(row['judged_at'])}: {stop(row['judgement'])}" if row["judgement"] else " Not judged yet."
    return f"Figures of {day(row['computed_at'])}: {figures}.{judged}"


def _each(name: str, says: Callable[[Values], str]) -> Callable[[Values], Iterator[str]]:
    return lambda value: (says(row) for row in value[name])


_PARTS: tuple[tuple[str, Callable[[Values], Iterator[str]]], ...] = (
    ("Asked", _each("asked", asked_in_words)),
    ("Answers", _each("answered", answered_in_words)),
    ("Diagnosis", diagnoses),
    ("Replies to the category", _each("replies", reply)),
    ("Findings of the diagnosis of {diagnosed_on}", findings),
    ("Needs", _each("needs", lambda row: f"{stop(row['says'])} Severity {row['severity']} of 100; skill: {row['skill']}.")),
    ("Matches", _matches),
    ("Visits", _visits),
    ("Meetings", _meetings),
    ("What the school told before visits", _before),
    ("Notes of visit", _notes),
    ("Action plan", _each("plans", _plan)),
    ("Objectives", _each("objectives", lambda row: f"{stop(row['objective'])} One will know by: {stop(row['success_criterion'])}")),
    ("Actions", _each("actions", _action)),
    ("Reviews", _each("reviews", _review)),
    ("Evaluation", _each("evaluations", _evaluation)),
)


def in_words(value: Values) -> str:
    """Return a case file as a person reads it."""
    lines = list(_about(value))
    for title, says in _PARTS:
        found = list(says(value))
        if found:
            lines += ["", title.format(diagnosed_on=diagnosed_on(value)), *(f"  - {words.strip()}" for words in found)]
    return "\n".join(lines)
