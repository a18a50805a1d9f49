"""Measures over all cases: how many were taken twice, the means before and after, and how the others are accounted for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session, select

from models.case import Case
from models.programme import MeasureRule
from models.review import Measure
from stages.brief import Brief
from stages.evaluate.measures import TOO_FEW

_FEW = 5
_TOO_FEW = "too few schools to say"


def measures(session: Session, brief: Brief) -> list[dict[str, Any]]:
    """Return a row a measure: schools with both values, means of baseline and endline over just those, and why others are left out.

    Each school counts the same. Without a comparison a change may be no more than the return to the mean of schools chosen for
    being far from it, and the row says so; with fewer than five schools there is too little to say.
    """
    rows = session.exec(select(Measure).join(Case).where(Case.commission_id == brief.commission_id)).all()
    found = []
    for rule in brief.programme.evaluate.measures:
        mine = [row for row in rows if row.measure == rule.id]
        if rule.kind == "counts":
            found.append(_counted(brief, rule, mine))
            continue
        both = [(row.baseline, row.endline) for row in mine if row.baseline is not None and row.endline is not None]
        before, after = _mean([one for one, _ in both]), _mean([one for _, one in both])
        change = None if before is None or after is None else round(after - before, 2)
        found.append({
            "id": rule.id, "title": rule.title, "unit": rule.unit, "schools": len(both), "baseline": before, "endline": after, "change": change,
            "better": None if not change else (change > 0) == (rule.direction == "up_is_good"),
            "left_out": _left_out(mine),
            "caution": _caution(len(both), rule, compared=brief.programme.evaluate.comparison == "matched_schools"),
        })  # fmt: skip
    return found


def _counted(brief: Brief, rule: MeasureRule, rows: Sequence[Measure]) -> dict[str, Any]:
    """Return the row of a measure that counts: sums over the schools that gave both, instead of means; one that is too small is not shown."""
    asked = [one for one in brief.programme.diagnose.instruments if rule.instrument in (None, one.id)]
    limit = max((one.suppress_below or 0 for one in asked if any(q.id == rule.question for q in one.questions)), default=0)
    both = [(row.baseline, row.endline) for row in rows if row.baseline is not None and row.endline is not None]
    sums = [sum(values) for values in zip(*both, strict=True)]
    first, last = (None if 0 < one < limit else one for one in sums) if sums else (None, None)
    return {
        "id": rule.id, "title": rule.title, "unit": rule.unit, "schools": len(both), "baseline": first, "endline": last, "change": None,
        "better": None, "left_out": _left_out(rows), "caution": TOO_FEW if both and (first is None or last is None) else None,
    }  # fmt: skip


def _left_out(rows: Iterable[Measure]) -> dict[str, int]:
    """Return how many schools lack one end or both, by why."""
    lacking = [row for row in rows if row.baseline is None or row.endline is None]
    return dict(Counter(row.why_missing or ("no baseline" if row.baseline is None else "no endline") for row in lacking))


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def _caution(schools: int, rule: MeasureRule, *, compared: bool) -> str | None:
    """Return what has to be borne in mind with a change; nothing where it is set against similar schools."""
    if schools == 0 or rule.kind not in {"pre_post", "trend", "months_of_progress", "attainment_gap", "rate_against_national"}:
        return None
    if rule.kind == "rate_against_national":
        return f"a difference from the national figure; {_TOO_FEW if schools < _FEW else 'part of its change may be the return to the mean'}"
    if schools < _FEW:
        return _TOO_FEW
    return None if compared and rule.indicator else "no comparison: part of it may be the return to the mean"
