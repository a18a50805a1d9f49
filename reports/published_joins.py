"""How many schools are joined to results under their own number and through predecessors, beside counts published on the same files."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from evidence.kinds.links import unknown_targets
from evidence.kinds.results_ks2 import NAME as RESULTS
from evidence.succession import BACK, FORTH, chain, follow, predecessors
from evidence.understood import GROUPS, LINKS
from models.evidence import Load
from models.school import ENGLAND, GroupMember, School, SchoolLink
from models.words import Phase

Before = Mapping[int, Sequence[int]]
YEAR = datetime.date(2016, 8, 31)
SOURCE = "README of the open data, on GIAS links of April 2025 and key stage 2 results of 2015/16"


class Joined(NamedTuple):
    """Published counts of an area's open primaries: all, those in the results, and those reached through predecessors too."""

    primaries: int | None
    own: int
    followed: int


class Check(NamedTuple):
    """One count beside the published one; None where none was published, or where nothing was loaded to count."""

    what: str
    computed: int | None
    published: int | None
    needs: str | None
    explained: str | None = None


PUBLISHED = {ENGLAND: Joined(None, 11_278, 14_819), "936": Joined(298, 139, 210)}
NO_DATE, ONE_WAY, UNKNOWN, IN_SEVERAL_GROUPS = 8_253, 325, 941, 7_315
_IN_SEVERAL_BY_THE_FILE = 7_314


def join_checks(session: Session, authority: str, shares: Mapping[int, float | None], register_lacks: Mapping[str, str | None]) -> Iterator[Check]:
    """Yield the counts for England and for an authority that has published ones, and those of links and groups.

    `shares` are the shares at the expected standard of the year by school, None where one is missing; `register_lacks` says by area what
    register the counts need that is not loaded.
    """
    query = select(col(SchoolLink.urn), col(SchoolLink.linked_urn), col(SchoolLink.kind), col(SchoolLink.since))
    links: list[Any] = list(session.execute(query).tuples())
    before, either = (predecessors(link for link in links if link[2] in kinds) for kinds in (BACK, BACK | FORTH))
    for area in dict.fromkeys((ENGLAND, authority)):
        if area in PUBLISHED:
            needs = register_lacks[area] or _lacks_results(session, area, shares)
            yield from _of_area(session, area, shares, (before, either), needs, None if links else LINKS)
    yield from _of_links(session, links, register_lacks[ENGLAND])
    yield _of_groups(session)


def _lacks_results(session: Session, area: str, shares: Mapping[int, float | None]) -> str | None:
    """Return which results the counts of an area need; None if they are loaded. One authority's part of them says nothing about England."""
    if area != ENGLAND:
        return None if shares else "key stage 2 results of 2015/16"
    query = select(func.count()).select_from(Load)
    whole = query.where(col(Load.kind).startswith(RESULTS), col(Load.as_of) == YEAR, col(Load.scope) == ENGLAND)
    return None if shares and session.execute(whole).scalar_one() else "key stage 2 results of all England of 2015/16"


def joined(urns: Sequence[int], shares: Mapping[int, float | None], before: Mapping[int, Sequence[int]]) -> tuple[set[int], dict[int, int]]:
    """Return the schools that are in the results, and by school the predecessor through which others are joined.

    This is the rule of the published counts: links as they are written on the later school, the nearest predecessor that is in the results,
    whichever of several parts of a merger it is, and only if its share is known; a school's own number counts with or without a share.
    """
    own = {urn for urn in urns if urn in shares}
    nearest = {urn: next((one for one in chain(urn, before) if one in shares), None) for urn in urns if urn not in own}
    return own, {urn: one for urn, one in nearest.items() if one is not None and shares[one] is not None}


def _of_area(
    session: Session, area: str, shares: Mapping[int, float | None], links: tuple[Before, Before], needs: str | None, links_needed: str | None
) -> Iterator[Check]:
    whose, published = "England" if area == ENGLAND else f"authority {area}", PUBLISHED[area]
    query = select(col(School.urn)).where(col(School.phase) == Phase.PRIMARY, col(School.open).is_(True))
    urns = list(session.execute(query if area == ENGLAND else query.where(col(School.authority) == area)).scalars())
    before, either = links
    own, through = joined(urns, shares, before)
    if published.primaries is not None:
        yield Check(f"Open primaries of {whose}", None if needs else len(urns), published.primaries, needs)
    yield Check(f"Open primaries of {whose} in the results of 2015/16", None if needs else len(own), published.own, needs)
    what = f"{whose}, with predecessors linked on the later school that have a share"
    needs = needs or links_needed
    found = len(own) + len(through)
    noughts = sum(1 for one in through.values() if shares[one] == 0)
    explained = f"the share of {noughts} predecessor is a true nought, without which it is {found - noughts}"
    differs = found != published.followed and found - noughts == published.followed
    yield Check(f"Open primaries of {what}", None if needs else found, published.followed, needs, explained if differs else None)
    ours = None if needs else len(follow(urns, shares, either))
    yield Check(f"Open primaries of {whose} with figures of 2015/16 in diagnosis (either direction, no part of a merger)", ours, None, needs)


def _of_links(session: Session, links: Sequence[Any], register_lacks: str | None) -> Iterator[Check]:
    """Yield what is odd about the links."""
    needs = None if links else LINKS
    pairs = {(urn, linked) for urn, linked, *_ in links}
    counts = {
        "Links without a date": (sum(1 for *_, since in links if since is None), NO_DATE),
        "Links in one direction only": (sum(1 for urn, linked in pairs if (linked, urn) not in pairs), ONE_WAY),
    }
    for what, (count, published) in counts.items():
        yield Check(what, None if needs else count, published, needs)
    needs = needs or register_lacks
    known = set(session.execute(select(col(School.urn))).scalars())
    unknown = None if needs else unknown_targets(({"linked_urn": linked} for _, linked, *_ in links), known)
    yield Check("Links to a school that is not in the register", unknown, UNKNOWN, needs)


def _of_groups(session: Session) -> Check:
    several = select(col(GroupMember.urn)).group_by(col(GroupMember.urn)).having(func.count() > 1)
    count: int = session.execute(select(func.count()).select_from(several.subquery())).scalar_one()
    needs = None if session.execute(select(func.count()).select_from(GroupMember)).scalar_one() else GROUPS
    explained = "the file of March 2022 holds 7,314, by rows as by groups" if count == _IN_SEVERAL_BY_THE_FILE else None
    return Check("Schools in several groups at once", None if needs else count, IN_SEVERAL_GROUPS, needs, explained)
