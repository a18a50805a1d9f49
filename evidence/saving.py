"""Saving what a file was understood to say, in the caller's transaction; COPY on PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import pendulum
from sqlalchemy import delete, select
from sqlmodel import Session, SQLModel, col

from evidence.another_year import check_year, count_taken_out, take_out, twins
from evidence.figures import Figures
from evidence.inspecting import inspections_to_save
from evidence.kinds.links import unknown_targets
from evidence.kinds.register import NAME as REGISTER
from evidence.replacing import check_newest, check_size, forget_earlier, terms_replaced
from evidence.understood import Understood
from models.bulk import bulk_insert
from models.database import in_order, insert_returning_ids, insert_rows
from models.evidence import AreaEvidence, Evidence, Inspection, Load
from models.school import ENGLAND, GroupMember, School, SchoolGroup, SchoolLink
from models.term import Closure, Term

_FIGURES = ("urn", "value", "cohort")
_AREAS, _OF_AREA = ("area", "sector", "value"), itemgetter(1, 2, 4)
_FIRST = itemgetter(0)
_CHUNK = 5000
TO_UNKNOWN = "to a school that is not in the register, kept"


def save(
    session: Session, found: Understood, file_name: str, digest: str, at: pendulum.DateTime, *, smaller: bool = False, instead: bool = False
) -> int:  # fmt: skip
    """Save one file's contents and return the number of its load.

    An earlier load of the same kind, edition, rank and scope is replaced: a file that was put right takes the place of the other.
    One that is much smaller is refused as cut short, unless `smaller` says that it is meant. One that
    holds what was loaded as another school year is refused too, unless `instead` says that the earlier load was wrong, which is then taken out.
    """
    check_newest(session, found, file_name)
    wrong = twins(session, found, digest) if instead else []
    if not instead:
        check_year(session, found, file_name, digest)
    if not smaller:
        check_size(session, found, file_name)
    found.skipped.update(terms_replaced(session, found))
    forget_earlier(session, found)
    if wrong:
        count_taken_out(session, wrong, found)
    inspections = inspections_to_save(session, found)
    if found.links:
        known = set(session.execute(select(col(School.urn))).scalars())
        whole = session.execute(select(col(Load.id)).where(col(Load.kind) == REGISTER, col(Load.scope) == ENGLAND).limit(1)).first() is not None
        why = TO_UNKNOWN if whole else f"{TO_UNKNOWN}, as is expected while only a part of the register is loaded"
        found.skipped[why] = unknown_targets(found.links, known)
    row = {
        "kind": found.kind, "edition": found.edition, "scope": found.scope, "as_of": found.as_of, "rank": found.rank, "file_name": file_name,
        "digest": digest, "rows_read": found.rows_read, "rows_kept": found.rows_kept, "skipped": dict(found.skipped),
        "unknown_columns": found.unknown_columns, "codes": dict(found.codes), "at": at,
    }  # fmt: skip
    load_id = insert_returning_ids(session, Load, [row])[0]
    # In the order of the table's key, as they were read: what is put beside its neighbours is put there fastest.
    for same, part in Figures.of(found.figures).parts.items():
        # What is not known is not handed over at all: the driver takes longer over a None than over any number.
        columns = {name: column for name, column in zip(_FIGURES, part, strict=True) if column}
        alike = {"indicator": same.indicator, "as_of": same.as_of, "load_id": load_id} | ({"missing": same.missing} if same.missing else {})
        bulk_insert(session, Evidence, tuple(columns), zip(*columns.values(), strict=True), alike)
    for (indicator, as_of), of_areas in found.areas_by_indicator().items():
        in_order = sorted(map(_OF_AREA, of_areas), key=_FIRST)
        bulk_insert(session, AreaEvidence, _AREAS, in_order, {"indicator": indicator, "as_of": as_of, "load_id": load_id})
    insert_rows(session, Inspection, [row | {"load_id": load_id} for row in inspections])
    _replace(session, School, "urn", found.schools)
    _save_nouns(session, found)
    # After the new load has its number, which is then higher than any that was seen before.
    take_out(session, wrong)
    return load_id


def _replace(session: Session, table: type[SQLModel], key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in the place of those with the same key."""
    column = getattr(table, key)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        session.execute(delete(table).where(col(column).in_([row[key] for row in part])))
    if rows:
        columns = tuple(rows[0])
        bulk_insert(session, table, columns, map(in_order(columns), rows))


def _save_nouns(session: Session, found: Understood) -> None:
    """Save links, groups and term dates; what is known already is not saved twice."""
    if found.links:
        session.execute(delete(SchoolLink))
        insert_rows(session, SchoolLink, found.links)
    if found.groups:
        _save_groups(session, found)
    _save_terms(session, found.terms, found.closures)


def _save_groups(session: Session, found: Understood) -> None:
    session.execute(delete(GroupMember))
    session.execute(delete(SchoolGroup))
    ids = insert_returning_ids(session, SchoolGroup, found.groups)
    by_code = dict(zip((group["code"] for group in found.groups), ids, strict=True))
    insert_rows(session, GroupMember, [
        {"group_id": by_code[m["code"]], "urn": m["urn"], "joined": m["joined"], "left": m["left"]} for m in found.members
    ])  # fmt: skip


def _save_terms(session: Session, terms: Iterable[Mapping[str, Any]], closures: Sequence[Mapping[str, Any]]) -> None:
    """Put published term dates in the place of all dates of the same authority that touch the same school years."""
    for authority, first, last in {(t["authority"], t["year_first"], t["year_last"]) for t in terms}:
        mine = [{k: v for k, v in t.items() if not k.startswith("year_")} for t in terms if t["authority"] == authority and t["year_first"] == first]
        session.execute(delete(Term).where(col(Term.authority) == authority, col(Term.first) >= first, col(Term.last) <= last))
        insert_rows(session, Term, mine)
    for closure in closures:
        same = (col(Closure.authority) == closure["authority"], col(Closure.day) == closure["day"], col(Closure.urn).is_(None))
        session.execute(delete(Closure).where(*same))
    insert_rows(session, Closure, closures)
