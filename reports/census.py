"""The reports that a school has had of its censuses, as they were shown to it."""

from typing import Any

from sqlmodel import Session, col, select

from models.moments import day_of
from models.review import SchoolReport
from stages.commission.membership import year_in_words


def census_reports(session: Session, case_id: int) -> list[dict[str, Any]]:
    """Return every report of a case, oldest first, with a line a question and group."""
    query = select(SchoolReport).where(SchoolReport.case_id == case_id).order_by(col(SchoolReport.year), col(SchoolReport.instrument))
    return [
        {"instrument": one.instrument, "year": year_in_words(one.year), "schools": one.schools, "sent": day_of(one.at),
         "lines": [{**line, "before": "; ".join(f"{year}: {says}" for year, says in line["before"]) or None} for line in one.lines]}
        for one in session.exec(query).all()
    ]  # fmt: skip
