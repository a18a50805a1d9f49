"""A school's standing with the inspectorate: the newest outcome of the three regimes, in one plain sentence; and when it changed in kind."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

# The words of the inspectorate over the years, and those with which the register names its two categories of concern.
SCALE = {"Outstanding": 1.0, "Good": 2.0, "Requires improvement": 3.0, "Satisfactory": 3.0, "Inadequate": 4.0,
         "Serious Weaknesses": 4.0, "Special Measures": 4.0}  # fmt: skip
WORDS = {1.0: "Outstanding", 2.0: "Good", 3.0: "Requires improvement", 4.0: "Inadequate"}
_CATEGORIES = {"SM": "special measures", "SWK": "serious weaknesses", "RSI": "requires significant improvement", "NTI": "notice to improve"}
_BELOW = ("Urgent improvement", "Needs attention")
_REMAINS = re.compile(r"school remains (outstanding|good)", re.IGNORECASE)
_CONCERNS = re.compile(r"\(concerns\)|some aspects not as strong", re.IGNORECASE)
# Where two outcomes bear one date: an inspection that began as ungraded and became a graded one is kept as the graded one.
# In days: the law has schools inspected about once in four to five years.
_ROUND = 4 * 365
_PRECEDENCE = {"ungraded": 0, "graded": 1, "overall_grade": 2, "report_card": 3}


class Outcome(Protocol):
    """What is needed of an inspection: the columns of `models.evidence.Inspection`."""

    @property
    def inspected(self) -> datetime.date: ...  # noqa: D102
    @property
    def regime(self) -> str: ...  # noqa: D102
    @property
    def grade(self) -> str: ...  # noqa: D102
    @property
    def judgements(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def category_of_concern(self) -> str | None: ...  # noqa: D102
    @property
    def safeguarding_met(self) -> bool | None: ...  # noqa: D102
    @property
    def urn_then(self) -> int | None: ...  # noqa: D102
    @property
    def published(self) -> datetime.date | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Standing:
    """How a school stands: `grade` is 1 (outstanding) to 4 (inadequate), None where no overall grade can be said, as of a report card.

    `ungraded_outcome` are the inspectorate's own words where the newest inspection was an ungraded one; `dated` is false where only the
    edition of a file says when the grade stood (`as_of`), and not when the school was inspected. `newest` is false where such an edition says
    the same grade so much later that another inspection, of which nothing is known here, is likely to have given it again. `stated` is false
    where the grade is not the inspectorate's own word: a school in a category of concern counts as inadequate.
    """

    says: str
    grade: float | None
    in_category: bool
    safeguarding_not_met: bool
    concerns: bool
    as_of: datetime.date
    from_predecessor: bool
    ungraded_outcome: str | None = None
    dated: bool = True
    newest: bool = True
    stated: bool = True

    @property
    def when(self) -> str:
        """Return when the school was inspected, in words, or when its grade was published."""
        if not self.dated:
            return f"published {self.as_of:%B %Y}"
        return _day(self.as_of) if self.newest else f"{_day(self.as_of)}, the newest that is known"


def standing(inspections: Sequence[Outcome]) -> Standing | None:
    """Return the standing that these inspections of one school leave it with; None if there are none."""
    if len(inspections) == 1:
        return _of(inspections)
    dated: list[Outcome] = []
    editions: list[Outcome] = []
    for one in inspections:
        (editions if _only_edition(one) else dated).append(one)
    dated.sort(key=_order)
    known = sorted([*(one for one in editions if not _told_better(one, dated)), *dated], key=_order) if editions else dated
    found = _of(known) if known else None
    if found is not None and found.dated and any((one.inspected - found.as_of).days > _ROUND for one in editions):
        return replace(found, newest=False)
    return found


def changed(before: Standing | None, after: Standing | None) -> str | None:
    """Return a sentence if the standing got worse, or else better, in kind; None if it did not.

    Of a school of which nothing was known before it is news only that it is in a category, unsafe, or raised concerns.
    """
    if after is None:
        return None
    if before is None:
        bad = {"category": after.in_category, "safeguarding": after.safeguarding_not_met, "concerns": after.concerns}
        first = [_WORSE[kind] for kind, holds in bad.items() if holds]
        return f"First known: {', '.join(first)}. {after.says}" if first else None
    worse, better = _worse(before, after), _worse(after, before)
    if not worse and not better:
        return None
    what = [_WORSE[kind] for kind in worse] or [_BETTER[kind] for kind in better]
    return f"{'Worse' if worse else 'Better'}: {', '.join(what)}. {after.says}"


_WORSE = {"category": "now in a category of concern", "safeguarding": "safeguarding is not met", "grade": "a lower grade",
          "concerns": "concerns were raised"}  # fmt: skip
_BETTER = {"category": "no longer in a category of concern", "safeguarding": "safeguarding is no longer found wanting",
           "grade": "a higher grade", "concerns": "no concerns any more"}  # fmt: skip


def _worse(before: Standing, after: Standing) -> list[str]:
    """Return in what kind `after` is worse than `before`; grades count only where both are known."""
    kinds = {
        "category": after.in_category and not before.in_category,
        "safeguarding": after.safeguarding_not_met and not before.safeguarding_not_met,
        "grade": before.grade is not None and after.grade is not None and after.grade > before.grade and before.stated and after.stated,
        "concerns": after.concerns and not before.concerns,
    }
    return [kind for kind, is_worse in kinds.items() if is_worse]


def _order(one: Outcome) -> tuple[datetime.date, bool, int]:
    return one.inspected, not _only_edition(one), _PRECEDENCE.get(one.regime, 0)


def _only_edition(one: Outcome) -> bool:
    """Tell whether only an edition dates this grade: it is kept as published on the day itself, as no true inspection is."""
    return one.regime == "overall_grade" and one.published == one.inspected and not one.judgements


def _told_better(edition: Outcome, dated: Sequence[Outcome]) -> bool:
    """Tell whether dated inspections say the same as an edition's grade, with more detail, or were published after the edition."""
    before = [one for one in dated if one.inspected <= edition.inspected]
    if not before:
        return False
    late = any(one.published is not None and one.published > edition.inspected for one in before)
    return late or _of(before).grade == SCALE.get(edition.grade)


def _of(known: Sequence[Outcome]) -> Standing:
    """Return the standing of the newest of `known`, which are in order."""
    newest = known[-1]
    match newest.regime:
        case "ungraded":
            return _after_ungraded(newest, known[:-1])
        case "report_card":
            return _standing(newest, _card_says(newest), None, concerns=any(grade in _BELOW for grade in newest.judgements.values()))
        case "graded":
            return _standing(newest, f"Graded by area, without an overall grade, on {_day(newest.inspected)}", None)
        case _:
            grade = SCALE.get(newest.grade)
            if _only_edition(newest):
                return replace(_standing(newest, f"Graded {newest.grade} as published in {newest.inspected:%B %Y}", grade), dated=False)
            return _standing(newest, f"Graded {newest.grade} on {_day(newest.inspected)}", grade)


def _after_ungraded(newest: Outcome, earlier: Sequence[Outcome]) -> Standing:
    """Return the standing after an ungraded inspection, which keeps the grade of the full inspection before it and says so."""
    remains = _REMAINS.match(newest.grade)
    named = SCALE[remains.group(1).capitalize()] if remains else None
    full = next((one.inspected for one in reversed(earlier) if one.regime != "ungraded"), None)
    base = _of(earlier) if earlier else None
    if base is not None and named is not None and base.grade != named:
        # The inspection that gave the grade which remains is not known here: what an older one found does not hold any more.
        base = None
    grade = named or (base.grade if base else None)
    says = f'Ungraded inspection on {_day(newest.inspected)}: "{newest.grade}"'
    if grade is not None:
        says += f"; it keeps the grade {WORDS[grade]}" + (f" of {_day(full)}" if base and full else "")
    elif full is not None:
        says += f"; it keeps the outcome of {_day(full)}"
    safe = newest.safeguarding_met if newest.safeguarding_met is not None or base is None else not base.safeguarding_not_met
    own = _standing(newest, says, grade, concerns=_CONCERNS.search(newest.grade) is not None, safeguarding=safe)
    own = replace(own, ungraded_outcome=newest.grade)
    if base is None or not base.in_category or own.in_category:
        return own
    return replace(own, says=f"{own.says[:-1]}, and it stays in a category of concern.", in_category=True)


def _card_says(card: Outcome) -> str:
    """Return what a report card says, worst grades first; it has no overall grade."""
    says = f"Report card of {_day(card.inspected)}"
    below = [f"{', '.join(areas)}: {grade}" for grade in _BELOW if (areas := [a for a, given in sorted(card.judgements.items()) if given == grade])]
    if below:
        return f"{says} ({'; '.join(below)})"
    return says + (" (no area needs attention)" if card.judgements else "")


def _standing(one: Outcome, says: str, grade: float | None, concerns: bool = False, safeguarding: bool | None = None) -> Standing:
    """Return the standing with what any regime can add: a category of concern, safeguarding, and a predecessor."""
    met = one.safeguarding_met if safeguarding is None else safeguarding
    category = one.category_of_concern
    if category is not None:
        says += f", in a category of concern ({_CATEGORIES.get(category, category)})"
    if met is False:
        says += ", safeguarding not met"
    if one.urn_then is not None:
        says += f", given to its predecessor {one.urn_then}"
    # A school in a category is inadequate in law, also where no overall grade is given any more.
    scale = SCALE["Inadequate"] if category is not None and grade is None else grade
    return Standing(f"{says}.", scale, category is not None, met is False, concerns, one.inspected, one.urn_then is not None,
                    stated=grade is not None or category is None)  # fmt: skip


@lru_cache(maxsize=2**14)
def _day(date: datetime.date) -> str:
    return f"{date.day} {date:%B %Y}"
