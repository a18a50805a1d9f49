"""Keeping to one authority where a file does not say it: by the schools that the register has of it."""

from sqlmodel import col, select

from evidence.kinds.results import OTHER_AUTHORITY
from evidence.understood import OWN, Understood
from models.database import Database
from models.errors import BadFile
from models.school import School


def keep_to_authority(database: Database, found: Understood, authority: str | None, file_name: str) -> None:
    """Leave only what a list of one's own or a file of inspections says of an authority's schools, and count the rest; other readers see to it."""
    if authority is None or not (found.inspections or found.kind == OWN):
        return
    with database.reading() as session:
        mine = set(session.exec(select(School.urn).where(col(School.authority) == authority)).all())
    if not mine:
        raise BadFile(f"{file_name} cannot be kept to authority {authority}, of which no school is known: load the register first.")
    said = {figure[1] for figure in found.figures} | {row["urn"] for row in found.inspections}
    # A list of national figures alone is of no authority's schools, and is kept as it is.
    if not said & mine and (said or not found.area_figures):
        raise BadFile(f"{file_name} says nothing of a school of authority {authority}: give the number of another, or load the file whole.")
    before = len(found.figures) + len(found.inspections)
    found.figures = [figure for figure in found.figures if figure[1] in mine]
    found.inspections = [row for row in found.inspections if row["urn"] in mine]
    after = len(found.figures) + len(found.inspections)
    if before > after:
        found.skipped[OTHER_AUTHORITY] += before - after
    found.rows_kept = len(found.figures) + len(found.area_figures) if found.kind == OWN else len({row["urn"] for row in found.inspections})
    found.scope = authority
