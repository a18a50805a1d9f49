"""Feeds: a person's diary, followed by a calendar program."""

import pendulum
from sqlalchemy import CheckConstraint
from sqlmodel import Field

from models.base import Row, moment


class Feed(Row, table=True):
    """A feed of the diary of one supporter or one adviser; whoever has its token may read it until it is revoked.

    Of the token only the hash is kept, so that nobody who reads the database can read a diary by it.
    """

    __tablename__ = "feeds"
    __table_args__ = (CheckConstraint("(supporter_id IS NULL) <> (person_id IS NULL)", name="of_one"),)
    id: int = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    supporter_id: int | None = Field(default=None, foreign_key="supporters.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="people.id", index=True)
    made_at: pendulum.DateTime = moment()
    revoked_at: pendulum.DateTime | None = moment(default=None)
