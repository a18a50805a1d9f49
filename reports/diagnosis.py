"""The diagnoses of a commission side by side: ranked, counted by category, what is known, and how much hangs on the programme's weights."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from evidence.indicators import brought_by, said_of_kindred, short_of
from models.case import Case
from models.evidence import Diagnosis
from models.programme import Category
from models.school import School
from models.words import Missing
from stages.brief import Brief, load_brief
from stages.diagnose.rules import DEMANDED, Part
from stages.diagnose.sensitivity import Shift, sensitivity
from stages.diagnose.work import last_diagnoses
from stages.ranks import Rank, ranks
from stages.reminders.lines import counted

_BAND = 10


def ranked(session: Session, commission_id: int) -> list[dict[str, Any]]:
    """Return the newest diagnosis of each case, highest need first; an unknown score comes last. Equal scores share a rank, in the order of cases."""
    query = select(Case, School.name).join(School, col(School.urn) == Case.urn).where(Case.commission_id == commission_id)
    cases = {case.id: (case, name) for case, name in session.exec(query).all()}
    found = last_diagnoses(session, list(cases))
    order = sorted(found.values(), key=lambda one: (one.score is None, -(one.score or 0), one.case_id))
    return [
        {"rank": rank.number, "shared": rank.shared, "case": one.case_id, "urn": cases[one.case_id][0].urn, "school": cases[one.case_id][1],
         "score": one.score, "lowest": one.lowest, "highest": one.highest, "by_the_rules": one.category, "category": cases[one.case_id][0].category,
         "without": [part["indicator"] for part in one.sum if part["points"] is None]}
        for rank, one in zip(ranks([one.score for one in order]), order, strict=True)
    ]  # fmt: skip


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return ranked rows as people read them: a rank that is shared as 3=, and in words what a score is without, if any is without something."""
    told = ("case", "urn", "school", "score", "lowest", "highest", "by_the_rules", "category")
    some = any(row["without"] for row in rows)
    return [
        {"rank": str(Rank(row["rank"], row["shared"])), **{name: row[name] for name in told},
         **({"without": ", ".join(map(short_of, row["without"])) or None} if some else {})}
        for row in rows
    ]  # fmt: skip


def known_figures(session: Session, commission_id: int) -> list[dict[str, Any]]:
    """Return for each indicator that scores are made of for how many schools it was known at their newest diagnosis, and what file brings it."""
    cases = session.exec(select(Case.id).where(Case.commission_id == commission_id)).all()
    of: dict[str, list[Mapping[str, Any]]] = {}
    for diagnosis in last_diagnoses(session, cases).values():
        for part in diagnosis.sum:
            of.setdefault(part["indicator"], []).append(part)
    return [
        {"indicator": name, "known": sum(part["value"] is not None for part in parts), "schools": len(parts), "brought_by": brought_by(name),
         # Diagnoses of earlier versions do not tell.
         "beside": dict(Counter(part["beside"] for part in parts if part.get("beside")))}
        for name, parts in of.items()
    ]  # fmt: skip


def shown_figures(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what is known as people read it; of what is known for no school, what would bring it."""
    return [
        {"indicator": short_of(row["indicator"]), "known_for": f"{row['known'] or 'none'} of {counted(row['schools'], 'school')}", "note": _note(row)}
        for row in rows
    ]


def _note(row: Mapping[str, Any]) -> str | None:
    """Return what an adviser should know of an indicator."""
    said = [f"for {counted(count, 'school')} {said_of_kindred(row['indicator'], other)}" for other, count in row["beside"].items()]
    if not row["known"]:
        said.insert(0, f'a file of the kind "{row["brought_by"]}" brings it' if row["brought_by"] else "no school has answered")
    return ". ".join(f"{one[0].upper()}{one[1:]}" for one in said) or None


def distribution(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how many schools have a score in each band of ten, and how many are unknown."""
    bands = Counter(None if row["score"] is None else min(int(row["score"] // _BAND) * _BAND, 100 - _BAND) for row in rows)
    known = [{"score": f"{band} to {band + _BAND}", "schools": bands[band]} for band in range(0, 100, _BAND)]
    return known + ([{"score": "not known", "schools": bands[None]}] if bands[None] else [])


def sensitivity_table(session: Session, commission_id: int) -> list[dict[str, Any]]:
    """Return for each weight, a fifth lower and a fifth higher, the schools that would change category by the rules."""
    brief = load_brief(session, commission_id)
    cases = {case.id: case for case in session.exec(select(Case).where(Case.commission_id == commission_id)).all()}
    found = {cases[number].urn: one for number, one in last_diagnoses(session, list(cases)).items()}
    parts = {urn: [_part(one) for one in diagnosis.sum] for urn, diagnosis in found.items()}
    return [_row(brief, shift) for shift in sensitivity(parts, brief.programme.diagnose.categories, _demanded(brief, found))]


def _part(one: Mapping[str, Any]) -> Part:
    return Part(one["indicator"], one["value"], Missing(one["missing"]) if one["missing"] else None, one["points"], one["weight"])


def _demanded(brief: Brief, found: Mapping[int, Diagnosis]) -> dict[int, Category]:
    """Return the categories that a school's standing demanded whatever its score: no weight moves those."""
    by_id = {category.id: category for category in brief.programme.diagnose.categories}
    return {
        urn: by_id[one.category] for urn, one in found.items() if one.category in by_id and by_id[one.category].always_when and DEMANDED in one.reason
    }


def _row(brief: Brief, shift: Shift) -> dict[str, Any]:
    names = {urn: school.name for urn, school in brief.schools.items()}
    moved = [f"{names.get(one.urn, one.urn)} ({one.urn}): {one.before} to {one.after}" for one in shift.moved]
    return {"weight": short_of(shift.indicator), "times": round(shift.factor, 2), "schools_that_change": len(moved), "which": moved}
