"""Themes that a strategic group reads across the cases of a commission, and the guides and reports it issues."""

import pendulum
from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, moment


class Theme(Row, table=True):
    """A theme read across cases on a date: how many cases it was seen in, from how many read."""

    __tablename__ = "themes"
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    theme: str
    cases: int
    read: int
    at: pendulum.DateTime = moment()


class Guide(Row, table=True):
    """A guide that the strategic group issued on a theme, or a report on "all themes", to every school that takes part."""

    __tablename__ = "guides"
    __table_args__ = (UniqueConstraint("commission_id", "title"),)
    id: int = Field(default=None, primary_key=True)
    commission_id: int = Field(foreign_key="commissions.id", index=True)
    theme: str
    title: str
    issued_at: pendulum.DateTime = moment()
