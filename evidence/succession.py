"""From a school back to those it came from, and whose figure to use where a school has none of its own."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from models.school import SchoolLink

Link = tuple[int, int, str, datetime.date | None]

# Not followed: "Result of Amalgamation", "Merged - ...", "Expansion" and "Other", which the register writes alike on both schools, so
# that neither is the earlier one; splits, since each part would carry the figure of the whole; and sixth-form centres, which are partners.
BACK = frozenset({"Predecessor", "Predecessor - merged", "Predecessor - amalgamated"})
FORTH = frozenset({"Successor", "Successor - merged", "Successor - amalgamated"})


def predecessors(links: Iterable[Link]) -> dict[int, list[int]]:
    """Return each school's direct predecessors, those linked last first and undated ones at the end; a link in one direction is enough."""
    since: dict[int, dict[int, datetime.date]] = {}
    for urn, linked, kind, day in links:
        if kind not in BACK | FORTH or urn == linked:
            continue
        later, earlier = (urn, linked) if kind in BACK else (linked, urn)
        known = since.setdefault(later, {})
        known[earlier] = max(known.get(earlier, datetime.date.min), day or datetime.date.min)
    return {urn: sorted(known, key=lambda one: (-known[one].toordinal(), one)) for urn, known in since.items()}


def load_followed(session: Session, known_of: Mapping[int, datetime.date | None], on: datetime.date) -> dict[int, int]:
    """Return the successor of each school that has had one by a day and since the day that the register knows of it, which is given by URN."""
    columns = (col(SchoolLink.urn), col(SchoolLink.linked_urn), col(SchoolLink.kind), col(SchoolLink.since))
    query = select(*columns).where(col(SchoolLink.kind).in_(BACK | FORTH), col(SchoolLink.since) <= on).order_by(col(SchoolLink.since))
    found: dict[int, int] = {}
    for urn, linked, kind, since in session.execute(query).tuples():
        earlier, later = (urn, linked) if kind in FORTH else (linked, urn)
        register = known_of.get(earlier)
        if register is not None and since is not None and since > register and later != earlier:
            found[earlier] = later
    return found


def chain(urn: int, predecessors: Mapping[int, Sequence[int]], most: int = 6) -> list[int]:
    """Return the schools that a school came from, nearest first, each once and never itself, going back at most `most` steps."""
    return _back(urn, frozenset(), predecessors, most)


def follow(urns: Iterable[int], known: Collection[int], predecessors: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Return for each school the one whose figure to use: its own, else its nearest predecessor's that has one; left out if there is none.

    A school made by a merger of several that have figures is left out too: the figure of one part is not that of the whole,
    and to add them up takes cohorts that not every file has. If only one part has a figure, that one is used.
    """
    having = frozenset(known)
    used = {urn: urn if urn in having else _nearest(urn, having, predecessors) for urn in urns}
    return {urn: other for urn, other in used.items() if other is not None}


def load_predecessors(session: Session) -> dict[int, list[int]]:
    """Return the direct predecessors of every school, from the links that were loaded."""
    query = select(col(SchoolLink.urn), col(SchoolLink.linked_urn), col(SchoolLink.kind), col(SchoolLink.since))
    return predecessors(session.execute(query.where(col(SchoolLink.kind).in_(BACK | FORTH))).tuples())


def _nearest(urn: int, known: frozenset[int], predecessors: Mapping[int, Sequence[int]]) -> int | None:
    """Return the one predecessor whose figure stands for a school, None if there is none or there are several side by side."""
    found = [one for one in _back(urn, known, predecessors, 6) if one in known]
    # The register may link a school to its predecessor's predecessor as well: that is one line, and no merger.
    for one in found:
        if set(found) <= {one, *chain(one, predecessors)}:
            return one
    return None


def _back(urn: int, stop: frozenset[int], predecessors: Mapping[int, Sequence[int]], most: int) -> list[int]:
    """Return the schools before `urn`, generation by generation, without going beyond one in `stop`."""
    seen, found, generation = {urn}, list[int](), [urn]
    for _ in range(most):
        before: list[int] = []
        for one in generation:
            for earlier in predecessors.get(one, ()) if one not in stop else ():
                if earlier not in seen:
                    seen.add(earlier)
                    before.append(earlier)
        if not before:
            break
        found += before
        generation = before
    return found
