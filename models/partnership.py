"""The partnership that runs Lodestar, the public bodies that buy from it, and its people."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, word
from models.words import CommissionerKind, Role


class Partnership(Row, table=True):
    """The organisation that runs this installation."""

    __tablename__ = "partnerships"
    id: int = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    email: str


class Commissioner(Row, table=True):
    """A public body that buys programmes; `authority` is the local authority's three-digit code, text."""

    __tablename__ = "commissioners"
    id: int = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: CommissionerKind = word(CommissionerKind)
    authority: str = Field(index=True)
    email: str


class Person(Row, table=True):
    """Somebody on the partnership's or a commissioner's staff, in one role."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("email", "role"),)
    id: int = Field(default=None, primary_key=True)
    name: str
    email: str
    role: Role = word(Role)
    commissioner_id: int | None = Field(default=None, foreign_key="commissioners.id", index=True)
