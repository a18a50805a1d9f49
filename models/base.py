"""What every table shares: constraint names, column kinds and the strict base of all input schemas."""

import datetime
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Any

import pendulum
from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, DateTime, Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

# Named constraints let a migration drop them and let an error message name what was broken.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


@lru_cache(maxsize=4096)
def _plain_utc(value: datetime.datetime) -> datetime.datetime:
    """Return a plain datetime in UTC: drivers are slow with pendulum's own, and a batch saves the same moment many times."""
    if value.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be saved: give it one.")
    utc = value.astimezone(datetime.UTC)
    return datetime.datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=datetime.UTC)


class UtcDateTime(TypeDecorator[pendulum.DateTime]):
    """A moment kept in UTC: takes any aware datetime, gives back a pendulum.DateTime in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Turn an aware datetime into UTC; a naive one is refused with ValueError."""
        return None if value is None else _plain_utc(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> pendulum.DateTime | None:
        """Turn what the database holds into a pendulum.DateTime in UTC (SQLite gives it back without a zone)."""
        if value is None:
            return None
        utc = value.astimezone(datetime.UTC) if value.tzinfo else value
        return pendulum.DateTime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=pendulum.UTC)


def enum_type(words: type[StrEnum]) -> Enum:
    """Return a column type that stores the values of `words` as text, checked by the database."""

    def values(kind: Any) -> list[str]:
        return [word.value for word in kind]

    return Enum(words, values_callable=values, native_enum=False, create_constraint=True, length=40, name=words.__name__.lower())


def word(words: type[StrEnum], **more: Any) -> Any:
    """Return a column for one word of a StrEnum."""
    return Field(sa_type=enum_type(words), **more)


def moment(**more: Any) -> Any:
    """Return a column for a moment in time, kept in UTC."""
    return Field(sa_type=UtcDateTime, **more)


def json_column(default: Callable[[], Any] = dict, **more: Any) -> Any:
    """Return a column for a small JSON value (JSONB on PostgreSQL)."""
    return Field(default_factory=default, sa_type=JSON().with_variant(JSONB(), "postgresql"), **more)


def optional_json(**more: Any) -> Any:
    """Return a column for a small JSON value that may be missing; missing is NULL, not a JSON null."""
    kind = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    return Field(default=None, nullable=True, sa_type=kind, **more)


class Row(SQLModel):
    """The base of all tables; a table does not validate, so input goes through a schema first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)  # type: ignore[assignment]


class Strict(BaseModel):
    """The base of all input: unknown keys are refused, values cannot change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)
