"""What a case file says of its diagnoses: what was proposed, what people decided on it, what schools replied, and the findings that stand."""

from collections.abc import Iterator
from typing import Any

from reports.words import day, who_decided
from stages.diagnose.overrides import Now
from stages.journey import MOVES
from stages.reminders.lines import stop

Values = dict[str, Any]


def _newest(value: Values) -> Values | None:
    """Return the newest diagnosis that the engine worked out; one that a person made has no findings."""
    return next((row for row in reversed(value["diagnoses"]) if not row["decided_by"]), None)


def diagnosed_on(value: Values) -> str:
    """Return the day of the newest diagnosis that was worked out, as people write it."""
    newest = _newest(value)
    return day(newest["at"]) if newest else "-"


def findings(value: Values) -> Iterator[str]:
    """Yield the findings of the newest diagnosis, one for each part of its sum; those of earlier ones are in the JSON."""
    newest = _newest(value)
    count = len(newest["sum"]) if newest else 0
    yield from (row["says"] for row in value["findings"][len(value["findings"]) - count :])


def diagnoses(value: Values) -> Iterator[str]:
    """Yield the diagnoses and what people decided on them, in the order in which it happened."""
    titles = value["category_titles"]
    # A diagnosis that a person made by hand stands among the decisions, with who made it.
    said = [(row["at"], f"{day(row['at'])}: {stop(row['reason'])}") for row in value["diagnoses"] if not row["decided_by"]]
    for one in value["decisions"]:
        name = one["detail"].get("category")
        if one["kind"] == "override":
            words = f"Set by hand to {titles.get(name, name)} {who_decided(one)}, against the diagnosis. Why: {stop(one['reason'] or 'not said')}"
            said.append((one["at"], f"{words}{_run_out(value, one)}"))
        elif one["kind"] == "moderate":
            how = "changed by hand to" if one["detail"].get("outcome") == "changed" else "it stays"
            said.append((one["at"], f"Looked at again {who_decided(one)}: {how} {titles.get(name, name)}. Why: {stop(one['reason'] or 'not said')}"))
        elif one["kind"] == "confirm":
            said.append((one["at"], f"Confirmed {who_decided(one)}: {titles.get(name, name)}."))
        elif one["kind"] == "unable-to-assess":
            said.append((one["at"], f"Could not be assessed yet, {who_decided(one)}. Why: {stop(one['reason'] or 'not said')}"))
    yield from (words for _, words in sorted(said, key=lambda one: one[0]))


def _run_out(value: Values, decision: Values) -> str:
    """Return when an override is looked at again, or that it has run out; nothing of one that gave way before, or ended with its case."""
    mine = next((one for one in value["overrides"] if one["decision"] == decision["id"]), None)
    if mine is None or mine["now"] == Now.REPLACED:
        return ""
    # A case that is taken up again has its need worked out anew first.
    until, is_open = day(mine["until"]), value["case"]["status"] in MOVES["moderate"].starts
    if mine["now"] == Now.LASTS:
        return f" To be looked at again after {until}." if is_open else ""
    waits = is_open and mine["now"] == Now.WAITS
    return f" It ran out on {until}" + (f" and waits to be looked at again (`lodestar decide moderate {value['case']['id']}`)." if waits else ".")


def reply(row: Values) -> str:
    """Return a school's reply to its category, and what came of it."""
    says = f"{day(row['at'])}: {stop(row['says'])}"
    if not row["moderated_at"]:
        return f"{says} Not looked at again yet."
    outcome = "the category was changed" if row["outcome"] == "changed" else "the category stands"
    return f"{says} Outcome on {day(row['moderated_at'])}: {outcome}, by {row['moderated_by']}. Why: {stop(row['reason'])}"
