"""Keeping to one authority where a file does not say it: by the schools that the register has of it."""

from sqlmodel import col, select

from evidence.understood import OTHER_AUTHORITY, OWN, Understood
from models.database import Database
from models.errors import BadFile
from models.school import School


def keep_to_authority(database: Database, found: Understood, authority: str | None, file_name: str) -> None:
    """Leave only what a file without a column of authorities says of an authority's schools, and count the rest.

    Readers of files with such a column see to it themselves, and a file that says nothing of schools is of all England.
    """
    kept = found.kind != OWN and found.scope == authority and not found.inspections
    if authority is None or kept or not (found.figures or found.inspections or found.kind == OWN):
        return
    with database.reading() as session:
        mine = set(session.exec(select(School.urn).where(col(School.authority) == authority)).all())
    if not mine:
        raise BadFile(f"{file_name} cannot be kept to authority {authority}, of which no school is known: load the register first.")
    said = _schools(found)
    # A list of national figures alone is of no authority's schools, and is kept as it is.
    if not said & mine and (said or not found.area_figures):
        raise BadFile(f"{file_name} says nothing of a school of authority {authority}: give the number of another, or load the file whole.")
    before = _rows(found)
    found.figures = [figure for figure in found.figures if figure[1] in mine]
    found.inspections = [row for row in found.inspections if row["urn"] in mine]
    if before > _rows(found):
        found.skipped[OTHER_AUTHORITY] += before - _rows(found)
    found.rows_kept = len(found.figures) + len(found.area_figures) if found.kind == OWN else len(_schools(found))
    found.scope = authority


def _schools(found: Understood) -> set[int]:
    return {figure[1] for figure in found.figures} | {row["urn"] for row in found.inspections}


def _rows(found: Understood) -> int:
    """Return of how many rows a file's contents are: a list of one's own has a row a figure, inspections can be several to a school."""
    if found.kind == OWN or found.inspections:
        return len(found.figures) + len(found.inspections)
    return len(_schools(found))
