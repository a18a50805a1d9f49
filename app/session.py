"""What a command starts from: settings, a database that is up to date, a moment, a person."""

import datetime
from typing import Annotated

import pendulum
from cyclopts import Parameter, validators

from models.database import Database
from models.errors import BadInput
from models.migrating import check_current
from models.settings import Settings
from models.words import Role

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON instead of a table.")]
AsOf = Annotated[datetime.datetime | None, Parameter(name="--as-of", help="The moment this is for, as 2027-01-31T09:00; now if left out.")]
As = Annotated[Role, Parameter(name="--as", help="As what you act.")]
By = Annotated[str, Parameter(name="--by", help='Who decides, as an office: "headteacher", "link adviser"...')]
Number = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=2**31 - 1))]
Seed = Annotated[int, Parameter(help="The same seed gives the same result.", validator=validators.Number(gte=0, lte=2**31 - 1))]
Reason = Annotated[str | None, Parameter(name="--reason", help="Why; some decisions cannot do without it.")]


def open_database(*, check: bool = True) -> Database:
    """Return the installation's database; DatabaseTrouble if it is not there or not up to date."""
    database = Database(Settings().url())
    if check:
        check_current(database)
    return database


def moment(as_of: datetime.datetime | None) -> pendulum.DateTime:
    """Return the moment a command is for, in London time."""
    if as_of is None:
        return pendulum.now("Europe/London")
    try:
        return pendulum.instance(as_of, tz="Europe/London").in_timezone("Europe/London")
    except (ValueError, OverflowError) as error:
        raise BadInput("That moment cannot be read: write it as 2027-01-31T09:00.") from error
