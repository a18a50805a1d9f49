"""Terms and closures: when the schools of an authority, or one school, are open."""

import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, word
from models.words import ClosureKind


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
    """A day of term on which an authority's schools, or one school, have no visits: closed for INSET or snow, inspected, or left alone."""

    __tablename__ = "closures"
    id: int = Field(default=None, primary_key=True)
    authority: str = Field(index=True)
    urn: int | None = Field(default=None, index=True)
    day: datetime.date
    reason: str
    kind: ClosureKind = word(ClosureKind, default=ClosureKind.OWN)
