"""Terms and closures: when the schools of an authority, or one school, are open."""

import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row


class Term(Row, table=True):
    """A stretch of term time of an authority, first and last day included; half-terms part a term in two."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("authority", "first"),)
    id: int = Field(default=None, primary_key=True)
    authority: str = Field(index=True)
    name: str
    first: datetime.date
    last: datetime.date
    source: str


class Closure(Row, table=True):
    """A day on which an authority's schools, or one school, are closed though it is term time (INSET, snow)."""

    __tablename__ = "closures"
    id: int = Field(default=None, primary_key=True)
    authority: str = Field(index=True)
    urn: int | None = Field(default=None, index=True)
    day: datetime.date
    reason: str
