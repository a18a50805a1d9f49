"""Which sessions hang together, and which neighbourhoods can be solved at the same time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from stages.schedule.timetable.indexing import Indexed


@dataclass(frozen=True, slots=True)
class Cluster:
    """Sessions that are free and hang together by a supporter, a school or an order, and their supporters."""

    sessions: tuple[int, ...]
    supporters: tuple[int, ...]


def clusters(ix: Indexed, sessions: Iterable[int]) -> list[Cluster]:
    """Return the clusters of some sessions, each with its sessions in order."""
    chosen = sorted(sessions)
    boss = {one: one for one in chosen}

    def find(one: int) -> int:
        while boss[one] != one:
            boss[one] = boss[boss[one]]
            one = boss[one]
        return one

    first: dict[tuple[str, int], int] = {}
    for one in chosen:
        for key in _ties(ix, one):
            other = first.setdefault(key, one)
            boss[find(one)] = find(other)
    members: dict[int, list[int]] = defaultdict(list)
    for one in chosen:
        members[find(one)].append(one)
    found = [Cluster(tuple(ones), tuple(sorted({who for one in ones for who in ix.supporters_of[one]}))) for ones in members.values()]
    return sorted(found, key=lambda cluster: cluster.sessions)


def _ties(ix: Indexed, one: int) -> Iterable[tuple[str, int]]:
    """Yield what a session shares with others; a whole chain hangs together by what comes first in it."""
    yield from (("supporter", who) for who in ix.supporters_of[one])
    yield from (("school", school) for school in ix.schools_of[one])
    yield "chain", ix.before[one][-1].session if ix.before[one] else one


def of_supporter(ix: Indexed, cluster: Cluster) -> dict[int, tuple[int, ...]]:
    """Return the sessions of each supporter of a cluster."""
    found: dict[int, list[int]] = {who: [] for who in cluster.supporters}
    for one in cluster.sessions:
        for who in ix.supporters_of[one]:
            found[who].append(one)
    return {who: tuple(ones) for who, ones in found.items()}


def waves(ix: Indexed, neighbourhoods: Sequence[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    """Return neighbourhoods in waves: no two of a wave touch one diary, school or chain, so that both may change at once."""
    found: list[tuple[set[tuple[str, int]], list[tuple[int, ...]]]] = []
    for free in neighbourhoods:
        ties = {key for one in free for key in _ties(ix, one)}
        for touched, wave in found:
            if touched.isdisjoint(ties):
                touched |= ties
                wave.append(free)
                break
        else:
            found.append((ties, [free]))
    return [wave for _, wave in found]


def ring(ix: Indexed, free: Collection[int], *, supporters: bool = True, locked: bool = False) -> tuple[int, ...]:
    """Return some sessions with all that share a school or a chain with them, or a supporter if so asked, locked ones if so asked."""
    people = {who for one in free for who in ix.supporters_of[one]} if supporters else set()
    schools = {school for one in free for school in ix.schools_of[one]}
    inside = {*free, *(other.session for one in free for other in (*ix.before[one], *ix.later[one]))}
    return tuple(
        one for one, slot in enumerate(ix.fixed)
        if (locked or slot is None) and (one in inside or not people.isdisjoint(ix.supporters_of[one]) or not schools.isdisjoint(ix.schools_of[one]))
    )  # fmt: skip
