"""Files that hold what was loaded as another school year: a name or --year that is wrong would make old figures every school's newest."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlmodel import Session, col

from evidence.figures import Figures
from evidence.understood import Understood
from models.errors import BadFile
from models.evidence import AreaEvidence, Evidence, Load

_SCHOOL_YEAR = re.compile(r"\d{4}/\d\d")
# Of two years' published files the figure that tells schools apart best is the same, to its last digit, for at most six schools in a hundred
# (absence, census, results at 11 and 16, 2016 to 2025); of one file, put right here and there, for nearly all. Three quarters are far from both.
_EQUAL = 0.75
# With twenty schools chance does not come near that. Marks, grades and deciles have few values, so that they are often what they were.
_FEWEST_SCHOOLS, _FEWEST_VALUES = 20, 20
_MOST_SCHOOLS = 400  # that are compared: as sure as all of them, and asked for at once
_OFTEN = {0.0, 100.0}  # what a share is year after year where it is of nobody or of all


class Twin(NamedTuple):
    """A load of another school year that says the same."""

    number: int
    edition: str
    file_name: str


def check_year(session: Session, found: Understood, file_name: str, digest: str) -> None:
    """Raise BadFile if a file holds what was loaded as another school year of its kind."""
    for _, edition, earlier in twins(session, found, digest):
        raise BadFile(
            f"{file_name} holds what {earlier} was loaded for, {found.kind} of {edition}, and would now be of {found.edition}: give the file of that "
            f"year or, if {edition} was wrong, --instead to have this load take its place."
        )


def twins(session: Session, found: Understood, digest: str) -> list[Twin]:
    """Return the loads of other school years of a file's kind that are of the very same file, or have nearly all its figures."""
    if not _SCHOOL_YEAR.fullmatch(found.edition):
        return []
    same = _same_file(session, found, digest)
    return same or _same_figures(session, found)


def count_taken_out(session: Session, wrong: Sequence[Twin], found: Understood) -> None:
    """Note of how many schools the loads of a wrong year told that a file takes the place of."""
    for twin in wrong:
        found.skipped[f"took the place of what was loaded as {twin.edition}"] += session.get_one(Load, twin.number).rows_kept


def take_out(session: Session, wrong: Sequence[Twin]) -> None:
    """Remove loads of a wrong year with their figures; then whatever is right for that year can be loaded as if for the first time."""
    for twin in wrong:
        load = session.get_one(Load, twin.number)
        place = (col(Load.kind) == load.kind, col(Load.edition) == load.edition, col(Load.scope) == load.scope, col(Load.rank) == load.rank)
        # Those that the wrong one had replaced have no figures left, and would only say that their file was loaded before.
        ids = session.execute(select(col(Load.id)).where(*place)).scalars().all()
        for table in (Evidence, AreaEvidence):
            session.execute(delete(table).where(col(table.load_id).in_(ids)))
        session.execute(delete(Load).where(col(Load.id).in_(ids)).execution_options(synchronize_session=False))


def _same_file(session: Session, found: Understood, digest: str) -> list[Twin]:
    """Return the loads of the very same file as another year, if nothing took their place."""
    columns = (col(Load.id), col(Load.edition), col(Load.scope), col(Load.rank), col(Load.file_name), col(Load.digest))
    of_kind = session.execute(select(*columns).where(col(Load.kind) == found.kind, col(Load.edition) != found.edition).order_by(col(Load.id))).all()
    newest = {(edition, scope, rank): (number, name, whose) for number, edition, scope, rank, name, whose in of_kind}
    return [Twin(number, place[0], name) for place, (number, name, whose) in newest.items() if whose == digest]


def _same_figures(session: Session, found: Understood) -> list[Twin]:
    """Return the loads of other years that say the same of nearly all schools, in the one figure that tells schools apart best."""
    indicator, values = _telling(found)
    if len(values) < _FEWEST_SCHOOLS:
        return []
    columns = (col(Load.id), col(Load.edition), col(Load.file_name), col(Evidence.urn), col(Evidence.value))
    query = select(*columns).join(Load, col(Load.id) == col(Evidence.load_id)).where(
        col(Evidence.indicator) == indicator, col(Evidence.urn).in_(list(values)), col(Evidence.as_of) != found.as_of,
        col(Load.kind) == found.kind, col(Load.edition) != found.edition, col(Evidence.value).is_not(None),
    )  # fmt: skip
    both: Counter[Twin] = Counter()
    equal: Counter[Twin] = Counter()
    for number, edition, name, urn, value in session.execute(query):
        both[Twin(number, edition, name)] += 1
        equal[Twin(number, edition, name)] += value == values[urn]
    return sorted(twin for twin, count in both.items() if count >= _FEWEST_SCHOOLS and equal[twin] >= _EQUAL * count)


def _telling(found: Understood) -> tuple[str, dict[int, float]]:
    """Return the indicator with the most different values, and those of some schools, evenly taken from all; nothing if it has too few."""
    best, name, chosen = _FEWEST_VALUES - 1, "", dict[int, float]()
    for same, (urns, values, _) in Figures.of(found.figures).parts.items():
        if not same.valued or same.as_of != found.as_of:
            continue
        different = len(set(values) - _OFTEN)
        if different > best:
            known = [one for one in zip(urns, values, strict=True) if one[1] not in _OFTEN]
            best, name, chosen = different, same.indicator, dict(known[:: -(-len(known) // _MOST_SCHOOLS)])
    return name, chosen
