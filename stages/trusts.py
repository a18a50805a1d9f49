"""Trusts that supporters are said to belong to and nobody else does: a slip of the pen would switch off the bar on links within a trust."""

from collections.abc import Collection
from difflib import get_close_matches

from sqlmodel import Session, col, select

from models.school import School
from models.supporter import Supporter

# Most names end in the same words, so that what is meant has to be nearer than a skill.
_NEAR = 0.8


def of_nobody_else(session: Session, trusts: Collection[str], ids: Collection[int]) -> dict[str, str | None]:
    """Return the trusts of some supporters (by `ids`) that no school of the register and no other supporter has, each with what was perhaps meant.

    Before a register is loaded there is nothing to compare with, and nothing is returned.
    """
    if session.exec(select(School.urn).limit(1)).first() is None:
        return {}
    schools = session.exec(select(School.trust).where(col(School.trust).is_not(None)).distinct()).all()
    others = session.exec(select(Supporter.trust).where(col(Supporter.trust).is_not(None), col(Supporter.id).not_in(ids)).distinct()).all()
    known = {name for name in (*schools, *others) if name is not None}
    written = {name.casefold(): name for name in sorted(known)}
    unknown = sorted(set(trusts) - known)
    return {one: next((written[near] for near in get_close_matches(one.casefold(), written, 1, _NEAR)), None) for one in unknown}
