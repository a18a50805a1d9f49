"""Schools as the register knows them, their links and groups, and whom to write to."""

import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, word
from models.words import Phase, SchoolStatus

ENGLAND = "ENG"  # where three digits of an authority stand otherwise


class School(Row, table=True):
    """One establishment of the register; the URN is its key there and here.

    `easting` and `northing` are metres on the British National Grid; `fsm_share` is a percentage.
    """

    __tablename__ = "schools"
    urn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str
    authority: str = Field(index=True)
    authority_name: str
    establishment_number: str | None = None
    type_name: str
    status: SchoolStatus = word(SchoolStatus)
    phase: Phase = word(Phase)
    state_funded: bool
    open: bool
    closing: bool = False
    pupils: int | None = None
    fsm_share: float | None = None
    low_age: int | None = None
    high_age: int | None = None
    religious_character: str | None = None
    diocese: str | None = None
    trust: str | None = Field(default=None, index=True)
    federation: str | None = None
    town: str | None = None
    postcode: str | None = None
    lsoa: str | None = None
    easting: int | None = None
    northing: int | None = None
    last_grade: str | None = None
    last_inspected: datetime.date | None = None
    opened: datetime.date | None = None
    closed: datetime.date | None = None
    register_date: datetime.date | None = None

    @property
    def ages(self) -> tuple[int | None, int | None]:
        """Return the lowest and the highest statutory age of its pupils."""
        return self.low_age, self.high_age


class SchoolLink(Row, table=True):
    """A link of the register from one establishment to another, such as its successor."""

    __tablename__ = "school_links"
    __table_args__ = (UniqueConstraint("urn", "linked_urn", "kind"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    linked_urn: int = Field(index=True)
    kind: str
    since: datetime.date | None = None


class SchoolGroup(Row, table=True):
    """A trust, federation, diocese or partnership group of schools."""

    __tablename__ = "school_groups"
    id: int = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: str


class GroupMember(Row, table=True):
    """One school's place in one group; a school may be in several at once."""

    __tablename__ = "group_members"
    __table_args__ = (UniqueConstraint("group_id", "urn"),)
    id: int = Field(default=None, primary_key=True)
    group_id: int = Field(foreign_key="school_groups.id", index=True)
    urn: int = Field(index=True)
    joined: datetime.date | None = None
    left: datetime.date | None = None


class Contact(Row, table=True):
    """Whom to write to at a school, by role (headteacher, chair, clerk); one address a role."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("urn", "role"),)
    id: int = Field(default=None, primary_key=True)
    urn: int = Field(index=True)
    role: str
    name: str
    email: str
