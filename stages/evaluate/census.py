"""What one school is told of a census: its own shares beside the area's and its trend, with nothing of a small group. Pure.

The first question of a census counts who answered; each of the others counts a part of them. A share is shown as a whole per cent, and not at all
where the group is smaller than the instrument's limit or where the rest of the school would be: taken from the whole, that would tell it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.programme import Instrument
from stages.evaluate.measures import TOO_FEW

NOT_ANSWERED, NO_PUPILS, TOO_FEW_SCHOOLS = "not answered", "no pupils", "too few schools to show"
# With fewer, a school could take its own figures off and be left with those of one or two others.
FEWEST_OTHERS = 3
Counts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """A share in whole per cent, or why it is not shown."""

    percent: int | None = None
    why: str | None = None

    @property
    def says(self) -> str:
        """Return the share as people read it."""
        return self.why or "" if self.percent is None else f"{self.percent} %"


def share(counts: Counts, part: str, instrument: Instrument, group: str | None = None) -> Share:
    """Return which share of the pupils who answered, of all or of a group, one question counted."""
    whole_of = instrument.questions[0].id
    everybody, whole, mine = counts.get(whole_of), counts.get(_key(whole_of, group)), counts.get(_key(part, group))
    if whole is None or mine is None:
        return Share(why=NOT_ANSWERED)
    if whole == 0:
        return Share(why=NO_PUPILS)
    rest = everybody - whole if group and everybody is not None else 0
    limit = instrument.suppress_below or 0
    if whole < limit or 0 < rest < limit:
        return Share(why=TOO_FEW)
    return Share(round(100 * mine / whole))


def area_share(others: Sequence[Counts], own: Counts, part: str, instrument: Instrument, group: str | None = None) -> Share:
    """Return the share over all schools that counted it; not shown where fewer than three did beside the school itself."""
    whole_of = instrument.questions[0].id
    counted = [one for one in others if _key(whole_of, group) in one and _key(part, group) in one]
    if len(counted) < FEWEST_OTHERS:
        return Share(why=TOO_FEW_SCHOOLS)
    if _key(whole_of, group) in own and _key(part, group) in own:
        counted.append(own)
    whole = sum(one[_key(whole_of, group)] for one in counted)
    # Who is not in the group is told by the difference from all, as in a single school.
    rest = sum(one[whole_of] for one in counted) - whole if group and all(whole_of in one for one in counted) else 0
    limit = instrument.suppress_below or 0
    if whole < max(1, limit) or 0 < rest < limit:
        return Share(why=TOO_FEW)
    return Share(round(100 * sum(one[_key(part, group)] for one in counted) / whole))


def _key(question: str, group: str | None) -> str:
    return f"{question}:{group}" if group else question


def lines(instrument: Instrument, own: Mapping[int, Counts], others: Sequence[Counts], year: int) -> list[dict[str, Any]]:
    """Return a line a question for all pupils and for each group: this year's share, the area's, and those of earlier years.

    `own` is the school's answers by the year in which the school year begins; `others` are the other schools' answers of this year.
    """
    found = []
    for question in instrument.questions[1:]:
        for group in (None, *instrument.by_group):
            found.append({
                "asks": question.asks, "group": group.replace("_", " ") if group else None,
                "here": share(own[year], question.id, instrument, group).says,
                "area": area_share(others, own[year], question.id, instrument, group).says,
                "before": [[_school_year(one), share(own[one], question.id, instrument, group).says] for one in sorted(own) if one < year],
            })  # fmt: skip
    return found


def _school_year(year: int) -> str:
    return f"{year}/{(year + 1) % 100:02d}"
