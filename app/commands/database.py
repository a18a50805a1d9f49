"""lodestar db: the schema, backup and restore."""

from pathlib import Path

from cyclopts import App

from app.output import say
from app.session import open_database
from models import backup as backups
from models.errors import DatabaseTrouble
from models.migrating import check_current, differences
from models.migrating import upgrade as bring_up
from stages.reminders.lines import counted

app = App(name="db")


@app.command
def upgrade() -> None:
    """Make the database, or bring it up to date."""
    database = open_database(check=False)
    before, after = bring_up(database)
    say(f"The database is at revision {after}." if before == after else f"The database went from revision {before or 'none'} to {after}.")


@app.command
def check() -> None:
    """Say whether the database is up to date and agrees with the models."""
    database = open_database(check=False)
    check_current(database)
    found = differences(database)
    if found:
        raise DatabaseTrouble("The database differs from the models: " + "; ".join(found[:5]) + ".")
    say("The database is up to date and agrees with the models.")


@app.command
def backup(file: Path, /) -> None:
    """Write the whole database to FILE, as it stands at one moment; work goes on meanwhile."""
    rows = backups.backup(open_database(), file)
    say(f"{counted(rows, 'row')} {'was' if rows == 1 else 'were'} written to {file}.")


@app.command
def restore(file: Path, /, *, yes: bool = False) -> None:
    """Replace everything in the database by what FILE holds.

    Parameters
    ----------
    file
        A file that `lodestar db backup` wrote.
    yes
        Needed if the database is not empty: what is in it is lost.
    """
    rows = backups.restore(open_database(), file, replace=yes)
    say(f"{counted(rows, 'row')} {'was' if rows == 1 else 'were'} restored from {file}.")
