"""What tests of evidence start from: made-up schools, figures and links, saved as a file would be; no school of 9xxxxx exists."""

import datetime
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pendulum
from sqlalchemy import event

from evidence.saving import save
from evidence.understood import FINAL, Understood
from models.database import Database
from models.school import School
from models.words import Missing, Phase, SchoolStatus

AT = pendulum.datetime(2026, 8, 3, 9, tz="Europe/London")
Figure = tuple[str, int, datetime.date, float | None, Missing | None, float | None]


def school(urn: int, **more: Any) -> School:
    base: dict[str, Any] = {"name": f"School {urn}", "authority": "999", "authority_name": "Wexcombe", "type_name": "Community school",
            "status": SchoolStatus.MAINTAINED, "phase": Phase.PRIMARY, "state_funded": True, "open": True}  # fmt: skip
    return School(urn=urn, **{**base, **more})


def with_schools(database: Database, *schools: School) -> None:
    with database.writing() as session:
        session.add_all(schools)


def share(urn: int, year: int, value: float | None, missing: Missing | None = None, cohort: float | None = 30, name: str = "ks2_expected") -> Figure:
    """Return a figure as of the end of a school year."""
    return name, urn, datetime.date(year, 8, 31), value, missing if value is None else None, cohort


def saved(database: Database, *figures: Figure, rank: int = FINAL, kind: str = "results", scope: str = "ENG", edition: str = "") -> int:
    """Save figures as one file of them does, and return the number of its load."""
    found = Understood(kind, edition or f"{figures[0][2].year}", figures[0][2], rank, scope, figures=list(figures))
    with database.writing() as session:
        return save(session, found, "made_up.csv", "0" * 64, AT)


def linked(database: Database, *links: tuple[int, int, str]) -> int:
    """Save links as (school, linked school, kind)."""
    rows = [{"urn": urn, "linked_urn": other, "kind": kind, "since": None} for urn, other, kind in links]
    with database.writing() as session:
        return save(session, Understood("GIAS links", "2026-08-01", AT.date(), links=rows), "links.csv", "1" * 64, AT)


def areas(database: Database, as_of: datetime.date, deciles: Iterable[tuple[str, float]], kind: str, rank: int = FINAL) -> int:
    """Save deciles of neighbourhoods."""
    rows = [("idaci_decile", area, "all", as_of, value) for area, value in deciles]
    with database.writing() as session:
        return save(session, Understood(kind, str(as_of.year), as_of, rank, area_figures=rows), "areas.csv", "2" * 64, AT)


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """Give the list to which every statement that the database is asked is added."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)
